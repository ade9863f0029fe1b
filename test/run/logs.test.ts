import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { experiment } from '../support/experiment.ts';

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
  expect(e.read(e.files('.wfc/logs')[0]!)).toBe('first\nwfc: attempt 1\nsecond\n');
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

it('shows control characters of a log, and does not obey them', async () => {
  const e = experiment(`rules: {one: {output: a, run: "printf '\\\\e[31mred\\\\n'; exit 1"}}\n`);
  const { stderr } = await e.run();
  expect(stderr).toContain('  | ␛[31mred\n');
  expect(stderr).not.toContain('\u001b');
});

it('shows the last lines of a long log only', async () => {
  const e = experiment('rules: {one: {output: a, run: "seq 100000; exit 1"}}\n');
  const shown = (await e.run()).stderr.split('\n').filter((line) => line.startsWith('  | '));
  expect(shown).toHaveLength(12);
  expect(shown.at(-1)).toBe('  | 100000');
});
