/** Rules, paths and targets: who makes what, and in which order. */
import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';
import { bothWays, names, tree } from './tree.ts';

const CHAIN = `
rules:
  third: {input: b, output: c, run: "echo c >> calls; cat {input} > {output}"}
  second: {input: a, output: b, run: "echo b >> calls; cat {input} > {output}"}
  first: {output: a, run: "echo a >> calls; echo text > {output}"}
`;

it('a chain runs in the order of its files, whatever the order of its rules', async () => {
  const e = await bothWays(CHAIN);
  expect(e.read('calls')).toBe('a\nb\nc\n');
  expect(tree(e)).toEqual({ a: 'text\n', b: 'text\n', c: 'text\n' });
  e.calls();
  expect((await e.run()).stderr).toContain('nothing to do');
  expect(e.calls()).toEqual([]);
});

it('a fan-out has one task a value, and each has its own file', async () => {
  const e = await bothWays(
    `
params: {n: {from: 1, to: 3}}
rules:
  cut: {input: whole, output: "part/{n}", run: "sed -n {n}p {input} > {output}"}
`,
    { whole: 'one\ntwo\nthree\n' },
  );
  expect(tree(e)).toEqual({ whole: 'one\ntwo\nthree\n', 'part/1': 'one\n', 'part/2': 'two\n', 'part/3': 'three\n' });
});

it('a fan-in reads its files in the order of the values', async () => {
  const e = await bothWays(`
params: {s: [zeta, alpha, "10", "9"]}
rules:
  one: {output: "one/{s}", run: "echo {s} > {output}"}
  all: {gather: s, input: "one/{s}", output: all, run: "cat {input} > {output}"}
`);
  expect(e.read('all')).toBe('zeta\nalpha\n10\n9\n');
});

it('params that vary together do not multiply', async () => {
  const e = await bothWays(`
tables: {pairs: [{a: 1, b: x}, {a: 2, b: y}]}
rules: {one: {output: "o/{a}_{b}", run: "touch {output}"}}
`);
  expect(names(e)).toEqual(['o/1_x', 'o/2_y']);
});

it('values come from the files that are there', async () => {
  const e = await bothWays(
    `
params: {s: {glob: "data/{s}.csv"}}
rules: {copy: {input: "data/{s}.csv", output: "o/{s}", run: "cp {input} {output}"}}
`,
    { 'data/a.csv': 'A', 'data/b.csv': 'B', 'data/c.txt': 'C' },
  );
  expect(e.files('o')).toEqual(['o/a', 'o/b']);
});

it('one task makes all its outputs, once', async () => {
  const e = await bothWays(`
rules: {pair: {output: [x/1/a, y/b], run: "echo pair >> calls; echo A > {output[0]}; echo B > {output[1]}"}}
`);
  expect(tree(e)).toEqual({ 'x/1/a': 'A\n', 'y/b': 'B\n' });
  expect(e.calls()).toEqual(['pair']);
});

it('where one of several outputs is gone, its task makes all of them anew', async () => {
  const e = await bothWays('rules: {pair: {output: [a, b], run: "echo pair >> calls; touch {output}"}}\n');
  e.calls();
  e.remove('b');
  expect((await e.run()).status).toBe(0);
  expect([names(e), e.calls()]).toEqual([['a', 'b'], ['pair']]);
});

it('folders of outputs and of logs are made', async () => {
  const e = await bothWays(`
params: {n: [1]}
rules: {one: {output: "a/b/{n}/c/out", log: "logs/d/{n}.txt", run: "echo said; touch {output}"}}
`);
  expect(tree(e)).toEqual({ 'a/b/1/c/out': '', 'logs/d/1.txt': 'said\n' });
});

it('without targets every task of every rule is made', async () => {
  const spec = 'rules: {first: {output: a, run: "touch a"}, second: {output: b, run: "touch b"}}\n';
  expect(names(await bothWays(spec))).toEqual(['a', 'b']);
  expect(names(await bothWays(`${spec}targets: first\n`))).toEqual(['a']);
});

it('two rules that could make one file are an error, and nothing runs', async () => {
  const e = experiment(`
params: {x: [a, b], d: [out]}
rules:
  one: {output: "out/{x}.txt", run: "touch {output}"}
  two: {output: "{d}/a.txt", run: "touch {output}"}
`);
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([2, expect.stringContaining('out/a.txt')]);
  expect([names(e), e.has('.wfc')]).toEqual([[], false]);
});

it('one path twice among the outputs of a rule is an error', async () => {
  const e = experiment('rules: {one: {output: [a, "./a"], run: "touch a"}}\n');
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([2, expect.stringMatching(/would write .* twice/)]);
  expect(names(e)).toEqual([]);
});

it('a cycle is an error that names its rules, and nothing runs', async () => {
  const e = experiment(`
rules:
  one: {input: b, output: a, run: "touch a"}
  two: {input: a, output: b, run: "touch b"}
  other: {output: c, run: "touch c"}
`);
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([2, expect.stringContaining('wait for each other')]);
  expect(stderr).toMatch(/one[\s\S]*two/);
  expect(names(e)).toEqual([]);
});

it('a rule may make what its other tasks read', async () => {
  const e = await bothWays(`
tables: {steps: [{n: 1, before: 0}, {n: 2, before: 1}, {n: 3, before: 2}]}
rules:
  first: {output: s/0, run: "echo 0 > {output}"}
  step: {input: "s/{before}", output: "s/{n}", run: "cat {input} > {output}; echo {n} >> {output}"}
`);
  expect(e.read('s/3')).toBe('0\n1\n2\n3\n');
});

it('a source file that is missing stops the tasks that would read it, before any other starts', async () => {
  const e = experiment(`
rules:
  other: {output: c, run: "touch c"}
  reader: {input: nowhere, output: b, run: "touch b"}
  next: {input: b, output: d, run: "touch d"}
`);
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([1, expect.stringContaining('nowhere does not exist')]);
  expect(names(e)).toEqual([]);
  expect((await e.run('-k')).status).toBe(1);
  expect(names(e)).toEqual(['c']);
});

it('a source file that went after its use is not asked for', async () => {
  const e = experiment('rules: {copy: {input: source, output: copy, run: "cp {input} {output}"}}\n', { source: '1' });
  await e.run();
  e.remove('source');
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([0, expect.stringContaining('nothing to do')]);
  expect(tree(e)).toEqual({ copy: '1' });
});

it('paths with "./" and "//" are the paths without', async () => {
  const e = await bothWays(`
rules:
  one: {output: "./d//a", run: "echo {output} > {output}"}
  two: {input: ".//d/./a", output: b, run: "echo {input} > {output}"}
`);
  expect(tree(e)).toEqual({ 'd/a': 'd/a\n', b: 'd/a\n' });
});

it('outputs may be absolute paths', async () => {
  const e = experiment('');
  e.write(
    'wfc.yml',
    `wfc: 1
rules:
  one: {output: "${e.folder}/deep/a", run: "echo 1 > {output}"}
  two: {input: "${e.folder}/deep/a", output: b, run: "cp {input} {output}"}
`,
  );
  const { status, stderr } = await e.run();
  expect(status, stderr).toBe(0);
  expect(tree(e)).toEqual({ 'deep/a': '1\n', b: '1\n' });
});

it('an output that is a link is followed: what it leads to counts', async () => {
  const e = await bothWays(
    `
rules:
  link: {input: source, output: link, run: "echo link >> calls; ln -s source link"}
  use: {input: link, output: use, run: "echo use >> calls; cat link > {output}"}
`,
    { source: '1' },
  );
  expect(e.calls()).toEqual(['link', 'use']);
  expect((await e.run()).stderr).toContain('nothing to do');
  e.write('source', 'another');
  await e.run();
  expect(e.calls()).toEqual(['link', 'use']);
  expect([e.read('use'), e.read('source')]).toEqual(['another', 'another']);
});
