/**
 * What wfc, Snakemake and GNU make run again after a change to a finished run, on the same small workflow: the table is
 * changes.md. Snakemake runs with its defaults, and only with WFC_CHANGES=all.
 */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { CLI, type Experiment, experiment, signal, until } from '../support/experiment.ts';
import { patience } from '../support/waiting.ts';

/** `b` waits half-way while there is a file `held`, which is made of `hold`. */
const HALF = `#!/bin/bash
[[ -e hold ]] || exit 0
echo half >"$1"
mv hold held
while [[ -e held ]]; do sleep 0.1; done
`;

const WFC = `wfc: 1
config: {k: 1, unused: 1}
params: {i: [1, 2]}
rules:
  a: {input: source.txt, output: a.txt, run: "echo a >> calls; cat {input} > {output}"}
  b:
    input: [a.txt]
    output: {path: b.txt}
    code: auto
    env: {LEVEL: 1}
    run: |
      echo b >> calls
      ./half {output}
      cat {input} > {output}
      echo {config.k} >> {output}
  d: {input: other.txt, output: {path: d, directory: true}, run: "echo d >> calls; mkdir -p d; cat {input} > d/f"}
  e: {output: "e_{i}.txt", run: "echo e{i} >> calls; echo {i} > {output}"}
  c: {gather: i, input: [b.txt, d, "e_{i}.txt"], output: c.txt, run: "echo c >> calls; ls {input} > {output}"}
`;

const SNAKEFILE = `import os
os.environ["LEVEL"] = "1"
config["k"] = 1
config["unused"] = 1
I = [1, 2]
rule all:
    input: "c.txt"
rule a:
    input: "source.txt"
    output: "a.txt"
    shell: "echo a >> calls; cat {input} > {output}"
rule b:
    input: ["a.txt"]
    output: "b.txt"
    params: k=config["k"]
    shell:
        """
        echo b >> calls
        ./half {output}
        cat {input} > {output}
        echo {params.k} >> {output}
        """
rule d:
    input: "other.txt"
    output: directory("d")
    shell: "echo d >> calls; mkdir -p d; cat {input} > d/f"
rule e:
    output: "e_{i}.txt"
    shell: "echo e{wildcards.i} >> calls; echo {wildcards.i} > {output}"
rule c:
    input: "b.txt", "d", expand("e_{i}.txt", i=I)
    output: "c.txt"
    shell: "echo c >> calls; ls {input} > {output}"
`;

const MAKEFILE = `export LEVEL = 1
K = 1
UNUSED = 1
I = 1 2
c.txt: b.txt d $(I:%=e_%.txt)
\techo c >> calls; ls $^ > $@
a.txt: source.txt
\techo a >> calls; cat $< > $@
b.txt: a.txt
\techo b >> calls
\t./half $@
\tcat $^ > $@
\techo $(K) >> $@
d: other.txt
\techo d >> calls; mkdir -p d; cat $< > d/f
e_%.txt:
\techo e$* >> calls; echo $* > $@
`;

const TOOLS = ['wfc', 'Snakemake', 'GNU make'] as const;
type Tool = (typeof TOOLS)[number];

const TABLE = join(import.meta.dirname, 'changes.md');
/** What others do changes with their versions only, and Snakemake takes most of the time: its column stays as it is. */
const asksSnakemake = process.env.WFC_CHANGES === 'all';

const COMMANDS: Record<Tool, readonly string[]> = {
  wfc: [process.execPath, CLI, 'resume', '-j', '1'],
  Snakemake: ['snakemake', '-j', '1', '--nocolor'],
  'GNU make': ['make'],
};
const STATE: Record<Tool, string> = { wfc: '.wfc', Snakemake: '.snakemake', 'GNU make': '' };

class Folder {
  readonly tool: Tool;
  readonly path: string;

  constructor(tool: Tool, path: string) {
    this.tool = tool;
    this.path = path;
  }

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.at(name), text);
  }

  remove(...names: string[]): void {
    for (const name of names) rmSync(this.at(name), { recursive: true, force: true });
  }

  /** A time in seconds before now. */
  age(name: string, seconds: number): void {
    const time = Date.now() / 1000 - seconds;
    utimesSync(this.at(name), time, time);
  }

  /** Other text, and the time that it had. */
  rewrite(name: string, text: string): void {
    this.keepTime(name, () => this.write(name, text));
  }

  keepTime(name: string, action: () => void): void {
    spawnSync('touch', ['-r', this.at(name), this.at('time')]);
    action();
    spawnSync('touch', ['-r', this.at('time'), this.at(name)]);
    this.remove('time');
  }

  /** In the tool's own spec: what to replace by what, the same for all or each its own. */
  edit(edits: Readonly<Record<Tool, readonly [string, string]>>): void {
    const name = { wfc: 'wfc.yml', Snakemake: 'Snakefile', 'GNU make': 'Makefile' }[this.tool];
    const text = readFileSync(this.at(name), 'utf8');
    const [from, to] = edits[this.tool];
    expect(text).toContain(from);
    // Make looks at times: to be fair, the file itself is not what is newer.
    this.rewrite(name, text.replace(from, to));
  }

  loseState(): void {
    if (STATE[this.tool] !== '') this.remove(STATE[this.tool]);
  }

  /** Run until `b` is half-done, then SIGKILL for all that works here. */
  async killInB(): Promise<void> {
    this.write('hold', '');
    this.remove('b.txt', 'c.txt', 'calls');
    const run = execa(COMMANDS[this.tool][0]!, COMMANDS[this.tool].slice(1), { cwd: this.path, reject: false });
    let isOver = false;
    void run.then(() => {
      isOver = true;
    });
    await until(() => isOver || readdirSync(this.path).includes('held'), `${this.tool} in the middle of b`);
    expect(isOver).toBe(false);
    for (const name of ['SIGSTOP', 'SIGKILL'] as const)
      for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && this.isHome(entry)))
        signal(Number(pid), name);
    run.kill('SIGKILL');
    await run;
    this.remove('held', 'calls');
  }

  private isHome(pid: string): boolean {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === this.path;
    } catch {
      return false;
    }
  }
}

type Change = readonly [string, (f: Folder) => void | Promise<void>, { readonly only?: readonly Tool[] }?];

const CHANGES: readonly Change[] = [
  ['nothing', () => {}],
  ['the result deleted', (f) => f.remove('c.txt')],
  ['an intermediate deleted', (f) => f.remove('a.txt')],
  ['a source deleted', (f) => f.remove('source.txt')],
  ['a directory output emptied', (f) => f.keepTime('d', () => f.remove('d/f'))],
  ['the result truncated to 0 bytes', (f) => truncateSync(f.at('c.txt'), 0)],
  ['an intermediate truncated to 0 bytes', (f) => truncateSync(f.at('a.txt'), 0)],
  ['an intermediate of other text, its time kept', (f) => f.rewrite('a.txt', 'longer than before\n')],
  ['the result touched', (f) => f.age('c.txt', 0)],
  ['an intermediate touched', (f) => f.age('a.txt', 0)],
  ['a source touched', (f) => f.age('source.txt', 0)],
  [
    'an older source put back',
    (f) => {
      f.write('source.txt', 'older text\n');
      f.age('source.txt', 9999);
    },
  ],
  ['a source of other size, its time kept', (f) => f.rewrite('source.txt', 'other text, longer\n')],
  ['a source of tomorrow (a clock set back)', (f) => f.age('source.txt', -86_400)],
  [
    'a command edited',
    (f) =>
      f.edit({
        wfc: ['cat {input} > {output}\n', 'cat < a.txt > {output}\n'],
        Snakemake: ['cat {input} > {output}\n', 'cat < a.txt > {output}\n'],
        'GNU make': ['cat $^ > $@\n\techo', 'cat < a.txt > $@\n\techo'],
      }),
  ],
  [
    'blanks in a command',
    (f) =>
      f.edit({
        wfc: ['cat {input} > {output}\n', 'cat   {input}  >  {output}\n'],
        Snakemake: ['cat {input} > {output}\n', 'cat   {input}  >  {output}\n'],
        'GNU make': ['cat $^ > $@\n\techo', 'cat   $^  >  $@\n\techo'],
      }),
  ],
  [
    'a comment in a command',
    (f) =>
      f.edit({
        wfc: ['cat {input} > {output}\n', '# copy\n      cat {input} > {output}\n'],
        Snakemake: ['cat {input} > {output}\n', '# copy\n        cat {input} > {output}\n'],
        'GNU make': ['\tcat $^ > $@\n\techo', '\t# copy\n\tcat $^ > $@\n\techo'],
      }),
  ],
  ['a script edited that a command runs', (f) => appendFileSync(f.at('half'), '# more\n')],
  ['a script touched that a command runs', (f) => f.age('half', 0)],
  [
    'a value of the configuration that a command uses',
    (f) => f.edit({ wfc: ['k: 1', 'k: 2'], Snakemake: ['"k"] = 1', '"k"] = 2'], 'GNU make': ['K = 1', 'K = 2'] }),
  ],
  [
    'a value of the configuration that nothing uses',
    (f) =>
      f.edit({
        wfc: ['unused: 1', 'unused: 2'],
        Snakemake: ['"unused"] = 1', '"unused"] = 2'],
        'GNU make': ['UNUSED = 1', 'UNUSED = 2'],
      }),
  ],
  [
    'an environment variable of a command',
    (f) =>
      f.edit({ wfc: ['LEVEL: 1', 'LEVEL: 2'], Snakemake: ['= "1"', '= "2"'], 'GNU make': ['LEVEL = 1', 'LEVEL = 2'] }),
  ],
  [
    'a value of a param added',
    (f) => f.edit({ wfc: ['[1, 2]', '[1, 2, 3]'], Snakemake: ['[1, 2]', '[1, 2, 3]'], 'GNU make': ['1 2', '1 2 3'] }),
  ],
  [
    'a value of a param removed',
    (f) => f.edit({ wfc: ['[1, 2]', '[1]'], Snakemake: ['[1, 2]', '[1]'], 'GNU make': ['I = 1 2', 'I = 1'] }),
  ],
  [
    'an input added',
    (f) =>
      f.edit({
        wfc: ['[a.txt]', '[a.txt, other.txt]'],
        Snakemake: ['["a.txt"]', '["a.txt", "other.txt"]'],
        'GNU make': ['b.txt: a.txt', 'b.txt: a.txt other.txt'],
      }),
  ],
  [
    'a check added that the output passes',
    (f) =>
      f.edit({
        wfc: ['path: b.txt', 'path: b.txt, check: nonempty'],
        Snakemake: ['output: "b.txt"', 'output: ensure("b.txt", non_empty=True)'],
        'GNU make': ['', ''],
      }),
    { only: ['wfc', 'Snakemake'] },
  ],
  [
    'a check added that the output does not pass',
    (f) =>
      f.edit({
        wfc: ['output: c.txt', 'output: {path: c.txt, check: {min_bytes: 999}}'],
        Snakemake: ['', ''],
        'GNU make': ['', ''],
      }),
    { only: ['wfc'] },
  ],
  ['the state lost', (f) => f.loseState()],
  [
    'the state lost, and a source touched',
    (f) => {
      f.loseState();
      f.age('source.txt', 0);
    },
  ],
  [
    'the last record torn',
    (f) => {
      const journals = f.at('.wfc/journal');
      const file = join(journals, readdirSync(journals)[0]!);
      const text = readFileSync(file, 'utf8');
      truncateSync(file, text.lastIndexOf('\ndone\tc.txt') + 20);
      appendFileSync(file, '\nend\t0\t.\n');
    },
    { only: ['wfc'] },
  ],
  [
    'the records lost, the rest of the state kept',
    (f) => f.remove('.wfc/journal', '.snakemake/metadata'),
    { only: ['wfc', 'Snakemake'] },
  ],
  ['all killed in the middle of a command', (f) => f.killInB()],
  [
    'all killed in the middle of a command, and the state lost',
    async (f) => {
      await f.killInB();
      f.loseState();
    },
  ],
];

/** Tasks that ran, and for wfc why; or what stopped the tool. */
function runAgain({ tool, path }: Folder): string {
  const [command, ...args] = COMMANDS[tool];
  rmSync(join(path, 'calls'), { force: true });
  const { status, stdout, stderr } = spawnSync(command!, args, { cwd: path, encoding: 'utf8' });
  const failed = tool === 'wfc' && status === 1;
  if (status !== 0 && !failed) return problem(stderr);
  const calls = readCalls(path);
  if (tool !== 'wfc') return calls.length === 0 ? '–' : calls.join(' ');
  const rows = stdout.split('\n').map((line) => /^ *\d+ +(\d+) {2}([a-e]) +(.+)$/.exec(line));
  const reasons = rows.flatMap((row) =>
    row && row[1] !== '0' ? [{ rule: row[2]!, why: row[3]!, run: Number(row[1]) }] : [],
  );
  // What it says is what it does.
  for (const { rule, run } of reasons) expect(calls.filter((call) => call.startsWith(rule))).toHaveLength(run);
  expect(calls).toHaveLength(reasons.reduce((sum, { run }) => sum + run, 0));
  const names = reasons.map(({ rule, why }) => `${calls.filter((call) => call.startsWith(rule)).join(' ')} (${why})`);
  return names.length === 0 ? '–' : names.join(', ') + (failed ? ', which fails' : '');
}

function readCalls(path: string): string[] {
  if (!readdirSync(path).includes('calls')) return [];
  return readFileSync(join(path, 'calls'), 'utf8').trimEnd().split('\n').sort();
}

function problem(stderr: string): string {
  if (/IncompleteFilesException/.test(stderr)) return 'stops: incomplete files';
  if (/MissingInputException|No rule to make target/.test(stderr)) return 'stops: no source';
  return `stops: ${stderr.trim().split('\n').at(-1)}`;
}

function hasSnakemake(): boolean {
  return spawnSync('snakemake', ['--version']).status === 0;
}

function finished(tool: Tool): Experiment {
  const e = experiment('', { 'source.txt': 'source text\n', 'other.txt': 'other\n', half: HALF });
  e.remove('wfc.yml');
  e.write(
    { wfc: 'wfc.yml', Snakemake: 'Snakefile', 'GNU make': 'Makefile' }[tool],
    { wfc: WFC, Snakemake: SNAKEFILE, 'GNU make': MAKEFILE }[tool],
  );
  e.executable('half');
  // Sources and spec are older than what is made of them, whatever the file system keeps of times.
  for (const path of e.files('.')) e.age(path, 1000);
  return e;
}

it(
  'after a change wfc runs again what it says and no more; beside it, what Snakemake and GNU make run',
  async (context) => {
    if (asksSnakemake && !hasSnakemake()) context.skip('snakemake is not installed');
    const known = new Map(
      readFileSync(TABLE, 'utf8')
        .split('\n')
        .map((row) => [row.split(' | ')[0], row.split(' | ')]),
    );
    const asked = TOOLS.filter((tool) => tool !== 'Snakemake' || asksSnakemake);
    const templates = asked.map((tool) => {
      const e = finished(tool);
      const folder = new Folder(tool, e.folder);
      expect(runAgain(folder)).not.toContain('stops');
      e.remove('calls');
      return folder;
    });
    const lines = ['| change | wfc (why) | Snakemake 7 | GNU make |', '| --- | --- | --- | --- |'];
    for (const [name, change, { only = TOOLS } = {}] of CHANGES) {
      const cells: string[] = [];
      for (const { tool, path } of templates) {
        const copy = new Folder(tool, `${path}-changed`);
        // Node's own copy drops fractions of a millisecond.
        spawnSync('cp', ['-a', path, copy.path]);
        try {
          if (only.includes(tool)) await change(copy);
          cells.push(only.includes(tool) ? runAgain(copy) : 'has none');
        } finally {
          rmSync(copy.path, { recursive: true, force: true });
        }
      }
      if (!asksSnakemake) cells.splice(1, 0, known.get(`| ${name}`)?.[2] ?? 'unknown: WFC_CHANGES=all asks');
      lines.push(`| ${[name, ...cells].join(' | ')} |`);
    }
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(TABLE);
  },
  patience(80),
);
