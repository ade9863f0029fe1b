import { execFileSync } from 'node:child_process';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { pathToDebianPython } from '../support/programs.ts';
import { folderOf, hasSnakemake, snakefile, snakemakeSteps, specSteps } from './import.ts';

const hasR = works('Rscript', '--version');
const hasJupyter = works('/usr/bin/python3', '-c', 'import nbclient, ipykernel');

function works(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
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
    expect.stringContaining('written to wfc.yml, wfc_snakemake.R, wfc_snakemake.py, wfc_snakemake.sh: 7 rules'),
  ]);
  expect(specSteps(ours)).toEqual(wanted);
  const run = await ours.run('--local');
  expect([run.status, run.stderr]).toEqual([0, expect.stringMatching(/^14 tasks done in [\d.]+ s$/)]);
  for (const folder of ['out', 'chosen']) {
    expect(ours.files(folder)).toEqual(theirs.files(folder));
    for (const file of ours.files(folder)) expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
  }
  // What is no text and no number stands as JSON in a table.
  expect(ours.read('wfc.yml')).toContain(`- {site: a, model: '{"full":null}', levels: "null"}`);
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
  ['https://example.org/fit.py', 'a script from the network is not converted: https://example.org/fit.py'],
  ['s/fit.rs', 'a script that ends in ".rs" is not converted'],
  ['s/{params.n}.py', '{params.n} in the path of a script is not converted'],
])('%s: %s', async (script, says) => {
  const made = snakefile(rule(script), { 'c.yml': 'a: 1\n' });
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([2, expect.stringContaining(`Snakefile:7:5 error: ${says}`)]);
  expect(made.read('wfc.yml')).toContain('not converted from Snakefile:7');
});

const notebookRule =
  'rule all:\n    input: "o/1.txt"\nrule fit:\n    input: raw="i.txt"\n    output: "o/{n}.txt"\n    params: rate=0.5\n' +
  '    log: "logs/{n}.txt", notebook="books/{n}.ipynb"\n    notebook: "nb/fit.ipynb"\n';

function notebookOf(language: string, ...cells: string[]): string {
  const code = { cell_type: 'code', execution_count: null, metadata: {}, outputs: [] };
  const kernelspec = { display_name: 'Kernel', language, name: 'python3' };
  return JSON.stringify({
    cells: cells.map((source) => ({ ...code, source })),
    metadata: { kernelspec },
    nbformat: 4,
    nbformat_minor: 4,
  });
}

it('a notebook is run with what Snakemake gives it, and kept where its log is', async () => {
  const cells = [
    'from near import twice\n%pwd',
    'with open(snakemake.output[0], "w") as out:\n    print(twice(snakemake.params.rate), snakemake.wildcards.n, open(snakemake.input.raw).read(), file=out)',
    'print("said", snakemake.log)',
  ];
  const made = snakefile(notebookRule, {
    'i.txt': 'raw',
    'nb/fit.ipynb': notebookOf('python', ...cells),
    'nb/near.py': 'def twice(x): return 2 * x\n',
  });
  expect((await made.wfc('import snakefile Snakefile')).stderr).toContain('wfc.yml, wfc_notebook.py, wfc_snakemake.py');
  const spec = made.read('wfc.yml');
  expect(spec).toContain('code: [nb/fit.ipynb, nb/near.py, wfc_notebook.py, wfc_snakemake.py]');
  expect(spec).toContain('log: logs/{n}.txt');
  expect(spec).toContain('log=Logs({log}, notebook="books/" + {n} + ".ipynb")');
  if (!hasJupyter) return;
  const options = { env: { PATH: pathToDebianPython() } };
  expect((await made.run('--local', options)).status).toBe(0);
  expect(made.read('o/1.txt')).toBe('1.0 1 raw\n');
  expect(made.read('books/1.ipynb')).toContain('said logs/1.txt books/1.ipynb');
  made.write('nb/fit.ipynb', notebookOf('python', 'print("before")', '1 / 0'));
  expect((await made.run('--local', options)).status).toBe(1);
  expect(made.read('logs/1.txt')).toMatch(/^ZeroDivisionError: division by zero$/m);
  expect(made.read('books/1.ipynb')).toContain('before');
});

it.skipIf(!hasR)('a notebook in R finds an object, as a script in R does', async () => {
  const made = snakefile(notebookRule, { 'i.txt': '', 'nb/fit.ipynb': notebookOf('R', 'snakemake@output') });
  await made.wfc('import snakefile Snakefile');
  expect(made.read('wfc.yml')).toContain('code: [nb/fit.ipynb, wfc_snakemake.R, wfc_notebook.py, wfc_snakemake.py]');
  const given =
    'Snakemake(".", input=Files("a", many=["x", "y"]), params=Named(1, rate=0.5, of={"k": [1, 2]}, yes=True), rule="r")';
  const python = `from wfc_notebook import *; print(in_r("nb/fit.ipynb", ${given}))`;
  const { stdout } = await execa(
    'python3',
    ['-c', python.replace('import *', 'import in_r; from wfc_snakemake import *')],
    { cwd: made.folder },
  );
  const asked =
    'with(attributes(snakemake), cat(input[[3]], input$many, params$rate, params$of$k, params$yes, rule, scriptdir))';
  const told = await execa('Rscript', ['-e', `${stdout}\n${asked}`], { cwd: made.folder });
  expect(told.stdout).toBe(`y x y 0.5 1 2 TRUE r ${made.path('nb')}`);
});

it.each([
  ['no JSON', '{', 'nb/fit.ipynb is no notebook of Jupyter'],
  ['an old one', '{"metadata": {}, "worksheets": []}', 'nb/fit.ipynb is no notebook of Jupyter'],
])('a notebook that is %s', async (_, text, says) => {
  const made = snakefile(notebookRule, { 'nb/fit.ipynb': text });
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([2, expect.stringContaining(`Snakefile:8:5 error: ${says}`)]);
});

it('a script that is not there yet is told, and is no code until it is', async () => {
  const made = snakefile(rule('s/{wildcards.n}.py').replace('script', 'script'), { 'c.yml': 'a: 1\n' });
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([0, expect.stringContaining('Snakefile:7:5 warning: there is no file s/')]);
  expect(made.read('wfc.yml')).toContain('code: [c.yml, wfc_snakemake.py]');
});

it.skipIf(!hasSnakemake)('a template is filled with what Snakemake gives it', async () => {
  const text =
    'configfile: "c.yml"\nrule all:\n    input: "o/1.txt", "o/2.txt"\nrule fill:\n    input: "data.csv", template="t.txt"\n' +
    '    output: "o/{n}.txt"\n    params: levels=lambda w: {"n": w.n}, rate=0.5\n    template_engine: "jinja2"\n';
  const files = {
    'c.yml': 'of: [a, b]\n',
    'data.csv': '',
    't.txt': '{{ wildcards.n }} {{ input[0] }} {{ params.levels.n }} {{ params.rate }} {{ config["of"][1] }}\n',
  };
  const [ours, theirs] = [snakefile(text, files), snakefile(text, files)];
  const options = { env: { PATH: pathToDebianPython() } };
  await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
  expect((await ours.wfc('import snakefile Snakefile', options)).status).toBe(0);
  expect((await ours.run('--local', options)).status).toBe(0);
  expect(ours.read('o/2.txt')).toBe('2 data.csv 2 0.5 b');
  for (const file of theirs.files('o')) expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
});

it('a wrapper is a script that the user saves', async () => {
  const made = snakefile(
    'rule all:\n    input: "o.txt"\nrule r:\n    input: "i.txt"\n    output: "o.txt"\n    wrapper: "v1.2/bio/x"\n',
    { 'i.txt': 'x' },
  );
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([
    0,
    expect.stringContaining('/v1.2/bio/x/wrapper.py as wrappers/v1.2/bio/x/wrapper.py'),
  ]);
  made.write('wrappers/v1.2/bio/x/wrapper.py', 'open(snakemake.output[0], "w").write(snakemake.input[0])\n');
  expect((await made.run('--local')).status).toBe(0);
  expect(made.read('o.txt')).toBe('i.txt');
});

it('a file that wfc would write is never overwritten', async () => {
  const files = { 's/fit.py': 'snakemake.input\n', 'c.yml': 'a: 1\n', 'wfc_snakemake.py': 'mine\n' };
  const made = snakefile(rule('s/fit.py'), files);
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([2, expect.stringContaining('wfc_snakemake.py exists already')]);
  expect([made.read('wfc_snakemake.py'), made.has('wfc.yml')]).toEqual(['mine\n', false]);
});
