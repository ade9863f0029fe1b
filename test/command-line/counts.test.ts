/** One is never told as several, nor several as one: "1 tasks", "that are 8 tasks". */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { countOf, countTasks } from '../../src/model/counts.ts';
import { Submission } from '../slurm/runner-fixture.ts';
import { type Experiment, experiment } from '../support/experiment.ts';

const ROOT = resolve(import.meta.dirname, '../..');

it('a count has the number of its noun', () => {
  expect([0, 1, 2, 27_270].map(countTasks)).toEqual(['0 tasks', '1 task', '2 tasks', '27,270 tasks']);
  expect([1, 2].map((n) => countOf(n, 'queued element'))).toEqual(['1 queued element', '2 queued elements']);
  expect([1, 2].map((n) => countOf(n, 'task that', 'tasks that'))).toEqual(['1 task that', '2 tasks that']);
});

/** What follows a 1 and ends in s, but is no plural. */
const SINGULAR = /^(is|was|has|its|this|runs|waits|needs|depends|needs|less|s)$/;

/** "1 tasks", "1 queued elements", "1 of 1 files"; and a verb of several behind one. */
function slips(text: string): string[] {
  const found = [...text.matchAll(/(?<![\d.,:/_#=-])1 ((?:[a-z-]+ )?[a-z-]+)\b/g)].filter(([, words = '']) => {
    const [first = '', second = ''] = words.split(' ');
    const isPlural = (word: string): boolean => /[^s]s$/.test(word) && !SINGULAR.test(word);
    return isPlural(first) || (/^(queued|output|array|other|sbatch)$/.test(first) && isPlural(second));
  });
  const verbs = [
    ...text.matchAll(
      /(?<![\d.,:-])1 (?:task|element|rule|file|job) (?:are|were|have|run|wait|do|need)\b|\bthat are \d/g,
    ),
  ];
  return [...found, ...verbs].map(([slip]) => slip);
}

it('the search finds slips, and leaves alone what is right', () => {
  expect(slips('1 tasks failed; 1 queued elements, that are 8 tasks')).toEqual([
    '1 tasks failed',
    '1 queued elements',
    'that are 8',
  ]);
  expect(slips('1 task is, 21 tasks, 0.1 seconds, 2 tasks, 1 of them waits, took 1 s')).toEqual([]);
});

const ONE = `rules:
  make: {output: "one.csv", run: "printf 'n\\\\n1\\\\n' > {output}", resources: {time: 10m}}
`;
const TWO = `params: {n: [1]}
rules:
  first: {output: "a/{n}.csv", run: "printf 'v\\\\n1\\\\n' > {output}; echo made", resources: {time: 10m}}
  last: {input: "a/{n}.csv", output: b.txt, gather: n, run: "cat {input} > {output}; false", resources: {time: 10m}}
`;

async function saidBy(e: Experiment, lines: readonly string[]): Promise<string> {
  let said = '';
  for (const line of lines) {
    const { stdout, stderr } = await e.wfc(line, { env: { PATH: `${process.env.PATH}` } });
    said += `$ wfc ${line}\n${stdout}\n${stderr}\n`;
  }
  return said;
}

it('no command says it of an experiment of one rule and one task, or of two with one that fails', async () => {
  const lines = [
    ...[
      'validate',
      'plan',
      'plan --forecast -j1',
      'plan --target slurm --forecast',
      'graph',
      'graph --tasks',
      'compile --target local',
    ],
    ...[
      'compile --target slurm --out s',
      'status',
      'run',
      'run',
      'run -k',
      'status',
      'report',
      'resume -n',
      'resume',
      'table first',
    ],
    ...['table make', 'why b.txt', 'why one.csv', 'why a/1.csv', 'why last', 'logs last', 'logs first', 'accept -n'],
    ...['clean --outputs --logs -n', 'run --force first', 'accept', 'clean --logs --yes', 'clean --state --yes', 'run'],
  ];
  for (const spec of [ONE, TWO]) {
    const e = experiment(spec);
    expect(slips(await saidBy(e, lines))).toEqual([]);
    for (const file of ['s/submit.sh', ...e.files('s').filter((f) => f.endsWith('.sh'))])
      if (!file.endsWith('runner.sh')) expect(slips(e.read(file)), file).toEqual([]);
    expect((await e.wfc('compile --target local --out m')).status).toBe(0);
    expect(slips(e.read('m/Makefile'))).toEqual([]);
  }
});

it('the summary of a submission does not: one task that failed, one element that was lost', async () => {
  const s = new Submission({ main: { elements: [[{ out: 'a', run: 'false' }], [{ out: 'b' }]] } });
  const { output: element } = await s.run('main');
  expect(element).toContain('main.0: 1 task: 0 done, 0 were complete, 1 failed');
  const { output } = await s.close('main=2');
  expect(output).toContain('1 task failed:');
  expect(output).toContain('1 element did not come to its end');
  expect(slips(output)).toEqual([]);
});

/** Counts of what is known to be more than one, such as a limit. */
const ALWAYS_SEVERAL = [
  /^compile\/report\/\w+\.ts: .*(or more|stand for more than)/,
  /^compile\/report\/\w+\.ts: .*would have/,
  /more than \$\{/,
  /^model\/value-words\.ts: .* of \$\{of\} values/,
];
const NOUNS =
  'tasks|elements|files|rules|paths|jobs|calls|values|partitions|outputs|logs|inputs|arrays|parts|rows|others|kinds|nodes|CPUs|hours';

it('every message with a count takes it from the one helper', () => {
  const src = join(ROOT, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (f) => f.endsWith('.ts') && !f.includes('generated'),
  );
  const wrong = files.flatMap((file) =>
    readFileSync(join(src, file), 'utf8')
      .split('\n')
      .map((line) => `${file}: ${line.trim()}`)
      .filter((line) => new RegExp(`\\$\\{[^{}]*\\} (?:[a-z-]+ )?(?:${NOUNS})\\b`).test(line))
      .filter((line) => !/=== 1 \?|> 1 \?/.test(line) && !ALWAYS_SEVERAL.some((allowed) => allowed.test(line))),
  );
  expect(wrong).toEqual([]);
});

/** Names of things inside wfc, which no user was ever told. */
const INTERNAL = /\b(?:units?|drafts?|aligned|survivors?|tuples?|projections?|its key|hold the blocks|a block of)\b/;

it('no message holds a word for what is only inside', async () => {
  const e = experiment(
    `params: {a: [1, 2, 3], b: [x, y]}
rules:
  prep: {output: "p/{a}", run: "touch {output}", resources: {time: 1m}}
  fit: {input: "p/{a}", output: "f/{a}/{b}", run: "touch {output}", resources: {time: 1m, cpus: 2}}
  all: {gather: [a, b], input: "f/{a}/{b}", output: all, run: "touch {output}", resources: {time: 1m}}
`,
    { 'profiles/default.yml': 'packing: {tasks_per_element: 2}\n' },
  );
  const said = await saidBy(e, [
    'plan --target slurm',
    'compile --target slurm --out s',
    'run',
    'status',
    '--help',
    'plan --help',
  ]);
  expect(said.split('\n').filter((line) => INTERNAL.test(line))).toEqual([]);
});
