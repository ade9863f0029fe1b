/** Where tasks stand that neither succeeded nor failed, on a real Slurm: never pending without a reason. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';
import { patience, until, waitFor } from '../support/waiting.ts';
import type { Cluster, CommandResult } from './cluster.ts';
import { arrayOf, journal, Traced } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

const ONE_EACH = { 'profiles/default.yml': 'packing: {tasks_per_element: 1, fuse: never}\n' };

const CHAIN = `params: {i: {from: 0, to: 2}}
defaults: {resources: {time: 5m}}
rules:
  one: {output: "out/{i}/one.txt", run: "./step one {i} {output}"}
  two:
    input: out/{i}/one.txt
    output: out/{i}/two.txt
    run: ./step two {i} {output} {input}
    resources: {cpus: 2}
`;

interface Stop {
  readonly task: string;
  readonly cause: string;
  readonly slurm: string;
  readonly slurmState: string | null;
}

interface Status {
  readonly done: number;
  readonly running: number;
  readonly pending: number;
  readonly stopped: number;
  readonly failed: number;
  readonly blocked: number;
  readonly runs: readonly { readonly task: string; readonly host: string; readonly slurm: string }[];
  readonly waits: readonly { readonly reason: string; readonly elements: number; readonly kind: string }[];
  readonly stops: readonly Stop[];
}

function wfc(cluster: Cluster, { folder }: Experiment, ...args: string[]): Promise<CommandResult> {
  return cluster.run(process.execPath, [CLI, ...args], { cwd: folder, timeoutSeconds: patience(20) / 1000 });
}

async function ended(cluster: Cluster, made: Experiment, ...args: string[]): Promise<CommandResult> {
  const result = await wfc(cluster, made, ...args);
  expect(result.exitCode, result.stderr).toBe(0);
  return result;
}

async function statusOf(cluster: Cluster, made: Experiment): Promise<Status> {
  return JSON.parse((await ended(cluster, made, 'status', '--json')).stdout) as Status;
}

async function change(cluster: Cluster, ...args: string[]): Promise<void> {
  const { exitCode, stderr } = await cluster.run('scontrol', ['update', ...args]);
  expect(exitCode, stderr).toBe(0);
}

describeOnSlurm(
  'the states of tasks on Slurm',
  {
    nodes: 3,
    cpusPerNode: 4,
    accounting: true,
    slurmConf: { KillWait: '2', PreemptType: 'preempt/partition_prio', PreemptMode: 'CANCEL' },
    slurmConfLines: ['PartitionName=short Nodes=ALL MaxTime=2', 'PartitionName=first Nodes=ALL PriorityTier=9'],
  },
  (cluster) => {
    afterEach(async () => {
      await change(cluster(), 'PartitionName=main', 'State=UP');
      await cluster().cancelAll();
      await cluster().waitForIdleQueue();
    });

    it(
      'elements that fail to launch: their tasks failed at launch, with job id and Slurm’s reason; resume knows it',
      async () => {
        const made = new Traced(CHAIN, ONE_EACH);
        const { experiment } = made;
        await change(cluster(), 'PartitionName=main', 'State=DOWN');
        await ended(cluster(), experiment, 'run', '--slurm');
        expect(await statusOf(cluster(), experiment)).toMatchObject({ pending: 6, stopped: 0 });
        // No element can open its output, the closing job neither. (A folder that is missing Slurm 24.11 would make.)
        const elements = join(journal(experiment), 'elements');
        renameSync(elements, `${elements}.away`);
        writeFileSync(elements, '');
        await change(cluster(), 'PartitionName=main', 'State=UP');
        await cluster().waitForIdleQueue();
        // Clocks may differ by 2 s: what was handed in so lately may be in the queue, though squeue did not say so.
        await until(async () => (await statusOf(cluster(), experiment)).pending === 0, 'nothing is taken for queued');
        const status = await statusOf(cluster(), experiment);
        expect(status).toMatchObject({ stopped: 6 });
        const [one, two] = [arrayOf(experiment, '1-one'), arrayOf(experiment, '2-two')];
        expect(status.stops.map(({ slurm }) => slurm)).toEqual(
          [0, 1, 2].map((i) => `${one}_${i}`).concat([0, 1, 2].map((i) => `${two}_${i}`)),
        );
        expect(new Set(status.stops.map(({ cause }) => cause))).toEqual(new Set(['launch_failed']));
        // Of 22.05, 24.11 and 20.11.
        expect(status.stops[0]!.slurmState).toMatch(
          /^FAILED, (JobLaunchFailure|exit code 0:53|RaisedSignal:53|NonZeroExitCode)/,
        );
        const shown = await ended(cluster(), experiment, 'status');
        expect(shown.stdout).toContain(`stopped 6 tasks: failed at launch (Slurm ${one}_0, ${one}_1`);
        const why = await ended(cluster(), experiment, 'why', 'out/1/one.txt');
        expect(why.stdout).toContain(`it was handed in, and did not run: failed at launch, Slurm ${one}_1`);
        const watched = await wfc(cluster(), experiment, 'status', '--watch');
        expect([watched.exitCode, watched.stdout]).toEqual([1, expect.stringContaining('0 pending, 6 stopped')]);
        rmSync(elements);
        renameSync(`${elements}.away`, elements);
        const resumed = await ended(cluster(), experiment, 'resume', '--escalate');
        expect(resumed.stderr).toContain(`failed at launch: 6 elements ${one}_0`);
        expect(resumed.stderr).toContain('no task that is to run is known to have run out of memory or time');
        await cluster().waitForIdleQueue();
        expect(await statusOf(cluster(), experiment)).toMatchObject({ done: 6, stopped: 0 });
      },
      patience(40),
    );

    it(
      'a task that its job’s limit stopped is told so, everywhere; with the longest job there is it gets no more time',
      async () => {
        const made = experiment(
          'rules:\n  one: {output: out, run: "sleep 1000", resources: {time: 2m, slurm: {partition: short}}}\n',
        );
        const submitted = await ended(cluster(), made, 'run', '--slurm');
        expect(submitted.stderr).toContain('are more than the 2 min 0 s that a job may take');
        await cluster().waitForIdleQueue(patience(130) / 1000);
        const status = await statusOf(cluster(), made);
        expect(status).toMatchObject({ pending: 0, stopped: 1, failed: 0 });
        expect(status.stops[0]).toMatchObject({
          task: 'one',
          cause: 'job_limit',
          slurm: `${arrayOf(made, '1-one')}_0`,
        });
        const why = await ended(cluster(), made, 'why', 'out');
        expect(why.stdout).toMatch(/its last attempt: stopped at the job's time limit, \d{4}-\S+ \S+, Slurm \d+_0/);
        const { stderr } = await ended(cluster(), made, 'resume', '--escalate', '-n');
        expect(stderr).toContain(
          'one: ran out of time, and has the most that a job of its partition allows: 2 min 0 s',
        );
        made.edit('wfc.yml', 'slurm: {partition: short}', 'cpus: 1');
        expect((await ended(cluster(), made, 'resume', '--escalate', '-n')).stderr).toContain(
          'one: 4 min 0 s of time (2 min 0 s was not enough)',
        );
      },
      patience(200),
    );

    it(
      'wfc cancel: what ran and what waited is cancelled, and resume goes on',
      async () => {
        const made = new Traced(CHAIN, ONE_EACH);
        const { experiment } = made;
        made.hold('one-1');
        await ended(cluster(), experiment, 'run', '--slurm');
        await made.seen('half', 'one-1');
        await until(async () => (await statusOf(cluster(), experiment)).done === 4, 'the others are done');
        await ended(cluster(), experiment, 'cancel');
        await cluster().waitForIdleQueue();
        // Clocks may differ by 2 s: what was handed in so lately may be in the queue, though squeue did not say so.
        await until(async () => (await statusOf(cluster(), experiment)).pending === 0, 'nothing is taken for queued');
        const { stops, ...counts } = await statusOf(cluster(), experiment);
        expect(counts).toMatchObject({ done: 4, stopped: 2, running: 0 });
        expect(stops.map(({ task, cause }) => [task, cause])).toEqual([
          ['one i=1', 'cancelled'],
          ['two i=1', 'cancelled'],
        ]);
        made.release();
        await ended(cluster(), experiment, 'resume');
        await cluster().waitForIdleQueue();
        expect(await statusOf(cluster(), experiment)).toMatchObject({ done: 6, stopped: 0 });
      },
      patience(40),
    );

    it(
      'what Slurm preempts is preempted, by its accounts, and not cancelled',
      async () => {
        const made = new Traced('rules:\n  one: {output: out, run: "./step one 0 {output}", resources: {cpus: 4}}\n');
        const { experiment } = made;
        made.hold('one-0');
        await ended(cluster(), experiment, 'run', '--slurm');
        await made.seen('half', 'one-0');
        const other = await cluster().submit('-p', 'first', '--nodes=3', '--exclusive', '--wrap=true');
        await cluster().waitForJob(other, (states) => [...states.values()].every((state) => state === 'COMPLETED'));
        await cluster().waitForIdleQueue();
        const { stops } = await statusOf(cluster(), experiment);
        expect(stops).toMatchObject([{ task: 'one', cause: 'preempted', slurmState: 'PREEMPTED' }]);
        const { stderr } = await ended(cluster(), experiment, 'resume', '--escalate', '-n');
        expect(stderr).toContain('preempted: element');
        expect(stderr).toContain('no task that is to run is known to have run out');
      },
      patience(40),
    );

    it(
      'status names what runs, and why the rest waits; --watch calls nothing stopped that began after it asked',
      async () => {
        const made = new Traced(CHAIN, ONE_EACH);
        const { experiment } = made;
        made.hold('one-0', 'one-1', 'one-2');
        await change(cluster(), 'PartitionName=main', 'State=DOWN');
        await ended(cluster(), experiment, 'run', '--slurm');
        const { waits } = await statusOf(cluster(), experiment);
        expect(waits).toMatchObject([
          { reason: 'Dependency', elements: 4, kind: 'turn' },
          { reason: 'PartitionDown', elements: 3, kind: 'long' },
        ]);
        const env = { SLURM_CONF: cluster().env.SLURM_CONF!, PATH: cluster().env.PATH! };
        const watch = experiment.start(['status', '--watch'], { env });
        await until(() => watch.written().includes('6 pending'), 'the watch has asked and looked');
        await change(cluster(), 'PartitionName=main', 'State=UP');
        for (const i of [0, 1, 2]) await made.seen('half', `one-${i}`);
        await until(
          () => watch.written().includes('0 done, 3 running, 3 pending'),
          () => watch.written(),
        );
        expect(watch.written()).not.toMatch(/[1-9]\d* stopped/);
        const array = arrayOf(experiment, '1-one');
        const now = await waitFor(async () => {
          const status = await statusOf(cluster(), experiment);
          return status.runs.length === 3 ? status : undefined;
        }, 'three tasks run');
        expect(now.runs.map(({ task, slurm }) => [task, slurm]).sort()).toEqual(
          [0, 1, 2].map((i) => [`one i=${i}`, `${array}_${i}`]),
        );
        const { stdout } = await ended(cluster(), experiment, 'status');
        expect(stdout).toMatch(new RegExp(`^running one i=\\d, for .* on \\S+, Slurm ${array}_\\d$`, 'm'));
        expect(stdout).toContain('  4 elements wait: Dependency');
        made.release();
        expect((await watch.ended).status).toBe(0);
      },
      patience(60),
    );

    it(
      'resume --watch begins with nothing failed: what is handed in anew waits for its turn',
      async () => {
        const made = new Traced(CHAIN.replace('run: "./step', 'run: "[[ ! -e fail ]]; ./step'), {
          ...ONE_EACH,
          fail: '',
        });
        const { experiment } = made;
        await ended(cluster(), experiment, 'run', '--slurm');
        await cluster().waitForIdleQueue();
        expect(await statusOf(cluster(), experiment)).toMatchObject({ failed: 3, blocked: 3 });
        experiment.remove('fail');
        await change(cluster(), 'PartitionName=main', 'State=DOWN');
        await ended(cluster(), experiment, 'resume');
        expect(await statusOf(cluster(), experiment)).toMatchObject({ failed: 0, blocked: 0, pending: 6 });
        await change(cluster(), 'PartitionName=main', 'State=UP');
        await cluster().waitForIdleQueue();
        expect(await statusOf(cluster(), experiment)).toMatchObject({ done: 6 });
      },
      patience(40),
    );
  },
);
