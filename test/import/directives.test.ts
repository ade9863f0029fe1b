import { execa } from 'execa';
import { expect, it } from 'vitest';
import { pathToDebianPython } from '../support/programs.ts';
import { folderOf, hasSnakemake, snakemakeSteps, specSteps } from './import.ts';

it.skipIf(!hasSnakemake)('what stands around rules, and rules that are taken over, make the same files', async () => {
  const [ours, theirs] = [folderOf('directives'), folderOf('directives')];
  const options = { env: { PATH: pathToDebianPython() } };
  const wanted = await snakemakeSteps(theirs.folder);
  await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
  const { status, stderr } = await ours.wfc('import snakefile Snakefile', options);
  expect(status).toBe(0);
  expect(specSteps(ours)).toEqual(wanted);
  expect(stderr).toContain('warning: "benchmark" of rules "prepare" and "simulate" is left out');
  expect(stderr).toContain('warning: "shadow" of rule "simulate" is left out');
  expect(stderr).toContain('warning: rule "total" does not stay local: it reads what tasks of the cluster make');
  const spec = ours.read('wfc.yml');
  expect(spec).toContain('alpha_and_beta: {csv: space.csv}');
  expect(spec).toContain('output: {path: "sim/alpha~{alpha}/beta~{beta}.txt", check: nonempty}');
  expect(spec).toContain('output: prepared.txt\n    local: true');
  expect((await ours.run('--local', options)).status).toBe(0);
  for (const folder of ['sim', 'flat', 'worked', 'out', 'loud', 'models', 'logs', 'got'])
    for (const file of theirs.files(folder)) expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
});

it.skipIf(!hasSnakemake)('corners of the language make the same files', async () => {
  const [ours, theirs] = [folderOf('corners'), folderOf('corners')];
  const options = { env: { PATH: pathToDebianPython() } };
  await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
  const { status, stderr } = await ours.wfc('import snakefile Snakefile', options);
  expect([status, stderr]).toEqual([0, expect.stringContaining('15 rules, 18 tasks')]);
  expect(stderr).toContain('Snakefile:7:1 warning: what shell() does outside of rules is done now');
  const spec = ours.read('wfc.yml');
  // Of two rules for a file the one that is named; of a list of files those that a rule with wildcards makes.
  expect(spec).toContain('  name: [made, late]\n');
  expect(spec).not.toContain('early');
  expect(spec).toContain('code: [wrapped/wrapper.py, wfc_snakemake.py]');
  expect((await ours.run('--local', options)).status).toBe(0);
  for (const folder of ['out', 'space', 'sub', 'logs/more'])
    for (const file of theirs.files(folder).filter((name) => name.endsWith('.txt')))
      expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
});
