import { forEachPath, forEachTaskInOrder, type Plan, type PlannedInput, type PlannedRule } from '../model/plan.ts';
import type { History, Start } from './history.ts';

/** Where a task stands by the journals alone; a task's state is its index here. */
export const TASK_STATES = ['done', 'running', 'pending', 'failed', 'blocked'] as const;
export type TaskState = (typeof TASK_STATES)[number];

const code = (state: TaskState): number => TASK_STATES.indexOf(state);
const DONE = code('done');
const RUNNING = code('running');
const PENDING = code('pending');
const FAILED = code('failed');
const BLOCKED = code('blocked');

export interface Standing {
  /** Per task its state's index in `TASK_STATES`; of use for needed tasks only. */
  readonly states: Uint8Array;
  /** Tasks that began and whose run is dead; they are pending or blocked. */
  readonly lostCount: number;
}

/**
 * Where each needed task stands. Files are not looked at: a task is done if it has a record of success and nothing began,
 * failed or was blocked since. `isAlive` tells whether an attempt without an end goes on.
 */
export function taskStanding(plan: Plan, history: History, isAlive: (name: string, start: Start) => boolean): Standing {
  const states = new Uint8Array(plan.taskCount).fill(PENDING);
  const dependencies = new BlockedDependencies(states);
  let lostCount = 0;
  forEachTaskInOrder(plan, (task, rule) => {
    const index = task - rule.firstTask;
    const name = rule.outputTexts[0]!(index);
    const start = history.unfinished.get(name);
    if (start && isAlive(name, start)) states[task] = RUNNING;
    else if (history.failed.has(name)) states[task] = FAILED;
    else if (!start && !history.blocked.has(name) && history.records.has(name)) states[task] = DONE;
    else if (isBlockedByRecord(history, name) || dependencies.areBlocked(rule, index)) states[task] = BLOCKED;
    if (start && states[task] !== RUNNING) lostCount++;
  });
  return { states, lostCount };
}

/** A line says so, and what blocked it has not succeeded since. */
function isBlockedByRecord({ blocked, records, unfinished, failed }: History, name: string): boolean {
  const cause = blocked.get(name);
  if (cause === undefined) return false;
  return failed.has(cause) || unfinished.has(cause) || blocked.has(cause) || !records.has(cause);
}

/** Whether a task depends on a failed or blocked one; all that it depends on has its state by then. */
class BlockedDependencies {
  private readonly states: Uint8Array;
  /** By group of a gather, which tasks share: 0 not looked at, 1 free, 2 blocked. */
  private readonly groups = new Map<PlannedInput, Uint8Array>();

  constructor(states: Uint8Array) {
    this.states = states;
  }

  areBlocked(rule: PlannedRule, index: number): boolean {
    return rule.inputs.some((input) => input.hasProducer && this.isInputBlocked(input, index));
  }

  private isInputBlocked(input: PlannedInput, index: number): boolean {
    const { members, producers } = input;
    if (members.kind === 'map') return this.isBlocked(producers[members.pathOf(index)]!);
    let known = this.groups.get(input);
    if (!known) {
      known = new Uint8Array(members.offsets.length);
      this.groups.set(input, known);
    }
    const group = members.groupOf(index);
    if (known[group] === 0) {
      let blocked = false;
      forEachPath(input, index, (path) => {
        blocked ||= this.isBlocked(producers[path]!);
      });
      known[group] = blocked ? 2 : 1;
    }
    return known[group] === 2;
  }

  private isBlocked(producer: number): boolean {
    return producer >= 0 && (this.states[producer] === FAILED || this.states[producer] === BLOCKED);
  }
}

export type StateCounts = Readonly<Record<TaskState, number>> & { readonly total: number };

/** Counts of the needed tasks among those with ids from `first` to `end - 1`. */
export function countStates({ needed }: Plan, states: Uint8Array, first: number, end: number): StateCounts {
  const counts = { total: 0, done: 0, running: 0, pending: 0, failed: 0, blocked: 0 };
  for (let t = first; t < end; t++) {
    if (needed[t] === 0) continue;
    counts.total++;
    counts[TASK_STATES[states[t]!]!]++;
  }
  return counts;
}
