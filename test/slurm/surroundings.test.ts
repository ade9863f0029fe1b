/** Where a submission is made, and by whom: folders with odd names, others' jobs in the same folder, from inside a job. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';
import { patience, until } from '../support/waiting.ts';
import type { Cluster, CommandResult } from './cluster.ts';
import { arrayOf, Traced } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

// Many starts of programs, on machines that may have other work.
vi.setConfig({ testTimeout: patience(30) });

const SPEC = `wfc: 1
params: {i: [0, 1]}
rules:
  one: {output: "out/{i}.txt", run: "pwd > {output}"}
  all: {gather: i, input: "out/{i}.txt", output: all.txt, run: "cat {input} > {output}", resources: {mem: 60M}}
`;

function wfc(cluster: Cluster, folder: string, args: string, env: Record<string, string> = {}): Promise<CommandResult> {
  return cluster.run(process.execPath, [CLI, ...args.split(' ')], { cwd: folder, env });
}

async function jobNames(cluster: Cluster, ...options: string[]): Promise<string[]> {
  const { stdout } = await cluster.run('squeue', ['--noheader', '--format=%j', ...options]);
  return [...new Set(stdout.split('\n').filter((line) => line !== ''))].sort();
}

describeOnSlurm('a submission', { nodes: 2, cpusPerNode: 4, memory: 'allocated' }, (cluster) => {
  // One that fails leaves nothing to the next.
  afterEach(async () => {
    await cluster().cancelAll();
    await cluster().waitForIdleQueue();
  });

  it('runs in a folder whose name Slurm or a shell would expand, and with scripts in such a folder', async () => {
    const names = ['50%done', 'a%j', 'a%%b', '%%%', 'with space', `quo"te's $HOME \`x\``, '-x', 'a|b', 'stüdy'];
    const made = experiment('');
    for (const name of names) {
      made.write(`${name}/wfc.yml`, SPEC);
      const compiled = await wfc(cluster(), made.path(name), 'compile --target slurm --out %a%%s');
      expect(compiled.exitCode, compiled.stderr).toBe(0);
      const submitted = await cluster().run('bash', [`${name}/%a%%s/submit.sh`.replace(/^-/, './-')], {
        cwd: made.folder,
      });
      expect(submitted.exitCode, submitted.stderr).toBe(0);
    }
    await cluster().waitForIdleQueue();
    for (const name of names) {
      expect(made.read(join(name, 'all.txt')), name).toBe(`${made.path(name)}\n`.repeat(2));
      const kept = made.files(join(name, '.wfc/journal')).filter((file) => file.endsWith('close.out'));
      expect(kept.map((file) => made.read(file))).toEqual([expect.stringMatching(/in all\s+3\s+3\s+0\s+0\s+0/)]);
      const { stdout } = await wfc(cluster(), made.path(name), 'status --json');
      expect(JSON.parse(stdout)).toMatchObject({ total: 3, done: 3, pending: 0 });
    }
  });

  it.each([
    ['back\\slash', 'a backslash in its name'],
    ['line\nbreak', 'a line break or another control character in its name'],
  ])('is refused before sbatch in a folder that Slurm can not take: %j', async (name, words) => {
    const made = experiment('');
    made.write(`${name}/wfc.yml`, SPEC);
    const refused = await wfc(cluster(), made.path(name), 'run --slurm');
    expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining(words)]);
    expect(await jobNames(cluster())).toEqual([]);
    expect(made.files(`${name}/.wfc/journal`)).toEqual([]);
  });

  it('is one of its folder also where a link leads there', async () => {
    const traced = new Traced(SPEC.replace('wfc: 1\n', '').replace('pwd >', './step one {i}'));
    traced.hold('one-0');
    const { experiment: made } = traced;
    symlinkSync(made.folder, `${made.folder}-link`);
    const compiled = await wfc(cluster(), made.folder, 'compile --target slurm --out S');
    expect(compiled.exitCode, compiled.stderr).toBe(0);
    // As from a shell that came by the link.
    const submitted = await cluster().run('bash', ['-c', 'cd "$1" && bash S/submit.sh', '-', `${made.folder}-link`]);
    expect(submitted.exitCode, submitted.stderr).toBe(0);
    await traced.seen('half', 'one-0');
    const second = await cluster().run('bash', ['S/submit.sh'], { cwd: made.folder });
    expect([second.exitCode, second.stderr]).toEqual([3, expect.stringContaining('in the queue already')]);
    const cancelled = await wfc(cluster(), made.folder, 'cancel');
    expect(cancelled.stderr).toContain('of 3 jobs');
    await cluster().waitForIdleQueue();
  });

  it("wfc cancel leaves another user's jobs of the folder alone, and those of another spec of the folder", async () => {
    const traced = new Traced('rules: {one: {output: a.txt, run: "./step one - {output}"}}\n');
    const { experiment: made } = traced;
    made.write('a.yml', `name: a\n${made.read('wfc.yml')}`);
    made.write('b.yml', 'name: b\nwfc: 1\nrules: {two: {output: b.txt, run: "./step two - {output}"}}\n');
    traced.hold('one--', 'two--');
    for (const command of ['run a.yml --slurm', 'resume b.yml --slurm']) {
      const { exitCode, stderr } = await wfc(cluster(), made.folder, command);
      expect(exitCode, stderr).toBe(0);
    }
    for (const task of ['one--', 'two--']) await traced.seen('half', task);
    expect(await jobNames(cluster())).toHaveLength(4);
    const newest = ['1-two', 'close'].map((stage) => arrayOf(made, stage)).sort();

    // There is one user here: a squeue that says otherwise of the job of a.yml.
    const real = (await cluster().run('bash', ['-c', 'type -P squeue'])).stdout;
    made.write('bin/squeue', `#!/bin/bash\n${real} "$@" | sed -E '/\\|one\\./s/^([^|]*\\|[^|]*)\\|[0-9]+/\\1|4711/'\n`);
    made.executable('bin/squeue');
    const others = { PATH: `${made.path('bin')}:${cluster().env.PATH}` };
    const shared = await wfc(cluster(), made.folder, 'cancel a.yml -n', others);
    expect(shared.stderr).toContain('left alone: 1 job of another user\n');
    expect(shared.stderr).toContain('left alone: 2 jobs of b.yml ("wfc cancel b.yml" ends them)\n');
    expect(shared.stderr).toContain('would cancel 1 element (0 of them running) of 1 job: ');

    const cancelled = await wfc(cluster(), made.folder, 'cancel b.yml');
    expect(cancelled.stderr).toContain('left alone: 2 jobs of a.yml');
    expect(/of 2 jobs: (.*)/.exec(cancelled.stderr)?.[1]?.split(' ').sort()).toEqual(newest);
    await until(async () => (await jobNames(cluster())).every((name) => /\.a\.\w+$/.test(name)), 'only jobs of a.yml');
    traced.release();
    await cluster().waitForIdleQueue();
    expect([made.has('a.txt'), made.has('b.txt')]).toEqual([true, false]);
  });

  it('from inside a job hands nothing of that job on: an srun of a task works', async () => {
    const spec = 'rules: {one: {output: out.txt, run: "srun -n1 hostname > {output}", resources: {mem: 60M}}}\n';
    const made: Experiment = experiment(spec);
    const inside = await cluster().submit(
      ...['--mem-per-cpu=50', '--cpus-per-task=2', '--ntasks=2', `--chdir=${made.folder}`, '--output=inside.txt'],
      `--wrap=export SLURM_TRES_PER_TASK=cpu:2; "${process.execPath}" "${CLI}" run --slurm`,
    );
    await cluster().waitForJob(inside, (states) => [...states.values()].every((state) => state === 'COMPLETED'));
    await cluster().waitForIdleQueue();
    expect(made.files('.wfc/logs').map((file) => made.read(file))).toEqual([]);
    expect(made.has('out.txt')).toBe(true);
    expect(made.read('inside.txt')).toContain('submitted');
  });

  it('an srun of a task in a lane gets the share of that task, beside those of the other lanes', async () => {
    const made = experiment(
      `params: {i: [0, 1]}
rules:
  one:
    output: "out/{i}"
    run: |
      srun bash -c 'touch "met.$1"; until [[ -e met.0 && -e met.1 ]]; do sleep 0.1; done; scontrol show step "$SLURM_JOB_ID.$SLURM_STEP_ID"' - {i} > {output}
    resources: {cpus: 2, mem: 100M, time: 60s}
`,
      { 'profiles/default.yml': 'packing: {lanes: 2, tasks_per_element: 2}\n' },
    );
    const { exitCode, stderr } = await wfc(cluster(), made.folder, 'run --slurm');
    expect(exitCode, stderr).toBe(0);
    await cluster().waitForIdleQueue();
    for (const i of [0, 1]) expect(made.read(`out/${i}`)).toContain('TRES=cpu=2,mem=100M');
  });
});
