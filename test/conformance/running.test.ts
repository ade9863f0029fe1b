/** How commands are run, and what a failure, a kill or a second run does. */
import { expect, it } from 'vitest';
import { experiment, gone } from '../support/experiment.ts';
import { bothWays, names, reasons, tree } from './tree.ts';

it('a pipe that fails in the middle fails its task', async () => {
  const e = experiment('rules: {one: {output: a, run: "false | cat > a"}, two: {output: b, run: "true | cat > b"}}\n');
  expect((await e.run('-k')).status).toBe(1);
  expect(names(e)).toEqual(['b']);
});

it('a variable that is not set fails its task', async () => {
  const e = experiment('rules: {one: {output: a, run: "echo $NOTSET > a"}}\n');
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([1, expect.stringContaining('NOTSET')]);
  expect(names(e)).toEqual([]);
});

it('a task with retries is tried again with the number of its attempt', async () => {
  const spec = 'rules: {one: {output: a, retries: 2, run: "echo {attempt} >> calls; [[ {attempt} == 3 ]]; touch a"}}\n';
  const e = await bothWays(spec);
  expect(e.calls()).toEqual(['1', '2', '3']);
  const poor = experiment(spec.replace('retries: 2', 'retries: 1'));
  expect((await poor.run()).status).toBe(1);
  expect([poor.calls(), names(poor)]).toEqual([['1', '2'], []]);
});

it('with -k all goes on that does not depend on a failure', async () => {
  const e = experiment(`
rules:
  bad: {output: a, run: "exit 1"}
  after_bad: {input: a, output: z, run: "touch z"}
  good: {output: b, run: "touch b"}
  after_good: {input: b, output: b2, run: "touch b2"}
`);
  const { status, stderr } = await e.run('-k');
  expect(status, stderr).toBe(1);
  expect(names(e)).toEqual(['b', 'b2']);
});

it('without -k nothing starts after a failure', async () => {
  const e = experiment(
    'params: {n: {from: 1, to: 9}}\nrules: {one: {output: "{n}", run: "echo {n} >> calls; test -e ready; touch {output}"}}\n',
  );
  expect((await e.run('-j1')).status).toBe(1);
  expect([names(e), e.calls()]).toEqual([[], ['1']]);
  e.write('ready', '');
  expect((await e.run('-j1')).status).toBe(0);
  expect(e.calls()).toHaveLength(9);
});

it('a half-written output of a run that was killed is made anew, without a word from its user', async () => {
  const e = experiment(`
rules:
  two: {input: a, output: b, run: "cp a b"}
  one: {output: a, run: "echo $BASHPID > pid; echo half > a; test -e ready || sleep 1000; echo whole >> a"}
`);
  const running = e.start(['run']);
  await e.filled('a');
  running.kill('SIGKILL');
  await running.ended;
  await gone(Number(e.read('pid')));
  expect(await reasons(e)).toEqual({ 'output missing': 1, 'output incomplete': 1 });
  e.write('ready', '');
  expect((await e.run()).status).toBe(0);
  expect([e.read('a'), e.read('b')]).toEqual(['half\nwhole\n', 'half\nwhole\n']);
});

it('a second run in the same folder is refused', async () => {
  const e = experiment('rules: {one: {output: a, run: "cat gate > a"}}\n');
  const gate = await e.gate('gate');
  const running = e.start(['run']);
  await e.appeared('.wfc/lock');
  const second = await e.run();
  expect([second.status, second.stderr]).toEqual([3, expect.stringContaining('another wfc')]);
  await gate.pass();
  expect((await running.ended).status).toBe(0);
  expect((await e.run()).status).toBe(0);
});

it('what a command leaves in the background is stopped with it', async () => {
  const e = experiment('rules: {one: {output: a, run: "sleep 1000 & echo $! > pid; touch a"}}\n');
  expect((await e.run()).status).toBe(0);
  await gone(Number(e.read('pid')));
  expect(names(e)).toEqual(['a', 'pid']);
});

const COPY = 'rules: {one: {input: s, output: a, run: "echo one >> calls; cp s a"}}\n';

it('a changed input makes its consumers run, an older file put back too', async () => {
  const e = await bothWays(COPY, { s: '1' });
  e.calls();
  e.write('s', '2');
  await e.run();
  expect([e.calls(), e.read('a')]).toEqual([['one'], '2']);
  e.write('s', '3');
  e.age('s', 100_000);
  await e.run();
  expect([e.calls(), e.read('a')]).toEqual([['one'], '3']);
});

it('an input with a new time and the same content counts as changed, until its user accepts it', async () => {
  const e = await bothWays(COPY, { s: '1' });
  e.calls();
  e.age('s', 5);
  expect(await reasons(e)).toEqual({ 'input changed': 1 });
  expect((await e.wfc('accept')).status).toBe(0);
  expect((await e.run()).stderr).toContain('nothing to do');
  expect(e.calls()).toEqual([]);
});

it('a changed command runs again; blanks and comments that bash ignores are no change', async () => {
  const e = experiment('rules:\n  one:\n    output: a\n    run: |\n      echo 1 > a\n');
  await e.run();
  e.write('wfc.yml', e.read('wfc.yml').replace('echo 1 > a', 'echo   1  >  a   # one'));
  expect(await reasons(e)).toEqual({});
  e.write('wfc.yml', e.read('wfc.yml').replace('1 ', '2 '));
  expect((await e.run()).status).toBe(0);
  expect(e.read('a')).toBe('2\n');
});

it('another set of inputs makes a task run, also where the new one is old', async () => {
  const e = experiment('rules: {one: {input: [s], output: a, run: "cat {input} > a"}}\n', { s: '1', s2: '2' });
  e.age('s2', 100_000);
  await e.run();
  e.write('wfc.yml', e.read('wfc.yml').replace('[s]', '[s, s2]'));
  await e.run();
  expect(tree(e)).toEqual({ a: '12', s: '1', s2: '2' });
});
