import { execFileSync } from 'node:child_process';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { folderOf, hasSnakemake, snakefile, snakemakeSteps, specSteps } from './import.ts';

const hasR = works('Rscript');

function works(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

it.skipIf(!hasSnakemake || !hasR)('scripts in Python, R and bash find what Snakemake gives them', async () => {
  const [ours, theirs] = [folderOf('scripts'), folderOf('scripts')];
  const wanted = await snakemakeSteps(theirs.folder);
  await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
  const { status, stderr } = await ours.wfc('import snakefile workflow/Snakefile');
  expect([status, stderr]).toEqual([
    0,
    expect.stringContaining('written to wfc.yml, wfc_snakemake.R, wfc_snakemake.py, wfc_snakemake.sh: 6 rules'),
  ]);
  expect(specSteps(ours)).toEqual(wanted);
  const run = await ours.run('--local');
  expect([run.status, run.stderr]).toEqual([0, expect.stringMatching(/^13 tasks done in [\d.]+ s$/)]);
  for (const folder of ['out', 'chosen']) {
    expect(ours.files(folder)).toEqual(theirs.files(folder));
    for (const file of ours.files(folder)) expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
  }
  // An edit of the script, or of what it imports, is an edit of the command.
  ours.write('workflow/scripts/common.py', 'def twice(n): return n + n\n');
  expect(JSON.parse((await ours.wfc('plan --json')).stdout).rules[1]).toMatchObject({ name: 'python', run: 2 });
});

const rule = (script: string): string =>
  `configfile: "c.yml"\nrule all:\n    input: "a/1.txt", "a/2.txt"\nrule fit:\n    input: raw="i.txt"\n    output: "a/{n}.txt"\n    script: "${script}"\n`;

it('a Julia script is included, with what Snakemake 7 gives it', async () => {
  const made = snakefile(rule('s/fit.jl'), { 's/fit.jl': 'open(snakemake.output[1])\n', 'c.yml': 'a: $b\n' });
  const { status } = await made.wfc('import snakefile Snakefile');
  expect(status).toBe(0);
  const spec = made.read('wfc.yml');
  expect(spec).toContain(
    'input = merge(Dict{Any, Any}(pairs(vcat({input.raw}))), Dict{Any, Any}("raw" => {input.raw})),',
  );
  expect(spec).toContain('include(abspath("s/fit.jl"))');
  expect(spec).toContain('code: [s/fit.jl]');
});

it('heavy modules of a script are preloaded, not those of its own folder', async () => {
  const text = 'import os, torch\nfrom near import f\nimport snakemake.utils\nsnakemake.output\n';
  const made = snakefile(rule('s/fit.py'), { 's/fit.py': text, 's/near.py': '', 'c.yml': 'a: 1\n' });
  await made.wfc('import snakefile Snakefile');
  const spec = made.read('wfc.yml');
  expect(spec).toContain('preload: [torch]');
  expect(spec).toContain('code: [s/fit.py, s/near.py, wfc_snakemake.py]');
  expect(spec).not.toContain('config');
});

it.each([
  ['s/none.py', "s/none.py can't be read: No such file or directory"],
  ['https://example.org/fit.py', 'a script from the network is not converted: https://example.org/fit.py'],
  ['s/fit.rs', 'a script that ends in ".rs" is not converted'],
  ['s/{params.n}.py', '{params.n} in the path of a script is not converted'],
])('%s: %s', async (script, says) => {
  const made = snakefile(rule(script), { 'c.yml': 'a: 1\n' });
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([2, expect.stringContaining(`Snakefile:7:5 error: ${says}`)]);
  expect(made.read('wfc.yml')).toContain('not converted from Snakefile:7');
});

it('a file that wfc would write is never overwritten', async () => {
  const files = { 's/fit.py': 'snakemake.input\n', 'c.yml': 'a: 1\n', 'wfc_snakemake.py': 'mine\n' };
  const made = snakefile(rule('s/fit.py'), files);
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([2, expect.stringContaining('wfc_snakemake.py exists already')]);
  expect([made.read('wfc_snakemake.py'), made.has('wfc.yml')]).toEqual(['mine\n', false]);
});
