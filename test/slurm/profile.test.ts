/** What a profile says reaches Slurm and the tasks, and no more than it says. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';
import type { Cluster, CommandResult } from './cluster.ts';
import { arrayOf, summary, tree } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

const SPEC = `params:
  site: [a, b, c, d]
  seed: {from: 0, to: 1}
rules:
  fetch:
    local: true
    output: out/raw.txt
    run: echo "$SITE_VALUE" > {output}
  train:
    input: out/raw.txt
    output: out/{site}/{seed}.txt
    run: |
      ./step {output}
      printf '%s %s %s\\n' "$SITE_VALUE" {site} {seed} > {output}
  all:
    gather: [site, seed]
    input: out/{site}/{seed}.txt
    output: out/all.txt
    run: cat {input} > {output}
`;

/** On the cluster: waits until two tasks of the element have begun, and notes when which element was at work. */
const STEP = `#!/bin/bash
[[ -n \${SLURM_JOB_ID-} ]] || exit 0
note() { echo "$1 $SLURM_ARRAY_TASK_ID $SLURM_JOB_PARTITION $PWD" >>trace; }
note start
mkdir -p "met/$SLURM_ARRAY_TASK_ID"
: >"met/$SLURM_ARRAY_TASK_ID/\${1//\\//-}"
for ((i = 0; i < 200; i++)); do
  met=("met/$SLURM_ARRAY_TASK_ID"/*)
  ((\${#met[@]} < 2)) || break
  sleep 0.1
done
note "end-\${#met[@]}"
`;

const HOSTILE = `it's "quoted" $(touch PWNED) \\ #SBATCH --hold`;

const PROFILE = `slurm:
  partition: second
  comment: ${JSON.stringify(HOSTILE)}
  extra: [--nice=5]
packing: {tasks_per_element: 3, lanes: 2, max_running: 1}
modules: [site/1, "it's"]
prelude:
  - export SITE_VALUE="a site"
  # What a site's files do on the side: none of it reaches the tasks.
  - cd /; set -- x y; shopt -s nullglob; export LC_ALL=C.UTF-8; artifacts=x journal=x spec_folder=x
local: {jobs: 2}
`;

/** As Environment Modules gives it to jobs: an exported function. */
const MODULE = { 'BASH_FUNC_module%%': '() { echo "$* $#" >>"$MODULES_CALLED"; }' };

function runSlurm(cluster: Cluster, made: Experiment, profile: string): Promise<CommandResult> {
  return cluster.run(process.execPath, [CLI, 'run', '--slurm', '--profile', profile], {
    cwd: made.folder,
    env: { ...MODULE, MODULES_CALLED: made.path('modules') },
  });
}

const SECOND = 'PartitionName=second Nodes=n1,n2 MaxTime=00:20:00 State=UP';

describeOnSlurm('a profile', { nodes: 2, slurmConfLines: [SECOND] }, (cluster) => {
  it('gives flags, packing, modules and prelude; the tree is that of a local run', async () => {
    const made = experiment(SPEC, { 'profiles/site.yml': PROFILE });
    made.write('step', STEP);
    await cluster().run('chmod', ['+x', made.path('step')]);
    const submitted = await runSlurm(cluster(), made, 'site');
    expect(submitted.exitCode, submitted.stderr).toBe(0);
    await cluster().waitForIdleQueue();
    expect(summary(made)).toMatch(/in all\s+10\s+10\s+0\s+0\s+0/);

    // Eight tasks by three; two at a time in each element; one element at a time; in the partition; in the spec's folder.
    const trace = made.read('trace').trimEnd().split('\n');
    const elements = trace.map((line) => line.split(' ')[1]!);
    expect(trace).toHaveLength(16);
    expect([0, 1, 2].map((e) => elements.filter((x) => x === String(e)).length)).toEqual([6, 6, 4]);
    expect(elements.filter((e, i) => e !== elements[i - 1])).toHaveLength(3);
    expect(trace.filter((line) => !line.endsWith(` second ${made.folder}`))).toEqual([]);
    expect(trace.filter((line) => line.startsWith('end-1'))).toEqual([]);

    // In submit.sh for the local rule, and in each of four elements.
    expect(made.read('modules')).toBe("load site/1 2\nload it's 2\n".repeat(5));

    const job = (await cluster().run('scontrol', ['show', 'job', arrayOf(made, '2-train')])).stdout;
    // scontrol writes a blank after it.
    expect(job).toContain(`Comment=${HOSTILE} \n`);
    expect(job).toMatch(/Nice=5\b/);
    expect(job).toMatch(/NumCPUs=2\b/);
    expect(job).toMatch(/Partition=second\b/);
    expect(existsSync(join(made.folder, 'PWNED'))).toBe(false);

    const here = experiment(SPEC);
    here.write('step', STEP);
    await cluster().run('chmod', ['+x', here.path('step')]);
    expect((await here.run('', { env: { SITE_VALUE: 'a site' } })).status).toBe(0);
    expect(tree(made)).toEqual(tree(here));
    expect((await made.run('--local')).stderr).toContain('nothing to do');
  });

  it('whose prelude fails ends the element before any task, and that shows', async () => {
    const made = experiment('rules:\n  one:\n    output: x\n    run: touch {output}\n', {
      'profiles/site.yml': 'prelude: |\n  echo before\n  false\n  echo after\n',
    });
    const submitted = await runSlurm(cluster(), made, 'site');
    expect(submitted.exitCode, submitted.stderr).toBe(0);
    const array = arrayOf(made, '1-one');
    await cluster().waitForIdleQueue();
    expect([...(await cluster().jobStates(array)).values()]).toEqual(['FAILED']);
    expect(made.has('x')).toBe(false);
    expect(summary(made)).toMatch(/in all\s+1\s+0\s+/);
    made.write('profiles/site.yml', 'prelude: true\n');
    expect((await runSlurm(cluster(), made, 'site')).exitCode).toBe(0);
    await cluster().waitForIdleQueue();
    expect(made.has('x')).toBe(true);
  });

  it('and its partition bound what is handed in: a task that may take longer is refused, and told what to change', async () => {
    const spec = 'rules:\n  one:\n    output: x\n    resources: {time: 30m}\n    run: touch {output}\n';
    const made = experiment(spec, {
      'profiles/short.yml': 'slurm: {partition: second}\n',
      'profiles/long.yml': 'slurm: {partition: main}\n',
    });
    const refused = await runSlurm(cluster(), made, 'short');
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain('a job at most 20 min 0 s (the limit of the partition)');
    expect((await cluster().run('squeue', ['--noheader'])).stdout).toBe('');
    expect((await runSlurm(cluster(), made, 'long')).exitCode).toBe(0);
    await cluster().waitForIdleQueue();
    expect(made.has('x')).toBe(true);
  });

  it('makes scripts that shellcheck accepts, the same byte for byte', async () => {
    const [one, two] = [0, 1].map(() => experiment(SPEC, { 'profiles/site.yml': PROFILE }));
    for (const { folder } of [one!, two!]) {
      const args = [CLI, 'compile', '--target', 'slurm', '--out', 'slurm', '--profile', 'site'];
      const compiled = await cluster().run(process.execPath, args, { cwd: folder });
      expect(compiled.exitCode, compiled.stderr).toBe(0);
    }
    for (const path of one!.files('slurm')) expect(two!.read(path), path).toBe(one!.read(path));
    // The prelude's own text is the site's affair.
    const scripts = one!.files('slurm').filter((f) => f.endsWith('.sh') && !f.endsWith('/prelude.sh'));
    const checked = await cluster().run('shellcheck', ['-s', 'bash', ...scripts], { cwd: one!.folder });
    expect(checked.stdout).toBe('');
  });
});
