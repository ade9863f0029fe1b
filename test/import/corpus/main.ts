/**
 * What `wfc import snakefile` makes of the workflows in a folder:
 *
 *     node test/support/run-ts.mjs test/import/corpus/main.ts FOLDER [--wfc dist/cli.js] [NAME…]
 *
 * Each folder of FOLDER is a workflow, with what Snakemake needs to plan it; `corpus.json` in it may say where things lie:
 * {"snakefile": "workflow/Snakefile", "folder": ".", "configfiles": [], "goals": []}. The Python of the Snakefiles runs, as
 * it does in any dry run: so start this where it can do no harm. Specs and messages are left in FOLDER/.results.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { compile } from '../../../src/compile/compile.ts';
import { NO_OVERRIDES } from '../../../src/compile/context.ts';
import { specFiles } from '../../../src/io/files/spec-file.ts';
import { forEachTaskInOrder, inputPaths } from '../../../src/model/plan.ts';

interface Where {
  readonly snakefile: string;
  readonly folder: string;
  readonly configfiles?: readonly string[];
}

interface Job {
  readonly rule: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  /** Whether what it reads is not all known before a checkpoint has run. */
  readonly open?: boolean;
}

interface Answer {
  readonly jobs: readonly Job[] | null;
  readonly problem: string | null;
}

/** `so far`: equal as far as known before a checkpoint has run, or files are there. */
type Outcome = 'equal' | 'so far' | 'different' | 'unfinished' | 'refused';

interface Result {
  readonly name: string;
  readonly jobs: number;
  readonly outcome: Outcome;
  readonly causes: readonly string[];
}

const SECONDS = 180;
const OPTIONS = { reject: false, timeout: SECONDS * 1000, forceKillAfterDelay: 1000, stdin: 'ignore' } as const;
const SPEC = 'corpus-spec.yml';

const [corpus, ...rest] = process.argv.slice(2);
if (!corpus) throw new Error('name a folder of workflows');
const at = rest.indexOf('--wfc');
const [, given] = at < 0 ? [] : rest.splice(at, 2);
const CLI = resolve(given ?? fileURLToPath(new URL('../../../dist/cli.js', import.meta.url)));
const results = resolve(corpus, '.results');
mkdirSync(join(results, 'jobs'), { recursive: true });

const found: Result[] = [];
const unplannable: string[] = [];
for (const name of rest.length > 0 ? rest : readdirSync(corpus).sort()) {
  if (name.startsWith('.') || !existsSync(join(corpus, name, 'corpus.json'))) continue;
  const where = JSON.parse(readFileSync(join(corpus, name, 'corpus.json'), 'utf8')) as Where;
  const folder = resolve(corpus, name, where.folder);
  const { jobs, problem } = await plannedJobs(name, folder, where);
  if (jobs?.every((job) => job.output.length === 0)) unplannable.push(`${name}: it makes no files`);
  else if (!jobs) unplannable.push(`${name}: ${(problem ?? '').replace(/\s+/g, ' ').slice(0, 150)}`);
  else {
    found.push(await imported(name, folder, where, jobs));
    process.stderr.write(`${found.at(-1)!.outcome} ${name}\n`);
  }
}
report();

/** Known since an earlier run, or asked of Snakemake. */
async function plannedJobs(name: string, folder: string, where: Where): Promise<Answer> {
  const known = join(results, 'jobs', `${name}.json`);
  if (existsSync(known)) return JSON.parse(readFileSync(known, 'utf8')) as Answer;
  const script = fileURLToPath(new URL('./jobs.py', import.meta.url));
  const args = [script, where.snakefile, ...(where.configfiles ?? [])];
  const { stdout, stderr, timedOut } = await execa('/usr/bin/python3', args, { ...OPTIONS, cwd: folder });
  const answer: Answer = stdout.startsWith('{')
    ? (JSON.parse(stdout) as Answer)
    : { jobs: null, problem: timedOut ? 'too slow' : stderr.slice(-300) };
  writeFileSync(
    known,
    JSON.stringify({ ...answer, problem: answer.jobs ? null : answer.problem || stderr.slice(-300) }),
  );
  return answer;
}

async function imported(name: string, folder: string, where: Where, jobs: readonly Job[]): Promise<Result> {
  const before = new Set(readdirSync(folder));
  const args = [CLI, 'import', 'snakefile', where.snakefile, '--out', SPEC, '--no-color'];
  for (const file of where.configfiles ?? []) args.push('--configfile', file);
  const { exitCode, stderr, timedOut } = await execa('node', args, { ...OPTIONS, cwd: folder });
  writeFileSync(join(results, `${name}.log`), stderr);
  const spec = join(folder, SPEC);
  const text = existsSync(spec) ? readFileSync(spec, 'utf8') : null;
  rmSync(join(results, `${name}.yml`), { force: true });
  let differences: string[] = [];
  let waits = false;
  if (text !== null) {
    writeFileSync(join(results, `${name}.yml`), text);
    let alone: readonly string[];
    ({ differences, alone, waits } = differencesOf(text, folder, jobs));
    writeFileSync(join(results, `${name}.alone`), alone.join('\n'));
  }
  for (const made of readdirSync(folder)) if (!before.has(made)) rmSync(join(folder, made), { recursive: true });
  const causes = timedOut ? ['too slow'] : causesOf(stderr);
  const base = { name, jobs: jobs.length, causes: [...causes, ...differences] };
  if (text === null) return { ...base, outcome: 'refused' };
  if (differences.length > 0) return { ...base, outcome: 'different' };
  return { ...base, outcome: exitCode !== 0 ? 'unfinished' : waits ? 'so far' : 'equal' };
}

/** Messages of one kind are one cause: without names, places and numbers. */
function causesOf(stderr: string): string[] {
  const errors = [...stderr.matchAll(/^(?:\S+:\d+:\d+ )?error: (.*)$/gm)].map(([, message]) =>
    message!
      .replace(/"[^"]*"(?! is not converted)/g, '"…"')
      .replace(/\{[^}]*\}/g, '{…}')
      .replace(/\S*\/\S*/g, '…')
      .replace(/\d+/g, 'N'),
  );
  return [...new Set(errors)];
}

function step({ output, input }: Omit<Job, 'rule'>, folder: string): string {
  const tidy = (paths: readonly string[]): string =>
    [...new Set(paths.map((p) => relative(folder, resolve(folder, p))))].sort().join(' ');
  return `${tidy(output)} <- ${tidy(input)}`;
}

function differencesOf(
  text: string,
  folder: string,
  jobs: readonly Job[],
): { readonly differences: string[]; readonly alone: readonly string[]; readonly waits: boolean } {
  const options = { files: specFiles(folder), overrides: NO_OVERRIDES };
  const { plan, diagnostics } = compile({ file: SPEC, text }, options);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  // Data that is not here: the import has compared it with made-up files.
  if (!plan && errors.every(({ message }) => message.startsWith('no file matches')))
    return { differences: [], alone: [], waits: true };
  if (!plan) return { differences: ['the spec does not compile'], alone: [], waits: false };
  const waiting = new Set(plan.staged.waiting.map(({ rule }) => rule.name));
  const names = new Set(jobs.map((job) => job.rule));
  const lists = new Set(plan.staged.sources.map(({ path }) => path));
  // What is not known of a job, its task knows, and so do those that only it needs.
  const isKnown = (job: Job): boolean => job.open !== true;
  const told = (job: Omit<Job, 'rule'>): string => step(job, folder);
  const open = new Set(jobs.filter((job) => !isKnown(job)).map(({ output }) => told({ output, input: [] })));
  const tasks = new Set<string>();
  // Snakemake does not tell that a log which another job reads is made: a spec has it as an output.
  const [made, read] = [new Set(jobs.flatMap((job) => job.output)), new Set(jobs.flatMap((job) => job.input))];
  forEachTaskInOrder(plan, (task, rule) => {
    const index = task - rule.firstTask;
    const input = rule.inputs.flatMap((i) => inputPaths(i, index));
    const output = rule.outputTexts.map((t) => t(index)).filter((path) => made.has(path) || !read.has(path));
    // What lists the outcome of a checkpoint with wildcards is a rule that Snakemake does not need.
    if (names.has(rule.rule.name) || !output.some((path) => lists.has(path)))
      tasks.add(open.has(told({ output, input: [] })) ? told({ output, input: [] }) : told({ output, input }));
  });
  // What is asked for has no output, and is no task. What Snakemake knows of rules that wait is not all, and what only these
  // read waits with them.
  const readers = new Map<string, Job[]>();
  for (const job of jobs) for (const path of job.input) readers.set(path, [...(readers.get(path) ?? []), job]);
  const counts = (job: Job): boolean => {
    const own = job.output.flatMap((path) => readers.get(path) ?? []);
    return !waiting.has(job.rule) && (own.length === 0 || own.some(counts));
  };
  const wanted = new Set(
    jobs
      .filter(({ output, rule }) => output.length > 0 && !waiting.has(rule))
      .map((job): [Job, string] => [job, told(isKnown(job) ? job : { ...job, input: [] })])
      .filter(([job, step]) => tasks.has(step) || counts(job))
      .map(([, step]) => step),
  );
  const differing = [...wanted].filter((s) => !tasks.has(s)).length;
  const alone = [
    ...[...wanted].filter((s) => !tasks.has(s)).map((s) => `job ${s}`),
    ...[...tasks].filter((s) => !wanted.has(s)).map((s) => `task ${s}`),
  ];
  const isSame = differing === 0 && (tasks.size === wanted.size || (open.size > 0 && tasks.size > wanted.size));
  const words = `different: ${tasks.size} tasks, ${wanted.size} jobs, of which ${differing} are no tasks`;
  return { differences: isSame ? [] : [words], alone, waits: waiting.size > 0 || open.size > 0 };
}

function report(): void {
  const count = (outcome: Outcome): number => found.filter((f) => f.outcome === outcome).length;
  const causes = new Map<string, string[]>();
  for (const { name, causes: all } of found)
    for (const cause of all) causes.set(cause, [...(causes.get(cause) ?? []), name]);
  const rate = (100 * count('equal')) / Math.max(1, found.length);
  const lines = [
    `${found.length} workflows that Snakemake plans, ${unplannable.length} that it does not`,
    '',
    '| became | workflows |',
    '| --- | --- |',
    `| a spec with the same jobs, inputs and outputs | ${count('equal')} (${rate.toFixed(0)} %) |`,
    `| the same as far as known before a checkpoint has run, or files are there | ${count('so far')} |`,
    `| the same, with commands left to be written | ${count('unfinished')} |`,
    `| a spec with other jobs | ${count('different')} |`,
    `| no spec | ${count('refused')} |`,
    '',
    '| workflows | alone | cause |',
    '| --- | --- | --- |',
    ...[...causes]
      .sort(([, a], [, b]) => b.length - a.length)
      .map(([cause, names]) => {
        const alone = names.filter((n) => found.find((f) => f.name === n)!.causes.length === 1).length;
        return `| ${names.length} | ${alone} | ${cause.replaceAll('|', '\\|')} |`;
      }),
    '',
    ...found.map((f) => `${f.outcome} ${f.name} (${f.jobs} jobs)${f.causes.map((c) => `\n    ${c}`).join('')}`),
    '',
    'not planned by Snakemake:',
    ...unplannable,
  ];
  writeFileSync(join(results, 'report.md'), `${lines.join('\n')}\n`);
  process.stdout.write(`${lines.slice(0, lines.indexOf('', 10)).join('\n')}\n`);
}
