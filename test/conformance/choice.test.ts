/** What is asked for on the command line: goals, force, dry runs; and the same on Slurm. */
import { expect, it } from 'vitest';
import { SlurmStandIn } from '../properties/stand-in.ts';
import { experiment } from '../support/experiment.ts';
import { bothWays, names, tree } from './tree.ts';

const STEPS = `
params: {x: [1, 2]}
rules:
  a: {output: "a/{x}", run: "echo a {x} >> calls; touch {output}"}
  b: {input: "a/{x}", output: "b/{x}", run: "echo b {x} >> calls; touch {output}"}
  c: {input: "b/{x}", output: "c/{x}", run: "echo c {x} >> calls; touch {output}"}
  d: {input: "c/{x}", output: "d/{x}", run: "echo d {x} >> calls; touch {output}"}
`;

it('a rule as goal makes all its tasks and what they need, as --until does', async () => {
  const e = experiment(STEPS);
  expect((await e.run('--goal b')).status).toBe(0);
  expect(names(e)).toEqual(['a/1', 'a/2', 'b/1', 'b/2']);
});

it('a path as goal makes one task and what it needs', async () => {
  const e = experiment(STEPS);
  expect((await e.run('--goal c/1')).status).toBe(0);
  expect(names(e)).toEqual(['a/1', 'b/1', 'c/1']);
});

it('goals that leave a rule out leave out what depends on it, as --omit-from does', async () => {
  const e = experiment(STEPS);
  expect((await e.run('--goal a --goal b')).status).toBe(0);
  expect([e.has('c'), e.has('d')]).toEqual([false, false]);
  expect((await e.wfc('run --omit-from c')).status).toBe(2);
});

it('a path that no task makes is an error as goal', async () => {
  const e = experiment(STEPS);
  const { status, stderr } = await e.run('--goal c/3');
  expect([status, stderr]).toEqual([2, expect.stringContaining('c/3')]);
  expect(names(e)).toEqual([]);
});

it('a forced rule runs anew, and what depends on it', async () => {
  const e = experiment(STEPS);
  await e.run();
  e.calls();
  await e.run('--force c');
  expect(e.calls()).toEqual(['c 1', 'c 2', 'd 1', 'd 2']);
  await e.run('--force c/2');
  expect(e.calls()).toEqual(['c 2', 'd 2']);
});

it('a dry run says what would run, and writes nothing', async () => {
  const e = experiment('rules: {one: {output: out/a, log: logs/a, run: "touch {output}"}}\n');
  const { status, stdout } = await e.run('-n');
  expect([status, stdout]).toEqual([0, expect.stringContaining('one')]);
  expect([names(e), e.has('out'), e.has('logs'), e.has('.wfc')]).toEqual([[], false, false, false]);
});

it('tasks that are packed into shared jobs leave the same tree', async () => {
  const spec = `
params: {n: {from: 1, to: 6}}
rules:
  one: {output: "o/{n}", run: "echo {n} > {output}"}
  sum: {gather: n, input: "o/{n}", output: all, run: "cat {input} > {output}"}
`;
  const local = await bothWays(spec);
  for (const packing of [
    '{tasks_per_element: 3}',
    '{tasks_per_element: 1, fuse: never}',
    '{tasks_per_element: 6, lanes: 3}',
  ]) {
    const e = experiment(spec, { 'site.yml': `packing: ${packing}\n` });
    const slurm = new SlurmStandIn();
    const { status, stderr } = await e.run('--slurm --profile ./site.yml', { env: slurm.env });
    expect(status, stderr).toBe(0);
    expect(names(e)).toEqual(['site.yml']);
    await slurm.runQueue({ slots: 2, random: (below) => below - 1 });
    e.remove('site.yml');
    expect(tree(e)).toEqual(tree(local));
  }
});
