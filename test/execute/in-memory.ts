/** A world for the executor that lies in memory: what it decides is seen without files, processes and time. */
import { type ExecutorOptions, execute } from '../../src/execute/executor.ts';
import type { RunResult } from '../../src/execute/result.ts';
import type { Clock, Disk, Journal, Shells, Surroundings } from '../../src/execute/surroundings.ts';
import { type Plan, ruleOf } from '../../src/model/plan.ts';
import { problemText } from '../../src/resume/problem-text.ts';
import { reasonCode } from '../../src/resume/reason.ts';
import type { FileState, SuccessRecord } from '../../src/resume/record.ts';
import { planOf } from '../schema/compile-text.ts';

export interface Given {
  /** Sizes of files by path. */
  readonly files?: Readonly<Record<string, number>>;
  readonly options?: Partial<Pick<ExecutorOptions, 'maxParallel' | 'limits' | 'onFailure' | 'graceSeconds'>>;
  /** Paths that are read-only. */
  readonly protected?: readonly string[];
  /** A task that begins writes at once that it has, as by default; else the test says when, by `started`. */
  readonly startsAtOnce?: boolean;
  /** First outputs of tasks whose source is missing, as the decision saw it, with its path. */
  readonly missingSources?: Readonly<Record<string, string>>;
}

/** A run of all tasks of a spec. Tasks are named by their first output; a test ends them, and moves the clock. */
export class World {
  /** What the executor did, in order: `begin a 1`, `done a`, `flush`, `SIGTERM a`, `remove a`, `mark a` and so on. */
  readonly events: string[] = [];
  readonly files = new Map<string, FileState>();
  readonly protected: Set<string>;
  readonly records = new Map<string, SuccessRecord>();
  /** What the kernel has killed for want of memory. */
  kills = 0;
  /** An error that the disk makes from now on, of whatever it is asked to look at. */
  diskError: Error | null = null;
  private readonly startsAtOnce: boolean;
  result: RunResult | null = null;
  error: unknown = null;
  readonly interrupt: () => void;
  private milliseconds = 0;
  private readonly timers = new Set<{ readonly every: number; readonly act: () => void; next: number }>();
  /** Whom to tell of a task's end. */
  private readonly running = new Map<string, (status: number | null) => void>();
  private readonly groups = new Map<string, number>();
  private readonly finished: Promise<void>;

  constructor(spec: string, given: Given = {}) {
    const { files = {}, options = {}, missingSources = {}, startsAtOnce = true } = given;
    this.startsAtOnce = startsAtOnce;
    this.protected = new Set(given.protected);
    const plan = planOf(spec, { files: Object.fromEntries(Object.keys(files).map((path) => [path, ''])) });
    for (const [path, size] of Object.entries(files)) this.write(path, size);
    const reasons = new Uint8Array(plan.taskCount).fill(reasonCode('output missing'));
    const missing = Object.entries(missingSources).map(([task, path]) => [taskOf(plan, task), path] as const);
    const { result, interrupt } = execute(plan, {
      surroundings: this.surroundings(),
      decisions: {
        ...{ reasons, runCount: plan.taskCount, missingSources: new Map(missing), toRecord: [], unchecked: [] },
        codeOf: () => '',
        seen: () => ({ inputs: [], outputs: [] }),
      },
      records: new Map(),
      contents: null,
      maxParallel: 8,
      limits: { cpus: 8, memoryMiB: 8192, gpus: [] },
      onFailure: 'stop',
      observer: {
        started: () => {},
        failed: ({ name }, willRetry) => this.events.push(`told of ${name}${willRetry ? ', to be tried again' : ''}`),
        wentOn: (name, times) => void this.events.push(`goes on ${name} ${times}`),
        progress: () => {},
      },
      ...options,
    });
    this.interrupt = interrupt;
    this.finished = result.then(
      (found) => {
        this.result = found;
      },
      (error: unknown) => {
        this.error = error;
      },
    );
  }

  /** What runs now. */
  get tasks(): string[] {
    return [...this.running.keys()];
  }

  write(path: string, size = 1): void {
    this.files.set(path, { mtimeMs: 1000, size, isDirectory: false });
  }

  /** A task ends; with exit status 0, and then it has written its outputs. `null`: its shell is lost. */
  end(task: string, status: number | null = 0, outputs: readonly string[] = [task]): void {
    const tell = this.running.get(task)!;
    this.running.delete(task);
    if (status === 0) for (const path of outputs) this.write(path);
    tell(status);
  }

  /** An attempt at a task has written that it has started. */
  started(task: string, attempt = 1): void {
    this.groups.set(`${task} ${attempt}`, 100 + this.groups.size);
  }

  /** The time goes on, in steps of 0.1 s, and what is to act in it acts. */
  pass(seconds: number): void {
    for (const end = this.milliseconds + seconds * 1000; this.milliseconds < end; ) {
      this.milliseconds += 100;
      for (const timer of this.timers) {
        if (this.milliseconds < timer.next) continue;
        timer.next += timer.every;
        timer.act();
      }
    }
  }

  /** The run has come to an end; fails where it has not. */
  async ended(): Promise<RunResult> {
    await this.settled();
    if (this.result === null) throw new Error(`the run goes on, or broke: ${this.events.join('; ')}; ${this.error}`);
    return this.result;
  }

  /** The executor waits for nothing but its surroundings: a turn of the event loop is enough. */
  async settled(): Promise<void> {
    await Promise.race([this.finished, new Promise(setImmediate)]);
  }

  /** Those of the events that begin with one of some words. */
  eventsOf(...words: string[]): string[] {
    return this.events.filter((event) => words.includes(event.split(' ')[0]!));
  }

  private surroundings(): Surroundings {
    return {
      disk: this.disk(),
      journal: this.journal(),
      clock: this.clock(),
      markers: {
        set: (output) => void this.events.push(`mark ${output}`),
        remove: (output) => void this.events.push(`unmark ${output}`),
      },
      code: { look: () => [] },
      memory: { kills: () => this.kills },
      openShells: ({ size }) => this.shells(size),
    };
  }

  private disk(): Disk {
    const { files } = this;
    return {
      absolute: (path) => `/spec/${path}`,
      stat: (path) => {
        if (this.diskError !== null) throw this.diskError;
        return files.get(path) ?? null;
      },
      statFiles: (path) => files.get(path) ?? null,
      exists: (path) => files.has(path),
      linkTarget: () => null,
      isEmptyDirectory: () => false,
      makeParent: () => {},
      remove: (path) => {
        if (files.delete(path)) this.events.push(`remove ${path}`);
        return true;
      },
      unlink: (path) => void files.delete(path),
      isProtected: (path) => this.protected.has(path),
      protect: (path) => void this.protected.add(path),
      read: () => '',
      write: (path, text) => this.write(path, text.length),
      append: (path, text) => this.write(path, (files.get(path)?.size ?? 0) + text.length),
      rename: (from, to) => {
        files.set(to, files.get(from)!);
        files.delete(from);
      },
    };
  }

  private journal(): Journal {
    return {
      openForTasks: () => '/spec/.wfc/journal/000001-here-1.tsv',
      processGroup: (task, attempt) => this.groups.get(`${task} ${attempt}`) ?? 0,
      done: (task, record) => {
        this.records.set(task, record);
        this.events.push(`done ${task}`);
      },
      failed: (task, { attempt, problem }) =>
        void this.events.push(`failed ${task} ${attempt} ${problemText(problem)}`),
      interrupted: (task) => void this.events.push(`interrupted ${task}`),
      flush: () => void this.events.push('flush'),
    };
  }

  private clock(): Clock {
    return {
      now: () => this.milliseconds,
      date: () => new Date(this.milliseconds),
      every: (every, act) => {
        const timer = { every, act, next: this.milliseconds + every };
        this.timers.add(timer);
        return () => void this.timers.delete(timer);
      },
    };
  }

  private shells(size: number): Shells {
    const idle = Array.from({ length: size }, (_, shell) => shell);
    return {
      get hasIdle() {
        return idle.length > 0;
      },
      run: ({ text }, onEnd) => {
        const [, task, attempt] = /^wfc_started (\S+) (\d+) /.exec(text)!;
        const shell = idle.shift()!;
        this.events.push(`begin ${task} ${attempt}`);
        if (this.startsAtOnce) this.started(task!, Number(attempt));
        this.running.set(task!, (status) => {
          idle.push(shell);
          onEnd({ status, signalled: null });
        });
        return shell;
      },
      signal: (group, signal) => {
        const [attempt] = [...this.groups].find(([, of]) => of === group)!;
        this.events.push(`${signal} ${attempt.split(' ')[0]}`);
      },
      memoryOfTask: () => 0,
      close: () => void this.events.push('close'),
    };
  }
}

function taskOf(plan: Plan, output: string): number {
  for (let task = 0; task < plan.taskCount; task++) {
    const rule = ruleOf(plan, task);
    if (rule.outputTexts[0]!(task - rule.firstTask) === output) return task;
  }
  throw new Error(`no task makes ${output}`);
}
