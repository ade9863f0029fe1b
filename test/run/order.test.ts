import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';

const CHAIN = `
params: {site: [a, b]}
rules:
  combine:
    gather: site
    input: out/{site}/clean.txt
    output: all.txt
    run: echo combine >> calls; cat {input} > {output}
  clean:
    input: out/{site}/raw.txt
    output: out/{site}/clean.txt
    run: echo clean {site} >> calls; sed s/raw/clean/ {input} > {output}
  fetch:
    input: data/{site}.txt
    output: out/{site}/raw.txt
    run: echo fetch {site} >> calls; cat {input} > {output}
`;
const DATA = { 'data/a.txt': 'raw a\n', 'data/b.txt': 'raw b\n' };

it('runs tasks after what they depend on, whatever the order of the rules, and makes the folders of outputs', async () => {
  const e = experiment(CHAIN, DATA);
  expect((await e.run()).status).toBe(0);
  expect(e.read('all.txt')).toBe('clean a\nclean b\n');
});

it('runs everything once, then nothing, then exactly what a changed input affects', async () => {
  const e = experiment(CHAIN, DATA);
  await e.run();
  expect(e.calls()).toEqual(['clean a', 'clean b', 'combine', 'fetch a', 'fetch b']);
  const again = await e.run();
  expect(again.stderr).toContain('nothing to do: all 5 tasks are complete');
  expect(e.calls()).toEqual([]);
  e.write('data/b.txt', 'raw b, corrected\n');
  await e.run();
  expect(e.calls()).toEqual(['clean b', 'combine', 'fetch b']);
  expect(e.read('all.txt')).toBe('clean a\nclean b, corrected\n');
});

it('keeps the order of the relation in a gathered list', async () => {
  const e = experiment(`
params: {n: {from: 9, to: 11}}
rules:
  one: {output: "{n}.txt", run: "echo {n} > {output}"}
  all: {gather: n, input: "{n}.txt", output: all.txt, run: "cat {input} > {output}"}
`);
  await e.run();
  expect(e.read('all.txt')).toBe('9\n10\n11\n');
});

const MEET = `
rules:
  left: {output: left.txt, run: "echo hello > meet; touch {output}"}
  right: {output: right.txt, run: "cat meet > {output}"}
`;

it('runs independent tasks side by side', async () => {
  // Each side waits for the other, so this ends only where both run at a time.
  const e = experiment(MEET);
  await e.gate('meet');
  expect((await e.run('-j2')).status).toBe(0);
  expect(e.read('right.txt')).toBe('hello\n');
});

it('runs at most -j tasks at a time', async () => {
  const e = experiment(`
params: {n: {from: 1, to: 12}}
rules:
  one:
    output: out/{n}
    run: |
      echo start >> calls
      sleep 0.05
      echo end >> calls
      touch {output}
`);
  expect((await e.run('-j1')).status).toBe(0);
  expect(e.read('calls')).toBe('start\nend\n'.repeat(12));
});

it('gives the counts of a run, and no word of tasks that were complete before', async () => {
  const e = experiment(CHAIN, DATA);
  expect((await e.run()).stderr).toMatch(/^5 tasks done in [\d.]+ s$/);
  e.write('data/b.txt', 'raw b again\n');
  expect((await e.run()).stderr).toMatch(/^3 tasks done in [\d.]+ s, 2 were complete$/);
});

it('shows what the single target printed', async () => {
  const e = experiment(`
rules:
  score: {output: score.txt, run: "echo 'accuracy 0.93' | tee {output}"}
targets: score
`);
  expect((await e.run()).stdout).toBe('\nscore:\n  accuracy 0.93');
  e.remove('score.txt');
  expect((await e.run()).stdout).toBe('\nscore:\n  accuracy 0.93');
});
