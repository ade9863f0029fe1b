import type { SnakeExpand, SnakeItem, SnakePart } from '../../model/snakefile.ts';
import type { Job, Jobs, Maker } from '../jobs/job.ts';
import { fillParts, wildcardsOf } from '../patterns.ts';
import type { LaterLists } from '../staged/lists.ts';
import type { ColumnOptions, RuleChoices } from './choices.ts';

/**
 * The output that all these paths are, one a job, with its wildcards as the job's own, as constants, or as what the job's
 * wildcards determine; null where they are several outputs, or files that nothing makes.
 */
export function liftPath(
  paths: readonly string[],
  choices: RuleChoices,
  makers: Jobs['makers'],
  more: ColumnOptions,
): readonly SnakePart[] | null {
  const { jobs } = choices;
  const made = outputOf(paths, makers);
  if (!made) return null;
  const values = paths.map((path) => made.regex.exec(path)!.groups ?? {});
  const words = new Map(
    wildcardsOf(made.output).map((name): [string, SnakePart] => {
      const ofJobs = values.map((v) => v[name]!);
      const own = ownWildcard(
        name,
        ofJobs.map((value) => [value]),
        jobs,
      );
      if (own !== name && new Set(ofJobs).size === 1) return [name, ofJobs[0]!];
      return [name, { w: own ?? choices.determine(ofJobs, name, more), c: null }];
    }),
  );
  return made.output.map((part) => (typeof part === 'string' || !('w' in part) ? part : words.get(part.w)!));
}

/** The same of any number of paths a job: what differs among them is gathered, and what is known only later. */
export function liftList(
  paths: readonly (readonly string[])[],
  choices: RuleChoices,
  makers: Jobs['makers'],
  more: ColumnOptions,
  later: LaterLists,
): Pick<SnakeItem, 'parts' | 'rows' | 'expand'> | null {
  const { jobs } = choices;
  const made = outputOf(paths.flat(), makers);
  if (!made) return null;
  const values = paths.map((list) => list.map((path) => made.regex.exec(path)!.groups ?? {}));
  const names = wildcardsOf(made.output);
  const words = new Map<string, SnakePart>();
  for (const name of names) {
    const ofJobs = values.map((rows) => rows.map((row) => row[name]!));
    const own = ownWildcard(name, ofJobs, jobs);
    if (own !== undefined) words.set(name, { w: own, c: null });
    else if (new Set(ofJobs.flat()).size === 1 && !later.find(ofJobs[0]![0]!)) words.set(name, ofJobs[0]![0]!);
    else words.set(name, { e: name });
  }
  const gathered = names.filter((name) => isGathered(words.get(name)!));
  if (gathered.length === 0) return null;
  const parts = made.output.map((part) => (typeof part === 'string' || !('w' in part) ? part : words.get(part.w)!));
  const lists = values.map((list) => list.map((row) => gathered.map((name) => row[name]!)));
  const common = commonNames(gathered, lists);
  const own = gathered.filter((name) => !common.includes(name));
  const part = (names: readonly string[]): string[][][] =>
    lists.map((rows) => distinctRows(rows.map((row) => names.map((name) => row[gathered.indexOf(name)]!))));
  const rows = choices.rowsBy(part(own), own, more);
  if (rows.by.length === 0) return { parts, expand: expandOf(gathered, lists[0]!) };
  return { parts, rows, ...(common.length > 0 ? { expand: expandOf(common, part(common)[0]!) } : {}) };
}

/** Names that have the same values in all lists, combined with each row of the others; not all names. */
function commonNames(names: readonly string[], lists: readonly (readonly (readonly string[])[])[]): readonly string[] {
  const valuesIn = (rows: readonly (readonly string[])[], name: string): string[] => [
    ...new Set(rows.map((row) => row[names.indexOf(name)]!)),
  ];
  const same = names.filter((name) => new Set(lists.map((rows) => JSON.stringify(valuesIn(rows, name)))).size === 1);
  const others = names.filter((name) => !same.includes(name));
  const isProduct = lists.every((rows) => {
    const rest = distinctRows(rows.map((row) => others.map((name) => row[names.indexOf(name)]!)));
    const count = same.reduce((n, name) => n * valuesIn(rows, name).length, rest.length);
    return count === rows.length && count === distinctRows(rows).length;
  });
  return others.length > 0 && isProduct ? same : [];
}

function distinctRows(rows: readonly (readonly string[])[]): string[][] {
  return [...new Map(rows.map((row) => [JSON.stringify(row), [...row]])).values()];
}

/** What expand() would have been given for these rows. */
export function expandOf(names: readonly string[], rows: readonly (readonly string[])[]): SnakeExpand {
  const columns = names.map((name, i) => [name, rows.map((row) => row[i]!), null] as const);
  const distinct = columns.map(([name, values]) => [name, [...new Set(values)], null] as const);
  const size = distinct.reduce((product, [, values]) => product * values.length, 1);
  const isProduct = size === rows.length && new Set(rows.map((row) => JSON.stringify(row))).size === size;
  return isProduct ? { combinator: 'product', values: distinct } : { combinator: 'zip', values: columns };
}

function isGathered(part: SnakePart): boolean {
  return typeof part !== 'string' && 'e' in part;
}

/** The one output that makes all of these, where its wildcards tell them. */
function outputOf(paths: readonly string[], makers: Jobs['makers']): Maker | null {
  const first = makers.get(paths[0]!);
  if (!first) return null;
  const isSame = (path: string): boolean => {
    const maker = makers.get(path);
    if (maker?.output !== first.output) return false;
    const groups = first.regex.exec(path)?.groups ?? {};
    return fillParts(first.output, new Map(Object.entries(groups))) === path;
  };
  return paths.every(isSame) ? first : null;
}

/** A wildcard of the rule that has just these values, job by job; the one of that name first. */
function ownWildcard(name: string, ofJobs: readonly (readonly string[])[], jobs: readonly Job[]): string | undefined {
  const candidates = [...jobs[0]!.wildcards.keys()].sort((a, b) => Number(b === name) - Number(a === name));
  return candidates.find((own) =>
    jobs.every(({ wildcards }, i) => ofJobs[i]!.every((value) => value === wildcards.get(own))),
  );
}
