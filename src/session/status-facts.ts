import { isThere } from '../io/files/files.ts';
import { type Plan, ruleOf, taskNameOf } from '../model/plan.ts';
import { type FailureCode, problemWords } from '../model/problem.ts';
import { type WaitKind, waitReason } from '../model/slurm-reasons.ts';
import type { Column } from '../model/workflow.ts';
import { emptyHistory, type FailedAttempt, type History, NEVER_STARTED } from '../resume/history.ts';
import { countStates, type StateCounts, TASK_STATES } from '../resume/status.ts';
import { STOP_WORDS, type StopCause, secondsApart } from '../resume/stop.ts';
import type { Liveness, Queue } from './liveness.ts';
import type { Session } from './session.ts';
import { stagedJson } from './staged/words.ts';
import type { SessionStanding } from './standing.ts';
import { countByParam, type ParamCounts } from './status-by.ts';
import { paramsOf } from './task-argument.ts';

/** What `wfc status --json` gives of a task, whatever its state. */
interface NamedTask {
  readonly task: string;
  readonly rule: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Where an attempt is or was. */
interface AttemptFacts {
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

export interface RunningTask extends NamedTask, AttemptFacts {
  /** When it began, as `2026-11-28T08:23:53.000Z`. */
  readonly since: string;
}

export interface StoppedFacts extends NamedTask, AttemptFacts {
  readonly cause: StopCause;
  /** The cause in words. */
  readonly reason: string;
  /** What Slurm says of its element; null where it says nothing. */
  readonly slurmState: string | null;
  /** When it began and when it was stopped; null where that is not known. */
  readonly since: string | null;
  readonly until: string | null;
}

/** A task with a checkpoint that was stopped and went on, or is to. */
export interface WentOn extends NamedTask {
  readonly times: number;
  /** From one start to the next, in the mean; null where that is not known. */
  readonly secondsApart: number | null;
  readonly last: string | null;
}

/** Elements of the queue that wait for one reason. */
export interface Waiting {
  /** As squeue gives it: `Priority`. */
  readonly reason: string;
  readonly elements: number;
  readonly kind: WaitKind;
  /** The reason in words; '' where the code says it all. */
  readonly words: string;
}

export interface Status {
  readonly total: StateCounts;
  readonly rules: readonly ({ readonly name: string } & StateCounts)[];
  readonly running: readonly RunningTask[];
  readonly waiting: readonly Waiting[];
  readonly stopped: readonly StoppedFacts[];
  readonly wentOn: readonly WentOn[];
  readonly failures: readonly FailedTask[];
  /** Of the params that were asked for. */
  readonly byParam: readonly ParamCounts[];
  /** What values come from what rules make, for `--json`. */
  readonly staged: object;
  readonly lostCount: number;
  readonly hasState: boolean;
  readonly liveness: Liveness;
}

/** All that is told of where the tasks stand. */
export function describeStatus(
  session: Session,
  history: History | null,
  standing: SessionStanding,
  by: readonly Column[] | undefined = [],
): Status {
  const { plan } = session;
  const { states, lostCount, liveness } = standing;
  const rules = plan.rules.map(({ rule, firstTask, space }) => ({
    name: rule.name,
    ...countStates(plan, states, firstTask, firstTask + space.size),
  }));
  const failed = TASK_STATES.indexOf('failed');
  const failures: FailedTask[] = [];
  for (let t = 0; t < states.length; t++)
    if (states[t] === failed && plan.needed[t] === 1) failures.push(failedTask(session, t, history ?? emptyHistory()));
  return {
    total: countStates(plan, states, 0, plan.taskCount),
    rules,
    running: [...standing.running]
      .map(([task, start]) => ({ ...named(plan, task), ...placed(start), since: time(start.seconds)! }))
      .sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0)),
    waiting: waitingOf(liveness.queue),
    stopped: standing.stops.map(({ task, cause, start, endSeconds, slurmId, slurm }) => ({
      ...named(plan, task),
      cause,
      reason: STOP_WORDS[cause],
      ...placed({ attempt: start?.attempt ?? 0, slurmId, host: start?.host ?? '' }),
      slurmState: slurm,
      since: start === null ? null : time(start.seconds),
      until: time(endSeconds ?? 0),
    })),
    wentOn: history === null ? [] : wentOnOf(plan, history),
    failures,
    byParam: by.map((column) => countByParam(plan, states, history ?? emptyHistory(), column)),
    staged: stagedJson(plan),
    lostCount,
    hasState: history !== null,
    liveness,
  };
}

function wentOnOf(plan: Plan, { interruptions }: History): WentOn[] {
  if (interruptions.size === 0) return [];
  return plan.rules.flatMap(({ rule, firstTask, space, outputTexts }) => {
    const found: WentOn[] = [];
    for (let i = 0; rule.checkpoint !== null && i < space.size; i++) {
      const known = plan.needed[firstTask + i] === 1 ? interruptions.get(outputTexts[0]!(i)) : undefined;
      if (known === undefined) continue;
      const { times } = known;
      const last = time(times.at(-1)!);
      found.push({ ...named(plan, firstTask + i), times: times.length, secondsApart: secondsApart(known), last });
    }
    return found;
  });
}

function named(plan: Plan, task: number): NamedTask {
  const rule = ruleOf(plan, task);
  return {
    task: taskNameOf(plan, task),
    rule: rule.rule.name,
    params: paramsOf(rule, task - rule.firstTask),
  };
}

function placed({ attempt, slurmId, host }: { attempt: number; slurmId: string; host: string }): AttemptFacts {
  return {
    attempt: attempt === 0 ? null : attempt,
    slurm: slurmId === '' ? null : slurmId,
    host: host === '' ? null : host,
  };
}

/** null for a time that is not known. */
function time(seconds: number): string | null {
  return seconds > 0 ? new Date(seconds * 1000).toISOString() : null;
}

function failedTask({ plan, disk }: Session, task: number, history: History): FailedTask {
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

/** By reason, in order of their number. */
function waitingOf(queue: Queue): Waiting[] {
  if (queue.kind !== 'known') return [];
  const counts = new Map<string, number>();
  for (const { reason, isRunning } of queue.elements) if (!isRunning) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, elements]) => ({ reason, elements, ...waitReason(reason) }))
    .sort((a, b) => b.elements - a.elements);
}

export function statusJson(status: Status): object {
  const { total, rules, running, waiting, stopped, wentOn, failures, byParam, staged, lostCount, liveness } = status;
  return {
    ...total,
    didNotFinish: lostCount,
    queue: liveness.queue.kind,
    rules,
    runs: running,
    waits: waiting,
    stops: stopped,
    wentOn,
    failures,
    ...staged,
    ...(byParam.length > 0 ? { by: byParam } : {}),
  };
}
