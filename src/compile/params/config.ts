import { type Located, mergeNodes } from '../../model/located.ts';
import {
  isNull,
  type Location,
  locationInside,
  type Node,
  type ScalarNode,
  type SourceText,
} from '../../model/source.ts';
import type { Config } from '../../model/spec.generated.ts';
import type { Context } from '../context.ts';
import * as report from '../report/report.ts';
import { mayBeConfig } from '../text/holes.ts';
import { parseSource } from '../text/source.ts';
import { closest } from '../text/suggest.ts';

/** A constant of `config`, its own `{config.key}` filled in. */
export interface Constant {
  readonly text: string;
  readonly location: Location;
}

/** All constants by dotted key: `epochs`, `model.width`. */
export type Constants = ReadonlyMap<string, Constant>;

/** The spec's `config`, under each `--config FILE`, under `--set`. */
export function resolveConfig(declared: Located<Config> | undefined, spec: SourceText, context: Context): Constants {
  const files = context.overrides.configs.flatMap((source) => parseConfigFile(source, context));
  for (const file of files) warnOfUnusedKeys(declared?.node, file, spec, context);
  const merged = [declared?.node, ...files].reduce<Node | undefined>(
    (under, over) => (under && over ? mergeNodes(under, over) : (over ?? under)),
    undefined,
  );
  const raw = new Map<string, ScalarNode>();
  if (merged) flatten(merged, '', raw);
  for (const { key, value } of context.overrides.settings) {
    if (raw.has(key)) raw.set(key, settingNode(key, value));
  }
  const constants = new Map<string, Constant>();
  for (const key of raw.keys()) resolve(key, raw, constants, [], context);
  return constants;
}

function parseConfigFile(source: SourceText, context: Context): Node[] {
  const { root, diagnostics } = parseSource(source, report.emptyConfigFile);
  context.diagnostics.push(...diagnostics);
  // What a file that can't be read would set, nobody knows.
  if (!root) context.holes.config.add('');
  if (!root) return [];
  const bad = root.kind === 'mapping' ? notConfig(root) : root;
  if (bad) context.diagnostics.push(report.configFileShape(bad.location, bad !== root));
  if (bad) context.holes.config.add('');
  return bad ? [] : [root];
}

/** The first part of a config file that is neither a value nor a mapping of values; null for none. */
function notConfig(node: Node): Node | null {
  if (node.kind === 'scalar') return isNull(node) ? node : null;
  if (node.kind === 'sequence') return node;
  for (const { value } of node.entries.values()) {
    const bad = notConfig(value);
    if (bad) return bad;
  }
  return null;
}

/** A key that neither the spec's `config` nor a placeholder names was most likely misspelt. */
function warnOfUnusedKeys(declared: Node | undefined, file: Node, spec: SourceText, context: Context): void {
  const known = new Map<string, ScalarNode>();
  if (declared) flatten(declared, '', known);
  const given = new Map<string, ScalarNode>();
  flatten(file, '', given);
  for (const [key, { location }] of given) {
    if (known.has(key) || [`{config.${key}}`, `{config.${key}:raw}`].some((used) => spec.text.includes(used))) continue;
    context.diagnostics.push(report.configKeyUnused(location, key, closest(key, known.keys())));
  }
}

function flatten(node: Node, prefix: string, into: Map<string, ScalarNode>): void {
  if (node.kind === 'scalar') into.set(prefix, node);
  if (node.kind !== 'mapping') return;
  for (const [key, entry] of node.entries) flatten(entry.value, prefix === '' ? key : `${prefix}.${key}`, into);
}

/** What `--set key=value` wrote, as a node that diagnostics can point at. */
export function settingNode(key: string, value: string): ScalarNode {
  const source: SourceText = { file: '--set', text: `${key}=${value}` };
  const start = key.length + 1;
  return {
    kind: 'scalar',
    location: { source, start, end: start + value.length },
    text: value,
    style: 'plain',
    size: 1,
  };
}

/** Whether no `{config.key}` is left in a text: one that names nothing stays as it is. */
export function isFilled(text: string): boolean {
  return !/\{config\.[A-Za-z_]/.test(text);
}

const REFERENCE = /\{config\.([A-Za-z_][\w.-]*)\}/g;

/** Fill `{config.other}` inside a constant. */
function resolve(
  key: string,
  raw: ReadonlyMap<string, ScalarNode>,
  done: Map<string, Constant>,
  open: readonly string[],
  context: Context,
): string {
  const known = done.get(key);
  if (known) return known.text;
  const node = raw.get(key)!;
  const text = node.text.replace(REFERENCE, (whole, other: string, offset: number) => {
    const location = locationInside(node, offset, whole.length);
    if (!raw.has(other)) {
      if (!mayBeConfig(context.holes, other))
        context.diagnostics.push(report.unknownConfig(location, other, closest(other, raw.keys())));
      return whole;
    }
    if (other === key || open.includes(other)) {
      context.diagnostics.push(report.configCycle(location, [...open, key, other]));
      return whole;
    }
    return resolve(other, raw, done, [...open, key], context);
  });
  done.set(key, { text, location: node.location });
  return text;
}
