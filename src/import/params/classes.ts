import type { SnakeItem, SnakePart, SnakeRule, SnakeSource } from '../../model/snakefile.ts';
import type { Relation } from '../functions/tables.ts';
import type { Jobs, Link } from '../jobs/job.ts';
import { firstFree, safeName, wordsFor } from '../names.ts';
import { wildcardsOfRule } from '../patterns.ts';

/** A wildcard of a rule, or a name in one expand(). */
export interface Variable {
  readonly name: string;
  readonly rule: SnakeRule;
  /** null for a wildcard. */
  readonly item: SnakeItem | null;
  /** What a function gave, which other values determine. */
  readonly isDetermined: boolean;
  /** Distinct, in order of appearance. */
  readonly values: readonly string[];
  readonly glob: string | null;
  readonly source: SnakeSource | null;
}

/** Variables that are one thing: files carry the values of one to the others. It becomes a param. */
export interface VariableClass {
  readonly variables: readonly Variable[];
  /** The values of all of them. */
  readonly values: readonly string[];
  /** Unique, and no placeholder of wfc's. */
  readonly name: string;
}

/**
 * Which variables are one param. `shared`: those that files carry values between. `apart`: what functions gave is a class of
 * its own, also where files carry it to others. `same`: those of the same values alone. `own`: each is, and each rule has the
 * rows of its own jobs.
 */
export type Sharing = 'shared' | 'apart' | 'same' | 'own';

/** Variables of one rule, or of one expand(), differ from each other whatever files say. */
function scopeOf({ rule, item }: Variable): object {
  return item ?? rule;
}

/** Sort the wildcards of all rules and the names of all expand() into classes. */
export function findClasses(jobs: Jobs, sharing: Sharing): VariableClass[] {
  const variables = [...wildcardVariables(jobs), ...expandVariables(jobs)];
  const groups = new Map(variables.map((v) => [v, [v]]));
  const join = (a: Variable, b: Variable): void => {
    if (sharing === 'own' || (sharing === 'apart' && (a.isDetermined || b.isDetermined))) return;
    if (sharing === 'same' && !sameSet(a.values, b.values)) return;
    const [left, right] = [groups.get(a)!, groups.get(b)!];
    if (left === right) return;
    const scopes = new Set(left.map(scopeOf));
    if (right.some((v) => scopes.has(scopeOf(v)))) return;
    left.push(...right);
    for (const v of right) groups.set(v, left);
  };
  const find = (name: string, scope: object): Variable | undefined =>
    variables.find((v) => v.name === name && scopeOf(v) === scope);
  const pairs = jobs.links.flatMap((link) => equalNames(link, find));
  // Equal names first: where two wildcards of a rule could take the place of one, the name decides.
  for (const [a, b] of pairs.filter(([a, b]) => a.name === b.name)) join(a, b);
  for (const [a, b] of pairs) join(a, b);
  return named([...new Set(groups.values())], sharing);
}

function wildcardVariables({ jobs }: Jobs): Variable[] {
  const found = new Map<SnakeRule, Map<string, Set<string>>>();
  for (const { rule, wildcards } of jobs) {
    let values = found.get(rule);
    if (!values) {
      const names = [...wildcardsOfRule(rule), ...determinedNames(rule)];
      values = new Map(names.map((name) => [name, new Set<string>()]));
      found.set(rule, values);
    }
    for (const [name, value] of wildcards) values.get(name)!.add(value);
  }
  return [...found].flatMap(([rule, names]) =>
    [...names].map(([name, values]) => {
      const isDetermined = determinedNames(rule).includes(name);
      return { name, rule, item: null, isDetermined, values: [...values], glob: null, source: null };
    }),
  );
}

function determinedNames({ determined = [] }: SnakeRule): string[] {
  return determined.flatMap((d) => d.names);
}

function expandVariables({ jobs, goal }: Jobs): Variable[] {
  const rules = [...new Set([goal, ...jobs.map((j) => j.rule)])];
  return rules.flatMap((rule) =>
    rule.input
      .flatMap((a) => a.items)
      .flatMap((item): Variable[] => {
        const { expand, rows } = item;
        const common = { rule, item, isDetermined: rows !== undefined };
        return [
          ...(expand?.values ?? []).map(([name, values, glob, source]) => ({
            name,
            ...common,
            values: [...new Set(values)],
            glob,
            source: source ?? null,
          })),
          ...(rows?.names ?? []).map((name, i) => ({
            name,
            ...common,
            values: [...new Set([...rows!.rows.values()].flatMap((list) => list.map((row) => row[i]!)))],
            glob: null,
            source: null,
          })),
        ];
      }),
  );
}

/** Whether the class is a wildcard of the rule, and not only gathered by it. */
export function isInKey(rule: SnakeRule, { variables }: VariableClass): boolean {
  return variables.some((v) => v.rule === rule && v.item === null);
}

/** The values that jobs have for some params, one relation for each rule whose wildcards are among them. */
export function rowsOfJobs({ jobs }: Jobs, classes: readonly VariableClass[]): Relation[] {
  const rules = new Map<SnakeRule, { columns: string[]; variables: string[]; rows: string[][] }>();
  for (const { rule, wildcards } of jobs) {
    let found = rules.get(rule);
    if (!found) {
      const own = classes.filter((c) => isInKey(rule, c));
      const variables = own.map((c) => c.variables.find((v) => v.rule === rule && v.item === null)!.name);
      found = { columns: own.map((c) => c.name), variables, rows: [] };
      rules.set(rule, found);
    }
    found.rows.push(found.variables.map((name) => wildcards.get(name)!));
  }
  return [...rules.values()].filter((found) => found.columns.length > 0);
}

/** Variables that stand in the same places of an input and of the output that it is. */
function equalNames(
  { consumer, item, producer, output }: Link,
  find: (name: string, scope: object) => Variable | undefined,
): [Variable, Variable][] {
  const [from, to] = [components(item.parts), components(output)];
  if (from.length !== to.length) return [];
  return from.flatMap((left, i) => {
    const right = to[i]!;
    if (left.length !== right.length) return [];
    const pairs: [Variable, Variable][] = [];
    for (const [k, a] of left.entries()) {
      const b = right[k]!;
      if (typeof a === 'string' || typeof b === 'string') {
        if (a !== b) return [];
        continue;
      }
      if (!('w' in b)) throw new Error('internal error: expand() in an output is written out');
      const consumed = 'w' in a ? find(a.w, consumer) : find(a.e, item);
      const produced = find(b.w, producer);
      if (consumed && produced) pairs.push([consumed, produced]);
    }
    return pairs;
  });
}

/** Parts by what stands between slashes. */
function components(parts: readonly SnakePart[]): SnakePart[][] {
  const found: SnakePart[][] = [[]];
  for (const part of parts) {
    if (typeof part !== 'string') {
      found.at(-1)!.push(part);
      continue;
    }
    for (const [i, piece] of part.split('/').entries()) {
      if (i > 0) found.push([]);
      if (piece !== '') found.at(-1)!.push(piece);
    }
  }
  return found;
}

/** Give classes their names; classes of one name and the same values become one. */
function named(groups: readonly Variable[][], sharing: Sharing): VariableClass[] {
  const isWildcard = (v: Variable): boolean => v.item === null && !v.isDetermined;
  const withWildcards = groups.filter((g) => g.some(isWildcard));
  const others = groups.filter((g) => !withWildcards.includes(g));
  const classes = new Map<string, VariableClass>();
  for (const variables of [...withWildcards, ...others]) {
    const values = valuesOf(variables);
    const wanted = safeName(preferredName(variables));
    const same = classes.get(wanted);
    const isApart =
      (sharing === 'own' && values.length > 1) || (sharing === 'apart' && variables.some((v) => v.isDetermined));
    if (same && !isApart && sameSet(same.values, values) && !clash(same.variables, variables)) {
      classes.set(wanted, { ...same, variables: [...same.variables, ...variables] });
      continue;
    }
    const { rule } = variables.find((v) => v.item === null) ?? variables[0]!;
    const words = wordsFor(wanted, rule.name).map((words) => `${wanted}_${words}`);
    const name = same ? firstFree(words, classes) : wanted;
    classes.set(name, { name, values, variables });
  }
  return [...classes.values()];
}

function clash(a: readonly Variable[], b: readonly Variable[]): boolean {
  const scopes = new Set(a.map(scopeOf));
  return b.some((v) => scopes.has(scopeOf(v)));
}

/** The order of an expand() that names all values, since the order of paths in a gathered input follows it. */
function valuesOf(variables: readonly Variable[]): readonly string[] {
  const all = [...new Set(variables.flatMap((v) => v.values))];
  return variables.find((v) => v.item !== null && v.values.length === all.length)?.values ?? all;
}

function preferredName(variables: readonly Variable[]): string {
  const wildcards = variables.filter((v) => v.item === null);
  const counts = new Map<string, number>();
  for (const { name } of wildcards.length > 0 ? wildcards : variables) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

export function sameSet(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const all = new Set(a);
  return b.every((v) => all.has(v));
}

/** A glob of wfc's knows its own param only, within one component of the path. */
export function globOf({ variables, values, name }: VariableClass): string | null {
  const from = variables.find((v) => v.glob !== null && sameSet(v.values, values))?.glob;
  if (!from || values.some((v) => v.includes('/'))) return null;
  const pattern = from.replace(/\{\w+[^{}]*\}/, `{${name}}`);
  const folders = pattern.split('/').slice(0, -1).join('/');
  return /[{}]/.test(folders) ? null : pattern;
}
