import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { load, YAML11_SCHEMA } from 'js-yaml';
import type { CallFunctions, SnakeAnswer, Snakefile } from '../../model/snakefile.ts';
import { makeFolder } from '../files/make-folder.ts';
import { shippedFile } from '../files/shipped.ts';
import { systemProblem } from '../files/spec-file.ts';

/** A Snakefile that was read. Its Python stays alive until `close`, so that its functions can be called. */
export interface OpenSnakefile {
  readonly snakefile: Snakefile;
  /** The folder that its paths count from: the one given, or what its `workdir` names. */
  readonly folder: string;
  /** Throws SnakefileEnded. */
  readonly call: CallFunctions;
  close(): void;
}

/** Its Python has ended itself while functions were called: nobody knows what they would have given. */
export class SnakefileEnded extends Error {
  readonly hint = 'a function in it must not end the process, as os._exit() does';
}

export type ReadSnakefile = OpenSnakefile | { readonly problem: string; readonly hint: string };

export interface ReadOptions {
  /** What stands in for values that are known only later. */
  readonly standIns: 'words' | 'numbers';
  /** Rules whose commands are to be functions of Python, since no placeholders can tell them. */
  readonly asFunctions: readonly string[];
}

/**
 * Let python3 say what a Snakefile says; its Python is run, its rules are not. Paths count from `start`, and from where
 * `workdir` says. A YAML config file is read by Python's own yaml, as Snakemake does, or here where that is not installed.
 */
export async function readSnakefile(
  snakefile: string,
  start: string,
  configFiles: readonly string[],
  { standIns, asFunctions }: ReadOptions,
): Promise<ReadSnakefile> {
  let folder = start;
  const configs: Record<string, unknown> = {};
  const fromFolder = (path: string): string => relative(folder, resolve(start, path));
  for (;;) {
    const file = fromFolder(snakefile);
    const python = new Python(file, folder);
    const origin = folder === start ? {} : { origin: relative(folder, start) };
    const configfiles = configFiles.map(fromFolder);
    const told = await python.ask({ config: configs, configfiles, standIns, functions: asFunctions, ...origin });
    if (told === null) return python.problem();
    const answer = told as Snakefile | { needs: string } | { workdir: string };
    if ('workdir' in answer) {
      python.close();
      folder = resolve(folder, answer.workdir);
      try {
        makeFolder(folder);
      } catch (error) {
        return {
          problem: `the workdir ${answer.workdir} can't be made: ${systemProblem(error)}`,
          hint: 'paths count from there: name a folder that you may write to',
        };
      }
      continue;
    }
    if (!('needs' in answer)) {
      const call: CallFunctions = async (calls) => {
        const given = calls.length === 0 ? [] : await python.ask(calls);
        if (given === null)
          throw new SnakefileEnded(`python3 ended with ${python.status()} while it called functions of ${file}`);
        return given as readonly SnakeAnswer[];
      };
      return { snakefile: answer, folder, call, close: () => python.close() };
    }
    python.close();
    const path = answer.needs;
    try {
      configs[path] = load(readFileSync(resolve(folder, path), 'utf8'), { schema: YAML11_SCHEMA }) ?? {};
    } catch (error) {
      return {
        problem: `${path} can't be read: ${systemProblem(error)}`,
        hint: 'it counts from the folder of the spec',
      };
    }
  }
}

/** A python3 that answers each line with a line. */
class Python {
  private readonly file: string;
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;
  private readonly answers: AsyncIterator<string>;
  private error: Error | null = null;

  constructor(file: string, folder: string) {
    this.file = file;
    // What the Snakefile itself prints is for people; it answers on descriptor 3.
    this.child = spawn('python3', [shippedFile('templates/import/snakefile.py'), file], {
      cwd: folder,
      stdio: ['pipe', 'ignore', 'inherit', 'pipe'],
    });
    this.child.on('error', (error) => {
      this.error = error;
    });
    // It may end before it has read all.
    this.child.stdin!.on('error', () => {});
    this.ended = once(this.child, 'close').catch(() => {});
    this.answers = createInterface({ input: this.child.stdio[3] as Readable })[Symbol.asyncIterator]();
  }

  /** null where it has ended, or never began. */
  async ask(request: object): Promise<unknown> {
    (this.child.stdin as Writable).write(`${JSON.stringify(request)}\n`);
    const { done, value } = await this.answers.next();
    if (done !== true) return JSON.parse(value);
    await this.ended;
    return null;
  }

  problem(): { problem: string; hint: string } {
    if (this.error !== null) {
      const isAbsent = (this.error as NodeJS.ErrnoException).code === 'ENOENT';
      const problem = isAbsent
        ? 'python3 is not on the PATH'
        : `python3 can't be started: ${systemProblem(this.error)}`;
      return { problem, hint: 'a Snakefile is Python: wfc reads it with python3, 3.9 or later' };
    }
    return {
      problem: `python3 ended with ${this.status()} before it had read ${this.file}`,
      hint: 'what it wrote stands above',
    };
  }

  /** How it ended. */
  status(): number | NodeJS.Signals {
    return this.child.exitCode ?? this.child.signalCode ?? 0;
  }

  close(): void {
    this.child.stdin!.end();
  }
}
