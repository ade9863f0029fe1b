import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';

const SPEC = `
params: {site: [a, b]}
rules:
  fit: {input: "data/{site}", output: "fit/{site}", run: "echo fit {site} >> calls; cp {input} {output}"}
  all: {gather: site, input: "fit/{site}", output: all, run: "echo all >> calls; cat {input} > {output}"}
`;

it('a missing source file stops the tasks that need it, and is named', async () => {
  const e = experiment(SPEC, { 'data/a': 'a' });
  const { status, stderr } = await e.run('-k');
  expect(status).toBe(1);
  expect(stderr).toContain('failed fit site=b: its source file data/b does not exist');
  expect(stderr).toContain('1 task done');
  expect(stderr).toContain('1 failed, 1 blocked by it');
  expect(e.calls()).toEqual(['fit a']);
  e.write('data/b', 'b');
  expect((await e.run()).status).toBe(0);
  expect(e.calls()).toEqual(['all', 'fit b']);
});

it('plan names missing source files', async () => {
  const e = experiment(SPEC, { 'data/a': 'a' });
  expect((await e.wfc('plan')).stdout).toContain('do not exist:\n  data/b');
});

it('a source file that went after its tasks were complete stops nothing', async () => {
  const e = experiment(SPEC, { 'data/a': 'a', 'data/b': 'b' });
  await e.run();
  e.calls();
  e.remove('data/b');
  expect((await e.run()).stderr).toContain('nothing to do');
  e.remove('fit/b');
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([1, expect.stringContaining('its source file data/b does not exist')]);
});

it('a source file that comes back as another one makes its tasks stale', async () => {
  const e = experiment(SPEC, { 'data/a': 'a', 'data/b': 'b' });
  await e.run();
  e.calls();
  e.remove('data/b');
  await e.run();
  e.write('data/b', 'bb');
  await e.run();
  expect(e.calls()).toEqual(['all', 'fit b']);
});

it('a source file that is missing is told once where nothing else is to run, with rule and task', async () => {
  const e = experiment(SPEC, { 'data/a': 'a' });
  for (const options of ['', '-k --goal fit/b']) {
    const { stderr } = await e.run(options);
    expect(stderr.split('\n').filter((line) => line.includes('data/b'))).toEqual([
      'failed fit site=b: its source file data/b does not exist',
    ]);
  }
});

it('an input with a slip in it is a warning of validate, plan and run that names the output; a source file is none', async () => {
  const e = experiment(`
params: {model: [lstm, gru]}
rules:
  train: {output: "runs/{model}", run: "echo {model} > {output}"}
  score: {input: "run/{model}", output: "scores/{model}", run: "cat {input} > {output}"}
`);
  const hint = 'did you mean runs/{model}, which rule "train" makes?';
  for (const command of ['validate', 'plan', 'run']) expect((await e.wfc(command)).stderr).toContain(hint);
  // One of them is there: these are files of the user's own.
  e.write('run/gru', '');
  expect((await e.wfc('validate')).stderr).toBe('');
});
