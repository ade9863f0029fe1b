import { countOf, countTasks } from '../model/counts.ts';
import type { Plan } from '../model/plan.ts';
import { forEachDependency, inputPaths, ruleOf } from '../model/plan.ts';
import type { Job, Jobs } from './jobs/job.ts';

/** How a plan differs from the jobs of Snakemake. */
export interface Differences {
  /** The first few, in words; empty where tasks, outputs, inputs and producers are the same. */
  readonly wrong: readonly string[];
  /** Rules whose tasks have the same inputs in another order. */
  readonly reordered: readonly string[];
}

const MOST = 5;

/** What a spec has beside what Snakemake has. */
interface Added {
  /** Files that rules make and that give values: who makes them, the targets need for that alone. */
  readonly known: ReadonlySet<string>;
  /** Rules of the spec's own. */
  readonly rules: readonly string[];
}

/** Compare each job with the task that makes its outputs. */
export function compare(plan: Plan, jobs: Jobs, { known, rules }: Added): Differences {
  const wrong: string[] = [];
  const reordered = new Set<string>();
  const needed = neededWith(plan, known);
  for (const { rule, firstTask, space } of plan.rules)
    if (rules.includes(rule.name)) needed.fill(0, firstTask, firstTask + space.size);
  const count = needed.reduce((sum, one) => sum + one, 0);
  if (count !== jobs.jobs.length)
    wrong.push(`the spec has ${countTasks(count)}, Snakemake ${countOf(jobs.jobs.length, 'job')}`);
  for (const job of jobs.jobs) {
    if (wrong.length >= MOST) break;
    const difference = differenceOf(plan, needed, job, jobs);
    if (difference === 'order') reordered.add(job.rule.name);
    else if (difference !== null) wrong.push(difference);
  }
  return { wrong, reordered: [...reordered] };
}

/** Per task, 1 where the targets need it, or a file that gives values does. */
function neededWith(plan: Plan, known: ReadonlySet<string>): Uint8Array {
  const needed = Uint8Array.from(plan.needed);
  const open = [...known].flatMap((path) => plan.findPath(path)?.task ?? []);
  for (let task = open.pop(); task !== undefined; task = open.pop()) {
    needed[task] = 1;
    forEachDependency(plan, task, (producer) => {
      if (needed[producer] === 0) open.push(producer);
    });
  }
  return needed;
}

function differenceOf(plan: Plan, needed: Uint8Array, job: Job, { makers, inside }: Jobs): string | null {
  const first = tidy(job.outputs[0]!);
  const found = plan.findPath(first);
  if (!found) return `no task makes ${first}`;
  const rule = ruleOf(plan, found.task);
  const index = found.task - rule.firstTask;
  if (rule.rule.name !== job.rule.name) return `${first} is made by rule ${rule.rule.name}, not ${job.rule.name}`;
  if (needed[found.task] !== 1) return `the task that makes ${first} is not needed by the targets`;
  const outputs = rule.outputTexts.map((text) => text(index));
  if (!sameLists(outputs, job.outputs.map(tidy))) return `the outputs of the task that makes ${first} differ`;
  const inputs = rule.inputs.flatMap((input) => inputPaths(input, index));
  const wanted = [...new Set(job.inputs.map(tidy))];
  const have = [...new Set(inputs)];
  if (have.length !== wanted.length || !sameSets(have, wanted))
    return `the inputs of the task that makes ${first} differ: ${countOf(have.length, 'path')}, and Snakemake has ${wanted.length}`;
  for (const path of job.inputs) {
    const maker = plan.findPath(tidy(path));
    const makes = maker && !(maker.inside && inside.has(path)) ? ruleOf(plan, maker.task).rule.name : null;
    if (makes !== (makers.get(path)?.rule.name ?? null)) return `${path} is made by ${makes ?? 'no rule'} in the spec`;
  }
  return sameLists(have, wanted) ? null : 'order';
}

/** As wfc writes paths. */
function tidy(path: string): string {
  const parts = path.split('/').filter((part, i) => part !== '.' && (part !== '' || i === 0));
  return parts.join('/');
}

function sameLists(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((v, i) => v === b[i]);
}

function sameSets(a: readonly string[], b: readonly string[]): boolean {
  const all = new Set(a);
  return b.every((v) => all.has(v));
}
