import { countOf } from '../../model/counts.ts';
import { forEachDependency, forEachTaskInOrder, type Plan, ruleOf } from '../../model/plan.ts';
import { type ExpectedSeconds, tasksOfShortElement } from './durations.ts';
import { type Draft, lanesOf, type Packing, type SiteLimits } from './stage-types.ts';
import type { Request, Unit, Units } from './units.ts';

/** Arrays at the most: the submission stays a handful of calls however the graph looks. */
const MAX_STAGES = 7;

export interface LevelOptions {
  readonly units: Units;
  readonly included: Uint8Array;
  readonly limits: SiteLimits;
  readonly packing: Packing;
  readonly expected: ExpectedSeconds;
}

/**
 * Stages for graphs of thousands of rules with a task or so each: tasks by level (the longest way from a source), runs of
 * levels in one array, and in it the connected parts as elements. A part never leaves its element, so that the order
 * inside is the runner's matter, and between arrays Slurm's.
 */
export function levelStages(plan: Plan, options: LevelOptions): Draft[] {
  const { units, included, limits } = options;
  const order: number[] = [];
  const level = new Int32Array(plan.taskCount);
  let depth = 0;
  forEachTaskInOrder(plan, (task) => {
    if (included[task] === 0) return;
    order.push(task);
    let own = 0;
    forEachDependency(plan, task, (producer) => {
      if (included[producer] === 1) own = Math.max(own, level[producer]! + 1);
    });
    level[task] = own;
    depth = Math.max(depth, own + 1);
  });
  const classes = new Map<string, Unit[]>();
  for (const unit of units.units) classes.set(unit.requestKey, [...(classes.get(unit.requestKey) ?? []), unit]);
  // One array asks for one thing: where levels are shared by rules that ask for different things, all get the most.
  const request = [...classes.values()].map((list) => list[0]!.request).reduce(largestRequest);
  const byLevel: number[][] = Array.from({ length: depth }, () => []);
  for (const task of order) byLevel[level[task]!]!.push(task);
  const runs = chooseRuns(plan, byLevel, included);
  const most = Math.max(1, Math.min(limits.maxArraySize, Math.floor((limits.maxSubmit - 1) / runs.length), 1000));
  return runs.map(
    ({ firstLevel, lastLevel, parts }): Draft => ({
      units: units.units,
      rules: [...new Set(parts.flat().map((t) => ruleOf(plan, t).rule.name))],
      request,
      elements: packParts(parts, most, lanesOf(request, options.packing), request.resources.tasksPerGpu > 1, options),
      aligned: false,
      why: runWords(firstLevel + 1, lastLevel + 1, depth, parts.length),
    }),
  );
}

function runWords(first: number, last: number, depth: number, parts: number): string {
  const levels =
    first === 1 && last === depth
      ? 'the whole graph'
      : first === last
        ? `level ${first}`
        : `levels ${first} to ${last}`;
  const where = levels === 'the whole graph' ? levels : `${levels} of ${depth} of the graph`;
  return parts === 1
    ? `${where}: it hangs together, so one element`
    : `${where}: ${countOf(parts, 'connected part')}, packed evenly`;
}

function largestRequest(a: Request, b: Request): Request {
  const most = (x: number | null, y: number | null): number | null =>
    x === null ? y : y === null ? x : Math.max(x, y);
  return {
    resources: {
      tasksPerGpu: fewestPerGpu(a, b),
      cpus: Math.max(a.resources.cpus, b.resources.cpus),
      memoryMiB: most(a.resources.memoryMiB, b.resources.memoryMiB),
      gpus: Math.max(a.resources.gpus, b.resources.gpus),
      gpuType: a.resources.gpuType ?? b.resources.gpuType,
      nodes: Math.max(a.resources.nodes, b.resources.nodes),
      ranksPerNode: Math.max(a.resources.ranksPerNode, b.resources.ranksPerNode),
    },
    flags: new Map([...a.flags, ...b.flags]),
    extra: [...new Set([...a.extra, ...b.extra])],
  };
}

/** Those without GPUs don't care. */
function fewestPerGpu(a: Request, b: Request): number {
  const asked = [a, b].filter(({ resources }) => resources.gpus > 0).map(({ resources }) => resources.tasksPerGpu);
  return Math.min(...(asked.length === 0 ? [1] : asked));
}

// --- runs of levels ---

/** Consecutive levels that share an array. */
interface Run {
  /** From 0. */
  readonly firstLevel: number;
  readonly lastLevel: number;
  /** Its connected parts, each in the order of levels: dependencies first. */
  readonly parts: number[][];
}

/** Levels are joined to about this many groups before runs are chosen: what is tried grows with its square. */
const MAX_GROUPS = 32;
/** So many elements run side by side, as far as the choice goes. */
const WIDE = 100;
/** Fewer arrays are worth this much longer a time. */
const TOLERANCE = 1.25;

/**
 * Cut the levels into a few runs. A run takes as long as its largest part, or as all its tasks do on `WIDE` elements; of
 * all cuts into at most `MAX_STAGES` runs, the fewest runs that come near the shortest time in all. Tasks count as equal.
 */
function chooseRuns(plan: Plan, byLevel: readonly (readonly number[])[], included: Uint8Array): Run[] {
  const groups = groupLevels(byLevel);
  const cost = runCosts(plan, groups, included);
  const count = groups.length;
  // best[k][b]: the shortest time of groups 0 to b in k + 1 runs, and where the last of these begins.
  const best: { time: number; from: number }[][] = [];
  for (let k = 0; k < Math.min(MAX_STAGES, count); k++) {
    best.push(
      groups.map((_, b) => {
        if (k === 0) return { time: cost[0]![b]!, from: 0 };
        let found = { time: Number.POSITIVE_INFINITY, from: 0 };
        for (let from = k; from <= b; from++) {
          const time = best[k - 1]![from - 1]!.time + cost[from]![b]!;
          if (time < found.time) found = { time, from };
        }
        return found;
      }),
    );
  }
  const times = best.map((row) => row[count - 1]!.time);
  const shortest = Math.min(...times);
  const runs: Run[] = [];
  let last = count - 1;
  for (let k = times.findIndex((time) => time <= shortest * TOLERANCE); k >= 0; k--) {
    const { from } = best[k]![last]!;
    const parts = new Parts(plan, included);
    for (const { tasks } of groups.slice(from, last + 1)) for (const task of tasks) parts.add(task);
    runs.unshift({ firstLevel: groups[from]!.firstLevel, lastLevel: groups[last]!.lastLevel, parts: parts.lists() });
    last = from - 1;
  }
  return runs;
}

interface LevelGroup {
  readonly firstLevel: number;
  lastLevel: number;
  readonly tasks: number[];
}

function groupLevels(byLevel: readonly (readonly number[])[]): LevelGroup[] {
  const total = byLevel.reduce((n, tasks) => n + tasks.length, 0);
  const enough = byLevel.length <= MAX_GROUPS ? 0 : total / MAX_GROUPS;
  const groups: LevelGroup[] = [];
  byLevel.forEach((tasks, level) => {
    const open = groups.at(-1);
    if (open && open.tasks.length < enough) {
      open.tasks.push(...tasks);
      open.lastLevel = level;
    } else groups.push({ firstLevel: level, lastLevel: level, tasks: [...tasks] });
  });
  return groups;
}

/** By first and last group of a run, how long it takes, in tasks one after another. */
function runCosts(plan: Plan, groups: readonly LevelGroup[], included: Uint8Array): number[][] {
  return groups.map((_, from) => {
    const parts = new Parts(plan, included);
    return groups.map(({ tasks }, to) => {
      if (to < from) return Number.POSITIVE_INFINITY;
      for (const task of tasks) parts.add(task);
      return Math.max(parts.largest, Math.ceil(parts.taskCount / WIDE));
    });
  });
}

/** Tasks joined by edges among them (union-find). */
class Parts {
  private readonly plan: Plan;
  private readonly included: Uint8Array;
  /** By task; -1 where it was not added. A root is its own parent. */
  private readonly parent: Int32Array;
  /** By root: tasks of its part. */
  private readonly size: Int32Array;
  private readonly added: number[] = [];
  /** Tasks of the largest part. */
  largest = 0;

  constructor(plan: Plan, included: Uint8Array) {
    this.plan = plan;
    this.included = included;
    this.parent = new Int32Array(plan.taskCount).fill(-1);
    this.size = new Int32Array(plan.taskCount);
  }

  get taskCount(): number {
    return this.added.length;
  }

  add(task: number): void {
    this.parent[task] = task;
    this.size[task] = 1;
    this.added.push(task);
    this.largest = Math.max(this.largest, 1);
    forEachDependency(this.plan, task, (producer) => {
      if (this.included[producer] === 0 || this.parent[producer] === -1) return;
      const [a, b] = [this.find(task), this.find(producer)];
      if (a === b) return;
      const [root, child] = this.size[a]! < this.size[b]! ? [b, a] : [a, b];
      this.parent[child] = root;
      this.size[root] = this.size[root]! + this.size[child]!;
      this.largest = Math.max(this.largest, this.size[root]!);
    });
  }

  private find(task: number): number {
    let at = task;
    while (this.parent[at] !== at) {
      // Halve the way for the next look.
      this.parent[at] = this.parent[this.parent[at]!]!;
      at = this.parent[at]!;
    }
    return at;
  }

  /** The parts, in the order in which the first task of each was added, and each in that order. */
  lists(): number[][] {
    const byRoot = new Map<number, number[]>();
    for (const task of this.added) {
      const root = this.find(task);
      const list = byRoot.get(root);
      if (list) list.push(task);
      else byRoot.set(root, [task]);
    }
    return [...byRoot.values()];
  }
}

function packParts(
  parts: readonly number[][],
  most: number,
  lanes: number,
  isShared: boolean,
  { packing: { tasksPerElement }, expected }: LevelOptions,
): { index: number; tasks: number[] }[] {
  const total = parts.reduce((n, p) => n + p.length, 0);
  const least = tasksPerElement === 'auto' ? tasksOfShortElement(parts.flat(), lanes, expected) : tasksPerElement;
  // An element of fewer tasks than use a GPU together would leave some of it idle.
  const size = Math.max(Math.ceil(total / most), least, isShared ? lanes : 1);
  const elements: { index: number; tasks: number[] }[] = [];
  let open: number[] = [];
  for (const part of parts) {
    open.push(...part);
    if (open.length < size) continue;
    elements.push({ index: elements.length, tasks: open });
    open = [];
  }
  if (open.length > 0) elements.push({ index: elements.length, tasks: open });
  return elements;
}
