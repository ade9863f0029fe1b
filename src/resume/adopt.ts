import { type Plan, ruleOf } from '../model/plan.ts';
import type { Decisions } from './decide.ts';
import { checksText, fingerprints } from './fingerprint.ts';
import { firstDifference, type RecordsByName, type Seen, type SuccessRecord, statesText } from './record.ts';

/** Records for tasks that are taken as complete in their present state. */
export function recordsOfAdopted(
  plan: Plan,
  tasks: readonly number[],
  { seen, codeOf }: Pick<Decisions, 'seen' | 'codeOf'>,
  records: RecordsByName,
): { name: string; record: SuccessRecord }[] {
  const fingerprintOf = new Map<number, (i: number) => string>();
  return tasks.map((task) => {
    const rule = ruleOf(plan, task);
    const i = task - rule.firstTask;
    const name = rule.outputTexts[0]!(i);
    let fingerprint = fingerprintOf.get(rule.rule.index);
    if (!fingerprint) {
      fingerprint = fingerprints(rule);
      fingerprintOf.set(rule.rule.index, fingerprint);
    }
    const before = records.get(name);
    const { inputs, outputs } = seen(task);
    return {
      name,
      record: {
        fingerprint: fingerprint(i) + codeOf(rule),
        checks: checksText(rule),
        durationSeconds: before?.durationSeconds ?? 0,
        inputs: adoptedStates(before?.inputs, inputs),
        outputs: adoptedStates(before?.outputs, outputs),
        peakMiB: before?.peakMiB ?? null,
      },
    };
  });
}

/** What still holds stays as it was recorded: it may know more, such as of a temp output that was remade. */
function adoptedStates(before: string | undefined, now: readonly Seen[]): string {
  return before !== undefined && firstDifference(before, now) === -1 ? before : statesText(now);
}
