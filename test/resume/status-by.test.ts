/** `wfc status --by`: which values of params fail, and which are slow. */
import { expect, it } from 'vitest';
import { countByParam } from '../../src/session/status/by-param.ts';
import { compileText } from '../schema/compile-text.ts';
import { type Experiment, experiment } from '../support/experiment.ts';

const SPEC = `
params: {lr: [0.1, 1, 10], seed: [1, 2]}
tables: {arms: [{arm: a, width: 8}, {arm: b, width: 9}]}
rules:
  fit: {output: "fit/{arm}/{lr}/{seed}", run: "[[ {lr} != 10 || {seed} == 1 ]]; touch {output}"}
  mean: {gather: seed, input: "fit/{arm}/{lr}/{seed}", output: "mean/{arm}/{lr}", run: "touch {output}"}
  all: {gather: [arm, lr], input: "mean/{arm}/{lr}", output: all, run: "touch {output}"}
`;

interface Row {
  readonly value: string;
  readonly rule: string;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly blocked: number;
  readonly longestSeconds: number | null;
  readonly runningSeconds: number | null;
  readonly blockedBy: readonly object[];
}

async function by(e: Experiment, names: string): Promise<Record<string, readonly Row[]>> {
  const { status, stdout } = await e.wfc(`status --json --by ${names}`);
  expect(status).toBe(0);
  const told = JSON.parse(stdout).by as readonly { param: string; values: readonly Row[] }[];
  return Object.fromEntries(told.map(({ param, values }) => [param, values]));
}

const brief = ({ value, rule, total, done, failed, blocked }: Row): string =>
  `${value} ${rule} ${total}: ${done} ${failed} ${blocked}`;

it('counts the tasks of each rule by the values of its params, and of what they determine', async () => {
  const e = experiment(SPEC);
  expect((await e.run('--local -k -q')).status).toBe(1);
  const { lr, width } = await by(e, 'lr,width');
  expect(lr!.map(brief)).toEqual([
    '0.1 fit 4: 4 0 0',
    '1 fit 4: 4 0 0',
    '10 fit 4: 2 2 0',
    '0.1 mean 2: 2 0 0',
    '1 mean 2: 2 0 0',
    '10 mean 2: 0 0 2',
  ]);
  expect(width!.map(brief)).toEqual(['8 fit 6: 5 1 0', '9 fit 6: 5 1 0', '8 mean 3: 2 0 1', '9 mean 3: 2 0 1']);
  expect(lr!.map(({ longestSeconds }) => longestSeconds !== null && longestSeconds > 0)).toEqual([
    ...[true, true, true, true, true],
    false,
  ]);
  expect(lr!.map(({ blockedBy }) => blockedBy)).toEqual([
    ...[[], [], [], [], []],
    [{ rule: 'fit', tasks: 2, first: 'fit lr=10 seed=2 arm=a' }],
  ]);
  expect(width!.at(-1)!.blockedBy).toEqual([{ rule: 'fit', tasks: 1, first: 'fit lr=10 seed=2 arm=b' }]);
  const { stdout } = await e.wfc('status --by seed');
  const lines = stdout.split('\n').map((line) => line.trim().replace(/ {2,}/g, '  '));
  expect(lines.slice(lines.indexOf('rule  seed  tasks  done  failed  median  longest') + 1)).toEqual([
    expect.stringMatching(/^fit {2}1 {2}6 {2}6 {2}\d/),
    expect.stringMatching(/^fit {2}2 {2}6 {2}4 {2}2 {2}/),
    '',
    'failed 2 tasks alike: exit status 1',
    'fit lr=10 seed=2 arm=a, fit lr=10 seed=2 arm=b',
    'blocks 3 tasks: 2 of mean, 1 of all',
  ]);
});

it('tells which values run and for how long, and by name the one task that blocks others', async () => {
  const e = experiment(
    SPEC.replace(
      'touch {output}"}',
      '[[ {lr} != 0.1 || {arm}{seed} != b2 ]] || { touch began; read -r < gate; }; touch {output}"}',
    ).replace('{seed} == 1 ]]', '{seed} == 1 || {arm} == a ]]'),
  );
  await e.gate('gate');
  const run = e.start(['run', '-k', '-j2', '-q']);
  await e.appeared('began');
  await expect.poll(async () => (await by(e, 'lr')).lr!.find(({ value }) => value === '10')!.failed).toBe(1);
  const { lr, seed } = await by(e, 'lr,seed');
  const running = (rows: readonly Row[]): string[] =>
    rows.flatMap(({ value, rule, runningSeconds }) => (runningSeconds === null ? [] : `${value} ${rule}`));
  expect([running(lr!), running(seed!)]).toEqual([['0.1 fit'], ['2 fit']]);
  const { stdout } = await e.wfc('status --by lr');
  expect(stdout).toMatch(/^rule +lr +tasks +done +running +for /m);
  expect(stdout).toMatch(/^mean +10 .* fit lr=10 seed=2 arm=b$/m);
  run.kill('SIGTERM');
  run.kill('SIGTERM');
  await run.ended;
});

it('a param that is none, or that no rule has, is a mistake, told with the nearest', async () => {
  const e = experiment(SPEC.replace('params: {', 'params: {unused: [1], '));
  const { status, stderr } = await e.wfc('status --by sed,unused,lr');
  expect(status).toBe(2);
  expect(stderr).toContain('there is no param "sed"\n  hint: did you mean "seed"?');
  expect(stderr).toContain('no rule has a task for each "unused"');
});

it('many numbers come in eight ranges of as many values, in order; many words each for itself', () => {
  const count = (values: readonly string[]): readonly { value: string; total: number }[] => {
    const { plan } = compileText(
      `wfc: 1\nparams: {v: [${values.join(', ')}]}\nrules:\n  r: {output: "o/{v}", run: "touch {output}"}\n`,
      {},
    );
    const column = plan!.workflow.relation.columns.get('v')!;
    const history = { records: new Map(), failed: new Map() } as never;
    const now = { states: new Uint8Array(plan!.taskCount), running: new Map(), nowSeconds: 0 };
    return countByParam(plan!, now, history, column).values;
  };
  const numbers = Array.from({ length: 50 }, (_, i) => String((i * 7) % 50));
  const ranges = count(numbers);
  expect(ranges.map(({ value }) => value)).toEqual([
    ...['0 to 6', '7 to 12', '13 to 18', '19 to 24'],
    ...['25 to 31', '32 to 37', '38 to 43', '44 to 49'],
  ]);
  expect(ranges.map(({ total }) => total)).toEqual([7, 6, 6, 6, 7, 6, 6, 6]);
  expect(count(numbers.slice(0, 40)).map(({ value }) => value)).toEqual(numbers.slice(0, 40));
  expect(count(numbers.map((n) => `x${n}`))).toHaveLength(50);
});
