import { forEachDependency, forEachTaskInOrder, type Plan, type PlannedRule, ruleOf } from '../../model/plan.ts';
import type { ResourceTemplates, Rule, ValueTemplate } from '../../model/workflow.ts';
import { fingerprints } from '../../resume/fingerprint.ts';

/** A param or rule that one side has and the other has not, or has otherwise. */
export interface ParamDifference {
  readonly name: string;
  /** Values that only one side has; all of them where only one has the param. */
  readonly added: readonly string[];
  readonly dropped: readonly string[];
  readonly kind: 'added' | 'dropped' | 'changed';
}

export interface RuleDifference {
  readonly name: string;
  readonly kind: 'added' | 'dropped' | 'changed';
  /** Keys of the rule that differ. */
  readonly keys: readonly string[];
}

/** Needed tasks of a rule, by what became of them from the other side to this one. */
export interface TaskDifference {
  readonly rule: string;
  readonly before: number;
  readonly now: number;
  readonly added: number;
  readonly dropped: number;
  /** Whose command, values, inputs or code differ: complete there, they would be stale here. */
  readonly changed: number;
  /** That depend on added or changed ones. */
  readonly downstream: number;
}

export interface PlanDifference {
  readonly params: readonly ParamDifference[];
  readonly rules: readonly RuleDifference[];
  readonly tasks: readonly TaskDifference[];
}

/** One side: a plan, and the content of its code. */
export interface PlanSide {
  readonly plan: Plan;
  /** '' for a file that is not there. */
  readonly codeText: (path: string) => string;
}

/** What differs from `other` to `here`. */
export function comparePlans(other: PlanSide, here: PlanSide): PlanDifference {
  const changedCode = changedCodeOf(other, here);
  return {
    params: compareParams(other.plan, here.plan),
    rules: compareRules(other.plan, here.plan, changedCode),
    tasks: compareTasks(other.plan, here.plan, changedCode),
  };
}

function compareParams(other: Plan, here: Plan): ParamDifference[] {
  const [before, now] = [other.workflow.relation.columns, here.workflow.relation.columns];
  return [...new Set([...now.keys(), ...before.keys()])].flatMap((name): ParamDifference[] => {
    const [old, fresh] = [new Set(before.get(name)?.values), new Set(now.get(name)?.values)];
    const added = [...fresh].filter((value) => !old.has(value));
    const dropped = [...old].filter((value) => !fresh.has(value));
    const kind = !before.has(name) ? 'added' : !now.has(name) ? 'dropped' : 'changed';
    return kind === 'changed' && added.length + dropped.length === 0 ? [] : [{ name, added, dropped, kind }];
  });
}

/** Names of rules whose code has another content. */
function changedCodeOf(other: PlanSide, here: PlanSide): Set<string> {
  const changed = new Set<string>();
  for (const { rule } of here.plan.rules) {
    const old = other.plan.rules.find((one) => one.rule.name === rule.name)?.rule;
    if (old && rule.code.some((path) => old.code.includes(path) && other.codeText(path) !== here.codeText(path)))
      changed.add(rule.name);
  }
  return changed;
}

function compareRules(other: Plan, here: Plan, changedCode: ReadonlySet<string>): RuleDifference[] {
  const before = new Map(other.workflow.rules.map((rule) => [rule.name, rule]));
  const now = new Map(here.workflow.rules.map((rule) => [rule.name, rule]));
  return [...new Set([...now.keys(), ...before.keys()])].flatMap((name): RuleDifference[] => {
    const [old, fresh] = [before.get(name), now.get(name)];
    if (!old) return [{ name, kind: 'added', keys: [] }];
    if (!fresh) return [{ name, kind: 'dropped', keys: [] }];
    const [was, is] = [partsOf(old), partsOf(fresh)];
    const keys = Object.keys(is).filter((key) => was[key] !== is[key]);
    // What surrounds a command is part of what is significant of it.
    if (keys.includes('surroundings') && old.command.body === fresh.command.body) keys.splice(keys.indexOf('run'), 1);
    if (changedCode.has(name) && !keys.includes('code')) keys.push('code');
    return keys.length === 0 ? [] : [{ name, kind: 'changed', keys }];
  });
}

/** What a rule says, by key, as texts that compare. */
function partsOf(rule: Rule): Record<string, string> {
  const { command, checkpoint } = rule;
  const text = (value: unknown): string => JSON.stringify(value);
  return {
    input: text(rule.inputs.map(({ pattern, ancient }) => [pattern.text, ancient])),
    output: text(rule.outputs.map(({ pattern, ...options }) => [pattern.text, options])),
    gather: text(rule.gather.map(({ name }) => name).sort()),
    run: command.significant,
    surroundings: text([command.setup, command.container]),
    code: text(rule.code),
    resources: resourcesText(rule.resources),
    retries: String(rule.retries),
    local: String(rule.local),
    checkpoint: text(
      checkpoint && [checkpoint.paths.map((path) => path.text), checkpoint.continues, checkpoint.warnSeconds],
    ),
  };
}

function resourcesText({ slurm, slurmExtra, ...rest }: ResourceTemplates): string {
  const written = (value: ValueTemplate | null): string =>
    value === null
      ? ''
      : value.template.tokens.map((token, i) => (token.kind === 'text' ? token.text : sourceText(value, i))).join('');
  return JSON.stringify([
    Object.values(rest).map(written),
    [...slurm].map(([flag, value]) => [flag, written(value)]),
    slurmExtra.map(written),
  ]);
}

function sourceText({ sources }: ValueTemplate, token: number): string {
  const source = sources.get(token)!;
  return source.kind === 'constant' ? source.text : `{${source.column.name}:${source.pad}}`;
}

const SAME = 0;
const ADDED = 1;
const CHANGED = 2;
const DOWNSTREAM = 3;

function compareTasks(other: Plan, here: Plan, changedCode: ReadonlySet<string>): TaskDifference[] {
  const unseen = namesOf(other);
  const fingerprintOf = new Map<PlannedRule, (index: number) => string>();
  const fingerprint = (plan: Plan, task: number): string => {
    const rule = ruleOf(plan, task);
    let of = fingerprintOf.get(rule);
    if (!of) {
      of = fingerprints(rule);
      fingerprintOf.set(rule, of);
    }
    return of(task - rule.firstTask);
  };
  const counts = new Map<string, Record<'before' | 'now' | 'added' | 'dropped' | 'changed' | 'downstream', number>>();
  const of = (rule: string) => {
    const known = counts.get(rule) ?? { before: 0, now: 0, added: 0, dropped: 0, changed: 0, downstream: 0 };
    counts.set(rule, known);
    return known;
  };
  const states = new Uint8Array(here.taskCount);
  for (const { rule } of here.rules) of(rule.name);
  forEachTaskInOrder(here, (task, rule) => {
    const name = rule.outputTexts[0]!(task - rule.firstTask);
    const was = unseen.get(name);
    unseen.delete(name);
    if (was === undefined) states[task] = ADDED;
    else {
      of(ruleOf(other, was).rule.name).before++;
      const isSame = fingerprint(other, was) === fingerprint(here, task) && !changedCode.has(rule.rule.name);
      if (!isSame) states[task] = CHANGED;
      else if (isDownstream(here, task, states)) states[task] = DOWNSTREAM;
    }
    const count = of(rule.rule.name);
    count.now++;
    if (states[task] === ADDED) count.added++;
    else if (states[task] === CHANGED) count.changed++;
    else if (states[task] === DOWNSTREAM) count.downstream++;
  });
  for (const task of unseen.values()) {
    const count = of(ruleOf(other, task).rule.name);
    count.before++;
    count.dropped++;
  }
  return [...counts].map(([rule, count]) => ({ rule, ...count }));
}

/** The needed tasks by the path of their first output. */
function namesOf(plan: Plan): Map<string, number> {
  const names = new Map<string, number>();
  for (const { firstTask, space, outputTexts } of plan.rules)
    for (let i = 0; i < space.size; i++)
      if (plan.needed[firstTask + i] === 1) names.set(outputTexts[0]!(i), firstTask + i);
  return names;
}

function isDownstream(plan: Plan, task: number, states: Uint8Array): boolean {
  let is = false;
  forEachDependency(plan, task, (producer) => {
    is ||= states[producer] !== SAME;
  });
  return is;
}
