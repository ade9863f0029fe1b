import { inputPaths, type PlannedRule } from '../model/plan.ts';
import type { Binding, Slot } from '../model/workflow.ts';
import { formatValue } from './format-value.ts';
import { taskResources } from './resources.ts';

/** What only the attempt knows. */
export interface AttemptValues {
  /** Counted from 1. */
  readonly attempt: number;
  readonly log: string;
  /** Where the list file of `{input:list}` lies for this slot. */
  readonly listFile: (slot: Slot) => string;
}

/** A variable's value: one text, or the elements of an array. */
export type BindingValue = string | readonly string[];

/** A path as a command sees it: one that begins with `-` would be taken for a flag. */
export function commandPath(path: string): string {
  return path.startsWith('-') ? `./${path}` : path;
}

/** The paths that a slot of the rule's inputs or outputs stands for in one task. */
export function slotPaths(rule: PlannedRule, kind: 'input' | 'output', slot: Slot, taskIndex: number): string[] {
  if (kind === 'input') return rule.inputs.slice(slot.start, slot.end).flatMap((input) => inputPaths(input, taskIndex));
  return rule.outputTexts.slice(slot.start, slot.end).map((text) => text(taskIndex));
}

/** The value of one variable of a rule's command for one task. */
export function bindingValue(
  rule: PlannedRule,
  binding: Binding,
  taskIndex: number,
  attempt: AttemptValues,
): BindingValue {
  const { source } = binding;
  switch (source.kind) {
    case 'param': {
      const text = formatValue(source.column.values[rule.space.valueId(taskIndex, source.column)]!, source.pad);
      return binding.integer ? withoutLeadingZeros(text) : text;
    }
    case 'constant':
      return binding.integer ? withoutLeadingZeros(source.text) : source.text;
    case 'input':
    case 'output': {
      const paths = slotPaths(rule, source.kind, source.slot, taskIndex).map(commandPath);
      return source.index !== null ? paths[source.index]! : binding.many ? paths : paths[0]!;
    }
    case 'inputList':
      return commandPath(attempt.listFile(source.slot));
    case 'resource': {
      const resources = taskResources(rule, taskIndex);
      const values = {
        cpus: resources.cpus,
        mem_mb: resources.memoryMiB ?? 0,
        gpus: resources.gpus,
        time_s: resources.timeSeconds ?? 0,
      };
      return String(values[source.field]);
    }
    case 'rule':
      return rule.rule.name;
    case 'attempt':
      return String(attempt.attempt);
    case 'log':
      return commandPath(attempt.log);
  }
}

/** Bash reads `010` as octal: the value of an integer, without its leading zeros and plus sign. */
export function withoutLeadingZeros(text: string): string {
  return text.replace(/^\+?(-?)0+(?=\d)/, '$1').replace(/^\+/, '');
}
