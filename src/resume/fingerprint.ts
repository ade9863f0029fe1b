import { hash } from 'node:crypto';
import { inputPaths, type PlannedRule } from '../model/plan.ts';
import type { Binding } from '../model/workflow.ts';
import { bindingValue } from '../plan/values.ts';

/** What changes from attempt to attempt, or says only how much a task may use, does not make a task another one. */
function countsInFingerprint({ source }: Binding): boolean {
  switch (source.kind) {
    case 'resource':
    case 'attempt':
    case 'log':
    case 'inputList':
      return false;
    default:
      return true;
  }
}

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
  const bindings = rule.rule.command.bindings.filter(countsInFingerprint);
  const significant = rule.rule.command.significant;
  return (taskIndex) => {
    let text = significant;
    for (const binding of bindings) {
      const value = bindingValue(rule, binding, taskIndex, NO_ATTEMPT);
      text += `\u0001${binding.variable}\u0002${typeof value === 'string' ? value : value.join('\u0003')}`;
    }
    for (const input of rule.inputs) text += `\u0004${inputPaths(input, taskIndex).join('\u0003')}`;
    return hash('md5', text).slice(0, 16);
  };
}

/** The checks of a rule's outputs as one text; when it changes, they run again. */
export function checksText(rule: PlannedRule): string {
  const checks = rule.rule.outputs.map((o) => o.checks);
  return checks.every((c) => c.length === 0) ? '' : hash('md5', JSON.stringify(checks)).slice(0, 16);
}
