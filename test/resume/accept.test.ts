/** `wfc accept`: a harmless edit makes nothing run; what is missing or half-done never counts as complete. */
import { expect, it } from 'vitest';
import { type Experiment, experiment } from '../support/experiment.ts';

const SPEC = `
params: {i: [1, 2]}
rules:
  fit: {input: source, output: "out/{i}", run: "echo fit {i} >> calls; cat {input} > {output}"}
  sum: {gather: i, input: "out/{i}", output: sum, run: "echo sum >> calls; cat {input} > {output}"}
`;

async function complete(): Promise<Experiment> {
  const e = experiment(SPEC, { source: 'text' });
  await e.run();
  e.calls();
  return e;
}

async function accept(e: Experiment, args = ''): Promise<string> {
  const { status, stderr } = await e.wfc(`accept ${args}`.trim());
  expect(status).toBe(0);
  return stderr;
}

it('takes an edited command, a touched input and a changed output, with all that comes after; then nothing runs', async () => {
  const e = await complete();
  e.edit('wfc.yml', 'cat {input} > {output}"}\n  sum', 'cp {input} {output}"}\n  sum');
  e.age('source', 100);
  e.write('sum', 'edited by hand');
  const before = e.files('.wfc');
  expect(await accept(e, '-n')).toBe('3 tasks would be taken as complete');
  expect(e.files('.wfc')).toEqual(before);
  expect(await accept(e)).toBe('3 tasks taken as complete');
  expect((await e.run()).stderr).toContain('nothing to do');
  expect([e.calls(), e.read('sum')]).toEqual([[], 'edited by hand']);
  // It is the present state that was taken: the next change counts.
  e.write('source', 'other');
  await e.run();
  expect(e.calls()).toEqual(['fit 1', 'fit 2', 'sum']);
});

it('takes only what is named: rules and paths', async () => {
  const e = await complete();
  e.edit('wfc.yml', 'cat {input} > {output}"}\n  sum', 'cp {input} {output}"}\n  sum');
  expect(await accept(e, 'out/2')).toBe('1 task taken as complete');
  await e.run();
  expect(e.calls()).toEqual(['fit 1', 'sum']);
  e.age('source', 100);
  expect(JSON.parse((await e.wfc('accept --json fit')).stdout)).toEqual({ accepted: 2, left: {} });
  expect((await e.run()).stderr).toContain('nothing to do');
});

it('never takes what is missing, nor what comes after it', async () => {
  const e = await complete();
  e.edit('wfc.yml', 'cat {input} > {output}"}\n  sum', 'cp {input} {output}"}\n  sum');
  e.remove('out/1');
  expect(await accept(e)).toBe(
    '1 task taken as complete\nnot these, which are to run: output missing 1, upstream runs 1',
  );
  await e.run();
  expect(e.calls()).toEqual(['fit 1', 'sum']);
});

/** A journal of a run that died in the middle of a task. */
const BEGAN = 'run\t1\tgone\t\t.\nstarted\tout/1\t1\t1000000000\t999999\t.\n';

it('never takes what an attempt left half-done: by the journal, or where that is lost by the mark beside it', async () => {
  const e = await complete();
  e.write('.wfc/journal/000099-gone-1.tsv', BEGAN);
  expect(await accept(e)).toBe(
    '0 tasks taken as complete\nnot these, which are to run: output incomplete 1, upstream runs 1',
  );
  e.remove('.wfc');
  e.write('out/.1.wfc-incomplete', '');
  expect(await accept(e)).toContain('output incomplete 1, upstream runs 1');
  expect(await accept(e, 'fit')).toContain('output incomplete 1');
  // Also once there are records of others.
  e.remove('out/.1.wfc-incomplete');
  await e.run('--goal out/2');
  e.remove('.wfc/journal');
  e.write('.wfc/journal/000001-x-1.tsv', 'run\t1\tx\t\t.\n');
  e.write('out/.1.wfc-incomplete', '');
  expect(await accept(e)).toBe(
    '1 task taken as complete\nnot these, which are to run: output incomplete 1, no record 1',
  );
});

it('never takes an output that does not pass its check', async () => {
  const e = await complete();
  e.edit('wfc.yml', 'output: "out/{i}"', 'output: {path: "out/{i}", check: {run: "grep -q text {file}"}}');
  e.edit('wfc.yml', 'cat {input} > {output}"}\n  sum', 'cp {input} {output}"}\n  sum');
  e.write('out/2', 'another');
  expect(await accept(e)).toBe(
    '1 task taken as complete\nnot these, which are to run: check failed 1, upstream runs 1',
  );
  await e.run();
  expect(e.calls()).toEqual(['fit 2', 'sum']);
});

it('a file made by hand becomes an output', async () => {
  const e = await complete();
  e.edit('wfc.yml', '[1, 2]', '[1, 2, 3]');
  e.write('out/3', 'by hand');
  expect(await accept(e, 'out/3')).toBe('1 task taken as complete');
  await e.run();
  expect([e.calls(), e.read('sum')]).toEqual([['sum'], 'texttextby hand']);
});

it('a name that is none, and a source file, are told with status 2, and nothing is taken', async () => {
  const e = await complete();
  e.age('source', 100);
  const { status, stderr } = await e.wfc('accept fitt source out/1');
  expect(status).toBe(2);
  expect(stderr).toContain('did you mean "fit"');
  expect(stderr).toContain('source is a source file: it needs no record');
  expect((await e.wfc('plan')).stdout).toContain('input changed');
});
