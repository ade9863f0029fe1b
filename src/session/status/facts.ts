import type { Plan } from '../../model/plan.ts';
import { type WaitKind, waitReason } from '../../model/slurm-reasons.ts';
import type { Column } from '../../model/workflow.ts';
import { emptyHistory, type History } from '../../resume/history.ts';
import { countStates, type StateCounts, TASK_STATES } from '../../resume/status.ts';
import { STOP_WORDS, type StopCause, secondsApart } from '../../resume/stop.ts';
import type { Liveness, Queue } from '../liveness.ts';
import type { Session } from '../session.ts';
import { stagedJson } from '../staged/words.ts';
import type { SessionStanding } from '../standing.ts';
import { type AlikeFailures, alikeJson, failuresAlike } from './alike.ts';
import { countByParam, type ParamCounts } from './by-param.ts';
import { type AttemptFacts, type FailedTask, failedTask, type NamedTask, named, placed } from './told-tasks.ts';

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
  /** Those that look alike together, the largest kinds first; reads logs. */
  readonly failureKinds: () => readonly AlikeFailures[];
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
  const known = history ?? emptyHistory();
  const failed = TASK_STATES.indexOf('failed');
  const failedTasks: number[] = [];
  for (let t = 0; t < states.length; t++) if (states[t] === failed && plan.needed[t] === 1) failedTasks.push(t);
  const failures = failedTasks.map((task) => failedTask(session, task, known));
  const now = { states, running: standing.running, nowSeconds: Date.now() / 1000 };
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
    failureKinds: () => failuresAlike(session, states, known, { tasks: failedTasks, failures }),
    byParam: by.map((column) => countByParam(plan, now, known, column)),
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

/** null for a time that is not known. */
function time(seconds: number): string | null {
  return seconds > 0 ? new Date(seconds * 1000).toISOString() : null;
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
  const kinds = status.failureKinds();
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
    ...(kinds.length > 0 ? { kinds: kinds.map(alikeJson) } : {}),
    ...staged,
    ...(byParam.length > 0 ? { by: byParam } : {}),
  };
}
