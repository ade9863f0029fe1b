import type { SpecFiles } from '../compile/context.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type {
  CallFunctions,
  SnakeAnswer,
  SnakeArgument,
  Snakefile,
  SnakeItem,
  SnakePart,
  SnakeRule,
} from '../model/snakefile.ts';
import { constrainedRules } from './jobs/constraints.ts';
import type { Job, Jobs, Maker, Producer } from './jobs/job.ts';
import { linksOf } from './jobs/links.ts';
import { withLogsAsOutputs } from './jobs/logs.ts';
import {
  isFilledBy,
  isOfOther,
  outputItems,
  pathsOf,
  regexOf,
  textOf,
  wildcardsOf,
  wildcardsOfRule,
} from './patterns.ts';
import type { Places } from './places.ts';

/** The jobs of a Snakefile, in which logs that others read have become outputs. */
export interface Found extends Jobs {
  readonly snakefile: Snakefile;
  /** Names of the rules whose logs these are. */
  readonly readLogs: ReadonlySet<string>;
  /** By rule whose wildcards constraints decide on: a file that would be another's else, or have other wildcards. */
  readonly constrained: ReadonlyMap<string, string>;
}

/** More than these are a rule that feeds itself for ever, or no longer a Snakefile that Snakemake could read. */
const MOST_JOBS = 3_000_000;
/** Longest path that Linux opens. */
const LONGEST_PATH = 4096;

interface Finding {
  readonly goal: SnakeRule;
  readonly places: Places;
  readonly files: Pick<SpecFiles, 'kind'>;
  readonly call: CallFunctions;
}

/**
 * Work back from the goal to source files, in waves: the functions of all jobs of a wave are called at once. Source of the
 * rules: snakemake/dag.py and ruleinfo.py 7.21.
 */
export async function findJobs(
  snakefile: Snakefile,
  finding: Finding,
): Promise<Found | { diagnostics: readonly Diagnostic[] }> {
  const found = await new Finder(snakefile, finding).find();
  if ('diagnostics' in found || found.readLogs.size === 0) return found;
  // Logs that jobs read are outputs: who makes them is only then found.
  const changed = withLogsAsOutputs(snakefile, found.readLogs);
  const goal = changed.rules[snakefile.rules.indexOf(finding.goal)] ?? finding.goal;
  const again = await findJobs(changed, { ...finding, goal });
  return 'diagnostics' in again ? again : { ...again, readLogs: new Set([...found.readLogs, ...again.readLogs]) };
}

export function hasFunctions({ input, params, resources }: SnakeRule): boolean {
  return [...input, ...params, ...Object.values(resources)].some((given) => given.function !== undefined);
}

class Finder {
  private readonly snakefile: Snakefile;
  private readonly goal: SnakeRule;
  private readonly places: Places;
  private readonly call: CallFunctions;
  private readonly order: Snakefile['ruleOrder'];
  private readonly rules: ReadonlyMap<string, SnakeRule>;
  private readonly early: Snakefile['lists'];
  private readonly candidates: Producer[] = [];
  private readonly logs: { readonly rule: SnakeRule; readonly regex: RegExp }[] = [];
  private readonly files: Finding['files'];
  /** Paths to whether they can be had; false while that is being found out, for what needs itself can't. */
  private had = new Map<string, boolean>();
  private readonly diagnostics: Diagnostic[] = [];
  private readonly jobs: Job[] = [];
  private readonly seen = new Set<string>();
  private readonly checked = new Set<SnakeRule>();
  /** Functions that failed for some job. */
  private readonly failed = new Set<SnakeArgument>();
  private readonly makers = new Map<string, Maker | null>();
  private readonly inside = new Set<string>();
  private readonly readLogs = new Set<string>();
  private readonly constrained = new Map<string, string>();
  /** Outputs of what must run before more is known. */
  private readonly folders = new Set<string>();
  /** The jobs of the next wave, which are not asked yet what they read. */
  private wave: { readonly rule: SnakeRule; readonly wildcards: ReadonlyMap<string, string> }[] = [];

  constructor(snakefile: Snakefile, { goal, places, files, call }: Finding) {
    this.snakefile = snakefile;
    this.goal = goal;
    this.places = places;
    this.files = files;
    this.call = call;
    this.order = snakefile.ruleOrder;
    this.rules = new Map(snakefile.rules.map((rule) => [rule.name, rule]));
    this.early = snakefile.lists;
    for (const rule of snakefile.rules) {
      if (rule === goal && rule.output.length === 0) continue;
      const names = wildcardsOfRule(rule);
      this.checkOutputs(rule, names);
      const constraints = { ...snakefile.wildcardConstraints, ...rule.constraints };
      const matching = (parts: readonly SnakePart[], take: (regex: RegExp) => void): void => {
        try {
          take(regexOf(parts, constraints));
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
          this.fail(rule, rule.line, `a constraint of "${textOf(parts)}" is no regular expression that wfc can read`);
        }
      };
      for (const { parts } of outputItems(rule))
        matching(parts, (regex) => {
          const free = names.some((name) => name in constraints) ? regexOf(parts, {}) : null;
          this.candidates.push({ rule, output: parts, names, constraints, regex, free });
        });
      for (const { parts } of rule.log) matching(parts, (regex) => this.logs.push({ rule, regex }));
    }
  }

  async find(): Promise<Found | { diagnostics: readonly Diagnostic[] }> {
    const start = wildcardsOfRule(this.goal);
    if (start.length > 0)
      this.fail(
        this.goal,
        this.goal.line,
        `rule "${this.goal.name}" has wildcards, so it can't be what is asked for`,
        'name a rule without wildcards, or a file, with --goal',
      );
    if (this.diagnostics.length > 0) return { diagnostics: this.diagnostics };
    this.take(this.goal, new Map());
    for (const { rule, wildcards } of this.early) if (rule !== null) this.wait(rule, wildcards);
    while (this.wave.length > 0 && this.diagnostics.length === 0)
      for (const job of await this.nextJobs()) if (this.diagnostics.length === 0) await this.follow(job);
    if (this.diagnostics.length > 0) return { diagnostics: this.diagnostics };
    // The goal without an output is no task.
    const jobs = this.goal.output.length === 0 ? this.jobs.slice(1) : this.jobs;
    const { snakefile, readLogs, constrained, goal, makers, inside } = this;
    const links = linksOf(this.jobs, makers);
    return { snakefile, readLogs, constrained, goal, jobs, goalJob: this.jobs[0]!, links, makers, inside };
  }

  private fail(rule: SnakeRule, line: number, message: string, hint?: string): void {
    this.diagnostics.push(this.places.error({ file: rule.file, line }, message, hint));
  }

  private checkOutputs(rule: SnakeRule, known: readonly string[]): void {
    for (const { items, line } of rule.output)
      for (const { parts } of items) {
        const own = wildcardsOf(parts);
        if (own.length !== known.length || own.some((w) => !known.includes(w)))
          this.fail(rule, line, `not all outputs of rule "${rule.name}" have the same wildcards`);
      }
  }

  /** Of a rule that something needs: Snakemake does not look at the inputs of others either. */
  private checkInputs(rule: SnakeRule): void {
    for (const problem of rule.problems)
      this.diagnostics.push(this.places.error(problem, problem.message, problem.hint ?? undefined));
    const known = wildcardsOfRule(rule);
    for (const { items, line } of rule.input)
      for (const { parts } of items) {
        const unknown = wildcardsOf(parts).find((w) => !known.includes(w));
        if (unknown !== undefined)
          this.fail(rule, line, `{${unknown}} stands in no output of rule "${rule.name}", so it has no value here`);
      }
  }

  /** The job that a rule makes with these values, once. */
  private take(rule: SnakeRule, wildcards: ReadonlyMap<string, string>): void {
    const key = JSON.stringify([rule.name, ...wildcards.values()]);
    if (this.seen.has(key)) return;
    this.seen.add(key);
    if (!this.checked.has(rule)) this.checkInputs(rule);
    this.checked.add(rule);
    this.wave.push({ rule, wildcards });
  }

  /** The job of a checkpoint, which must have run before all is known. */
  private wait(name: string, values: Readonly<Record<string, string>>): void {
    const rule = this.rules.get(name)!;
    const wildcards = new Map(wildcardsOfRule(rule).map((wildcard) => [wildcard, values[wildcard]!]));
    for (const path of rule.output.flatMap((a) => itemPaths(a.items, wildcards)))
      this.folders.add(path.replace(/\/$/, ''));
    this.take(rule, wildcards);
  }

  /** The jobs of the wave, with what they read. */
  private async nextJobs(): Promise<readonly Job[]> {
    const wave = this.wave;
    this.wave = [];
    const asking = wave.filter(({ rule }) => hasFunctions(rule));
    const answers = await this.call(
      asking.map(({ rule, wildcards }) => ({
        rule: rule.name,
        wildcards: Object.fromEntries(wildcards),
        marked: false,
      })),
    );
    for (const { asked } of answers) for (const { rule, wildcards } of asked) this.wait(rule, wildcards);
    const byJob = new Map(asking.map((job, i) => [job, answers[i]!]));
    const jobs = wave.map((found): Job => {
      const { rule, wildcards } = found;
      const answer = byJob.get(found) ?? null;
      const inputs = this.given(rule, wildcards, answer).flatMap((a) => itemPaths(a.items, wildcards));
      const outputs = rule.output.flatMap((a) => itemPaths(a.items, wildcards));
      return { rule, wildcards, inputs, outputs, answer };
    });
    this.jobs.push(...jobs);
    return jobs;
  }

  /** The arguments of the rule's input for a job, those of functions as they were given. */
  private given(
    rule: SnakeRule,
    wildcards: ReadonlyMap<string, string>,
    answer: SnakeAnswer | null,
  ): readonly SnakeArgument[] {
    let next = 0;
    return rule.input.flatMap((argument) => {
      if (argument.function === undefined) return [argument];
      const outcome = answer!.input[next++]!;
      if ('value' in outcome) return outcome.value;
      // The same function is likely to fail for the next job, too.
      if (this.failed.has(argument)) return [];
      this.failed.add(argument);
      const name = argument.function === null ? 'the function' : `${argument.function}()`;
      const values = [...wildcards].map(([wildcard, value]) => `${wildcard}=${value}`).join(' ');
      const { message, hint } = outcome.error;
      const why = hint === undefined ? `fails${values === '' ? '' : ` for ${values}`}: ${message}` : message;
      const what = `${name} in "input" of rule "${rule.name}" ${why}`;
      this.fail(rule, argument.line, what, hint ?? 'wfc calls it for each job, as Snakemake does');
      return [];
    });
  }

  private async follow(job: Job): Promise<void> {
    if (this.jobs.length > MOST_JOBS || job.outputs.some((p) => p.length > LONGEST_PATH)) {
      this.fail(
        job.rule,
        job.rule.line,
        `rule "${job.rule.name}" makes files that it reads itself, without an end`,
        'constrain its wildcards, such as {name,[^/]+}',
      );
      return;
    }
    for (const argument of this.given(job.rule, job.wildcards, job.answer))
      for (const item of argument.items)
        for (const path of pathsOf(item, job.wildcards)) await this.followPath(job, argument, item, path);
  }

  private async followPath(job: Job, argument: SnakeArgument, item: SnakeItem, path: string): Promise<void> {
    // What made it for another job makes it for this one.
    if (this.makers.has(path)) return;
    if (isOfOther(item)) {
      this.makers.set(path, null);
      return;
    }
    if (this.isInFolder(path)) {
      this.makers.set(path, null);
      this.inside.add(path);
      return;
    }
    const candidates = this.matches(path, job.wildcards);
    const named = candidates.filter(({ producer }) => item.flags.includes(`made-by:${producer.rule.name}`));
    const found = named.length > 0 ? named : candidates;
    // Source: snakemake/dag.py, update(): of several rules those count whose own inputs can be had; a file that none can
    // make is a source file where it is there.
    const isSource = this.files.kind(path) !== null;
    const able: typeof found = [];
    // What would need the file that is there can't make it.
    const known = this.had;
    if (isSource) this.had = new Map([[path, false]]);
    if (found.length > 1 || isSource)
      for (const one of found) if (await this.canRun(one.producer, one.wildcards)) able.push(one);
    this.had = known;
    const all = able.length > 0 || isSource ? able : found;
    const choice = all.filter((one) => !all.some((other) => this.comesBefore(other.producer, one.producer)));
    if (choice.length > 1) {
      const names = choice.map(({ producer }) => `"${producer.rule.name}"`);
      const message = `${path} could be made by rules ${names.join(' and ')}`;
      this.fail(job.rule, argument.line, message, 'constrain the wildcards of one, such as {name,[^/]+}');
      return;
    }
    const [only] = choice;
    const others = this.candidates.filter(({ rule }) => !this.constrained.has(rule.name));
    const asked = { path, given: job.wildcards, maker: only?.producer };
    for (const rule of constrainedRules(asked, others, this.candidates, this.files)) this.constrained.set(rule, path);
    const logged = only || isSource ? undefined : this.logs.find(({ regex }) => regex.test(path));
    if (logged) this.readLogs.add(logged.rule.name);
    this.makers.set(path, only?.producer ?? null);
    if (only) this.take(only.producer.rule, only.wildcards);
  }

  private isInFolder(path: string): boolean {
    for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1))
      if (this.folders.has(path.slice(0, at))) return true;
    return false;
  }

  /** What a function gives that looks at what a checkpoint makes is taken for had. */
  private async canRun({ rule }: Producer, wildcards: ReadonlyMap<string, string>): Promise<boolean> {
    const question = { rule: rule.name, wildcards: Object.fromEntries(wildcards), marked: false };
    const [answer] = hasFunctions(rule) ? await this.call([question]) : [];
    let next = 0;
    for (const argument of rule.input) {
      const outcome = argument.function === undefined ? { value: [argument] } : answer!.input[next++]!;
      if (!('value' in outcome)) return false;
      if (argument.function !== undefined && answer!.asked.length > 0) continue;
      const own = outcome.value.flatMap(({ items }) => items.filter((item) => !isOfOther(item)));
      for (const path of itemPaths(own, wildcards)) if (!(await this.canBeHad(path, wildcards))) return false;
    }
    return true;
  }

  private async canBeHad(path: string, given: ReadonlyMap<string, string>): Promise<boolean> {
    const known = this.had.get(path);
    if (known !== undefined) return known;
    this.had.set(path, false);
    let can = this.files.kind(path) !== null || this.isInFolder(path);
    for (const { producer, wildcards } of can ? [] : this.matches(path, given))
      can ||= await this.canRun(producer, wildcards);
    this.had.set(path, can);
    return can;
  }

  /** Source: snakemake/rules.py, Ruleorder.compare: the last clause counts; without one, a rule without wildcards is first. */
  private comesBefore(a: Producer, b: Producer): boolean {
    const clause = this.order.findLast((names) => names.includes(a.rule.name) && names.includes(b.rule.name));
    if (clause) return clause.indexOf(a.rule.name) < clause.indexOf(b.rule.name);
    return a.names.length === 0 && b.names.length > 0;
  }

  /**
   * `given`: wildcards of the job that reads the path; a rule with the same wildcards has the same values.
   * Source: snakemake/rules.py 7.21, get_wildcards().
   */
  private matches(
    path: string,
    given: ReadonlyMap<string, string>,
  ): { producer: Producer; wildcards: ReadonlyMap<string, string> }[] {
    // By rule: several of its outputs are one job, that of the shortest values.
    const found = new Map<SnakeRule, { producer: Producer; wildcards: ReadonlyMap<string, string>; length: number }>();
    for (const producer of this.candidates) {
      const match = producer.regex.exec(path);
      if (!match) continue;
      const isFilled = isFilledBy(producer, path, given);
      const values = isFilled ? given : new Map(Object.entries(match.groups ?? {}));
      const wildcards = new Map(producer.names.map((name) => [name, values.get(name)!]));
      const length = isFilled ? -1 : [...wildcards.values()].reduce((sum, value) => sum + value.length, 0);
      const before = found.get(producer.rule);
      if (before === undefined || length < before.length) found.set(producer.rule, { producer, wildcards, length });
    }
    return [...found.values()];
  }
}

function itemPaths(items: readonly SnakeItem[], wildcards: ReadonlyMap<string, string>): string[] {
  return items.flatMap((item) => pathsOf(item, wildcards));
}
