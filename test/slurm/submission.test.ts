import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import manifestSchema from '../../schema/manifest.schema.json' with { type: 'json' };
import { CLI, type Experiment, exampleCopy, experiment } from '../support/experiment.ts';
import type { Cluster } from './cluster.ts';
import { describeOnSlurm } from './suite.ts';

/** Compile in the experiment's folder, submit, and wait until Slurm has nothing left to do. */
async function submit(cluster: Cluster, { folder }: Experiment): Promise<string> {
  const compiled = await cluster.run(process.execPath, [CLI, 'compile', '--target', 'slurm', '--out', 'slurm'], {
    cwd: folder,
  });
  expect(compiled.exitCode, compiled.stderr).toBe(0);
  const submitted = await cluster.run('bash', ['slurm/submit.sh'], { cwd: folder });
  expect(submitted.exitCode, submitted.stderr).toBe(0);
  await cluster.waitForIdleQueue();
  return submitted.stdout;
}

/** What the closing job of the newest submission said. */
function summary({ folder }: Experiment): string {
  const journals = readdirSync(join(folder, '.wfc/journal'))
    .filter((n) => n.includes('-slurm-') && /^\d/.test(n))
    .sort();
  return readFileSync(join(folder, '.wfc/journal', journals.at(-1)!, 'elements/close.out'), 'utf8');
}

function tree({ folder }: Experiment, top: string): Record<string, string> {
  const files = readdirSync(join(folder, top), { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
  const paths = files.map((f) => join(f.parentPath, f.name)).sort();
  return Object.fromEntries(paths.map((p) => [p.slice(folder.length), readFileSync(p, 'utf8')]));
}

const SWEEP = `params:
  site: [a, b, c, d, e]
  seed: {from: 0, to: 3}
rules:
  prep:
    output: out/{site}/prep.txt
    run: ./step {rule} {site} - && echo {site} > {output}
  train:
    input: out/{site}/prep.txt
    output: out/{site}/{seed}/model.txt
    run: ./step {rule} {site} {seed} && cat {input} > {output} && echo {seed} >> {output}
  evaluate:
    input: {data: "out/{site}/prep.txt", model: "out/{site}/{seed}/model.txt"}
    output: out/{site}/{seed}/score.txt
    run: |
      ./step {rule} {site} {seed}
      while IFS= read -r file; do cat "$file"; done < {input:list} > {output}
  site_table:
    gather: seed
    input: out/{site}/{seed}/score.txt
    output: out/{site}/table.txt
    run: ./step {rule} {site} - && cat {input} > {output}
  combine:
    gather: site
    input: out/{site}/table.txt
    output: out/all.txt
    run: ./step {rule} - - && cat {input:list} > {output} && cat {input} >> {output}
`;

/** Notes each call; waits while there is a file \`hold\`; fails where a file \`bad/RULE-SITE-SEED\` says so. */
const STEP = '#!/bin/bash\necho "$1-$2-$3" >>calls\nwhile [[ -e hold ]]; do sleep 0.1; done\n[[ ! -e bad/$1-$2-$3 ]]\n';

function sweep(bad: readonly string[] = []): Experiment {
  const made = experiment(SWEEP, { step: STEP, ...Object.fromEntries(bad.map((b) => [`bad/${b}`, ''])) });
  chmodSync(join(made.folder, 'step'), 0o755);
  return made;
}

function calls({ folder }: Experiment): string[] {
  return existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n').sort() : [];
}

const SITES = ['a', 'b', 'c', 'd', 'e'];
const SEEDS = ['0', '1', '2', '3'];

/** Which steps keep-going allows, from the graph alone: those all of whose ancestors succeed. */
function allowed(bad: ReadonlySet<string>): string[] {
  const ran: string[] = [];
  const step = (name: string, needs: readonly boolean[]): boolean => {
    if (!needs.every(Boolean)) return false;
    ran.push(name);
    return !bad.has(name);
  };
  const tables = SITES.map((site) => {
    const prep = step(`prep-${site}--`, []);
    const scores = SEEDS.map((seed) => {
      const model = step(`train-${site}-${seed}`, [prep]);
      return step(`evaluate-${site}-${seed}`, [prep, model]);
    });
    return step(`site_table-${site}--`, scores);
  });
  step('combine----', tables);
  return ran.sort();
}

describeOnSlurm('a compiled submission', {}, (cluster) => {
  it('runs every task once, in a handful of sbatch calls, and leaves the tree of a local run', async () => {
    const there = sweep();
    const said = await submit(cluster(), there);
    expect(said.match(/ job \d+/g)!.length).toBeLessThan(6);
    expect(calls(there)).toEqual(allowed(new Set()));
    expect(summary(there)).toMatch(/in all\s+51\s+51\s+0\s+0\s+0/);
    const here = sweep();
    expect((await here.run()).status).toBe(0);
    // The list file of a gather has another name here and there; its content is the tree's.
    expect(Object.keys(tree(there, 'out'))).toEqual(Object.keys(tree(here, 'out')));
    expect(tree(there, 'out')).toEqual(tree(here, 'out'));
    // Of an element its journal and its output; of the submission its jobs, what they run, the place of all scripts, the
    // closing job.
    const { stages } = JSON.parse(there.read('slurm/manifest.json')) as { stages: { elements: number }[] };
    const elements = stages.reduce((n, stage) => n + stage.elements, 0);
    expect(there.files('.wfc/journal')).toHaveLength(2 * elements + stages.length + 4);
    // What Slurm did is known here: one journal for all.
    expect((await there.run()).stderr).toContain('nothing to do');
  });

  it('a task runs if and only if all that it depends on succeeded; the next submission does the rest', async () => {
    const bad = ['train-b-2', 'evaluate-d-0', 'prep-e--'];
    const made = sweep(bad);
    await submit(cluster(), made);
    expect(calls(made)).toEqual(allowed(new Set(bad)));
    expect(summary(made)).toContain('3 tasks failed');
    const before = calls(made).length;
    for (const name of bad) rmSync(join(made.folder, 'bad', name));
    await submit(cluster(), made);
    const all = calls(made);
    expect(all.length - before).toBe(51 - (before - bad.length));
    expect(existsSync(join(made.folder, 'out/all.txt'))).toBe(true);
    expect(summary(made)).toMatch(/in all\s+51\s+51\s+0\s+0\s+0/);
  });

  it('wfc run --slurm submits only what is not complete, and nothing while that is in the queue', async () => {
    const made = sweep(['train-c-1']);
    const runSlurm = () => cluster().run(process.execPath, [CLI, 'run', '--slurm'], { cwd: made.folder });
    made.write('hold', '');
    const first = await runSlurm();
    expect(first.exitCode, first.stderr).toBe(0);
    const second = await runSlurm();
    expect(second.exitCode).toBe(3);
    expect(second.stderr).toContain('is in the queue');
    made.remove('hold');
    await cluster().waitForIdleQueue();
    expect(calls(made)).toEqual(allowed(new Set(['train-c-1'])));
    rmSync(join(made.folder, 'bad/train-c-1'));
    rmSync(join(made.folder, 'calls'));
    expect((await runSlurm()).exitCode).toBe(0);
    // What tasks took before says how many of them make an element; of these rules all is known but the last.
    const manifests = made.files('.wfc/slurm').filter((file) => file.endsWith('manifest.json'));
    const measured = manifests.map((file) =>
      Object.keys(JSON.parse(made.read(file)).durations)
        .sort()
        .join(),
    );
    expect(measured.sort()).toEqual(['', 'evaluate,prep,site_table,train']);
    await cluster().waitForIdleQueue();
    expect(calls(made)).toEqual(['combine----', 'evaluate-c-1', 'site_table-c--', 'train-c-1'].sort());
    expect((await runSlurm()).stderr).toContain('nothing to do');
  });

  it('a second submission of the same scripts skips what is complete', async () => {
    const made = sweep();
    await submit(cluster(), made);
    const once = calls(made);
    await submit(cluster(), made);
    expect(calls(made)).toEqual(once);
  });

  it('hostile values reach commands unharmed', async () => {
    const spec = `params:
  v: ["a b", "q'u\\"o", "$(touch PWNED)", "é;ls", "-dash", "x*y", "b\\\\n", "#h", "a&b", "01"]
rules:
  one:
    output: "out/{v}.txt"
    env: {V: "{v}"}
    run: printf '%s|%s|%s\\n' {v} "$V" "{v}" > {output}
  two:
    shell: python3
    input: "out/{v}.txt"
    output: "out/{v}.py.txt"
    run: |
      with open({output}, "w") as f: f.write({v} + open({input}).read())
`;
    const there = experiment(spec);
    await submit(cluster(), there);
    const here = experiment(spec);
    expect((await here.run()).status).toBe(0);
    expect(Object.keys(tree(here, 'out'))).toHaveLength(20);
    expect(tree(there, 'out')).toEqual(tree(here, 'out'));
    expect(existsSync(join(there.folder, 'PWNED'))).toBe(false);
  });

  it('submit.sh refuses while a submission of the same folder is in the queue, also one of other scripts', async () => {
    const made = experiment('rules:\n  slow:\n    output: x\n    run: sleep 1000; echo > {output}\n');
    await cluster().run(process.execPath, [CLI, 'compile', '--target', 'slurm', '--out', 'slurm'], {
      cwd: made.folder,
    });
    expect((await cluster().run('bash', ['slurm/submit.sh'], { cwd: made.folder })).exitCode).toBe(0);
    const second = await cluster().run('bash', ['slurm/submit.sh'], { cwd: made.folder });
    expect(second.exitCode).toBe(3);
    expect(second.stderr).toContain('in the queue already');
    const edited = ['run', '--slurm', '--force', 'slow'];
    const third = await cluster().run(process.execPath, [CLI, ...edited], { cwd: made.folder });
    expect(third.exitCode).toBe(3);
    expect(third.stderr).toContain('in the queue');
    made.write('wfc.yml', 'wfc: 1\nrules:\n  other:\n    output: y\n    run: echo > {output}\n');
    const args = [CLI, 'compile', '--target', 'slurm', '--out', 'others'];
    expect((await cluster().run(process.execPath, args, { cwd: made.folder })).exitCode).toBe(0);
    const fourth = await cluster().run('bash', ['others/submit.sh'], { cwd: made.folder });
    expect(fourth.exitCode).toBe(3);
    expect(fourth.stderr).toContain('in the queue already');
    await cluster().cancelAll();
    await cluster().waitForIdleQueue();
  });

  it('where all rules are local, the closing job alone is submitted', async () => {
    const made = experiment('rules: {one: {local: true, output: x, run: "echo > {output}"}}\n');
    await submit(cluster(), made);
    expect(summary(made)).toMatch(/in all\s+1\s+1\s+0\s+0\s+0/);
  });

  it('local rules run before the submission, and temp outputs go with the closing job', async () => {
    const made = experiment(`params:
  p: [a, b, c]
rules:
  fetch:
    local: true
    output: raw/{p}.txt
    run: echo "{p} \${SLURM_JOB_ID:-here}" > {output}
  half:
    input: raw/{p}.txt
    output: {path: "half/{p}.txt", temp: true}
    run: cp {input} {output}
  whole:
    gather: p
    input: half/{p}.txt
    output: whole.txt
    run: cat {input} > {output}
targets: whole.txt
`);
    await submit(cluster(), made);
    expect(readFileSync(join(made.folder, 'whole.txt'), 'utf8')).toBe('a here\nb here\nc here\n');
    expect(readdirSync(join(made.folder, 'half'))).toEqual([]);
  });

  it('temp outputs of a submission that lost its closing job go with the next one, or where nothing is left to do', async () => {
    const made = experiment(`rules:
  half: {output: {path: half, temp: true}, run: "echo half > {output}"}
  whole: {input: half, output: whole, run: "cat {input} > {output}"}
  last: {input: whole, output: last, run: "test -e ready && cat {input} > {output}", resources: {mem: 60M}}
`);
    const end = async (command: string, ...args: string[]) => {
      const { exitCode, stderr } = await cluster().run(command, args, { cwd: made.folder });
      expect(exitCode, stderr).toBe(0);
      await cluster().waitForIdleQueue();
    };
    const submitWithoutTidying = async () => {
      await end(process.execPath, CLI, 'compile', '--target', 'slurm', '--out', 'slurm');
      made.remove('slurm/tables/temps.txt');
      await end('bash', 'slurm/submit.sh');
      expect([made.has('whole'), made.has('half')]).toEqual([true, true]);
    };
    await submitWithoutTidying();
    made.write('ready', '');
    await end(process.execPath, CLI, 'resume', '--slurm');
    expect([made.has('last'), made.has('half')]).toEqual([true, false]);
    made.remove('whole');
    await submitWithoutTidying();
    await end(process.execPath, CLI, 'resume', '--slurm');
    expect([made.has('last'), made.has('half')]).toEqual([true, false]);
  });

  it('the scripts are the same byte for byte, pass shellcheck, and come with a manifest that fits its schema', async () => {
    const [one, two] = [sweep(), sweep()];
    for (const { folder } of [one, two]) {
      const args = [CLI, 'compile', '--target', 'slurm', '--out', 'slurm'];
      expect((await cluster().run(process.execPath, args, { cwd: folder })).exitCode).toBe(0);
    }
    expect(tree(one, 'slurm')).toEqual(tree(two, 'slurm'));
    const scripts = Object.keys(tree(one, 'slurm')).filter((f) => f.endsWith('.sh'));
    const checked = await cluster().run('shellcheck', ['-s', 'bash', ...scripts.map((f) => f.slice(1))], {
      cwd: one.folder,
    });
    expect(checked.stdout).toBe('');
    const manifest = JSON.parse(readFileSync(join(one.folder, 'slurm/manifest.json'), 'utf8')) as unknown;
    const validate = new Ajv().compile(manifestSchema);
    expect(validate(manifest), JSON.stringify(validate.errors)).toBe(true);
  });

  it('runs an example of this repo', async () => {
    const made = exampleCopy('python-inline');
    await submit(cluster(), made);
    expect(summary(made)).toMatch(/in all\s+57\s+57\s+0\s+0\s+0/);
  });
});
