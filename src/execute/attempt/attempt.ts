import { constants } from 'node:os';
import type { ProgramSignal, ShellEnd } from '../../io/programs/shell-pool.ts';
import { runNumber } from '../../io/state/journal.ts';
import type { Plan, PlannedRule } from '../../model/plan.ts';
import { type Problem, problem } from '../../model/problem.ts';
import type { Resources } from '../../model/workflow.ts';
import { codeText } from '../../resume/code.ts';
import type { Decisions } from '../../resume/decide.ts';
import { checksText, fingerprints } from '../../resume/fingerprint.ts';
import { reasonCode } from '../../resume/reason.ts';
import { type FileState, type RecordsByName, statesText, withEarlierStates } from '../../resume/record.ts';
import type { Lease } from '../pools.ts';
import type { KeptContents, Shells, Surroundings } from '../surroundings.ts';
import { type CheckpointStart, Checkpoints } from './checkpoint.ts';
import { FUNCTIONS_FILE, TaskCommands, takeFailedCheck } from './command.ts';
import { scratchFile, TaskLogs } from './log.ts';
import { type MemoryWatch, OutOfMemory, peakOf } from './memory.ts';
import { Outputs } from './outputs.ts';
import { AttemptWatch, gentleSignal, type Watched } from './watch.ts';

/** One attempt at a task. */
export interface Attempt extends Watched {
  readonly task: number;
  readonly lease: Lease;
  /** See `statesText`: of its inputs, when it began. */
  readonly inputs: string;
  /** See `codeText`: as its code files stood when it began. */
  readonly code: string;
  readonly memory: MemoryWatch;
  /** Failures before it in this run, and one. */
  readonly tries: number;
  readonly checkpoint: CheckpointStart | null;
}

/** What an attempt begins from, besides what its task is. */
export interface AttemptStart {
  readonly task: number;
  readonly rule: PlannedRule;
  readonly index: number;
  /** Counted from 1: those that failed before, and this one. */
  readonly tries: number;
  readonly resources: Resources;
  readonly lease: Lease;
  readonly inputs: string;
}

/** What came of an attempt. `log`: its path, from the spec's folder; null where it wrote nothing. */
export type Outcome =
  | { readonly kind: 'done'; readonly outputs: readonly FileState[] }
  | { readonly kind: 'failed'; readonly status: number | null; readonly problem: Problem; readonly log: string | null }
  | { readonly kind: 'interrupted' }
  /** Its time was up, and it goes on from its checkpoint: for the `times`th time. */
  | { readonly kind: 'goes on'; readonly times: number };

export interface AttemptOptions {
  readonly surroundings: Surroundings;
  readonly decisions: Decisions;
  readonly records: RecordsByName;
  /** Where contents decide (`--trust contents`): a task does not run if what it depends on came out as before. */
  readonly contents: KeptContents | null;
  /** A task that is asked to stop has this long before it is killed; 10 by default. */
  readonly graceSeconds?: number;
}

const GRACE_SECONDS = 10;

/**
 * Makes attempts at tasks. Who decides which calls, for each, in this order:
 *
 * 1. `begin`: room for its outputs, its marker, its log; then its command runs
 * 2. `lookAfter`, again and again until it has ended: its time limit, its memory, its log
 * 3. `judge`: what came of it; now its outputs may still be touched
 * 4. `record`: its record, or no outputs
 *
 * The same on a cluster and under make: templates/attempt/attempt.sh.
 */
export class Attempts {
  private readonly options: AttemptOptions;
  private readonly outputs: Outputs;
  private readonly checkpoints: Checkpoints;
  private readonly commands: TaskCommands;
  private readonly logs: TaskLogs;
  private readonly shells: Shells;
  private readonly watch: AttemptWatch;
  private readonly outOfMemory: OutOfMemory;
  private readonly fingerprintOf: ((index: number) => string)[];
  private readonly checksTexts: string[];

  /** @param onBroken told where no shell can be started; `size`: how many tasks may run at a time */
  constructor(
    plan: Plan,
    options: AttemptOptions & { readonly size: number; readonly onBroken: (error: NodeJS.ErrnoException) => void },
  ) {
    this.options = options;
    const { surroundings, size, onBroken, graceSeconds = GRACE_SECONDS } = options;
    const { disk, clock, journal, memory } = surroundings;
    const journalFile = journal.openForTasks();
    this.fingerprintOf = plan.rules.map((r) => fingerprints(r));
    this.checksTexts = plan.rules.map((r) => checksText(r));
    this.outputs = new Outputs(surroundings);
    this.checkpoints = new Checkpoints(disk);
    this.commands = new TaskCommands(plan, { disk, clock, run: runNumber(journalFile) });
    this.logs = new TaskLogs(plan, disk);
    this.outOfMemory = new OutOfMemory(memory, clock);
    this.shells = surroundings.openShells({
      size,
      onBroken,
      journalFile,
      functionsFile: disk.absolute(FUNCTIONS_FILE),
      scratchFile: (shell) => disk.absolute(scratchFile(shell)),
    });
    this.watch = new AttemptWatch({ surroundings, shells: this.shells, logs: this.logs, graceSeconds });
  }

  /** Whether one more may begin. */
  get hasIdleShell(): boolean {
    return this.shells.hasIdle;
  }

  /** See `checksText`: as the records of a rule's tasks have it. */
  checksOf(rule: PlannedRule): string {
    return this.checksTexts[rule.rule.index]!;
  }

  /** No more attempts: all shells end. */
  close(): void {
    this.shells.close();
  }

  /** Before `begin`: what is in the way of an attempt, or null. */
  makeRoom(rule: PlannedRule, index: number): Problem | null {
    return this.outputs.makeRoom(rule, index);
  }

  begin(start: AttemptStart, onEnd: (attempt: Attempt, end: ShellEnd) => void): Attempt {
    const { clock, code, journal } = this.options.surroundings;
    const { task, rule, index, tries, inputs, resources, lease } = start;
    // What stands there now is what runs: it may have been edited since the decision.
    const codeNow = codeText(code.look(rule.rule.code));
    const fingerprint = this.fingerprintOf[rule.rule.index]!(index) + codeNow;
    const checkpoint = this.checkpoints.begin(rule, index, fingerprint, inputs);
    const number = checkpoint?.note.attempt ?? tries;
    // It writes itself that it has started: behind the end of the attempt before.
    if (number > 1) journal.flush();
    const attempt: Attempt = {
      ...{ task, rule, index, tries, number, lease, inputs, code: codeNow, checkpoint },
      ...{ limitSeconds: resources.timeSeconds, warnSeconds: rule.rule.checkpoint?.warnSeconds ?? null },
      startedAt: clock.now(),
      log: this.logs.open(rule.logText(index), rule.rule.index, number),
      memory: this.outOfMemory.start(),
      ...{ worker: -1, processGroup: 0, measuredAt: 0, peakKiB: 0 },
      ...{ isWarned: false, stop: null, stopSignal: 'SIGTERM', stoppedAt: 0 },
    };
    for (const path of checkpoint?.removed ?? [])
      this.logs.append(attempt.log, `wfc: removed ${path}: another command, or other inputs, had left it\n`);
    const gpus = resources.gpus > 0 ? lease.gpus : null;
    const source = this.commands.attempt(rule, index, { number, log: attempt.log, gpus });
    attempt.log.isLeftAlone = source.how === 'here';
    // Last before the command: from its first act on the outputs are not whole.
    this.outputs.mark(rule, index);
    attempt.worker = this.shells.run(source, (end) => onEnd(attempt, end));
    if (!attempt.log.isDirect) attempt.log.scratch = scratchFile(attempt.worker);
    return attempt;
  }

  /** Several times a second. */
  lookAfter(running: Iterable<Attempt>): void {
    const now = this.options.surroundings.clock.now();
    this.outOfMemory.look(now);
    for (const attempt of running) this.watch.lookAfter(attempt, now);
  }

  /** All of a run are to stop: gently, or by force where they were asked before. */
  interrupt(running: Iterable<Attempt>, again: boolean): void {
    for (const attempt of running) {
      if (attempt.stop === null || again)
        this.watch.stop(attempt, 'interrupted', again ? 'SIGKILL' : gentleSignal(attempt));
    }
  }

  /** Where the run itself can't go on. */
  abandon(running: Iterable<Attempt>): void {
    for (const attempt of running) this.watch.signal(attempt, 'SIGKILL');
    for (const { rule, index } of running) this.outputs.discard(rule, index);
  }

  /** What came of an attempt that has ended, and its log. Once. */
  judge(attempt: Attempt, { status, signalled }: ShellEnd): Outcome {
    // Nobody else would end it.
    if (status === null) this.watch.signal(attempt, 'SIGKILL');
    const wasKilled = attempt.stop === null && (status === null || status === SIGKILLED);
    const ranOut = this.outOfMemory.end(attempt.memory, { hasFailed: status !== 0, wasKilled });
    if (signalled !== null) this.tellSignal(attempt, status, signalled);
    const log = this.logs.close(attempt.log);
    const check = status === 0 ? null : takeFailedCheck(this.options.surroundings.disk, attempt.worker);
    if (attempt.stop === 'interrupted') return { kind: 'interrupted' };
    const ended = shellProblem(attempt, status, ranOut, check);
    const found = ended ?? this.outputs.look(attempt.rule, attempt.index);
    return 'code' in found ? this.lossOf(attempt, status, found, log) : { kind: 'done', outputs: found };
  }

  /** What comes of an attempt that is no success: one that was warned may go on. */
  private lossOf(attempt: Attempt, status: number | null, problem: Problem, log: string | null): Outcome {
    const { rule, index, checkpoint, isWarned, limitSeconds } = attempt;
    const failed: Outcome = { kind: 'failed', status, problem, log };
    if (checkpoint === null) return failed;
    const mayGoOn = isWarned && problem.code !== 'out_of_memory' && problem.code !== 'shell_lost';
    const next = mayGoOn ? this.checkpoints.judge(rule, index, checkpoint, limitSeconds!) : failed;
    if (next.kind === 'goes on') return { kind: 'goes on', times: this.checkpoints.goOn(rule, index, checkpoint) };
    this.checkpoints.fail(rule, index, checkpoint);
    return { ...failed, problem: next.problem };
  }

  /** In the log, as the shell does where it is still there. */
  private tellSignal(attempt: Attempt, status: number | null, signal: ProgramSignal): void {
    // By wfc, and of all the attempt's processes: no shell would be left to tell.
    if (attempt.stop !== null && status === SIGKILLED) return;
    this.logs.append(attempt.log, this.commands.signalWords(attempt.rule, status!, signal));
  }

  /** Where it is not done, its outputs go. */
  record(attempt: Attempt, outcome: Outcome): void {
    const { rule, index, number } = attempt;
    const { journal } = this.options.surroundings;
    if (outcome.kind === 'done') {
      this.recordSuccess(attempt, outcome.outputs);
      return;
    }
    this.outputs.remove(rule, index);
    const name = rule.outputTexts[0]!(index);
    if (outcome.kind !== 'failed') {
      journal.interrupted(name, outcome.kind === 'goes on' ? 'time_limit' : 'interrupted');
      return;
    }
    const { status, problem: what } = outcome;
    journal.failed(name, { attempt: number, status, problem: what, peakMiB: peakOf(attempt) });
  }

  private recordSuccess(attempt: Attempt, found: readonly FileState[]): void {
    const { rule, index, task } = attempt;
    const { surroundings, contents, decisions, records } = this.options;
    const { journal, clock } = surroundings;
    const name = rule.outputTexts[0]!(index);
    this.outputs.protect(rule, index);
    const now = statesText(found);
    contents?.note(
      rule.outputTexts.map((text) => text(index)),
      now,
    );
    const earlier = decisions.reasons[task] === reasonCode('temp needed') ? records.get(name)?.outputs : undefined;
    journal.done(name, {
      fingerprint: this.fingerprintOf[rule.rule.index]!(index) + attempt.code,
      checks: this.checksOf(rule),
      durationSeconds: (clock.now() - attempt.startedAt) / 1000,
      inputs: attempt.inputs,
      outputs: earlier === undefined ? now : withEarlierStates(earlier, now),
      peakMiB: peakOf(attempt),
    });
    // Before anything that depends on it may start: a wfc that is killed then need not run it again.
    journal.flush();
    contents?.flush();
    this.outputs.unmark(rule, index);
    // Behind the record: whatever stops wfc in between, no work is lost.
    if (attempt.checkpoint !== null) this.checkpoints.succeed(rule, index);
  }
}

const SIGKILLED = 128 + constants.signals.SIGKILL;

/** What went wrong in the shell of an attempt; null where nothing did. `status` as in `ShellEnd`; `check`: `takeFailedCheck`. */
function shellProblem(
  { stop, limitSeconds }: Attempt,
  status: number | null,
  ranOutOfMemory: boolean,
  check: string | null,
): Problem | null {
  if (stop === 'time limit') return problem('time_limit', limitSeconds!);
  if (ranOutOfMemory) return problem('out_of_memory');
  if (status === null) return problem('shell_lost');
  if (status === 0) return null;
  const signal = Object.entries(constants.signals).find(([, n]) => n === status - 128)?.[0];
  if (signal === undefined) return check === null ? problem('exit_status', status) : problem('check_failed', check);
  if (signal === 'SIGPIPE') return problem('broken_pipe', status);
  return problem('signal', status, signal.replace('SIG', ''));
}
