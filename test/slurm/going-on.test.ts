/** Tasks with a checkpoint on a real Slurm: their element comes back by itself, and what they make is what they would have. */
import { execa } from 'execa';
import { afterEach, expect, it } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';
import { patience, until } from '../support/waiting.ts';
import type { Cluster, CommandResult } from './cluster.ts';
import { journal } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

/** Counts to its steps, one an attempt: it is warned, saves, and ends with a status of its own. */
const COUNT = `
      n=$(cat {checkpoint} 2>/dev/null || echo 0); echo "{rule} {i} attempt {attempt} from $n" >> calls
      trap 'echo $((n + 1)) > {checkpoint}; exit 9' TERM
      while ((n < {steps})) && [[ ! -e go ]]; do sleep 0.05; done
      echo "{steps} steps" > {output}`;

function counting(keys: string): Experiment {
  return experiment(`params: {i: [0, 1]}
config: {steps: 2}
rules:
  count:
    output: out/{i}.txt
    checkpoint: {path: "ck/{i}", ${keys}
    run: |${COUNT.replaceAll('{steps}', '{config.steps}')}
  sum:
    gather: i
    input: out/{i}.txt
    output: out/sum.txt
    resources: {time: 1m}
    run: cat {input} > {output}
`);
}

function wfc(cluster: Cluster, { folder }: Experiment, ...args: string[]): Promise<CommandResult> {
  return cluster.run(process.execPath, [CLI, ...args], { cwd: folder, timeoutSeconds: patience(20) / 1000 });
}

async function statusOf(cluster: Cluster, made: Experiment): Promise<Record<string, unknown>> {
  return JSON.parse((await wfc(cluster, made, 'status', '--json')).stdout);
}

const treeOf = (made: Experiment): Record<string, string> =>
  Object.fromEntries([...made.files('out'), ...made.files('ck')].map((path) => [path, made.read(path)]));

/** What a local run makes that nothing disturbs. */
async function undisturbedTree(): Promise<Record<string, string>> {
  const made = counting('warn: 20s}\n    resources: {time: 5m}');
  made.write('go', '');
  const { exitCode, stderr } = await execa(process.execPath, [CLI, 'run', '--local'], {
    cwd: made.folder,
    reject: false,
  });
  expect(exitCode, stderr).toBe(0);
  return treeOf(made);
}

/** Kinds and causes of the ends of a task's attempts, sorted. */
function journalled(made: Experiment, task: string): string[] {
  const lines = made
    .files(journal(made).slice(made.folder.length + 1))
    .filter((path) => path.endsWith('.tsv'))
    .flatMap((path) => made.read(path).split('\n'));
  const ends = lines.flatMap((line) => {
    const [kind, name, cause] = line.split('\t');
    if (name !== task) return [];
    return kind === 'interrupted' ? [`interrupted: ${cause}`] : kind === 'done' ? ['done'] : [];
  });
  return ends.sort();
}

describeOnSlurm(
  'a task with a checkpoint on Slurm',
  {
    nodes: 2,
    cpusPerNode: 2,
    slurmConf: { PreemptType: 'preempt/partition_prio', PreemptMode: 'REQUEUE' },
    slurmConfLines: ['PartitionName=first Nodes=ALL PriorityTier=9'],
  },
  (cluster) => {
    afterEach(async () => {
      await cluster().run('scancel', ['--me']);
      await cluster().waitForIdleQueue();
    });

    it(
      'goes on to its end by requeues of its element, which asks for the time of one attempt; one that may not has failed',
      async () => {
        const made = counting('warn: 2s}\n    resources: {time: 3s}');
        const stuck = counting('continues: 1, warn: 2s}\n    resources: {time: 3s}');
        for (const one of [made, stuck]) expect((await wfc(cluster(), one, 'run', '--slurm')).exitCode).toBe(0);
        await cluster().waitForIdleQueue(patience(60) / 1000);
        expect(treeOf(made)).toEqual(await undisturbedTree());
        expect(await statusOf(cluster(), made)).toMatchObject({
          done: 3,
          wentOn: [{ task: 'count i=0', times: 2 }, { times: 2 }],
        });
        expect(journalled(made, 'out/0.txt')).toEqual(['done', 'interrupted: time_limit', 'interrupted: time_limit']);
        expect(made.calls()).toEqual(
          [0, 1].flatMap((i) => [0, 1, 2].map((n) => `count ${i} attempt ${n + 1} from ${n}`)),
        );
        expect(await statusOf(cluster(), stuck)).toMatchObject({
          ...{ failed: 2, blocked: 1 },
          failures: [{ code: 'time_limit', attempt: 2 }, {}],
        });
        expect(treeOf(stuck)).toEqual({ 'ck/0': '2\n', 'ck/1': '2\n' });
      },
      patience(60),
    );

    it(
      'saves where Slurm preempts it, and makes what an undisturbed run makes; as it does when its node is lost',
      async () => {
        const made = counting('warn: 20s}\n    resources: {time: 5m}');
        expect((await wfc(cluster(), made, 'run', '--slurm')).exitCode).toBe(0);
        const calls = (): string[] => (made.has('calls') ? made.read('calls').trimEnd().split('\n') : []);
        await until(() => calls().length === 2, 'both run');
        const other = await cluster().submit('-p', 'first', '--nodes=2', '--exclusive', '--wrap=true');
        await cluster().waitForJob(other, (states) => [...states.values()].every((state) => state === 'COMPLETED'));
        await until(() => calls().length === 4, 'both run again');
        expect(calls().slice(2).sort()).toEqual(['count 0 attempt 2 from 1', 'count 1 attempt 2 from 1']);
        expect(await statusOf(cluster(), made)).toMatchObject({ running: 2, failed: 0 });
        await cluster().killNode('n1');
        await until(() => calls().length > 4, 'one runs on the other node');
        made.write('go', '');
        await cluster().startNode('n1');
        await cluster().waitForIdleQueue(patience(60) / 1000);
        expect(treeOf(made)).toEqual(await undisturbedTree());
        expect(await statusOf(cluster(), made)).toMatchObject({ done: 3, failed: 0 });
        // Only Slurm's accounts tell a preemption from a scancel.
        expect(journalled(made, 'out/0.txt')).toEqual(['done', 'interrupted: cancelled']);
      },
      patience(90),
    );
  },
);
