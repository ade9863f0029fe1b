import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { experiment, timeless } from '../support/experiment.ts';

it('a task that has not run is told apart from one that wrote nothing', async () => {
  const e = experiment(
    'rules: {silent: {output: a, run: "touch {output}"}, next: {input: a, output: b, run: "touch {output}"}}\n',
  );
  expect((await e.wfc('logs a')).stderr).toBe('silent: it has not run yet, so there is no log');
  await e.run('--goal a');
  expect((await e.wfc('logs a')).stderr).toBe('silent: it wrote nothing, so there is no log');
  expect((await e.wfc('logs next')).stderr).toBe('next: it has not run yet, so there is no log');
});

it('keeps what a task prints, output and errors in order, in a log per task under .wfc/logs', async () => {
  const e = experiment(`
params: {site: [a, b]}
rules:
  fit: {output: "out/{site}", run: "echo out {site}; echo err {site} >&2; echo more; touch {output}"}
`);
  await e.run();
  expect(e.files('.wfc/logs').map((f) => e.read(f))).toEqual(['out a\nerr a\nmore\n', 'out b\nerr b\nmore\n']);
});

it('makes no log where nothing was printed', async () => {
  const e = experiment(`
rules:
  quiet: {output: a, run: "touch {output}"}
  named: {output: b, log: logs/b.log, run: "touch {output}"}
`);
  await e.run();
  expect([e.files('.wfc/logs'), e.has('logs/b.log')]).toEqual([[], false]);
});

it('writes the log where `log` says, and gives its path to the command', async () => {
  const e = experiment(`
params: {site: [a, b]}
rules:
  fit: {output: "out/{site}", log: "logs/{site}/fit.log", run: "echo {log}; echo own >> {log}; touch {output}"}
`);
  await e.run();
  expect(e.read('logs/a/fit.log')).toBe('logs/a/fit.log\nown\n');
  expect(e.read('logs/b/fit.log')).toBe('logs/b/fit.log\nown\n');
});

it.skipIf(!existsSync('/dev/shm'))('takes a log on another file system', async () => {
  const shm = mkdtempSync('/dev/shm/wfc-logs-');
  onTestFinished(() => rmSync(shm, { recursive: true }));
  const e = experiment(`rules: {one: {output: a, log: "${shm}/sub/one.log", run: "echo text; touch a"}}\n`);
  expect((await e.run()).status).toBe(0);
  expect(readFileSync(`${shm}/sub/one.log`, 'utf8')).toBe('text\n');
});

it('keeps the log of an earlier run, and shows only what the last attempt said', async () => {
  const e = experiment('rules: {one: {output: a, run: "cat words; exit 1"}}\n', { words: 'first\n' });
  await e.run();
  e.write('words', 'second\n');
  const { stderr } = await e.run();
  expect(timeless(e.read(e.files('.wfc/logs')[0]!))).toBe('first\nwfc: attempt 1, NOW, run 000002\nsecond\n');
  expect(stderr).toContain('  | second\n');
  expect(stderr).not.toContain('  | first\n');
});

it('lets one follow the log of a task that takes its time', async () => {
  const e = experiment('rules: {one: {output: a, run: "echo begun; read -r < gate; touch {output}"}}\n');
  const gate = await e.gate('gate');
  const run = e.start(['run']);
  await e.filled('.wfc/logs/one.log');
  expect(e.read('.wfc/logs/one.log')).toBe('begun\n');
  await gate.pass();
  expect((await run.ended).status).toBe(0);
});

it('shows control characters of a log, and does not obey them; colours are left out', async () => {
  const e = experiment(`rules: {one: {output: a, run: "printf '\\\\e[1;31mred\\\\e[0m\\\\ecnormal\\\\n'; exit 1"}}\n`);
  const { stderr } = await e.run();
  expect(stderr).toContain('  | red␛cnormal\n');
  expect(stderr).not.toContain('\u001b');
});

it('shows of a progress bar what it came to, and of a long line its beginning; the log keeps all', async () => {
  const run = `for i in {1..3000}; do printf '%s %%  \\\\r' $i; done; echo 100 % >&2; head -c 2000 /dev/zero | tr '\\\\0' x; echo; exit 1`;
  const e = experiment(`rules: {one: {output: a, run: "${run}"}}\n`);
  const shown = (text: string) =>
    text
      .split('\n')
      .filter((line) => line.includes('| '))
      .map((line) => line.trim());
  const lines = ['| 100 %', `| ${'x'.repeat(300)} … and 1,700 more characters`];
  expect(shown((await e.run()).stderr)).toEqual(lines);
  expect(shown((await e.wfc('status')).stdout)).toEqual(lines);
  expect(shown((await e.wfc('logs --failed')).stdout)).toEqual(lines);
  // Into a pipe the bytes are what the task wrote.
  const { stdout } = await e.wfc('logs one');
  expect([stdout.split('\r').length, stdout.length]).toEqual([3001, e.read('.wfc/logs/one.log').trimEnd().length]);
});

it('wfc logs shows the last attempt, with --all all of them', async () => {
  const e = experiment('rules: {one: {output: a, retries: 1, run: "cat words; exit 1"}}\n', { words: 'first\n' });
  await e.run();
  expect(timeless((await e.wfc('logs one --all')).stdout)).toBe('first\nwfc: attempt 2, NOW, run 000001\nfirst');
  // What looks like a head, and is none, is the task's; a log may be longer than is looked at in one go.
  e.write('words', `wfc: attempt 9, or so\n${'much\n'.repeat(100_000)}not wfc: attempt 3\n`);
  await e.run('--force one');
  const last = await e.wfc('logs one');
  expect(last.stdout).toBe(e.read('words').trimEnd());
  expect(last.stderr).toContain('the last attempt ("--all" shows all); exit status 1');
  expect((await e.wfc('logs one --all')).stdout).toContain('first\n');
});

it('wfc logs --failed tells equal failures once, with their tasks', async () => {
  const e = experiment(`
params: {n: {from: 1, to: 7}, kind: [x, y]}
exclude: [{kind: y, n: [3, 4, 5, 6, 7]}]
rules:
  fit: {output: "fit/{kind}/{n}", run: "echo working on {n}; echo no {kind} in line {n} >&2; exit 1"}
  odd: {output: odd, run: "exit 2"}
  good: {output: good, run: "echo good; touch {output}"}
`);
  expect((await e.wfc('logs --failed')).stdout).toBe('no task has failed');
  await e.run('-k');
  expect(
    (await e.wfc('logs --failed')).stdout,
  ).toBe(`7 tasks failed alike: fit n=1 kind=x, fit n=2 kind=x, fit n=3 kind=x, fit n=4 kind=x, fit n=5 kind=x and 2 more: exit status 1
  log: .wfc/logs/fit/n=1/kind=x.log
  | working on 1
  | no x in line 1

2 tasks failed alike: fit n=1 kind=y, fit n=2 kind=y: exit status 1
  log: .wfc/logs/fit/n=1/kind=y.log
  | working on 1
  | no y in line 1

odd: exit status 2
  it wrote nothing, so there is no log`);
  const { kinds } = JSON.parse((await e.wfc('logs --failed --json')).stdout);
  expect(kinds.map((kind: { rule: string; tasks: object[] }) => [kind.rule, kind.tasks.length])).toEqual([
    ['fit', 7],
    ['fit', 2],
    ['odd', 1],
  ]);
  const nothing = await e.wfc('logs');
  expect([nothing.status, nothing.stderr]).toEqual([2, expect.stringContaining('or: wfc logs --failed')]);
  expect((await e.wfc('logs --failed fit')).status).toBe(2);
});

it('shows the last lines of a long log only', async () => {
  const e = experiment('rules: {one: {output: a, run: "seq 100000; exit 1"}}\n');
  const shown = (await e.run()).stderr.split('\n').filter((line) => line.startsWith('  | '));
  expect(shown).toHaveLength(12);
  expect(shown.at(-1)).toBe('  | 100000');
});
