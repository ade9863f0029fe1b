/**
 * What each kind of source means for the value of a variable, decided once for all who write values: a new kind does not
 * type-check until each of them answers it.
 */
import type { PlannedRule } from '../model/plan.ts';
import type { Binding, Column, Resources, Slot, ValueSource } from '../model/workflow.ts';
import { formatValue, withoutLeadingZeros } from './format-value.ts';
import { taskResources } from './resources.ts';

/**
 * Writes the variables of one rule's command in some form: the values of a task, or bash for all tasks. Paths are written
 * as commands take them, see `commandPath`.
 */
export interface ValueRenderer<Value> {
  /** One text for all tasks. */
  text(text: string): Value;
  /** A param, padded as `pad` of `ParamPart` says, or the integer that bash calculates with. */
  param(column: Column, pad: number, form: 'padded' | 'integer', textOf: TaskText): Value;
  resource(field: ResourceField, textOf: TaskText): Value;
  /** All paths of a slot, as a list. */
  paths(kind: 'input' | 'output', slot: Slot): Value;
  /** One path of a slot, counted from its start; null for the only one of a slot that is no list. */
  path(kind: 'input' | 'output', slot: Slot, index: number | null): Value;
  /** The path of the file that lists the inputs of a slot. */
  listFile(slot: Slot): Value;
  attempt(): Value;
  log(): Value;
  /** One path of the checkpoint. */
  checkpoint(index: number): Value;
  /** All its paths, as a list. */
  checkpoints(): Value;
}

/** A text by task index within the rule. */
export type TaskText = (taskIndex: number) => string;

export type ResourceField = Extract<ValueSource, { kind: 'resource' }>['field'];

/** The value of a variable as the renderer writes it. */
export function renderBinding<Value>(
  { source, many, integer }: Binding,
  rule: PlannedRule,
  renderer: ValueRenderer<Value>,
): Value {
  switch (source.kind) {
    case 'param':
      return renderer.param(
        source.column,
        source.pad,
        integer ? 'integer' : 'padded',
        paramText(rule, source, integer),
      );
    case 'constant':
      return renderer.text(integer ? withoutLeadingZeros(source.text) : source.text);
    case 'input':
    case 'output':
      return many ? renderer.paths(source.kind, source.slot) : renderer.path(source.kind, source.slot, source.index);
    case 'inputList':
      return renderer.listFile(source.slot);
    case 'resource':
      return renderer.resource(source.field, resourceText(rule, source.field));
    case 'rule':
      return renderer.text(rule.rule.name);
    case 'attempt':
      return renderer.attempt();
    case 'log':
      return renderer.log();
    case 'checkpoint':
      return many ? renderer.checkpoints() : renderer.checkpoint(source.index);
  }
}

function paramText(
  { space }: PlannedRule,
  { column, pad }: { column: Column; pad: number },
  integer: boolean,
): TaskText {
  const read = space.reader(column);
  const { values } = column;
  if (integer) return (task) => withoutLeadingZeros(formatValue(values[read(task)]!, pad));
  return (task) => formatValue(values[read(task)]!, pad);
}

/** A task that has no limit reads 0. */
const RESOURCES: Readonly<Record<ResourceField, (resources: Resources) => number>> = {
  cpus: ({ cpus }) => cpus,
  mem_mb: ({ memoryMiB }) => memoryMiB ?? 0,
  gpus: ({ gpus, tasksPerGpu }) => gpus / tasksPerGpu,
  time_s: ({ timeSeconds }) => timeSeconds ?? 0,
  nodes: ({ nodes }) => nodes,
  ranks_per_node: ({ ranksPerNode }) => ranksPerNode,
};

function resourceText(rule: PlannedRule, field: ResourceField): TaskText {
  return (task) => String(RESOURCES[field](taskResources(rule, task)));
}

export interface SourceTraits {
  /** Which other languages than bash bind as a number. */
  readonly isNumber: boolean;
  /** What changes from attempt to attempt, or says only how much a task may use, does not make a task another one. */
  readonly countsInFingerprint: boolean;
}

export const SOURCE_TRAITS: Readonly<Record<ValueSource['kind'], SourceTraits>> = {
  param: { isNumber: false, countsInFingerprint: true },
  constant: { isNumber: false, countsInFingerprint: true },
  input: { isNumber: false, countsInFingerprint: true },
  output: { isNumber: false, countsInFingerprint: true },
  // The set of inputs counts in any case.
  inputList: { isNumber: false, countsInFingerprint: false },
  resource: { isNumber: true, countsInFingerprint: false },
  rule: { isNumber: false, countsInFingerprint: true },
  attempt: { isNumber: true, countsInFingerprint: false },
  log: { isNumber: false, countsInFingerprint: false },
  checkpoint: { isNumber: false, countsInFingerprint: true },
};
