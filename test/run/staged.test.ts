/** Values that rules make: src/README.md, "Values that rules make". */
import { expect, it } from 'vitest';
import { treeOf } from '../make/make.ts';
import { type Experiment, experiment } from '../support/experiment.ts';

/** Two lists, one after the other, and a folder: the values of `part` are known once `split` has run. */
const RULES = `
  sites: {input: all.csv, output: lists/sites.txt, run: "echo sites >> calls; cut -d, -f1 {input} > {output}"}
  fit: {output: "fits/{site}/{lr}.txt", run: "echo fit {site} {lr} >> calls; echo {site} {lr} > {output}"}
  best:
    gather: [site, lr]
    input: fits/{site}/{lr}.txt
    output: best.txt
    run: echo best >> calls; cat {input} > {output}
  table:
    input: best.txt
    output: gauges.csv
    run: (echo gauge,km; awk '{ print $1 "," NR }' {input} | sort -u -t, -k1,1) > {output}
  split:
    input: gauges.csv
    output: {path: parts, directory: true}
    run: mkdir -p {output}; tail -n +2 {input} | cut -d, -f1 | while read g; do echo $g > {output}/$g.part; done
  gauge: {output: "gauges/{gauge}.txt", run: "echo {gauge} {km} > {output}"}
  part: {input: "parts/{part}.part", output: "done/{part}.txt", run: "cp {input} {output}"}
  read: {input: gauges/A.txt, output: read.txt, run: "cp {input} {output}"}
  lone: {output: "lone/{lr}.txt", run: "echo lone {lr} >> calls; echo {lr} > {output}"}
`;
const STAGED = `
params:
  site: {lines: lists/sites.txt}
  lr: [1, 2]
  part: {glob: "parts/{part}.part"}
tables: {gauges: {csv: gauges.csv}}
rules:${RULES}`;

/** The same with the lists given. */
const GIVEN = STAGED.replace('{lines: lists/sites.txt}', '{lines: given/sites.txt}')
  .replace('glob: "parts/{part}.part"', 'lines: given/parts.txt')
  .replace('{csv: gauges.csv}', '{csv: given/gauges.csv}');

const counts = async (e: Experiment, args = 'plan --json'): Promise<Record<string, [number, number]>> => {
  const { rules } = JSON.parse((await e.wfc(args)).stdout);
  return Object.fromEntries(rules.map((r: { name: string; tasks: number; run: number }) => [r.name, [r.tasks, r.run]]));
};

it('runs in stages what equals the same spec with its lists given: tasks, files, and what is complete', async () => {
  const staged = experiment(STAGED, { 'all.csv': 'A,1\nB,2\n' });
  const { stdout } = await staged.wfc('plan');
  expect(stdout).toContain('lone');
  expect(stdout).toContain(`
fit, best, table, split wait for lists/sites.txt, which sites makes
gauge, read wait for gauges.csv, which table makes
part waits for lists/sites.txt, which sites makes, and parts, which split makes`);
  const ran = await staged.run();
  expect([ran.status, ran.stderr.replace(/ in .*/, '')]).toEqual([
    0,
    'lists/sites.txt: 2 values of site\nparts: 2 values of part, gauges.csv: 2 rows of gauges\n15 tasks done',
  ]);
  const given = experiment(GIVEN, {
    'all.csv': 'A,1\nB,2\n',
    'given/sites.txt': 'A\nB\n',
    'given/parts.txt': 'A\nB\n',
    'given/gauges.csv': 'gauge,km\nA,1\nB,3\n',
  });
  expect((await given.run()).status).toBe(0);
  expect(staged.calls()).toEqual(given.calls());
  given.write('wfc.yml', staged.read('wfc.yml'));
  given.remove('given');
  expect(treeOf(staged)).toEqual(treeOf(given));
  expect(await counts(given)).toEqual(await counts(staged));
  expect((await staged.run()).stderr).toContain('nothing to do: all 15 tasks are complete');
  expect(await counts(staged)).toEqual({
    sites: [1, 0],
    fit: [4, 0],
    best: [1, 0],
    table: [1, 0],
    split: [1, 0],
    gauge: [2, 0],
    part: [2, 0],
    read: [1, 0],
    lone: [2, 0],
  });
});

it('a changed list runs what it adds and what gathers it, and no more', async () => {
  const e = experiment(STAGED, { 'all.csv': 'A,1\nB,2\n' });
  expect((await e.run('--goal best')).status).toBe(0);
  expect(e.calls()).toEqual(['best', 'fit A 1', 'fit A 2', 'fit B 1', 'fit B 2', 'sites']);
  e.write('all.csv', 'A,1\nC,2\n');
  // Unknown until the list is made again.
  expect(await counts(e, 'plan --json --goal best')).toMatchObject({ sites: [1, 1] });
  expect((await e.wfc('plan --goal best')).stdout).toContain('fit, best wait for lists/sites.txt, which sites makes');
  const resumed = await e.wfc('resume --goal best');
  expect([resumed.status, resumed.stderr]).toEqual([0, expect.stringContaining('2 values of site')]);
  expect(resumed.stderr).toContain('new by its list: 2 tasks, fit site=C lr=1, fit site=C lr=2\n');
  expect(resumed.stderr).toContain(
    'gone from its list: 2 tasks, fit site=B lr=1, fit site=B lr=2; what they made stays',
  );
  expect(e.calls()).toEqual(['best', 'fit C 1', 'fit C 2', 'sites']);
  // Told once; whoever asks is told again.
  const forced = await e.run('--goal best --force fits/C/1.txt');
  expect([forced.status, forced.stderr.includes('gone from its list')]).toEqual([0, false]);
  expect((await e.wfc('plan --goal best --force fits/C/1.txt')).stdout).toContain('gone from its list: 2 tasks');
  e.calls();
  // Whoever changes the command that makes it can't tell either.
  e.edit('wfc.yml', 'cut -d, -f1', 'cut -d , -f1');
  expect((await e.wfc('plan --goal best')).stdout).toContain('fit, best wait for');
  expect((await e.run('--goal best')).stderr).toContain('1 task done');
  expect(e.calls()).toEqual(['sites']);
});

it('a temp output that is read before and after is made once, and goes at the end', async () => {
  const e = experiment(
    `
params: {site: {lines: sites.txt}}
rules:
  big: {output: {path: big.txt, temp: true}, run: "echo big >> calls; printf 'A\\nB\\n' > {output}"}
  sites: {input: big.txt, output: sites.txt, run: "cp {input} {output}"}
  fit: {input: big.txt, output: "fits/{site}.txt", run: "cp {input} {output}"}
`,
  );
  expect((await e.run()).stderr).toContain('4 tasks done');
  expect([e.calls(), e.has('big.txt')]).toEqual([['big'], false]);
});

it('with -k what failed before the values were known is not tried again, and holds nothing else up', async () => {
  const e = experiment(STAGED.replace('echo {lr} > {output}"}', 'false"}'), { 'all.csv': 'A,1\n' });
  const { status, stderr } = await e.run('-k --goal lone --goal fit --force sites');
  expect([status, stderr]).toEqual([1, expect.stringContaining('3 tasks done')]);
  expect(stderr).toContain('2 failed');
  expect(e.calls()).toEqual(['fit A 1', 'fit A 2', 'lone 1', 'lone 2', 'sites']);
  // Without it, the run ends there.
  e.write('all.csv', 'B,1\n');
  const stopped = await e.run('--goal lone --goal fit');
  expect([stopped.status, stopped.stderr]).toEqual([1, expect.stringContaining('fit waits for lists/sites.txt')]);
});

it('says what the list does wrong with its place, once it is made', async () => {
  const e = experiment(STAGED, { 'all.csv': 'A,1\nA,2\n' });
  const { status, stderr } = await e.run('--goal best');
  expect([status, stderr]).toEqual([2, expect.stringContaining('lists/sites.txt:2:1 error:')]);
  e.write('all.csv', 'A,1\n');
  expect((await e.run('--goal best -q')).status).toBe(0);
  expect((await e.wfc('plan --goal fits/B/1.txt')).stderr).toContain('fits/B/1.txt');
});
