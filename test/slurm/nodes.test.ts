/** Tasks with several ranks, on one node and on two: what srun and mpirun make of their elements. */
import { afterEach, expect, it } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';
import type { Cluster, CommandResult } from './cluster.ts';
import { summary } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

const NARROW = 'PartitionName=narrow Nodes=ALL MaxNodes=1 State=UP';

function wfc(cluster: Cluster, made: Experiment, ...args: string[]): Promise<CommandResult> {
  return cluster.run(process.execPath, [CLI, ...args], { cwd: made.folder });
}

async function runSlurm(cluster: Cluster, made: Experiment): Promise<CommandResult> {
  const result = await wfc(cluster, made, 'run', '--slurm');
  await cluster.waitForIdleQueue();
  return result;
}

/** Each rank writes its number, its node, and how many there are. */
const RANK = `echo "$SLURM_PROCID $SLURM_NODEID $SLURMD_NODENAME $SLURM_NTASKS $SLURM_CPUS_PER_TASK"`;

describeOnSlurm('tasks with several ranks', { nodes: 3, cpusPerNode: 8, slurmConfLines: [NARROW] }, (cluster) => {
  afterEach(async () => {
    await cluster().cancelAll();
    await cluster().waitForIdleQueue();
  });

  it('have elements of their own, in which srun starts the ranks on all nodes, and what follows runs beside them', async () => {
    const made = experiment(`params: {seed: [0, 1]}
rules:
  fit:
    output: fits/{seed}.txt
    run: srun ./rank > {output}; echo {resources.nodes} {resources.ranks_per_node} >> {output}
    resources: {nodes: 2, ranks_per_node: 2, cpus: 2}
  show: {input: "fits/{seed}.txt", output: "shown/{seed}.txt", run: "srun ./rank > {output}"}
`);
    made.write('rank', `#!/bin/bash\n${RANK}\n`);
    made.executable('rank');
    made.write('profiles/default.yml', 'packing: {lanes: 2}\n');
    const ran = await runSlurm(cluster(), made);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(summary(made)).toMatch(/in all\s+4\s+4/);
    for (const seed of [0, 1]) {
      const lines = made.read(`fits/${seed}.txt`).trimEnd().split('\n');
      expect(lines.pop()).toBe('2 2');
      const ranks = lines.sort().map((line) => line.split(' '));
      expect(ranks.map(([rank, node, , count, cpus]) => [rank, node, count, cpus])).toEqual([
        ['0', '0', '4', '2'],
        ['1', '0', '4', '2'],
        ['2', '1', '4', '2'],
        ['3', '1', '4', '2'],
      ]);
      expect(new Set(ranks.map(([, , name]) => name)).size).toBe(2);
      // One process, whatever its neighbour has.
      expect(made.read(`shown/${seed}.txt`)).toMatch(/^0 0 n\d 1 1\n$/);
    }
  });

  it('a launcher of its own is started once a node, as the recipe for torchrun says', async () => {
    const made = experiment(`rules:
  train:
    output: trained
    run: |
      MASTER_ADDR="$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)"
      export MASTER_ADDR MASTER_PORT=$((20000 + SLURM_JOB_ID % 10000))
      srun bash -c './launch --nnodes={resources.nodes} --nproc-per-node={resources.cpus} --node-rank="$SLURM_NODEID" \\
        --master-addr="$MASTER_ADDR" "$SLURMD_NODENAME"' > {output}
    resources: {nodes: 2, cpus: 3, slurm: {extra: [--exclude=n1]}}
`);
    made.write('launch', '#!/bin/bash\necho "$@"\n');
    made.executable('launch');
    await runSlurm(cluster(), made);
    expect(made.read('trained').trimEnd().split('\n').sort()).toEqual([
      '--nnodes=2 --nproc-per-node=3 --node-rank=0 --master-addr=n2 n2',
      '--nnodes=2 --nproc-per-node=3 --node-rank=1 --master-addr=n2 n3',
    ]);
  });

  it.each([
    ['nodes: 4', 'rule "one" asks for 4 nodes, and a job may have 3 with what it needs of each in partition "main"'],
    ['nodes: 2, slurm: {partition: narrow}', 'asks for 2 nodes, and a job may have 1 with'],
    ['ranks_per_node: 3, cpus: 4', 'asks for 12 CPUs a node (3 ranks of 4), and the largest node has 8'],
  ])('%s is refused before it would wait for ever', async (resources, words) => {
    const made = experiment(`rules: {one: {output: x, run: "echo > {output}", resources: {${resources}}}}\n`);
    const { exitCode, stderr } = await wfc(cluster(), made, 'plan', '--target', 'slurm');
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining(words)]);
  });
});
