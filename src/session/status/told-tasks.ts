import { isThere } from '../../io/files/files.ts';
import { type Plan, ruleOf, taskNameOf } from '../../model/plan.ts';
import { type FailureCode, problemWords } from '../../model/problem.ts';
import { type FailedAttempt, type History, NEVER_STARTED } from '../../resume/history.ts';
import type { Session } from '../session.ts';
import { paramsOf } from '../task-argument.ts';

/** What `wfc status --json` gives of a task, whatever its state. */
export interface NamedTask {
  readonly task: string;
  readonly rule: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Where an attempt is or was. */
export interface AttemptFacts {
  /** Counted from 1; null where it never began. */
  readonly attempt: number | null;
  /** `1234_5`; null where it did not run on Slurm. */
  readonly slurm: string | null;
  readonly host: string | null;
}

/** A task whose last attempt failed. */
export interface FailedTask extends NamedTask, AttemptFacts {
  readonly code: FailureCode;
  /** The code and its details in words. */
  readonly reason: string;
  readonly status: number | null;
  /** The most memory that it was seen to take; null where it ended too soon. */
  readonly peakMiB: number | null;
  /** From the spec's folder; null where there is none, also of one that never began. */
  readonly log: string | null;
}

export function named(plan: Plan, task: number): NamedTask {
  const rule = ruleOf(plan, task);
  return {
    task: taskNameOf(plan, task),
    rule: rule.rule.name,
    params: paramsOf(rule, task - rule.firstTask),
  };
}

export function placed({ attempt, slurmId, host }: { attempt: number; slurmId: string; host: string }): AttemptFacts {
  return {
    attempt: attempt === 0 ? null : attempt,
    slurm: slurmId === '' ? null : slurmId,
    host: host === '' ? null : host,
  };
}

/** Of one whose last attempt failed. */
export function failedTask({ plan, disk }: Session, task: number, history: History): FailedTask {
  const rule = ruleOf(plan, task);
  const index = task - rule.firstTask;
  const { problem, attempt, status, slurmId, host, peakMiB } = history.failed.get(
    rule.outputTexts[0]!(index),
  ) as FailedAttempt;
  const log = rule.logText(index);
  return {
    ...named(plan, task),
    code: problem.code,
    reason: problemWords(problem),
    ...placed({ attempt, slurmId, host }),
    status,
    peakMiB,
    log: attempt !== NEVER_STARTED && isThere(disk.absolute(log)) ? log : null,
  };
}
