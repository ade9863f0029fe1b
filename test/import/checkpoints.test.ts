/** What is known only once a rule has run, or files are there. */
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { hasPythonModule, pathToDebianPython } from '../support/programs.ts';
import { folderOf, hasSnakemake, snakefile } from './import.ts';

it.skipIf(!hasSnakemake)('what checkpoints list becomes values that rules make, and the same files', async () => {
  const [ours, theirs] = [folderOf('checkpoints'), folderOf('checkpoints')];
  await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
  const { status, stderr } = await ours.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([0, expect.stringContaining('9 tasks now, and others that wait for')]);
  const spec = ours.read('wfc.yml');
  expect(spec).toContain('basin: {lines: work/basins.txt}');
  expect(spec).toContain('version: {lines: work/version.txt}');
  expect(spec).toContain('"contig": line[0]');
  expect(spec).toContain('tile: {glob: "work/tiles/{tile}.tile"}');
  expect(spec).toContain('rank_table: {csv: work/ranks.csv}');
  // A folder for each site: a rule of the spec's own lists them all.
  expect(spec).toContain('split_list: {csv: split_list.csv}');
  expect(spec).toContain('gather: [site]\n    input: ["work/months/{site}"]\n    output: split_list.csv');
  expect((await ours.run('--local')).status).toBe(0);
  for (const folder of ['work', 'out']) {
    const made = theirs.files(folder).filter((file) => !file.endsWith('.snakemake_timestamp'));
    expect(ours.files(folder)).toEqual(made);
    for (const file of made) expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
  }
});

it.skipIf(!hasSnakemake || !hasPythonModule('pandas'))(
  'rows of a table that a function filters by numbers are filtered once the table is there',
  async () => {
    const text = `
import pandas as pd
LEAST = 5
def enough(pattern):
    def of(wildcards, least=LEAST):
        table = pd.read_csv(checkpoints.count.get().output[0], delimiter=r"\\s+")
        files = table["file"]
        table["reads"] = table["reads"].str.replace(",", "").astype(int)
        table["file"] = "none"
        return expand(pattern, sample=files.loc[table["reads"] > least].str.split("/").str[-1].tolist())
    return of
def best(wildcards):
    table = pd.read_csv(checkpoints.score.get(site=wildcards.site).output[0])
    return expand("work/{site}/{model}.txt", site=wildcards.site, model=table[(table.score > 0.5) & (table.model != "gru")].model)
rule all:
    input: enough("out/{sample}.txt"), enough("trimmed/{sample}.txt"), expand("best/{site}.txt", site=["como", "garda"])
checkpoint count:
    output: "work/counts.txt"
    shell: "printf 'file reads\\nraw/a 9,000\\nraw/b 3\\nraw/c 1,000\\n' > {output}"
rule trim:
    output: "trimmed/{sample}.txt"
    shell: "echo {wildcards.sample} > {output}"
rule sample:
    input: "trimmed/{sample}.txt"
    output: "out/{sample}.txt"
    shell: "cp {input} {output}"
checkpoint score:
    output: "work/{site}.csv"
    shell: "printf 'model,score\\n{wildcards.site}1,0.9\\ngru,0.8\\nlstm,0.2\\n' > {output}"
rule model:
    output: "work/{site}/{model}.txt"
    shell: "echo {wildcards.model} > {output}"
rule best:
    input: best
    output: "best/{site}.txt"
    shell: "cat {input} > {output}"
`;
    const [ours, theirs] = [snakefile(text), snakefile(text)];
    const env = { PATH: pathToDebianPython() };
    await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
    const { status, stderr } = await ours.wfc('import snakefile Snakefile', { env });
    expect([status, stderr]).toEqual([0, expect.stringContaining('others that wait for rule "count", rule "score"')]);
    // Both functions compute the same: one list. What changes the table comes after what was taken of it.
    expect(ours.read('wfc.yml').match(/count_list:/g)).toHaveLength(2);
    expect(ours.read('wfc.yml')).toContain('values = part1.loc[table["reads"] > 5].str.split("/").str[-1].tolist()');
    expect((await ours.run('--local', { env })).status).toBe(0);
    for (const folder of ['work', 'out', 'trimmed', 'best']) expect(ours.files(folder)).toEqual(theirs.files(folder));
    expect(ours.read('best/como.txt')).toBe(theirs.read('best/como.txt'));
  },
);

it('what a checkpoint makes in folders of folders is listed with their paths, and who reads what comes of it waits', async () => {
  const made = snakefile(
    'def parts(w):\n    folder = checkpoints.split.get(site=w.site).output[0]\n' +
      '    return expand("work/{site}/done/{part}.txt", site=w.site, part=glob_wildcards(folder + "/{part}.txt").part)\n' +
      'rule all:\n    input: "out/alps/como.txt", "out/po.txt"\n' +
      'checkpoint split:\n    output: directory("work/{site}/parts")\n    shell: "mkdir {output}; touch {output}/1.txt {output}/2.txt"\n' +
      'rule part:\n    input: "work/{site}/parts/{part}.txt"\n    output: "work/{site}/done/{part}.txt"\n    shell: "echo {wildcards.part} > {output}"\n' +
      'rule merge:\n    input: parts\n    output: "merged/{site}.txt"\n    shell: "cat {input} > {output}"\n' +
      'rule out:\n    input: "merged/{site}.txt"\n    output: "out/{site}.txt"\n    shell: "cp {input} {output}"\n',
  );
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([0, expect.stringContaining('others that wait for rule "split"')]);
  expect((await made.run('--local')).status).toBe(0);
  expect([made.read('out/alps/como.txt'), made.read('out/po.txt')]).toEqual(['1\n2\n', '1\n2\n']);
});

it('a glob over data that is not there stays one, and over what a rule makes waits for that', async () => {
  const made = snakefile(
    'SAMPLES, = glob_wildcards("data/{sample}.fastq")\nPARTS = glob_wildcards("work/parts/{part}.txt").part\n' +
      'rule all:\n    input: expand("out/{sample}.txt", sample=SAMPLES), expand("done/{part}.txt", part=PARTS)\n' +
      'rule one:\n    input: "data/{sample}.fastq"\n    output: "out/{sample}.txt"\n    shell: "cp {input} {output}"\n' +
      'rule split:\n    output: directory("work/parts")\n    shell: "mkdir -p {output}; touch {output}/1.txt"\n' +
      'rule part:\n    input: "work/parts/{part}.txt"\n    output: "done/{part,[0-9]+}.txt"\n    shell: "cp {input} {output}"\n',
  );
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect(stderr).toContain('Snakefile:1:1 warning: no file matches data/{sample}.fastq: copy the data there');
  expect(stderr).toContain('tasks that wait for data/{sample}.fastq, rule "split": with made-up values');
  expect(status).toBe(0);
  const plan = await made.wfc('plan');
  expect(plan.stderr).toContain('error: no file matches data/{sample}.fastq: there is no folder data');
  expect(plan.stderr).toContain('hint: copy the files there');
  made.write('data/s1.fastq', 'x\n');
  expect((await made.run('--local')).status).toBe(0);
  expect([made.files('out'), made.files('done')]).toEqual([['out/s1.txt'], ['done/1.txt']]);
});
