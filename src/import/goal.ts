import type { SpecFiles } from '../compile/context.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Snakefile, SnakeItem, SnakeRule } from '../model/snakefile.ts';
import type { Jobs } from './jobs/job.ts';
import { linksOf } from './jobs/links.ts';
import { fillParts, outputItems, pathsOf, rowsOf } from './patterns.ts';
import type { Places } from './places.ts';

/**
 * What is asked for: the rules and files named, else as in Snakemake: the rule that is `default_target`, or the first one
 * that no included file brought in. Source: snakemake/workflow.py 7.21, include() and rule().
 */
export function goalOf(
  snakefile: Snakefile,
  names: readonly string[],
  places: Places,
): SnakeRule | { diagnostic: Diagnostic } {
  const [main] = snakefile.files;
  const first = snakefile.rules.find((r) => r.defaultTarget) ?? snakefile.rules.find((r) => r.file === main);
  if (!first) return { diagnostic: places.error({ file: snakefile.files[0]!, line: 1 }, 'there are no rules here') };
  if (names.length === 0) return first;
  const rules = names.map((name) => snakefile.rules.find((r) => r.name === name));
  if (rules.length === 1 && rules[0]) return rules[0];
  const input = names.flatMap((name, i): SnakeRule['input'] => {
    const rule = rules[i];
    if (!rule) return [{ name: null, many: false, line: 1, items: [{ parts: [name], flags: [] }] }];
    return rule.output.length > 0 ? rule.output : rule.input;
  });
  return {
    ...first,
    name: 'goal',
    line: 1,
    input,
    output: [],
    log: [],
    command: { kind: 'none', line: 1, tokens: [], modules: [], code: [], script: [] },
  };
}

/** Files that are asked for, that no rule makes and that are not there: Snakemake would not begin. */
export function missingTargets({ goal, goalJob, makers, inside }: Jobs, files: Pick<SpecFiles, 'kind'>): Set<string> {
  const missing = goalJob.inputs.filter((p) => !makers.get(p) && !inside.has(p) && files.kind(p) === null);
  return new Set(goal.output.length > 0 ? [] : missing);
}

/**
 * The goal with an item for each rule that makes some of the paths of one expand(): only then its values are those of a
 * wildcard. What is missing is no target.
 */
export function splitByMaker(found: Jobs, files: Pick<SpecFiles, 'kind'>): Jobs {
  const { goal, goalJob, jobs, makers } = found;
  if (goal.output.length > 0) return found;
  const missing = missingTargets(found, files);
  const isMissing = (item: SnakeItem): boolean =>
    missing.size > 0 && !item.rows && pathsOf(item, new Map()).every((path) => missing.has(path));
  const input = goal.input.map((a) => {
    const items = a.items.flatMap((item) => itemsByMaker(item, makers));
    return { ...a, items: items.filter((item) => !isMissing(item)) };
  });
  const split = { ...goal, input };
  const job = { ...goalJob, rule: split };
  return { ...found, goal: split, goalJob: job, links: linksOf([job, ...jobs], makers) };
}

function itemsByMaker(item: SnakeItem, makers: Jobs['makers']): SnakeItem[] {
  const { expand, flags, parts } = item;
  if (!expand || item.rows) return [item];
  const paths = pathsOf(item, new Map());
  const groups = new Map<unknown, ReadonlyMap<string, string>[]>();
  for (const [i, row] of rowsOf(item).entries()) {
    const maker = makers.get(paths[i]!);
    // Outputs without wildcards, such as those that expand() wrote out, are one list of their rule.
    const group = maker?.output.every((part) => typeof part === 'string') ? maker.rule : maker?.output;
    groups.set(group, [...(groups.get(group) ?? []), row]);
  }
  if (groups.size === 1) return [item];
  return [...groups.values()].map((rows) => {
    if (rows.length === 1) return { flags, parts: [fillParts(parts, new Map(), rows[0]!)] };
    const columns = expand.values.map(([name]) => [name, rows.map((row) => row.get(name)!), null] as const);
    const distinct = columns.map(([name, values]) => [name, [...new Set(values)], null] as const);
    const isProduct = distinct.reduce((product, [, values]) => product * values.length, 1) === rows.length;
    const own: SnakeItem['expand'] = isProduct
      ? { combinator: 'product', values: distinct }
      : { combinator: 'zip', values: columns };
    return { ...item, expand: own };
  });
}

/** More targets than these are rather named by rules. */
const MOST_TARGETS = 6;

/** Many paths that are all that a rule makes are asked for by its name. */
export function byRule(items: readonly SnakeItem[], { makers }: Jobs): (string | SnakeItem)[] {
  if (items.length <= MOST_TARGETS) return [...items];
  const isConstant = ({ parts, expand, rows }: SnakeItem): boolean =>
    !expand && !rows && parts.length === 1 && typeof parts[0] === 'string';
  const paths = new Set(items.filter(isConstant).map(({ parts }) => parts[0] as string));
  const makerOf = (item: SnakeItem): SnakeRule | null => {
    const rule = isConstant(item) ? (makers.get(item.parts[0] as string)?.rule ?? null) : null;
    const made = rule ? outputItems(rule) : [];
    return made.length > 1 && made.every((one) => isConstant(one) && paths.has(one.parts[0] as string)) ? rule : null;
  };
  const named = items.map((item) => makerOf(item)?.name ?? item);
  return named.filter((one, i) => named.indexOf(one) === i);
}
