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
  /** So long before its limit it is warned; null where it has no checkpoint. */
  readonly warnSeconds: number | null;
  readonly startedAt: number;
  readonly log: AttemptLog;
  /** Leader of its processes; 0 until somebody needs to know. */
  processGroup: number;
  isWarned: boolean;
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
    this.warn(attempt, now);
    if (attempt.stop === null && limitSeconds !== null && now - attempt.startedAt > limitSeconds * 1000) {
      logs.append(attempt.log, `wfc: time limit of ${limitSeconds} s reached\n`);
      this.stop(attempt, 'time limit', 'SIGTERM');
    }
    // One with a checkpoint has the time to save that it asks for, where it is not its time that is up.
    const patience = attempt.stop === 'interrupted' ? Math.max(graceSeconds, attempt.warnSeconds ?? 0) : graceSeconds;
    if (attempt.stop !== null) this.pressOn(attempt, now - attempt.stoppedAt > patience * 1000);
    if (now - attempt.startedAt > 1000) {
      logs.show(attempt.log);
      measure(attempt, shells, now);
    }
  }

  /** A task with a checkpoint is told that its time is nearly up, and saves. Once more where it had not started yet. */
  private warn(attempt: Watched, now: number): void {
    const { limitSeconds, warnSeconds, startedAt } = attempt;
    if (attempt.stop !== null || limitSeconds === null || warnSeconds === null) return;
    if (now - startedAt <= (limitSeconds - warnSeconds) * 1000) return;
    const signal = gentleSignal(attempt);
    if (!attempt.isWarned)
      this.options.logs.append(attempt.log, `wfc: ${warnSeconds} s before its time limit: ${signal}, to save\n`);
    if (!attempt.isWarned || attempt.processGroup === 0) this.signal(attempt, signal);
    attempt.isWarned = true;
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

/** The one by which a task is asked to end in its own way, where it is not its time that is up. */
export function gentleSignal({ rule }: Pick<Watched, 'rule'>): NodeJS.Signals {
  return rule.rule.checkpoint?.signal ?? 'SIGTERM';
}
