import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hostName } from '../io/host.ts';
import { type LockHolder, lockHolder } from '../io/lock.ts';
import { livingGroups } from '../io/orphans.ts';
import { type QueuedElement, queuedElements } from '../io/slurm-elements.ts';
import { readSubmissions, type Submission } from '../io/submissions.ts';
import type { History, Start } from '../resume/history.ts';
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
  | { readonly kind: 'known'; readonly elements: readonly QueuedElement[]; readonly running: ReadonlySet<string> }
  | { readonly kind: 'unknown' }
  /** No submission of this folder can be in it. */
  | { readonly kind: 'not asked' };

export function lookAlive(session: Session, history: History | null, queue: Queue): Liveness {
  return {
    holder: lockHolder(session.state.lock),
    groups: history ? livingGroups(history) : new Map(),
    queue,
  };
}

/** Ask squeue once, for two seconds at most, and only where a submission may not have ended. */
export function lookAtQueue(session: Session, history: History | null, env: NodeJS.ProcessEnv): Queue {
  if (!mayBeQueued(session, history)) return { kind: 'not asked' };
  const elements = queuedElements(session.spec.folder, env, 2);
  if (elements === null) return { kind: 'unknown' };
  return { kind: 'known', elements, running: new Set(elements.filter((e) => e.isRunning).map((e) => e.slurmId)) };
}

/** By the records alone: whether a submission may not have ended. */
export function mayBeQueued({ spec, state }: Session, history: History | null): boolean {
  return (
    readSubmissions(state.journals, spec.folder).some(isOpen) ||
    [...(history?.unfinished.values() ?? [])].some((start) => start.slurmId !== '')
  );
}

/** The closing job comes when all arrays have ended: what it writes tells that the submission is over. */
function isOpen({ folder, jobs }: Submission): boolean {
  return jobs.size > 0 && !existsSync(join(folder, 'elements', 'close.out'));
}

/** Whether an attempt without an end goes on. Where Slurm does not answer, what began there counts as alive. */
export function isAttemptAlive({ holder, groups, queue }: Liveness, name: string, start: Start): boolean {
  if (start.slurmId !== '') {
    if (queue.kind === 'unknown') return true;
    return queue.kind === 'known' && queue.running.has(start.slurmId);
  }
  if (start.host === hostName()) return groups.has(name);
  // The processes of another machine can't be seen from here, but the lock of its run can.
  return holder !== null && holder.host.replace(/[^A-Za-z0-9._-]/g, '_') === start.host;
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
