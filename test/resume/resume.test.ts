/** `wfc resume` on this machine: what it remembers, what it says, and that it runs just what is not complete. */
import { expect, it } from 'vitest';
import { type Experiment, experiment } from '../support/experiment.ts';

/** `fit` of i=2 fails until there is a file `mended`. */
const SPEC = `
config: {epochs: 1}
params: {i: [1, 2, 3]}
rules:
  fit:
    output: out/{i}.txt
    run: |
      echo fit {i} {config.epochs} >> calls
      [[ {i} != 2 || -e mended ]]
      echo {config.epochs} > {output}
  sum: {gather: i, input: "out/{i}.txt", output: out/sum.txt, run: "echo sum >> calls; cat {input} > {output}"}
`;

/** One task failed; all that does not depend on it is done. */
async function failedOnce(args = '-k'): Promise<Experiment> {
  const e = experiment(SPEC);
  expect((await e.run(args)).status).toBe(1);
  e.calls();
  e.write('mended', '');
  return e;
}

it('redoes what failed and what hangs on it, and says first what and why', async () => {
  const e = await failedOnce();
  const { status, stdout } = await e.wfc('resume');
  expect(status).toBe(0);
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/)),
  ).toEqual([
    ['tasks', 'to run', 'rule', 'why'],
    ['3', '1', 'fit', 'output missing'],
    ['1', '1', 'sum', 'output missing'],
    ['4', '2', 'total'],
  ]);
  expect(e.calls()).toEqual(['fit 2 1', 'sum']);
  const again = await e.wfc('resume');
  expect([again.status, again.stderr]).toEqual([0, 'nothing to do: all 4 tasks are complete']);
  expect(e.calls()).toEqual([]);
});

it('with no earlier run it is a run', async () => {
  const e = experiment(SPEC, { mended: '' });
  expect((await e.wfc('resume')).status).toBe(0);
  expect(e.calls()).toEqual(['fit 1 1', 'fit 2 1', 'fit 3 1', 'sum']);
});

it('takes --set and --goal of the last run, and says so; each that is given anew replaces its own alone', async () => {
  const e = await failedOnce('-k --set epochs=7 --set i=1,2 --goal sum');
  const dry = await e.wfc('resume -n');
  expect(dry.stderr).toContain('as in the last run, unless given anew: --set epochs=7 --set i=1,2 --goal sum');
  expect(dry.stdout).toMatch(/2 +1 +fit +output missing\n/);
  const given = await e.wfc('resume --goal out/2.txt');
  expect(given.stderr).toContain('1 task done');
  expect(e.calls()).toEqual(['fit 2 7']);
  expect((await e.wfc('resume --set epochs=8 --goal fit')).status).toBe(0);
  // Without the other --set: all values of the param.
  expect(e.calls()).toEqual(['fit 1 8', 'fit 2 8', 'fit 3 8']);
});

it('a dry run is not remembered, and neither is a look', async () => {
  const e = await failedOnce('-k --set epochs=7');
  for (const look of ['run -n --set epochs=9', 'resume -n --set epochs=9', 'plan --set epochs=9', 'status']) {
    expect((await e.wfc(look)).status).toBe(0);
  }
  await e.wfc('resume');
  expect(e.calls()).toEqual(['fit 2 7', 'sum']);
});

it('finds --config and --profile of the last run from any folder', async () => {
  const e = experiment(SPEC, {
    mended: '',
    'sub/more.yml': 'epochs: 3\n',
    'sub/site.yml': 'local: {jobs: 1}\n',
    'elsewhere/.keep': '',
  });
  await e.start(['run', '--config', 'sub/more.yml', '--profile', 'sub/site.yml']).ended;
  expect(e.calls()).toEqual(['fit 1 3', 'fit 2 3', 'fit 3 3', 'sum']);
  const resumed = await e.start(['resume', '../wfc.yml'], { folder: 'elsewhere' }).ended;
  expect([resumed.status, resumed.stderr]).toEqual([
    0,
    'as in the last run, unless given anew: --config sub/more.yml --profile ./sub/site.yml\n' +
      'nothing to do: all 4 tasks are complete',
  ]);
  e.remove('sub/site.yml');
  const gone = await e.wfc('resume');
  expect(gone.status).toBe(2);
  expect(gone.stderr).toContain('sub/site.yml');
});

it('a file of the last run that is torn or strange counts as no earlier run', async () => {
  const e = await failedOnce('-k --set epochs=7');
  for (const text of [
    '',
    '{"backend": "loc',
    'null',
    '{"backend": "cloud"}',
    '{"backend":"local","set":5,"goal":[1]}',
  ]) {
    e.write('.wfc/last-run.json', text);
    const { status, stderr } = await e.wfc('resume -n');
    expect([status, stderr]).toEqual([0, '']);
  }
});

it('-n --json has the shape of plan --json, and touches nothing', async () => {
  const e = await failedOnce();
  const before = [e.files('.'), e.read('.wfc/last-run.json')];
  const { status, stdout } = await e.wfc('resume -n --json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    total: 4,
    run: 2,
    rules: [
      { name: 'fit', tasks: 3, run: 1, reasons: { 'output missing': 1 } },
      { name: 'sum', tasks: 1, run: 1, reasons: { 'output missing': 1 } },
    ],
  });
  expect(stdout).toBe((await e.wfc('plan --json')).stdout);
  expect([e.files('.'), e.read('.wfc/last-run.json')]).toEqual(before);
  expect(e.calls()).toEqual([]);
});

it('--json is one object: the summary of the run', async () => {
  const e = await failedOnce();
  const { stdout, stderr } = await e.wfc('resume --json');
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'done', total: 4, complete: 2, done: 2, failed: 0 });
  expect(stderr).toBe('');
});

it('--local and --slurm at once, and a --force that names nothing, are told with status 2', async () => {
  const e = await failedOnce();
  expect((await e.wfc('resume --local --slurm')).stderr).toContain('--local and --slurm: choose one');
  const wrong = await e.wfc('resume --force fitt');
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean "fit"')]);
  expect(e.calls()).toEqual([]);
});

it('--watch on a local run is told with status 2', async () => {
  const e = await failedOnce();
  const { status, stderr } = await e.wfc('resume --watch');
  expect([status, stderr]).toEqual([2, expect.stringContaining('--watch goes with Slurm')]);
  expect(e.calls()).toEqual([]);
});

it('goes to Slurm where the last run was there, and says in plain words where there is none', async () => {
  const e = await failedOnce();
  e.write('.wfc/last-run.json', '{"backend": "slurm", "set": [], "config": [], "goal": [], "profile": null}');
  const env = { PATH: `${e.path('bin')}:/usr/bin:/bin` };
  e.write('bin/squeue', '#!/bin/sh\nexit 1\n');
  e.executable('bin/squeue');
  const { status, stderr } = await e.wfc('resume', { env });
  expect([status, stderr]).toEqual([3, expect.stringContaining('squeue does not answer')]);
  expect((await e.wfc('resume --local', { env })).status).toBe(0);
  expect(e.calls()).toEqual(['fit 2 1', 'sum']);
});
