import { execa } from 'execa';
import { expect, it } from 'vitest';
import { folderOf, hasSnakemake, snakefile, snakemakeSteps, specSteps } from './import.ts';

const RAW = { 'raw/a.txt': '1 x\n2 y\n3 z\n', 'raw/b.txt': '7 q\n' };

const SIZES = {
  full: {
    sites: Array.from({ length: 101 }, (_, i) => `0${1022500 + i}`),
    seeds: 30,
    factors: '[0, 1, 5, 10, 20, 40, 80, 160, 320]',
  },
  small: { sites: ['01022500', '01031500', 'x1'], seeds: 2, factors: '[0, 10]' },
  tiny: { sites: ['01022500'], seeds: 2, factors: '[10]' },
};

function seedAt(size: keyof typeof SIZES) {
  const { sites, seeds, factors } = SIZES[size];
  const made = folderOf('seed', { 'obs_file.csv': '', 'input_file.csv': '', 'sites.txt': `${sites.join('\n')}\n` });
  const text = made.read('Snakefile');
  made.write(
    'Snakefile',
    text.replace('range(30)', `range(${seeds})`).replace(/(all_factors) = .*/, `$1 = ${factors}`),
  );
  return made;
}

it("the study's own Snakefile at full size becomes a spec of the same 81,912 tasks", async () => {
  const study = seedAt('full');
  const { status, stderr } = await study.wfc('import snakefile Snakefile');
  expect(stderr).toBe(
    'written to wfc.yml: 5 rules, 81,912 tasks, each with the outputs and inputs that Snakemake gives it',
  );
  expect(status).toBe(0);
  const plan = JSON.parse((await study.wfc('plan --json')).stdout);
  expect(plan.total).toBe(81_912);
  expect(plan.rules.map((r: { tasks: number }) => r.tasks)).toEqual([101, 27_270, 27_270, 27_270, 1]);
  // Too many paths for a command line: the script reads a list.
  expect(study.read('wfc.yml')).toContain('open({input:list}).read().splitlines()');
  // The one task of combine_metrics has nothing to share.
  expect(study.read('wfc.yml').match(/^ {4}preload: .*$/gm)).toEqual(new Array(4).fill('    preload: [utils]'));
});

it.skipIf(!hasSnakemake)('its tasks have the outputs and inputs that a dry run of Snakemake shows', async () => {
  const study = seedAt('small');
  const wanted = await snakemakeSteps(study.folder);
  expect(wanted).toHaveLength(3 + 3 * 12 + 1);
  expect((await study.wfc('import snakefile Snakefile')).status).toBe(0);
  expect(specSteps(study)).toEqual(wanted);
});

it.skipIf(!hasSnakemake)('what the spec of the study makes is what Snakemake makes, byte by byte', async () => {
  const [ours, theirs] = [seedAt('tiny'), seedAt('tiny')];
  await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
  expect((await ours.wfc('import snakefile Snakefile')).status).toBe(0);
  expect((await ours.run('--local')).status).toBe(0);
  const made = theirs.files('expA');
  expect(ours.files('expA')).toEqual(made);
  for (const file of made) expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
});

it.skipIf(!hasSnakemake)('a Snakefile with a bit of everything makes the same files through its spec', async () => {
  const [ours, theirs] = [folderOf('features', RAW), folderOf('features', RAW)];
  const wanted = await snakemakeSteps(theirs.folder);
  await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
  const { status, stderr } = await ours.wfc('import snakefile Snakefile');
  expect(status).toBe(0);
  expect(specSteps(ours)).toEqual(wanted);
  expect(stderr).toContain('Snakefile:46:5 warning: "benchmark" of rule "clean_up" is left out');
  expect(stderr).toContain('warning: rule "never" is left out: "all" needs nothing of it');
  expect(stderr).toContain('warning: resource "disk_mb" of rule "clean_up" is left out');
  expect((await ours.run('--local')).status).toBe(0);
  for (const folder of ['out', 'work', 'sim', 'models', 'check']) {
    expect(ours.files(folder)).toEqual(theirs.files(folder));
    for (const file of ours.files(folder)) expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
  }
});

it('what is declared keeps its form: a range, a glob, a table for zip, constants, resources', async () => {
  const made = folderOf('features', RAW);
  await made.wfc('import snakefile Snakefile');
  const spec = made.read('wfc.yml');
  expect(spec).toContain('seed: {from: 0, to: 6, step: 2}');
  expect(spec).toContain('sample: {glob: "raw/{sample}.txt"}');
  expect(spec).toContain('- {model: lstm, width: 64}');
  expect(spec).toContain('names: {first: Ada}');
  expect(spec).toContain('resources: {mem: 200M, time: 5m, cpus: 2}');
});

it('--goal converts what a rule or a file needs, in place of the first rule', async () => {
  const made = folderOf('features', RAW);
  await made.wfc('import snakefile Snakefile --goal summary --out one.yml');
  expect(made.read('one.yml')).toContain('targets: summary');
  await made.wfc('import snakefile Snakefile --goal never/a.txt --out two.yml');
  expect((await made.wfc('plan two.yml --json')).stdout).toContain('"total": 1,');
});

it('an existing spec is never overwritten; --out - prints', async () => {
  const made = folderOf('features', { ...RAW, 'wfc.yml': 'mine' });
  made.write('wfc.yml', 'mine');
  const refused = await made.wfc('import snakefile Snakefile');
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('wfc.yml exists already')]);
  expect(made.read('wfc.yml')).toBe('mine');
  const printed = await made.wfc('import snakefile Snakefile --out -');
  expect([printed.status, printed.stdout.split('\n')[1]]).toEqual([0, 'wfc: 1']);
});

it('without python3 it says what is missing', async () => {
  const made = snakefile('rule all:\n    input: "a"\n');
  const { status, stderr } = await made.wfc('import snakefile Snakefile', { env: { PATH: made.folder } });
  expect(status).toBe(3);
  expect(stderr).toContain('error: python3 is not on the PATH');
});

it('a config file is read by wfc where Python has no yaml, with the same values', async () => {
  const text =
    'configfile: "c.yml"\nrule all:\n    output: "o"\n    shell: "echo {config[a]} {config[b]} {config[c]} > {output}"\n';
  const made = snakefile(text, { 'c.yml': 'a: no\nb: 1e-4\nc: 0x10\n', 'without/yaml.py': 'raise ImportError\n' });
  await made.wfc('import snakefile Snakefile');
  const known = made.read('wfc.yml');
  made.remove('wfc.yml');
  await made.wfc('import snakefile Snakefile', { env: { PYTHONPATH: made.path('without') } });
  expect(made.read('wfc.yml')).toBe(known);
  expect(known).toContain('a: False');
  expect(known).toContain('b: 1e-4');
});

/** A Snakefile with one rule of a run block, before it some Python; the `preload` of its spec, null for none. */
async function preloadOf(
  body: string,
  {
    top = '',
    section = '',
    tasks = 2,
    file = 'Snakefile',
  }: { top?: string; section?: string; tasks?: number; file?: string } = {},
): Promise<string | null> {
  const block = body
    .split('\n')
    .map((line) => `        ${line}\n`)
    .join('');
  const targets = Array.from({ length: tasks }, (_, i) => `"out/${i}.txt"`).join(', ');
  const made = snakefile('', {
    [file]: `${top}\nrule all:\n    input: ${targets}\n\nrule make:\n    output: "out/{n}.txt"\n${section}    run:\n${block}`,
    'utils.py': '',
    'tools/__init__.py': 'raise SystemExit("imported")\n',
    'tools/plots.py': '',
    'workflow/near.py': '',
  });
  const { status, stderr } = await made.wfc(`import snakefile ${file} --out spec.yml`);
  expect([status, stderr]).toEqual([0, expect.stringContaining('written to spec.yml')]);
  expect((await made.wfc('validate spec.yml')).status).toBe(0);
  return /^ {4}preload: (.*)$/m.exec(made.read('spec.yml'))?.[1] ?? null;
}

it.each<[what: string, preload: string | null, body: string, top?: string]>([
  ['imports of its own', '[numpy, utils]', 'import os, numpy as np\nimport utils\nopen(output[0], "w")'],
  [
    'those of the Python that it needs',
    '[utils]',
    'g(output[0])',
    'import json\nfrom utils import *\ndef g(f): write(f)\n',
  ],
  [
    'modules of a package, which is not imported for that',
    '[tools.plots]',
    'from tools import plots, none\nimport tools',
  ],
  ['the standard library alone', null, 'import json, os.path\nfrom collections import abc\nopen(output[0], "w")'],
  [
    'what only a function imports, or may fail',
    null,
    'def f():\n    import utils\ntry:\n    import numpy\nexcept ImportError:\n    f()',
  ],
  ['no more than a command', null, 'shell("import utils > {output}")'],
])('a run block with %s: preload is %s', async (_, preload, body, top = '') => {
  expect(await preloadOf(body, { top })).toBe(preload);
});

it('nothing is preloaded for one task, or from a folder that only the script knows', async () => {
  const body = 'import utils, near\nopen(output[0], "w")';
  expect(await preloadOf(body)).toBe('[utils, near]');
  expect(await preloadOf(body, { tasks: 1 })).toBeNull();
  expect(await preloadOf(body, { section: '    container: "docker://python"\n' })).toBe('[utils, near]');
  expect(await preloadOf(body, { file: 'workflow/Snakefile' })).toBe('[utils]');
});

it.skipIf(!hasSnakemake)(
  'wildcards that fit no params that rules share have the values of their jobs, rule by rule',
  async () => {
    const made = snakefile(
      'rule all:\n    input: expand("o/{s}_{v}.txt", s=["a", "b"], v=["up", "mid"])\n' +
        'rule shape:\n    input: "raw/{s}_{v}.shape"\n    output: "o/{s}_{v}.txt"\n    shell: "cp {input} {output}"\n' +
        'rule weight:\n    input: "raw/{s}_{v}.weight"\n    output: "o/{s}_{v}.txt"\n    shell: "cp {input} {output}"\n',
      { 'raw/a_up.shape': '', 'raw/b_mid.shape': '', 'raw/b_up.weight': '', 'raw/a_mid.weight': '' },
    );
    const { status, stderr } = await made.wfc('import snakefile Snakefile');
    expect([status, stderr]).toEqual([0, expect.stringContaining('the wildcards fit no params that rules share')]);
    expect(specSteps(made)).toEqual(await snakemakeSteps(made.folder));
  },
);

it.skipIf(!hasSnakemake)(
  'of several outputs that a file may be, it is that of the shortest wildcards; targets that are there need no rule',
  async () => {
    const made = snakefile(
      'rule all:\n    input: "in.txt", "o/x.txt", "o/x_pts.txt"\n' +
        'rule both:\n    input: "in.txt"\n    output: "o/{c}.txt", "o/{c}_pts.txt"\n' +
        '    shell: "cat a{input}.txt > {output[0]}; touch {output}; mv {output}.bak o"\n',
      { 'in.txt': '' },
    );
    const { status, stderr } = await made.wfc('import snakefile Snakefile');
    // A list that touches other text is no placeholder.
    expect([status, stderr]).toEqual([0, expect.stringContaining('rule "both" is put together by Python')]);
    expect(specSteps(made)).toEqual(await snakemakeSteps(made.folder));
    expect(specSteps(made)).toHaveLength(1);
  },
);

it('a file that is there is a source file for what a rule would make it of', async () => {
  const made = snakefile(
    'rule all:\n    input: "o/x.out"\nrule first:\n    input: "x.mid"\n    output: "o/x.out"\n    shell: "cp {input} {output}"\n' +
      'rule second:\n    input: lambda wildcards: "x.in"\n    output: "x.mid"\n    shell: "cp {input} {output}"\n' +
      'rule third:\n    input: "o/{a}.out"\n    output: "{a}.in"\n    shell: "cp {input} {output}"\n',
    { 'x.in': 'x' },
  );
  expect((await made.wfc('import snakefile Snakefile')).status).toBe(0);
  expect(specSteps(made)).toEqual(['first: o/x.out <- x.mid', 'second: x.mid <- x.in']);
});

it('files that are asked for, and that no rule makes, are no targets', async () => {
  const made = snakefile(
    'rule all:\n    input: expand("o/{kind}_{n}.txt", kind=["a", "b"], n=[1, 2]), "there.txt"\nrule r:\n    output: "o/a_{n}.txt"\n    shell: "touch {output}"\n',
    { 'there.txt': '' },
  );
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([
    0,
    expect.stringContaining(
      'Snakefile:1:1 warning: o/b_1.txt and 1 more, which "all" asks for, are made by no rule and not there: no target here',
    ),
  ]);
  expect(made.read('wfc.yml')).toContain('params:\n  kind: [a]\n  n: [1, 2]\ntargets: o/{kind}_{n}.txt\n');
});

it.skipIf(!hasSnakemake)('a log that others read is an output, for commands, scripts and run blocks', async () => {
  const text =
    'rule all:\n    input: "shell.copy", "script.copy", "run.copy"\nrule copy:\n    input: "{kind}.log"\n    output: "{kind}.copy"\n    shell: "cp {input} {output}"\n' +
    'rule shell:\n    output: "shell.txt", "shell.more"\n    log: "shell.log"\n    shell: "echo {output} > {log}; touch {output}"\n' +
    'rule script:\n    output: "script.txt"\n    log: "script.log"\n    script: "s.py"\n' +
    'rule run:\n    output: "run.txt"\n    log: "run.log"\n    run:\n        for path in [output[0], log[0]]:\n            open(path, "w").write(path)\n';
  const script = 'for path in [*snakemake.output, *snakemake.log]:\n    open(path, "w").write(str(snakemake.output))\n';
  const [ours, theirs] = [snakefile(text, { 's.py': script }), snakefile(text, { 's.py': script })];
  await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
  const { status, stderr } = await ours.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([
    0,
    expect.stringMatching(
      /^Snakefile:9:5 warning: the log of rules "shell", "script" and "run" becomes an output, since others read it/m,
    ),
  ]);
  expect((await ours.run('--local')).status).toBe(0);
  const copied = (made: typeof ours): string[] => ['shell', 'script', 'run'].map((name) => made.read(`${name}.copy`));
  expect(copied(ours)[0]).toBe('shell.txt shell.more\n');
  expect(copied(ours).slice(0, 2)).toEqual(copied(theirs).slice(0, 2));
  expect(copied(ours)[2]).toBe('run.log');
});

it('wildcard_constraints are told of only where they decide what a rule makes', async () => {
  const text =
    'rule all:\n    input: "o/a.sorted.txt"\nrule make:\n    output: "o/{n}.txt"\n    wildcard_constraints: n="[a-z]+"\n    shell: "touch {output}"\n' +
    'rule sort:\n    input: "o/{n}.txt"\n    output: "o/{n}.sorted.txt"\n    shell: "sort {input} > {output}"\n';
  const decides = snakefile(text);
  expect((await decides.wfc('import snakefile Snakefile')).stderr).toContain(
    'Snakefile:5:5 warning: wildcard_constraints decide what rule "make" makes, as with o/a.sorted.txt',
  );
  const plain = snakefile(text.replaceAll('o/{n}.txt', 'raw/{n}.txt'));
  const { status, stderr } = await plain.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([0, expect.not.stringContaining('wildcard_constraints')]);
});

it('what a subworkflow makes is a source file in its folder', async () => {
  const made = snakefile(
    'subworkflow other:\n    workdir: "data"\n    snakefile: "data/Snakefile"\n' +
      'rule all:\n    input: "o.txt", other("c.txt")\nrule r:\n    input: other("a.txt"), other(["b.txt"])\n    output: "o.txt"\n    shell: "cat {input} > {output}"\n' +
      // Another rule could make it, and does not.
      'rule s:\n    output: "data/{n}.txt"\n    shell: "touch {output}"\n',
    // Taken for had, also by the rule whose output is there.
    { 'o.txt': '' },
  );
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([
    0,
    expect.stringContaining('Snakefile:1:1 warning: the files of subworkflow "other" are source files here'),
  ]);
  expect(specSteps(made)).toEqual(['r: o.txt <- data/a.txt data/b.txt']);
});
