import { execa } from 'execa';
import { expect, it } from 'vitest';
import { folderOf, hasSnakemake, snakefile, snakemakeSteps, specSteps } from './import.ts';

/** The spec that a Snakefile becomes, which must have been written. */
async function specOf(text: string, files: Readonly<Record<string, string>> = {}) {
  const made = snakefile(text, files);
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([0, expect.stringContaining('written to wfc.yml')]);
  return { made, spec: made.read('wfc.yml'), stderr };
}

it.skipIf(!hasSnakemake)(
  'functions of all kinds: the same tasks as in a dry run, the same files after a run',
  async () => {
    const [ours, theirs] = [folderOf('functions'), folderOf('functions')];
    const wanted = await snakemakeSteps(theirs.folder);
    await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
    const { status, stderr } = await ours.wfc('import snakefile Snakefile');
    expect([status, stderr]).toEqual([0, expect.stringContaining('"mem_mb" of rule "fit" grows with each attempt')]);
    expect(specSteps(ours)).toEqual(wanted);
    const spec = ours.read('wfc.yml');
    // A pattern where a pattern does, also deep inside of what a function makes.
    expect(spec).toContain('data: data/{site}.csv');
    expect(spec).toContain('--out fits/{site}/{seed}');
    // What a function looks up is a column, and says whose it was.
    expect(spec).toMatch(/# forcing: from get_forcing\(\) in rule "fit" \(Snakefile:\d+\)/);
    expect(spec).toContain('forcing: raw/{forcing}.nc');
    expect((await ours.run('--local')).status).toBe(0);
    for (const folder of ['fits', 'groups']) {
      expect(ours.files(folder)).toEqual(theirs.files(folder));
      for (const file of ours.files(folder)) expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
    }
  },
);

it('a step that reads the step before it becomes a column beside the steps', async () => {
  const { spec } = await specOf(
    'rule all:\n    input: expand("run/{site}/{step}.nc", site=["como", "garda"], step=range(1, 4))\nrule step:\n' +
      '    input: lambda w: f"run/{w.site}/{int(w.step) - 1}.nc" if w.step != "1" else "init.nc"\n' +
      '    output: "run/{site}/{step}.nc"\n    shell: "cp {input} {output}"\n',
    { 'init.nc': '' },
  );
  expect(spec).toContain('path: true');
  expect(spec).toContain('- {site: como, step: 2, step_input: run/como/1.nc}');
});

it("values of another rule that a function names are that rule's own param", async () => {
  const { spec } = await specOf(
    'BASIN = {"a": "po", "b": "po", "c": "rhine"}\nrule all:\n    input: expand("fits/{site}.txt", site=list("abc"))\n' +
      'rule fit:\n    input: lambda w: "basins/" + BASIN[w.site] + ".txt"\n    output: "fits/{site}.txt"\n' +
      '    shell: "cp {input} {output}"\nrule basin:\n    output: "basins/{basin}.txt"\n    shell: "echo {wildcards.basin} > {output}"\n',
  );
  expect(spec).toContain('- {site: a, basin: po}');
  expect(spec).toContain('input: basins/{basin}.txt');
  expect(spec).not.toContain('params:');
});
