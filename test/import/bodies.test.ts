import { execa } from 'execa';
import { expect, it } from 'vitest';
import type { Experiment } from '../support/experiment.ts';
import { folderOf, hasSnakemake, snakefile } from './import.ts';

it.skipIf(!hasSnakemake)('run blocks that lean on the Python of their Snakefile make the same files', async () => {
  const [ours, theirs] = [folderOf('bodies'), folderOf('bodies')];
  await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
  const { status, stderr } = await ours.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([
    0,
    expect.stringContaining('written to wfc.yml, wfc_snakemake.py, Snakefile_rules.py: 4 rules'),
  ]);
  const run = await ours.run('--local');
  expect([run.status, run.stderr]).toEqual([0, expect.stringMatching(/^5 tasks done in [\d.]+ s$/)]);
  for (const file of [...theirs.files('out'), 'odd.txt'])
    expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
  expect(ours.files('out')).toEqual(theirs.files('out'));
  const spec = ours.read('wfc.yml');
  expect(spec).toContain('preload: [Snakefile_rules]');
  expect(spec).toContain(
    'code: [Snakefile_rules.py, wfc_snakemake.py, config.yml, lib/study/__init__.py, lib/study/train.py]',
  );
  // What is nothing but commands stays one.
  expect(spec).toContain('      echo {input} > {output}\n      wc -l {input[0]} >> {output}\n');
  const module = ours.read('Snakefile_rules.py');
  expect(module).toContain('# How much each target counts.\nloss = Loss(config["lambdas"])\n');
  expect(module).not.toContain('SEEDS');
});

it('a config that the Snakefile changes goes into a file beside the spec, with its lists and mappings', async () => {
  const made = snakefile(
    'import sys\nGIVEN = sys.argv[sys.argv.index("--configfile") + 1]\nconfig["models"].append({"name": "gru"})\nrule all:\n    output: "o.txt"\n    run:\n' +
      '        print(len(config["models"]), config["models"][1]["name"], file=open(output[0], "w"))\n',
    { 'c.yml': 'models: [{name: lstm}]\n' },
  );
  expect((await made.wfc('import snakefile Snakefile --configfile c.yml')).status).toBe(0);
  expect(JSON.parse(made.read('Snakefile_config.json'))).toEqual({ models: [{ name: 'lstm' }, { name: 'gru' }] });
  expect((await made.run('--local')).status).toBe(0);
  expect(made.read('o.txt')).toBe('2 gru\n');
});

it.skipIf(!hasSnakemake)('run blocks of modules have the Python and the config of theirs', async () => {
  const names =
    'def shout(text):\n    return text + "!"\n\ndef levels(wildcards):\n    return ["a", wildcards.n] if wildcards.n == "1" else None\n';
  const rule =
    'rule all:\n    input: "{way}.txt"\nrule fit:\n    output: "{way}/{n}.txt"\n    params: levels=levels\n' +
    '    run:\n        open(output[0], "w").write(shout(f"{params.levels} {config[\'word\']} {SCALE}"))\n' +
    'rule plain:\n    output: "{way}.txt"\n    shell: "echo {config[word]} > {output}"\n';
  const text = (way: string): string => `${names}SCALE = config["scale"]\n${rule.replaceAll('{way}', way)}`;
  const files = {
    'm/own.smk': text('own'),
    'm/same.smk': text('same'),
    'c.yml': 'word: main\nscale: [1, 2]\nown: {word: mine, scale: {x: 3}}\n',
  };
  const main =
    'configfile: "c.yml"\nrule all:\n    input: expand("{w}/{n}.txt", w=["own", "same"], n=[1, 2]), "own.txt", "same.txt"\n' +
    ['own', 'same']
      .map((m) => {
        const config = m === 'own' ? 'config["own"]' : 'config';
        return `module ${m}:\n    snakefile: "m/${m}.smk"\n    config: ${config}\nuse rule * from ${m} exclude all as ${m}_*\n`;
      })
      .join('') +
    'use rule fit from same as same_fit with:\n    params: levels=lambda w: w.n\n';
  const [ours, theirs] = [snakefile(main, files), snakefile(main, files)];
  await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
  const { status, stderr } = await ours.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([
    0,
    expect.stringContaining('wfc_snakemake.py, own_rules.py, same_rules.py, own_config.json'),
  ]);
  expect((await ours.run('--local')).status).toBe(0);
  for (const file of ['own/1.txt', 'own/2.txt', 'same/1.txt', 'same/2.txt', 'own.txt', 'same.txt'])
    expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
});

it('what a Snakefile says of where modules are is said in its scripts, too; they may be called as those of wfc', async () => {
  const made = snakefile(
    'import sys\nsys.path.insert(0, "lib")\nfrom functions import f\nrule all:\n    output: expand("{n}.txt", n=[1, 2])\n    run:\n        f(output)\n',
    { 'lib/functions.py': 'def f(paths):\n    for path in paths:\n        open(path, "w").write(path)\n' },
  );
  expect((await made.wfc('import snakefile Snakefile')).status).toBe(0);
  expect((await made.run('--local')).status).toBe(0);
  expect([made.read('2.txt'), made.has('Snakefile_rules.py')]).toEqual(['2.txt', false]);
});

it('a module that is missing here is stood in for where the Snakefile only hands on what it gives', async () => {
  const made = snakefile(
    'import absent as ab\nimport sys\nsys.path.insert(0, "lib")\nfrom near import Net\n\n' +
      'model = Net(ab.layers.Dense(3) * 2)\nprint("with", model, ab.version)\n' +
      'rule all:\n    input: "o/1.txt", "o/2.txt"\nrule r:\n    output: "o/{n}.txt"\n    params: model=lambda wildcards: model\n' +
      '    run:\n        params.model.save(output[0])\n',
    {
      'lib/near.py':
        'from absent.nets import Base\nimport absent_too\nclass Net(Base):\n    def __init__(self, x): self.x = x\n',
    },
  );
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect(stderr).toContain(
    'Snakefile:1:1 warning: absent is not installed for this python3: what it gives is only handed',
  );
  expect(stderr).toContain('Snakefile:4:1 warning: absent_too is not installed for this python3');
  expect(stderr.match(/^with /gm)).toHaveLength(1);
  expect(status).toBe(0);
  expect(made.read('wfc.yml')).not.toContain('preload');
  // Where it is installed, the tasks run.
  made.write('absent_too.py', '');
  made.write('absent/__init__.py', 'from absent import layers\n');
  made.write('absent/layers.py', 'Dense = int\n');
  made.write('absent/nets.py', 'class Base:\n    def save(self, path): open(path, "w").write(str(self.x))\n');
  expect((await made.run('--local')).status).toBe(0);
  expect(made.read('o/2.txt')).toBe('6');
});

it.each([
  [
    'a number',
    'N = len(ab.devices())\nrule all:\n    output: "o"\n',
    'Snakefile:2:1 error: the value of absent.devices()',
  ],
  [
    'a choice',
    'if ab.cuda.is_available():\n    N = 1\n',
    'Snakefile:2:1 error: the value of absent.cuda.is_available()',
  ],
  ['a path', 'rule all:\n    input: f"out/{ab.version}.txt"\n', 'Snakefile:3:5 error: the value of absent.version'],
  ['paths', 'rule all:\n    input: ab.paths\n', 'Snakefile:3:5 error: the value of absent.paths'],
])('%s that a missing module would give is an error there', async (_, text, says) => {
  const made = snakefile(`import absent as ab\n${text}`);
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([2, expect.stringContaining(`${says} is needed here, and absent is not installed`)]);
});

it('a wildcard that is one folder above the spec is a constant of its config', async () => {
  const made = snakefile('', {
    'w/Snakefile':
      'rule all:\n    input: expand("{o}/{n}.txt", o="../o", n=[1, 2]), "../o/all.txt"\nrule one:\n    output: "{o}/{n,[0-9]}.txt"\n' +
      '    run:\n        open(output[0], "w").write(wildcards.o + wildcards.n)\n' +
      'rule two:\n    input: expand("{o}/1.txt", o="../o")\n    output: "../o/all.txt"\n    shell: "cat {input[0]} > {output}"\n',
  });
  expect((await made.wfc('import snakefile Snakefile', { folder: 'w' })).status).toBe(0);
  expect(made.read('w/wfc.yml')).toContain('config:\n  o: ../o\n');
  expect((await made.run('--local', { folder: 'w' })).status).toBe(0);
  expect([made.read('o/2.txt'), made.read('o/all.txt')]).toEqual(['../o2', '../o1']);
});

it('a config file on the command line that is not there is named', async () => {
  const made = snakefile('rule all:\n    output: "o"\n');
  const { status, stderr } = await made.wfc('import snakefile Snakefile --configfile none.json');
  expect([status, stderr]).toEqual([2, expect.stringContaining('error: "none.json" can\'t be read: ')]);
});

const PUT_TOGETHER =
  'NAMES = ["b c", "d"]\nSETTING = {"a": ["x", 1], "b": "it\'s"}\n' +
  'def pipeline(wildcards, input):\n    lines = [f"sort {input} |"] + ["tr a-y b-z |"] * int(wildcards.n)\n' +
  '    return "\\n".join([*lines, "cat"])\n' +
  'rule all:\n    input: expand("o/{n}.txt", n=[1, 2]), "o/names.txt", "o/a.set", "o/b.set"\n' +
  'rule piped:\n    input: "in.txt"\n    output: "o/{n}.txt"\n    params: command=pipeline\n    shell: "{params.command} > {output}"\n' +
  'rule names:\n    output: "o/names.txt"\n    shell:\n        """\n        for name in {NAMES}; do\n            echo "$name" >> {output}\n        done\n        """\n' +
  'rule set:\n    output: "o/{key}.set"\n    params: value=lambda wildcards: SETTING[wildcards.key]\n' +
  '    shell: "echo \\"{params.value}\\" {wildcards.key} > {output}"\n';

it.skipIf(!hasSnakemake)(
  'commands that placeholders can not tell are put together by Python in each task',
  async () => {
    const [ours, theirs] = [0, 1].map(() => snakefile(PUT_TOGETHER, { 'in.txt': 'd\na\nc\n' })) as [
      Experiment,
      Experiment,
    ];
    await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
    const { status, stderr } = await ours.wfc('import snakefile Snakefile');
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining(
        'the command of rules "piped", "names" and "set" is put together by Python in each task, as Snakemake does',
      ),
    ]);
    expect((await ours.run('--local')).status).toBe(0);
    for (const file of theirs.files('o')) expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
    expect(ours.files('o')).toEqual(theirs.files('o'));
  },
);
