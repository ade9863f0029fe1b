import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { experiment, until } from '../support/experiment.ts';

const WAITING = 'rules: {one: {output: a, run: "touch began; read -r < gate; touch {output}"}}\n';

it('refuses a second run in one folder, naming process and host of the first, which goes on', async () => {
  const e = experiment(WAITING);
  const gate = await e.gate('gate');
  const first = e.start(['run']);
  await e.appeared('began');
  const second = await e.run();
  expect(second.status).toBe(3);
  expect(second.stderr).toContain(`another wfc works in this folder: process ${first.pid} on ${hostname()}, since `);
  await gate.pass();
  expect((await first.ended).status).toBe(0);
});

it('looks without a lock: plan and a dry run work beside a run', async () => {
  const e = experiment(WAITING);
  const gate = await e.gate('gate');
  const run = e.start(['run']);
  await e.appeared('began');
  expect((await e.wfc('plan')).status).toBe(0);
  expect((await e.run('-n')).status).toBe(0);
  await gate.pass();
  expect((await run.ended).status).toBe(0);
});

function lockText({ host = hostname(), pid = process.pid, startTicks = '1' }): string {
  return `2\t${host}\t${pid}\t${startTicks}\t2026-01-01T00:00:00.000Z\t.\n`;
}

const DONE = 'rules: {one: {output: a, run: "touch {output}"}}\n';

it('takes over the lock of a process that is dead', async () => {
  const e = experiment(
    'rules: {one: {output: a, run: "[[ -e go ]] || { touch began; read -r < gate; }; touch {output}"}}\n',
  );
  await e.gate('gate');
  const killed = e.start(['run']);
  await e.appeared('began');
  killed.kill('SIGKILL');
  await killed.ended;
  expect(e.has('.wfc/lock')).toBe(true);
  // Its task may still wait at the gate: what comes next must not share that.
  e.write('go', '');
  expect((await e.run()).status).toBe(0);
  expect(e.has('.wfc/lock')).toBe(false);
});

it('takes over the lock of a process whose number another process has now', async () => {
  const e = experiment(DONE, { '.wfc/lock': lockText({}) });
  expect((await e.run()).status).toBe(0);
});

it('respects the lock of another host, and says how to get rid of it', async () => {
  const e = experiment(DONE, { '.wfc/lock': lockText({ host: 'elsewhere', pid: 1 }) });
  const { status, stderr } = await e.run();
  expect(status).toBe(3);
  expect(stderr).toContain('process 1 on elsewhere, since 2026-01-01');
  expect(stderr).toContain('If that host is gone for good, remove .wfc/lock');
  e.remove('.wfc/lock');
  expect((await e.run()).status).toBe(0);
});

it.each([
  [
    'of a former wfc',
    JSON.stringify({ host: 'elsewhere', pid: 1, startTicks: '1', since: '2026-01-01T00:00:00.000Z' }),
  ],
  ['of a later one', lockText({ host: 'elsewhere', pid: 1 }).replace(/^2\t(.*)\.\n/, '3\t$1more\t.\n')],
])('respects a lock %s', async (_, lock) => {
  const e = experiment(DONE, { '.wfc/lock': lock });
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([3, expect.stringContaining('process 1 on elsewhere, since 2026-01-01')]);
});

it('lets exactly one of several runs have a stale lock', async () => {
  const e = experiment(WAITING, { '.wfc/lock': lockText({}) });
  const gate = await e.gate('gate');
  const runs = Array.from({ length: 4 }, () => e.start(['run']));
  const refused: number[] = [];
  for (const run of runs) void run.ended.then(({ status }) => refused.push(status!));
  await until(() => refused.length === 3, 'three runs that are refused');
  await gate.pass();
  const all = await Promise.all(runs.map((run) => run.ended));
  expect(all.map((r) => r.status).sort()).toEqual([0, 3, 3, 3]);
});
