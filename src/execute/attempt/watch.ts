import type { PlannedRule } from '../../model/plan.ts';
import type { Journal, Shells, Surroundings } from '../surroundings.ts';
import type { AttemptLog, TaskLogs } from './log.ts';
import { type Measured, measure } from './memory.ts';

/** A running attempt, as far as it is watched. Times are of the clock. */
export interface Watched extends Measured {
  readonly rule: PlannedRule;
  readonly index: number;
  readonly number: number;
  readonly limitSeconds: number | null;
  readonly startedAt: number;
  readonly log: AttemptLog;
  /** Leader of its processes; 0 until somebody needs to know. */
  processGroup: number;
  /** Why it was told to stop; null where it was not. */
  stop: 'time limit' | 'interrupted' | null;
  stopSignal: NodeJS.Signals;
  stoppedAt: number;
}

export interface WatchOptions {
  readonly surroundings: Pick<Surroundings, 'clock' | 'journal'>;
  readonly shells: Shells;
  readonly logs: TaskLogs;
  /** Between the wish that a task stops and its end by force. */
  readonly graceSeconds: number;
}

/** While a command runs: its limit, and stopping it; its memory and its log. */
export class AttemptWatch {
  private readonly options: WatchOptions;
  private readonly journal: Journal;

  constructor(options: WatchOptions) {
    this.options = options;
    this.journal = options.surroundings.journal;
  }

  /** What is due for an attempt now. Several times a second. */
  lookAfter(attempt: Watched, now: number): void {
    const { logs, shells, graceSeconds } = this.options;
    const { limitSeconds } = attempt;
    if (attempt.stop === null && limitSeconds !== null && now - attempt.startedAt > limitSeconds * 1000) {
      logs.append(attempt.log, `wfc: time limit of ${limitSeconds} s reached\n`);
      this.stop(attempt, 'time limit', 'SIGTERM');
    }
    if (attempt.stop !== null) this.pressOn(attempt, now - attempt.stoppedAt > graceSeconds * 1000);
    if (now - attempt.startedAt > 1000) {
      logs.show(attempt.log);
      measure(attempt, shells, now);
    }
  }

  stop(attempt: Watched, why: 'time limit' | 'interrupted', signal: NodeJS.Signals): void {
    attempt.stop = why;
    attempt.stopSignal = signal;
    attempt.stoppedAt = this.options.surroundings.clock.now();
    this.signal(attempt, signal);
  }

  /** Signal all processes of an attempt, if it has started. */
  signal(attempt: Watched, signal: NodeJS.Signals): void {
    const { rule, index, number } = attempt;
    try {
      attempt.processGroup ||= this.journal.processGroup(rule.outputTexts[0]!(index), number);
      if (attempt.processGroup !== 0) this.options.shells.signal(attempt.processGroup, signal);
    } catch {
      // It has ended meanwhile. Where the journal can't be read, the end of wfc stops it.
    }
  }

  /** A task that was asked to stop: once more where it had not started yet, and by force once its grace is over. */
  private pressOn(attempt: Watched, graceIsOver: boolean): void {
    if (graceIsOver) this.signal(attempt, 'SIGKILL');
    else if (attempt.processGroup === 0) this.signal(attempt, attempt.stopSignal);
  }
}
