/** Artifacts written by hand, to try what runs an element without a compiler. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, execaSync } from 'execa';
import { afterAll } from 'vitest';
import { shipped } from '../support/templates.ts';

/** One task: outputs and options as test/slurm/fixtures/rules.sh reads them. */
export interface FixtureTask {
  readonly out: string;
  readonly options?: string;
  readonly run?: string;
  readonly fingerprint?: string;
  readonly list?: string;
  readonly rule?: string;
}

export interface FixtureStage {
  /** Bash before the call, e.g. `wfc_lanes=2`. */
  readonly settings?: string;
  /** Tasks by element. */
  readonly elements: readonly (readonly FixtureTask[])[];
}

export interface Ended {
  readonly status: number;
  readonly output: string;
  readonly seconds: number;
}

const made: string[] = [];

afterAll(() => {
  // Some hold protected outputs.
  if (made.length === 0) return;
  execaSync('chmod', ['-R', 'u+rwX', '--', ...made], { reject: false });
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wfc-runner-'));
  made.push(folder);
  return folder;
}

const FIRST_JOURNAL = '.wfc/journal/000001-slurm-abc';

/** A spec's folder with artifacts in `D`. */
export class Submission {
  readonly folder: string;

  constructor(stages: Record<string, FixtureStage>, folder = newFolder()) {
    this.folder = folder;
    for (const name of ['tables', 'scripts', 'lists']) mkdirSync(join(folder, 'D', name), { recursive: true });
    this.write('D/runner.sh', shipped('runner.sh'));
    this.write('D/close.sh', shipped('close-lib.sh'));
    copyFileSync(fileURLToPath(new URL('./fixtures/rules.sh', import.meta.url)), join(folder, 'D/rules.sh'));
    for (const [stage, { settings = '', elements }] of Object.entries(stages)) {
      let table = '';
      let index = '';
      let line = 1;
      for (const tasks of elements) {
        const rows = tasks
          .map(({ out, options = '-', run = ': >"$out"', fingerprint = 'f1', list = '-', rule = 'any' }) =>
            [rule, fingerprint, list, out, options, run].join('\t'),
          )
          .map((row) => `${row}\n`)
          .join('');
        index += `${line} ${tasks.length} ${Buffer.byteLength(table)} ${Buffer.byteLength(rows)}\n`;
        line += tasks.length;
        table += rows;
      }
      this.write(`D/tables/${stage}.tsv`, table);
      this.write(`D/tables/${stage}.index`, index);
      this.write(
        `D/scripts/${stage}.sh`,
        `#!/bin/bash\nsource "$1/runner.sh"\n${settings}\nwfc_run_element ${stage} "$1" "$2"\n`,
      );
    }
  }

  /** Starts an element, without Slurm. */
  start(stage: string, { element = 0, journal = FIRST_JOURNAL, env = {} as Record<string, string> } = {}) {
    return execa('bash', [`D/scripts/${stage}.sh`, 'D', journal], {
      cwd: this.folder,
      env: { wfc_element: String(element), wfc_wait_seconds: '1', ...env },
      all: true,
      reject: false,
      stdin: 'ignore',
    });
  }

  async run(stage: string, options: Parameters<Submission['start']>[1] = {}): Promise<Ended> {
    const from = performance.now();
    const { exitCode, all } = await this.start(stage, options);
    return { status: exitCode ?? -1, output: String(all), seconds: (performance.now() - from) / 1000 };
  }

  async close(stages: string, journal = FIRST_JOURNAL): Promise<Ended> {
    const script = `source D/close.sh; wfc_close D ${journal} ${stages}`;
    const { exitCode, all } = await execa('bash', ['-c', script], { cwd: this.folder, all: true, reject: false });
    return { status: exitCode ?? -1, output: String(all), seconds: 0 };
  }

  newestJournal(stage: string, { element = 0, journal = FIRST_JOURNAL } = {}): string {
    const owner = `${journal}/owner/${stage}.${element}`;
    return `${journal}/${stage}.${element}${this.exists(owner) ? `.${this.read(owner).trim()}` : ''}.tsv`;
  }

  /** The newest journal of an element, each line as its fields without the mark. */
  journal(stage: string, { element = 0, journal = FIRST_JOURNAL } = {}): string[][] {
    return this.read(this.newestJournal(stage, { element, journal }))
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').slice(0, -1));
  }

  /** `kind TASK` of all events with a task. */
  events(stage: string, options: Parameters<Submission['journal']>[1] = {}): string[] {
    return this.journal(stage, options)
      .filter(([kind]) => kind !== 'run' && kind !== 'end')
      .map(([kind, task]) => `${kind} ${task}`);
  }

  field(stage: string, kind: string, task: string, position: number): string | undefined {
    return this.journal(stage).find((f) => f[0] === kind && f[1] === task)?.[position];
  }

  write(path: string, text: string): void {
    const at = join(this.folder, path);
    mkdirSync(join(at, '..'), { recursive: true });
    writeFileSync(at, text);
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  exists(path: string): boolean {
    return existsSync(join(this.folder, path));
  }

  list(path: string): string[] {
    return this.exists(path) ? readdirSync(join(this.folder, path)).sort() : [];
  }

  /** How often tasks that `echo … >>ran` ran. */
  get ran(): string[] {
    return this.exists('ran') ? this.read('ran').trimEnd().split('\n') : [];
  }
}
