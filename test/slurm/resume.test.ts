/** `wfc resume` and `wfc status` on a real Slurm: what is not complete is submitted once, whatever became of the rest. */
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { CLI, type Experiment } from '../support/experiment.ts';
import type { Cluster, CommandResult } from './cluster.ts';
import { jobIdOf, signalProcesses, Traced } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

/** An element a task, so that each has a Slurm id of its own. */
const ONE_EACH = { 'profiles/default.yml': 'packing: {tasks_per_element: 1, fuse: never}\n' };

/** Notes what sbatch is given, then calls it. */
const SBATCH = `#!/bin/bash
array=$(grep -oh -m 1 -e '--array=.*' "\${@: -3:1}")
printf '%s\\n' "$array $*" >>sbatch-calls
PATH=\${PATH#*:} exec sbatch "$@"
`;

function traced(spec: string, files: Readonly<Record<string, string>> = {}): Traced {
  const made = new Traced(spec, { ...ONE_EACH, 'bin/sbatch': SBATCH, ...files });
  made.experiment.executable('bin/sbatch');
  return made;
}

function wfc(cluster: Cluster, made: Experiment, ...args: string[]): Promise<CommandResult> {
  const env = { PATH: `${made.path('bin')}:${cluster.env.PATH}` };
  return cluster.run(process.execPath, [CLI, ...args], { cwd: made.folder, env, timeoutSeconds: 120 });
}

async function ended(cluster: Cluster, made: Experiment, ...args: string[]): Promise<CommandResult> {
  const result = await wfc(cluster, made, ...args);
  expect(result.exitCode, result.stderr).toBe(0);
  return result;
}

/** The arguments of sbatch since the last look. */
function sbatchCalls(made: Experiment): string[] {
  const calls = made.has('sbatch-calls') ? made.read('sbatch-calls').trimEnd().split('\n') : [];
  made.remove('sbatch-calls');
  return calls;
}

/** Ids of all arrays of all submissions so far, oldest first. */
function jobIds({ folder }: Experiment): string[] {
  const journals = join(folder, '.wfc/journal');
  return readdirSync(journals)
    .filter((name) => /^\d+-slurm-/.test(name))
    .sort()
    .flatMap((name) =>
      readFileSync(join(journals, name, 'jobs.tsv'), 'utf8')
        .trimEnd()
        .split('\n'),
    )
    .map((line) => line.split('\t')[1]!);
}

interface Status {
  readonly done: number;
  readonly running: number;
  readonly queue: string;
  readonly didNotFinish: number;
  readonly failures: readonly { readonly task: string; readonly slurm: string; readonly reason: string }[];
}

async function statusOf(cluster: Cluster, made: Experiment): Promise<Status> {
  return JSON.parse((await ended(cluster, made, 'status', '--json')).stdout) as Status;
}

const CHAIN = `params: {i: {from: 0, to: 3}}
rules:
  one: {output: "out/{i}/one.txt", run: "./step one {i} {output}"}
  two:
    input: out/{i}/one.txt
    output: out/{i}/two.txt
    run: "[[ ! -e fail/two-{i} ]] && ./step two {i} {output} {input}"
  all: {gather: i, input: "out/{i}/two.txt", output: out/all.txt, run: "./step all - {output} {input}"}
`;

describeOnSlurm(
  'wfc resume on Slurm',
  { nodes: 5, cpusPerNode: 4, accounting: true, slurmConf: { KillWait: '2' } },
  (cluster) => {
    afterEach(async () => {
      await cluster().cancelAll();
      await cluster().waitForIdleQueue();
    });

    it('a run in which every tenth task fails at random is resumed until done: each task succeeds once', async () => {
      const N = 40;
      const { experiment } = traced(`params: {i: {from: 1, to: ${N}}}
rules:
  one: {output: "out/{i}.one", run: "echo start one-{i} >> trace; ((RANDOM % 10)); echo {i} > {output}; echo end one-{i} >> trace"}
  two:
    input: out/{i}.one
    output: out/{i}.two
    run: echo start two-{i} >> trace; ((RANDOM % 10)); cat {input} > {output}; echo end two-{i} >> trace
  all: {gather: i, input: "out/{i}.two", output: all, run: "echo start all >> trace; cat {input} > {output}; echo end all >> trace"}
`);
      await ended(cluster(), experiment, 'run', '--slurm');
      let rounds = 0;
      for (; rounds < 12; rounds++) {
        await cluster().waitForIdleQueue();
        const lines = experiment.read('trace').trimEnd().split('\n');
        const succeeded = lines.filter((line) => line.startsWith('end ')).map((line) => line.slice(4));
        const { done, failures } = await statusOf(cluster(), experiment);
        expect(done).toBe(succeeded.length);
        if (done === 2 * N + 1) break;
        expect(failures.length).toBeGreaterThan(0);
        expect(failures.every(({ reason, slurm }) => reason === 'exit status 1' && /^\d+_\d+$/.test(slurm))).toBe(true);
        const before = jobIds(experiment);
        sbatchCalls(experiment);
        experiment.write('trace', `${lines.join('\n')}\nresume\n`);
        await ended(cluster(), experiment, 'resume');
        // What failed keeps its place in the array, and no dependency names a job of an earlier submission.
        const calls = sbatchCalls(experiment);
        const named = calls.flatMap((call) => (/--dependency=\S+/.exec(call)?.[0] ?? '').match(/\d+/g) ?? []);
        expect(named.filter((id) => before.includes(id))).toEqual([]);
        await cluster().waitForIdleQueue();
        const again = experiment.read('trace').split('resume\n').at(-1)!;
        expect(succeeded.filter((task) => again.includes(`start ${task}\n`))).toEqual([]);
      }
      const ends = experiment
        .read('trace')
        .split('\n')
        .filter((line) => line.startsWith('end '));
      expect(rounds).toBeLessThan(12);
      expect([ends.length, new Set(ends).size]).toEqual([2 * N + 1, 2 * N + 1]);
      expect(experiment.read('all').trimEnd().split('\n')).toHaveLength(N);
      // Locally, too, there is nothing left.
      expect((await ended(cluster(), experiment, 'resume', '--local')).stderr).toContain('nothing to do');
    });

    it('while elements run it submits none of them twice, nor what waits for them, and the rest goes on at once', async () => {
      const made = traced(CHAIN, { 'fail/two-2': '' });
      const { experiment } = made;
      made.hold('one-1');
      await ended(cluster(), experiment, 'run', '--slurm');
      await made.seen('half', 'one-1');
      await expect.poll(async () => (await statusOf(cluster(), experiment)).failures.length).toBe(1);
      const now = await statusOf(cluster(), experiment);
      expect(now).toMatchObject({
        running: 1,
        queue: 'known',
        failures: [{ task: 'two i=2', reason: 'exit status 1' }],
      });
      const refused = await wfc(cluster(), experiment, 'run', '--local');
      expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining('is in the queue of Slurm')]);
      experiment.remove('fail');
      sbatchCalls(experiment);
      const resumed = await ended(cluster(), experiment, 'resume');
      expect(resumed.stderr).toContain(
        '3 tasks queued or running already: left to the jobs in the queue, and to the next resume',
      );
      // The element keeps its index, and nothing names what is in the queue.
      expect(sbatchCalls(experiment).map((call) => /--array=(\S+)/.exec(call)?.[1])).toEqual(['2', undefined]);
      await made.seen('end', 'two-2');
      expect(made.starts('one-1')).toBe(1);
      made.release();
      await cluster().waitForIdleQueue();
      // The gather of the first submission was blocked, or ran if two-2 was there in time.
      await ended(cluster(), experiment, 'resume');
      await cluster().waitForIdleQueue();
      expect((await statusOf(cluster(), experiment)).done).toBe(9);
      const starts = Object.fromEntries(made.trace().map(({ task }) => [task, made.starts(task)]));
      expect(Object.values(starts)).toEqual(new Array(9).fill(1));
      expect(made.badInputs()).toEqual([]);
    });

    it('of elements that died without a word it says how they ended, by Slurm’s accounts; status shows them', async () => {
      const made = traced(`params: {i: {from: 0, to: 4}}
rules:
  one: {output: "out/{i}.txt", run: "./step one {i} {output}", resources: {time: 5m, cpus: 3}}
`);
      const { experiment } = made;
      made.hold('one-0', 'one-2', 'one-3');
      // A runner sees its time limit come, and takes note. This stands for one that could not.
      const timedOut = await cluster().submit('--array=1', '--time=1', '--wrap=sleep 300');
      await ended(cluster(), experiment, 'run', '--slurm');
      const nodes: string[] = [];
      for (const i of [0, 2, 3]) nodes.push((await made.seen('half', `one-${i}`)).node);
      await expect.poll(async () => (await statusOf(cluster(), experiment)).done).toBe(2);
      const array = jobIds(experiment)[0]!;
      const [killed, lost] = [await jobIdOf(cluster(), `${array}_2`), await jobIdOf(cluster(), `${array}_3`)];
      const change = async (...args: string[]) => {
        const { exitCode, stderr } = await cluster().run('scontrol', args);
        expect(exitCode, stderr).toBe(0);
      };
      await change('update', `JobId=${array}_3`, 'Requeue=0');
      // What comes leaves no word: the file system is gone meanwhile.
      const journals = experiment.path('.wfc/journal');
      renameSync(journals, `${journals}.away`);
      await cluster().run('scancel', [`${array}_0`]);
      signalProcesses(cluster(), killed, 'SIGKILL');
      // As a machine that loses its power: nothing there hears of it.
      await cluster().killNode(nodes[2]!);
      signalProcesses(cluster(), lost, 'SIGKILL');
      await cluster().waitForIdleQueue();
      await cluster().startNode(nodes[2]!);
      rmSync(journals, { recursive: true, force: true });
      renameSync(`${journals}.away`, journals);
      experiment.write(
        '.wfc/journal/000050-n1-1.tsv',
        `run\t1800000000\tn1\t${timedOut}_1\t.\nstarted\tout/1.txt\t1\t1800000000\t99999\t.\n`,
      );
      const status = await statusOf(cluster(), experiment);
      expect(status).toMatchObject({ done: 1, running: 0, didNotFinish: 4, failures: [] });
      const why = await ended(cluster(), experiment, 'why', 'out/3.txt');
      expect(why.stdout).toMatch(
        /one i=3: output incomplete .*\n {2}its last attempt: its node failed, Slurm \d+_3 .*\n {2}attempt 1 began .*, Slurm \d+_3, and has no end/,
      );
      const said = async () => {
        const { stderr } = await ended(cluster(), experiment, 'resume', '--escalate', '-n');
        return stderr.split('\n').filter((line) => / element \d|of time/.test(line));
      };
      const expected = [
        `cancelled: element ${array}_0`,
        `killed by signal 9: element ${array}_2`,
        `node failure: element ${array}_3`,
        `time limit: element ${timedOut}_1`,
        'one i=1: 10 min 0 s of time (5 min 0 s was not enough)',
      ];
      // The controller reports to the database in its own time.
      await expect.poll(async () => (await said()).sort()).toEqual(expected.sort());
      made.release();
      await ended(cluster(), experiment, 'resume', '--escalate');
      await cluster().waitForIdleQueue();
      expect(await statusOf(cluster(), experiment)).toMatchObject({ done: 5, didNotFinish: 0 });
      expect([0, 1, 2, 3, 4].map((i) => made.starts(`one-${i}`))).toEqual([2, 2, 2, 2, 1]);
      expect(made.badInputs()).toEqual([]);
    });

    it('status asks squeue once, and where it does not answer says so and takes what began for running', async () => {
      const made = traced(CHAIN);
      const { experiment } = made;
      made.hold('one-1');
      await ended(cluster(), experiment, 'run', '--slurm');
      await made.seen('half', 'one-1');
      experiment.write('bin/squeue', '#!/bin/bash\necho asked >>squeue-calls\nexec sleep 600\n');
      experiment.executable('bin/squeue');
      const { stdout } = await ended(cluster(), experiment, 'status');
      expect(stdout).toContain(
        'queue unknown: squeue does not answer; what began on Slurm and has no end counts as running',
      );
      expect(experiment.read('squeue-calls')).toBe('asked\n');
      expect((await statusOf(cluster(), experiment)).running).toBe(1);
      experiment.remove('bin/squeue');
      const cancelled = await ended(cluster(), experiment, 'cancel');
      expect(cancelled.stderr).toContain('what is done stays done');
      await cluster().waitForIdleQueue();
      expect(await statusOf(cluster(), experiment)).toMatchObject({ running: 0 });
      made.release();
      await ended(cluster(), experiment, 'resume');
      await cluster().waitForIdleQueue();
      expect((await statusOf(cluster(), experiment)).done).toBe(9);
      expect([0, 2, 3].map((i) => made.starts(`one-${i}`))).toEqual([1, 1, 1]);
    });

    it.each([
      ['arrays that are held, since their release was lost with a controller', 'JobHeldUser', ''],
      ['an element that is held, since a node failed to launch it', 'launch failed requeued held', '_[0-1,3]'],
    ])('%s: resume releases what is held', async (_, reason, released) => {
      const made = traced(CHAIN);
      const { experiment } = made;
      // Says that all went well, as a controller that then forgets it; or leaves one element behind.
      const release = released === '' ? 'exit 0' : `set -- release "$2${released}"`;
      experiment.write(
        'bin/scontrol',
        `#!/bin/bash\n[[ $1 != release ]] || ${release}\nPATH=\${PATH#*:} exec scontrol "$@"\n`,
      );
      experiment.executable('bin/scontrol');
      experiment.write('bin/squeue', `#!/bin/bash\nPATH=\${PATH#*:} squeue "$@" | sed 's/JobHeldUser/${reason}/'\n`);
      experiment.executable('bin/squeue');
      await ended(cluster(), experiment, 'run', '--slurm');
      experiment.remove('bin/scontrol');
      const held = jobIds(experiment)[0]!;
      const states =
        released === '' ? new Array(4).fill('PENDING') : ['COMPLETED', 'COMPLETED', 'COMPLETED', 'PENDING'];
      const look = async () => [...(await cluster().jobStates(held)).values()].sort();
      await expect.poll(look).toEqual(states);
      const words = `${released === '' ? '4 elements that were' : '1 element that was'} held in the queue: ${held}`;
      expect((await ended(cluster(), experiment, 'resume', '-n')).stderr).toContain(`would release ${words}`);
      expect((await ended(cluster(), experiment, 'resume')).stderr).toContain(`released ${words}`);
      await cluster().waitForIdleQueue();
      expect(await statusOf(cluster(), experiment)).toMatchObject({ done: 9 });
    });

    it('an id that a controller gave twice means the newest submission that has it', async () => {
      const made = traced(CHAIN);
      const { experiment } = made;
      await ended(cluster(), experiment, 'run', '--slurm');
      await cluster().waitForIdleQueue();
      experiment.remove('out/2/one.txt');
      made.hold('one-2');
      await ended(cluster(), experiment, 'resume');
      await made.seen('half', 'one-2');
      const [oldest, newest] = [0, 1]
        .map((n) => `.wfc/journal/00000${n + 1}-slurm-`)
        .map(
          (start) =>
            experiment.files('.wfc/journal').find((path) => path.startsWith(start) && path.endsWith('/jobs.tsv'))!,
        );
      const running = experiment.read(newest!).split('\t')[1]!;
      // As it would stand there if the first array of the first submission had got the same id.
      experiment.write(oldest!, experiment.read(oldest!).replace(/^1-one\t\d+/m, `2-two\t${running}`));
      const { stderr } = await ended(cluster(), experiment, 'resume', '-n');
      expect(stderr).toContain('3 tasks queued or running already: left to the jobs');
      made.release();
      await cluster().waitForIdleQueue();
    });

    it('where all state is lost, what is there is taken by its times, and only the rest is submitted', async () => {
      const made = traced(CHAIN);
      const { experiment } = made;
      await ended(cluster(), experiment, 'run', '--slurm');
      await cluster().waitForIdleQueue();
      experiment.remove('.wfc');
      experiment.remove('out/all.txt');
      const { stderr } = await ended(cluster(), experiment, 'run', '--slurm');
      expect(stderr).toContain('8 tasks are taken as complete by the times of their files');
      await cluster().waitForIdleQueue();
      expect((await ended(cluster(), experiment, 'plan', '--json')).stdout).toContain('"run": 0');
      expect(made.starts('one-1') + made.starts('two-1')).toBe(2);
    });
  },
);

describeOnSlurm('wfc resume --escalate on Slurm', { nodes: 2, cpusPerNode: 2, memory: 'cgroup' }, (cluster) => {
  it('doubles the memory of what ran out of it, as often as it takes, and of nothing else', async () => {
    const made = traced(
      `params: {i: {from: 0, to: 2}}
rules:
  one: {output: "out/{i}.txt", run: "echo {i} {resources.mem_mb} >> asked; ./step one {i} {output}", resources: {mem: 200M}}
`,
      { 'eat/one-1': '' },
    );
    const { experiment } = made;
    await ended(cluster(), experiment, 'run', '--slurm');
    await cluster().waitForIdleQueue();
    const { done, failures } = await statusOf(cluster(), experiment);
    expect([done, failures.map(({ task, reason }) => [task, reason])]).toEqual([2, [['one i=1', 'out of memory']]]);
    for (const mebibytes of [400, 800, 1600]) {
      if ((await statusOf(cluster(), experiment)).done === 3) break;
      sbatchCalls(experiment);
      const { stderr } = await ended(cluster(), experiment, 'resume', '--escalate');
      expect(stderr).toContain(`one i=1: ${mebibytes} MiB of memory (${mebibytes / 2} MiB was not enough)`);
      expect(sbatchCalls(experiment)[0]).toMatch(/^--array=1 /);
      await cluster().waitForIdleQueue();
    }
    expect((await statusOf(cluster(), experiment)).done).toBe(3);
    const asked = experiment.read('asked').trimEnd().split('\n');
    expect(asked.filter((line) => !line.startsWith('1 ')).sort()).toEqual(['0 200', '2 200']);
    expect(asked.filter((line) => line.startsWith('1 ')).slice(0, 2)).toEqual(['1 200', '1 400']);
  });
});
