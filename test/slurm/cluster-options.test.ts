/** What a cluster does with accounting and with each memory policy: see `ClusterOptions`. */
import { expect, it } from 'vitest';
import { describeOnSlurm, ended, linesOf } from './suite.ts';

describeOnSlurm('a cluster with accounting', { nodes: 1, accounting: true }, (cluster) => {
  it('names a failed element in sacct', async () => {
    const array = await cluster().submit('--array=0-2', '--wrap=exit $((SLURM_ARRAY_TASK_ID == 1 ? 3 : 0))');
    const sacct = async () =>
      (await cluster().run('sacct', ['-P', '-X', '-n', '-j', array, '-o', 'JobID,State%30,ExitCode'])).stdout
        .split('\n')
        .sort();
    // The controller reports to the database in its own time.
    await expect.poll(sacct).toEqual([`${array}_0|COMPLETED|0:0`, `${array}_1|FAILED|3:0`, `${array}_2|COMPLETED|0:0`]);
  });
});

/** Needs 200 MB, for so many seconds; says how that ended, and exits 0. */
const greedy = (seconds: number) =>
  `--wrap=node -e "setTimeout(Boolean, ${seconds}000, Buffer.alloc(2e8, 1))"; echo survived $?; exit 0`;

describeOnSlurm('a cluster that polls memory', { nodes: 1, memory: 'polled' }, (cluster) => {
  it('fails the whole job that uses more memory than it asked for', async () => {
    const poor = await cluster().submit('--mem=100M', '--output=poor.txt', greedy(1000));
    const rich = await cluster().submit('--mem=600M', '--output=rich.txt', greedy(3));
    expect((await cluster().waitForJob(poor, ended)).get(poor)).toBe('FAILED');
    expect((await cluster().waitForJob(rich, ended)).get(rich)).toBe('COMPLETED');
    expect((await linesOf(cluster(), 'poor.txt')).join('\n')).not.toContain('survived');
    expect((await linesOf(cluster(), 'poor.txt')).join('\n')).toContain('exceeded memory limit');
    expect(await linesOf(cluster(), 'rich.txt')).toEqual(['survived 0']);
  });

  it('places no more jobs on a node than its memory holds', async () => {
    const array = await cluster().submit('--array=0-2', '--mem=30000M', '--wrap=sleep 1000');
    await cluster().waitForJob(
      array,
      (states) => [...states.values()].filter((state) => state === 'RUNNING').length === 2,
    );
    const { stdout } = await cluster().run('squeue', ['--noheader', '--array', '--states=PENDING', '--format=%r']);
    expect(stdout).toBe('Resources');
    await cluster().run('scancel', [array]);
  });
});

describeOnSlurm('a cluster with memory cgroups', { nodes: 1, memory: 'cgroup' }, (cluster) => {
  it('calls a job OUT_OF_MEMORY although only one of its processes was killed and its script exits 0', async () => {
    const poor = await cluster().submit('--mem=100M', '--output=poor.txt', greedy(1000));
    const rich = await cluster().submit('--mem=600M', '--output=rich.txt', greedy(3));
    expect((await cluster().waitForJob(poor, ended)).get(poor)).toBe('OUT_OF_MEMORY');
    expect((await cluster().waitForJob(rich, ended)).get(rich)).toBe('COMPLETED');
    expect((await linesOf(cluster(), 'poor.txt')).join('\n')).toContain('survived 137');
    expect((await cluster().run('scontrol', ['show', 'job', poor])).stdout).toContain('ExitCode=0:125');
  });
});
