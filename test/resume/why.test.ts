/** `wfc why`: each reason with what stands behind it, the chain up to a task with a reason of its own, and root causes. */
import { truncateSync, utimesSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Experiment, experiment } from '../support/experiment.ts';

const SPEC = `
params: {i: [1, 2, 3]}
rules:
  prep: {input: source.txt, output: {path: "prep/{i}.txt", temp: true}, run: "cat {input} > {output}"}
  fit:
    input: prep/{i}.txt
    output: {path: "fit/{i}.txt", check: nonempty}
    run: cat {input} > {output}
  sum: {gather: i, input: "fit/{i}.txt", output: {a: sum/a.txt, dir: {path: sum/all, directory: true}}, run: "cat {input} > {output.a}; mkdir -p {output.dir}; cp {input} {output.dir}"}
`;

async function complete(): Promise<Experiment> {
  const e = experiment(SPEC, { 'source.txt': 'text\n' });
  expect((await e.run()).status).toBe(0);
  return e;
}

async function why(e: Experiment, task: string): Promise<string[]> {
  const { status, stdout, stderr } = await e.wfc(`why ${task}`);
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n');
}

/** The first line and its details, up to the next link. */
const cases: [string, (e: Experiment) => void, string, RegExp[]][] = [
  [
    'output missing',
    (e) => e.remove('fit/2.txt'),
    'fit/2.txt',
    [
      /^fit i=2: output missing \(an output does not exist, or an output directory is empty\)$/,
      /^ {2}fit\/2.txt does not exist$/,
    ],
  ],
  [
    'an empty directory',
    (e) => {
      e.remove('sum/all');
      e.folderAt('sum/all');
    },
    'sum',
    [/^sum: output missing/, /^ {2}sum\/all is an empty directory$/],
  ],
  [
    'a file in place of a directory',
    (e) => {
      e.remove('sum/all');
      e.write('sum/all', 'x');
    },
    'sum',
    [/^sum: output missing/, /^ {2}sum\/all is not a directory$/],
  ],
  [
    'output changed',
    (e) => truncateSync(e.path('fit/2.txt'), 0),
    'fit i=2',
    [
      /^fit i=2: output changed \(the output is not as the task left it\)$/,
      /^ {2}fit\/2.txt: 5 bytes then, 0 now; of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{6})? then, of .* now$/,
    ],
  ],
  [
    'command changed',
    (e) => e.edit('wfc.yml', 'run: cat {input} > {output}', 'run: cp {input} {output}'),
    'fit/2.txt',
    [/^fit i=2: command changed \(the command, its values, its environment or its set of inputs is another\)$/],
  ],
  [
    'input changed',
    (e) => e.write('source.txt', 'longer text\n'),
    'prep/3.txt',
    [/^prep i=3: input changed /, /^ {2}source.txt: 5 bytes then, 12 now; of .* then, of .* now$/],
  ],
  [
    'no record',
    (e) => {
      e.edit('wfc.yml', '[1, 2, 3]', '[1, 2, 3, 4]');
      e.write('fit/4.txt', 'by hand');
    },
    'fit/4.txt',
    [
      /^fit i=4: no record /,
      /^ {2}fit\/4.txt exists, and no record says .*; "wfc accept fit\/4.txt" takes it as it is$/,
    ],
  ],
  [
    'output incomplete',
    (e) => e.write('.wfc/journal/000099-x-1.tsv', 'run\t1\tfar\t77_3\t.\nstarted\tfit/1.txt\t2\t1000000000\t5\t.\n'),
    'fit/1.txt',
    [
      /^fit i=1: output incomplete \(the last attempt did not finish\)$/,
      /^ {2}attempt 2 began 2001-09-0\d \d\d:\d\d:\d\d on far, Slurm 77_3, and has no end$/,
    ],
  ],
  [
    'check failed',
    (e) => e.edit('wfc.yml', 'check: nonempty', 'check: {min_bytes: 100}'),
    'fit/1.txt',
    [/^fit i=1: check failed \(an output does not pass its check\)$/, /^ {2}fit\/1.txt does not pass its check$/],
  ],
  [
    'temp needed',
    (e) => e.remove('fit/1.txt'),
    'prep/1.txt',
    [/^prep i=1: temp needed /, /^ {2}prep\/1.txt does not exist$/, /^ {2}needed by fit i=1$/],
  ],
  [
    'input newer',
    (e) => {
      e.remove('.wfc');
      for (const i of [1, 2, 3]) e.write(`prep/${i}.txt`, 'text\n');
      e.age('fit/1.txt', 100);
    },
    'fit/1.txt',
    [/^fit i=1: input newer /, /^ {2}prep\/1.txt is of .*, newer than the oldest output, of .*$/],
  ],
  [
    'a missing source',
    (e) => {
      e.remove('source.txt');
      e.remove('fit/1.txt');
    },
    'prep/1.txt',
    [
      /^prep i=1: temp needed /,
      /^ {2}prep/,
      /^ {2}needed/,
      /^ {2}can't run: its source file source.txt does not exist$/,
    ],
  ],
];

it.each(cases)('tells %s with what stands behind it', async (_, change, task, expected) => {
  const e = await complete();
  change(e);
  const lines = await why(e, task);
  expect(lines.slice(0, expected.length)).toEqual(expected.map((line) => expect.stringMatching(line)));
});

it('follows upstream runs to the root, and counts all root causes by rule', async () => {
  const e = await complete();
  e.edit('wfc.yml', 'cat {input} > {output.a}', 'sort {input} > {output.a}');
  e.edit('wfc.yml', 'run: "cat {input} > {output}"', 'run: "tac {input} > {output}"');
  e.remove('fit/3.txt');
  const lines = await why(e, 'sum/a.txt');
  expect(lines).toEqual([
    'sum: command changed (the command, its values, its environment or its set of inputs is another)',
    '',
    'root causes (5 tasks in all):',
    '  3 of prep: command changed; the first is prep i=1',
    '  fit i=3: output missing',
    '  sum: command changed',
  ]);
  const chain = await why(e, 'fit/2.txt');
  expect(chain).toEqual([
    'fit i=2: upstream runs (the one task that it depends on runs)',
    '  prep i=2: command changed (the command, its values, its environment or its set of inputs is another)',
    '',
    'root causes (1 task in all):',
    '  prep i=2: command changed',
  ]);
});

it('gives the same as --json, one object', async () => {
  const e = await complete();
  e.write('source.txt', 'longer text\n');
  const { stdout } = await e.wfc('why --json fit i=2');
  expect(JSON.parse(stdout)).toEqual({
    task: 'fit i=2',
    complete: false,
    chain: [
      {
        ...{ task: 'fit i=2', reason: 'upstream runs', details: [], stopped: null },
        upstream: { running: 1, all: 1, first: 'prep i=2' },
      },
      {
        task: 'prep i=2',
        reason: 'input changed',
        details: [expect.stringContaining('source.txt: 5 bytes then, 12 now')],
        stopped: null,
        upstream: null,
      },
    ],
    causes: [{ rule: 'prep', reason: 'input changed', tasks: 1, first: 'prep i=2' }],
    wentOn: null,
  });
});

it('a complete task is said to be so, with when it was made; without records, by times', async () => {
  const e = await complete();
  expect(await why(e, 'fit/1.txt')).toEqual([
    expect.stringMatching(
      /^fit i=1 is complete, made \d{4}-.*: its outputs, inputs and command are as its record says$/,
    ),
  ]);
  expect(JSON.parse((await e.wfc('why --json fit/1.txt')).stdout)).toMatchObject({ complete: true, chain: [] });
  e.remove('.wfc');
  expect(await why(e, 'sum')).toEqual(['sum is complete: by the times of its files, since .wfc/ has no records']);
});

it('a source file is said to be one, with who reads it and whether it is there', async () => {
  const e = await complete();
  expect(await why(e, 'source.txt')).toEqual([
    'source.txt is a source file, which no task makes; it exists. Tasks that read it: 3 of prep',
  ]);
  e.remove('source.txt');
  expect(await why(e, './source.txt')).toEqual([
    expect.stringContaining('it does not exist, and must before they run'),
  ]);
});

it('looks at one task alone where the targets need less, and from any folder', async () => {
  const e = await complete();
  e.write('wfc.yml', `${e.read('wfc.yml')}targets: fit/1.txt\n`);
  e.remove('sum');
  e.write('sum/keep', '');
  expect((await why(e, 'sum'))[0]).toMatch(/^sum: output missing/);
  const inside = await e.start(['why', '--spec', '../wfc.yml', 'a.txt'], { folder: 'sum' }).ended;
  expect(inside.stdout).toMatch(/^sum: output missing/);
});

it('which of many inputs changed is not known any more: it names the newest', async () => {
  const e = experiment(`
params: {i: {from: 1, to: 100}}
rules:
  each: {output: "o/{i}", run: "echo {i} > {output}"}
  sum: {gather: i, input: {path: "o/{i}", ancient: false}, output: sum, run: "cat {input} > {output}"}
targets: sum
`);
  // As sources, so that a change is the sum's own affair.
  for (let i = 1; i <= 100; i++) e.write(`o/${i}`, '1');
  e.edit('wfc.yml', '  each: {output: "o/{i}", run: "echo {i} > {output}"}\n', '');
  expect((await e.run()).status).toBe(0);
  e.write('o/77', 'other');
  expect(await why(e, 'sum')).toEqual([
    expect.stringMatching(/^sum: input changed/),
    expect.stringMatching(/^ {2}one of its 100 inputs; the newest is o\/77, of /),
  ]);
});

it.each([
  ['why', 'fitt', '"fit"'],
  ['logs', 'fit/2.tx', '"fit/2.txt"'],
  ['why', 'sorce.txt', '"source.txt"'],
  ['logs', 'fit i=9', 'param "i" has no value "9"'],
  ['why', 'fit j=1', 'the params of rule "fit" are i'],
  ['why', 'fit', 'name one, such as fit i=1'],
  ['logs', 'fit 2', '"2": write param=value'],
  ['why', 'sum i=1', 'rule "sum" has one task, without params'],
  ['why', 'fitt i=1', 'did you mean "fit"'],
])('%s %s, mistyped, is told with what to write instead', async (command, task, hint) => {
  const { status, stderr, stdout } = await experiment(SPEC).wfc(`${command} ${task}`);
  expect([status, stdout, stderr]).toEqual([2, '', expect.stringContaining(hint)]);
});

it('what is missing because a task failed is followed to that task, with how it failed', async () => {
  const e = experiment(`
params: {i: [1, 2]}
rules:
  fit: {output: "fit/{i}.txt", run: "[[ {i} == 1 ]] || exit 3; echo {i} > {output}"}
  sum: {gather: i, input: "fit/{i}.txt", output: sum.txt, run: "cat {input} > {output}"}
`);
  expect((await e.run('-k')).status).toBe(1);
  const lines = await why(e, 'sum.txt');
  expect(lines[0]).toMatch(/^sum: output missing \(.*; 1 of the 2 tasks that it depends on runs\)$/);
  expect(lines.slice(2, 4)).toEqual([
    expect.stringMatching(/^ {2}fit i=2: output missing /),
    '    its last attempt failed: exit status 3',
  ]);
});

it("a task that changes its own input is told so; a change that came later is not the task's", async () => {
  const e = experiment('rules: {one: {input: src, output: a, run: "cp src a; echo more >> src"}}\n', { src: 'x\n' });
  await e.run();
  const own = (await e.wfc('why a')).stdout;
  expect(own).toContain('the task itself seems to have changed it');
  e.edit('wfc.yml', '; echo more >> src', '');
  await e.run();
  e.age('src', -5);
  const later = (await e.wfc('why a')).stdout;
  expect(later).toContain('src: of ');
  expect(later).not.toContain('itself');
});

it('times that differ within a second are told apart', async () => {
  const e = experiment('rules: {one: {input: src, output: a, run: "cp src a"}}\n', { src: 'x\n' });
  utimesSync(e.path('src'), 1_700_000_000.25, 1_700_000_000.25);
  await e.run();
  utimesSync(e.path('src'), 1_700_000_000.5, 1_700_000_000.5);
  expect((await e.wfc('why a')).stdout).toMatch(/src: of \S+ \S+\.250000 then, of \S+ \S+\.500000 now/);
});
