import { readdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type Experiment, experiment } from '../support/experiment.ts';

it('a path that a shell would expand is refused before anything is made', async () => {
  for (const path of ['~/x.txt', '~root/x.txt', '$HOME/x.txt', 'a/${SCRATCH}/x.txt', '$(pwd)/x.txt', '`pwd`/x.txt']) {
    const e = experiment(`rules: {r: {output: "${path}", run: "echo > {output}"}}\n`);
    const { status, stderr } = await e.run();
    expect([status, stderr]).toEqual([2, expect.stringContaining('paths are taken as they are')]);
    expect(readdirSync(e.folder)).toEqual(['wfc.yml']);
  }
});

it('a "~" or "$" that no shell would expand is a part of a name, in each place of a path', async () => {
  const e = experiment(
    `
params: {v: ["~v", "$v", "v~"]}
rules:
  a: {input: "in~", output: "o$/a~b", log: "l$1/~log", run: "cat {input} > {output}; echo logged"}
  b: {input: "o$/a~b", output: "./~b", run: "cat {input} > {output}"}
  c: {input: "./~b", output: "o$/{v}", run: "cat {input} > {output}"}
targets: ["o$/{v}"]
`,
    { 'in~': 'x\n' },
  );
  expect(await e.run()).toMatchObject({ status: 0 });
  expect(['o$/a~b', '~b', 'o$/~v', 'o$/$v', 'o$/v~'].map((path) => e.read(path))).toEqual(Array(5).fill('x\n'));
  expect(e.read('l$1/~log')).toBe('logged\n');
  expect((await e.run()).stderr).toContain('nothing to do');
});

it('--set puts in what the shell makes of a variable', async () => {
  const e = experiment(`
config: {scratch: elsewhere}
rules: {r: {output: "{config.scratch}/x.txt", run: "echo > {output}"}}
`);
  expect((await e.run(`--set scratch=${e.path('there')}`)).status).toBe(0);
  expect(e.has('there/x.txt')).toBe(true);
});

/** The ways to write `out/a.txt` in a spec that lies in this folder, and that a link leads to. */
function spellings(e: Experiment, link: string): string[] {
  const name = basename(e.folder);
  return [
    `${e.folder}/out/a.txt`,
    `${link}/out//./a.txt`,
    `../${name}/out/a.txt`,
    `{config.here}/out/a.txt`,
    './out//a.txt',
  ];
}

it('a path below the folder of the spec is one path, however it is written', async () => {
  const e = experiment('');
  const link = `${e.folder}-link`;
  symlinkSync(e.folder, link);
  onTestFinished(() => rmSync(link));
  for (const path of spellings(e, link)) {
    for (const [made, read] of [
      [path, 'out/a.txt'],
      ['out/a.txt', path],
    ]) {
      e.write(
        'wfc.yml',
        `
wfc: 1
config: {here: ${e.folder}}
rules:
  second: {input: "${read}", output: b.txt, run: "cat {input} > {output}"}
  first: {output: "${made}", run: "mkdir -p sub; cd sub; echo x > {output}"}
targets: ["${e.path('b.txt')}"]
`,
      );
      // Commands get the path as it is written: an absolute one holds after a `cd`.
      if (!made!.startsWith('/') && !made!.startsWith('{')) e.edit('wfc.yml', 'cd sub; ', '');
      const plan = JSON.parse((await e.wfc('plan --json')).stdout);
      expect([path, plan.total, plan.run]).toEqual([path, 2, 2]);
      expect([path, await e.run('-j1')]).toMatchObject([path, { status: 0 }]);
      expect((await e.run()).stderr).toContain('nothing to do');
      e.remove('out');
      e.remove('.wfc');
      e.remove('b.txt');
    }
    e.write(
      'wfc.yml',
      `
wfc: 1
config: {here: ${e.folder}}
rules:
  first: {output: out/a.txt, run: "echo x > {output}"}
  second: {output: "${path}", run: "echo y > {output}"}
`,
    );
    expect([path, (await e.wfc('validate')).stderr]).toEqual([
      path,
      expect.stringContaining('two tasks would write out/a.txt'),
    ]);
  }
});

it('params may lead into the folder of the spec: two producers of one file are seen, and so is a directory', async () => {
  const e = experiment('');
  const parts = e.folder.split('/').slice(1);
  e.write(
    'wfc.yml',
    `
wfc: 1
params: {top: [${parts[0]}, other]}
tables: {t: [{whole: w}]}
rules:
  a: {output: "/{top}/${parts.slice(1).join('/')}/x", run: "touch {output}"}
  b: {output: x, run: "touch {output}"}
`,
  );
  expect((await e.wfc('validate')).stderr).toMatch(/two tasks would write .*\/x: b, and a top=/);
  e.edit('wfc.yml', 'output: x,', 'output: {path: y, directory: true},');
  expect((await e.wfc('validate')).status).toBe(0);
  e.edit('wfc.yml', '/x"', '/y/x"');
  expect((await e.wfc('validate')).stderr).toContain('lies inside the directory that another task makes: b');
});

it('a path on the command line is found however it is written', async () => {
  const e = experiment(
    `
rules:
  first: {input: in.txt, output: out/a.txt, run: "echo said; cat {input} > {output}"}
`,
    { 'in.txt': 'x' },
  );
  expect(await e.run(`--goal ${e.path('out/a.txt')}`)).toMatchObject({ status: 0 });
  const name = basename(e.folder);
  for (const path of [e.path('out/a.txt'), './out/a.txt', `../${name}/out/a.txt`, 'out//a.txt', 'out/../out/a.txt']) {
    expect([path, (await e.wfc(`why ${path}`)).stdout]).toEqual([path, expect.stringContaining('is complete')]);
    expect([path, (await e.wfc(`logs ${path}`)).stdout]).toEqual([path, expect.stringContaining('said')]);
    expect((await e.wfc(`plan --force ${path} --json`)).stdout).toContain('"forced": 1');
  }
  expect((await e.wfc(`why ${e.path('in.txt')}`)).stdout).toContain('is a source file');
});

it('a glob leaves out what tasks make, however that is written', async () => {
  const e = experiment('', {
    'r/in.csv': '',
    'r/1.csv': '',
    'r/002.csv': '',
    'r/sub.csv': '',
    'd/s/x.csv': '',
    'e/u/x.csv': '',
  });
  e.write(
    'wfc.yml',
    `
wfc: 1
params:
  n: {from: 1, to: 2}
  p: {values: [r/sub], path: true}
  g: {glob: "${e.folder}/r/{g}.csv"}
  h: {glob: "d/{h}/x.csv"}
tables: {named: {rows: [{w: 1, f: s/one}, {w: 2, f: t}], path: true}}
rules:
  one: {output: "./r/{n}.csv", run: "echo > {output}"}
  two: {output: "${e.folder}/r/{n:03}.csv", run: "echo > {output}"}
  three: {output: "{p}.csv", run: "echo > {output}"}
  four: {output: {path: "e/{h}", directory: true}, run: "mkdir {output}; touch {output}/x"}
  named: {output: "{f}.{w}", run: "echo > {output}"}
  use: {input: "r/{g}.csv", output: "o/{g}", run: "cp {input} {output}"}
`,
  );
  const plan = JSON.parse((await e.wfc('plan --json')).stdout);
  expect(plan.rules.map((r: { tasks: number }) => r.tasks)).toEqual([2, 2, 1, 1, 2, 1]);
  e.edit('wfc.yml', 'd/{h}/x.csv', 'e/{h}/x.csv');
  expect((await e.wfc('plan')).stderr).toContain('no file matches e/{h}/x.csv');
});

it('no task writes over the spec, what it reads, or what wfc keeps', async () => {
  const e = experiment('', { 'wfc.txt': 'x', 'other.txt': 'y', 'set.yml': 'k: 1\n', 'site.yml': '{}\n' });
  const spec = (output: string, rest = ''): void =>
    e.write(
      'wfc.yml',
      `wfc: 1\nconfig: {k: 0}\nparams: {n: {glob: "{n}.txt"}}\nrules:\n  r: {output: "${output}", run: "echo spoiled > {output}"${rest}}\n`,
    );
  const before = (): string[] => e.files('.').map((path) => `${path}: ${e.read(path)}`);
  for (const [output, rest, options, words] of [
    ['{n}.yml', '', '', 'task r n=wfc would write over wfc.yml, the spec itself'],
    ['set{n}.yml', ', log: set.yml', '--config set.yml', 'this log lacks {n}'],
    ['set.yml', '', '--config set.yml', 'task r would write over set.yml, a file of --config'],
    ['site.yml', '', '--profile ./site.yml', 'task r would write over site.yml, the profile'],
    ['.wfc/{n}', '', '', 'lies below .wfc, where wfc keeps its own files'],
    [`${e.folder}/.wfc/journal/{n}`, '', '', 'lies below .wfc, where wfc keeps its own files'],
    ['a', ', log: .wfc/lock', '', 'lies below .wfc, where wfc keeps its own files'],
  ] as const) {
    spec(output, rest);
    const files = before();
    const { status, stderr } = await e.run(options);
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect(before()).toEqual(files);
  }
  // A path that differs from all of these, by whatever little, is fine, and so are logs where wfc puts them.
  spec('new-{n}.yml');
  expect(await e.run('--config set.yml --profile ./site.yml')).toMatchObject({ status: 0 });
});

it('the folder of compiled scripts is no place for outputs', async () => {
  const e = experiment(`rules: {r: {output: scripts/x/y, run: "echo > {output}"}}\n`);
  const { status, stderr } = await e.wfc('compile --target local --out scripts');
  expect([status, stderr]).toEqual([
    2,
    expect.stringContaining('scripts/x/y lies below scripts, the folder of the scripts'),
  ]);
  expect((await e.wfc('compile --target local --out scripts/x/make')).status).toBe(0);
  e.edit('wfc.yml', 'output: scripts/x/y', 'output: {path: scripts/x, directory: true}');
  expect((await e.wfc('compile --target local --out scripts/x/make')).stderr).toContain(
    'makes the directory scripts/x anew',
  );
});

it("a log meets no output, no input and no other log: not a task's own, nor another's", async () => {
  const e = experiment('', { 'a.csv': 'data', 'b.csv': 'data' });
  for (const [rules, words] of [
    [
      'r: {input: "{s}.csv", output: "{s}.out", log: "{s}.csv", run: "echo {input} > {output}; echo said"}',
      'this input is a log',
    ],
    [
      'r: {output: {path: "d/{s}", directory: true}, log: "d/{s}/log", run: "mkdir -p {output}; echo said"}',
      'lies in the directory that r s=a makes',
    ],
    [
      'r: {output: "{s}", log: "{s}.log", run: "touch {output}"}\n  t: {output: "t/{s}", log: "a.log", run: x}',
      'this log lacks {s}',
    ],
    [
      'r: {output: "{s}", log: "l/{s}", run: "touch {output}"}\n  t: {output: t, log: l/b, run: x}',
      'two tasks would write the log l/b: t, and r s=b',
    ],
    [
      'r: {output: "{s}", log: "l/{s}", run: "touch {output}"}\n  t: {output: l/b, run: x}',
      'the log l/b is an output, too: of t',
    ],
  ]) {
    e.write('wfc.yml', `wfc: 1\nparams: {s: [a, b]}\nrules:\n  ${rules}\n`);
    const { status, stderr } = await e.run();
    expect([rules, status, stderr]).toEqual([rules, 2, expect.stringContaining(words!)]);
    expect(e.read('a.csv')).toBe('data');
  }
  e.write(
    'wfc.yml',
    'wfc: 1\nparams: {s: [a, b]}\nrules:\n  r: {output: "o/{s}", log: "o/{s}.log", run: "touch {output}; echo said"}\n',
  );
  expect(await e.run()).toMatchObject({ status: 0 });
  expect(e.read('o/b.log')).toBe('said\n');
});

it('an input below the path of an output that is a file is refused: its folder would go', async () => {
  const e = experiment('rules: {r: {input: data/in, output: data, run: "echo > {output}"}}\n', { 'data/in': 'mine' });
  expect(await e.run()).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('which would take the place of the folder'),
  });
  expect(e.read('data/in')).toBe('mine');
});
