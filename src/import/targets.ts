import type { SpecFiles } from '../compile/context.ts';
import type { SnakeItem, SnakeRule } from '../model/snakefile.ts';
import { byRule } from './goal.ts';
import type { Jobs } from './jobs/job.ts';
import type { Axes } from './params/axes.ts';
import { isOfOther, pathsOf } from './patterns.ts';
import { escapeLiteral } from './pieces.ts';
import type { Yaml } from './yaml.ts';

interface Options {
  readonly jobs: Jobs;
  readonly axes: Axes;
  readonly files: Pick<SpecFiles, 'kind'>;
}

/** What is asked for: a rule, or paths that rules make. */
export function targetsOf({ jobs, axes, files }: Options): Yaml {
  const { goal, makers } = jobs;
  if (goal.output.length > 0) return goal.name;
  // A source file is nothing to make; nor is what another workflow makes, there or not.
  const isSource = (path: string): boolean => !makers.get(path) && files.kind(path) !== null;
  const items = goal.input
    .flatMap((a) => a.items)
    .filter((item) => !isOfOther(item))
    .filter((item) => item.rows !== undefined || !pathsOf(item, new Map()).every(isSource));
  const targets = byRule(items, jobs).map((one) => (typeof one === 'string' ? one : patternOf(goal, one, axes)));
  return targets.length === 1 ? targets[0]! : targets;
}

/** A path as the spec writes it. */
export function patternOf(rule: SnakeRule, item: SnakeItem, axes: Axes): string {
  return item.parts
    .map((part) => {
      if (typeof part === 'string') return escapeLiteral(part, axes.names);
      return `{${'w' in part ? axes.wildcard(rule, part.w) : axes.expanded(rule, item, part.e)}}`;
    })
    .join('');
}
