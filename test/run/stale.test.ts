import { execa } from 'execa';
import { expect, it } from 'vitest';
import { type Experiment, experiment } from '../support/experiment.ts';

const SPEC = `
rules:
  first: {input: source, output: mid, run: "echo first >> calls; cat source > mid"}
  second: {input: mid, output: end, run: "echo second >> calls; cat mid > end"}
`;

/** A complete experiment. */
async function complete(): Promise<Experiment> {
  const e = experiment(SPEC, { source: 'text' });
  await e.run();
  expect(e.calls()).toEqual(['first', 'second']);
  return e;
}

async function reasons(e: Experiment): Promise<(string | undefined)[]> {
  const { rules } = JSON.parse((await e.wfc('plan --json')).stdout) as { rules: { reasons: object }[] };
  return rules.map((r) => Object.keys(r.reasons)[0]);
}

const changes: [string, (e: Experiment) => void, (string | undefined)[]][] = [
  ['a touched output', (e) => e.age('end', 100), [undefined, 'output changed']],
  ['a truncated output', (e) => e.write('end', ''), [undefined, 'output changed']],
  ['a deleted output', (e) => e.remove('end'), [undefined, 'output missing']],
  ['a deleted intermediate', (e) => e.remove('mid'), ['output missing', 'upstream runs']],
  ['an older input put back', (e) => e.age('source', 9999), ['input changed', 'upstream runs']],
  ['an input of another size', (e) => e.write('source', 'longer text'), ['input changed', 'upstream runs']],
  [
    'an edited command',
    (e) => edit(e, 'cat source', 'cp source mid; cat source'),
    ['command changed', 'upstream runs'],
  ],
  ['an edited comment', (e) => edit(e, 'cat source > mid', 'cat source > mid # copy'), [undefined, undefined]],
  ['other blanks in the command', (e) => edit(e, 'cat source > mid', 'cat   source >   mid '), [undefined, undefined]],
  ['another retry count', (e) => edit(e, 'input: source', 'retries: 3, input: source'), [undefined, undefined]],
  ['other resources', (e) => edit(e, 'input: source', 'resources: {cpus: 2}, input: source'), [undefined, undefined]],
  [
    'another environment',
    (e) => edit(e, 'input: source', 'env: {A: 1}, input: source'),
    ['command changed', 'upstream runs'],
  ],
  ['one more input', (e) => edit(e, 'input: source', 'input: [source, wfc.yml]'), ['command changed', 'upstream runs']],
  ['a renamed rule', (e) => edit(e, 'first:', 'copy:'), [undefined, undefined]],
];

function edit(e: Experiment, from: string, to: string): void {
  const text = e.read('wfc.yml');
  expect(text).toContain(from);
  e.write('wfc.yml', text.replace(from, to));
}

it.each(changes)('%s makes stale exactly what it should', async (_, change, expected) => {
  const e = await complete();
  change(e);
  expect(await reasons(e)).toEqual(expected);
  expect((await e.run()).status).toBe(0);
  expect(e.calls()).toEqual(['first', 'second'].filter((__, i) => expected[i] !== undefined));
});

it('an output that no record knows is made anew', async () => {
  const e = experiment(SPEC, { source: 'text' });
  await e.run('--goal mid');
  e.write('end', 'by hand');
  expect(await reasons(e)).toEqual([undefined, 'no record']);
  await e.run();
  expect(e.read('end')).toBe('text');
});

it('with no records left it goes by times as make does, and warns', async () => {
  const e = await complete();
  e.remove('.wfc');
  const { stderr } = await e.run();
  expect(stderr).toContain('warning: there are no records in .wfc/: 2 tasks are taken as complete');
  expect(e.calls()).toEqual([]);
  expect((await e.run()).stderr).not.toContain('warning');
  e.remove('.wfc');
  e.age('mid', 100);
  e.age('end', 200);
  await e.run();
  expect(e.calls()).toEqual(['first', 'second']);
});

it('with no records left an output older than its input is made anew, and what hangs on it', async () => {
  const e = await complete();
  e.remove('.wfc');
  e.age('source', 300);
  e.age('mid', 100);
  e.age('end', 200);
  expect(await reasons(e)).toEqual([undefined, 'input newer']);
  await e.run();
  expect(e.calls()).toEqual(['second']);
});

it('a copy of the whole folder that keeps times is complete, also where fractions of seconds are lost', async () => {
  const e = await complete();
  for (const path of ['source', 'mid', 'end']) {
    const seconds = Math.floor(Number((await execa('stat', ['-c', '%Y', e.path(path)])).stdout));
    await execa('touch', ['-d', `@${seconds}`, e.path(path)]);
  }
  expect(await reasons(e)).toEqual([undefined, undefined]);
});

it('another value of a param leaves the tasks of the others alone', async () => {
  const e = experiment(
    'params: {n: [1, 2]}\nrules: {one: {output: "{n}.txt", run: "echo {n} >> calls; touch {output}"}}\n',
  );
  await e.run();
  e.calls();
  edit(e, '[1, 2]', '[2, 3]');
  await e.run();
  expect(e.calls()).toEqual(['3']);
});
