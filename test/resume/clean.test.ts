/** `wfc clean` removes what is named, and nothing else. */
import { rmSync, symlinkSync } from 'node:fs';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';

const SPEC = `
params: {i: [1, 2]}
rules:
  fit:
    output: {txt: "out/{i}/fit.txt", dir: {path: "out/{i}/d", directory: true, protected: true}}
    run: "echo fitting; touch {output.txt}; mkdir -p {output.dir}/sub; touch {output.dir}/sub/f"
  sum: {gather: i, input: "out/{i}/fit.txt", output: sum.txt, log: logs/sum.log, run: "echo sum; touch {output}"}
`;

async function complete(): Promise<Experiment> {
  const e = experiment(SPEC, { 'out/mine.txt': 'mine', notes: 'mine' });
  expect((await e.run()).status).toBe(0);
  return e;
}
const MINE = ['notes', 'out/mine.txt', 'wfc.yml'];

function besideState(e: Experiment): string[] {
  return e.files('.').filter((path) => !path.startsWith('.wfc/'));
}

it('--outputs --yes removes what tasks made, protected folders too, with folders that are empty then; nothing else', async () => {
  const e = await complete();
  const { status, stderr } = await e.wfc('clean --outputs --yes');
  expect([status, stderr]).toEqual([0, 'to remove: 5 outputs (such as out/1/fit.txt)\nremoved']);
  expect(besideState(e)).toEqual(['logs/sum.log', ...MINE].sort());
  expect([e.has('out/1'), e.has('.wfc/journal')]).toEqual([false, true]);
  expect((await e.wfc('plan')).stdout).toMatch(/3 +3 +total/);
  expect((await e.wfc('clean --outputs --yes')).stderr).toBe('there is nothing to remove');
});

it('--logs removes logs alone, --state the records alone', async () => {
  const e = await complete();
  const all = besideState(e);
  expect((await e.wfc('clean --logs --yes')).stderr).toContain('3 logs (such as .wfc/logs/fit/i=1.log)');
  expect(besideState(e)).toEqual(all.filter((path) => path !== 'logs/sum.log'));
  expect((await e.run()).stderr).toContain('nothing to do');
  expect((await e.wfc('clean --state --yes')).stderr).toContain('.wfc with all records');
  expect(e.files('.wfc')).toEqual([]);
  expect(besideState(e)).toEqual(all.filter((path) => path !== 'logs/sum.log'));
});

it('--goal and --set narrow it to what they need', async () => {
  const e = await complete();
  await e.wfc('clean --outputs --yes --goal fit --set i=2');
  expect(besideState(e)).toEqual(['logs/sum.log', ...MINE, 'out/1/d/sub/f', 'out/1/fit.txt', 'sum.txt'].sort());
});

it('asks first: without an answer nothing goes, a dry run only tells, and nothing named is a mistake', async () => {
  const e = await complete();
  const before = e.files('.');
  const nobody = await e.wfc('clean --outputs');
  expect([nobody.status, nobody.stderr]).toEqual([2, expect.stringContaining('there is nobody to ask; --yes agrees')]);
  const dry = await e.wfc('clean --outputs --logs --state -n');
  expect([dry.status, dry.stderr]).toEqual([0, expect.stringContaining('would remove: 5 outputs')]);
  const none = await e.wfc('clean --yes');
  expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('--outputs, --logs and --state')]);
  expect(e.files('.')).toEqual(before);
});

it('on a terminal it goes by the answer: n and an empty line keep all, y removes', async () => {
  const e = await complete();
  const before = e.files('.');
  const answered = async (answer: string) => {
    const command = `${process.execPath} ${CLI} clean --outputs`;
    const { stdout } = await execa('script', ['-qec', command, '/dev/null'], {
      cwd: e.folder,
      input: answer,
      reject: false,
    });
    return stdout;
  };
  expect(await answered('n\n')).toContain('nothing was removed');
  expect(await answered('\n')).toContain('nothing was removed');
  expect(e.files('.')).toEqual(before);
  expect(await answered('y\n')).toContain('Remove them? [y/N]');
  expect(besideState(e)).toEqual(['logs/sum.log', ...MINE].sort());
});

it('an output that is a link: the link goes, and what it leads to stays', async () => {
  const e = await complete();
  const elsewhere = experiment(SPEC, { 'kept/f': 'x' });
  onTestFinished(() => rmSync(elsewhere.folder, { recursive: true, force: true }));
  e.remove('sum.txt');
  symlinkSync(elsewhere.path('kept'), e.path('sum.txt'));
  await e.wfc('clean --outputs --yes');
  expect([e.has('sum.txt'), elsewhere.read('kept/f')]).toEqual([false, 'x']);
});
