/** What is known only once a rule has run, or files are there. */
import { execa } from 'execa';
import { expect, it } from 'vitest';
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
