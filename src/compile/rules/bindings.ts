import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Location } from '../../model/source.ts';
import type { Placeholder } from '../../model/template.ts';
import type { Witness } from '../../model/witness.ts';
import type { Binding, Checkpoint, Column, Slot, ValueSource } from '../../model/workflow.ts';
import { type Constants, isFilled } from '../params/config.ts';

import * as report from '../report/report.ts';
import { type Holes, mayBeConfig } from '../text/holes.ts';
import { closest } from '../text/suggest.ts';

/** What the placeholders of one rule can mean. */
export interface RuleScope {
  readonly ruleName: string;
  readonly columns: ReadonlyMap<string, Column>;
  /** The key and what it determines. */
  readonly mapped: ReadonlySet<Column>;
  /** Of a column that the key does not determine, the rows of its table that show it; null for none. */
  readonly whyNot: (column: Column) => Witness | null;
  readonly constants: Constants;
  readonly inputSlots: ReadonlyMap<string, Slot>;
  readonly outputSlots: ReadonlyMap<string, Slot>;
  readonly holes: Holes;
  /** Names of slots whose paths are not all known; null where not even the names are. */
  readonly unreadInputs: ReadonlySet<string> | null;
  readonly unreadOutputs: ReadonlySet<string> | null;
  /** null where the rule declares none; `unread` where what it declares can't be read. */
  readonly checkpoint: Pick<Checkpoint, 'paths' | 'many'> | 'unread' | null;
  /** Whether a slot's count of paths depends on the task. */
  readonly isGathered: (slot: Slot) => boolean;
}

/** Where a placeholder's value comes from, and whether it is a list. */
export interface Resolved {
  readonly source: ValueSource;
  readonly many: boolean;
}

/**
 * Find what a placeholder of a rule's command, environment or resources means; null where that stands in a part that
 * could not be read.
 */
export function resolvePlaceholder(p: Placeholder, scope: RuleScope, location: Location): Resolved | Diagnostic | null {
  switch (p.root) {
    case 'param': {
      const column = scope.columns.get(p.name)!;
      if (!scope.mapped.has(column))
        return report.paramNotInKey(location, p.name, scope.ruleName, scope.whyNot(column));
      const pad = p.format === null ? 0 : Number(p.format);
      const unpadded = pad > 0 ? column.values.find((v) => !/^[-+]?\d+$/.test(v)) : undefined;
      if (unpadded !== undefined) return report.padNotInteger(location, p.name, unpadded);
      return { source: { kind: 'param', column, pad }, many: false };
    }
    case 'input':
    case 'output':
      return resolveSlot(p, scope, location);
    case 'config': {
      const constant = scope.constants.get(p.name);
      if (constant ? !isFilled(constant.text) : mayBeConfig(scope.holes, p.name)) return null;
      if (!constant) return report.unknownConfig(location, p.name, closest(p.name, scope.constants.keys()));
      return { source: { kind: 'constant', text: constant.text }, many: false };
    }
    case 'resources':
      return { source: { kind: 'resource', field: p.name as 'cpus' }, many: false };
    case 'rule':
    case 'attempt':
    case 'log':
      return { source: { kind: p.root }, many: false };
    case 'checkpoint':
      return resolveCheckpoint(p, scope, location);
    case 'file':
      return report.fileOnlyInCheck(location);
  }
}

function resolveSlot(p: Placeholder, scope: RuleScope, location: Location): Resolved | Diagnostic | null {
  const kind = p.root as 'input' | 'output';
  const slots = kind === 'input' ? scope.inputSlots : scope.outputSlots;
  const slot = slots.get(p.name);
  const unread = kind === 'input' ? scope.unreadInputs : scope.unreadOutputs;
  if (unread === null) return null;
  if (!slot) {
    const names = [...slots.keys()].filter((n) => n !== '');
    if (p.name === '') return report.noInputs(location, scope.ruleName);
    return report.unknownSlot(location, kind, p.name, closest(p.name, names), names);
  }
  if (p.format === 'list') return { source: { kind: 'inputList', slot }, many: false };
  if (p.index === null) return { source: { kind, slot, index: null }, many: slot.many };
  const isUnread = unread.has(p.name);
  // A pattern that names a gathered param is a list, too.
  if (!slot.many && isUnread && kind === 'input') return null;
  if (!slot.many) return report.indexOnOne(location, kind, p.name);
  if (isUnread) return null;
  if (!scope.isGathered(slot) && p.index >= slot.end - slot.start) {
    return report.indexTooLarge(location, p.name === '' ? kind : `${kind}.${p.name}`, p.index, slot.end - slot.start);
  }
  return { source: { kind, slot, index: p.index }, many: false };
}

function resolveCheckpoint(p: Placeholder, scope: RuleScope, location: Location): Resolved | Diagnostic | null {
  const { checkpoint, ruleName } = scope;
  if (checkpoint === 'unread') return null;
  if (checkpoint === null) return report.noCheckpoint(location, ruleName);
  const { paths, many } = checkpoint;
  if (p.index === null) return { source: { kind: 'checkpoint', index: 0 }, many };
  if (!many) return report.indexOnOne(location, 'checkpoint', '');
  if (p.index >= paths.length) return report.indexTooLarge(location, 'checkpoint', p.index, paths.length);
  return { source: { kind: 'checkpoint', index: p.index }, many: false };
}

/** What the executors keep for themselves beside a command's own variables: a param may be named like one. */
const RUNNER_VARIABLES = (
  'script artifacts inputs outputs from from_output ancient input_at groups list retries time_seconds checks_id ' +
  'directory temp protected min_bytes has_check checkpoints note continues warn_seconds warn_signal keeps lanes stage_exit same_element all_elements wait_seconds element'
)
  .split(' ')
  .map((name) => `wfc_${name}`);

/** The variables of one rule's command: one per distinct placeholder, each with a name of its own. */
export class BindingTable {
  private readonly byPlaceholder = new Map<string, Binding>();
  private readonly names = new Map<string, string>();

  /** The variable of a placeholder, made at its first use. */
  bind(p: Placeholder, resolved: Resolved, integer = false): Binding {
    const key = `${canonical(p)}${integer ? ' integer' : ''}`;
    const known = this.byPlaceholder.get(key);
    if (known) return known;
    const variable = integer ? `${this.variableOf(p)}_int` : this.variableOf(p);
    const binding: Binding = {
      variable,
      source: resolved.source,
      many: resolved.many,
      integer,
      placeholder: canonical(p),
    };
    this.byPlaceholder.set(key, binding);
    return binding;
  }

  /** A name that no other placeholder has, nor any of their integer forms (`NAME_int`). */
  private variableOf(p: Placeholder): string {
    const key = canonical(p);
    const known = this.names.get(key);
    if (known !== undefined) return known;
    const taken = new Set([...RUNNER_VARIABLES, ...[...this.names.values()].flatMap((name) => [name, `${name}_int`])]);
    const wanted = variableName(p);
    let variable = wanted;
    for (let n = 2; taken.has(variable) || taken.has(`${variable}_int`); n++) variable = `${wanted}__${n}`;
    this.names.set(key, variable);
    return variable;
  }

  all(): Binding[] {
    return [...this.byPlaceholder.values()];
  }
}

/** A placeholder as a person would write it, without needless parts. */
export function canonical(p: Placeholder): string {
  const root = p.root === 'param' ? p.name : p.root;
  const name = p.root !== 'param' && p.name !== '' ? `.${p.name}` : '';
  return `{${root}${name}${p.index === null ? '' : `[${p.index}]`}${p.format === null ? '' : `:${p.format}`}}`;
}

/** `{input.data[0]}` is `wfc_input__data__0`: params and roots share one namespace, so `wfc_` and the name can't clash. */
function variableName(p: Placeholder): string {
  const parts = [p.root === 'param' ? p.name : p.root];
  if (p.root !== 'param' && p.name !== '') parts.push(p.name.replace(/\W/g, '_'));
  if (p.index !== null) parts.push(String(p.index));
  if (p.format !== null) parts.push(p.format);
  return `wfc_${parts.join('__')}`;
}
