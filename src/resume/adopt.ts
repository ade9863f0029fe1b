import { forEachPath, type Plan, ruleOf } from '../model/plan.ts';
import { checksText, fingerprints } from './fingerprint.ts';
import { type FileState, type Seen, type SuccessRecord, statesText } from './record.ts';

/** Records for tasks that are taken as complete in their present state. */
export function recordsOfAdopted(
  plan: Plan,
  tasks: readonly number[],
  records: ReadonlyMap<string, SuccessRecord>,
  stat: (path: string) => FileState | null,
): { name: string; record: SuccessRecord }[] {
  const fingerprintOf = new Map<number, (i: number) => string>();
  return tasks.map((task) => {
    const rule = ruleOf(plan, task);
    const i = task - rule.firstTask;
    const name = rule.outputTexts[0]!(i);
    const known = records.get(name);
    if (known) return { name, record: { ...known, checks: checksText(rule) } };
    let fingerprint = fingerprintOf.get(rule.rule.index);
    if (!fingerprint) {
      fingerprint = fingerprints(rule);
      fingerprintOf.set(rule.rule.index, fingerprint);
    }
    const inputs: Seen[] = [];
    for (const input of rule.inputs) {
      if (!input.input.ancient) forEachPath(input, i, (path) => inputs.push(stat(input.pathText(path))));
    }
    const outputs = rule.outputTexts.map((text) => stat(text(i)));
    return {
      name,
      record: {
        fingerprint: fingerprint(i),
        checks: checksText(rule),
        durationSeconds: 0,
        inputs: statesText(inputs),
        outputs: statesText(outputs),
        peakMiB: null,
      },
    };
  });
}
