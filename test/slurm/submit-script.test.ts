/** submit.sh on a real controller: what it refuses, what it does not listen to, and what it takes back when a call fails. */
import { chmodSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { startTicksOf } from '../../src/io/state/lock.ts';
import { type Experiment, experiment } from '../support/experiment.ts';
import type { Cluster, CommandResult } from './cluster.ts';
import { arrayOf, compile, handIn, summary, Traced } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

/** Three arrays, by what they ask for. */
const SPEC = `params:
  i: {from: 0, to: 1}
rules:
  one:
    output: out/{i}/one.txt
    run: ./step one {i} {output}
  two:
    input: out/{i}/one.txt
    output: out/{i}/two.txt
    run: ./step two {i} {output} {input}
    resources: {mem: 60M}
  three:
    input: out/{i}/two.txt
    output: out/{i}/three.txt
    run: ./step three {i} {output} {input}
    resources: {mem: 70M}
`;

/** Programs that stand before the real ones on the PATH. */
function before(
  cluster: Cluster,
  made: Experiment,
  programs: Readonly<Record<string, string>>,
): Record<string, string> {
  for (const [name, text] of Object.entries(programs)) {
    made.write(`bin/${name}`, `#!/bin/bash\n${text}`);
    chmodSync(made.path(`bin/${name}`), 0o755);
  }
  return { PATH: `${made.path('bin')}:${cluster.env.PATH}` };
}

function submit(
  cluster: Cluster,
  { folder }: Experiment,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<CommandResult> {
  return cluster.run('bash', ['slurm/submit.sh', ...args], { cwd: folder, env });
}

async function queued(cluster: Cluster): Promise<string> {
  return (await cluster.run('squeue', ['--noheader', '--format=%i %j %T'])).stdout;
}

describeOnSlurm('submit.sh', { nodes: 2, cpusPerNode: 4 }, (cluster) => {
  it('refuses while a live process holds the lock, or one on another host; a dead one does not count', async () => {
    const made = experiment('rules:\n  one:\n    output: x\n    run: touch {output}\n');
    await compile(cluster(), made);
    const startTicks = startTicksOf(process.pid)!;
    const holder = { host: hostname(), pid: process.pid, startTicks, since: '2026-01-01T00:00:00.000Z' };
    for (const [lock, words] of [
      [holder, `process ${process.pid} on ${hostname()}`],
      [{ ...holder, host: 'elsewhere', pid: 1 }, 'process 1 on elsewhere'],
    ] as const) {
      made.write('.wfc/lock', `${JSON.stringify(lock)}\n`);
      const refused = await submit(cluster(), made);
      expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining(words)]);
      expect(await queued(cluster())).toBe('');
      expect(made.has('.wfc/journal')).toBe(false);
    }
    // Higher than any process id of Linux; and a number that another process has by now.
    for (const dead of [{ pid: 2 ** 22 + 1 }, { startTicks: '1' }]) {
      made.write('.wfc/lock', `${JSON.stringify({ ...holder, ...dead })}\n`);
      made.remove('x');
      const taken = await submit(cluster(), made);
      expect(taken.exitCode, taken.stderr).toBe(0);
      await cluster().waitForIdleQueue();
      expect(made.has('x')).toBe(true);
    }
  });

  it('refuses beside jobs of the same folder but those that --beside names', async () => {
    const traced = new Traced(SPEC);
    const made = traced.experiment;
    traced.hold('one-0');
    await compile(cluster(), made);
    await handIn(cluster(), made);
    await traced.seen('half', 'one-0');
    const jobs = ['1-one', '2-two', '3-three', 'close'].map((stage) => arrayOf(made, stage));

    made.write('wfc.yml', 'wfc: 1\nrules:\n  other:\n    output: out/other.txt\n    run: echo > {output}\n');
    await compile(cluster(), made, { out: 'others' });
    const others = (args: readonly string[]) =>
      cluster().run('bash', ['others/submit.sh', ...args], { cwd: made.folder, env: { SQUEUE_STATES: 'COMPLETED' } });
    for (const args of [[], [`--beside=${jobs.slice(1).join(',')}`]]) {
      const refused = await others(args);
      expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining('in the queue already')]);
    }
    expect((await others(['--besides=1'])).exitCode).toBe(2);
    expect(made.has('out/other.txt')).toBe(false);
    const beside = await others([`--beside=${jobs.join(',')}`]);
    expect(beside.exitCode, beside.stderr).toBe(0);
    await made.appeared('out/other.txt');
    expect(traced.starts('two-0')).toBe(0);
    traced.release();
    await cluster().waitForIdleQueue();
    expect(traced.starts('three-0')).toBe(1);
  });

  it("does not listen to a user's SBATCH_* variables", async () => {
    const traced = new Traced(SPEC);
    const made = traced.experiment;
    await compile(cluster(), made);
    const env = {
      SBATCH_PARTITION: 'none',
      SBATCH_TIMELIMIT: '0-00:00:01',
      SBATCH_EXPORT: 'NONE',
      SBATCH_ARRAY_INX: '7',
      SBATCH_JOB_NAME: 'mine',
      SBATCH_OPEN_MODE: 'truncate',
      SBATCH_NO_REQUEUE: '1',
      SBATCH_SIGNAL: 'KILL@60',
      SBATCH_WAIT: '1',
    };
    // Some of them do change a job that does not unset them.
    const plain = await cluster().run('sbatch', ['--wrap=true'], { env });
    expect(plain.stderr).toContain('invalid partition');
    traced.hold('one-1');
    await handIn(cluster(), made, 'slurm', env);
    await traced.seen('half', 'one-1');
    const job = (await cluster().run('scontrol', ['show', 'job', `${arrayOf(made, '1-one')}_1`])).stdout;
    expect(job).toMatch(/JobName=one\.wfc\.[0-9a-f]{4}\b/);
    expect(job).toMatch(/Partition=main\b/);
    expect(job).toMatch(/Requeue=1\b/);
    expect(job).toMatch(/TimeLimit=(UNLIMITED|365-)/);
    traced.release();
    await cluster().waitForIdleQueue();
    expect(summary(made)).toMatch(/in all\s+6\s+6\s+0\s+0\s+0/);
  });

  it('takes back what it queued when sbatch refuses an array in the middle', async () => {
    const traced = new Traced(SPEC.replace('mem: 60M}', 'mem: 60M, slurm: {partition: none}}'));
    const made = traced.experiment;
    await compile(cluster(), made);
    const refused = await submit(cluster(), made);
    expect(refused.exitCode).toBe(3);
    expect(refused.stdout).toMatch(/1-one +job \d+/);
    expect(refused.stderr).toContain('invalid partition');
    expect(refused.stderr).toContain('sbatch refused 2-two.sh');
    expect(refused.stderr).toContain('what was queued has been cancelled');
    await cluster().waitForIdleQueue();
    expect(traced.trace()).toEqual([]);
    made.write('wfc.yml', `wfc: 1\n${SPEC}`);
    await compile(cluster(), made);
    await handIn(cluster(), made);
    await cluster().waitForIdleQueue();
    expect(summary(made)).toMatch(/in all\s+6\s+6\s+0\s+0\s+0/);
  });

  it('takes back by what it was to run a job that was accepted although its call failed, and jobs that could not be released', async () => {
    const late = new Traced(SPEC);
    await compile(cluster(), late.experiment);
    const real = (await cluster().run('bash', ['-c', 'type -P sbatch scontrol'])).stdout.split('\n') as [
      string,
      string,
    ];
    // Accepted, and the answer is lost.
    const env = before(cluster(), late.experiment, {
      sbatch: `${real[0]} "$@" >"$HOME_OF_CALLS/accepted"; [[ "$*" != *2-two* ]] || exit 1; cat "$HOME_OF_CALLS/accepted"\n`,
    });
    const refused = await submit(cluster(), late.experiment, [], { ...env, HOME_OF_CALLS: late.experiment.folder });
    expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining('sbatch refused 2-two.sh')]);
    expect(late.experiment.read('accepted')).toMatch(/^\d+/);
    await cluster().waitForIdleQueue();

    const unreleased = new Traced(SPEC);
    await compile(cluster(), unreleased.experiment);
    const scontrol = `[[ $1 != release ]] || exit 1\nexec ${real[1]} "$@"\n`;
    const failed = await submit(
      cluster(),
      unreleased.experiment,
      [],
      before(cluster(), unreleased.experiment, { scontrol }),
    );
    expect([failed.exitCode, failed.stderr]).toEqual([3, expect.stringContaining('could not be released')]);
    await cluster().waitForIdleQueue();
    expect([...late.trace(), ...unreleased.trace()]).toEqual([]);
  });

  it('calls Slurm under a limit of 30 s, and a call that hangs ends the submission', async () => {
    const traced = new Traced(SPEC);
    const made = traced.experiment;
    await compile(cluster(), made);
    const real = (await cluster().run('bash', ['-c', 'type -P timeout sbatch'])).stdout.split('\n') as [string, string];
    const env = before(cluster(), made, {
      // Half a minute is too long for a test.
      timeout: `echo "$1 $2" >>timeouts; limit=$1; shift; LIMITED=yes exec ${real[0]} "$((limit / 10))" "$@"\n`,
      sbatch: `[[ "$*" != *3-three* ]] || exec sleep 1000\nexec ${real[1]} "$@"\n`,
      // Nobody calls these but under timeout.
      ...Object.fromEntries(
        ['squeue', 'scancel', 'scontrol'].map((name) => [
          name,
          `[[ -n \${LIMITED-} ]] || echo "${name} without a limit" >>timeouts\nPATH=\${PATH#*:} exec ${name} "$@"\n`,
        ]),
      ),
    });
    const hung = await submit(cluster(), made, [], env);
    expect([hung.exitCode, hung.stderr]).toEqual([
      3,
      expect.stringContaining('sbatch refused 3-three.sh (or did not answer'),
    ]);
    await cluster().waitForIdleQueue();
    const calls = [...new Set(made.read('timeouts').trimEnd().split('\n'))].sort();
    expect(calls).toEqual(['30 sbatch', '30 scancel', '30 squeue']);
    expect(traced.trace()).toEqual([]);
  });

  it.each([
    ['HUP', 129],
    ['INT', 130],
    ['TERM', 143],
    ['PIPE', 141],
  ])('takes back what it queued when SIG%s ends it half-way: nothing stays held for ever', async (signal, status) => {
    const traced = new Traced(SPEC);
    const made = traced.experiment;
    await compile(cluster(), made);
    const real = (await cluster().run('bash', ['-c', 'type -P sbatch'])).stdout;
    const env = before(cluster(), made, {
      sbatch: `${real} "$@"; [[ "$*" != *2-two* ]] || kill -${signal} "$(<pid)"\n`,
    });
    const script = 'echo "$$" >pid; exec bash slurm/submit.sh';
    const ended = await cluster().run('bash', ['-c', script], { cwd: made.folder, env });
    expect([ended.exitCode, ended.stdout]).toEqual([status, expect.stringMatching(/1-one +job \d+/)]);
    expect(ended.stdout).not.toContain('3-three');
    await cluster().waitForIdleQueue();
    expect(traced.trace()).toEqual([]);
  });

  it('takes back what it queued when nobody reads any more what it says, as where a terminal was closed', async () => {
    const traced = new Traced(SPEC);
    await compile(cluster(), traced.experiment);
    for (const closed of ['exec 3> >(exit 0); wait $!', 'exec 3>/dev/full']) {
      const script = `${closed}; exec bash slurm/submit.sh >&3`;
      const { exitCode } = await cluster().run('bash', ['-c', script], { cwd: traced.experiment.folder });
      expect(exitCode).not.toBe(0);
      await cluster().waitForIdleQueue();
    }
    expect(traced.trace()).toEqual([]);
  });

  it('--dry-run prints all calls as bash runs them, and makes none; --help ends with 0, an unknown option with 2', async () => {
    const traced = new Traced(SPEC);
    const made = traced.experiment;
    await compile(cluster(), made);
    const shown = await submit(cluster(), made, ['--dry-run'], { PATH: '/usr/bin:/bin' });
    expect([shown.exitCode, shown.stderr, await queued(cluster()), made.has('.wfc')]).toEqual([0, '', '', false]);
    expect(shown.stdout).toMatch(
      /^job_2=\$\(sbatch .* "--dependency=aftercorr:\$job_1\?afterany:\$job_1" \S+\/\.wfc\/journal\/\S+\/2-two\.sh /m,
    );
    expect(shown.stdout).toMatch(
      /^job_close=\$\(sbatch .* "--dependency=afterany:\$job_1:\$job_2:\$job_3" \S+\/\.wfc\/journal\/\S+\/close\.sh /m,
    );
    const pasted = await cluster().run('bash', ['-e'], { stdin: shown.stdout });
    expect([pasted.exitCode, pasted.stderr]).toEqual([0, '']);
    await cluster().waitForIdleQueue();
    expect(summary(made)).toMatch(/in all\s+6\s+6\s+0\s+0\s+0/);

    const help = await submit(cluster(), made, ['--help']);
    expect([help.exitCode, help.stderr, help.stdout]).toEqual([
      0,
      '',
      expect.stringMatching(/^usage: bash .*--dry-run/),
    ]);
    const unknown = await submit(cluster(), made, ['--dryrun']);
    expect([unknown.exitCode, unknown.stdout]).toEqual([2, '']);
    expect(unknown.stderr).toMatch(/^error: unknown option: --dryrun\nusage: /);
  });
});

it('names of jobs say rule, experiment and run; the closing job asks for little, and for nothing that makes it wait', async () => {
  const spec =
    'name: "Sweep of lr: new (ü)!"\nrules: {train: {output: x, run: "echo > {output}", resources: {cpus: 4, mem: 8G}}}\n';
  const made = experiment(spec, {
    'site.yml': `slurm:
  partition: short
  constraint: avx512
  exclusive: true
  extra: ["--exclusive --account 'my lab'", --gpus=2, "-C ib -q high"]
`,
  });
  const { status, stderr } = await made.wfc('compile --target slurm --out S --profile ./site.yml');
  expect([status, stderr]).toEqual([0, '']);
  const { id } = JSON.parse(made.read('S/manifest.json')) as { id: string };
  const directives = (script: string): string =>
    made
      .read(script)
      .match(/^#SBATCH .*$/gm)!
      .join(' ')
      .replaceAll('#SBATCH ', '');
  const run = id.slice(0, 4);
  expect(directives('S/1-train.sh')).toContain(`--job-name=train.Sweep-of-lr-new-u.${run} `);
  expect(directives('S/close.sh')).toBe(
    `--job-name=close.Sweep-of-lr-new-u.${run} --nodes=1 --ntasks=1 --cpus-per-task=1 --mem=110M --time=00:06:00 --account="my lab" --partition=short --qos=high`,
  );
});
