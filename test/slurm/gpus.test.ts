/** GPUs through Slurm: whole ones, and shares of which several tasks use one together. The GPUs are devices that do nothing. */
import { afterEach, expect, it } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';
import { type Cluster, type CommandResult, isSlurmSince } from './cluster.ts';
import { summary } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

function wfc(cluster: Cluster, made: Experiment, ...args: string[]): Promise<CommandResult> {
  return cluster.run(process.execPath, [CLI, ...args], { cwd: made.folder });
}

async function runSlurm(cluster: Cluster, made: Experiment): Promise<CommandResult> {
  const result = await wfc(cluster, made, 'run', '--slurm');
  await cluster.waitForIdleQueue();
  expect(result.exitCode, result.stderr).toBe(0);
  return result;
}

/** Steps of one job share its GPUs since Slurm 21.08; before, the second one waits for the end of the first. */
const STEPS_SHARE = isSlurmSince(21, 8);
/** Since Slurm 22.05. */
const HAS_SHARDS = isSlurmSince(22, 5);

describeOnSlurm(
  'GPUs',
  { nodes: 2, cpusPerNode: 8, gpus: ['a100:2', '1g.10gb:1'], ...(HAS_SHARDS ? { shards: 12 } : {}) },
  (cluster) => {
    afterEach(async () => {
      await cluster().run('scancel', ['--me']);
      await cluster().waitForIdleQueue();
    });

    it('shares: as many tasks as use one together run side by side in an element that asks for one', async () => {
      const made = experiment(`params: {i: {from: 0, to: 5}}
rules:
  half:
    output: out/{i}
    run: |
      touch here.{i}
      # Each waits for the one beside it, and so do their steps.
      until [[ -e here.$(( {i} ^ 1 )) ]]; do sleep 0.05; done
      srun bash -c 'touch step.{i}; ${STEPS_SHARE ? 'until [[ -e step.$(( {i} ^ 1 )) ]]; do sleep 0.05; done' : 'true'}'
      echo "$SLURM_ARRAY_TASK_ID $CUDA_VISIBLE_DEVICES {resources.gpus}" > {output}
    resources: {gpus: "a100:0.5", cpus: 2, time: 1m}
`);
      made.write('profiles/default.yml', 'packing: {tasks_per_element: 1}\n');
      await runSlurm(cluster(), made);
      expect(summary(made)).toMatch(/in all\s+6\s+6/);
      const [script] = made.files('.wfc/slurm').filter((file) => file.endsWith('/1-half.sh'));
      expect(made.read(script!)).toContain('#SBATCH --cpus-per-task=4\n#SBATCH --time');
      expect(made.read(script!)).toContain('#SBATCH --gres=gpu:a100:1\n');
      const seen = made.files('out').map((file) => made.read(file).trimEnd().split(' '));
      expect(seen.map(([element, , share]) => [element, share])).toEqual(
        [0, 0, 1, 1, 2, 2].map((element) => [String(element), '0.5']),
      );
      for (const e of [0, 2, 4]) expect(seen[e]![1]).toBe(seen[e + 1]![1]);
      for (const [, gpu] of seen) expect(['0', '1']).toContain(gpu);
    });

    it('whole ones, slices and what Slurm itself takes say in CUDA_VISIBLE_DEVICES what the task has', async () => {
      const rule = (name: string, resources: string): string =>
        `  ${name}: {output: ${name}, run: 'echo "$CUDA_VISIBLE_DEVICES" > {output}', resources: {${resources}}}\n`;
      const made = experiment(
        `rules:\n${rule('two', 'gpus: "a100:2"')}${rule('slice', 'gpus: "1g.10gb:1"')}${rule('per_task', 'slurm: {gpus-per-task: a100:1}')}${HAS_SHARDS ? rule('shard', 'slurm: {gres: "shard:2"}') : ''}`,
      );
      await runSlurm(cluster(), made);
      expect(['two', 'slice', 'per_task'].map((name) => made.read(name))).toEqual(['0,1\n', '2\n', '0\n']);
      // Of one GPU, whichever Slurm chose.
      if (HAS_SHARDS) expect(made.read('shard')).toMatch(/^[0-2]\n$/);
    });

    it('more than a node has are refused, of a share one', async () => {
      const made = experiment('rules: {one: {output: x, run: "echo > {output}", resources: {gpus: "v100:1/4"}}}\n');
      const { exitCode, stderr } = await wfc(cluster(), made, 'plan', '--target', 'slurm');
      expect([exitCode, stderr]).toEqual([
        3,
        expect.stringContaining('asks for 1 v100 GPU, and the nodes have 2 a100'),
      ]);
    });
  },
);
