import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';

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
