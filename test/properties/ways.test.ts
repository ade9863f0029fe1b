/** What all executors do alike, in specs written by hand. */
import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';
import { runBy, type SlurmChoice } from './executors.ts';
import { SlurmStandIn } from './stand-in.ts';

const WAYS = ['local', 'make', 'submit.sh', 'run --slurm'] as const;
const CHOICE: SlurmChoice = { packing: { tasksPerElement: 1, fuse: 'never', lanes: 1 }, slots: 2, seed: 7 };

it.each(WAYS)('%s: who reads an output in other words than its producer gets it from that task', async (way) => {
  const e = experiment('', { 'in.txt': 'x' });
  e.write(
    'wfc.yml',
    `
wfc: 1
params: {n: [a, b]}
rules:
  made: {input: "${e.folder}/in.txt", output: "${e.folder}/out/{n}", run: "sleep 0.2; cat {input} > {output}; echo ran >> calls"}
  read: {input: "out/{n}", output: "read/{n}", run: "cat {input} > {output}; echo ran >> calls"}
  back: {input: "./read/{n}", output: ["${e.folder}/back/{n}", "more/{n}"], run: "cp {input} {output[0]}; cp {input} {output[1]}; echo ran >> calls"}
  all: {gather: n, input: ["back/{n}", "${e.folder}/more/{n}", "${e.folder}/read/{n}"], output: all, run: "cat {input} > {output}; echo ran >> calls"}
`,
  );
  const ended = await runBy(way, e, new SlurmStandIn(), CHOICE);
  expect(ended.status, ended.stderr).toBe(0);
  expect([e.read('all'), e.calls().length]).toEqual(['xxxxxx', 7]);
  expect((await e.run()).stderr).toContain('nothing to do');
});
