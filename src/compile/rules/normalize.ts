import type { Located } from '../../model/located.ts';
import { locationInside, type Node, type ScalarNode } from '../../model/source.ts';
import type { Spec } from '../../model/spec.generated.ts';
import type { Column, Rule, Target, WaitingRule, Workflow } from '../../model/workflow.ts';
import type { Context } from '../context.ts';
import { type Constants, resolveConfig, settingNode } from '../params/config.ts';
import { buildRelation } from '../params/tables.ts';
import * as report from '../report/report.ts';
import { type Holes, holesOfRule, mayBeConfig } from '../text/holes.ts';
import { closest } from '../text/suggest.ts';
import { CodeFinder } from './code-files.ts';
import type { Unpreloaded } from './heavy-imports.ts';
import { parsePath } from './paths.ts';
import { CONFIG_REFERENCE, ProducedPaths } from './produced.ts';
import { normalizeResults } from './results.ts';
import { normalizeRule } from './rules.ts';
import { StagedRules } from './staged-rules.ts';

export interface Normalized {
  /** Holds the rules whose tasks and edges can be told; their commands may hold mistakes all the same. */
  readonly workflow: Workflow;
  /** The other rules, whose resources can be looked at. */
  readonly drafts: readonly Rule[];
  readonly unpreloaded: readonly Unpreloaded[];
  readonly finder: CodeFinder;
}

/** Resolve every name of a spec that fits its schema but for its holes. */
export function normalize(spec: Located<Spec>, context: Context): Normalized {
  const constants = resolveConfig(spec.get('config'), spec.location.source, context);
  const fill = (text: string, node: Node): string => fillConfig(text, node, constants, context);
  const produced = new ProducedPaths(spec, constants, context);
  const isProduced = (path: string, columns: ReadonlyMap<string, Column>): boolean =>
    produced.isProduced(path, columns);
  const relation = buildRelation(spec, { context, fill, produced });
  checkSettings(constants, relation.columns, context);
  const readable: Rule[] = [];
  const drafts: Rule[] = [];
  const waits = new StagedRules(produced, relation, context);
  const unpreloaded: Unpreloaded[] = [];
  const finder = new CodeFinder(context.files);
  const options = {
    relation,
    constants,
    context,
    finder,
    isProduced: once((path) => isProduced(path, relation.columns)),
  };
  for (const { key, value } of spec.get('rules')?.entries() ?? []) {
    const read = normalizeRule(key, value, spec.get('defaults'), readable.length, options);
    if (!waits.take(read)) (read.canBePlanned ? readable : drafts).push(read.rule);
    if (read.unpreloaded) unpreloaded.push(read.unpreloaded);
  }
  const { rules, waiting } = waits.spread(readable);
  reserveGlobs(spec, constants, relation.columns, context);
  const { targets, paths, wanted } = resolveTargets(spec, { rules, waiting }, constants, relation.columns, context);
  const isWhole = drafts.length === 0 && spec.get('rules') !== undefined && lost(context.holes).length === 0;
  if (!isWhole) checkTargets(paths, spec, (path) => isProduced(path, relation.columns), context);
  const results = normalizeResults(spec, { relation, constants, context });
  const name = spec.get('name')?.text ?? 'wfc';
  const staged = { sources: context.holes.staged, waiting, wanted };
  // What a rule that can't be planned would make is not known to be missing.
  const known = isWhole ? results.filter(({ pattern }) => !waits.mayMake(pattern)) : [];
  const workflow = { name, relation, rules, targets: isWhole ? targets : null, results: known, staged };
  return { workflow, drafts: [...drafts, ...waiting.map((w) => w.rule)], unpreloaded, finder };
}

/** What a glob found is data of the user's own. */
function reserveGlobs(
  spec: Located<Spec>,
  constants: Constants,
  columns: ReadonlyMap<string, Column>,
  context: Context,
): void {
  for (const { key, value } of spec.get('params')?.entries() ?? []) {
    const glob = value.as<{ glob: string }>().get('glob');
    if (context.holes.staged.some(({ gives }) => gives === key.text)) continue;
    // What is wrong with it has been told.
    const path = glob && parsePath(glob.scalar, { columns, constants, context: { ...context, diagnostics: [] } });
    if (!path) continue;
    const what = `a file that the glob of "${key.text}" found`;
    context.reserved.push({ path, what, isFolder: false, location: glob.location });
  }
}

/** Many rules ask for the same few paths. */
function once(ask: (path: string) => boolean): (path: string) => boolean {
  const known = new Map<string, boolean>();
  return (path) => {
    const answer = known.get(path) ?? ask(path);
    known.set(path, answer);
    return answer;
  };
}

/** Fill `{config.key}` in a text that takes no other placeholder, such as the name of a value file. */
function fillConfig(text: string, node: Node, constants: Constants, context: Context): string {
  return text.replace(CONFIG_REFERENCE, (whole, key: string, offset: number) => {
    const constant = constants.get(key);
    if (constant) return constant.text;
    if (mayBeConfig(context.holes, key)) return whole;
    const location = node.kind === 'scalar' ? locationInside(node, offset, whole.length) : node.location;
    context.diagnostics.push(report.unknownConfig(location, key, closest(key, constants.keys())));
    return whole;
  });
}

function checkSettings(constants: Constants, columns: ReadonlyMap<string, Column>, context: Context): void {
  for (const { key, value } of context.overrides.settings) {
    if (constants.has(key) || columns.has(key)) continue;
    if (context.holes.anyName || mayBeConfig(context.holes, key)) continue;
    const { location } = settingNode(key, value);
    const near = closest(key, [...columns.keys(), ...constants.keys()]);
    context.diagnostics.push(report.unknownSetting({ ...location, start: 0, end: key.length }, key, near));
  }
}

function resolveTargets(
  spec: Located<Spec>,
  { rules, waiting }: { readonly rules: readonly Rule[]; readonly waiting: readonly WaitingRule[] },
  constants: Constants,
  columns: ReadonlyMap<string, Column>,
  context: Context,
): { targets: Target[] | null; paths: ScalarNode[]; wanted: readonly WaitingRule[] } {
  const goals = context.overrides.goals;
  const written: ScalarNode[] | null =
    goals !== null
      ? goals.map((goal): ScalarNode => {
          const source = { file: '--goal', text: goal };
          return {
            kind: 'scalar',
            location: { source, start: 0, end: goal.length },
            text: goal,
            style: 'plain',
            size: 1,
          };
        })
      : (spec
          .get('targets')
          ?.items()
          .map((t) => t.scalar) ?? null);
  if (written === null) return { targets: null, paths: [], wanted: waiting };
  const declared = new Set([...ruleNames(spec), ...lost(context.holes)]);
  const paths: ScalarNode[] = [];
  const wanted = new Set<WaitingRule>();
  const targets = written.flatMap((node): Target[] => {
    const rule = rules.find((r) => r.name === node.text);
    if (rule) return [{ kind: 'rule', rule, location: node.location }];
    const waits = waiting.filter((w) => w.rule.name === node.text);
    for (const wait of waits) wanted.add(wait);
    if (declared.has(node.text)) return [];
    const pattern = parsePath(node, { columns, constants, context });
    if (pattern) paths.push(node);
    // Its params, or what they are called, are not known yet: which of these rules it means, neither.
    if (waiting.length > 0 && (!pattern || pattern.columns.some((c) => context.holes.waits.has(c.name)))) {
      for (const wait of waiting) wanted.add(wait);
      return [];
    }
    return pattern ? [{ kind: 'path', pattern, location: node.location }] : [];
  });
  return { targets, paths, wanted: [...wanted] };
}

function ruleNames(spec: Located<Spec>): string[] {
  return (spec.get('rules')?.entries() ?? []).map(({ key }) => key.text);
}

/** Rules that can't be read at all. */
function lost({ rules }: Holes): string[] {
  return [...rules].flatMap(([name, keys]) => (keys.has('rule') ? name : []));
}

/** Where some rules can't be planned, a target is unknown if no output of any rule reads like it. */
function checkTargets(
  paths: readonly ScalarNode[],
  spec: Located<Spec>,
  isProduced: (path: string) => boolean,
  { holes, diagnostics }: Context,
): void {
  const rules = spec.get('rules')?.entries() ?? [];
  const readable = rules.every(({ key, value }) => value.get('output') && !holesOfRule(holes, key.text).has('output'));
  if (rules.length === 0 || !readable || lost(holes).length > 0) return;
  for (const { text, location } of paths) {
    if (text.includes('{') || isProduced(text)) continue;
    const names = ruleNames(spec);
    diagnostics.push(report.unknownTarget(location, text, closest(text, names), names));
  }
}
