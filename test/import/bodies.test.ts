import { execa } from 'execa';
import { expect, it } from 'vitest';
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
    'configfile: "c.yml"\nconfig["models"].append({"name": "gru"})\nrule all:\n    output: "o.txt"\n    run:\n' +
      '        print(len(config["models"]), config["models"][1]["name"], file=open(output[0], "w"))\n',
    { 'c.yml': 'models: [{name: lstm}]\n' },
  );
  expect((await made.wfc('import snakefile Snakefile')).status).toBe(0);
  expect(JSON.parse(made.read('Snakefile_config.json'))).toEqual({ models: [{ name: 'lstm' }, { name: 'gru' }] });
  expect((await made.run('--local')).status).toBe(0);
  expect(made.read('o.txt')).toBe('2 gru\n');
});

it('what a Snakefile says of where modules are is said in its scripts, too', async () => {
  const made = snakefile(
    'import sys\nsys.path.insert(0, "lib")\nfrom near import f\nrule all:\n    output: "o.txt"\n    run:\n        f(output[0])\n',
    { 'lib/near.py': 'def f(path): open(path, "w")\n' },
  );
  expect((await made.wfc('import snakefile Snakefile')).status).toBe(0);
  expect((await made.run('--local')).status).toBe(0);
  expect(made.has('Snakefile_rules.py')).toBe(false);
});
