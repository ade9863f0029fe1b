import { logEnd } from '../../io/files/log-file.ts';
import { failureKinds } from '../../model/failure-kinds.ts';
import { type Plan, ruleOf } from '../../model/plan.ts';
import { toldProblem } from '../../model/problem.ts';
import type { ParamValues } from '../../model/value-words.ts';
import { countBlocked } from '../../plan/blocking.ts';
import type { History } from '../../resume/history.ts';
import { TASK_STATES } from '../../resume/status.ts';
import type { Session } from '../session.ts';
import type { FailedTask } from './told-tasks.ts';

/** Failures that look alike, and what waits for them. */
export interface AlikeFailures {
  readonly rule: string;
  /** Without what differs from task to task. */
  readonly reason: string;
  /** In order of the plan. */
  readonly failures: readonly FailedTask[];
  /** The end of the first one's log; null where there is none, or where it was not read. */
  readonly logEnd: readonly string[] | null;
  /** Blocked tasks that depend on some of them, by rule. */
  readonly blocks: readonly { readonly rule: string; readonly tasks: number }[];
  /** The values that they have, by param of their rule. */
  readonly params: readonly ParamValues[];
}

/** Of more failures logs are not looked at: on a shared file system each look may take a millisecond. */
const LOGS_READ = 1000;

/** `tasks`: the ids of the failures. */
export function failuresAlike(
  { plan, disk }: Session,
  states: Uint8Array,
  { failed }: History,
  { tasks, failures }: { readonly tasks: readonly number[]; readonly failures: readonly FailedTask[] },
): AlikeFailures[] {
  const told = failures.map((failure, i) => {
    const task = tasks[i]!;
    const { outputTexts, firstTask } = ruleOf(plan, task);
    const end = failure.log === null || i >= LOGS_READ ? null : logEnd(disk.absolute(failure.log));
    return {
      ...toldProblem(failed.get(outputTexts[0]!(task - firstTask))!.problem),
      ...{ failure, task, logEnd: end === null || end.length === 0 ? null : end },
    };
  });
  const kinds = failureKinds(told, ({ failure }) => failure.rule);
  const blocked = TASK_STATES.indexOf('blocked');
  const counts = countBlocked(
    plan,
    (task) => states[task] === blocked,
    kinds.map((kind) => kind.failures.map(({ task }) => task)),
  );
  return kinds.map(({ rule, reason, failures: alike }, k) => ({
    ...{ rule, reason },
    failures: alike.map(({ failure }) => failure),
    logEnd: alike[0]!.logEnd,
    blocks: [...counts[k]!].map(([blockedRule, count]) => ({ rule: blockedRule, tasks: count })),
    params: paramValues(
      plan,
      alike.map(({ failure }) => failure),
    ),
  }));
}

function paramValues({ workflow }: Plan, failures: readonly FailedTask[]): ParamValues[] {
  return Object.keys(failures[0]!.params).map((name) => ({
    name,
    values: [...new Set(failures.map(({ params }) => params[name]!))],
    of: workflow.relation.columns.get(name)!.values.length,
  }));
}

export function alikeJson({ rule, reason, failures, logEnd: end, blocks }: AlikeFailures): object {
  const { code, log } = failures[0]!;
  return { rule, code, reason, tasks: failures.map(({ task }) => task), log, logEnd: end, blocks };
}
