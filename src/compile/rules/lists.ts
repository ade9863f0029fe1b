import type { Diagnostic } from '../../model/diagnostic.ts';
import { inputPaths, type PlannedInput, type PlannedRule, taskName } from '../../model/plan.ts';
import type { Location } from '../../model/source.ts';
import type { Binding, Slot } from '../../model/workflow.ts';
import * as report from '../report/report.ts';

/** Linux takes no single argument past 128 KiB (execve(2), MAX_ARG_STRLEN); wfc holds a whole list to that. */
export const MAX_LIST_BYTES = 128 * 1024;

/** Lists must fit on a command line, and `{input[n]}` must exist for every task. */
export function checkLists(rule: PlannedRule, diagnostics: Diagnostic[]): void {
  if (rule.space.size === 0) return;
  for (const binding of rule.rule.command.bindings) {
    const { source } = binding;
    if (source.kind !== 'input') continue;
    const inputs = rule.inputs.slice(source.slot.start, source.slot.end);
    if (source.index !== null) checkIndex(rule, source.slot, source.index, binding, diagnostics);
    else if (inputs.some((i) => i.members.kind === 'gather') || inputs.length > 100)
      checkLength(rule, inputs, binding, diagnostics);
  }
}

/** Where a placeholder stands in the command; of one that stands elsewhere, in `env` say, the rule. */
function placeOf({ placeholder }: Binding, { rule }: PlannedRule): Location {
  const { source, start, end } = rule.runLocation;
  const at = source.text.slice(start, end).indexOf(placeholder);
  return at < 0 ? rule.location : { source, start: start + at, end: start + at + placeholder.length };
}

function checkLength(
  rule: PlannedRule,
  inputs: readonly PlannedInput[],
  binding: Binding,
  diagnostics: Diagnostic[],
): void {
  // Tasks of one group share their list: measure each group once.
  const measured = new Map<string, number>();
  for (let i = 0; i < rule.space.size; i++) {
    let bytes = 0;
    for (const input of inputs) {
      const key = input.members.kind === 'gather' ? `${input.input.pattern.text} ${input.members.groupOf(i)}` : null;
      let length = key === null ? undefined : measured.get(key);
      if (length === undefined) {
        length = inputPaths(input, i).reduce((sum, path) => sum + Buffer.byteLength(path) + 1, 0);
        if (key !== null) measured.set(key, length);
      }
      bytes += length;
    }
    if (bytes <= MAX_LIST_BYTES) continue;
    diagnostics.push(report.inputTooLong(placeOf(binding, rule), taskName(rule, i), binding.placeholder, bytes));
    return;
  }
}

function checkIndex(rule: PlannedRule, slot: Slot, index: number, binding: Binding, diagnostics: Diagnostic[]): void {
  const inputs = rule.inputs.slice(slot.start, slot.end);
  if (inputs.every((i) => i.members.kind === 'map')) return;
  for (let i = 0; i < rule.space.size; i++) {
    const count = inputs.reduce((n, input) => n + pathCount(input, i), 0);
    if (count > index) continue;
    diagnostics.push(report.indexPastGathered(placeOf(binding, rule), binding.placeholder, taskName(rule, i), count));
    return;
  }
}

/** How many paths an input stands for in one task. */
export function pathCount({ members }: PlannedInput, taskIndex: number): number {
  if (members.kind === 'map') return 1;
  const group = members.groupOf(taskIndex);
  return members.offsets[group + 1]! - members.offsets[group]!;
}
