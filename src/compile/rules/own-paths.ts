/** Paths that each task has for itself beside its outputs: its log and its checkpoint. */
import type { Located } from '../../model/located.ts';
import { locationInside, type ScalarNode } from '../../model/source.ts';
import type { Checkpoint as CheckpointSpec } from '../../model/spec.generated.ts';
import type { Checkpoint, Column, PathPattern } from '../../model/workflow.ts';
import { parseTimeSeconds } from '../../plan/quantities.ts';
import { determinedColumns } from '../params/space.ts';
import { whyUndetermined } from '../params/witness.ts';
import * as report from '../report/report.ts';
import type { RuleOptions } from './options.ts';
import { assemblePath, parsePath } from './paths.ts';

/** What tells whether a path is one task's own. */
export interface OwnPathOptions extends RuleOptions {
  readonly name: ScalarNode;
  readonly key: readonly Column[];
  /** The key and what it determines. */
  readonly mapped: ReadonlySet<Column>;
}

/** The declared log, or `.wfc/logs/RULE/site=01022500/seed=3.log`. null where it can't be read. */
export function ruleLog(
  declared: Located<unknown> | undefined,
  options: OwnPathOptions,
): { path: PathPattern; isDeclared: boolean } | null {
  const path = declared ? ownPath(declared.scalar, 'log', options) : stateFile('logs', '.log', options);
  return path && { path, isDeclared: declared !== undefined };
}

const DEFAULT_CONTINUES = 10;
const DEFAULT_WARN_SECONDS = 60;

/** null where there is none; 'unread' where it can't be read. */
export function ruleCheckpoint(
  spec: Located<CheckpointSpec> | undefined,
  options: OwnPathOptions,
): Checkpoint | 'unread' | null {
  if (!spec) return null;
  const path = spec.get('path')!;
  const nodes = path.items().map((item) => item.scalar);
  const paths = nodes.map((node) => ownPath(node, 'checkpoint', options));
  const warn = spec.get('warn');
  const warnSeconds = warn ? parseTimeSeconds(warn.text) : DEFAULT_WARN_SECONDS;
  if (warnSeconds === null) options.context.diagnostics.push(report.badWarn(warn!.location, warn!.text));
  const note = stateFile('checkpoints', '', options);
  const read = paths.filter((p) => p !== null);
  if (warnSeconds === null || note === null || read.length < paths.length) return 'unread';
  return {
    paths: read,
    many: path.kind === 'sequence',
    directory: spec.get('directory')?.value === true,
    continues: Number(spec.get('continues')?.text ?? DEFAULT_CONTINUES),
    warnSeconds,
    signal: `SIG${(spec.get('signal')?.text ?? 'TERM') as 'TERM' | 'USR1' | 'USR2'}`,
    keep: spec.get('keep')?.value === true,
    note,
    location: spec.location,
    warnLocation: (warn ?? spec).location,
  };
}

/** A folder a param, so that none holds them all. */
function stateFile(folder: string, ending: string, { name, key, context }: OwnPathOptions): PathPattern | null {
  const params = key.flatMap((column) => [`/${column.name}=`, { column, pad: 0 }]);
  return assemblePath([`.wfc/${folder}/${name.text}`, ...params, ending], name.location, context);
}

/** A path with the whole key, and with nothing that it does not determine. */
function ownPath(node: ScalarNode, kind: 'log' | 'checkpoint', options: OwnPathOptions): PathPattern | null {
  const { context, relation, constants, name, key, mapped } = options;
  const pattern = parsePath(node, { columns: relation.columns, constants, context });
  if (!pattern) return null;
  const carried = new Set([...pattern.columns, ...determinedColumns(relation, pattern.columns)]);
  const missing = key.filter((c) => !carried.has(c)).map((c) => c.name);
  if (missing.length > 0) context.diagnostics.push(report.ownPathLacksKey(pattern.location, kind, missing, name.text));
  const foreign = pattern.columns.find((c) => !mapped.has(c));
  if (foreign) {
    const written = new RegExp(`\\{${foreign.name}[:}]`).exec(node.text);
    const location = written ? locationInside(node, written.index, foreign.name.length + 2) : pattern.location;
    context.diagnostics.push(
      report.paramNotInKey(location, foreign.name, name.text, whyUndetermined(relation, key, foreign)),
    );
  }
  return missing.length > 0 || foreign ? null : pattern;
}
