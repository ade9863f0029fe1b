import { expect, it } from 'vitest';
import { SlurmStandIn } from '../properties/stand-in.ts';
import { experiment } from '../support/experiment.ts';

const SPEC = `
config: {word: hello}
params: {site: ["01", "02"]}
rules:
  fit: {output: "fit/{site}", run: "echo fit {site} >> calls; echo {config.word} > {output}"}
  score: {input: "fit/{site}", output: "score/{site}", run: "echo score {site} >> calls; cp {input} {output}"}
  other: {output: other, run: "echo other >> calls; touch {output}"}
`;

it('--force runs a rule, or the task of a path, and what hangs on it', async () => {
  const e = experiment(SPEC);
  await e.run();
  e.calls();
  await e.run('--force fit/02');
  expect(e.calls()).toEqual(['fit 02', 'score 02']);
  await e.run('--force score --force other');
  expect(e.calls()).toEqual(['other', 'score 01', 'score 02']);
  const wrong = await e.run('--force fti');
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean "fit"')]);
});

it('--goal makes a rule or a path with what it needs, and nothing else', async () => {
  const e = experiment(SPEC);
  await e.run('--goal score/01');
  expect(e.calls()).toEqual(['fit 01', 'score 01']);
  await e.run('--goal other --goal fit');
  expect(e.calls()).toEqual(['fit 02', 'other']);
  expect((await e.run('--goal nothing')).status).toBe(2);
});

it('--set narrows a param, or changes a constant and what it touches', async () => {
  const e = experiment(SPEC);
  await e.run('--set site=02');
  expect(e.calls()).toEqual(['fit 02', 'other', 'score 02']);
  await e.run('--set site=02 --set word=bye');
  expect(e.calls()).toEqual(['fit 02', 'score 02']);
  expect(e.read('score/02')).toBe('bye\n');
});

it('--set reads values as a row of CSV: quotes hold commas, quotes and nothing', async () => {
  const e = experiment(`params: {n: [0], w: [x]}
rules: {one: {output: "out/{n}{w}", env: {W: "{w}"}, run: "printf %s {w} > {output}"}}
`);
  expect((await e.run('--set w="a,b",c,"say""no"""')).status).toBe(0);
  expect(e.files('out')).toEqual(['out/0a,b', 'out/0c', 'out/0say"no"']);
  // Without quotes each comma separates; an empty value is none, unless it is in quotes.
  expect((await e.run('--set w=d,e')).status).toBe(0);
  expect(e.files('out').slice(-3)).toEqual(['out/0d', 'out/0e', 'out/0say"no"']);
  const empty = await e.run('--set w=d,,e');
  expect([empty.status, empty.stderr]).toEqual([2, expect.stringContaining('a value is empty here')]);
  expect((await e.run('--set w="" --goal out/0')).stderr).toContain("can't be part of a path: it is empty");
  const open = await e.run('--set w="a,b');
  expect([open.status, open.stderr]).toEqual([2, expect.stringContaining('this quote is never closed')]);
});

it('what --set was told goes on to resume as it was, locally and on Slurm', async () => {
  const spec = `params: {n: [0], w: [x]}
rules: {one: {output: "out/{n}{w}", run: "test -e go && printf %s {w} > {output}"}}
`;
  const [local, slurm, standIn] = [experiment(spec), experiment(spec), new SlurmStandIn()];
  expect((await local.run('-k --set w="a,b",c')).status).toBe(1);
  await slurm.run('--slurm --set w="a,b",c', { env: standIn.env });
  await standIn.runQueue({ slots: 1, random: () => 0 });
  for (const e of [local, slurm]) {
    e.write('go', '');
    const resumed = await e.wfc('resume --local', { env: standIn.env });
    expect([resumed.status, resumed.stderr]).toEqual([0, expect.stringContaining(`--set 'w="a,b",c'`)]);
    expect(e.files('out')).toEqual(['out/0a,b', 'out/0c']);
  }
});

it('-n shows what would run and why, and touches nothing', async () => {
  const e = experiment(SPEC);
  const { status, stdout } = await e.run('-n');
  expect(status).toBe(0);
  expect(stdout).toMatch(/2\s+2\s+fit\s+output missing/);
  expect(e.files('.')).toEqual(['wfc.yml']);
  expect(JSON.parse((await e.run('-n --json')).stdout)).toMatchObject({ total: 5, run: 5 });
});

it.each([
  [
    'done',
    SPEC,
    0,
    { outcome: 'done', total: 5, complete: 0, done: 5, failed: 0, blocked: 0, notRun: 0, failures: [] },
  ],
  [
    'failed',
    'rules: {one: {output: a, run: "echo no; exit 3"}}\n',
    1,
    { outcome: 'failed', failures: [{ name: 'one', what: 'exit status 3', attempts: 1, log: '.wfc/logs/one.log' }] },
  ],
  ['refused', 'rules: {one: {output: a, run: "{outptu}"}}\n', 2, { diagnostics: [{ severity: 'error', line: 2 }] }],
])('--json writes one object to standard output and nothing else: %s', async (_, spec, status, expected) => {
  const e = experiment(spec);
  const ended = await e.run('--json');
  expect(ended.status).toBe(status);
  expect(JSON.parse(ended.stdout)).toMatchObject(expected);
});

it('--json counts an interrupted run too', async () => {
  const e = experiment('rules: {one: {output: a, run: "touch began; sleep 1000"}}\n');
  const run = e.start(['run', '--json']);
  await e.appeared('began');
  run.kill('SIGINT');
  const { status, stdout } = await run.ended;
  expect([status, JSON.parse(stdout).outcome]).toEqual([130, 'interrupted']);
});

it('-q says nothing where all went well, and what failed where not', async () => {
  const e = experiment(SPEC);
  expect(await e.run('-q')).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(await e.run('-q')).toEqual({ status: 0, stdout: '', stderr: '' });
  e.write('wfc.yml', 'wfc: 1\nrules: {one: {output: a, run: "exit 3"}}\n');
  expect((await e.run('-q')).stderr).toContain('failed one: exit status 3');
});

it.each(['-j0', '-j x', '-j 1.5', '--no-such-option'])('%s is a mistake on the command line', async (args) => {
  const { status, stderr } = await experiment(SPEC).run(args);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^error: /);
});

it('counts all paths from the folder of the spec, wherever wfc is started', async () => {
  const e = experiment('rules: {}\n');
  e.write('sub/sweep.yml', 'wfc: 1\nrules: {one: {input: in, output: out/a, run: "cp {input} {output}"}}\n');
  e.write('sub/in', 'text');
  expect((await e.run('sub/sweep.yml')).status).toBe(0);
  expect(e.read('sub/out/a')).toBe('text');
  expect([e.has('.wfc'), e.has('sub/.wfc')]).toEqual([false, true]);
});

it('says its version, and what a valid spec holds as one object', async () => {
  const e = experiment('params: {v: [a, b]}\nrules: {one: {output: "{v}", run: "touch {output}"}}\n');
  expect((await e.wfc('--version')).stdout).toMatch(/^\d+\.\d+\.\d+$/);
  expect(JSON.parse((await e.wfc('validate --json')).stdout)).toEqual({ diagnostics: [], rules: 1, tasks: 2 });
});
