/** Logs that the spec names: a task appends to its own, and nothing else may touch it. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import { type PlannedRule, type RuleTasks, taskName } from '../../model/plan.ts';
import * as report from '../report/report.ts';
import { pathWriter } from '../rules/paths.ts';
import type { SpecPlace } from '../text/place.ts';
import { OutputIndex } from './outputs.ts';
import type { Written } from './reserved.ts';

export interface LogRef extends Written {
  readonly kind: 'log';
}

export interface Logs {
  readonly refs: readonly LogRef[];
  readonly index: OutputIndex<LogRef>;
}

export function indexLogs(rules: readonly RuleTasks[], place: SpecPlace): Logs {
  const refs = rules
    .filter(({ rule }) => rule.hasOwnLog)
    .map((tasks): LogRef => ({ tasks, output: { pattern: tasks.rule.log, directory: false }, kind: 'log' }));
  const index = new OutputIndex<LogRef>(place);
  for (const ref of refs) index.add(ref);
  return { refs, index };
}

/** Refuse a log that an output, an input or another log meets: in any of them, its text would be spoiled or spoil. */
export function reportLogs(
  rules: readonly PlannedRule[],
  outputs: OutputIndex,
  { refs, index }: Logs,
  diagnostics: Diagnostic[],
): void {
  if (refs.length === 0) return;
  const reported = new Set<string>();
  const once = (key: string, diagnostic: () => Diagnostic): void => {
    if (!reported.has(key)) diagnostics.push(diagnostic());
    reported.add(key);
  };
  const nameOf = (tasks: RuleTasks, task: number): string => taskName(tasks, task - tasks.firstTask);
  const twoLogs = (path: string, a: LogRef, taskA: number, b: LogRef, taskB: number): void => {
    const [x, y] = [a.tasks.rule, b.tasks.rule];
    once([x.index, y.index].sort().join(' '), () =>
      report.twoLogs(y.log.location, path, nameOf(a.tasks, taskA), nameOf(b.tasks, taskB), x.log.location),
    );
  };
  for (const { first, second, path } of index.collisions) twoLogs(path, first.ref, first.task, second.ref, second.task);
  for (const log of refs) {
    const { tasks } = log;
    const { pattern } = log.output;
    const write = pathWriter(pattern, tasks.space);
    outputs.match(pattern, tasks.space, (i, { ref, task, meeting }) => {
      once(`${tasks.rule.index} output ${ref.rule.index} ${ref.position}`, () =>
        report.logInOutput(pattern.location, write(i), meeting, nameOf(ref.tasks, task), ref.output.pattern.location),
      );
    });
    index.match(pattern, tasks.space, (i, { ref, task }) => {
      if (task !== tasks.firstTask + i) twoLogs(write(i), ref, task, log, tasks.firstTask + i);
    });
  }
  for (const tasks of rules) {
    for (const { pattern } of tasks.rule.outputs) {
      index.match(pattern, tasks.space, (i, { ref, task, meeting }) => {
        // What lies below a log; the rest was told above.
        if (meeting === 'same') return;
        const path = pathWriter(pattern, tasks.space)(i);
        const log = nameOf(ref.tasks, task);
        once(`${pattern.location.start} below`, () =>
          report.belowLog(pattern.location, path, log, ref.output.pattern.location),
        );
      });
    }
    for (const { input, paths, pathText } of tasks.inputs) {
      index.match(input.pattern, paths, (path, { ref, task, meeting }) => {
        const { location } = input.pattern;
        const log = nameOf(ref.tasks, task);
        once(`${location.start} input`, () =>
          meeting === 'same'
            ? report.logRead(location, pathText(path), log, ref.output.pattern.location)
            : report.belowLog(location, pathText(path), log, ref.output.pattern.location),
        );
      });
    }
  }
}
