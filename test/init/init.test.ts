import { execFileSync } from 'node:child_process';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';

function emptyFolder(): Experiment {
  const made = experiment('');
  made.remove('wfc.yml');
  return made;
}

const TEMPLATES = [
  ['sweep', 36, 'summary/step_0.001_momentum_0.csv'],
  ['table', 9, 'ranking.txt'],
  ['search', 60, 'fits/19/2.csv'],
  ['from-scratch', 2, 'out/a.txt'],
] as const;

it.each(TEMPLATES)('the template %s runs at once, and has nothing left to do then', async (template, tasks, made) => {
  const folder = emptyFolder();
  const first = await folder.wfc(`init study --template ${template}`);
  expect([first.status, first.stdout]).toEqual([0, expect.stringContaining('cd study\n  wfc plan\n')]);
  const { status, stderr } = await folder.run('study');
  expect(status).toBe(2);
  expect(stderr).toContain('study/wfc.yml');
  const run = await folder.run('study/wfc.yml --json');
  expect(run.status).toBe(0);
  expect(folder.has(`study/${made}`)).toBe(true);
  expect(JSON.parse((await folder.wfc('plan study/wfc.yml --json')).stdout)).toMatchObject({ total: tasks, run: 0 });
});

it.each(TEMPLATES)('the template %s has no line over 120 columns, and an editor finds its schema', async (template) => {
  const folder = emptyFolder();
  await folder.wfc(`init --template ${template}`);
  const lines = folder.read('wfc.yml').split('\n');
  expect(lines.slice(1).filter((line) => line.length > 120)).toEqual([]);
  const schema = /^# yaml-language-server: \$schema=(\/.*)$/.exec(lines[0]!)![1]!;
  expect(JSON.parse(execFileSync('cat', [schema], { encoding: 'utf8' })).title).toBe('Spec');
});

it('what is there is never overwritten, whatever its name', async () => {
  const folder = emptyFolder();
  folder.write('spec.json', 'mine');
  const spec = await folder.wfc('init --template sweep');
  expect([spec.status, spec.stderr]).toEqual([2, expect.stringContaining('spec.json exists already')]);
  folder.write('study/stations.csv', 'mine');
  const table = await folder.wfc('init study --template table');
  expect([table.status, table.stderr]).toEqual([2, expect.stringContaining('study/stations.csv exists already')]);
  expect(folder.files('.')).toEqual(['spec.json', 'study/stations.csv']);
});

it('a search that is made larger runs what is new, and keeps the rest', async () => {
  const folder = emptyFolder();
  await folder.wfc('init --template search');
  expect((await folder.run('--local -q --set trials=3')).status).toBe(0);
  const before = folder.read('fits/2/2.csv');
  const plan = JSON.parse((await folder.wfc('plan --json --set trials=5')).stdout);
  expect(plan.rules).toMatchObject([{ name: 'fit', tasks: 15, run: 6 }]);
  expect((await folder.run('--local -q --set trials=5')).status).toBe(0);
  expect(folder.read('fits/2/2.csv')).toBe(before);
});

it('on a terminal it asks until the answer is a template; elsewhere it takes a sweep', async () => {
  const folder = emptyFolder();
  // script(1) gives a terminal; -q: without its own words.
  const { stdout } = await execa('script', ['-qec', `'${process.execPath}' '${CLI}' init asked`, '/dev/null'], {
    cwd: folder.folder,
    input: 'nothing\n4\n',
  });
  expect(stdout).toContain('there is no "nothing"');
  expect(folder.read('asked/wfc.yml')).toContain('The least that runs');
  await folder.wfc('init silent');
  expect(folder.read('silent/wfc.yml')).toContain('name: sweep');
});
