/** An experiment in a fresh folder of its own, and the built CLI to run it with, as a user would. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { PATIENCE_SECONDS, until } from './waiting.ts';

export { until } from './waiting.ts';

/** The built CLI; see test/global-setup.ts. */
export const CLI = process.env.WFC_CLI!;

/** Variables that change what wfc says or which GPUs it sees: tests start without them. */
const WITHOUT = { CI: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined, CUDA_VISIBLE_DEVICES: undefined };

export interface Ended {
  /** Exit status; undefined where a signal killed it. */
  readonly status: number | undefined;
  readonly stdout: string;
  /** Without the plain lines that tell how far a run is: only one that takes long has them. */
  readonly stderr: string;
}

/** `12 of 40 tasks done  30 %  …`: see src/terminal/progress-lines.ts. */
const PROGRESS = /^[\d,]+ of [\d,]+ tasks? done {2}\d+ %.*\n?/gm;

/** What wfc said, whether the machine is quick or slow. */
export function withoutProgress(stderr: string): string {
  return stderr.replace(PROGRESS, '');
}

export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves once this was written to standard error. */
  said(text: string): Promise<void>;
  /** What was written to standard output so far. */
  written(): string;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Where it is started, from the experiment's folder; there itself unless told. */
  readonly folder?: string;
}

export class Experiment {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** `wfc` with these arguments, in the experiment's folder, to its end. */
  wfc(args: string, options: StartOptions = {}): Promise<Ended> {
    return this.start(args.split(' '), options).ended;
  }

  /** `wfc run` with these arguments. */
  run(args = '', options: StartOptions = {}): Promise<Ended> {
    return this.wfc(`run ${args}`.trim(), options);
  }

  start(args: readonly string[], { env = {}, folder = '.' }: StartOptions = {}): Running {
    const child = execa(process.execPath, [CLI, ...args], {
      cwd: this.path(folder),
      env: { ...WITHOUT, ...env },
      reject: false,
      stdin: 'ignore',
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let errors = '';
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data;
    });
    child.stderr.on('data', (data: Buffer) => {
      errors += data;
    });
    return {
      pid: child.pid!,
      ended: child.then((r) => ({
        status: r.exitCode,
        stdout: String(r.stdout),
        stderr: withoutProgress(String(r.stderr)),
      })),
      kill: (signal) => void child.kill(signal),
      said: (text) =>
        until(
          () => errors.includes(text),
          () => `wfc saying "${text}"; it said:\n${errors}`,
        ),
      written: () => output,
    };
  }

  path(path: string): string {
    return join(this.folder, path);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  /** Replace a text in a file, which must hold it. */
  edit(path: string, from: string, to: string): void {
    const text = this.read(path);
    if (!text.includes(from)) throw new Error(`${path} does not hold: ${from}`);
    this.write(path, text.replace(from, to));
  }

  folderAt(path: string): void {
    mkdirSync(this.path(path), { recursive: true });
  }

  executable(path: string): void {
    chmodSync(this.path(path), 0o755);
  }

  has(path: string): boolean {
    return existsSync(this.path(path));
  }

  remove(path: string): void {
    rmSync(this.path(path), { recursive: true, force: true });
  }

  /** Give a file a time in seconds before now. */
  age(path: string, seconds: number): void {
    const time = Date.now() / 1000 - seconds;
    utimesSync(this.path(path), time, time);
  }

  /** All files below a folder, sorted. */
  files(folder: string): string[] {
    if (!this.has(folder)) return [];
    return readdirSync(this.path(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.folder.length + 1))
      .sort();
  }

  /** Resolves once a journal tells that a task has started: the one with this path as its first output, or any. */
  started(task = ''): Promise<void> {
    const line = `started\t${task}`;
    return until(
      () => this.files('.wfc/journal').some((file) => this.read(file).includes(line)),
      `a task${task === '' ? '' : ` of ${task}`} that has started`,
    );
  }

  /** Resolves once there is a file with something in it, such as a process id that a task wrote there. */
  filled(path: string): Promise<void> {
    return until(() => this.has(path) && this.read(path) !== '', `something in ${path}`);
  }

  /** Resolves once there is such a file. */
  appeared(path: string): Promise<void> {
    return until(() => this.has(path), path);
  }

  /** What commands noted by `echo … >> calls`, sorted; forgotten with the look, so that each look shows what is new. */
  calls(): string[] {
    const lines = this.has('calls') ? this.read('calls').trimEnd().split('\n').sort() : [];
    this.remove('calls');
    return lines;
  }

  /** A place where a command and a test meet: `cat GATE` waits for `pass`, and `pass` for `cat GATE`. */
  async gate(name: string): Promise<{ pass: () => Promise<void> }> {
    await execa('mkfifo', [this.path(name)]);
    return {
      pass: async () => {
        await execa('bash', ['-c', 'echo > "$1"', 'bash', this.path(name)], { timeout: PATIENCE_SECONDS * 1000 });
      },
    };
  }
}

/** An experiment with this spec as wfc.yml (the version line is put before it), and these files. */
export function experiment(spec: string, files: Readonly<Record<string, string>> = {}): Experiment {
  const made = new Experiment(mkdtempSync(join(tmpdir(), 'wfc-run-')));
  onTestFinished(() => rmSync(made.folder, { recursive: true, force: true, maxRetries: 5 }));
  made.write('wfc.yml', `wfc: 1\n${spec}`);
  for (const [path, text] of Object.entries(files)) made.write(path, text);
  return made;
}

const EXAMPLES = resolve(import.meta.dirname, '../../examples');

/** A fresh copy of an example of this repo, without what a run of it there has left behind. */
export function exampleCopy(name: string): Experiment {
  const made = experiment('');
  const isMade = (path: string): boolean =>
    /\/(\.wfc|expA|results|ck|__pycache__)(\/|$)/.test(path.slice(EXAMPLES.length));
  cpSync(join(EXAMPLES, name), made.folder, { recursive: true, filter: (path) => !isMade(path) });
  return made;
}

/** A log with NOW for the times that head its attempts. */
export function timeless(log: string): string {
  return log.replace(/^(wfc: attempt \d+, )\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ,/gm, '$1NOW,');
}

/** Whether a process is there and not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Resolves once a process is gone. */
export function gone(pid: number): Promise<void> {
  return until(() => !isAlive(pid), `the end of process ${pid}`);
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended, perhaps since another one has.
  }
}
