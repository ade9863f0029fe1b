import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';

const SWEEP = `
params: {site: [a, b, c]}
rules:
  fit:
    output: fit/{site}.txt
    run: |
      echo fit {site} >> calls
      echo "reading {site}"
      echo partial > {output}
      [[ {site} != a ]] || { echo "no data for {site}" >&2; exit 7; }
  score:
    input: fit/{site}.txt
    output: score/{site}.txt
    run: cp {input} {output}
  table:
    gather: site
    input: score/{site}.txt
    output: table.txt
    run: cat {input} > {output}
`;

it('names a failed task with its params, exit status, the end of its log and the path of its log', async () => {
  const e = experiment(SWEEP);
  const { status, stderr } = await e.run('-k');
  expect(status).toBe(1);
  const summary = stderr.slice(stderr.lastIndexOf('failed fit'));
  expect(summary).toMatch(/^failed fit site=a: exit status 7\n {2}log: (\.wfc\/logs\/\S+)\n/);
  expect(summary).toContain('  | reading a\n  | no data for a\n');
  expect(e.read(/log: (\S+)/.exec(summary)![1]!)).toBe('reading a\nno data for a\n');
});

it('removes the outputs of a failed task', async () => {
  const e = experiment(SWEEP);
  await e.run('-k');
  expect(e.files('fit')).toEqual(['fit/b.txt', 'fit/c.txt']);
});

it('with -k runs all that does not depend on a failure, and counts what is blocked', async () => {
  const e = experiment(SWEEP);
  const { stdout } = await e.run('-k --json');
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'failed', total: 7, done: 4, failed: 1, blocked: 2, notRun: 0 });
  expect(e.files('score')).toEqual(['score/b.txt', 'score/c.txt']);
});

it('without -k starts nothing new after a failure, and says how to go on', async () => {
  const e = experiment(SWEEP);
  const { status, stderr } = await e.run('-j1');
  expect(status).toBe(1);
  expect(e.calls()).toEqual(['fit a']);
  expect(stderr).toContain('0 tasks done');
  expect(stderr).toContain('1 failed, 2 blocked by it, 4 not started');
  expect(stderr).toContain('with -k it goes on with what does not depend on a failure');
});

it('without -k lets the tasks that run come to their end', async () => {
  const e = experiment(`
rules:
  bad: {output: bad.txt, run: "echo sorry; exit 1"}
  slow: {output: slow.txt, run: "cat gate; touch {output}"}
  late: {input: slow.txt, output: late.txt, run: "touch {output}"}
`);
  const gate = await e.gate('gate');
  const { ended } = e.start(['run', '-j2']);
  await e.appeared('.wfc/logs/bad.log');
  await gate.pass();
  expect((await ended).status).toBe(1);
  expect([e.has('slow.txt'), e.has('late.txt')]).toEqual([true, false]);
});

it('redoes only what failed and what hung on it', async () => {
  const e = experiment(SWEEP);
  await e.run('-k');
  e.calls();
  e.write('wfc.yml', e.read('wfc.yml').replace('exit 7', 'true'));
  expect((await e.wfc('plan --json --force fit/b.txt')).status).toBe(0);
  // The command of all three is another now.
  expect((await e.run()).status).toBe(0);
  expect(e.calls()).toEqual(['fit a', 'fit b', 'fit c']);
});

it('fails a command that succeeds without writing its output, and says so', async () => {
  const e = experiment('rules: {one: {output: [a.txt, sub/b.txt], run: "touch a.txt"}}\n');
  const { status, stderr } = await e.run();
  expect(status).toBe(1);
  expect(stderr).toContain('failed one: it succeeded, but its output is missing: sub/b.txt');
  expect(stderr).toContain('it wrote no output');
  expect(e.has('a.txt')).toBe(false);
});

it('tells a status from a signal, and names no signal where there is none', async () => {
  const e = experiment(`
rules:
  shot: {output: a, run: "kill -KILL $BASHPID"}
  high: {output: b, run: "exit 255"}
`);
  const { stderr } = await e.run('-k');
  expect(stderr).toContain('shot: exit status 137, as if killed by SIGKILL');
  expect(stderr).toMatch(/high: exit status 255$/m);
});

it('survives a task that kills the shell that runs it, and stops what that leaves behind', async () => {
  const e = experiment(`
rules:
  rude: {output: a, run: "kill -KILL $$; sleep 1000; touch {output}"}
  kind: {output: b, run: "touch {output}"}
`);
  const { status, stderr } = await e.run('-k -j1');
  expect(status).toBe(1);
  expect(stderr).toContain('rude: the shell that ran it was lost');
  expect([e.has('a'), e.has('b')]).toEqual([false, true]);
});

it('exits with 2 for a mistake in the spec, at compile or in the eyes of bash', async () => {
  const e = experiment('rules: {one: {output: a, run: "if true; fi"}}\n');
  expect((await e.run()).status).toBe(2);
  e.write('wfc.yml', 'wfc: 1\nrules: {one: {output: a, run: "touch {outptu}"}}\n');
  expect((await e.run()).status).toBe(2);
  expect(e.has('.wfc')).toBe(false);
});

it('fails a task whose input went while the run was on', async () => {
  const e = experiment(
    `
rules:
  first: {output: a, run: "rm source; touch {output}"}
  second: {input: [a, source], output: b, run: "touch {output}"}
`,
    { source: '' },
  );
  const { status, stderr } = await e.run();
  expect(status).toBe(1);
  expect(stderr).toContain('second: its source file source does not exist');
  expect(e.has('b')).toBe(false);
});
