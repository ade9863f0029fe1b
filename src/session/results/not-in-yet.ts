import type { PlannedResult } from '../../model/plan.ts';
import { TASK_STATES } from '../../resume/status.ts';
import { formatCount } from '../../terminal/terminal.ts';
import type { Session } from '../session.ts';

/** Files of a result that do not count yet, by where their tasks stand; `done` ones would run again, and are `stale`. */
export function notInYet(
  { plan }: Session,
  { makers }: PlannedResult,
  reasons: Uint8Array,
  states: Uint8Array,
): Map<string, number> {
  const counts = new Map<string, number>();
  const order = ['failed', 'stopped', 'blocked', 'running', 'pending', 'stale', 'not asked for'];
  for (const state of order) counts.set(state, 0);
  for (const maker of makers) {
    const isNeeded = plan.needed[maker] === 1;
    if (isNeeded && reasons[maker] === 0) continue;
    const state = TASK_STATES[states[maker]!]!;
    const word = !isNeeded ? 'not asked for' : state === 'done' ? 'stale' : state;
    counts.set(word, counts.get(word)! + 1);
  }
  for (const [word, count] of counts) if (count === 0) counts.delete(word);
  return counts;
}

/** `606 failed, 1,213 blocked`. */
export function notInWords(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([word, count]) => `${formatCount(count)} ${word}`).join(', ');
}
