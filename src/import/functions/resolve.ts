import type { SpecFiles } from '../../compile/context.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import type {
  CallFunctions,
  SnakeArgument,
  Snakefile,
  SnakeParam,
  SnakePart,
  SnakeResource,
  SnakeRule,
} from '../../model/snakefile.ts';
import { Cells } from '../from-files.ts';
import type { Job, Jobs } from '../jobs/job.ts';
import { linksOf } from '../jobs/links.ts';
import { hasFunctions } from '../jobs.ts';
import { fillParts, rowsFor } from '../patterns.ts';
import type { Places } from '../places.ts';
import { LaterLists } from '../staged/lists.ts';
import { RuleChoices } from './choices.ts';
import { resolveInput } from './inputs.ts';
import { LEAST_LIFTED, liftWritten } from './lists.ts';
import { type KnownPath, resolveParam, resolveResource } from './params.ts';
import { hasEmptyInput, withoutEmptyInput } from './presence.ts';

export interface Resolved {
  readonly snakefile: Snakefile;
  readonly jobs: Jobs;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ResolveOptions {
  readonly places: Places;
  readonly files: SpecFiles;
  readonly call: CallFunctions;
  readonly lift: boolean;
}

/**
 * `lift`: lists of paths that Python wrote out become expand() again, where they are all that a rule makes.
 *
 * Put patterns, expand() and columns of tables in the place of functions: in this order, as what they gave for the jobs
 * allows. No pattern is believed that does not give the same for every job.
 */
export async function resolveFunctions(
  snakefile: Snakefile,
  jobs: Jobs,
  { places, files, call, lift }: ResolveOptions,
): Promise<Resolved> {
  const all = [...new Set([jobs.goalJob, ...jobs.jobs])];
  const rules = [...new Set(all.map((job) => job.rule))].filter(
    (rule) => hasFunctions(rule) || hasEmptyInput(rule) || (lift && hasList(rule)),
  );
  if (rules.length === 0) return { snakefile, jobs, diagnostics: [] };
  const diagnostics: Diagnostic[] = [];
  const later = new LaterLists(snakefile.lists, jobs);
  const cells = new Cells(snakefile.readFiles, files);
  const replaced = new Map<SnakeRule, SnakeRule>();
  for (const rule of rules) {
    const choices = new RuleChoices(
      rule,
      all.filter((job) => job.rule === rule),
      call,
      cells,
    );
    const resolver = new RuleResolver(choices, jobs, later, places, diagnostics);
    const now = await resolver.resolve();
    const input = lift ? now.input.map((a) => liftWritten(a, choices, jobs, later)) : now.input;
    replaced.set(rule, withoutEmptyInput({ ...now, input }));
  }
  const now = (rule: SnakeRule): SnakeRule => replaced.get(rule) ?? rule;
  const changed = new Map(all.map((job) => [job, withDetermined({ ...job, rule: now(job.rule) })]));
  const makers = new Map([...jobs.makers].map(([path, m]) => [path, m && { ...m, rule: now(m.rule) }]));
  return {
    snakefile: { ...snakefile, rules: snakefile.rules.map(now) },
    jobs: {
      goal: now(jobs.goal),
      goalJob: changed.get(jobs.goalJob)!,
      jobs: jobs.jobs.map((job) => changed.get(job)!),
      links: linksOf([...changed.values()], makers),
      makers,
      inside: jobs.inside,
    },
    diagnostics,
  };
}

function hasList({ input }: SnakeRule): boolean {
  return input.some((argument) => argument.items.length >= LEAST_LIFTED);
}

/** A job with the values that its wildcards determine. */
function withDetermined(job: Job): Job {
  const { determined = [] } = job.rule;
  if (determined.length === 0) return job;
  return {
    ...job,
    wildcards: new Map([...job.wildcards, ...determined.flatMap((d) => [...rowsFor(d, job.wildcards)[0]!])]),
  };
}

class RuleResolver {
  private readonly choices: RuleChoices;
  private readonly rule: SnakeRule;
  private readonly jobs: Jobs;
  private readonly later: LaterLists;
  private readonly places: Places;
  private readonly diagnostics: Diagnostic[];

  constructor(choices: RuleChoices, jobs: Jobs, later: LaterLists, places: Places, diagnostics: Diagnostic[]) {
    this.later = later;
    this.choices = choices;
    this.rule = choices.rule;
    this.jobs = jobs;
    this.places = places;
    this.diagnostics = diagnostics;
  }

  async resolve(): Promise<SnakeRule> {
    const input = await this.input();
    const params = await this.params(this.paths(input));
    const resources = this.resources();
    const used = namesIn(input, params, Object.values(resources));
    const determined = this.choices.determined.filter(({ names }) => used.has(names[0]!));
    return { ...this.rule, input, params, resources, determined };
  }

  private async input(): Promise<readonly SnakeArgument[]> {
    const found: SnakeArgument[] = [];
    let index = 0;
    for (const argument of this.rule.input) {
      if (argument.function === undefined) {
        found.push(argument);
        continue;
      }
      const { line, name } = argument;
      const place = {
        index: index++,
        ...this.called(argument.function, name ?? wordOf(argument.function, `${this.rule.name}_input`), line),
      };
      const resolved = await resolveInput(this.choices, place, this.jobs.makers, this.later);
      if ('why' in resolved) this.error(line, `${place.from} ${resolved.why}`);
      else found.push(...resolved);
    }
    return found;
  }

  private async params(paths: readonly KnownPath[]): Promise<readonly SnakeParam[]> {
    const found: SnakeParam[] = [];
    let index = 0;
    for (const [number, param] of this.rule.params.entries()) {
      if (param.function === undefined) {
        found.push(param);
        continue;
      }
      if (!isUsed(this.rule, param, number)) {
        index++;
        found.push(param);
        continue;
      }
      const place = {
        index: index++,
        ...this.called(param.function, param.name ?? wordOf(param.function, `${this.rule.name}_param`), param.line),
      };
      const resolved = await resolveParam(param, this.choices, place, paths);
      // Only a command that uses it can't be converted.
      found.push('why' in resolved ? { ...param, why: resolved.why } : resolved);
    }
    return found;
  }

  /** Paths of the rule that columns are a part of, which a param may be, too. */
  private paths(input: readonly SnakeArgument[]): readonly KnownPath[] {
    const jobs = this.choices.jobs.map((job) =>
      withDetermined({ ...job, rule: { ...job.rule, determined: this.choices.determined } }),
    );
    const single = input.flatMap((a) => a.items).filter((item) => !item.rows && !item.expand);
    return single.map(({ parts }) => ({ parts, texts: jobs.map((job) => fillParts(parts, job.wildcards)) }));
  }

  private resources(): Readonly<Record<string, SnakeResource>> {
    const found: Record<string, SnakeResource> = {};
    for (const [name, resource] of Object.entries(this.rule.resources)) {
      if (resource.function === undefined) {
        found[name] = resource;
        continue;
      }
      const { line } = resource;
      const place = this.called(resource.function, `${this.rule.name}_${name}`, line);
      const resolved = resolveResource(name, resource, this.choices, place);
      if ('why' in resolved) {
        this.warn(line, `"${name}" of rule "${this.rule.name}" is left out: ${resolved.why}`);
        continue;
      }
      found[name] = resolved.resource;
      if (resolved.grows)
        this.warn(
          line,
          `"${name}" of rule "${this.rule.name}" grows with each attempt; here it stays as in the first, and "wfc resume --escalate" gives more memory or time to what ran out of it`,
        );
    }
    return found;
  }

  private called(name: string | null, wanted: string, line: number): { wanted: string; from: string } {
    const what = name === null ? 'the function' : `${name}()`;
    return { wanted, from: `${what} in rule "${this.rule.name}" (${this.rule.file}:${line})` };
  }

  private error(line: number, message: string): void {
    this.diagnostics.push(this.places.error({ file: this.rule.file, line }, message));
  }

  private warn(line: number, message: string): void {
    this.diagnostics.push(this.places.warning({ file: this.rule.file, line }, message));
  }
}

/** Whether the command names the param; one that calls the function itself does not. */
function isUsed({ command }: SnakeRule, { name }: SnakeParam, number: number): boolean {
  if (command.kind === 'unknown') return false;
  return command.tokens.some(
    (t) =>
      typeof t !== 'string' &&
      'ref' in t &&
      t.ref === 'params' &&
      ((t.name ?? null) !== null ? t.name === name : (t.index ?? number) === number),
  );
}

/** What a function seems to look up: `depth` of `get_depth`; `other` where it has no name. */
function wordOf(name: string | null, other: string): string {
  return name === null
    ? other
    : name.replace(/^(get|find|select|choose|lookup|look_up|input)_|_(input|inputs|func|function)$/g, '');
}

/** The determined names that stand somewhere. */
function namesIn(
  input: readonly SnakeArgument[],
  params: readonly SnakeParam[],
  resources: readonly SnakeResource[],
): ReadonlySet<string> {
  const inPart = (p: SnakePart): string[] => (typeof p !== 'string' && 'w' in p ? [p.w] : []);
  const inText = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!);
  return new Set([
    ...input.flatMap((a) => a.items.flatMap((item) => item.parts.flatMap(inPart))),
    ...params.flatMap(({ text }) => inText(text ?? '')),
    ...resources.flatMap(({ value }) => inText(value)),
  ]);
}
