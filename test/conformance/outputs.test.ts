/** What outputs may be: temp, protected, directories, checked; and what is left of those of tasks that failed. */
import { statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';
import { bothWays, names, reasons, tree } from './tree.ts';

const TEMP = `
rules:
  make: {output: {path: t, temp: true}, run: "echo make >> calls; echo t > t"}
  first: {input: t, output: b, run: "echo first >> calls; cp t b"}
  second: {input: [t, b], output: c, run: "echo second >> calls; cp t c"}
`;

it('a temp output goes after its last consumer', async () => {
  const e = await bothWays(TEMP);
  expect(tree(e)).toEqual({ b: 't\n', c: 't\n' });
  e.calls();
  expect((await e.run()).stderr).toContain('nothing to do');
  expect([names(e), e.calls()]).toEqual([['b', 'c'], []]);
});

it('a temp output is made again for the consumer that must run, and only for it', async () => {
  const e = await bothWays(TEMP);
  e.calls();
  e.remove('c');
  await e.run();
  expect(e.calls()).toEqual(['make', 'second']);
  expect(tree(e)).toEqual({ b: 't\n', c: 't\n' });
});

it('a temp output that is asked for by its path stays', async () => {
  expect(names(await bothWays(`${TEMP}targets: [t, c]\n`))).toEqual(['b', 'c', 't']);
  const e = experiment(TEMP);
  await e.run('--goal t');
  expect(names(e)).toEqual(['t']);
});

it('after a failure of a consumer its temp output goes at the end of the run', async () => {
  const e = experiment(TEMP.replace('cp t c', 'echo half > c; exit 1'));
  expect((await e.run('-k')).status).toBe(1);
  expect(names(e)).toEqual(['b']);
});

it('a protected output is read-only, and what would make it anew fails', async () => {
  const e = await bothWays('rules: {one: {input: s, output: {path: a, protected: true}, run: "cp s a"}}\n', { s: '1' });
  expect(statSync(e.path('a')).mode & 0o222).toBe(0);
  e.write('s', 'another');
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([1, expect.stringContaining('protected')]);
  expect(e.read('a')).toBe('1');
});

it('of an ancient input neither time nor content counts', async () => {
  const e = await bothWays(
    'rules: {one: {input: {path: s, ancient: true}, output: a, run: "echo one >> calls; cp s a"}}\n',
    { s: '1' },
  );
  e.calls();
  e.write('s', 'another');
  expect((await e.run()).stderr).toContain('nothing to do');
  expect([tree(e), e.calls()]).toEqual([{ a: '1', s: 'another' }, []]);
});

const FOLDER = `
rules:
  use: {input: d, output: u, run: "ls d > u"}
  make: {output: {path: d, directory: true}, run: "echo make >> calls; mkdir -p d; touch d/1"}
`;

it('a directory output is made anew as a whole', async () => {
  const e = await bothWays(FOLDER);
  expect(tree(e)).toEqual({ 'd/1': '', u: '1\n' });
  e.write('d/old', '');
  await e.run('--force make');
  expect(tree(e)).toEqual({ 'd/1': '', u: '1\n' });
});

it('a directory output that was emptied is made again', async () => {
  const e = await bothWays(FOLDER);
  e.calls();
  e.remove('d/1');
  expect(await reasons(e)).toEqual({ 'output missing': 1, 'upstream runs': 1 });
  await e.run();
  expect([names(e), e.calls()]).toEqual([['d/1', 'u'], ['make']]);
});

it('a file inside a directory output can be an input', async () => {
  const e = await bothWays(FOLDER.replace('input: d,', 'input: d/1,').replace('ls d', 'cat d/1'));
  expect(tree(e)).toEqual({ 'd/1': '', u: '' });
});

it('a directory output that is empty fails its task', async () => {
  const e = experiment('rules: {make: {output: {path: d, directory: true}, run: "mkdir d"}}\n');
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([1, expect.stringContaining('empty: d')]);
  expect(e.has('d')).toBe(false);
});

it('a directory where a file is declared fails its task, and the other way round', async () => {
  const e = experiment(`
rules:
  folder: {output: d, run: "mkdir d; touch d/1"}
  file: {output: {path: f, directory: true}, run: "touch f"}
`);
  expect((await e.run('-k')).status).toBe(1);
  expect([e.has('d'), e.has('f')]).toEqual([false, false]);
});

it('an output that must not be empty, and is, fails its task', async () => {
  const e = experiment('rules: {one: {output: {path: a, check: nonempty}, run: "touch a"}}\n');
  expect((await e.run()).status).toBe(1);
  expect(names(e)).toEqual([]);
});

it('an output with another checksum than declared fails its task', async () => {
  const sum = '8a798890fe93817163b10b5f7bd2ca4d25d84c52739a645a889c173eee7d9d3d';
  const e = experiment(`
rules:
  good: {output: {path: a, check: {sha256: ${sum}}}, run: "printf yes > a"}
  bad: {output: {path: b, check: {sha256: ${sum}}}, run: "printf no > b"}
`);
  expect((await e.run('-k')).status).toBe(1);
  expect(tree(e)).toEqual({ a: 'yes' });
});

it('a command that succeeds without one of its outputs has failed, and leaves none of them', async () => {
  const e = experiment('rules: {one: {output: [a, b], run: "touch a"}}\n');
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([1, expect.stringContaining('its output is missing: b')]);
  expect(names(e)).toEqual([]);
});

it('outputs of a task that failed are removed, and its log stays', async () => {
  const e = experiment('rules: {one: {output: a, log: logs/a.txt, run: "echo before; echo half > a; false"}}\n');
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([1, expect.stringContaining('before')]);
  expect(tree(e)).toEqual({ 'logs/a.txt': 'before\n' });
});

it('an old output is removed before its task starts', async () => {
  const e = await bothWays('rules: {one: {input: s, output: a, run: "cat s >> a"}}\n', { s: '1\n' });
  e.write('s', 'two\n');
  await e.run();
  expect(e.read('a')).toBe('two\n');
});

it('an intermediate file that was deleted is made again', async () => {
  const e = await bothWays(`
rules:
  one: {output: a, run: "echo one >> calls; echo 1 > a"}
  two: {input: a, output: b, run: "echo two >> calls; cp a b"}
`);
  e.calls();
  e.remove('a');
  await e.run();
  expect([tree(e), e.calls()]).toEqual([{ a: '1\n', b: '1\n' }, ['one', 'two']]);
});

it('an output that was cut to nothing is made again', async () => {
  const e = await bothWays('rules: {one: {output: a, run: "echo 1 > a"}}\n');
  e.write('a', '');
  expect(await reasons(e)).toEqual({ 'output changed': 1 });
  await e.run();
  expect(tree(e)).toEqual({ a: '1\n' });
});

it('a file that wfc did not make is no output of a task', async () => {
  const e = experiment('rules: {one: {input: s, output: a, run: "cp s a"}, two: {output: b, run: "touch b"}}\n', {
    s: '1',
  });
  await e.run('--goal b');
  e.write('a', 'by hand');
  expect(await reasons(e)).toEqual({ 'no record': 1 });
  await e.run();
  expect(tree(e)).toEqual({ a: '1', b: '', s: '1' });
});
