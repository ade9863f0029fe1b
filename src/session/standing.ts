import { type ElementEnd, elementEnds } from '../io/slurm/elements.ts';
import { GivenTasks } from '../io/slurm/given-tasks.ts';
import { readSubmissions, type SubmittedTasks } from '../io/slurm/submissions.ts';
import { journalSignature, readJournals } from '../io/state/journal.ts';
import { emptyHistory, type History } from '../resume/history.ts';
import type { Start } from '../resume/start.ts';
import { taskStanding } from '../resume/status.ts';
import type { StopCause, StoppedTask } from '../resume/stop.ts';
import { isAttemptAlive, type Liveness, lookAlive, lookAtQueue, type Queue, queueView } from './liveness.ts';
import type { Session } from './session.ts';

/** A task that stopped, with all that can be told of it. */
export interface ExplainedStop extends Omit<StoppedTask, 'cause'> {
  readonly cause: StopCause;
  /** How its element ended, by what Slurm says; null where it was not asked or says nothing. */
  readonly how: ElementEnd['how'] | null;
  /** What Slurm says of its element, in its words; null where it was not asked or says nothing. */
  readonly slurm: string | null;
}

export interface SessionStanding {
  readonly states: Uint8Array;
  readonly stops: readonly ExplainedStop[];
  readonly running: ReadonlyMap<number, Start>;
  readonly lostCount: number;
  readonly liveness: Liveness;
}

/** What need not be found out again at each look: the tables of submissions, and how elements ended. */
export interface StandingCache {
  readonly tables: Map<string, SubmittedTasks>;
  readonly ends: Map<string, ElementEnd | null>;
}

export function newCache(): StandingCache {
  return { tables: new Map(), ends: new Map() };
}

/** Accounts come late: what they did not tell is asked again. */
export function forgetUntold({ ends }: StandingCache): void {
  for (const [id, end] of ends) if (end === null) ends.delete(id);
}

/** The journals, and the queue before them: what ended between the two has its end in the journals. */
export async function lookAtAll(
  session: Session,
  env: NodeJS.ProcessEnv,
): Promise<{ history: History | null; queue: Queue }> {
  const { journals } = session.state;
  const signature = journalSignature(journals);
  const before = readJournals(journals);
  const queue = await lookAtQueue(session, before, env);
  const isSame = queue.kind === 'not asked' || journalSignature(journals) === signature;
  return { history: isSame ? before : readJournals(journals), queue };
}

export interface StandingLook {
  readonly history: History | null;
  readonly queue: Queue;
  readonly env: NodeJS.ProcessEnv;
  /** For Slurm to say how elements ended. */
  readonly askSeconds?: number;
}

/** Seconds for squeue and sacct together. */
const ASK_SECONDS = 2;

/** Where each task stands, by the journals, the queue, and for what neither explains by Slurm's accounts. */
export async function standingOf(
  session: Session,
  { history, queue, env, askSeconds = ASK_SECONDS }: StandingLook,
  cache: StandingCache = newCache(),
): Promise<SessionStanding> {
  const known = history ?? emptyHistory();
  const liveness = lookAlive(session, history, queue);
  const submissions = readSubmissions(session.state.journals, session.spec.folder);
  const given = new GivenTasks(submissions, queueView(liveness), cache.tables);
  const { stopped, ...standing } = taskStanding(session.plan, known, {
    isAlive: (name, start) => isAttemptAlive(liveness, name, start),
    givenTo: (name) => given.of(name),
  });
  return { ...standing, stops: await explainStops(stopped, { env, askSeconds }, cache), liveness };
}

async function explainStops(
  stopped: readonly StoppedTask[],
  { env, askSeconds }: { readonly env: NodeJS.ProcessEnv; readonly askSeconds: number },
  { ends }: StandingCache,
): Promise<ExplainedStop[]> {
  const asked = new Set<string>();
  for (const { slurmId, cause } of stopped)
    if (slurmId !== '' && cause !== 'interrupted' && !ends.has(slurmId)) asked.add(slurmId);
  const found = await elementEnds(asked, env, askSeconds);
  for (const id of asked) ends.set(id, found.get(id) ?? null);
  // What an element wrote of one of its tasks goes for those, too, that it did not come to.
  const written = new Map<string, StopCause>();
  // A limit of its own says nothing of its element.
  for (const { slurmId, cause } of stopped)
    if (slurmId !== '' && cause !== null && cause !== 'time_limit') written.set(slurmId, cause);
  return stopped.map((stop) => {
    const end = ends.get(stop.slurmId) ?? null;
    const cause = causeOf(stop, end, written.get(stop.slurmId) ?? null);
    // It left no journal: whatever its accounts have as its exit code by now, they come late.
    const how = cause === 'launch_failed' ? 'failed at launch' : (end?.how ?? null);
    return { ...stop, cause, how, slurm: end?.slurm ?? null };
  });
}

function causeOf(stop: StoppedTask, end: ElementEnd | null, written: StopCause | null): StopCause {
  const told = stop.cause ?? (stop.start === null ? written : null);
  // Slurm ends what it preempts as it ends what is cancelled, and may warn it as at the end of its time.
  if (told !== null) return end?.how === 'preempted' ? 'preempted' : told;
  switch (end?.how) {
    case 'out of memory':
      return 'out_of_memory';
    case 'time limit':
      return 'job_limit';
    case 'node failure':
      return 'node_failure';
    case 'preempted':
      return 'preempted';
    case 'cancelled':
      return 'cancelled';
    case undefined:
      return stop.hasBegun ? 'lost' : 'never_began';
    default:
      return stop.hasBegun ? 'lost' : 'launch_failed';
  }
}
