import type { ShellEnd } from '../io/programs/shell-pool.ts';
import type { RuleCounts } from '../model/counts.ts';
import { type Plan, type PlannedRule, ruleOf, taskName, tempPaths } from '../model/plan.ts';
import { type Problem, problem } from '../model/problem.ts';
import type { Resources } from '../model/workflow.ts';
import { type SeenPath, unchangedRecord } from '../resume/contents.ts';
import { NEVER_STARTED } from '../resume/history.ts';
import { reasonCode } from '../resume/reason.ts';
import { statesText } from '../resume/record.ts';
import { type Attempt, type AttemptOptions, Attempts, type Outcome } from './attempt/attempt.ts';
import { lookAtInputs } from './attempt/files.ts';
import { type LocalLimits, LocalPools, resourcesOfTasks } from './pools.ts';
import { type Failure, neverStarted, type RunObserver, type RunResult } from './result.ts';
import { Scheduler } from './scheduler.ts';
import { TempOutputs } from './temps.ts';

export interface ExecutorOptions extends AttemptOptions {
  readonly maxParallel: number;
  readonly limits: LocalLimits;
  readonly onFailure: 'stop' | 'continue';
  readonly observer: RunObserver;
  /** By name, tasks that failed earlier in the same run, before all tasks were known: they are not tried again; none unless told. */
  readonly failedBefore?: ReadonlyMap<string, Failure>;
}

/** How often running attempts are looked after. */
const LOOK_MS = 200;

/** Run the tasks that a decision names, in order, in parallel, until all are done or no more can be. */
export function execute(
  plan: Plan,
  options: ExecutorOptions,
): { readonly result: Promise<RunResult>; readonly interrupt: () => void } {
  const executor = new Executor(plan, options);
  return { result: executor.run(), interrupt: () => executor.interrupt() };
}

/** Decides which task is attempted when, and what follows from what came of it. What an attempt does: `Attempts`. */
class Executor {
  private readonly plan: Plan;
  private readonly options: ExecutorOptions;
  private readonly scheduler: Scheduler;
  private readonly byRule = (): readonly RuleCounts[] => this.scheduler.countsByRule();
  private readonly pools: LocalPools;
  private readonly temps: TempOutputs;
  private readonly attempts: Attempts;
  private readonly running = new Set<Attempt>();
  private readonly failures: Failure[] = [];
  private unchanged = 0;
  private readonly resourcesOf: (task: number) => Resources;
  private readonly beganAt: number;
  private mode: 'going' | 'stopping' | 'interrupted' = 'going';
  private stopLooking: () => void = () => {};
  private settle: { resolve: (r: RunResult) => void; reject: (e: unknown) => void } | null = null;

  constructor(plan: Plan, options: ExecutorOptions) {
    this.plan = plan;
    this.options = options;
    this.beganAt = options.surroundings.clock.now();
    this.scheduler = new Scheduler(plan, options.decisions.reasons);
    this.pools = new LocalPools(options.limits);
    this.temps = new TempOutputs(plan, options.decisions.reasons);
    this.resourcesOf = resourcesOfTasks(plan);
    this.attempts = new Attempts(plan, {
      ...options,
      size: Math.max(1, Math.min(options.maxParallel, this.scheduler.total)),
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
          this.failBeforeStart(task, problem('source_missing', path));
        this.failAgain();
        this.refuseNodes();
        this.refuseProtected();
        this.tellOfTheRest();
        this.stopLooking = this.options.surroundings.clock.every(LOOK_MS, () => this.guard(() => this.look()));
        this.startMore();
      });
    });
  }

  /** Stop all tasks; called again, kill them at once. */
  interrupt(): void {
    const again = this.mode === 'interrupted';
    this.mode = 'interrupted';
    this.attempts.interrupt(this.running, again);
    this.guard(() => this.startMore());
  }

  /** What goes wrong in wfc or on its disk ends the run, and never in silence. */
  private guard(action: () => void): void {
    // Once the run has ended, what is left of it is no longer told: its tasks count as not finished.
    if (this.settle === null) return;
    try {
      action();
    } catch (error) {
      this.attempts.abandon(this.running);
      this.finish();
      this.settle?.reject(error);
      this.settle = null;
    }
  }

  private finish(): void {
    this.stopLooking();
    this.attempts.close();
  }

  private look(): void {
    this.attempts.lookAfter(this.running);
    this.options.observer.progress(this.scheduler.counts(), this.byRule);
  }

  // --- starting ---

  private startMore(): void {
    if (!this.settle) return;
    while (this.mode === 'going' && this.attempts.hasIdleShell && this.running.size < this.options.maxParallel) {
      const task = this.scheduler.start((t) => this.pools.fits(this.resourcesOf(t)));
      if (task < 0) break;
      this.startTask(task, 1, 'first');
    }
    this.options.observer.progress(this.scheduler.counts(), this.byRule);
    if (this.running.size > 0 || (this.mode === 'going' && this.scheduler.hasReady)) return;
    this.end();
  }

  /** `tries`: failures before it, and one. */
  private startTask(task: number, tries: number, which: 'first' | 'again'): void {
    const rule = ruleOf(this.plan, task);
    const index = task - rule.firstTask;
    const { seen, missing } = lookAtInputs(this.options.surroundings.disk, rule, index);
    if (missing !== null) {
      this.fail(neverStarted(rule, task, missing));
      return;
    }
    const inputs = statesText(seen.map((input) => input.seen));
    if (which === 'first' && this.keepUnchanged(task, rule, index, seen)) return;
    const inTheWay = this.attempts.makeRoom(rule, index);
    if (inTheWay !== null) {
      this.fail(neverStarted(rule, task, inTheWay));
      return;
    }
    this.options.contents?.note(
      seen.map(({ path }) => path),
      inputs,
    );
    const resources = this.resourcesOf(task);
    const start = { task, rule, index, tries, resources, lease: this.pools.take(resources), inputs };
    this.running.add(this.attempts.begin(start, (attempt, end) => this.guard(() => this.endAttempt(attempt, end))));
    if (which === 'first') this.options.observer.started(task);
  }

  /** Where contents decide: a task whose inputs all came out as they were does not run, and its record says so. */
  private keepUnchanged(task: number, rule: PlannedRule, index: number, inputs: readonly SeenPath[]): boolean {
    const { contents, records, decisions, surroundings } = this.options;
    const { disk, journal } = surroundings;
    if (contents === null || decisions.reasons[task] !== reasonCode('upstream runs')) return false;
    const paths = rule.outputTexts.map((text) => text(index));
    const outputs = paths.map((path) => ({ path, seen: disk.stat(path) }));
    const checks = this.attempts.checksOf(rule);
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
    this.succeed(task);
    return true;
  }

  // --- ending ---

  private endAttempt(attempt: Attempt, end: ShellEnd): void {
    this.running.delete(attempt);
    this.pools.giveBack(attempt.lease);
    const outcome = this.attempts.judge(attempt, end);
    this.attempts.record(attempt, outcome);
    if (outcome.kind === 'done') this.succeed(attempt.task);
    else if (outcome.kind === 'failed') this.retryOrFail(attempt, outcome);
    else if (outcome.kind === 'goes on') this.goOn(attempt, outcome.times);
    this.startMore();
  }

  private succeed(task: number): void {
    this.scheduler.finish(task, 'done');
    for (const path of this.temps.afterSuccess(task)) this.options.surroundings.disk.remove(path);
  }

  private retryOrFail(attempt: Attempt, { problem, log }: Outcome & { kind: 'failed' }): void {
    const { task, rule, index, tries, number } = attempt;
    const willRetry = tries <= rule.rule.retries && this.mode === 'going';
    const failure: Failure = { task, name: taskName(rule, index), problem, attempts: number, log };
    this.options.observer.failed(failure, willRetry);
    if (willRetry) {
      // Before others may take what its last attempt gave back.
      this.startTask(task, tries + 1, 'again');
      return;
    }
    this.scheduler.finish(task, 'failed');
    this.count(failure);
  }

  /** At once, as a retry; where no more tasks start, it goes on in a later run. */
  private goOn({ task, rule, index, tries }: Attempt, times: number): void {
    this.options.observer.wentOn(taskName(rule, index), times, rule.rule.checkpoint!.continues);
    if (this.mode === 'going') this.startTask(task, tries, 'again');
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
    this.options.surroundings.journal.failed(outputTexts[0]!(failure.task - firstTask), refused);
    this.count(failure);
  }

  private count(failure: Failure): void {
    this.failures.push(failure);
    if (this.options.onFailure === 'stop' && this.mode === 'going') this.mode = 'stopping';
  }

  private failBeforeStart(task: number, what: Problem): void {
    if (this.scheduler.failBeforeStart(task)) this.refuse(neverStarted(ruleOf(this.plan, task), task, what));
  }

  private failAgain(): void {
    for (const [name, failure] of this.options.failedBefore ?? []) {
      const found = this.plan.findPath(name);
      if (found && this.scheduler.failBeforeStart(found.task)) this.failures.push({ ...failure, task: found.task });
    }
  }

  /** What failed before anything started is told by the summary, and first where that is still far. */
  private tellOfTheRest(): void {
    if (this.mode !== 'going' || !this.scheduler.hasReady) return;
    for (const failure of this.failures) this.options.observer.failed(failure, false);
  }

  /** This is one node. */
  private refuseNodes(): void {
    for (const { rule, firstTask, space } of this.plan.rules) {
      if (rule.resources.nodes === null) continue;
      for (let task = firstTask; task < firstTask + space.size; task++) {
        const { nodes } = this.resourcesOf(task);
        if (nodes > 1 && this.options.decisions.reasons[task] !== 0)
          this.failBeforeStart(task, problem('needs_nodes', nodes));
      }
    }
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
          if (this.options.surroundings.disk.isProtected(path))
            this.failBeforeStart(task, problem('output_protected', path));
        }
      });
    }
  }

  private removeTemps(): void {
    for (const path of tempPaths(this.plan)) this.options.surroundings.disk.remove(path);
  }

  private end(): void {
    if (!this.settle) return;
    this.finish();
    const { clock } = this.options.surroundings;
    if (this.mode !== 'interrupted') this.removeTemps();
    this.settle.resolve({
      outcome: this.mode === 'interrupted' ? 'interrupted' : this.failures.length > 0 ? 'failed' : 'done',
      counts: this.scheduler.counts(),
      failures: this.failures,
      unchanged: this.unchanged,
      seconds: (clock.now() - this.beganAt) / 1000,
    });
    this.settle = null;
  }
}
