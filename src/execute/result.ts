import type { Counts, RuleCounts } from '../model/counts.ts';
import { type PlannedRule, taskName } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import { NEVER_STARTED } from '../resume/history.ts';

/** A task that failed, for the closing summary. */
export interface Failure {
  readonly task: number;
  readonly name: string;
  readonly problem: Problem;
  readonly attempts: number;
  /** Path of the log, relative to the spec's folder; null where it is empty. */
  readonly log: string | null;
}

export interface RunResult {
  readonly outcome: 'done' | 'failed' | 'interrupted';
  readonly counts: Counts;
  readonly failures: readonly Failure[];
  /** Of the tasks that are done, those that did not run after all: all their inputs came out as they were before. */
  readonly unchanged: number;
  readonly seconds: number;
}

/** What a run tells of itself while it goes on. */
export interface RunObserver {
  started(task: number): void;
  failed(failure: Failure, willRetry: boolean): void;
  /** The time of an attempt was up, and the task goes on from its checkpoint: `times` of at most `most` times. */
  wentOn(name: string, times: number, most: number): void;
  progress(counts: Counts, byRule: () => readonly RuleCounts[]): void;
}

/** A task that was refused before its command could start. */
export function neverStarted(rule: PlannedRule, task: number, problem: Problem): Failure {
  return { task, name: taskName(rule, task - rule.firstTask), problem, attempts: NEVER_STARTED, log: null };
}
