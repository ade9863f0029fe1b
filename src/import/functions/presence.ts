/** Inputs that are not there: for no job of a rule, or only for some. */
import type { SnakeArgument, Snakefile, SnakeReference, SnakeRule, SnakeToken } from '../../model/snakefile.ts';
import type { Job, Jobs, Maker } from '../jobs/job.ts';
import { linksOf } from '../jobs/links.ts';

/** More kinds of jobs than these are no matter of what is there. */
const MOST_KINDS = 4;

export function hasEmptyInput({ input }: SnakeRule): boolean {
  return input.some((argument) => argument.function === undefined && argument.items.length === 0);
}

/** The rule without inputs that are no path for any job; what its command makes of them is an empty list. */
export function withoutEmptyInput(rule: SnakeRule): SnakeRule {
  const { command } = rule;
  const input = rule.input.filter((argument) => argument.items.length > 0);
  if (input.length === rule.input.length) return rule;
  if (command.kind === 'unknown') return { ...rule, input };
  const tokens = command.tokens.map((t) => (typeof t !== 'string' && 'ref' in t ? tokenFor(t, rule.input, input) : t));
  return { ...rule, input, command: { ...command, tokens } };
}

function tokenFor(token: SnakeReference, all: readonly SnakeArgument[], left: readonly SnakeArgument[]): SnakeToken {
  if (token.ref !== 'input') return token;
  const name = token.name ?? null;
  const given = token.argument === undefined ? all.find((a) => name !== null && a.name === name) : all[token.argument];
  if (given === undefined) return left.length === 0 && (token.index ?? null) === null ? { value: [] } : token;
  const place = left.indexOf(given);
  if (place < 0) return { value: [] };
  if (token.argument === undefined) return token;
  if (left.some((a) => a.name !== null)) return { ...token, argument: place };
  const { argument: _, ...whole } = token;
  if (left.length === 1) return { ...whole, flat: true };
  return { ...whole, index: left.slice(0, place).reduce((count, a) => count + a.items.length, 0) };
}

/**
 * A rule whose functions give paths for some jobs, and none for others, as a rule for each kind of jobs: the one of most jobs
 * keeps the name.
 */
export function splitByPresence(snakefile: Snakefile, found: Jobs): { snakefile: Snakefile; jobs: Jobs } {
  const parts = new Map<SnakeRule, readonly SnakeRule[]>();
  const ruleOf = new Map<Job, SnakeRule>();
  const taken = new Set(snakefile.rules.map((rule) => rule.name));
  for (const rule of new Set(found.jobs.map((job) => job.rule))) {
    const kinds = new Map<string, Job[]>();
    for (const job of found.jobs) {
      if (job.rule !== rule || job.answer === null) continue;
      const kind = JSON.stringify(namesGiven(job));
      kinds.set(kind, [...(kinds.get(kind) ?? []), job]);
    }
    if (kinds.size < 2 || kinds.size > MOST_KINDS) continue;
    const [, ...others] = [...kinds.values()].sort((a, b) => b.length - a.length);
    const copies = others.map((jobs, i) => {
      const name = nameFor(`${rule.name}_${i + 2}`, taken);
      const copy = { ...rule, name, calls: rule.name };
      for (const job of jobs) ruleOf.set(job, copy);
      return copy;
    });
    parts.set(rule, copies);
  }
  if (parts.size === 0) return { snakefile, jobs: found };
  const makers = new Map(found.makers);
  const outputs = new Map<SnakeRule, Map<Maker['output'], Maker['output']>>();
  const jobs = found.jobs.map((job) => {
    const rule = ruleOf.get(job);
    if (!rule) return job;
    for (const path of job.outputs) {
      const maker = found.makers.get(path);
      if (maker) makers.set(path, { ...maker, rule, output: ownOutput(rule, maker.output, outputs) });
    }
    return { ...job, rule };
  });
  const goalJob = jobs[found.jobs.indexOf(found.goalJob)] ?? found.goalJob;
  const all = jobs.includes(goalJob) ? jobs : [goalJob, ...jobs];
  return {
    snakefile: { ...snakefile, rules: snakefile.rules.flatMap((rule) => [rule, ...(parts.get(rule) ?? [])]) },
    jobs: { ...found, jobs, goalJob, makers, links: linksOf(all, makers) },
  };
}

/** By function: the names of what it gave, null for what has none. */
function namesGiven({ answer }: Job): unknown {
  return answer!.input.map((outcome) => {
    if (!('value' in outcome)) return null;
    return [...new Set(outcome.value.filter((a) => a.items.length > 0).map((a) => a.name))].sort();
  });
}

function nameFor(wanted: string, taken: Set<string>): string {
  let name = wanted;
  while (taken.has(name)) name += '_';
  taken.add(name);
  return name;
}

/** Links are told apart by the output that a path is. */
function ownOutput(
  rule: SnakeRule,
  output: Maker['output'],
  known: Map<SnakeRule, Map<Maker['output'], Maker['output']>>,
): Maker['output'] {
  const ofRule = known.get(rule) ?? new Map<Maker['output'], Maker['output']>();
  known.set(rule, ofRule);
  const own = ofRule.get(output) ?? [...output];
  ofRule.set(output, own);
  return own;
}
