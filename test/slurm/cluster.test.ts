/** What the harness promises, and what the compiled scripts rely on, on a real controller. */
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { gone, isAlive } from '../support/experiment.ts';
import { startCluster } from './cluster.ts';
import { describeOnSlurm, ended, linesOf } from './suite.ts';

describeOnSlurm('a private cluster', {}, (cluster) => {
  it('runs a job array on four nodes', async () => {
    const array = await cluster().submit(
      '--array=0-3',
      '--cpus-per-task=16',
      '--wrap=echo $SLURM_ARRAY_TASK_ID $SLURMD_NODENAME >>array.txt; sleep 0.5',
    );
    expect([...(await cluster().waitForJob(array, ended)).values()]).toEqual(Array(4).fill('COMPLETED'));
    const lines = await linesOf(cluster(), 'array.txt');
    expect(lines.map((line) => line.split(' ')[0]).sort()).toEqual(['0', '1', '2', '3']);
    expect(lines.map((line) => line.split(' ')[1]).sort()).toEqual(['n1', 'n2', 'n3', 'n4']);
  });

  it('lets a batch script start steps with srun', async () => {
    const job = await cluster().submit('--output=srun.txt', '--ntasks=2', '--wrap=srun echo step');
    await cluster().waitForJob(job, ended);
    expect(await linesOf(cluster(), 'srun.txt')).toEqual(['step', 'step']);
  });

  it('releases counterparts by aftercorr:A?afterany:A, where plain aftercorr waits for ever behind a failed element', async () => {
    const producer = await cluster().submit(
      '--hold',
      '--array=0-2',
      '--wrap=sleep 0.$SLURM_ARRAY_TASK_ID; [ $SLURM_ARRAY_TASK_ID = 2 ] && until grep -q B0 order.txt; do sleep 0.1; done; echo A$SLURM_ARRAY_TASK_ID >>order.txt; [ $SLURM_ARRAY_TASK_ID != 1 ]',
    );
    const consume = '--wrap=echo B$SLURM_ARRAY_TASK_ID >>order.txt';
    const either = await cluster().submit(
      '--array=0-2',
      `--dependency=aftercorr:${producer}?afterany:${producer}`,
      consume,
    );
    const plain = await cluster().submit('--array=0-2', `--dependency=aftercorr:${producer}`, '--wrap=true');
    await cluster().run('scontrol', ['release', producer]);

    expect([...(await cluster().waitForJob(either, ended)).values()]).toEqual(Array(3).fill('COMPLETED'));
    const order = await linesOf(cluster(), 'order.txt');
    expect([...order].sort()).toEqual(['A0', 'A1', 'A2', 'B0', 'B1', 'B2']);
    // Element 0 is paired; the counterpart of the failed element 1 waits for the whole array.
    expect(order.indexOf('B0')).toBeLessThan(order.indexOf('A2'));
    expect(order.indexOf('B1')).toBeGreaterThan(order.indexOf('A2'));

    const stuck = await cluster().waitForJob(plain, (states) => states.get(`${plain}_2`) === 'COMPLETED');
    expect(stuck.get(`${plain}_0`)).toBe('COMPLETED');
    expect(stuck.get(`${plain}_1`)).toBe('PENDING');
    const reasons = async () => (await cluster().run('squeue', ['--noheader', '--array', '--format=%r'])).stdout;
    await expect.poll(reasons).toContain('DependencyNeverSatisfied');
    await cluster().run('scancel', [plain]);
    await cluster().waitForIdleQueue();
  });

  it('requeues the job of a killed slurmd elsewhere while its old processes live on', async () => {
    const job = await cluster().submit(
      '--requeue',
      '--open-mode=append',
      '--wrap=echo $SLURMD_NODENAME $$ ${SLURM_RESTART_COUNT:-0} >>attempts.txt; sleep 1000',
    );
    const attempts = async (count: number) => {
      await cluster().waitForJob(job, (states) => states.get(job) === 'RUNNING');
      await expect.poll(() => linesOf(cluster(), 'attempts.txt')).toHaveLength(count);
      return (await linesOf(cluster(), 'attempts.txt')).map((line) => line.split(' '));
    };
    const [[firstNode, firstProcess]] = (await attempts(1)) as [[string, string]];
    await cluster().killNode(firstNode);
    const [, [secondNode, secondProcess, restarts]] = (await attempts(2)) as [unknown, [string, string, string]];
    expect(secondNode).not.toBe(firstNode);
    expect(restarts).toBe('1');
    expect([firstProcess, secondProcess].map(Number).map(isAlive)).toEqual([true, true]);

    // Only when the node is back does Slurm learn of the old attempt, and end it.
    await cluster().startNode(firstNode);
    await gone(Number(firstProcess));
    expect(isAlive(Number(secondProcess))).toBe(true);
    await cluster().run('scancel', [job]);
    await cluster().waitForIdleQueue();
  });

  it('keeps its queue when the controller is killed and started again', async () => {
    const held = await cluster().submit('--hold', '--wrap=true');
    // The controller saves its state up to 5 s later; killed before, it has never heard of the job.
    await cluster().saveState(held);
    await cluster().killController();
    await cluster().startController();
    expect((await cluster().jobStates(held)).get(held)).toBe('PENDING');
    await cluster().run('scontrol', ['release', held]);
    expect((await cluster().waitForJob(held, ended)).get(held)).toBe('COMPLETED');
  });
});

describeOnSlurm('two clusters at once', { nodes: 1 }, (cluster) => {
  it('do not see each other, and stopping one leaves neither its processes nor its folder', async () => {
    const other = await startCluster({ nodes: 1 });
    const mine = await cluster().submit('--wrap=sleep 1000');
    const theirs = await other.submit(
      '--output=/dev/null',
      '--wrap=env -i bash -c "echo \\$\\$ >process.txt; sleep 1000; true"',
    );
    await cluster().waitForJob(mine, (states) => states.get(mine) === 'RUNNING');
    await other.waitForJob(theirs, (states) => states.get(theirs) === 'RUNNING');
    await expect.poll(() => linesOf(other, 'process.txt')).toHaveLength(1);
    const processId = Number((await linesOf(other, 'process.txt'))[0]);
    expect(isAlive(processId)).toBe(true);

    await other.stop();
    expect(isAlive(processId)).toBe(false);
    expect(existsSync(other.folder)).toBe(false);
    expect((await cluster().jobStates(mine)).get(mine)).toBe('RUNNING');
  });
});
