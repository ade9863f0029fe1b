import { inputPaths, type PlannedRule } from '../model/plan.ts';
import type { Binding, Slot } from '../model/workflow.ts';
import { renderBinding, type TaskText, type ValueRenderer } from './sources.ts';

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

/** The value of one variable of a rule's command, by task index within the rule. */
export type TaskValue = (taskIndex: number, attempt: AttemptValues) => BindingValue;

/** A path as a command sees it: one that begins with `-` would be taken for a flag. */
export function commandPath(path: string): string {
  return path.startsWith('-') ? `./${path}` : path;
}

export function taskValue(rule: PlannedRule, binding: Binding): TaskValue {
  return renderBinding(binding, rule, new TaskValues(rule));
}

class TaskValues implements ValueRenderer<TaskValue> {
  private readonly rule: PlannedRule;

  constructor(rule: PlannedRule) {
    this.rule = rule;
  }

  text(text: string): TaskValue {
    return () => text;
  }

  param(_column: unknown, _pad: unknown, _form: unknown, textOf: TaskText): TaskValue {
    return textOf;
  }

  resource(_field: unknown, textOf: TaskText): TaskValue {
    return textOf;
  }

  paths(kind: 'input' | 'output', slot: Slot): TaskValue {
    const paths = this.slotPaths(kind, slot);
    return (task) => paths(task).map(commandPath);
  }

  path(kind: 'input' | 'output', slot: Slot, index: number | null): TaskValue {
    const path = this.onePath(kind, slot, index ?? 0);
    return (task) => commandPath(path(task));
  }

  listFile(slot: Slot): TaskValue {
    return (_, attempt) => commandPath(attempt.listFile(slot));
  }

  attempt(): TaskValue {
    return (_, attempt) => String(attempt.attempt);
  }

  log(): TaskValue {
    return (_, attempt) => commandPath(attempt.log);
  }

  checkpoint(index: number): TaskValue {
    const path = this.rule.checkpointTexts!.paths[index]!;
    return (task) => commandPath(path(task));
  }

  checkpoints(): TaskValue {
    const { paths } = this.rule.checkpointTexts!;
    return (task) => paths.map((path) => commandPath(path(task)));
  }

  /** Of the paths that a slot stands for, one; mostly no list of them is made. */
  private onePath(kind: 'input' | 'output', slot: Slot, index: number): (taskIndex: number) => string {
    if (kind === 'output') return this.rule.outputTexts[slot.start + index]!;
    const inputs = this.rule.inputs.slice(slot.start, slot.end);
    const input = inputs[index];
    if (input?.members.kind === 'map' && inputs.slice(0, index).every(({ members }) => members.kind === 'map')) {
      const { pathOf } = input.members;
      return (task) => input.pathText(pathOf(task));
    }
    const paths = this.slotPaths(kind, slot);
    return (task) => paths(task)[index]!;
  }

  /** The paths that a slot of the rule's inputs or outputs stands for, by task. */
  private slotPaths(kind: 'input' | 'output', { start, end }: Slot): (taskIndex: number) => string[] {
    if (kind === 'input') {
      const inputs = this.rule.inputs.slice(start, end);
      return (task) => inputs.flatMap((input) => inputPaths(input, task));
    }
    const texts = this.rule.outputTexts.slice(start, end);
    return (task) => texts.map((text) => text(task));
  }
}
