import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import type { RuleCounts } from '../../src/model/counts.ts';
import { Pace } from '../../src/terminal/pace.ts';
import { plainLine, progressLines } from '../../src/terminal/progress-lines.ts';
import { displayWidth } from '../../src/terminal/terminal.ts';
import { CLI, type Experiment, experiment, until, withoutProgress } from '../support/experiment.ts';

const PLAIN = { colour: false };
const SCREEN = { columns: 80, rows: 24 };

function rule(name: string, total: number, done: number, more: Partial<RuleCounts> = {}): RuleCounts {
  return { name, total, done, failed: 0, blocked: 0, running: 0, ...more };
}

function sum(rules: readonly RuleCounts[]): RuleCounts {
  const of = (key: 'total' | 'done' | 'failed' | 'blocked' | 'running'): number =>
    rules.reduce((n, r) => n + r[key], 0);
  return {
    name: '',
    total: of('total'),
    done: of('done'),
    failed: of('failed'),
    blocked: of('blocked'),
    running: of('running'),
  };
}

function many(count: number): RuleCounts[] {
  return Array.from({ length: count }, (_, i) =>
    i < 120 ? rule(`r${i}`, 5, 5) : i < 123 ? rule(`r${i}`, 5, 2, { running: 1 }) : rule(`r${i}`, 5, 0),
  );
}

it('few rules are all drawn, with bars below each other, and totals with rate and time left', () => {
  const rules = [
    rule('simulate', 27_270, 27_270),
    rule('fit', 27_270, 13_635, { running: 2, failed: 1 }),
    rule('report', 1, 0),
  ];
  expect(progressLines(sum(rules), rules, 1900, SCREEN, PLAIN)).toEqual([
    'simulate  ####################  100 %  27,270 of 27,270',
    'fit       ##########..........   50 %  13,635 of 27,270  2 running  1 failed',
    'report    ....................    0 %       0 of      1',
    '40,905 of 54,541 tasks done  74 %  1,900/s  7.2 s left  2 running  1 failed',
  ]);
});

it('of 200 rules those at work and the next ones are drawn, and the others counted', () => {
  const rules = many(200);
  const lines = progressLines(sum(rules), rules, 0, SCREEN, PLAIN);
  expect(lines.map((line) => line.split(' ')[0])).toEqual([
    ...[120, 121, 122, 123, 124, 125, 126, 127, 128, 129].map((i) => `r${i}`),
    '…',
    '606',
  ]);
  expect(lines[10]).toBe('… and 190 more rules: 120 ended, 70 waiting');
});

it('of many rules that have begun those with running tasks are drawn', () => {
  const rules = Array.from({ length: 30 }, (_, i) => rule(`r${i}`, 5, 2, { running: i >= 25 ? 1 : 0 }));
  const names = progressLines(sum(rules), rules, 0, SCREEN, PLAIN).map((line) => line.split(' ')[0]);
  expect(names).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r25', 'r26', 'r27', 'r28', 'r29', '…', '60']);
});

it.each([1, 20, 40, 79, 80, 200])(
  'at %i columns no line fills the last one, whatever the names and colours',
  (columns) => {
    const rules = [
      rule('模擬する規則の長い名前', 1_000_000, 1, { running: 1000, failed: 1000, blocked: 1000 }),
      rule('y'.repeat(300), 3, 3),
    ];
    for (const style of [PLAIN, { colour: true }])
      for (const line of progressLines(sum(rules), rules, 0.001, { columns, rows: 24 }, style))
        expect(displayWidth(stripVTControlCharacters(line))).toBeLessThan(columns);
  },
);

it.each([1, 2, 5, 8, 24])(
  'at %i rows there is room for the line above and the cursor below, or for the totals alone',
  (rows) => {
    const rules = many(200);
    expect(progressLines(sum(rules), rules, 1, { columns: 80, rows }, PLAIN).length).toBeLessThanOrEqual(
      Math.max(2, rows - 2),
    );
  },
);

it('a line of a log file has the totals and the rules at work', () => {
  const rules = many(200);
  expect(plainLine(sum(rules), rules.slice(0, 124), 0.01)).toBe(
    '606 of 1,000 tasks done  60 %  36.0/h  10 h 56 min left  3 running  (r120 40 %, r121 40 %, r122 40 %)',
  );
  for (const [atWork, words] of [
    [3, 'c 50 %)'],
    [4, 'c 50 %, 1 more rule)'],
    [5, 'c 50 %, 2 more rules)'],
  ] as const) {
    const begun = ['a', 'b', 'c', 'd', 'e'].slice(0, atWork).map((name) => rule(name, 2, 1));
    expect(plainLine(sum(begun), begun, 0)).toContain(words);
  }
});

it('tests see what a run says without such lines, which one of less than ten seconds does not write', () => {
  const rules = many(200);
  const lines = [plainLine(sum(rules), rules, 0.01), plainLine(rule('one', 1, 0), [], 0)];
  expect(withoutProgress(`before\n${lines.join('\n')}\n6 tasks done in 12 s`)).toBe('before\n6 tasks done in 12 s');
});

it('the rate is that of late, but over ten ends at least', () => {
  const pace = new Pace(30, 0, 0);
  expect(pace.rate(0, 1000)).toBe(0);
  for (let s = 1; s <= 100; s++) pace.rate(s * 100, s * 1000);
  for (let s = 101; s <= 140; s++) pace.rate(10_000 + (s - 100), s * 1000);
  expect(pace.rate(10_040, 140_000)).toBeCloseTo(1);
  const slow = new Pace(30, 0, 0);
  for (let n = 1; n <= 9; n++) slow.rate(n, n * 3_600_000);
  expect(slow.rate(9, 9 * 3_600_000)).toBeCloseTo(1 / 3600);
});

// --- on a terminal ---

const WAITING = `
params: {site: ["01", "02", "03"]}
rules:
  fit: {output: "fit/{site}", run: "echo fit > {output}"}
  bad: {output: bad, run: "echo why it failed; exit 3"}
  wait: {gather: site, input: "fit/{site}", output: waited, run: "cat gate > {output}"}
`;

/** `wfc` on a terminal of its own, 80 columns wide. */
function onTerminal(e: Experiment, args: string, env: Record<string, string> = {}) {
  const command = `stty cols 80 rows 24; exec "${process.execPath}" "${CLI}" ${args}`;
  const child = execa('script', ['-qec', command, '/dev/null'], {
    cwd: e.folder,
    env: { CI: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined, TERM: 'xterm', ...env },
    stdin: 'ignore',
    reject: false,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let written = '';
  child.stdout.on('data', (data: Buffer) => {
    written += data;
  });
  const screen = () => screenOf(written);
  const shows = (what: string) => () => `${what} on the screen, which shows:\n${screen().join('\n')}`;
  return { ended: child, written: () => written, screen, shows };
}

/** What a terminal shows that got this; it fails at a code that it does not know. */
function screenOf(written: string): string[] {
  let lines = [''];
  let row = 0;
  let column = 0;
  for (const [part, count] of written.matchAll(/\u001b\[(\d*)A|\u001b\[[\d;]*[mJK]|\u001b\[?|[\s\S]/gu)) {
    if (part === '\r') column = 0;
    else if (part === '\n') lines[++row] ??= '';
    else if (part.endsWith('A') && part.length > 1) row -= Number(count || 1);
    else if (part.endsWith('m') && part.length > 1) continue;
    else if (part === '\u001b[K' || part === '\u001b[J') {
      lines[row] = lines[row]!.slice(0, column);
      if (part.endsWith('J')) lines = lines.slice(0, row + 1);
    } else if (part.startsWith('\u001b') || row < 0) throw new Error(`not known: ${JSON.stringify(part)}`);
    else {
      lines[row] = lines[row]!.slice(0, column).padEnd(column) + part + lines[row]!.slice(column + 1);
      column++;
    }
  }
  return lines;
}

it('on a terminal the rules and the totals are drawn below what failed, and nothing of them is left at the end', async () => {
  const e = experiment(WAITING);
  const gate = await e.gate('gate');
  const run = onTerminal(e, 'run --local -k');
  await until(() => /\n3 of 5 tasks.* 1 failed\n$/.test(run.screen().join('\n')), run.shows('3 of 5 tasks, 1 failed'));
  expect(run.screen()).toEqual([
    'failed bad: exit status 3',
    'fit   ####################  100 %  3 of 3',
    'bad   ....................    0 %  0 of 1  1 failed',
    'wait  ....................    0 %  0 of 1  1 running',
    expect.stringMatching(/^3 of 5 tasks done {2}60 % {2}[\d,.]+\/(s|min) {2}.* left {2}1 running {2}1 failed$/),
    '',
  ]);
  await gate.pass();
  expect((await run.ended).exitCode).toBe(1);
  expect(run.screen()).toEqual([
    'failed bad: exit status 3',
    '',
    'failed bad: exit status 3',
    '  log: .wfc/logs/bad.log',
    '  | why it failed',
    '',
    expect.stringMatching(/^4 tasks done in .*, 1 failed$/),
    expect.stringMatching(/^hint: /),
    '',
  ]);
});

it('NO_COLOR draws the same without colour', async () => {
  const e = experiment(WAITING);
  const gate = await e.gate('gate');
  const run = onTerminal(e, 'run --local -k', { NO_COLOR: '1' });
  await until(() => run.screen().some((line) => /^3 of 5 tasks/.test(line)), run.shows('3 of 5 tasks'));
  await gate.pass();
  await run.ended;
  expect(run.written()).toContain('####');
  expect(run.written()).not.toMatch(/\u001b\[[\d;]*m/);
});

it.each([{ CI: 'true', NO_COLOR: '1' }, { TERM: 'dumb' }])('with %o a terminal gets plain lines alone', async (env) => {
  const e = experiment(WAITING.replace('cat gate', 'sleep 0.5; echo x'));
  const run = onTerminal(e, 'run --local -k', env);
  expect((await run.ended).exitCode).toBe(1);
  expect(run.written()).toContain('4 tasks done');
  expect(run.written().replaceAll('\r\n', '\n')).not.toMatch(/[\u001b\r]|####/);
});

it('a file gets plain lines alone', async () => {
  const e = experiment(WAITING.replace('cat gate', 'sleep 0.5; echo x'));
  const { status, stderr } = await e.run('--local -k');
  expect([status, stderr]).toEqual([1, expect.stringContaining('4 tasks done')]);
  expect(stderr).not.toMatch(/[\u001b\r]|####/);
});

// --- wfc status --watch ---

const GATES = `
rules:
  one: {output: one, run: "cat gate1 > {output}"}
  two: {input: one, output: two, run: "cat gate2 > {output}"}
`;

it('status --watch tells rate and time left once a task has ended, on a terminal and in a file', async () => {
  const e = experiment(GATES);
  const gates = [await e.gate('gate1'), await e.gate('gate2')];
  const run = e.start(['run', '--local']);
  await e.started();
  const drawn = onTerminal(e, 'status --watch');
  const log = e.start(['status', '--watch']);
  await until(() => drawn.screen().some((line) => line.endsWith('total')), drawn.shows('totals'));
  await until(() => log.written().includes('1 running'), '"1 running" in the file');
  await gates[0]!.pass();
  const pace = /[\d.]+\/(s|min), .* left\n/;
  await until(() => pace.test(log.written()), 'rate and time left in the file');
  const drawnPace = /total {2}[\d.]+\/(s|min) {2}.* left$/;
  await until(() => drawn.screen().some((line) => drawnPace.test(line)), drawn.shows('rate and time left'));
  expect(drawn.screen().map((line) => line.trim().split(/ +/).slice(0, 7).join(' '))).toEqual([
    'tasks done running pending failed blocked rule',
    '1 1 0 0 0 0 one',
    '1 0 1 0 0 0 two',
    '2 1 1 0 0 0 total',
    '',
    expect.stringMatching(/^a run works here/),
    expect.stringMatching(/^running two, for /),
    '',
  ]);
  await gates[1]!.pass();
  expect((await run.ended).status).toBe(0);
  expect((await drawn.ended).exitCode).toBe(0);
  expect(drawn.screen().slice(-2)).toEqual([expect.stringMatching(/^ +2 +2 +0 +0 +0 +0 {2}total/), '']);
  expect((await log.ended).stdout).not.toMatch(/[\u001b\r]/);
});

it('Ctrl-C ends status --watch and nothing else: it says that the run goes on, how to look again and how to end it', async () => {
  const e = experiment(GATES);
  const gates = [await e.gate('gate1'), await e.gate('gate2')];
  const run = e.start(['run', '--local']);
  await e.started();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const watch = e.start(['status', '--watch', 'wfc.yml']);
    await until(() => watch.written().includes('1 running'), 'what it watches');
    watch.kill(signal);
    const { status, stderr } = await watch.ended;
    expect([status, stderr]).toEqual([
      130,
      'no longer watching; the run goes on. To look again: wfc status --watch wfc.yml; to end it: wfc cancel wfc.yml',
    ]);
  }
  for (const gate of gates) await gate.pass();
  expect((await run.ended).status).toBe(0);
});
