/** What the commands of wfc do about submissions that are queued: follow them, end them, keep off. */
import { expect, it } from 'vitest';
import { CLI, type Experiment } from '../support/experiment.ts';
import { until } from '../support/waiting.ts';
import type { Cluster, CommandResult } from './cluster.ts';
import { arrayOf, summary, Traced } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

const SPEC = `params:
  i: {from: 0, to: 2}
rules:
  one:
    output: out/{i}/one.txt
    run: ./step one {i} {output}
  all:
    gather: i
    input: out/{i}/one.txt
    output: out/all.txt
    run: ./step all - {output} {input}
`;

function wfc(
  cluster: Cluster,
  { folder }: Experiment,
  args: string,
  env: Record<string, string> = {},
): Promise<CommandResult> {
  return cluster.run(process.execPath, [CLI, ...args.split(' ')], { cwd: folder, env });
}

/** Submitted, with one task held half-way, the two beside it done. */
async function submitHeld(cluster: Cluster): Promise<Traced> {
  const traced = new Traced(SPEC);
  traced.hold('one-1');
  const submitted = await wfc(cluster, traced.experiment, 'run --slurm -q');
  expect(submitted.exitCode, submitted.stderr).toBe(0);
  await traced.seen('half', 'one-1');
  for (const task of ['one-0', 'one-2']) await traced.seen('end', task);
  return traced;
}

/** Names of all jobs in the queue. */
async function queue(cluster: Cluster): Promise<string[]> {
  const { stdout } = await cluster.run('squeue', ['--noheader', '--format=%F']);
  return [...new Set(stdout.split('\n').filter((line) => line !== ''))].sort();
}

describeOnSlurm('while a submission is queued', { nodes: 2, cpusPerNode: 4 }, (cluster) => {
  it('wfc cancel ends what this folder has in the queue, and nothing else; what is done stays done', async () => {
    const [mine, other] = [await submitHeld(cluster()), await submitHeld(cluster())];
    const all = await queue(cluster());
    const shown = await wfc(cluster(), mine.experiment, 'cancel -n');
    expect(shown.stderr).toContain('would cancel');
    expect(shown.stderr).toContain(arrayOf(mine.experiment, '1-one'));
    expect(await queue(cluster())).toEqual(all);

    // A user's own settings for squeue and scancel must not hide jobs, nor ask back.
    const env = { SQUEUE_STATES: 'COMPLETED', SQUEUE_PARTITION: 'none', SCANCEL_INTERACTIVE: '1' };
    const cancelled = await wfc(cluster(), mine.experiment, 'cancel', env);
    expect(cancelled.exitCode, cancelled.stderr).toBe(0);
    expect(cancelled.stderr).toMatch(/cancelling 3 elements \(1 of them running\) of 3 jobs/);
    const others = new Set(['1-one', '2-all', 'close'].map((stage) => arrayOf(other.experiment, stage)));
    await expect.poll(() => queue(cluster())).toEqual([...others].sort());
    expect(mine.starts('all--')).toBe(0);
    await until(() => !mine.experiment.has('out/1/one.txt'), 'the half-made output gone');
    const again = await wfc(cluster(), mine.experiment, 'cancel');
    expect([again.exitCode, again.stderr]).toEqual([0, 'nothing of this folder is in the queue or runs here']);

    // Just the rest.
    mine.release();
    const rest = await wfc(cluster(), mine.experiment, 'run --local');
    expect(rest.exitCode, rest.stderr).toBe(0);
    expect(['one-0', 'one-1', 'one-2', 'all--'].map((task) => mine.starts(task))).toEqual([1, 2, 1, 1]);

    other.release();
    await cluster().waitForIdleQueue();
    expect(summary(other.experiment)).toMatch(/in all\s+4\s+4\s+0\s+0\s+0/);
  });

  it('a run on this machine keeps submissions off, and wfc cancel ends it; where squeue does not answer, it says so and ends nothing', async () => {
    const traced = new Traced(SPEC);
    traced.hold('one-1');
    const running = traced.experiment.start(['run', '--local', '-j2']);
    await traced.seen('half', 'one-1');
    const beside = await wfc(cluster(), traced.experiment, 'run --slurm');
    expect([beside.exitCode, beside.stderr]).toEqual([3, expect.stringContaining('another wfc works in this folder')]);
    const { exitCode, stderr } = await wfc(cluster(), traced.experiment, 'cancel');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain(`stopping the run on this machine, process ${running.pid}`);
    expect((await running.ended).status).toBe(130);

    const queued = await submitHeld(cluster());
    const unanswered = await wfc(cluster(), queued.experiment, 'cancel', { PATH: queued.experiment.path('hold') });
    expect([unanswered.exitCode, unanswered.stderr]).toEqual([3, expect.stringContaining('squeue does not answer')]);
    queued.release();
    await cluster().waitForIdleQueue();
    expect(summary(queued.experiment)).toMatch(/in all\s+4\s+4\s+0\s+0\s+0/);
  });

  it('wfc run --local and a second submission keep off, also by what a user hides from squeue; afterwards there is nothing to do', async () => {
    const traced = await submitHeld(cluster());
    const env = { SQUEUE_STATES: 'COMPLETED' };
    const local = await wfc(cluster(), traced.experiment, 'run --local', env);
    expect([local.exitCode, local.stderr]).toEqual([3, expect.stringContaining('is in the queue of Slurm')]);
    expect(local.stderr).toContain('"wfc cancel" ends it');
    const second = await wfc(cluster(), traced.experiment, 'run --slurm', env);
    expect([second.exitCode, second.stderr]).toEqual([3, expect.stringContaining('is in the queue')]);
    traced.release();
    await cluster().waitForIdleQueue();
    const after = await wfc(cluster(), traced.experiment, 'run --local', env);
    expect([after.exitCode, after.stderr]).toEqual([0, expect.stringContaining('nothing to do')]);
    expect(traced.starts('one-1')).toBe(1);
  });

  it('wfc run --slurm --watch stays until all has ended, and its exit status tells whether all is done', async () => {
    const traced = new Traced(SPEC);
    traced.hold('one-1');
    const watching = wfc(cluster(), traced.experiment, 'run --slurm --watch');
    await traced.seen('half', 'one-1');
    // The others are done, and it has not ended: it waits for what is held.
    await traced.seen('end', 'one-2');
    expect(await queue(cluster())).toHaveLength(3);
    traced.release();
    const good = await watching;
    expect(good.exitCode, good.stderr).toBe(0);
    expect(good.stdout).toMatch(/4 done/);
    expect(traced.starts('all--')).toBe(1);
    await cluster().waitForIdleQueue();

    traced.experiment.write('wfc.yml', traced.experiment.read('wfc.yml').replace('./step all', 'false; ./step all'));
    const bad = await wfc(cluster(), traced.experiment, 'run --slurm --watch');
    expect(bad.exitCode, bad.stderr).toBe(1);
    expect(bad.stdout).toMatch(/1 failed/);
    expect((await wfc(cluster(), traced.experiment, 'run --watch')).exitCode).toBe(2);
    await cluster().waitForIdleQueue();
  });

  it('Ctrl-C in --watch of run, resume and status leaves the jobs alone, and says so', async () => {
    const traced = new Traced(SPEC);
    traced.hold('one-1');
    const words = 'no longer watching; the jobs go on. To look again: wfc status --watch; to end them: wfc cancel';
    for (const args of ['run --slurm --watch', 'status --watch', 'resume --watch']) {
      const watching = traced.experiment.start(args.split(' '), { env: cluster().env as Record<string, string> });
      await until(() => watching.written().includes('1 running'), `${args} sees the task that is held`);
      watching.kill('SIGINT');
      const { status, stderr } = await watching.ended;
      expect([status, stderr], args).toEqual([130, expect.stringContaining(words)]);
    }
    expect(await queue(cluster())).toHaveLength(3);
    traced.release();
    await cluster().waitForIdleQueue();
    expect(['one-0', 'one-1', 'one-2', 'all--'].map((task) => traced.starts(task))).toEqual([1, 1, 1, 1]);
  });

  it('--force runs complete tasks anew on Slurm, too, and once more when asked once more', async () => {
    const traced = new Traced(SPEC);
    for (const args of ['run --slurm', 'run --slurm --force one', 'run --slurm --force one']) {
      const submitted = await wfc(cluster(), traced.experiment, args);
      expect(submitted.exitCode, submitted.stderr).toBe(0);
      await cluster().waitForIdleQueue();
      expect(summary(traced.experiment)).toMatch(/in all\s+4\s+4\s+0\s+0\s+0/);
    }
    expect(['one-0', 'one-1', 'one-2', 'all--'].map((task) => traced.starts(task))).toEqual([3, 3, 3, 3]);
  });
});
