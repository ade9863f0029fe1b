import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { taskResources } from '../compile/resources.ts';
import { type AttemptValues, bindingValue, commandPath } from '../compile/task-values.ts';
import type { ContentHashes } from '../io/content-hashes.ts';
import type { Disk } from '../io/disk.ts';
import type { JournalWriter } from '../io/journal.ts';
import { type ShellEnd, ShellPool } from '../io/shell-pool.ts';
import type { StateFolder } from '../io/state-folder.ts';
import type { Counts } from '../model/counts.ts';
import { forEachPath, inputPaths, type Plan, type PlannedRule, ruleOf, taskName } from '../model/plan.ts';
import type { Resources, Slot } from '../model/workflow.ts';
import { type SeenPath, unchangedRecord } from '../resume/contents.ts';
import type { Decisions } from '../resume/decide.ts';
import { checksText, fingerprints } from '../resume/fingerprint.ts';
import { reasonCode } from '../resume/reason.ts';
import { type SuccessRecord, statesText, withEarlierStates } from '../resume/record.ts';
import { environmentFunctions } from '../target/environment.ts';
import {
  bashLiteral,
  checkFunctionName,
  needsProgram,
  renderRuleFunctions,
  ruleFunctionName,
} from '../target/functions.ts';
import { Markers } from './markers.ts';
import { type Lease, type LocalLimits, LocalPools } from './pools.ts';
import { Scheduler } from './scheduler.ts';
import { TempOutputs } from './temps.ts';

/** A task that failed, for the closing summary. */
export interface Failure {
  readonly task: number;
  readonly name: string;
  /** What went wrong in words: `exit status 3`, `output missing: a.csv`. */
  readonly what: string;
  readonly attempts: number;
  /** Path of the log, relative to the spec's folder; null where it is empty. */
  readonly log: string | null;
}

export interface RunResult {
  readonly outcome: 'done' | 'failed' | 'interrupted';
  readonly counts: Counts;
  readonly failures: readonly Failure[];
  /** Of the tasks that are done, those that did not run after all: all their inputs came out as they were before. */
  readonly unchanged: number;
  readonly seconds: number;
}

/** What a run tells of itself while it goes on. */
export interface RunObserver {
  started(task: number): void;
  failed(failure: Failure, willRetry: boolean): void;
  progress(counts: Counts): void;
}

export interface ExecutorOptions {
  readonly decisions: Decisions;
  readonly records: ReadonlyMap<string, SuccessRecord>;
  readonly disk: Disk;
  readonly journal: JournalWriter;
  readonly state: StateFolder;
  readonly specFolder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly maxParallel: number;
  readonly limits: LocalLimits;
  /** Where contents decide (`--trust contents`): a task does not run if what it depends on came out as before. */
  readonly contents: ContentHashes | null;
  readonly onFailure: 'stop' | 'continue';
  readonly observer: RunObserver;
  /** A task that is asked to stop has this long before it is killed; 10 by default. */
  readonly graceSeconds?: number;
}

const GRACE_SECONDS = 10;

/** One attempt at a task. */
interface Attempt {
  readonly task: number;
  readonly rule: PlannedRule;
  readonly index: number;
  readonly number: number;
  readonly resources: Resources;
  readonly lease: Lease;
  readonly startedAt: number;
  readonly inputs: string;
  readonly log: string;
  /** The scratch file that the task writes to until it has run for a second; null once that is the log itself. */
  scratch: string | null;
  worker: number;
  stop: 'time limit' | 'interrupted' | null;
  stoppedAt: number;
}

/** Bash that heads an attempt in a log that is there already. See `lastAttempt` in the closing summary. */
function attemptLine(number: number): string {
  return `echo "wfc: attempt ${number}"`;
}

/** Since 1970, of a `performance.now()`. */
function wallSeconds(at: number): number {
  return (Date.now() - (performance.now() - at)) / 1000;
}

/** Run the tasks that a decision names, in order, in parallel, until all are done or no more can be. */
export function execute(
  plan: Plan,
  options: ExecutorOptions,
): { readonly result: Promise<RunResult>; readonly interrupt: () => void } {
  const executor = new Executor(plan, options);
  return { result: executor.run(), interrupt: () => executor.interrupt() };
}

function protectedWords(path: string): string {
  return `its output is protected: to make it anew, run chmod -R u+w ${path}, or remove it`;
}

class Executor {
  private readonly plan: Plan;
  private readonly options: ExecutorOptions;
  private readonly scheduler: Scheduler;
  private readonly pools: LocalPools;
  private readonly temps: TempOutputs;
  private readonly markers: Markers;
  private readonly shells: ShellPool;
  private readonly running = new Set<Attempt>();
  private readonly failures: Failure[] = [];
  private unchanged = 0;
  private readonly fingerprintOf: ((i: number) => string)[];
  private readonly checksOf: string[];
  /** Per rule, whether its tasks write straight to their log; the others to a scratch file that may become it. */
  private readonly writesToLog: boolean[];
  private readonly scripts: (string | null)[];
  private readonly beganAt = performance.now();
  private readonly hadLogs: boolean;
  private mode: 'going' | 'stopping' | 'interrupted' = 'going';
  private timer: NodeJS.Timeout | null = null;
  private settle: { resolve: (r: RunResult) => void; reject: (e: unknown) => void } | null = null;

  constructor(plan: Plan, options: ExecutorOptions) {
    this.plan = plan;
    this.options = options;
    this.scheduler = new Scheduler(plan, options.decisions.reasons);
    this.pools = new LocalPools(options.limits);
    this.temps = new TempOutputs(plan, options.decisions.reasons);
    this.fingerprintOf = plan.rules.map((r) => fingerprints(r));
    this.checksOf = plan.rules.map((r) => checksText(r));
    // A log of the user's may lie on another file system, where no scratch file can be moved to.
    this.writesToLog = plan.rules.map(
      ({ rule }) => !rule.log.text.startsWith('.wfc/') || rule.command.bindings.some((b) => b.source.kind === 'log'),
    );
    this.hadLogs =
      existsSync(join(options.state.root, 'logs')) || plan.rules.some((r) => !r.rule.log.text.startsWith('.wfc/'));
    const functionsFile = this.writeWorkFiles();
    this.markers = new Markers(options.disk, options.state);
    this.scripts = plan.rules.map((r) => r.rule.command.script && this.scriptPath(r));
    this.shells = new ShellPool({
      size: Math.max(1, Math.min(options.maxParallel, this.scheduler.total)),
      cwd: options.specFolder,
      env: options.env,
      functionsFile,
      scratchFile: (worker) => join(options.state.work, `output-${worker}`),
      onBroken: (error) =>
        this.guard(() => {
          throw error;
        }),
    });
  }

  run(): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.guard(() => {
        for (const [task, path] of this.options.decisions.missingSources)
          this.failBeforeStart(task, `its source file ${path} does not exist`);
        this.refuseProtected();
        this.timer = setInterval(() => this.guard(() => this.tick()), 200);
        this.startMore();
      });
    });
  }

  /** Stop all tasks; called again, kill them at once. */
  interrupt(): void {
    const again = this.mode === 'interrupted';
    this.mode = 'interrupted';
    for (const attempt of this.running) {
      if (attempt.stop === null || again) this.stopTask(attempt, 'interrupted', again ? 'SIGKILL' : 'SIGTERM');
    }
    this.guard(() => this.startMore());
  }

  /** What goes wrong in wfc or on its disk ends the run, and never in silence. */
  private guard(action: () => void): void {
    // Once the run has ended, what is left of it is no longer told: its tasks count as not finished.
    if (this.settle === null) return;
    try {
      action();
    } catch (error) {
      for (const attempt of this.running) this.shells.signal(attempt.worker, 'SIGKILL');
      this.discardOutputs();
      this.finish();
      this.settle?.reject(error);
      this.settle = null;
    }
  }

  /** What is half-done goes, as far as that is still possible: by the journal, it counts as not finished anyway. */
  private discardOutputs(): void {
    for (const { rule, index } of this.running) {
      try {
        for (const text of rule.outputTexts) this.options.disk.remove(text(index));
      } catch {
        // What is wrong with the disk is told by the first error.
      }
    }
  }

  private finish(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.shells.close();
  }

  // --- files that the workers read ---

  private writeWorkFiles(): string {
    const { work } = this.options.state;
    rmSync(work, { recursive: true, force: true });
    mkdirSync(join(work, 'scripts'), { recursive: true });
    const file = join(work, 'functions.sh');
    const rules = this.plan.rules.map((r) => r.rule);
    writeFileSync(file, [environmentFunctions(rules), ...rules.map(renderRuleFunctions)].join('\n'));
    for (const rule of this.plan.rules) {
      const { script } = rule.rule.command;
      if (script) writeFileSync(join(this.options.specFolder, this.scriptPath(rule)), script.text);
    }
    return file;
  }

  private scriptPath({ rule }: PlannedRule): string {
    return `.wfc/local/scripts/${rule.name}.${rule.command.script!.extension}`;
  }

  // --- starting ---

  private startMore(): void {
    if (!this.settle) return;
    while (this.mode === 'going' && this.shells.hasIdle && this.running.size < this.options.maxParallel) {
      const resources = new Map<number, Resources>();
      const task = this.scheduler.start((t) => {
        const rule = ruleOf(this.plan, t);
        const wanted = taskResources(rule, t - rule.firstTask);
        resources.set(t, wanted);
        return this.pools.fits(wanted);
      });
      if (task < 0) break;
      this.startTask(task, 1, resources.get(task)!);
    }
    this.options.observer.progress(this.scheduler.counts());
    if (this.running.size > 0 || (this.mode === 'going' && this.scheduler.hasReady)) return;
    this.end();
  }

  private startTask(task: number, number: number, resources: Resources): void {
    const { disk } = this.options;
    const rule = ruleOf(this.plan, task);
    const index = task - rule.firstTask;
    const { seen, missing } = this.lookAtInputs(rule, index);
    // A source file that went meanwhile, or a path that its task did not make inside its directory output.
    if (missing !== null) {
      this.fail({
        task,
        name: taskName(rule, index),
        what: `its input is missing: ${missing}`,
        attempts: 0,
        log: null,
      });
      return;
    }
    const inputs = statesText(seen.map((input) => input.seen));
    if (number === 1 && this.keepUnchanged(task, rule, index, seen)) return;
    this.options.contents?.note(
      seen.map(({ path }) => path),
      inputs,
    );
    const lease = this.pools.take(resources);
    const log = rule.logText(index);
    for (const text of rule.outputTexts) {
      // An attempt starts from nothing: an old output must not pass for a new one. One that counts as missing may still
      // be in the way: an empty folder, a link that leads nowhere.
      disk.remove(text(index));
      disk.makeParent(text(index));
    }
    const hasLog = number > 1 || (this.hadLogs && existsSync(disk.absolute(log)));
    const toLog = hasLog || this.writesToLog[rule.rule.index]!;
    if (toLog) disk.makeParent(log);
    const attempt: Attempt = {
      task,
      rule,
      index,
      number,
      resources,
      lease,
      startedAt: performance.now(),
      inputs,
      log,
      scratch: null,
      worker: -1,
      stop: null,
      stoppedAt: 0,
    };
    const name = rule.outputTexts[0]!(index);
    const source = this.taskSource(attempt, { toLog, hasLog });
    this.markers.set(name);
    attempt.worker = this.shells.run(
      source,
      (group) => this.guard(() => this.options.journal.started(name, number, group, wallSeconds(attempt.startedAt))),
      (end) => this.guard(() => this.endTask(attempt, end)),
    );
    if (!toLog) attempt.scratch = join(this.options.state.work, `output-${attempt.worker}`);
    this.running.add(attempt);
    if (number === 1) this.options.observer.started(task);
  }

  /** The inputs whose state counts, and the first of all that is not there. */
  private lookAtInputs(rule: PlannedRule, index: number): { seen: SeenPath[]; missing: string | null } {
    const seen: SeenPath[] = [];
    let missing: string | null = null;
    for (const input of rule.inputs) {
      forEachPath(input, index, (at) => {
        const path = input.pathText(at);
        const state = this.options.disk.stat(path);
        if (state === null) missing ??= path;
        if (!input.input.ancient) seen.push({ path, seen: state });
      });
    }
    return { seen, missing };
  }

  /** Where contents decide: a task whose inputs all came out as they were does not run, and its record says so. */
  private keepUnchanged(task: number, rule: PlannedRule, index: number, inputs: readonly SeenPath[]): boolean {
    const { contents, records, journal, disk, decisions } = this.options;
    if (contents === null || decisions.reasons[task] !== reasonCode('upstream runs')) return false;
    const paths = rule.outputTexts.map((text) => text(index));
    const outputs = paths.map((path) => ({ path, seen: disk.stat(path) }));
    const checks = this.checksOf[rule.rule.index]!;
    const record = unchangedRecord(records.get(paths[0]!), { inputs, outputs, checks, contents });
    if (record === null) {
      // It is to be made anew, and what is protected is not.
      const kept = paths.find((path, o) => rule.rule.outputs[o]!.protected && disk.isProtected(path));
      if (kept === undefined) return false;
      const what = protectedWords(kept);
      this.fail({ task, name: taskName(rule, index), what, attempts: 0, log: null });
      return true;
    }
    journal.done(paths[0]!, record);
    contents.flush();
    this.unchanged++;
    this.scheduler.finish(task, 'done');
    for (const path of this.temps.afterSuccess(task)) disk.remove(path);
    return true;
  }

  /** The bash that runs one attempt: its variables, then the rule's function. */
  private taskSource(attempt: Attempt, { toLog, hasLog }: { toLog: boolean; hasLog: boolean }): string {
    const { rule, index, number, log, lease, resources } = attempt;
    const lines: string[] = [];
    if (toLog) lines.push(`exec >>${bashLiteral(commandPath(log))} 2>&1`);
    if (hasLog) lines.push(attemptLine(number));
    if (resources.gpus > 0) lines.push(`export CUDA_VISIBLE_DEVICES=${bashLiteral(lease.gpus.join(','))}`);
    const values: AttemptValues = { attempt: number, log, listFile: (slot) => this.listFile(rule, slot, index) };
    for (const binding of rule.rule.command.bindings) {
      lines.push(`${binding.variable}=${bashLiteral(bindingValue(rule, binding, index, values))}`);
    }
    const script = this.scripts[rule.rule.index];
    if (script) lines.push(`wfc_script=${bashLiteral(script)}`);
    const hasPrograms = rule.rule.outputs.some((_, o) => needsProgram(rule.rule, o));
    // A command that ends with `exit 0`, or that changes the folder, must not get round its checks.
    const call = ruleFunctionName(rule.rule);
    lines.push(hasPrograms ? `(wfc_stop_gently; ${call})` : call);
    rule.rule.outputs.forEach((_, o) => {
      if (!needsProgram(rule.rule, o)) return;
      lines.push(
        `wfc_verify ${bashLiteral(commandPath(rule.outputTexts[o]!(index)))} ${checkFunctionName(rule.rule, o)}`,
      );
    });
    return lines.join('\n');
  }

  /** Write the file that `{input:list}` names: one path a line, each line ended. */
  private listFile(rule: PlannedRule, slot: Slot, index: number): string {
    const path = `.wfc/local/lists/${rule.rule.name}-${index}${slot.name === '' ? '' : `-${slot.name}`}.txt`;
    mkdirSync(join(this.options.state.work, 'lists'), { recursive: true });
    const paths = rule.inputs.slice(slot.start, slot.end).flatMap((input) => inputPaths(input, index));
    writeFileSync(join(this.options.specFolder, path), paths.map((p) => `${p}\n`).join(''));
    return path;
  }

  // --- ending ---

  private endTask(attempt: Attempt, { status }: ShellEnd): void {
    const { rule, index, task, number } = attempt;
    this.running.delete(attempt);
    this.pools.giveBack(attempt.lease);
    const log = this.keepLog(attempt);
    if (attempt.stop === 'interrupted') {
      this.removeOutputs(rule, index);
      this.options.journal.interrupted(rule.outputTexts[0]!(index));
      this.startMore();
      return;
    }
    const problem = this.problemOf(attempt, status);
    if (problem === null) {
      this.succeed(attempt);
    } else {
      this.removeOutputs(rule, index);
      this.options.journal.failed(rule.outputTexts[0]!(index), number, status, problem);
      const willRetry = number <= rule.rule.retries && this.mode === 'going';
      const failure: Failure = { task, name: taskName(rule, index), what: problem, attempts: number, log };
      this.options.observer.failed(failure, willRetry);
      if (willRetry) {
        this.startTask(task, number + 1, attempt.resources);
        return;
      }
      this.scheduler.finish(task, 'failed');
      this.count(failure);
    }
    this.startMore();
  }

  /** Fail a task that the scheduler has let go, before its command starts. */
  private fail(failure: Failure): void {
    this.scheduler.finish(failure.task, 'failed');
    this.options.observer.failed(failure, false);
    this.count(failure);
  }

  private count(failure: Failure): void {
    this.failures.push(failure);
    if (this.options.onFailure === 'stop' && this.mode === 'going') this.mode = 'stopping';
  }

  /** Why an attempt did not succeed, in words; null where it did. */
  private problemOf(attempt: Attempt, status: number | null): string | null {
    const { rule, index, resources } = attempt;
    if (attempt.stop === 'time limit') return `time limit: stopped after ${resources.timeSeconds} s`;
    if (status === null) return 'the shell that ran it was lost';
    const signal = Object.entries(constants.signals).find(([, n]) => n === status - 128);
    if (signal) return `exit status ${status}, as if killed by ${signal[0]}`;
    if (status !== 0) return `exit status ${status}`;
    for (let o = 0; o < rule.rule.outputs.length; o++) {
      const problem = this.outputProblem(rule, o, rule.outputTexts[o]!(index));
      if (problem !== null) return problem;
    }
    return null;
  }

  private outputProblem(rule: PlannedRule, o: number, path: string): string | null {
    const { disk } = this.options;
    const output = rule.rule.outputs[o]!;
    const state = disk.stat(path);
    if (!state) return `it succeeded, but its output is missing: ${path}`;
    if (output.directory && !state.isDirectory) return `its output should be a directory: ${path}`;
    if (!output.directory && state.isDirectory)
      return `its output is a directory, and "directory: true" is not set: ${path}`;
    if (output.directory && disk.isEmptyDirectory(path)) return `its output directory is empty: ${path}`;
    for (const check of output.checks) {
      if (check.kind === 'nonempty' && state.size === 0) return `its output is empty: ${path}`;
      if (check.kind === 'min_bytes' && state.size < check.bytes)
        return `its output has ${state.size} of at least ${check.bytes} bytes: ${path}`;
    }
    return null;
  }

  private succeed(attempt: Attempt): void {
    const { rule, index, task } = attempt;
    const { disk, decisions, records, journal } = this.options;
    const name = rule.outputTexts[0]!(index);
    const states = rule.outputTexts.map((text, o) => {
      const path = text(index);
      if (rule.rule.outputs[o]!.protected) disk.protect(path);
      return disk.stat(path);
    });
    const now = statesText(states);
    this.options.contents?.note(
      rule.outputTexts.map((text) => text(index)),
      now,
    );
    const earlier = decisions.reasons[task] === reasonCode('temp needed') ? records.get(name)?.outputs : undefined;
    journal.done(name, {
      fingerprint: this.fingerprintOf[rule.rule.index]!(index),
      checks: this.checksOf[rule.rule.index]!,
      durationSeconds: (performance.now() - attempt.startedAt) / 1000,
      inputs: attempt.inputs,
      outputs: earlier === undefined ? now : withEarlierStates(earlier, now),
      peakMiB: null,
    });
    // Before anything that depends on it may start: a wfc that is killed then need not run it again.
    journal.flush();
    this.options.contents?.flush();
    this.markers.remove(name);
    this.scheduler.finish(task, 'done');
    for (const path of this.temps.afterSuccess(task)) disk.remove(path);
  }

  private removeOutputs(rule: PlannedRule, index: number): void {
    for (const text of rule.outputTexts) this.options.disk.remove(text(index));
    this.markers.remove(rule.outputTexts[0]!(index));
  }

  private failBeforeStart(task: number, what: string): void {
    const rule = ruleOf(this.plan, task);
    if (!this.scheduler.failBeforeStart(task)) return;
    const failure: Failure = { task, name: taskName(rule, task - rule.firstTask), what, attempts: 0, log: null };
    this.options.observer.failed(failure, false);
    this.count(failure);
  }

  /** A protected output is never overwritten: who wants that makes it writable, or removes it. */
  private refuseProtected(): void {
    for (const rule of this.plan.rules) {
      rule.rule.outputs.forEach((output, o) => {
        if (!output.protected) return;
        for (let i = 0; i < rule.space.size; i++) {
          const task = rule.firstTask + i;
          const reason = this.options.decisions.reasons[task]!;
          // Where contents decide, whether one of those runs is seen only when its turn comes.
          if (reason === 0 || (this.options.contents !== null && reason === reasonCode('upstream runs'))) continue;
          const path = rule.outputTexts[o]!(i);
          if (this.options.disk.isProtected(path)) {
            this.failBeforeStart(task, protectedWords(path));
          }
        }
      });
    }
  }

  /** Logs are kept where something was written; a short task's output becomes its log only then. */
  private keepLog(attempt: Attempt): string | null {
    const { disk } = this.options;
    const file = attempt.scratch ?? disk.absolute(attempt.log);
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size === 0) {
      // A scratch file goes, too: what the task left behind may still write to it, and the next task gets its own.
      rmSync(file, { force: true });
      return null;
    }
    if (attempt.scratch !== null) this.moveLog(attempt);
    return attempt.log;
  }

  private moveLog(attempt: Attempt): void {
    const { disk } = this.options;
    disk.makeParent(attempt.log);
    renameSync(attempt.scratch!, disk.absolute(attempt.log));
    attempt.scratch = null;
  }

  // --- time ---

  private tick(): void {
    const now = performance.now();
    const graceMs = (this.options.graceSeconds ?? GRACE_SECONDS) * 1000;
    for (const attempt of this.running) {
      const limit = attempt.resources.timeSeconds;
      if (attempt.stop === null && limit !== null && now - attempt.startedAt > limit * 1000) {
        appendFileSync(
          attempt.scratch ?? this.options.disk.absolute(attempt.log),
          `wfc: time limit of ${limit} s reached\n`,
        );
        this.stopTask(attempt, 'time limit', 'SIGTERM');
      }
      if (attempt.stop !== null && now - attempt.stoppedAt > graceMs) this.shells.signal(attempt.worker, 'SIGKILL');
      // A task that takes long gets its log at once, so that one can follow it.
      if (attempt.scratch !== null && now - attempt.startedAt > 1000 && existsSync(attempt.scratch))
        this.moveLog(attempt);
    }
    this.options.observer.progress(this.scheduler.counts());
  }

  private stopTask(attempt: Attempt, why: 'time limit' | 'interrupted', signal: NodeJS.Signals): void {
    attempt.stop = why;
    attempt.stoppedAt = performance.now();
    this.shells.signal(attempt.worker, signal);
  }

  private end(): void {
    if (!this.settle) return;
    this.finish();
    if (this.mode !== 'interrupted') for (const path of this.temps.atEnd()) this.options.disk.remove(path);
    const outcome = this.mode === 'interrupted' ? 'interrupted' : this.failures.length > 0 ? 'failed' : 'done';
    const seconds = (performance.now() - this.beganAt) / 1000;
    this.settle.resolve({
      outcome,
      counts: this.scheduler.counts(),
      failures: this.failures,
      unchanged: this.unchanged,
      seconds,
    });
    this.settle = null;
  }
}
