import { hasErrors } from '../model/diagnostic.ts';
import { Located } from '../model/located.ts';
import { locationInside, type Node, type ScalarNode } from '../model/source.ts';
import type { Spec } from '../model/spec.generated.ts';
import type { Column, Rule, Target, Workflow } from '../model/workflow.ts';
import { type Constants, resolveConfig, settingNode } from './config.ts';
import type { Context } from './context.ts';
import { parsePath, partTexts } from './paths.ts';
import { placedText } from './place.ts';
import * as report from './report.ts';
import { normalizeRule } from './rules.ts';
import { closest } from './suggest.ts';
import { buildRelation } from './tables.ts';

export interface Normalized {
  /** Holds the rules without mistakes. */
  readonly workflow: Workflow;
  /** False where params, tables or config are wrong, so that tasks can't be told. */
  readonly relationSound: boolean;
}

/** Resolve every name of a spec that has passed its schema, but for the rules that it is told to skip. */
export function normalize(spec: Located<Spec>, rulesToSkip: ReadonlySet<string>, context: Context): Normalized {
  const before = context.diagnostics.length;
  const constants = resolveConfig(spec.get('config'), spec.location.source, context);
  const fill = (text: string, node: Node): string => fillConfig(text, node, constants, context);
  const { relation, columnsKnown } = buildRelation(spec, {
    context,
    fill,
    isProduced: producedPaths(spec, constants, context),
  });
  if (columnsKnown) checkSettings(constants, relation.columns, context);
  const relationSound = !hasErrors(context.diagnostics.slice(before));
  if (!columnsKnown) return { workflow: { name: '', relation, rules: [], targets: null }, relationSound };
  const rules: Rule[] = [];
  for (const { key, value } of spec.get('rules')?.entries() ?? []) {
    if (rulesToSkip.has(key.text)) continue;
    const rule = normalizeRule(key, value, spec.get('defaults'), rules.length, { relation, constants, context });
    if (rule) rules.push(rule);
  }
  reserveGlobs(spec, constants, relation.columns, context);
  const targets = resolveTargets(spec, rules, constants, relation.columns, context);
  return { workflow: { name: spec.get('name')?.text ?? 'wfc', relation, rules, targets }, relationSound };
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
    const path = glob && parsePath(glob.scalar, { columns, constants, context });
    if (!path) continue;
    const what = `a file that the glob of "${key.text}" found`;
    context.reserved.push({ path, what, isFolder: false, location: glob.location });
  }
}

const CONFIG_REFERENCE = /\{config\.([A-Za-z_][\w.-]*)\}/g;

/** Fill `{config.key}` in a text that takes no other placeholder, such as the name of a value file. */
function fillConfig(text: string, node: Node, constants: Constants, context: Context): string {
  return text.replace(CONFIG_REFERENCE, (whole, key: string, offset: number) => {
    const constant = constants.get(key);
    if (constant) return constant.text;
    const location = node.kind === 'scalar' ? locationInside(node, offset, whole.length) : node.location;
    context.diagnostics.push(report.unknownConfig(location, key, closest(key, constants.keys())));
    return whole;
  });
}

/**
 * Whether a path looks like some rule's output, or lies in a directory output; params whose values are not known yet
 * match any one component.
 */
function producedPaths(
  spec: Located<Spec>,
  constants: Constants,
  { files: { place } }: Context,
): (path: string, columns: ReadonlyMap<string, Column>) => boolean {
  const outputs: { readonly path: string; readonly isDirectory: boolean }[] = [];
  const add = (text: string, isDirectory: boolean): void => {
    const filled = text.replace(CONFIG_REFERENCE, (whole, key: string) => constants.get(key)?.text ?? whole);
    outputs.push({ path: placedText(filled, place), isDirectory });
  };
  const collect = (node: Node): void => {
    if (node.kind === 'scalar') add(node.text, false);
    else if (node.kind === 'sequence') node.items.forEach(collect);
    else if (node.entries.has('path')) {
      const options = new Located<{ path: string; directory: boolean }>(node);
      add(options.get('path')!.text, options.get('directory')?.value === true);
    } else for (const { value } of node.entries.values()) collect(value);
  };
  for (const { value } of spec.get('rules')?.entries() ?? []) {
    const output = value.get('output');
    if (output) collect(output.node);
  }
  return (path, columns) => {
    const written = placedText(path, place);
    return outputs.some((output) => isOutput(written, output, columns));
  };
}

function isOutput(
  path: string,
  output: { readonly path: string; readonly isDirectory: boolean },
  columns: ReadonlyMap<string, Column>,
): boolean {
  const params: { readonly column: Column | undefined; readonly pad: number }[] = [];
  const source = output.path
    .split(/\{(\w+(?::\d+)?)\}/)
    .map((part, i) => {
      if (i % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      const [name, pad = '0'] = part.split(':') as [string, string?];
      const column = columns.get(name);
      params.push({ column, pad: Number(pad) });
      return column?.allowsSlash ? '(.+)' : '([^/]+)';
    })
    .join('');
  const match = new RegExp(`^${source}${output.isDirectory ? '(?:/.*)?' : ''}$`).exec(path);
  return (
    match !== null &&
    params.every(({ column, pad }, i) => column === undefined || partTexts(column, pad).includes(match[i + 1]!))
  );
}

function checkSettings(constants: Constants, columns: ReadonlyMap<string, Column>, context: Context): void {
  for (const { key, value } of context.overrides.settings) {
    if (constants.has(key) || columns.has(key)) continue;
    const { location } = settingNode(key, value);
    const near = closest(key, [...columns.keys(), ...constants.keys()]);
    context.diagnostics.push(report.unknownSetting({ ...location, start: 0, end: key.length }, key, near));
  }
}

function resolveTargets(
  spec: Located<Spec>,
  rules: readonly Rule[],
  constants: Constants,
  columns: ReadonlyMap<string, Column>,
  context: Context,
): Target[] | null {
  const goals = context.overrides.goals;
  const wanted: ScalarNode[] | null =
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
  if (wanted === null) return null;
  const declared = new Set((spec.get('rules')?.entries() ?? []).map(({ key }) => key.text));
  return wanted.flatMap((node): Target[] => {
    const rule = rules.find((r) => r.name === node.text);
    if (rule) return [{ kind: 'rule', rule, location: node.location }];
    if (declared.has(node.text)) return [];
    const pattern = parsePath(node, { columns, constants, context });
    return pattern ? [{ kind: 'path', pattern, location: node.location }] : [];
  });
}
