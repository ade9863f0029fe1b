/** Where a look at a file takes long, many are under way at the same time; what they tell is the same. */
import { utimesSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Experiment, experiment } from '../support/experiment.ts';
import { slowFiles, whyNoSlowFiles } from '../support/slow-files.ts';

/** Tasks enough that looking at their outputs one after the other takes seconds. */
const SPEC = `params: {i: {from: 1, to: 50}, k: {from: 1, to: 32}}
rules:
  make: {output: "out/{i}/{k}.txt", run: "echo {i} >{output}"}
  folder: {output: {path: packed, directory: true}, run: mkdir packed && touch packed/a}
  all: {gather: [i, k], input: ["out/{i}/{k}.txt", packed], output: all.txt, run: "ls packed >{output}"}
`;

const DELAY_US = 2000;

/** What `wfc plan` says of the folder as the slow file system shows it, and how many looks waited at the same time. */
async function slowPlan(made: Experiment): Promise<{ readonly stdout: string; readonly most: number }> {
  const slow = await slowFiles(made.folder, DELAY_US);
  const planned = await experiment('')
    .wfc(`plan ${slow.folder}/wfc.yml`)
    .finally(() => slow.unmount());
  expect(planned.stderr).toBe('');
  return { stdout: planned.stdout, most: slow.mostAtOnce() };
}

it('on a slow file system many looks are under way at the same time, and tell what single ones tell', async (context) => {
  const reason = whyNoSlowFiles();
  if (reason !== null) context.skip(reason);
  const made = experiment(SPEC);
  expect((await made.run()).status).toBe(0);
  const complete = await slowPlan(made);
  expect(complete.most).toBeGreaterThanOrEqual(8);
  expect(complete.stdout).toMatch(/ 0 +make +complete\n +1 +0 +folder +complete\n +1 +0 +all +complete/);
  expect(complete.stdout).toBe((await made.wfc('plan')).stdout);

  utimesSync(made.path('out/20/7.txt'), 1, 1);
  made.remove('out/40/4.txt');
  made.remove('packed/a');
  const stale = await slowPlan(made);
  expect(stale.most).toBeGreaterThanOrEqual(8);
  expect(stale.stdout).toMatch(/2 +make .*output missing.*output changed|2 +make .*output changed.*output missing/);
  expect(stale.stdout).toBe((await made.wfc('plan')).stdout);
});
