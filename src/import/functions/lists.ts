import type { SnakeArgument, SnakeItem } from '../../model/snakefile.ts';
import type { Jobs, Maker } from '../jobs/job.ts';
import { sameSet } from '../params/classes.ts';
import { fillParts, pathsOf } from '../patterns.ts';
import type { LaterLists } from '../staged/lists.ts';
import type { RuleChoices } from './choices.ts';
import { liftList } from './lift.ts';

/** Fewer paths are as easy to read one by one. */
export const LEAST_LIFTED = 3;

/** An argument with one expand() for each run of paths, written one by one, that are all combinations of what a rule makes. */
export function liftWritten(
  argument: SnakeArgument,
  choices: RuleChoices,
  jobs: Jobs,
  later: LaterLists,
): SnakeArgument {
  const { items } = argument;
  // What is asked for by its place stays in its place.
  if (isAskedByPlace(choices)) return argument;
  const lifted = runsOf(items, choices, jobs.makers).flatMap((run) => lift(run, choices, jobs, later) ?? run);
  return { ...argument, items: lifted };
}

function isAskedByPlace({ rule: { command } }: RuleChoices): boolean {
  if (command.kind === 'unknown') return false;
  return command.tokens.some(
    (t) => typeof t !== 'string' && 'ref' in t && t.ref === 'input' && (t.index ?? null) !== null,
  );
}

/** Items side by side that one output makes. */
function runsOf(items: readonly SnakeItem[], choices: RuleChoices, makers: Jobs['makers']): SnakeItem[][] {
  const { wildcards } = choices.jobs[0]!;
  const runs: { output: Maker['output'] | null; items: SnakeItem[] }[] = [];
  for (const item of items) {
    const isOne = !item.expand && !item.rows && item.flags.every((flag) => flag.startsWith('made-by:'));
    const output = isOne ? (makers.get(fillParts(item.parts, wildcards))?.output ?? null) : null;
    const last = runs.at(-1);
    if (output !== null && last?.output === output) last.items.push(item);
    else runs.push({ output, items: [item] });
  }
  return runs.map((run) => run.items);
}

function lift(
  run: readonly SnakeItem[],
  choices: RuleChoices,
  { jobs, makers }: Jobs,
  later: LaterLists,
): SnakeItem | null {
  if (run.some((item) => item.expand || item.rows)) return null;
  const paths = choices.jobs.map(({ wildcards }) => run.map((item) => fillParts(item.parts, wildcards)));
  const isShort = run.length < LEAST_LIFTED;
  if (isShort && !paths.flat().some((path) => later.in(path))) return null;
  const found = liftList(paths, choices, makers, { reads: choices.wildcards, inPath: true, from: '' }, later);
  if (!found?.expand || found.rows) return null;
  const isLater = found.expand.values.some(([, values]) => values.some((value) => later.find(value) !== undefined));
  if (found.expand.combinator !== 'product' && !isLater) return null;
  const item = { ...found, flags: [] };
  const { rule } = makers.get(paths[0]![0]!)!;
  const made = jobs.filter((job) => job.rule === rule);
  const isAll = found.expand.values.every(([name, values]) =>
    sameSet(values, [...new Set(made.map(({ wildcards }) => wildcards.get(name)!))]),
  );
  const isSame = choices.jobs.every(
    ({ wildcards }, i) => JSON.stringify(pathsOf(item, wildcards)) === JSON.stringify(paths[i]),
  );
  return isAll && isSame ? item : null;
}
