/** What a site allows: associations, QOS, partitions of different kinds, nodes that a job has alone. */
import { userInfo } from 'node:os';
import { afterEach, expect, it, vi } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';
import { patience } from '../support/waiting.ts';
import type { Cluster, CommandResult } from './cluster.ts';
import { arrayOf, summary } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

vi.setConfig({ testTimeout: patience(30) });

const PARTITIONS = [
  'PartitionName=short Nodes=n1 MaxTime=00:30:00 State=UP',
  'PartitionName=long Nodes=n2 MaxTime=1-00:00:00 State=UP',
];
const OPTIONS = {
  ...({ nodes: 2, cpusPerNode: 8, memory: 'allocated', memoryMiBPerNode: 4000, accounting: true } as const),
  slurmConf: { AccountingStorageEnforce: 'limits,qos,associations' },
  slurmConfLines: PARTITIONS,
};

function tasks(count: number, resources: string): Experiment {
  return experiment(
    `params: {i: {from: 1, to: ${count}}}\nrules: {one: {output: "out/{i}", run: "echo > {output}", resources: {${resources}}}}\n`,
  );
}

function wfc(cluster: Cluster, { folder }: Experiment, ...args: string[]): Promise<CommandResult> {
  return cluster.run(process.execPath, [CLI, ...args], { cwd: folder });
}

describeOnSlurm('a site', OPTIONS, (cluster) => {
  const settle = async (...settings: string[]): Promise<void> => {
    const { exitCode, stderr } = await cluster().run('sacctmgr', ['-i', ...settings]);
    expect(exitCode, stderr).toBe(0);
  };
  const runAll = async (made: Experiment, count: number): Promise<void> => {
    const ran = await wfc(cluster(), made, 'run', '--slurm');
    expect(ran.exitCode, ran.stderr).toBe(0);
    await cluster().waitForIdleQueue();
    expect(summary(made)).toMatch(new RegExp(`in all +${count} +${count} `));
  };
  afterEach(async () => {
    await cluster().run('scancel', ['--me']);
    await cluster().waitForIdleQueue();
  });

  it('that lets a user queue a few jobs gets few elements; where others of the user fill it, nothing is left behind', async () => {
    await settle('modify', 'user', userInfo().username, 'set', 'MaxSubmitJobs=6');
    const made = tasks(40, 'time: 5m');
    const { stdout } = await wfc(cluster(), made, 'plan', '--target', 'slurm');
    expect(stdout).toContain('2 sbatch calls, 6 queued elements');
    const other = await cluster().submit('--hold', '--wrap=true');
    const full = await wfc(cluster(), made, 'run', '--slurm');
    expect(full.exitCode).toBe(3);
    expect(full.stderr).toMatch(/AssocMaxSubmitJobLimit.*error: sbatch refused .*what was queued has been cancelled/s);
    expect((await cluster().run('squeue', ['--noheader', '--format=%F'])).stdout).toBe(other);
    await cluster().run('scancel', [other]);
    await runAll(made, 40);
  });

  it('whose QOS allows no job so large, or so long, says so when it has been asked', async () => {
    await settle('add', 'qos', 'small', 'MaxTRESPerJob=cpu=4', 'MaxWall=00:20:00');
    await settle('modify', 'user', userInfo().username, 'set', 'qos+=small');
    for (const [resources, words] of [
      ['cpus: 6', 'its account or QOS allows no job so large (QOSMaxCpuPerJobLimit)'],
      ['time: 25m', 'its account or QOS allows no job of that time (QOSMaxWallDurationPerJobLimit)'],
    ]) {
      const made = tasks(1, `${resources}, slurm: {qos: small}`);
      const { exitCode, stderr } = await wfc(cluster(), made, 'run', '--slurm');
      expect([exitCode, stderr]).toEqual([0, expect.stringContaining(`will not start: ${words}`)]);
      await cluster().run('scancel', ['--me']);
    }
  });

  it('of partitions of different kinds: a job runs in the one that has what it asks for', async () => {
    const made = tasks(2, 'time: 40m, slurm: {partition: "short,long"}');
    await runAll(made, 2);
    // Accounts come late.
    await expect
      .poll(async () => (await cluster().run('sacct', ['-n', '-X', '-P', '-o', 'jobid,partition'])).stdout.split('\n'))
      .toContain(`${arrayOf(made, '1-one')}_0|long`);
    const { exitCode, stderr } = await wfc(
      cluster(),
      tasks(1, 'time: 2d, slurm: {partition: "short,long"}'),
      ...['plan', '--target', 'slurm'],
    );
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('and a job at most 24 h 0 min')]);
  });

  it('gives an element a node to itself, and its tasks run as elsewhere', async () => {
    await runAll(tasks(3, 'cpus: 2, mem: 100M, slurm: {extra: [--exclusive]}'), 3);
  });
});
