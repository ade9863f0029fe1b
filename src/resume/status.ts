import { forEachPath, forEachTaskInOrder, type Plan, type PlannedInput, type PlannedRule } from '../model/plan.ts';
import type { Block, History } from './history.ts';
import type { Start } from './start.ts';
import type { GivenTo, StoppedTask } from './stop.ts';

/**
 * Where a task stands by the journals; a task's state is its index here. `stopped`: it began, or its element was handed in,
 * and came to no end, and nothing runs it now or has it in a queue. `pending`: it has its turn still before it.
 */
export const TASK_STATES = ['done', 'running', 'pending', 'stopped', 'failed', 'blocked'] as const;
export type TaskState = (typeof TASK_STATES)[number];

const code = (state: TaskState): number => TASK_STATES.indexOf(state);
const DONE = code('done');
const RUNNING = code('running');
const PENDING = code('pending');
const STOPPED = code('stopped');
const FAILED = code('failed');
const BLOCKED = code('blocked');

/** What is known besides the journals. */
export interface Surroundings {
  /** Whether an attempt without an end goes on. */
  readonly isAlive: (name: string, start: Start) => boolean;
  /** The element that a task was handed to last; null for none. Asked only of tasks that are not done. */
  readonly givenTo: (name: string) => GivenTo | null;
}

export interface Standing {
  /** Per task its state's index in `TASK_STATES`; of use for needed tasks only. */
  readonly states: Uint8Array;
  /** Those among the needed ones that stopped, in order of their ids. */
  readonly stopped: readonly StoppedTask[];
  /** Attempts that go on, by task. */
  readonly running: ReadonlyMap<number, Start>;
  /** Tasks that began, have no end in a journal, and are not running. */
  readonly lostCount: number;
}

/**
 * Where each needed task stands. Files are not looked at: a task is done if it has a record of success and nothing began,
 * failed or was blocked since. What a journal tells of a task is past where a later element of the queue has it.
 */
export function taskStanding(plan: Plan, history: History, { isAlive, givenTo }: Surroundings): Standing {
  const states = new Uint8Array(plan.taskCount).fill(PENDING);
  const dependencies = new BlockedDependencies(states);
  const stopped: StoppedTask[] = [];
  const running = new Map<number, Start>();
  let lostCount = 0;
  forEachTaskInOrder(plan, (task, rule) => {
    const index = task - rule.firstTask;
    const name = rule.outputTexts[0]!(index);
    const start = history.unfinished.get(name);
    if (start && isAlive(name, start)) {
      states[task] = RUNNING;
      running.set(task, start);
      return;
    }
    if (start) lostCount++;
    const failure = history.failed.get(name);
    const block = history.blocked.get(name);
    if (!start && !failure && !block && history.records.has(name)) {
      states[task] = DONE;
      return;
    }
    const stop = history.stopped.get(name);
    const given = givenTo(name);
    const isHandedInAnew = (slurmId: string): boolean => given?.isQueued === true && given.slurmId !== slurmId;
    if (failure) {
      states[task] = isHandedInAnew(failure.slurmId) ? PENDING : FAILED;
    } else if (block && !isHandedInAnew(block.slurmId) && isBlockedByRecord(history, block)) {
      states[task] = BLOCKED;
    } else if (dependencies.areBlocked(rule, index)) {
      states[task] = BLOCKED;
    } else if ((start ?? stop ?? given) && given?.isQueued !== true) {
      states[task] = STOPPED;
      const ended = start ?? stop;
      stopped.push({
        task,
        cause: start ? null : (stop?.cause ?? null),
        start: ended ?? null,
        endSeconds: start ? null : (stop?.endSeconds ?? null),
        slurmId: ended?.slurmId ?? given?.slurmId ?? '',
        hasBegun: ended !== undefined || given?.hasBegun === true,
      });
    }
  });
  stopped.sort((a, b) => a.task - b.task);
  return { states, stopped, running, lostCount };
}

/** What blocked it has not succeeded since. */
function isBlockedByRecord({ blocked, records, unfinished, failed }: History, { cause }: Block): boolean {
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
  const counts = { total: 0, done: 0, running: 0, pending: 0, stopped: 0, failed: 0, blocked: 0 };
  for (let t = first; t < end; t++) {
    if (needed[t] === 0) continue;
    counts.total++;
    counts[TASK_STATES[states[t]!]!]++;
  }
  return counts;
}
