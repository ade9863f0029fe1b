import {
  forEachPath,
  forEachTaskInOrder,
  type Plan,
  type PlannedInput,
  type PlannedRule,
  ruleOf,
} from '../model/plan.ts';

/** How many groups one pass tells apart: as many as an integer has bits beside its sign. */
const GROUPS_AT_ONCE = 31;

/**
 * How many blocked tasks depend on some task of a group, directly or through other blocked ones: per group by the name of
 * their rule, in order of the plan. Rules without one are left out.
 */
export function countBlocked(
  plan: Plan,
  isBlocked: (task: number) => boolean,
  groups: readonly (readonly number[])[],
): ReadonlyMap<string, number>[] {
  const counts: ReadonlyMap<string, number>[] = [];
  for (let first = 0; first < groups.length; first += GROUPS_AT_ONCE)
    counts.push(...countAtOnce(plan, isBlocked, groups.slice(first, first + GROUPS_AT_ONCE)));
  return counts;
}

function countAtOnce(
  plan: Plan,
  isBlocked: (task: number) => boolean,
  groups: readonly (readonly number[])[],
): ReadonlyMap<string, number>[] {
  /** Per task, as bits, the groups that it is of or comes after. */
  const bits = new Int32Array(plan.taskCount);
  groups.forEach((tasks, g) => {
    for (const task of tasks) bits[task]! |= 1 << g;
  });
  const read = new Reads(bits, 0, (a, b) => a | b);
  const counts = groups.map(() => new Map<string, number>());
  forEachTaskInOrder(plan, (task, rule) => {
    if (!isBlocked(task)) return;
    const after = read.all(rule, task - rule.firstTask);
    bits[task]! |= after;
    const { name } = rule.rule;
    for (const [g, count] of counts.entries())
      if ((after & (1 << g)) !== 0) count.set(name, (count.get(name) ?? 0) + 1);
  });
  return counts;
}

const NONE = 0x7fffffff;

/** Per blocked task the first of those that hold it up, directly or through other blocked ones; -1 where there is none. */
export function firstBlockers(
  plan: Plan,
  isBlocked: (task: number) => boolean,
  holdsUp: (task: number) => boolean,
): Int32Array {
  const firsts = new Int32Array(plan.taskCount).fill(NONE);
  for (let task = 0; task < plan.taskCount; task++) if (holdsUp(task)) firsts[task] = task;
  const read = new Reads(firsts, NONE, Math.min);
  const found = new Int32Array(plan.taskCount).fill(-1);
  forEachTaskInOrder(plan, (task, rule) => {
    if (!isBlocked(task)) return;
    firsts[task] = read.all(rule, task - rule.firstTask);
    if (firsts[task] !== NONE) found[task] = firsts[task]!;
  });
  return found;
}

/** What comes together of a number per task, over all tasks whose outputs a task reads. */
class Reads {
  private readonly numbers: Int32Array;
  private readonly empty: number;
  private readonly together: (a: number, b: number) => number;
  /** The tasks of one group of a gather read the same: its number, -1 where it was not asked for yet. */
  private readonly groups = new Map<PlannedInput, Int32Array>();

  /** @param numbers none is negative */
  constructor(numbers: Int32Array, empty: number, together: (a: number, b: number) => number) {
    this.numbers = numbers;
    this.empty = empty;
    this.together = together;
  }

  all({ inputs }: PlannedRule, index: number): number {
    let all = this.empty;
    for (const input of inputs) if (input.hasProducer) all = this.together(all, this.ofInput(input, index));
    return all;
  }

  private ofInput(input: PlannedInput, index: number): number {
    const { members } = input;
    if (members.kind === 'map') return this.ofPaths(input, index);
    let known = this.groups.get(input);
    if (!known) {
      known = new Int32Array(members.offsets.length).fill(-1);
      this.groups.set(input, known);
    }
    const group = members.groupOf(index);
    if (known[group] === -1) known[group] = this.ofPaths(input, index);
    return known[group]!;
  }

  private ofPaths(input: PlannedInput, index: number): number {
    let all = this.empty;
    forEachPath(input, index, (path) => {
      const producer = input.producers[path]!;
      if (producer >= 0) all = this.together(all, this.numbers[producer]!);
    });
    return all;
  }
}

/** Finds what holds blocked tasks up; to be asked many times. */
export class HeldUp {
  private readonly plan: Plan;
  private readonly isBlocked: (task: number) => boolean;
  private readonly holdsUp: (task: number) => boolean;
  /** Per task, and per group of a gather, the number of the last question in which it was seen. */
  private readonly seen: Uint32Array;
  private readonly seenGroups = new Map<PlannedInput, Uint32Array>();
  private question = 0;

  /** @param holdsUp whether others wait for a task since it failed or stopped */
  constructor(plan: Plan, isBlocked: (task: number) => boolean, holdsUp: (task: number) => boolean) {
    this.plan = plan;
    this.isBlocked = isBlocked;
    this.holdsUp = holdsUp;
    this.seen = new Uint32Array(plan.taskCount);
  }

  /** The tasks that hold some blocked ones up, directly or through other blocked ones, in order of their ids. */
  by(blocked: Iterable<number>): number[] {
    this.question++;
    const found: number[] = [];
    const open = [...blocked];
    for (let task = open.pop(); task !== undefined; task = open.pop()) {
      this.forEachUnseen(task, (producer) => {
        if (this.holdsUp(producer)) found.push(producer);
        else if (this.isBlocked(producer)) open.push(producer);
      });
    }
    return found.sort((a, b) => a - b);
  }

  private forEachUnseen(task: number, visit: (producer: number) => void): void {
    const rule = ruleOf(this.plan, task);
    const index = task - rule.firstTask;
    for (const input of rule.inputs) {
      if (!input.hasProducer || !this.isUnseenGroup(input, index)) continue;
      forEachPath(input, index, (path) => {
        const producer = input.producers[path]!;
        if (producer < 0 || this.seen[producer] === this.question) return;
        this.seen[producer] = this.question;
        visit(producer);
      });
    }
  }

  private isUnseenGroup(input: PlannedInput, index: number): boolean {
    const { members } = input;
    if (members.kind === 'map') return true;
    let seen = this.seenGroups.get(input);
    if (!seen) {
      seen = new Uint32Array(members.offsets.length);
      this.seenGroups.set(input, seen);
    }
    const group = members.groupOf(index);
    const isUnseen = seen[group] !== this.question;
    seen[group] = this.question;
    return isUnseen;
  }
}
