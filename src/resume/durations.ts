import type { Plan } from '../model/plan.ts';
import type { History } from './history.ts';

/** By rule name, the seconds that its tasks took on the average, to two digits; rules without a record are left out. */
export function measuredDurations(plan: Plan, history: History | null): Map<string, number> {
  const durations = new Map<string, number>();
  if (history === null) return durations;
  for (const rule of plan.rules) {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < rule.space.size; i++) {
      const seconds = history.records.get(rule.outputTexts[0]!(i))?.durationSeconds ?? 0;
      // Records that were adopted have none.
      if (seconds > 0) {
        sum += seconds;
        count++;
      }
    }
    if (count > 0) durations.set(rule.rule.name, Number((sum / count).toPrecision(2)));
  }
  return durations;
}
