import type { Counts, RuleCounts } from '../model/counts.ts';
import { type Plan, ruleOf } from '../model/plan.ts';
import { type RunGraph, runGraph } from './run-graph.ts';

/** State of a task in a run. */
export const TASK_IDLE = 0;
export const TASK_WAITING = 1;
export const TASK_READY = 2;
export const TASK_RUNNING = 3;
export const TASK_DONE = 4;
export const TASK_FAILED = 5;
/** A task that it depends on failed or is blocked: it does not run. */
export const TASK_BLOCKED = 6;

/**
 * Which tasks may start: a state machine without effects. Tasks become ready as what they depend on ends; a failure
 * blocks all that depends on it.
 */
export class Scheduler {
  readonly state: Uint8Array;
  private readonly plan: Plan;
  /** Per node (tasks, then lists) how many runs it still waits for. */
  private readonly waits: Int32Array;
  private readonly graph: RunGraph;
  private readonly ready: ReadyTasks;
  private done = 0;
  private failed = 0;
  private blocked = 0;
  private running = 0;
  readonly total: number;

  /** @param runs per task, non-zero where it is to run */
  constructor(plan: Plan, runs: Uint8Array, graph = runGraph(plan, runs)) {
    this.plan = plan;
    this.graph = graph;
    this.waits = graph.waits.slice();
    this.state = new Uint8Array(plan.taskCount);
    this.ready = new ReadyTasks(plan);
    let total = 0;
    for (const rule of plan.rules) {
      for (let i = 0; i < rule.space.size; i++) {
        const task = rule.firstTask + i;
        if (runs[task] === 0) continue;
        total++;
        this.state[task] = this.waits[task] === 0 ? TASK_READY : TASK_WAITING;
        if (this.waits[task] === 0) this.ready.add(task, rule.rule.index);
      }
    }
    this.total = total;
  }

  /** The next ready task that fits, deepest rule first, so that results come early and temp files go early; -1 for none. */
  start(fits: (task: number) => boolean): number {
    const task = this.ready.take(fits);
    if (task < 0) return -1;
    this.state[task] = TASK_RUNNING;
    this.running++;
    return task;
  }

  finish(task: number, outcome: 'done' | 'failed'): void {
    if (this.state[task] !== TASK_RUNNING)
      throw new Error(`internal error: task ${task} ended in state ${this.state[task]}`);
    this.running--;
    if (outcome === 'done') {
      this.state[task] = TASK_DONE;
      this.done++;
      this.release(task);
      return;
    }
    this.state[task] = TASK_FAILED;
    this.failed++;
    this.block(task);
  }

  /** Fail a task that can't be started; false where it is blocked already. */
  failBeforeStart(task: number): boolean {
    const state = this.state[task];
    if (state !== TASK_WAITING && state !== TASK_READY) return false;
    if (state === TASK_READY) this.ready.remove(task, ruleOf(this.plan, task).rule.index);
    this.state[task] = TASK_FAILED;
    this.failed++;
    this.block(task);
    return true;
  }

  private release(node: number): void {
    for (let i = this.graph.offsets[node]!; i < this.graph.offsets[node + 1]!; i++) {
      const follower = this.graph.followers[i]!;
      if (--this.waits[follower]! > 0) continue;
      if (follower >= this.plan.taskCount) this.release(follower);
      else if (this.state[follower] === TASK_WAITING) {
        this.state[follower] = TASK_READY;
        this.ready.add(follower, ruleOf(this.plan, follower).rule.index);
      }
    }
  }

  private block(node: number): void {
    const open = [node];
    const seen = new Set<number>();
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (let i = this.graph.offsets[at]!; i < this.graph.offsets[at + 1]!; i++) {
        const follower = this.graph.followers[i]!;
        if (follower >= this.plan.taskCount) {
          if (seen.has(follower)) continue;
          seen.add(follower);
        } else if (this.state[follower] === TASK_WAITING) {
          this.state[follower] = TASK_BLOCKED;
          this.blocked++;
        } else continue;
        open.push(follower);
      }
    }
  }

  counts(): Counts {
    return { total: this.total, done: this.done, failed: this.failed, blocked: this.blocked, running: this.running };
  }

  /** Of the rules with a task to run. It looks at all tasks: for eyes, now and then. */
  countsByRule(): RuleCounts[] {
    const rules: RuleCounts[] = [];
    const of = new Int32Array(TASK_BLOCKED + 1);
    for (const { rule, firstTask, space } of this.plan.rules) {
      of.fill(0);
      for (let t = firstTask; t < firstTask + space.size; t++) of[this.state[t]!]!++;
      const total = space.size - of[TASK_IDLE]!;
      if (total === 0) continue;
      rules.push({
        name: rule.name,
        total,
        done: of[TASK_DONE]!,
        failed: of[TASK_FAILED]!,
        blocked: of[TASK_BLOCKED]!,
        running: of[TASK_RUNNING]!,
      });
    }
    return rules;
  }

  get hasReady(): boolean {
    return this.ready.size > 0;
  }
}

/** Ready tasks by how deep their rule stands in the order; within a rule first in, first out. */
class ReadyTasks {
  size = 0;
  private readonly depthOfRule: Int32Array;
  private readonly queues: { tasks: number[]; head: number }[];
  /** Depths with a ready task, sorted. */
  private readonly depths: number[] = [];

  constructor(plan: Plan) {
    this.depthOfRule = new Int32Array(plan.rules.length);
    const indexOf = (task: number): number => ruleOf(plan, task).rule.index;
    const position = new Map<number, number>();
    for (const block of plan.order) {
      if (block.kind === 'rule') position.set(block.rule, position.size);
      else for (const task of block.tasks) if (!position.has(indexOf(task))) position.set(indexOf(task), position.size);
    }
    for (const rule of plan.rules) this.depthOfRule[rule.rule.index] = position.get(rule.rule.index) ?? 0;
    this.queues = plan.rules.map(() => ({ tasks: [], head: 0 }));
  }

  add(task: number, ruleIndex: number): void {
    const depth = this.depthOfRule[ruleIndex]!;
    const queue = this.queues[depth]!;
    if (queue.head === queue.tasks.length) this.insertDepth(depth);
    queue.tasks.push(task);
    this.size++;
  }

  remove(task: number, ruleIndex: number): void {
    const depth = this.depthOfRule[ruleIndex]!;
    const queue = this.queues[depth]!;
    queue.tasks.splice(queue.tasks.indexOf(task, queue.head), 1);
    this.size--;
    if (queue.head === queue.tasks.length) this.depths.splice(this.depths.indexOf(depth), 1);
  }

  take(fits: (task: number) => boolean): number {
    for (let d = this.depths.length - 1; d >= 0; d--) {
      const queue = this.queues[this.depths[d]!]!;
      const task = queue.tasks[queue.head]!;
      if (!fits(task)) continue;
      queue.head++;
      this.size--;
      if (queue.head === queue.tasks.length) {
        queue.tasks = [];
        queue.head = 0;
        this.depths.splice(d, 1);
      }
      return task;
    }
    return -1;
  }

  private insertDepth(depth: number): void {
    let at = this.depths.length;
    while (at > 0 && this.depths[at - 1]! > depth) at--;
    this.depths.splice(at, 0, depth);
  }
}
