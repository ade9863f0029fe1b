import type { Diagnostic } from '../model/diagnostic.ts';
import type { SnakeArgument, Snakefile, SnakeItem, SnakePart, SnakeRule } from '../model/snakefile.ts';
import { outputItems, pathsOf, regexOf, textOf, wildcardsOf, wildcardsOfRule } from './patterns.ts';
import type { Places } from './places.ts';

/** One job of Snakemake's: a rule with values for its wildcards. */
export interface Job {
  readonly rule: SnakeRule;
  readonly wildcards: ReadonlyMap<string, string>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** An item of a rule's input, and an output that some of its paths were found to be. */
export interface Link {
  readonly consumer: SnakeRule;
  readonly item: SnakeItem;
  readonly producer: SnakeRule;
  readonly output: readonly SnakePart[];
}

/** All that the targets need, as Snakemake would work it out. */
export interface Jobs {
  /** The rule that is asked for: the first one, which has no output, or a rule with outputs but no wildcards. */
  readonly goal: SnakeRule;
  readonly jobs: readonly Job[];
  readonly links: readonly Link[];
  /** Path to the rule that makes it, null for a source file. */
  readonly producers: ReadonlyMap<string, SnakeRule | null>;
}

/** More than these are a rule that feeds itself for ever, or no longer a Snakefile that Snakemake could read. */
const MOST_JOBS = 3_000_000;
/** Longest path that Linux opens. */
const LONGEST_PATH = 4096;

interface Producer {
  readonly rule: SnakeRule;
  readonly regex: RegExp;
  readonly output: readonly SnakePart[];
  /** Wildcards of the rule. */
  readonly names: readonly string[];
}

/** Work back from the goal to source files. Source of the rules: snakemake/dag.py and ruleinfo.py 7.21. */
export function findJobs(
  snakefile: Snakefile,
  goal: SnakeRule,
  places: Places,
): Jobs | { diagnostics: readonly Diagnostic[] } {
  return new Finder(snakefile, goal, places).find();
}

class Finder {
  private readonly goal: SnakeRule;
  private readonly places: Places;
  private readonly candidates: Producer[] = [];
  private readonly diagnostics: Diagnostic[] = [];
  private readonly jobs: Job[] = [];
  private readonly seen = new Set<string>();
  private readonly links = new Map<string, Link>();
  private readonly producers = new Map<string, SnakeRule | null>();
  /** Items that stand for a path, for links. */
  private readonly itemIds = new Map<SnakeItem, number>();

  constructor(snakefile: Snakefile, goal: SnakeRule, places: Places) {
    this.goal = goal;
    this.places = places;
    for (const rule of snakefile.rules) {
      if (rule === goal && rule.output.length === 0) continue;
      const known = wildcardsOfRule(rule);
      this.checkWildcards(rule, known);
      for (const { parts } of outputItems(rule)) {
        try {
          const constraints = { ...snakefile.wildcardConstraints, ...rule.constraints };
          this.candidates.push({ rule, output: parts, names: known, regex: regexOf(parts, constraints) });
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
          this.fail(rule, rule.line, `a constraint of "${textOf(parts)}" is no regular expression that wfc can read`);
        }
      }
    }
  }

  find(): Jobs | { diagnostics: readonly Diagnostic[] } {
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
    for (let next = 0; next < this.jobs.length && this.diagnostics.length === 0; next++) this.follow(this.jobs[next]!);
    if (this.diagnostics.length > 0) return { diagnostics: this.diagnostics };
    // The goal without an output is no task.
    const jobs = this.goal.output.length === 0 ? this.jobs.slice(1) : this.jobs;
    return { goal: this.goal, jobs, links: [...this.links.values()], producers: this.producers };
  }

  private fail(rule: SnakeRule, line: number, message: string, hint?: string): void {
    this.diagnostics.push(this.places.error({ file: rule.file, line }, message, hint));
  }

  private checkWildcards(rule: SnakeRule, known: readonly string[]): void {
    for (const { items, line } of rule.output)
      for (const { parts } of items) {
        const own = wildcardsOf(parts);
        if (own.length !== known.length || own.some((w) => !known.includes(w)))
          this.fail(rule, line, `not all outputs of rule "${rule.name}" have the same wildcards`);
      }
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
    const inputs = rule.input.flatMap((a) => a.items.flatMap((item) => pathsOf(item, wildcards)));
    const outputs = rule.output.flatMap((a) => a.items.flatMap((item) => pathsOf(item, wildcards)));
    for (const path of outputs) this.producers.set(path, rule);
    this.jobs.push({ rule, wildcards, inputs, outputs });
  }

  private follow(job: Job): void {
    if (this.jobs.length > MOST_JOBS || job.outputs.some((p) => p.length > LONGEST_PATH)) {
      this.fail(
        job.rule,
        job.rule.line,
        `rule "${job.rule.name}" makes files that it reads itself, without an end`,
        'constrain its wildcards, such as {name,[^/]+}',
      );
      return;
    }
    for (const argument of job.rule.input)
      for (const item of argument.items)
        for (const path of pathsOf(item, job.wildcards)) this.followPath(job, argument, item, path);
  }

  private followPath(job: Job, argument: SnakeArgument, item: SnakeItem, path: string): void {
    if (this.producers.get(path) === null) return;
    const found = this.matches(path);
    // Source: snakemake/rules.py, Ruleorder.compare: without an order, a rule without wildcards comes first.
    const plain = found.filter(({ producer }) => producer.names.length === 0);
    const choice = plain.length > 0 ? plain : found;
    if (choice.length > 1) {
      const names = choice.map(({ producer }) => `"${producer.rule.name}"`);
      const message = `${path} could be made by rules ${names.join(' and ')}`;
      this.fail(job.rule, argument.line, message, 'constrain the wildcards of one, such as {name,[^/]+}');
      return;
    }
    const [only] = choice;
    if (!only) {
      this.producers.set(path, null);
      return;
    }
    this.link(job.rule, item, only.producer);
    this.take(only.producer.rule, only.wildcards);
  }

  private matches(path: string): { producer: Producer; wildcards: ReadonlyMap<string, string> }[] {
    const found: { producer: Producer; wildcards: ReadonlyMap<string, string> }[] = [];
    for (const producer of this.candidates) {
      const match = producer.regex.exec(path);
      if (!match) continue;
      // Two outputs of one rule are one job.
      if (found.some((f) => f.producer.rule === producer.rule)) continue;
      found.push({ producer, wildcards: new Map(producer.names.map((name) => [name, match.groups![name]!])) });
    }
    return found;
  }

  private link(consumer: SnakeRule, item: SnakeItem, { rule, output }: Producer): void {
    if (!this.itemIds.has(item)) this.itemIds.set(item, this.itemIds.size);
    const key = `${this.itemIds.get(item)} ${rule.name} ${textOf(output)}`;
    if (!this.links.has(key)) this.links.set(key, { consumer, item, producer: rule, output });
  }
}
