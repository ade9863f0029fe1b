import { failureKinds } from '../../model/failure-kinds.ts';
import { type Plan, ruleOf } from '../../model/plan.ts';
import { REPORT_STATES, type ReportFailure, type ReportHeader } from '../../model/report-data.ts';
import { countBlocked, firstBlockers } from '../../plan/blocking.ts';
import type { NamedColumn } from './pack.ts';

const BLOCKED = REPORT_STATES.indexOf('blocked');
const HOLDS_UP = [REPORT_STATES.indexOf('failed'), REPORT_STATES.indexOf('stopped')];

/** See `ReportHeader`. `taskOf`: per row of the report its task. */
export function blocksOf(
  plan: Plan,
  states: Uint8Array,
  failures: readonly ReportFailure[],
  taskOf: Int32Array,
): ReportHeader['blocks'] {
  if (failures.length === 0) return [];
  const kinds = failureKinds(failures, ({ task }) => ruleOf(plan, taskOf[task]!).rule.name);
  const groups = kinds.map((kind) => kind.failures.map(({ task }) => taskOf[task]!));
  const counts = countBlocked(plan, (task) => states[task] === BLOCKED, groups);
  return counts.map((count) => [...count].map(([rule, tasks]) => ({ rule, tasks })));
}

/** Blocked tasks, and the first one that each of them waits for. `rowOf`: per task its row; -1 for one that is not needed. */
export function blockedColumns(plan: Plan, states: Uint8Array, rowOf: Int32Array): NamedColumn[] {
  const firsts = firstBlockers(
    plan,
    (task) => states[task] === BLOCKED,
    (task) => HOLDS_UP.includes(states[task]!) && plan.needed[task] === 1,
  );
  const blocked = [...firsts.keys()].filter((task) => firsts[task]! >= 0);
  if (blocked.length === 0) return [];
  return [
    { name: 'blocked/task', values: Uint32Array.from(blocked, (task) => rowOf[task]!) },
    { name: 'blocked/by', values: Uint32Array.from(blocked, (task) => rowOf[firsts[task]!]!) },
  ];
}
