/** `wfc status` and `wfc logs`: what became of tasks, by the records; files are not looked at. */
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { type Experiment, experiment } from '../support/experiment.ts';
import { patience, until } from '../support/waiting.ts';

const HOST = hostname().replace(/[^A-Za-z0-9._-]/g, '_');
const SPEC = `
params: {i: [1, 2, 3]}
rules:
  fit:
    output: out/{i}.txt
    run: |
      echo "fitting {i}"
      [[ {i} != 2 ]] || { printf 'no \\033[31mconvergence\\n'; exit 7; }
      touch {output}
  plot: {input: "out/{i}.txt", output: "plot/{i}.txt", run: "touch {output}"}
  sum: {gather: i, input: "plot/{i}.txt", output: sum.txt, run: "touch {output}"}
`;

async function failedOnce(): Promise<Experiment> {
  const e = experiment(SPEC);
  expect((await e.run('-k')).status).toBe(1);
  return e;
}

interface Counts {
  readonly [state: string]: number;
}

async function counts(e: Experiment, args = ''): Promise<Counts> {
  const { status, stdout } = await e.wfc(`status --json ${args}`.trim());
  expect(status).toBe(0);
  const { total, done, failed, running, pending, stopped, blocked } = JSON.parse(stdout) as Counts;
  expect(done! + failed! + running! + pending! + stopped! + blocked!).toBe(total);
  return { total, done, failed, running, pending, stopped, blocked } as Counts;
}

it('counts by rule what is done, failed and blocked, and shows each failure with reason, log and its end', async () => {
  const e = await failedOnce();
  const { status, stdout } = await e.wfc('status');
  expect(status).toBe(0);
  expect(stdout.split('\n').map((line) => line.trim().replace(/ {2,}/g, '  '))).toEqual([
    'tasks  done  running  pending  failed  blocked  rule',
    '3  2  0  0  1  0  fit',
    '3  2  0  0  0  1  plot',
    '1  0  0  0  0  1  sum',
    '7  4  0  0  1  2  total',
    '',
    `failed fit i=2: exit status 7 (on ${HOST})`,
    'blocks 2 tasks: 1 of plot, 1 of sum',
    'log: .wfc/logs/fit/i=2.log',
    '| fitting 2',
    // Never obeyed.
    '| no convergence',
  ]);
});

it('--json holds the same counts, and per failure params, reason, status, Slurm id and log', async () => {
  const e = await failedOnce();
  const now = JSON.parse((await e.wfc('status --json')).stdout);
  expect(now).toEqual({
    ...{ total: 7, done: 4, failed: 1, running: 0, pending: 0, stopped: 0, blocked: 2 },
    ...{ didNotFinish: 0, queue: 'not asked', runs: [], waits: [], stops: [], wentOn: [] },
    rules: [
      { name: 'fit', total: 3, done: 2, failed: 1, running: 0, pending: 0, stopped: 0, blocked: 0 },
      { name: 'plot', total: 3, done: 2, failed: 0, running: 0, pending: 0, stopped: 0, blocked: 1 },
      { name: 'sum', total: 1, done: 0, failed: 0, running: 0, pending: 0, stopped: 0, blocked: 1 },
    ],
    failures: [
      {
        ...{ task: 'fit i=2', rule: 'fit', params: { i: '2' }, code: 'exit_status', reason: 'exit status 7' },
        ...{ attempt: 1, status: 7 },
        ...{ slurm: null, host: HOST, peakMiB: null, log: '.wfc/logs/fit/i=2.log' },
      },
    ],
    kinds: [
      {
        ...{ rule: 'fit', code: 'exit_status', reason: 'exit status 7', tasks: ['fit i=2'] },
        ...{ log: '.wfc/logs/fit/i=2.log', logEnd: ['fitting 2', 'no convergence'] },
        blocks: [
          { rule: 'plot', tasks: 1 },
          { rule: 'sum', tasks: 1 },
        ],
      },
    ],
  });
});

it('before any run all is pending; files without records are not looked at; --goal narrows', async () => {
  const e = experiment(SPEC, { 'out/1.txt': 'x' });
  expect((await e.wfc('status')).stdout).toContain('nothing ran here yet');
  expect(await counts(e)).toEqual({ total: 7, done: 0, failed: 0, running: 0, pending: 7, stopped: 0, blocked: 0 });
  expect(await counts(e, '--goal plot/1.txt')).toMatchObject({ total: 2, pending: 2 });
  expect(e.has('.wfc')).toBe(false);
});

const WAITING = `
rules:
  one: {output: a, run: "touch began; read -r < gate; touch {output}"}
  two: {input: a, output: b, run: "touch {output}"}
`;

it('what runs is running, since when and where; once its run is killed it has stopped, with that as its cause', async () => {
  const e = experiment(WAITING);
  await e.gate('gate');
  const run = e.start(['run']);
  await e.started('a');
  await e.appeared('began');
  expect(await counts(e)).toEqual({ total: 2, done: 0, failed: 0, running: 1, pending: 1, stopped: 0, blocked: 0 });
  expect((await e.wfc('status')).stdout).toContain(`a run works here: process ${run.pid} on ${hostname()}`);
  const { runs } = JSON.parse((await e.wfc('status --json')).stdout);
  expect(runs).toEqual([
    { task: 'one', rule: 'one', params: {}, attempt: 1, slurm: null, host: HOST, since: expect.any(String) },
  ]);
  expect(Math.abs(Date.now() - Date.parse(runs[0].since))).toBeLessThan(patience(30));
  expect((await e.wfc('status')).stdout).toMatch(new RegExp(`^running one, for [\\d.]+ s on ${HOST}$`, 'm'));
  run.kill('SIGKILL');
  await run.ended;
  // Its watchman ends the task.
  await expect
    .poll(async () => (await e.wfc('status')).stdout)
    .toContain('stopped 1 task: ended without a word\n  one\n  "wfc resume" runs it again');
  expect(await counts(e)).toMatchObject({ running: 0, stopped: 1, pending: 1 });
});

it('of another machine that shares the folder, what it began is running while its lock is there', async () => {
  const e = experiment(WAITING);
  e.write('.wfc/journal/000001-far-7.tsv', 'run\t1\tfar\t\t.\nstarted\ta\t1\t1000\t77\t.\n');
  e.write('.wfc/lock', JSON.stringify({ host: 'far', pid: 7, startTicks: '1', since: '2026-01-01T00:00:00.000Z' }));
  expect(await counts(e)).toMatchObject({ running: 1, pending: 1 });
  expect((await e.wfc('status')).stdout).toContain('a run works here: process 7 on far');
  e.remove('.wfc/lock');
  expect(await counts(e)).toMatchObject({ running: 0, stopped: 1, pending: 1 });
});

it.each(['run', 'resume', 'accept', 'clean --outputs --yes'])(
  'wfc %s leaves the folder to a run on another machine that holds the lock',
  async (command) => {
    const e = experiment(WAITING, { a: 'made elsewhere' });
    e.write('.wfc/lock', JSON.stringify({ host: 'far', pid: 7, startTicks: '1', since: '2026-01-01T00:00:00.000Z' }));
    const { status, stderr } = await e.wfc(command);
    expect([status, stderr]).toEqual([3, expect.stringContaining('process 7 on far')]);
    expect([e.read('a'), e.files('.wfc')]).toEqual(['made elsewhere', ['.wfc/lock']]);
  },
);

it('wfc cancel says where to stop a run of another machine, and stops one of this', async () => {
  const e = experiment(WAITING);
  e.write('.wfc/lock', JSON.stringify({ host: 'far', pid: 7, startTicks: '1', since: '2026-01-01T00:00:00.000Z' }));
  const far = await e.wfc('cancel');
  expect([far.status, far.stderr]).toEqual([3, expect.stringContaining('a run works here on far, process 7')]);
  e.remove('.wfc/lock');
  await e.gate('gate');
  const run = e.start(['run']);
  await e.appeared('began');
  expect((await e.wfc('cancel')).status).toBe(0);
  expect((await run.ended).status).toBe(130);
});

it('an attempt that was interrupted is stopped, and told so by status, why and resume, until it runs again', async () => {
  const e = experiment(WAITING);
  const gate = await e.gate('gate');
  const run = e.start(['run']);
  await e.started('a');
  await until(() => e.has('began'), 'the task has begun');
  run.kill('SIGINT');
  expect((await run.ended).status).toBe(130);
  expect(await counts(e)).toMatchObject({ running: 0, stopped: 1, pending: 1 });
  const { stops, didNotFinish } = JSON.parse((await e.wfc('status --json')).stdout);
  expect(stops).toMatchObject([{ task: 'one', cause: 'interrupted', reason: 'interrupted', attempt: 1, slurm: null }]);
  expect([didNotFinish, Date.parse(stops[0].until)]).toEqual([0, expect.any(Number)]);
  expect((await e.wfc('why a')).stdout).toMatch(/^ {2}its last attempt: interrupted, \d{4}-\S+ \S+, on /m);
  expect((await e.wfc('logs a')).stderr).toBe('one: it wrote nothing, so there is no log; interrupted');
  // What is compacted with the next run says the same.
  const again = e.start(['run']);
  await gate.pass();
  expect((await again.ended).status).toBe(0);
  expect(await counts(e)).toMatchObject({ done: 2, stopped: 0 });
});

it('an interrupted line without a cause, as was written once, is read; a torn one is not', async () => {
  const e = experiment(WAITING);
  const began = 'run\t1\tfar\t\t.\nstarted\ta\t1\t1000\t77\t.\n';
  e.write('.wfc/journal/000001-far-7.tsv', `${began}interrupted\ta\t.\n`);
  const stops = async () => JSON.parse((await e.wfc('status --json')).stdout).stops;
  expect(await stops()).toMatchObject([{ task: 'one', cause: 'interrupted', until: null }]);
  e.write('.wfc/journal/000001-far-7.tsv', `${began}interrupted\ta\tjob_limit\t1100\t.\n`);
  expect(await stops()).toMatchObject([{ cause: 'job_limit', until: '1970-01-01T00:18:20.000Z' }]);
  e.write('.wfc/journal/000001-far-7.tsv', `${began}interrupted\ta\tjob_li`);
  expect(await stops()).toMatchObject([{ cause: 'lost' }]);
});

it('a torn journal, and one of nonsense, are no obstacle', async () => {
  const e = await failedOnce();
  e.write('.wfc/journal/000050-x-1.tsv', 'done\tout/1.txt\tabc\nfailed\tout/3.txt\t1\nstarted\t\t\n\t\t\t.\n\0\n');
  expect(await counts(e)).toMatchObject({ done: 4, failed: 1 });
});

it('logs prints what a task wrote, and beside it where and how it ended', async () => {
  const e = await failedOnce();
  const failed = await e.wfc('logs fit i=2');
  expect(failed).toEqual({
    status: 0,
    stdout: 'fitting 2\nno \u001b[31mconvergence',
    stderr: 'fit i=2: .wfc/logs/fit/i=2.log; exit status 7',
  });
  expect((await e.wfc('logs -q out/1.txt')).stderr).toBe('');
  expect(await e.wfc('logs plot/1.txt')).toEqual({
    ...{ status: 0, stdout: '', stderr: 'plot i=1: it wrote nothing, so there is no log' },
  });
  expect(JSON.parse((await e.wfc('logs --json fit i=2')).stdout)).toEqual({
    ...{ task: 'fit i=2', log: '.wfc/logs/fit/i=2.log', code: 'exit_status' },
    ...{ reason: 'exit status 7', slurm: null },
  });
});
