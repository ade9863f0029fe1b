import { constants } from 'node:os';
import { OomCounter } from '../io/programs/oom-counter.ts';
import type { ShellPool } from '../io/programs/shell-pool.ts';
import type { JournalWriter } from '../io/state/journal.ts';
import type { PlannedRule } from '../model/plan.ts';
import { type Problem, problem } from '../model/problem.ts';
import type { Resources } from '../model/workflow.ts';
import type { AttemptLog, TaskLogs } from './logs.ts';
import { type MemoryWatch, OutOfMemory } from './out-of-memory.ts';
import type { Lease } from './pools.ts';

/** One attempt at a task. */
export interface Attempt {
  readonly task: number;
  readonly rule: PlannedRule;
  readonly index: number;
  readonly number: number;
  readonly resources: Resources;
  readonly lease: Lease;
  readonly startedAt: number;
  readonly inputs: string;
  /** See `codeText`: as its code files stood when it began. */
  readonly code: string;
  readonly log: AttemptLog;
  worker: number;
  /** Leader of its processes; 0 until somebody needs to know. */
  processGroup: number;
  /** When its memory was last looked at, and the most that was seen, in KiB; 0 for a task that ended soon. */
  measuredAt: number;
  peakKiB: number;
  stop: 'time limit' | 'interrupted' | null;
  stopSignal: NodeJS.Signals;
  stoppedAt: number;
  readonly memory: MemoryWatch;
}

/** The most memory that an attempt was seen to take, in MiB; null where it ended too soon. */
export function peakOf({ peakKiB }: Attempt): number | null {
  return peakKiB === 0 ? null : Math.ceil(peakKiB / 1024);
}

const SIGKILLED = 128 + constants.signals.SIGKILL;

/** What went wrong with the shell of an attempt; null where nothing did. `status` as in `ShellEnd`. */
function shellProblem({ stop, resources }: Attempt, status: number | null, ranOutOfMemory: boolean): Problem | null {
  if (stop === 'time limit') return problem('time_limit', resources.timeSeconds!);
  if (ranOutOfMemory) return problem('out_of_memory');
  if (status === null) return problem('shell_lost');
  if (status === 0) return null;
  const signal = Object.entries(constants.signals).find(([, n]) => n === status - 128)?.[0];
  if (signal === undefined) return problem('exit_status', status);
  if (signal === 'SIGPIPE') return problem('broken_pipe', status);
  return problem('signal', status, signal.replace('SIG', ''));
}

export interface WatchOptions {
  readonly journal: JournalWriter;
  readonly shells: ShellPool;
  readonly logs: TaskLogs;
  /** Between the wish that a task stops and its end by force. */
  readonly graceSeconds: number;
}

/** Sees to running attempts: their time limits and their ends by signal, their memory, their logs. */
export class AttemptWatch {
  private readonly options: WatchOptions;
  private readonly outOfMemory = new OutOfMemory(new OomCounter());

  constructor(options: WatchOptions) {
    this.options = options;
  }

  /** An attempt begins. */
  begin(): MemoryWatch {
    return this.outOfMemory.start();
  }

  /** What went wrong with the shell of an attempt that has ended; null where nothing did. Once. */
  problemOf(attempt: Attempt, status: number | null): Problem | null {
    const wasKilled = attempt.stop === null && (status === null || status === SIGKILLED);
    const ranOut = this.outOfMemory.end(attempt.memory, { hasFailed: status !== 0, wasKilled });
    const check = status === 0 ? null : this.options.logs.takeFailedCheck(attempt.worker);
    const found = shellProblem(attempt, status, ranOut);
    return check !== null && found?.code === 'exit_status' ? problem('check_failed', check) : found;
  }

  /** Several times a second. */
  lookAtAll(attempts: Iterable<Attempt>, now: number): void {
    this.outOfMemory.look(now);
    for (const attempt of attempts) this.look(attempt, now);
  }

  private look(attempt: Attempt, now: number): void {
    const { logs, graceSeconds } = this.options;
    const limit = attempt.resources.timeSeconds;
    if (attempt.stop === null && limit !== null && now - attempt.startedAt > limit * 1000) {
      logs.append(attempt.log, `wfc: time limit of ${limit} s reached\n`);
      this.stop(attempt, 'time limit', 'SIGTERM');
    }
    if (attempt.stop !== null) this.pressOn(attempt, now - attempt.stoppedAt > graceSeconds * 1000);
    if (now - attempt.startedAt > 1000) {
      logs.show(attempt.log);
      this.measure(attempt, now);
    }
  }

  stop(attempt: Attempt, why: 'time limit' | 'interrupted', signal: NodeJS.Signals): void {
    attempt.stop = why;
    attempt.stopSignal = signal;
    attempt.stoppedAt = performance.now();
    this.signal(attempt, signal);
  }

  /** Signal all processes of an attempt, if it has started. */
  signal(attempt: Attempt, signal: NodeJS.Signals): void {
    const { rule, index, number } = attempt;
    try {
      attempt.processGroup ||= this.options.journal.processGroup(rule.outputTexts[0]!(index), number);
      if (attempt.processGroup !== 0) process.kill(-attempt.processGroup, signal);
    } catch {
      // It has ended meanwhile. Where the journal can't be read, the end of wfc stops it.
    }
  }

  /** A task that was asked to stop: once more where it had not started yet, and by force once its grace is over. */
  private pressOn(attempt: Attempt, graceIsOver: boolean): void {
    if (graceIsOver) this.signal(attempt, 'SIGKILL');
    else if (attempt.processGroup === 0) this.signal(attempt, attempt.stopSignal);
  }

  /** Once a second, not at each look: a task may have many processes. */
  private measure(attempt: Attempt, now: number): void {
    if (now - attempt.measuredAt < 1000) return;
    attempt.measuredAt = now;
    attempt.peakKiB = Math.max(attempt.peakKiB, this.options.shells.memoryOfTask(attempt.worker));
  }
}
