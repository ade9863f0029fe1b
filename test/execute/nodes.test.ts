/** Tasks with several ranks on this machine, through wfc and through make. */
import { expect, it } from 'vitest';
import { make, writeMake } from '../make/make.ts';
import { alone } from '../support/alone.ts';
import { experiment } from '../support/experiment.ts';

const SPEC = `params: {nodes: [1, 2]}
rules:
  fit: {output: "{nodes}.fit", run: "touch begun.{nodes} {output}", resources: {nodes: "{nodes}", ranks_per_node: 2}}
  show: {input: "{nodes}.fit", output: "{nodes}.txt", run: "cp {input} {output}"}
  other: {output: other, run: "touch {output}"}
`;
const WORDS = 'it asks for 2 nodes, and this is one: run it through Slurm';

it('those of several nodes fail before they start, and just these and what needs them', async () => {
  const e = experiment(SPEC);
  const { status, stderr } = await e.run('-k');
  expect([status, stderr]).toEqual([1, expect.stringContaining(`failed fit nodes=2: ${WORDS}`)]);
  expect(e.files('.').filter((name) => !name.startsWith('.wfc/'))).toEqual([
    ...['1.fit', '1.txt', 'begun.1', 'other', 'wfc.yml'],
  ]);
  const { stdout } = await e.wfc('status --json');
  expect(JSON.parse(stdout)).toMatchObject({ total: 5, done: 3, failed: 1, blocked: 1 });
  expect((await e.wfc('why 2.fit')).stdout).toContain(WORDS);
});

it('make says the same of them', async () => {
  const e = experiment(SPEC);
  writeMake(e);
  const { status, output } = await make(e, ['-k']);
  expect([status, output]).toEqual([2, expect.stringContaining(`failed: 2.fit: ${WORDS}`)]);
  expect([e.has('1.txt'), e.has('other'), e.has('begun.2'), e.has('2.fit')]).toEqual([true, true, false, false]);
});

it('those of one node take the CPUs of all their ranks', async () => {
  expect((await alone('{cpus: 2, ranks_per_node: 2}').run('-j4')).status).toBe(0);
  expect((await alone('{cpus: 1, ranks_per_node: 2}', { meeting: true }).run('-j4 -k')).status).toBe(1);
});
