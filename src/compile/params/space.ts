import type { Tuples } from '../../model/plan.ts';
import type { Column, Factor, Relation } from '../../model/workflow.ts';
import { couplingsOf, type Digits, enumerateSurvivors, MAX_TASKS, TooManyTuples } from './excludes.ts';

export { factorGroups, MAX_TASKS, TooManyTuples } from './excludes.ts';

/** The columns that `known` columns determine, besides themselves: by the declared rows of each table. */
export function determinedColumns(relation: Relation, known: readonly Column[]): Set<Column> {
  const determined = new Set<Column>();
  relation.factors.forEach((factor, f) => {
    if (factor.kind !== 'table') return;
    const knownHere = known.filter((c) => c.factor === f);
    if (knownHere.length === 0) return;
    for (const column of factor.columns) {
      if (!knownHere.includes(column) && determines(factor, knownHere, column)) determined.add(column);
    }
  });
  return determined;
}

/** Whether declared rows that agree in `known` always agree in `column`. */
function determines(factor: Factor, known: readonly Column[], column: Column): boolean {
  return disagreement(factor, known, column) === null;
}

/** The first two declared rows that agree in `known` and not in `column`; null where there are none. */
export function disagreement(factor: Factor, known: readonly Column[], column: Column): [number, number] | null {
  const cells = known.map((c) => factor.declaredCells[factor.columns.indexOf(c)]!);
  const target = factor.declaredCells[factor.columns.indexOf(column)]!;
  const ids = tupleIds(cells);
  const seen = new Int32Array(ids.count).fill(-1);
  for (let row = 0; row < target.length; row++) {
    const id = ids.ofRow[row]!;
    if (seen[id] === -1) seen[id] = target[row]!;
    else if (seen[id] !== target[row]) return [ids.firstRow[id]!, row];
  }
  return null;
}

export interface TupleIds {
  readonly count: number;
  /** Per row the id of its tuple, counted in order of first appearance. */
  readonly ofRow: Int32Array;
  /** Per tuple its first row. */
  readonly firstRow: Int32Array;
}

/** Number the distinct tuples of parallel cells (at least one column), in order of first appearance. */
export function tupleIds(cells: readonly Int32Array[]): TupleIds {
  const rows = cells[0]!.length;
  let ids: TupleIds = { count: Math.min(rows, 1), ofRow: new Int32Array(rows), firstRow: new Int32Array(rows && 1) };
  for (const cell of cells) {
    // Rows that all differ already: nothing splits them further.
    if (ids.count === rows) break;
    ids = splitBy(cell, ids);
  }
  return ids;
}

/** Tuples with one more column. */
function splitBy(cell: Int32Array, { count, ofRow }: TupleIds): TupleIds {
  const rows = cell.length;
  let radix = 1;
  for (let row = 0; row < rows; row++) if (cell[row]! >= radix) radix = cell[row]! + 1;
  const seen = pairNumbers(count * radix, rows);
  const next = new Int32Array(rows);
  const firstRow = new Int32Array(rows);
  let found = 0;
  for (let row = 0; row < rows; row++) {
    const pair = ofRow[row]! * radix + cell[row]!;
    let id = seen.get(pair);
    if (id < 0) {
      id = found++;
      seen.set(pair, id);
      firstRow[id] = row;
    }
    next[row] = id;
  }
  return { count: found, ofRow: next, firstRow: firstRow.slice(0, found) };
}

interface PairNumbers {
  /** -1 where none was set. */
  get(pair: number): number;
  set(pair: number, id: number): void;
}

/** From `0` to `pairs - 1` to a number: an array where that takes little more room than the rows, else a map. */
function pairNumbers(pairs: number, rows: number): PairNumbers {
  if (pairs <= 4 * rows + 1024) {
    const ids = new Int32Array(pairs).fill(-1);
    return {
      get: (pair) => ids[pair]!,
      set: (pair, id) => {
        ids[pair] = id;
      },
    };
  }
  const ids = new Map<number, number>();
  return { get: (pair) => ids.get(pair) ?? -1, set: (pair, id) => void ids.set(pair, id) };
}

function digitsOf(relation: Relation, f: number, columns: readonly Column[]): Digits {
  const factor = relation.factors[f]!;
  if (factor.kind === 'axis') {
    return { factor: f, columns, count: factor.rowCount, firstRow: null, ofRow: null };
  }
  const ids = tupleIds(columns.map((c) => factor.cells[factor.columns.indexOf(c)]!));
  return { factor: f, columns, count: ids.count, firstRow: ids.firstRow, ofRow: ids.ofRow };
}

/**
 * The distinct tuples of some columns among the rows of the relation, in the relation's order: the tasks of a rule, the
 * paths of an input. A tuple is named by its index, 0 to `size - 1`, and decoded by arithmetic (mixed radix over the
 * factors); only where excludes leave holes is there a list of the indices that remain.
 */
export class Space implements Tuples {
  readonly columns: readonly Column[];
  readonly size: number;
  private readonly relation: Relation;
  private readonly digits: readonly Digits[];
  /** Place value of each digit in the product index. */
  private readonly weights: readonly number[];
  /** Per tuple its product index, where excludes leave holes. */
  private readonly productIndices: Float64Array | null;
  private tupleOfProduct: Map<number, number> | null = null;
  private readonly lookups = new Map<string, DigitLookup>();

  constructor(relation: Relation, columns: readonly Column[]) {
    this.relation = relation;
    this.columns = columns;
    const factors = [...new Set(columns.map((c) => c.factor))].sort((a, b) => a - b);
    this.digits = factors.map((f) =>
      digitsOf(
        relation,
        f,
        columns.filter((c) => c.factor === f),
      ),
    );
    let product = 1;
    const weights: number[] = [];
    for (const digit of [...this.digits].reverse()) {
      weights.unshift(product);
      product *= digit.count;
    }
    this.weights = weights;
    // Product indices are kept as doubles: past 2^53 neighbours would fall together.
    if (product > Number.MAX_SAFE_INTEGER) throw new TooManyTuples(product);
    this.productIndices = this.survivors(product);
    this.size = this.productIndices?.length ?? product;
    if (this.size > MAX_TASKS) throw new TooManyTuples(this.size);
  }

  /** The value id of a column in a tuple; the column is one of `columns`, or determined by them. */
  valueId(tuple: number, column: Column): number {
    const product = this.productIndices === null ? tuple : this.productIndices[tuple]!;
    for (let i = 0; i < this.digits.length; i++) {
      const digits = this.digits[i]!;
      if (digits.factor !== column.factor) continue;
      const digit = Math.floor(product / this.weights[i]!) % digits.count;
      if (digits.firstRow === null) return digit;
      const factor = this.relation.factors[digits.factor]!;
      return factor.cells[factor.columns.indexOf(column)]![digits.firstRow[digit]!]!;
    }
    throw new Error(`internal error: column ${column.name} is not in this space`);
  }

  /** A fast `valueId` for one column: a function from tuple to value id. */
  reader(column: Column): (tuple: number) => number {
    const i = this.digits.findIndex((d) => d.factor === column.factor);
    const digits = this.digits[i];
    if (!digits) throw new Error(`internal error: column ${column.name} is not in this space`);
    const weight = this.weights[i]!;
    const { count, firstRow } = digits;
    const products = this.productIndices;
    const factor = this.relation.factors[digits.factor]!;
    const cells = factor.cells[factor.columns.indexOf(column)]!;
    if (firstRow === null) {
      if (products === null) return (tuple) => Math.floor(tuple / weight) % count;
      return (tuple) => Math.floor(products[tuple]! / weight) % count;
    }
    return (tuple) => cells[firstRow[Math.floor((products === null ? tuple : products[tuple]!) / weight) % count]!]!;
  }

  /**
   * A function from value ids to the tuple that has them, -1 where there is none. `given` are the columns whose ids are
   * handed in, in that order; together they must determine all columns of the space.
   */
  finder(given: readonly Column[]): (ids: ArrayLike<number>) => number {
    const parts = this.digits.map((digits, i) => {
      const columns = given.filter((c) => c.factor === digits.factor);
      return {
        weight: this.weights[i]!,
        lookup: this.lookup(digits, columns),
        at: columns.map((c) => given.indexOf(c)),
      };
    });
    return (ids) => {
      let product = 0;
      for (const { weight, lookup, at } of parts) {
        const digit = at.length === 1 ? lookup.one(ids[at[0]!]!) : lookup.many(at, ids);
        if (digit < 0) return -1;
        product += digit * weight;
      }
      return this.productIndices === null ? product : this.tupleAt(product);
    };
  }

  private tupleAt(product: number): number {
    if (this.tupleOfProduct === null) {
      this.tupleOfProduct = new Map();
      for (let i = 0; i < this.productIndices!.length; i++) this.tupleOfProduct.set(this.productIndices![i]!, i);
    }
    return this.tupleOfProduct.get(product) ?? -1;
  }

  private lookup(digits: Digits, columns: readonly Column[]): DigitLookup {
    const name = `${digits.factor}:${columns.map((c) => c.name).join(',')}`;
    let lookup = this.lookups.get(name);
    if (!lookup) {
      lookup = new DigitLookup(this.relation.factors[digits.factor]!, digits, columns);
      this.lookups.set(name, lookup);
    }
    return lookup;
  }

  /** The product indices that excludes leave, in the relation's order; null where all remain. */
  private survivors(product: number): Float64Array | null {
    const couplings = couplingsOf(this.relation);
    const touched = couplings.filter((c) => c.factors.some((f) => this.digits.some((d) => d.factor === f)));
    const empty = couplings.some((c) => !c.allowed.includes(1)) || this.relation.factors.some((f) => f.rowCount === 0);
    if (empty) return new Float64Array(0);
    if (touched.length === 0) return null;
    return enumerateSurvivors(this.relation, this.digits, this.weights, touched, product);
  }
}

/** From value ids of some columns of one factor to the digit. */
class DigitLookup {
  private readonly direct: Int32Array | null;
  private readonly byTuple: Map<string, number> | null;
  private readonly identity: boolean;

  constructor(factor: Factor, digits: Digits, columns: readonly Column[]) {
    this.identity = digits.firstRow === null;
    this.direct = null;
    this.byTuple = null;
    if (this.identity) return;
    const cells = columns.map((c) => factor.cells[factor.columns.indexOf(c)]!);
    if (columns.length === 1) {
      this.direct = new Int32Array(columns[0]!.values.length).fill(-1);
      for (let d = 0; d < digits.count; d++) this.direct[cells[0]![digits.firstRow![d]!]!] = d;
      return;
    }
    this.byTuple = new Map();
    for (let d = 0; d < digits.count; d++) {
      const row = digits.firstRow![d]!;
      this.byTuple.set(cells.map((cell) => cell[row]!).join(','), d);
    }
  }

  one(id: number): number {
    if (id < 0) return -1;
    return this.identity ? id : (this.direct![id] ?? -1);
  }

  many(at: readonly number[], ids: ArrayLike<number>): number {
    let key = '';
    for (let i = 0; i < at.length; i++) key += i === 0 ? ids[at[i]!]! : `,${ids[at[i]!]!}`;
    return this.byTuple!.get(key) ?? -1;
  }
}
