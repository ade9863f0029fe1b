import { hostname } from 'node:os';
import { type QueuedElement, queuedElements } from '../io/slurm/elements.ts';
import { hasClosed, type QueueView, queuedSeconds } from '../io/slurm/given-tasks.ts';
import { readSubmissions, type Submission } from '../io/slurm/submissions.ts';
import { hostName } from '../io/state/host.ts';
import { type LockHolder, lockHolder } from '../io/state/lock.ts';
import { livingGroups } from '../io/state/orphans.ts';
import type { History } from '../resume/history.ts';
import type { Start } from '../resume/start.ts';
import type { Session } from './session.ts';

/** What still goes on in a spec's folder, here and on Slurm. */
export interface Liveness {
  /** Of the run on this machine, or on another that shares the folder; null for none. */
  readonly holder: LockHolder | null;
  /** Process groups of tasks on this machine, by the task's name. */
  readonly groups: ReadonlyMap<string, number>;
  readonly queue: Queue;
}

export type Queue =
  | {
      readonly kind: 'known';
      readonly elements: readonly QueuedElement[];
      readonly running: ReadonlySet<string>;
      /** When it was asked, since 1970: what began later is not in it. */
      readonly askedSeconds: number;
    }
  | { readonly kind: 'unknown' }
  /** No submission of this folder can be in it. */
  | { readonly kind: 'not asked' };

/** Seconds that squeue has for its answer. */
const ASK_SECONDS = 2;

export function lookAlive(session: Session, history: History | null, queue: Queue): Liveness {
  const holder = lockHolder(session.state.lock);
  return {
    // Who looks under the lock is no run beside it.
    holder: holder?.pid === process.pid && holder.host === hostname() ? null : holder,
    groups: history ? livingGroups(history) : new Map(),
    queue,
  };
}

/** Ask squeue once, for two seconds at most, and only where a submission may not have ended. */
export async function lookAtQueue(session: Session, history: History | null, env: NodeJS.ProcessEnv): Promise<Queue> {
  if (!mayBeQueued(session, history)) return { kind: 'not asked' };
  const askedSeconds = Date.now() / 1000;
  const elements = await queuedElements(session.spec.folder, env, ASK_SECONDS);
  if (elements === null) return { kind: 'unknown' };
  return queueOf(elements, askedSeconds);
}

/** What squeue said, asked at that time, since 1970. */
export function queueOf(elements: readonly QueuedElement[], askedSeconds: number): Queue {
  const running = new Set(elements.filter((e) => e.isRunning).map((e) => e.slurmId));
  return { kind: 'known', elements, running, askedSeconds };
}

/** By the records alone: whether a submission may not have ended. */
export function mayBeQueued({ spec, state }: Session, history: History | null): boolean {
  return (
    readSubmissions(state.journals, spec.folder).some(isOpen) ||
    [...(history?.unfinished.values() ?? [])].some((start) => start.slurmId !== '')
  );
}

/** The closing job comes when all arrays have ended: what it writes tells that the submission is over. */
function isOpen(submission: Submission): boolean {
  return submission.jobs.size > 0 && !hasClosed(submission);
}

/** What is known of the elements of a submission; where Slurm does not answer, those of an open one may all be there. */
export function queueView({ queue, holder }: Liveness): QueueView {
  const ids = new Set(queue.kind === 'known' ? queue.elements.map((e) => e.slurmId) : []);
  return {
    holds: (slurmId, submission) => {
      // A run that works here has its turns before it, too.
      if (holder !== null || ids.has(slurmId)) return true;
      if (queue.kind === 'not asked') return false;
      return isOpen(submission) && (queue.kind === 'unknown' || isNewer(queuedSeconds(submission), queue));
    },
  };
}

/** Clocks of machines differ, and a start is noted in whole seconds. */
const CLOCK_SLACK_SECONDS = 2;

/** Further ahead of ours no clock is right. */
const CLOCK_AHEAD_SECONDS = 60;

/** Whether something came after the queue was asked, so that the answer says nothing about it. */
function isNewer(seconds: number, { askedSeconds }: Extract<Queue, { kind: 'known' }>): boolean {
  return seconds + CLOCK_SLACK_SECONDS > askedSeconds && seconds < Date.now() / 1000 + CLOCK_AHEAD_SECONDS;
}

/** Whether an attempt without an end goes on. Where Slurm does not answer, what began there counts as alive. */
export function isAttemptAlive({ holder, groups, queue }: Liveness, name: string, start: Start): boolean {
  if (start.slurmId !== '') {
    if (queue.kind === 'unknown') return true;
    return queue.kind === 'known' && (queue.running.has(start.slurmId) || isNewer(start.seconds, queue));
  }
  // What the run here began, and whose processes have ended, is about to have its end in the journal.
  if (start.host === hostName()) return groups.has(name) || (holder !== null && beganUnder(holder, start));
  // The processes of another machine can't be seen from here, but the lock of its run can.
  return holder !== null && holder.host.replace(/[^A-Za-z0-9._-]/g, '_') === start.host;
}

function beganUnder({ since, host }: LockHolder, { seconds }: Start): boolean {
  return host === hostname() && Math.ceil(seconds) >= Math.floor(Date.parse(since) / 1000);
}

/** Whether anything runs or waits in a queue. */
export function isAnythingAlive({ holder, groups, queue }: Liveness): boolean {
  return (
    holder !== null ||
    groups.size > 0 ||
    queue.kind === 'unknown' ||
    (queue.kind === 'known' && queue.elements.length > 0)
  );
}
