import { forEachDependency, forEachTaskInOrder, type Plan, ruleOf } from '../../model/plan.ts';
import type { Draft, Packing, SiteLimits } from './stage-types.ts';
import type { Request, Unit, Units } from './units.ts';

/** Arrays at the most: the submission stays a handful of calls however the graph looks. */
const MAX_STAGES = 7;

/**
 * Stages for graphs of thousands of rules with a task or so each: tasks by level (the longest way from a source), runs of
 * levels in one array, and in it the connected parts as elements. A part never leaves its element, so that the order
 * inside is the runner's matter, and between arrays Slurm's.
 */
export function levelStages(
  plan: Plan,
  units: Units,
  included: Uint8Array,
  limits: SiteLimits,
  packing: Packing,
): Draft[] {
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
  for (const share of [0.5, 0.25, 0.1, 0.02, 0]) {
    const runs = runsOfLevels(plan, byLevel, included, share);
    if (runs.length > MAX_STAGES) continue;
    const most = Math.max(1, Math.min(limits.maxArraySize, Math.floor((limits.maxSubmit - 1) / runs.length), 1000));
    return runs.map(
      (parts): Draft => ({
        units: units.units,
        rules: [...new Set(parts.flat().map((t) => ruleOf(plan, t).rule.name))],
        request,
        elements: packParts(parts, most, packing),
        aligned: false,
        why: `${parts.length} connected parts of the graph, packed evenly`,
      }),
    );
  }
  throw new Error('internal error: one run of levels is always few enough');
}

function largestRequest(a: Request, b: Request): Request {
  const most = (x: number | null, y: number | null): number | null =>
    x === null ? y : y === null ? x : Math.max(x, y);
  return {
    resources: {
      cpus: Math.max(a.resources.cpus, b.resources.cpus),
      memoryMiB: most(a.resources.memoryMiB, b.resources.memoryMiB),
      gpus: Math.max(a.resources.gpus, b.resources.gpus),
      gpuType: a.resources.gpuType ?? b.resources.gpuType,
    },
    flags: new Map([...a.flags, ...b.flags]),
    extra: [...new Set([...a.extra, ...b.extra])],
  };
}

/** Join levels to runs while the run keeps at least a share of its parts apart; each run as its connected parts. */
function runsOfLevels(
  plan: Plan,
  byLevel: readonly (readonly number[])[],
  included: Uint8Array,
  share: number,
): number[][][] {
  const runs: number[][][] = [];
  let parts: Parts | null = null;
  let widest = 0;
  for (const tasks of byLevel) {
    const wider: Parts = parts ? parts.copy() : new Parts();
    for (const task of tasks) wider.add(task, plan, included);
    widest = Math.max(widest, tasks.length);
    if (parts && wider.count < share * Math.min(widest, parts.count)) {
      runs.push(parts.lists());
      parts = new Parts();
      for (const task of tasks) parts.add(task, plan, included);
      widest = tasks.length;
    } else parts = wider;
  }
  if (parts) runs.push(parts.lists());
  return runs;
}

/** Tasks joined by edges among them (union-find). */
class Parts {
  private parent = new Map<number, number>();
  count = 0;

  copy(): Parts {
    const copy = new Parts();
    copy.parent = new Map(this.parent);
    copy.count = this.count;
    return copy;
  }

  add(task: number, plan: Plan, included: Uint8Array): void {
    this.parent.set(task, task);
    this.count++;
    forEachDependency(plan, task, (producer) => {
      if (included[producer] === 0 || !this.parent.has(producer)) return;
      const [a, b] = [this.find(task), this.find(producer)];
      if (a === b) return;
      this.parent.set(Math.max(a, b), Math.min(a, b));
      this.count--;
    });
  }

  private find(task: number): number {
    let root = task;
    for (let up = this.parent.get(root)!; up !== root; up = this.parent.get(root)!) root = up;
    for (let at = task; at !== root; ) {
      const next = this.parent.get(at)!;
      this.parent.set(at, root);
      at = next;
    }
    return root;
  }

  /** The parts, each in the order in which its tasks were added: dependencies first. */
  lists(): number[][] {
    const byRoot = new Map<number, number[]>();
    for (const task of this.parent.keys()) {
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
  { tasksPerElement }: Packing,
): { index: number; tasks: number[] }[] {
  const total = parts.reduce((n, p) => n + p.length, 0);
  const size = Math.max(Math.ceil(total / most), tasksPerElement === 'auto' ? 1 : tasksPerElement);
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
