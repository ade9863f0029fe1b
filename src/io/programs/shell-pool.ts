import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { writeError } from '../../terminal/streams.ts';
import { printable } from '../../terminal/terminal.ts';
import { shippedFile } from '../files/shipped.ts';
import { childrenOfAll, memoryOfTrees, newestChild } from './memory.ts';

/** How a task's shell ended. */
export interface ShellEnd {
  /**
   * The exit status, 128 + n for a signal n; null where the shell itself was lost. Then the task has nobody to report its
   * end any more, and may live on.
   */
  readonly status: number | null;
  /** What bash says of a program that a signal ended, where that has replaced its shell (`program`); else null. */
  readonly signalled: ProgramSignal | null;
}

export interface ProgramSignal {
  /** Where the function is defined that the task ran. */
  readonly file: string;
  readonly line: number;
  /** Of the process; null where bash does not tell it. */
  readonly processId: number | null;
  /** `Segmentation fault      (core dumped)`, in the user's language. */
  readonly words: string;
}

/** A piece of bash, and how it may run. */
export interface ShellSource {
  /** ASCII only: the shell counts characters, wfc bytes. */
  readonly text: string;
  /**
   * - `subshell`: in a process of its own
   * - a number from 2 on: as well, and it ends with a program that may replace its shell; see `wfc_find_programs` in
   *   templates/local/worker.sh. Its last line calls a function.
   * - `here`: it starts no process and leaves its shell as it was; its variables are `local`
   */
  readonly how: 'subshell' | 'here' | number;
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

/** As many numbers of ways as a message has room for. */
const MOST_WAYS = 10_000;

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
   * @returns the worker's number
   */
  run(source: ShellSource, onEnd: (end: ShellEnd) => void): number {
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
    for (const worker of this.workers) if (worker.processId === processGroup) worker.retire();
    process.kill(-processGroup, signal);
  }

  /** The memory of the task that a worker runs, in KiB; see `memoryOfTrees`. */
  memoryOfTask(worker: number): number {
    const { processId, preloaders } = this.workers[worker]!;
    const task = newestChild(processId);
    return task === undefined ? 0 : memoryOfTrees([task, ...childrenOfAll(preloaders())]);
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
  private how: ShellSource['how'] = 'subshell';
  private isRetiring = false;

  constructor(number: number, options: PoolOptions) {
    this.number = number;
    this.options = options;
  }

  get processId(): number {
    return this.process?.pid ?? 0;
  }

  /** Process ids of the interpreters that are kept up for its tasks, whose children run scripts: templates/attempt/preload.sh. */
  readonly preloaders = (): number[] => {
    const home = this.options.scratchFile(this.number);
    const names = readdirSync(dirname(home)).filter(
      (n) => n.startsWith(`${basename(home)}.`) && n.endsWith('.preload'),
    );
    return names.map((name) => Number(readFileSync(join(dirname(home), name), 'latin1'))).filter((id) => id > 0);
  };

  run({ text, how }: ShellSource, onEnd: (end: ShellEnd) => void): void {
    this.onEnd = onEnd;
    this.how = how;
    this.process ??= this.launch();
    // At a limit there is not even a pipe; `onBroken` is told why.
    if (this.process.stdio === undefined) return;
    (this.process.stdio[3] as Writable).write(head(how, text.length) + text, 'latin1');
  }

  /** It gets a signal that is meant for what it runs itself: the next task takes another shell. */
  retire(): void {
    this.isRetiring = true;
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
    const lost = (_: number | null, signal: NodeJS.Signals | null): void => {
      if (this.process !== child) return;
      this.close();
      if (errors !== '') writeError(printable(errors));
      const isEnd = this.how === 'here' && signal !== null;
      this.end({ status: isEnd ? 128 + constants.signals[signal] : null, signalled: null });
    };
    child.on('exit', lost);
    return child;
  }

  private receive(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.end(parseReport(line));
  }

  private end(end: ShellEnd): void {
    const { onEnd } = this;
    this.onEnd = null;
    if (this.isRetiring) this.close();
    this.isRetiring = false;
    onEnd?.(end);
  }

  close(): void {
    const child = this.process;
    this.process = null;
    this.rest = '';
    if (child) closePipes(child);
  }
}

/** Of a message: see templates/local/worker.sh. */
function head(how: ShellSource['how'], length: number): string {
  const way = how === 'subshell' ? 0 : how === 'here' ? 1 : how < MOST_WAYS ? how : 0;
  return String(way).padStart(4, '0') + String(length).padStart(8, '0');
}

/** `e STATUS`, and of a signal ` LINE FILE`, a tab, and what the worker said; see `_wfc_look_at_signal`. */
function parseReport(report: string): ShellEnd {
  const status = Number.parseInt(report.slice(2), 10);
  const told = /^e \d+ (\d+) (.*?)\t(.*)$/.exec(report);
  const said = told === null ? null : /(?:: +(\d+) |\[\d+\][+-]? +)(\S.*?) *\( *set \+m/.exec(told[3]!);
  if (told === null || said === null) return { status, signalled: null };
  const [, line, file] = told;
  const [, processId, words] = said;
  const asUtf8 = (text: string): string => Buffer.from(text, 'latin1').toString();
  return {
    status,
    signalled: {
      file: asUtf8(file!),
      line: Number(line),
      processId: processId === undefined ? null : Number(processId),
      words: asUtf8(words!),
    },
  };
}

/** The worker ends when its messages do. */
function closePipes(child: ChildProcess): void {
  child.stdio?.[3]?.destroy();
  child.stdin?.destroy();
}
