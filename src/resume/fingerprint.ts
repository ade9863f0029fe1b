import { hash } from 'node:crypto';
import { inputPaths, type PlannedInput, type PlannedRule } from '../model/plan.ts';
import { SOURCE_TRAITS } from '../plan/sources.ts';
import { taskValue } from '../plan/values.ts';

const NO_ATTEMPT = {
  attempt: 0,
  log: '',
  listFile: () => {
    throw new Error('internal error: a fingerprint names no list file');
  },
};

/**
 * A function from task index to fingerprint: 16 hex digits over the command (without what its interpreter ignores), the
 * values it uses, and the set of its inputs. Equal fingerprints: running the task again would do the same.
 */
export function fingerprints(rule: PlannedRule): (taskIndex: number) => string {
  const counted = rule.rule.command.bindings.filter(({ source }) => SOURCE_TRAITS[source.kind].countsInFingerprint);
  const bound = counted.map((binding) => ({ variable: binding.variable, value: taskValue(rule, binding) }));
  const significant = rule.rule.command.significant;
  return (taskIndex) => {
    let text = significant;
    for (const { variable, value } of bound) {
      const written = value(taskIndex, NO_ATTEMPT);
      text += `\u0001${variable}\u0002${typeof written === 'string' ? written : written.join('\u0003')}`;
    }
    for (const input of rule.inputs) text += `\u0004${pathsText(input, taskIndex)}`;
    return hash('md5', text).slice(0, 16);
  };
}

function pathsText(input: PlannedInput, taskIndex: number): string {
  const { members } = input;
  if (members.kind === 'map') return input.pathText(members.pathOf(taskIndex));
  return inputPaths(input, taskIndex).join('\u0003');
}

/** The checks of a rule's outputs as one text; when it changes, they run again. */
export function checksText(rule: PlannedRule): string {
  const checks = rule.rule.outputs.map((o) => o.checks);
  return checks.every((c) => c.length === 0) ? '' : hash('md5', JSON.stringify(checks)).slice(0, 16);
}
