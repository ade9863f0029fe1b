/** Checkpoints: a task keeps its own from attempt to attempt, and nothing else may touch it. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import { type PlannedRule, type RuleTasks, taskName } from '../../model/plan.ts';
import * as report from '../report/report.ts';
import { pathWriter } from '../rules/paths.ts';
import type { SpecPlace } from '../text/place.ts';
import type { LogRef } from './logs.ts';
import { OutputIndex } from './outputs.ts';
import type { Written } from './reserved.ts';

export interface CheckpointRef extends Written {
  readonly kind: 'checkpoint';
}

export interface Checkpoints {
  readonly refs: readonly CheckpointRef[];
  readonly index: OutputIndex<CheckpointRef>;
}

export function indexCheckpoints(rules: readonly RuleTasks[], place: SpecPlace): Checkpoints {
  const refs = rules.flatMap((tasks): CheckpointRef[] => {
    const { paths = [], directory = false } = tasks.rule.checkpoint ?? {};
    return paths.map((pattern) => ({ tasks, output: { pattern, directory }, kind: 'checkpoint' }));
  });
  const index = new OutputIndex<CheckpointRef>(place);
  for (const ref of refs) index.add(ref);
  return { refs, index };
}

export function checkpointTexts({ rule, space }: RuleTasks): PlannedRule['checkpointTexts'] {
  if (rule.checkpoint === null) return null;
  return {
    paths: rule.checkpoint.paths.map((path) => pathWriter(path, space)),
    note: pathWriter(rule.checkpoint.note, space),
  };
}

export interface Neighbours {
  readonly outputs: OutputIndex;
  readonly logs: OutputIndex<LogRef>;
  readonly checkpoints: Checkpoints;
}

/** Refuse a checkpoint that an output, an input, a log or another checkpoint meets: one of the two would be lost. */
export function reportCheckpoints(
  rules: readonly PlannedRule[],
  { outputs, logs, checkpoints: { refs, index } }: Neighbours,
  diagnostics: Diagnostic[],
): void {
  if (refs.length === 0) return;
  const reported = new Set<string>();
  const once = (key: string, diagnostic: () => Diagnostic): void => {
    if (!reported.has(key)) diagnostics.push(diagnostic());
    reported.add(key);
  };
  const nameOf = (tasks: RuleTasks, task: number): string => taskName(tasks, task - tasks.firstTask);
  for (const ref of refs) {
    const { tasks, output } = ref;
    const { pattern } = output;
    const write = pathWriter(pattern, tasks.space);
    const clash = (i: number, other: { tasks: RuleTasks; task: number; what: 'output' | 'log' | 'checkpoint' }) =>
      once(`${pattern.location.start}`, () =>
        report.checkpointClash(pattern.location, write(i), other.what, nameOf(other.tasks, other.task)),
      );
    outputs.match(pattern, tasks.space, (i, { ref: { tasks: maker }, task }) =>
      clash(i, { tasks: maker, task, what: 'output' }),
    );
    logs.match(pattern, tasks.space, (i, { ref: { tasks: maker }, task }) =>
      clash(i, { tasks: maker, task, what: 'log' }),
    );
    index.match(pattern, tasks.space, (i, { ref: other, task }) => {
      if (other !== ref || task !== tasks.firstTask + i) clash(i, { tasks: other.tasks, task, what: 'checkpoint' });
    });
  }
  for (const { first, second, path } of index.collisions) {
    const { location } = second.ref.output.pattern;
    once(`${location.start}`, () =>
      report.checkpointClash(location, path, 'checkpoint', nameOf(first.ref.tasks, first.task)),
    );
  }
  for (const tasks of rules) {
    const meets = (key: string, path: () => string, owner: string, at: Parameters<typeof report.meetsCheckpoint>[0]) =>
      once(key, () => report.meetsCheckpoint(at, path(), owner));
    for (const pattern of [...tasks.rule.outputs.map((o) => o.pattern), tasks.rule.log]) {
      index.match(pattern, tasks.space, (i, { ref, task, meeting }) => {
        // The same path was told of above.
        if (meeting === 'same') return;
        const path = (): string => pathWriter(pattern, tasks.space)(i);
        meets(`${pattern.location.start} in`, path, nameOf(ref.tasks, task), pattern.location);
      });
    }
    for (const { input, paths, pathText } of tasks.inputs) {
      const { location } = input.pattern;
      index.match(input.pattern, paths, (path, { ref, task }) =>
        meets(`${location.start} in`, () => pathText(path), nameOf(ref.tasks, task), location),
      );
    }
  }
}
