import type { Start } from './start.ts';

/** What an `interrupted` line of a journal may give as its cause; one without a cause, as was written once, means the last. */
export const WRITTEN_CAUSES = ['time_limit', 'job_limit', 'cancelled', 'interrupted'] as const;
export type WrittenCause = (typeof WRITTEN_CAUSES)[number];

/**
 * Why a task that began, or that was handed in, came to no end of its own, and nothing runs it now. Codes, as `--json` has
 * them; the words stand here.
 */
export const STOP_WORDS = {
  /** Its own, of a task with a checkpoint: nothing has failed. */
  time_limit: 'stopped at its time limit, with a checkpoint from which it goes on',
  job_limit: "stopped at the job's time limit",
  cancelled: 'cancelled',
  interrupted: 'interrupted',
  preempted: 'preempted',
  node_failure: 'its node failed',
  out_of_memory: 'its job ran out of memory',
  launch_failed: 'failed at launch',
  /** Its element has no journal, and Slurm has forgotten it. */
  never_began: 'never began: failed at launch, or cancelled before',
  lost: 'ended without a word',
} as const;
export type StopCause = keyof typeof STOP_WORDS;

/** An attempt that was stopped, and not by its own time limit. */
export interface Stop extends Start {
  readonly cause: WrittenCause;
  /** Since 1970; null where its writer did not tell. */
  readonly endSeconds: number | null;
}

/** The array element that a task was handed to last. */
export interface GivenTo {
  readonly slurmId: string;
  /** It waits or runs, as far as is known. */
  readonly isQueued: boolean;
  /** It left a journal. */
  readonly hasBegun: boolean;
}

/** A task that stopped; what only Slurm can tell of that is yet to be asked. */
export interface StoppedTask {
  readonly task: number;
  /** null where the journals do not tell it. */
  readonly cause: WrittenCause | null;
  /** null where it never began. */
  readonly start: Start | null;
  readonly endSeconds: number | null;
  /** '' for one that ran on a machine, or by make. */
  readonly slurmId: string;
  /** Its element, or its run, began. */
  readonly hasBegun: boolean;
}

export function parseCause(text: string | undefined): WrittenCause {
  return WRITTEN_CAUSES.find((cause) => cause === text) ?? 'interrupted';
}

/** How often a task was interrupted since it began from nothing: one with a checkpoint goes on each time. */
export interface Interruptions {
  /** When its first attempt began, in seconds since 1970; 0 where that is not known. */
  readonly since: number;
  /** When it was interrupted, in seconds since 1970; each once, in order of the journals. */
  readonly times: readonly number[];
  /** It has succeeded since: what begins next begins anew. */
  readonly isOver: boolean;
}

/** With one more; `startSeconds` is of the attempt that it ended, 0 where that is not known. */
export function interruptedOnceMore(
  known: Interruptions | undefined,
  seconds: number,
  startSeconds: number,
): Interruptions {
  if (known === undefined || known.isOver) return { since: startSeconds, times: [seconds], isOver: false };
  // Journals that were merged are read beside those of submissions, and tell some of it twice.
  return known.times.includes(seconds) ? known : { ...known, times: [...known.times, seconds] };
}

/** The mean time from one start to the next, in seconds; null where it is not known. */
export function secondsApart({ since, times }: Interruptions): number | null {
  return since > 0 ? Math.max(0, times.at(-1)! - since) / times.length : null;
}
