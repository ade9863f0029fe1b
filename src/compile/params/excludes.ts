import type { Column, Exclude, Factor, Relation } from '../../model/workflow.ts';

/** More tasks of one rule, or values in one gather, than wfc takes on; the user most likely forgot an axis. */
export const MAX_TASKS = 10_000_000;

/** Thrown where a space passes `MAX_TASKS` tuples; `size` may be a lower bound. */
export class TooManyTuples extends Error {
  readonly size: number;
  constructor(size: number) {
    super(`internal error: ${size} tuples`);
    this.size = size;
  }
}

/** The part of a space that one factor contributes: the distinct tuples of some of its columns. */
export interface Digits {
  readonly factor: number;
  readonly columns: readonly Column[];
  readonly count: number;
  /** Per digit the first row that shows it. */
  readonly firstRow: Int32Array | null;
  /** Per row its digit; null where a row is its own digit. */
  readonly ofRow: Int32Array | null;
}

/** Which rows of the factors that excludes tie together have a chance to survive: `classes` of rows stand for rows. */
interface Coupling {
  readonly factors: readonly number[];
  /** Per factor here, per row, its class: rows of one class match the same excludes. */
  readonly classOf: readonly Int32Array[];
  readonly classCounts: readonly number[];
  /** By mixed radix over the classes of `factors`: 1 where no exclude matches. */
  readonly allowed: Uint8Array;
}

const couplingCache = new WeakMap<Relation, Coupling[]>();

/** The groups of factors that excludes tie together, each with what survives by class. */
export function couplingsOf(relation: Relation): Coupling[] {
  let couplings = couplingCache.get(relation);
  if (!couplings) {
    const groups = factorGroups(relation);
    couplings = groups.map((factors) => couple(relation, factors));
    couplingCache.set(relation, couplings);
  }
  return couplings;
}

/** Factors that some exclude names together with others, as connected groups. */
export function factorGroups(relation: Relation): number[][] {
  const groups: number[][] = [];
  for (const exclude of relation.excludes) {
    const factors = new Set([...exclude.conditions.keys()].map((c) => c.factor));
    const joined = groups.filter((g) => g.some((f) => factors.has(f)));
    for (const g of joined) {
      for (const f of g) factors.add(f);
      groups.splice(groups.indexOf(g), 1);
    }
    groups.push([...factors].sort((a, b) => a - b));
  }
  return groups;
}

function couple(relation: Relation, factors: readonly number[]): Coupling {
  const excludes = relation.excludes.filter((e) => [...e.conditions.keys()].some((c) => factors.includes(c.factor)));
  const classes = factors.map((f) => classesOfRows(relation.factors[f]!, f, excludes));
  const classCounts = classes.map((c) => c.matches.length);
  const total = classCounts.reduce((a, b) => a * b, 1);
  if (total > MAX_TASKS) throw new TooManyTuples(total);
  const allowed = new Uint8Array(total).fill(1);
  const weights = classCounts.map((_, i) => classCounts.slice(i + 1).reduce((a, b) => a * b, 1));
  for (const places of excludedPlaces(classes, excludes, factors)) strike(allowed, places, weights, 0, 0);
  return { factors, classOf: classes.map((c) => c.ofRow), classCounts, allowed };
}

/** Per exclude, per factor the classes that it matches: their product goes. */
function excludedPlaces(
  classes: readonly { readonly matches: readonly (readonly number[])[] }[],
  excludes: readonly Exclude[],
  factors: readonly number[],
): number[][][] {
  const places = excludes.map((exclude) =>
    factors.map((f, i): number[] => {
      const isNamed = [...exclude.conditions.keys()].some((c) => c.factor === f);
      return isNamed ? [] : classes[i]!.matches.map((_, cls) => cls);
    }),
  );
  classes.forEach(({ matches }, i) => {
    matches.forEach((matched, cls) => {
      for (const e of matched) places[e]![i]!.push(cls);
    });
  });
  return places;
}

function strike(
  allowed: Uint8Array,
  places: readonly (readonly number[])[],
  weights: readonly number[],
  depth: number,
  index: number,
): void {
  if (depth === places.length) {
    allowed[index] = 0;
    return;
  }
  for (const cls of places[depth]!) strike(allowed, places, weights, depth + 1, index + cls * weights[depth]!);
}

/** Rows of a factor by the excludes that they match, as far as this factor is concerned: `matches` by class, ascending. */
function classesOfRows(
  factor: Factor,
  f: number,
  excludes: readonly Exclude[],
): { ofRow: Int32Array; matches: readonly (readonly number[])[] } {
  const columns = excludeLists(factor, f, excludes);
  const seen = new Map<string, number>();
  const matches: (readonly number[])[] = [];
  const ofRow = new Int32Array(factor.rowCount);
  const classOf = (matched: readonly number[]): number => {
    const key = matched.join(',');
    const known = seen.get(key);
    if (known !== undefined) return known;
    seen.set(key, matches.length);
    return matches.push(matched) - 1;
  };
  // Rows with the same value share one list: looked up once per value, not per row.
  const classOfList = new Map<readonly number[], number>();
  for (let row = 0; row < factor.rowCount; row++) {
    const matched = matchedExcludes(columns, row);
    let cls = classOfList.get(matched);
    if (cls === undefined) {
      cls = classOf(matched);
      if (columns.length < 2) classOfList.set(matched, cls);
    }
    ofRow[row] = cls;
  }
  return { ofRow, matches };
}

const NONE: readonly number[] = [];

/** One column of a factor that excludes name: the excludes by value, and those that do not ask for this column. */
interface ExcludeColumn {
  readonly cells: ArrayLike<number>;
  readonly byValue: ReadonlyMap<number, readonly number[]>;
  readonly asks: ReadonlySet<number>;
}

function excludeLists(factor: Factor, f: number, excludes: readonly Exclude[]): ExcludeColumn[] {
  return factor.columns.flatMap((column, c) => {
    const byValue = new Map<number, number[]>();
    const asks = new Set<number>();
    excludes.forEach(({ conditions }, e) => {
      const ids = column.factor === f ? conditions.get(column) : undefined;
      if (!ids) return;
      asks.add(e);
      for (const id of ids) {
        const list = byValue.get(id);
        if (list) list.push(e);
        else byValue.set(id, [e]);
      }
    });
    return asks.size === 0 ? [] : [{ cells: factor.cells[c]!, byValue, asks }];
  });
}

function matchedExcludes(columns: readonly ExcludeColumn[], row: number): readonly number[] {
  const lists = columns.map(({ cells, byValue }) => byValue.get(cells[row]!) ?? NONE);
  if (lists.length < 2) return lists[0] ?? NONE;
  const candidates = [...new Set(lists.flat())].sort((a, b) => a - b);
  return candidates.filter((e) => columns.every(({ asks }, c) => !asks.has(e) || lists[c]!.includes(e)));
}

/**
 * Walk the factors in the relation's order, but only rows that can show something new: of a factor outside the space
 * the first row of each class, of a table inside it the first row of each (digit, class). A tuple's place is where its
 * first surviving row stands, so the order is exactly that of first appearance in the relation.
 */
export function enumerateSurvivors(
  relation: Relation,
  digits: readonly Digits[],
  weights: readonly number[],
  couplings: readonly Coupling[],
  product: number,
): Float64Array {
  const walked = [...new Set([...digits.map((d) => d.factor), ...couplings.flatMap((c) => c.factors)])].sort(
    (a, b) => a - b,
  );
  const levels = walked.map((f) => {
    const d = digits.findIndex((x) => x.factor === f);
    const coupling = couplings.findIndex((c) => c.factors.includes(f));
    const position = coupling < 0 ? -1 : couplings[coupling]!.factors.indexOf(f);
    const classOf = coupling < 0 ? null : couplings[coupling]!.classOf[position]!;
    const steps: { digit: number; cls: number }[] = [];
    const seen = new Set<number>();
    const classCount = coupling < 0 ? 1 : couplings[coupling]!.classCounts[position]!;
    for (let row = 0; row < relation.factors[f]!.rowCount; row++) {
      const digit = d < 0 ? 0 : (digits[d]!.ofRow?.[row] ?? row);
      const cls = classOf === null ? 0 : classOf[row]!;
      const key = digit * classCount + cls;
      if (seen.has(key)) continue;
      seen.add(key);
      steps.push({ digit, cls });
    }
    return { weight: d < 0 ? 0 : weights[d]!, coupling, position, steps };
  });
  const viable = couplings.map((c) => viablePrefixes(c));
  const found: number[] = [];
  // A tuple repeats only where a factor outside the space, or a table's further classes, are walked too.
  const repeats = levels.some((l) => l.weight === 0 || new Set(l.steps.map((s) => s.digit)).size < l.steps.length);
  const seen = product <= 1 << 27 ? new Uint8Array(repeats ? product : 0) : null;
  const seenSparse = new Set<number>();
  const prefix = couplings.map(() => 0);

  const walk = (level: number, index: number): void => {
    if (level === levels.length) {
      if (repeats) {
        if (seen !== null ? seen[index] === 1 : seenSparse.has(index)) return;
        if (seen !== null) seen[index] = 1;
        else seenSparse.add(index);
      }
      if (found.length >= MAX_TASKS) throw new TooManyTuples(found.length + 1);
      found.push(index);
      return;
    }
    const { weight, coupling, position, steps } = levels[level]!;
    const before = coupling < 0 ? 0 : prefix[coupling]!;
    for (const { digit, cls } of steps) {
      if (coupling >= 0) {
        const next = before * couplings[coupling]!.classCounts[position]! + cls;
        if (viable[coupling]![position]![next] === 0) continue;
        prefix[coupling] = next;
      }
      walk(level + 1, index + digit * weight);
    }
    if (coupling >= 0) prefix[coupling] = before;
  };
  walk(0, 0);
  return Float64Array.from(found);
}

/** Per depth, which prefixes of class digits have a completion that is allowed. */
function viablePrefixes(coupling: Coupling): Uint8Array[] {
  const depths: Uint8Array[] = [];
  let current = coupling.allowed;
  for (let i = coupling.factors.length - 1; i >= 0; i--) {
    depths.unshift(current);
    const radix = coupling.classCounts[i]!;
    const shorter = new Uint8Array(current.length / radix);
    for (let p = 0; p < current.length; p++) if (current[p] === 1) shorter[Math.floor(p / radix)] = 1;
    current = shorter;
  }
  return depths;
}
