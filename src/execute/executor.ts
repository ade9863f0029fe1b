import { CodeFiles } from '../io/files/code-files.ts';
import type { ContentHashes } from '../io/files/content-hashes.ts';
import type { Disk } from '../io/files/disk.ts';
import { type ShellEnd, ShellPool } from '../io/programs/shell-pool.ts';
import { type JournalWriter, runNumber } from '../io/state/journal.ts';
import type { StateFolder } from '../io/state/state-folder.ts';
import type { RuleCounts } from '../model/counts.ts';
import { forEachPath, type Plan, type PlannedRule, ruleOf, taskName, tempPaths } from '../model/plan.ts';
import { type Problem, problem } from '../model/problem.ts';
import type { Resources } from '../model/workflow.ts';
import { codeText } from '../resume/code.ts';
import { type SeenPath, unchangedRecord } from '../resume/contents.ts';
import type { Decisions } from '../resume/decide.ts';
import { checksText, fingerprints } from '../resume/fingerprint.ts';
import { NEVER_STARTED } from '../resume/history.ts';
import { reasonCode } from '../resume/reason.ts';
import { type FileState, type SuccessRecord, statesText, withEarlierStates } from '../resume/record.ts';
import { type Attempt, AttemptWatch, peakOf } from './attempt.ts';
import { TaskLogs } from './logs.ts';
import { Markers } from './markers.ts';
import { lookAtOutputs } from './outputs.ts';
import { type LocalLimits, LocalPools, resourcesOfTasks } from './pools.ts';
import { type Failure, neverStarted, type RunObserver, type RunResult } from './result.ts';
import { Scheduler } from './scheduler.ts';
import { TaskSources } from './task-sources.ts';
import { TempOutputs } from './temps.ts';

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

/** Run the tasks that a decision names, in order, in parallel, until all are done or no more can be. */
export function execute(
  plan: Plan,
  options: ExecutorOptions,
): { readonly result: Promise<RunResult>; readonly interrupt: () => void } {
  const executor = new Executor(plan, options);
  return { result: executor.run(), interrupt: () => executor.interrupt() };
}

class Executor {
  private readonly plan: Plan;
  private readonly options: ExecutorOptions;
  private readonly scheduler: Scheduler;
  private readonly byRule = (): readonly RuleCounts[] => this.scheduler.countsByRule();
  private readonly pools: LocalPools;
  private readonly temps: TempOutputs;
  private readonly markers: Markers;
  private readonly sources: TaskSources;
  private readonly shells: ShellPool;
  private readonly watch: AttemptWatch;
  private readonly running = new Set<Attempt>();
  private readonly failures: Failure[] = [];
  private unchanged = 0;
  private readonly fingerprintOf: ((i: number) => string)[];
  private readonly checksOf: string[];
  private readonly code: CodeFiles;
  private readonly logs: TaskLogs;
  private readonly resourcesOf: (task: number) => Resources;
  private readonly beganAt = performance.now();
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
    this.resourcesOf = resourcesOfTasks(plan);
    const journalFile = options.journal.openForTasks();
    const { specFolder, state } = options;
    this.sources = new TaskSources(plan, { specFolder, work: state.work, run: runNumber(journalFile) });
    this.code = new CodeFiles(options.disk);
    this.markers = new Markers(options.disk, options.state);
    this.logs = new TaskLogs(plan, options.disk, options.state);
    this.shells = new ShellPool({
      size: Math.max(1, Math.min(options.maxParallel, this.scheduler.total)),
      cwd: options.specFolder,
      env: options.env,
      functionsFile: this.sources.functionsFile,
      journalFile,
      scratchFile: (worker) => this.logs.scratchFile(worker),
      onBroken: (error) =>
        this.guard(() => {
          throw error;
        }),
    });
    const { journal, graceSeconds = GRACE_SECONDS } = options;
    this.watch = new AttemptWatch({ journal, shells: this.shells, logs: this.logs, graceSeconds });
  }

  run(): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.guard(() => {
        for (const [task, path] of this.options.decisions.missingSources)
          this.failBeforeStart(task, problem('source_missing', path));
        this.refuseProtected();
        this.tellOfTheRest();
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
      if (attempt.stop === null || again) this.watch.stop(attempt, 'interrupted', again ? 'SIGKILL' : 'SIGTERM');
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
      for (const attempt of this.running) this.watch.signal(attempt, 'SIGKILL');
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

  // --- starting ---

  private startMore(): void {
    if (!this.settle) return;
    while (this.mode === 'going' && this.shells.hasIdle && this.running.size < this.options.maxParallel) {
      const task = this.scheduler.start((t) => this.pools.fits(this.resourcesOf(t)));
      if (task < 0) break;
      this.startTask(task, 1);
    }
    this.options.observer.progress(this.scheduler.counts(), this.byRule);
    if (this.running.size > 0 || (this.mode === 'going' && this.scheduler.hasReady)) return;
    this.end();
  }

  private startTask(task: number, number: number): void {
    const { disk } = this.options;
    const rule = ruleOf(this.plan, task);
    const index = task - rule.firstTask;
    const { seen, missing } = this.lookAtInputs(rule, index);
    // A source file that went meanwhile, or a path that its task did not make inside its directory output.
    if (missing !== null) {
      this.fail(neverStarted(rule, task, missing));
      return;
    }
    const inputs = statesText(seen.map((input) => input.seen));
    if (number === 1 && this.keepUnchanged(task, rule, index, seen)) return;
    this.options.contents?.note(
      seen.map(({ path }) => path),
      inputs,
    );
    const resources = this.resourcesOf(task);
    const lease = this.pools.take(resources);
    for (const text of rule.outputTexts) {
      // An attempt starts from nothing: an old output must not pass for a new one. One that counts as missing may still
      // be in the way: an empty folder, a link that leads nowhere.
      disk.remove(text(index));
      disk.makeParent(text(index));
    }
    const attempt: Attempt = {
      task,
      rule,
      index,
      number,
      resources,
      lease,
      startedAt: performance.now(),
      inputs,
      // What stands there now is what runs: it may have been edited since the decision.
      code: codeText(this.code.look(rule.rule.code)),
      log: this.logs.open(rule.logText(index), rule.rule.index, number),
      worker: -1,
      processGroup: 0,
      measuredAt: 0,
      peakKiB: 0,
      stop: null,
      stopSignal: 'SIGTERM',
      stoppedAt: 0,
      memory: this.watch.begin(),
    };
    const gpus = resources.gpus > 0 ? lease.gpus : null;
    const source = this.sources.attempt(rule, index, { number, log: attempt.log, gpus });
    this.markers.set(rule.outputTexts[0]!(index));
    attempt.worker = this.shells.run(source, (end) => this.guard(() => this.endTask(attempt, end)));
    if (!attempt.log.isDirect) attempt.log.scratch = this.logs.scratchFile(attempt.worker);
    this.running.add(attempt);
    if (number === 1) this.options.observer.started(task);
  }

  /** The inputs whose state counts, and the first of all that is not there. */
  private lookAtInputs(rule: PlannedRule, index: number): { seen: SeenPath[]; missing: Problem | null } {
    const seen: SeenPath[] = [];
    let missing: Problem | null = null;
    for (const input of rule.inputs) {
      forEachPath(input, index, (at) => {
        const path = input.pathText(at);
        const state = this.options.disk.stat(path);
        if (state === null) missing ??= problem(input.producers[at]! < 0 ? 'source_missing' : 'input_missing', path);
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
      this.fail(neverStarted(rule, task, problem('output_protected', kept)));
      return true;
    }
    journal.done(paths[0]!, record);
    contents.flush();
    this.unchanged++;
    this.scheduler.finish(task, 'done');
    for (const path of this.temps.afterSuccess(task)) disk.remove(path);
    return true;
  }

  // --- ending ---

  private endTask(attempt: Attempt, { status }: ShellEnd): void {
    const { rule, index, task, number } = attempt;
    this.running.delete(attempt);
    this.pools.giveBack(attempt.lease);
    // Nobody else would end it.
    if (status === null) this.watch.signal(attempt, 'SIGKILL');
    const ended = this.watch.problemOf(attempt, status);
    const log = this.logs.close(attempt.log);
    if (attempt.stop === 'interrupted') {
      this.removeOutputs(rule, index);
      this.options.journal.interrupted(rule.outputTexts[0]!(index));
      this.startMore();
      return;
    }
    const found = ended ?? lookAtOutputs(this.options.disk, rule, index);
    if (!('code' in found)) {
      this.succeed(attempt, found);
    } else {
      this.removeOutputs(rule, index);
      const failed = { attempt: number, status, problem: found, peakMiB: peakOf(attempt) };
      this.options.journal.failed(rule.outputTexts[0]!(index), failed);
      const willRetry = number <= rule.rule.retries && this.mode === 'going';
      const failure: Failure = { task, name: taskName(rule, index), problem: found, attempts: number, log };
      this.options.observer.failed(failure, willRetry);
      if (willRetry) {
        // The next attempt writes itself that it has started: behind the end of this one.
        this.options.journal.flush();
        this.startTask(task, number + 1);
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
    this.refuse(failure);
  }

  private refuse(failure: Failure): void {
    const { firstTask, outputTexts } = ruleOf(this.plan, failure.task);
    const refused = { attempt: NEVER_STARTED, status: null, problem: failure.problem, peakMiB: null };
    this.options.journal.failed(outputTexts[0]!(failure.task - firstTask), refused);
    this.count(failure);
  }

  private count(failure: Failure): void {
    this.failures.push(failure);
    if (this.options.onFailure === 'stop' && this.mode === 'going') this.mode = 'stopping';
  }

  private succeed(attempt: Attempt, found: readonly FileState[]): void {
    const { rule, index, task } = attempt;
    const { disk, decisions, records, journal } = this.options;
    const name = rule.outputTexts[0]!(index);
    rule.rule.outputs.forEach((output, o) => {
      if (output.protected) disk.protect(rule.outputTexts[o]!(index));
    });
    const now = statesText(found);
    this.options.contents?.note(
      rule.outputTexts.map((text) => text(index)),
      now,
    );
    const earlier = decisions.reasons[task] === reasonCode('temp needed') ? records.get(name)?.outputs : undefined;
    journal.done(name, {
      fingerprint: this.fingerprintOf[rule.rule.index]!(index) + attempt.code,
      checks: this.checksOf[rule.rule.index]!,
      durationSeconds: (performance.now() - attempt.startedAt) / 1000,
      inputs: attempt.inputs,
      outputs: earlier === undefined ? now : withEarlierStates(earlier, now),
      peakMiB: peakOf(attempt),
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

  private failBeforeStart(task: number, what: Problem): void {
    if (this.scheduler.failBeforeStart(task)) this.refuse(neverStarted(ruleOf(this.plan, task), task, what));
  }

  /** What failed before anything started is told by the summary, and first where that is still far. */
  private tellOfTheRest(): void {
    if (this.mode !== 'going' || !this.scheduler.hasReady) return;
    for (const failure of this.failures) this.options.observer.failed(failure, false);
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
          if (this.options.disk.isProtected(path)) this.failBeforeStart(task, problem('output_protected', path));
        }
      });
    }
  }

  // --- time ---

  private tick(): void {
    const now = performance.now();
    this.watch.lookAtAll(this.running, now);
    this.options.observer.progress(this.scheduler.counts(), this.byRule);
  }

  private end(): void {
    if (!this.settle) return;
    this.finish();
    if (this.mode !== 'interrupted') for (const path of tempPaths(this.plan)) this.options.disk.remove(path);
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
