/** What is known only once a rule has run, or files are there. */
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { folderOf, hasSnakemake } from './import.ts';

it.skipIf(!hasSnakemake)('what checkpoints list becomes values that rules make, and the same files', async () => {
  const [ours, theirs] = [folderOf('checkpoints'), folderOf('checkpoints')];
  await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
  const { status, stderr } = await ours.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([0, expect.stringContaining('6 tasks now, and others that wait for')]);
  const spec = ours.read('wfc.yml');
  expect(spec).toContain('basin: {lines: work/basins.txt}');
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
