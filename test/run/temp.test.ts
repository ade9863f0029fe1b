import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';

const spec = (more = ''): string => `
params: {site: [a, b]}
rules:
  unpack:
    input: source/{site}
    output: {path: "big/{site}", temp: true}
    run: echo unpack {site} >> calls; cp {input} {output}
  fit:
    input: big/{site}
    output: fit/{site}
    run: echo fit {site} >> calls; cp {input} {output}
  plot:
    input: big/{site}
    output: plot/{site}
    run: echo plot {site} >> calls; cp {input} {output}
${more}`;
const FILES = { 'source/a': 'a', 'source/b': 'b' };

it('removes a temp output once its last consumer has succeeded, not before', async () => {
  const e = experiment(
    `
rules:
  make: {output: {path: t, temp: true}, run: "touch t"}
  first: {input: t, output: a, run: "[[ -e t ]] && touch a"}
  second: {input: [t, a], output: b, run: "[[ -e t ]] && touch b"}
  third: {input: b, output: c, run: "[[ ! -e t ]] && touch c"}
`,
  );
  expect((await e.run()).status).toBe(0);
  expect(e.has('t')).toBe(false);
});

it('does not make a temp output again while nothing needs it', async () => {
  const e = experiment(spec(), FILES);
  await e.run();
  expect(e.files('big')).toEqual([]);
  e.calls();
  expect((await e.run()).stderr).toContain('nothing to do');
  expect(e.calls()).toEqual([]);
});

it('makes a temp output again for a consumer that must run, and no other consumer is stale for it', async () => {
  const e = experiment(spec(), FILES);
  await e.run();
  e.calls();
  e.remove('fit/a');
  await e.run();
  expect(e.calls()).toEqual(['fit a', 'unpack a']);
  expect(e.files('big')).toEqual([]);
  expect((await e.run()).stderr).toContain('nothing to do');
});

it('a changed input of a temp output makes all its consumers stale', async () => {
  const e = experiment(spec(), FILES);
  await e.run();
  e.calls();
  e.write('source/a', 'another');
  await e.run();
  expect(e.calls()).toEqual(['fit a', 'plot a', 'unpack a']);
});

it('makes a chain of temp outputs again where the end of it is needed', async () => {
  const e = experiment(
    `
rules:
  one: {input: source, output: {path: t1, temp: true}, run: "echo one >> calls; cp source t1"}
  two: {input: t1, output: {path: t2, temp: true}, run: "echo two >> calls; cp t1 t2"}
  three: {input: t2, output: end, run: "echo three >> calls; cp t2 end"}
`,
    { source: '1' },
  );
  await e.run();
  e.remove('end');
  e.calls();
  await e.run();
  expect(e.calls()).toEqual(['one', 'three', 'two']);
  expect([e.has('t1'), e.has('t2'), e.has('end')]).toEqual([false, false, true]);
});

it('keeps a temp output that a target or a goal names', async () => {
  const e = experiment(spec('targets: [fit, "big/a"]\n'), FILES);
  await e.run();
  expect(e.files('big')).toEqual(['big/a']);
  await e.run('--goal big/b');
  expect(e.files('big')).toEqual(['big/a', 'big/b']);
});

it('after a failure removes temp outputs at the end of the run, and makes them again for the next', async () => {
  const e = experiment(spec().replace('echo plot {site} >> calls;', 'test -e ready;'), FILES);
  expect((await e.run('-k')).status).toBe(1);
  expect(e.files('big')).toEqual([]);
  e.calls();
  e.write('ready', '');
  expect((await e.run()).status).toBe(0);
  expect(e.calls()).toEqual(['unpack a', 'unpack b']);
});

it('where all state is lost, a temp output that is gone is as old as what it is made from', async () => {
  const e = experiment(spec(), FILES);
  await e.run();
  e.calls();
  e.remove('.wfc');
  e.remove('plot/b');
  // Made again for the one that reads it and is gone; from then on no other consumer is stale for it.
  await e.run();
  expect(e.calls()).toEqual(['plot b', 'unpack b']);
  expect((await e.run()).stderr).toContain('nothing to do');
  e.remove('.wfc');
  e.age('source/a', -100);
  await e.run();
  expect(e.calls()).toEqual(['fit a', 'plot a', 'unpack a']);
});

it('a file inside a temp directory goes with it, and comes back only for who must run', async () => {
  const e = experiment(`
params: {n: [1, 2]}
rules:
  unpack:
    output: {note: "note/{n}", all: {path: "big/{n}", directory: true, temp: true}}
    run: echo unpack {n} >> calls; mkdir {output.all}; echo {n} > {output.all}/part; touch {output.note}
  fit: {input: "big/{n}/part", output: "fit/{n}", run: "echo fit {n} >> calls; cp {input} {output}"}
`);
  expect((await e.run()).status).toBe(0);
  expect([e.files('big'), e.calls()]).toEqual([[], ['fit 1', 'fit 2', 'unpack 1', 'unpack 2']]);
  expect((await e.run()).stderr).toContain('nothing to do');
  e.remove('fit/2');
  // The other output of the directory's task is there: it is the directory that is gone.
  expect((await e.run()).status).toBe(0);
  expect(e.calls()).toEqual(['fit 2', 'unpack 2']);
  expect((await e.run()).stderr).toContain('nothing to do');
});

it('in a folder without state, a task whose temp outputs nobody reads runs once', async () => {
  const e = experiment(`
rules: {probe: {output: {path: out/a, temp: true}, run: "echo probe >> calls; echo > {output}"}}
`);
  expect((await e.run()).status).toBe(0);
  expect(e.calls()).toEqual(['probe']);
  expect((await e.run()).stderr).toContain('nothing to do');
});

it('a first run where nothing is has nothing to say of records; where outputs are, it has', async () => {
  const e = experiment(`
rules:
  one: {output: {path: one, temp: true}, run: "echo one >> calls; echo 1 > {output}"}
  two: {input: one, output: {path: two, temp: true}, run: "echo two >> calls; cat {input} > {output}"}
  end: {input: two, output: end, run: "echo end >> calls; cat {input} > {output}"}
  other: {input: one, output: other, run: "echo other >> calls; cat {input} > {output}"}
`);
  expect(await e.run()).toMatchObject({ status: 0, stderr: expect.not.stringContaining('no records') });
  expect(e.calls()).toEqual(['end', 'one', 'other', 'two']);
  // Of `other` and what it was made from, the files say nothing: `end` and the two before it are taken as complete.
  e.remove('.wfc');
  e.remove('other');
  expect((await e.run()).stderr).toContain('3 tasks are taken as complete');
  expect(e.calls()).toEqual(['one', 'other']);
  expect((await e.run()).stderr).toContain('nothing to do');
});
