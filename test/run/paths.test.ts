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
tables: {unused: [{w: 1}]}
rules:
  one: {output: "./r/{n}.csv", run: "echo > {output}"}
  two: {output: "${e.folder}/r/{n:03}.csv", run: "echo > {output}"}
  three: {output: "{p}.csv", run: "echo > {output}"}
  four: {output: {path: "e/{h}", directory: true}, run: "mkdir {output}; touch {output}/x"}
  use: {input: "r/{g}.csv", output: "o/{g}", run: "cp {input} {output}"}
`,
  );
  const plan = JSON.parse((await e.wfc('plan --json')).stdout);
  expect(plan.rules.map((r: { tasks: number }) => r.tasks)).toEqual([2, 2, 1, 1, 1]);
  e.edit('wfc.yml', 'd/{h}/x.csv', 'e/{h}/x.csv');
  expect((await e.wfc('plan')).stderr).toContain('no file matches e/{h}/x.csv');
});
