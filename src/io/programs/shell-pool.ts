import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { writeError } from '../../terminal/streams.ts';
import { printable } from '../../terminal/terminal.ts';
import { shippedFile } from '../files/shipped.ts';
import { memoryOfTree, newestChild } from './memory.ts';

/** How a task's shell ended. */
export interface ShellEnd {
  /**
   * The exit status, 128 + n for a signal n; null where the shell itself was lost. Then the task has nobody to report its
   * end any more, and may live on.
   */
  readonly status: number | null;
}

export interface PoolOptions {
  readonly size: number;
  /** The spec's folder, in which commands run. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** A file of bash functions that every worker reads once. */
  readonly functionsFile: string;
  /** The journal to which tasks write that they have started. */
  readonly journalFile: string;
  /** Where worker n's task writes its output and errors. */
  readonly scratchFile: (worker: number) => string;
  /** Told where a shell can't be started, such as at a limit of files or processes; the task's end is not told then. */
  readonly onBroken: (error: NodeJS.ErrnoException) => void;
}

/** A few long-lived shells, each of which forks a subshell a task. */
export class ShellPool {
  private readonly workers: Worker[];
  private readonly idle: number[] = [];

  constructor(options: PoolOptions) {
    this.workers = Array.from({ length: options.size }, (_, i) => new Worker(i, options));
    for (let i = options.size - 1; i >= 0; i--) this.idle.push(i);
  }

  get hasIdle(): boolean {
    return this.idle.length > 0;
  }

  /**
   * Run a piece of bash on an idle worker.
   * @param source ASCII only: the shell counts characters, wfc bytes
   * @returns the worker's number
   */
  run(source: string, onEnd: (end: ShellEnd) => void): number {
    const number = this.idle.pop();
    if (number === undefined) throw new Error('internal error: no idle worker');
    this.workers[number]!.run(source, (end) => {
      this.idle.push(number);
      onEnd(end);
    });
    return number;
  }

  /** Signal all processes of a group; throws where there are none. */
  signal(processGroup: number, signal: NodeJS.Signals): void {
    process.kill(-processGroup, signal);
  }

  /** The memory of the task that a worker runs, in KiB; see `memoryOfTree`. */
  memoryOfTask(worker: number): number {
    const task = newestChild(this.workers[worker]!.processId);
    return task === undefined ? 0 : memoryOfTree(task);
  }

  close(): void {
    for (const worker of this.workers) worker.close();
  }
}

class Worker {
  private readonly number: number;
  private readonly options: PoolOptions;
  private process: ChildProcess | null = null;
  private rest = '';
  private onEnd: ((end: ShellEnd) => void) | null = null;

  constructor(number: number, options: PoolOptions) {
    this.number = number;
    this.options = options;
  }

  get processId(): number {
    return this.process?.pid ?? 0;
  }

  run(source: string, onEnd: (end: ShellEnd) => void): void {
    this.onEnd = onEnd;
    this.process ??= this.launch();
    // At a limit there is not even a pipe; `onBroken` is told why.
    if (this.process.stdio === undefined) return;
    (this.process.stdio[3] as Writable).write(String(source.length).padStart(8, '0') + source, 'latin1');
  }

  private launch(): ChildProcess {
    const { cwd, env, functionsFile, journalFile, scratchFile } = this.options;
    // A session of its own: Ctrl-C in the terminal reaches wfc only, which then stops the tasks in order.
    const script = shippedFile('dist/worker.sh');
    const args = ['--noprofile', '--norc', script, functionsFile, scratchFile(this.number), journalFile];
    const child = spawn('bash', args, {
      cwd,
      env,
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe', 'pipe', 'pipe'],
    });
    child.on('error', (error) => {
      if (this.process === child) this.options.onBroken(error);
    });
    if (child.stdio === undefined) return child;
    (child.stdio[4] as Readable).setEncoding('latin1').on('data', (text: string) => this.receive(text));
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-2000);
    });
    for (const stream of [child.stdin, child.stdio[3]]) stream?.on('error', () => {});
    const lost = (): void => {
      if (this.process !== child) return;
      this.process = null;
      this.rest = '';
      closePipes(child);
      if (errors !== '') writeError(printable(errors));
      this.end({ status: null });
    };
    child.on('exit', lost);
    return child;
  }

  private receive(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.end({ status: Number(line.slice(2)) });
  }

  private end(end: ShellEnd): void {
    const { onEnd } = this;
    this.onEnd = null;
    onEnd?.(end);
  }

  close(): void {
    const child = this.process;
    this.process = null;
    if (child) closePipes(child);
  }
}

/** The worker ends when its messages do. */
function closePipes(child: ChildProcess): void {
  child.stdio?.[3]?.destroy();
  child.stdin?.destroy();
}
