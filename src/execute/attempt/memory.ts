import type { Clock, MemoryKills, Shells } from '../surroundings.ts';

/** What is measured of an attempt while it runs. */
export interface Measured {
  /** Its shell. */
  worker: number;
  /** When its memory was last looked at, and the most that was seen, in KiB; 0 for a task that ended soon. */
  measuredAt: number;
  peakKiB: number;
}

/** Once a second, not at each look: a task may have many processes. */
export function measure(attempt: Measured, shells: Shells, now: number): void {
  if (now - attempt.measuredAt < 1000) return;
  attempt.measuredAt = now;
  attempt.peakKiB = Math.max(attempt.peakKiB, shells.memoryOfTask(attempt.worker));
}

/** The most memory that an attempt was seen to take, in MiB; null where it ended too soon. */
export function peakOf({ peakKiB }: Measured): number | null {
  return peakKiB === 0 ? null : Math.ceil(peakKiB / 1024);
}

/** What is noted of an attempt, to tell later whether the kernel ended it for want of memory. */
export interface MemoryWatch {
  /** The counter when the attempt began. */
  readonly killsAtStart: number;
  /** No other attempt ran at any time of it. */
  isAlone: boolean;
}

/** A kill is heard of within this time: the shell's end is reported at once, and this loop looks several times a second. */
const FRESH_MS = 2000;

/**
 * Tells whether an attempt ran out of memory, by a counter of the kernel's that all running attempts share. Never a guess:
 *
 * - Of an attempt that ran alone, every kill during it is its own, also where only a process that its command started was
 *   killed, and the command then failed with a status of its own.
 * - Of several at a time it can't be told whose process was killed, but for an attempt that ended by SIGKILL itself, just
 *   when the counter grew. One whose status is another has failed with that.
 */
export class OutOfMemory {
  private readonly counter: MemoryKills;
  private readonly clock: Pick<Clock, 'now'>;
  private readonly watched = new Set<MemoryWatch>();
  /** Times at which a fresh kill was told of one of several attempts. */
  private told: number[] = [];
  /** What was counted at times, oldest first; the first is the newest that is not fresh any more. */
  private samples: { readonly at: number; readonly kills: number }[] = [];

  constructor(counter: MemoryKills, clock: Pick<Clock, 'now'>) {
    this.counter = counter;
    this.clock = clock;
  }

  start(): MemoryWatch {
    const isAlone = this.watched.size === 0;
    for (const other of this.watched) other.isAlone = false;
    const watch = { killsAtStart: this.counter.kills(), isAlone };
    this.watched.add(watch);
    return watch;
  }

  /** Several times a second. */
  look(now: number): void {
    this.samples.push({ at: now, kills: this.counter.kills() });
    const firstFresh = this.samples.findIndex(({ at }) => now - at < FRESH_MS);
    if (firstFresh > 1) this.samples.splice(0, firstFresh - 1);
  }

  /** Once, at the end of an attempt. `wasKilled`: by SIGKILL, which wfc did not send. */
  end(
    watch: MemoryWatch,
    { hasFailed, wasKilled }: { readonly hasFailed: boolean; readonly wasKilled: boolean },
  ): boolean {
    this.watched.delete(watch);
    if (!hasFailed) return false;
    const kills = this.counter.kills();
    if (kills <= watch.killsAtStart) return false;
    if (watch.isAlone) return true;
    if (!wasKilled) return false;
    const now = this.clock.now();
    const before = Math.max(watch.killsAtStart, this.samples[0]?.kills ?? 0);
    this.told = this.told.filter((at) => now - at < FRESH_MS);
    // Each kill is of one attempt.
    if (kills - before <= this.told.length) return false;
    this.told.push(now);
    return true;
  }
}
