import { type Lease, type LocalLimits, LocalPools, resourcesOfTasks } from '../../execute/pools.ts';
import type { RunGraph } from '../../execute/run-graph.ts';
import { Scheduler } from '../../execute/scheduler.ts';
import { forEachDependency, type Plan, ruleOf } from '../../model/plan.ts';
import { cpusPerNode } from '../../plan/resources.ts';
import { EndQueue } from './end-queue.ts';
import { Lanes } from './lanes.ts';
import type { Pace } from './pace.ts';

/** A schedule that was gone through once. Times are seconds from now. */
export interface Simulated {
  /** When the last task ends; 0 where none runs. */
  readonly makespan: number;
  readonly coreSeconds: number;
  readonly gpuSeconds: number;
  /** The first of the wanted tasks to end, and when; -1 for none. */
  readonly firstTarget: { readonly task: number; readonly end: number };
  /** By rule, seconds on the chain of tasks that leads to the end, each of which began as the one before it ended. */
  readonly chain: Float64Array;
  /** Seconds of those that followed one whose output they do not read: they waited for room. */
  readonly chainForRoom: number;
}

export interface LocalWork {
  readonly runs: Uint8Array;
  readonly graph: RunGraph;
  /** 1 for tasks that are asked for. */
  readonly targets: Uint8Array;
  readonly maxParallel: number;
  readonly limits: LocalLimits;
  readonly pace: Pace;
}

/** A run on this machine, by the scheduler and the pools that runs have. */
export function simulateLocal(plan: Plan, work: LocalWork, seconds: Float64Array): Simulated {
  const scheduler = new Scheduler(plan, work.runs, work.graph);
  const pools = new LocalPools(work.limits);
  const resourcesOf = resourcesOfTasks(plan);
  const running = new EndQueue();
  const leases = new Map<number, Lease>();
  const lanes = new Lanes(plan, work.pace);
  const laneOf = new Map<number, number>();
  const before = new Int32Array(plan.taskCount).fill(-1);
  const fits = (task: number): boolean => pools.fits(resourcesOf(task));
  let [now, last, coreSeconds, gpuSeconds] = [0, -1, 0, 0];
  let firstTarget = { task: -1, end: Number.POSITIVE_INFINITY };
  const startMore = (): void => {
    while (running.size < work.maxParallel) {
      const task = scheduler.start(fits);
      if (task < 0) return;
      const resources = resourcesOf(task);
      const lease = pools.take(resources);
      leases.set(task, lease);
      before[task] = last;
      const lane = lanes.take();
      laneOf.set(task, lane);
      const took = seconds[task]! + lanes.importSeconds(lane, task);
      coreSeconds += took * cpusPerNode(resources);
      gpuSeconds += took * lease.gpus.length * lease.share;
      running.add(task, now + took + work.pace.betweenSeconds);
    }
  };
  startMore();
  while (running.size > 0) {
    now = running.nextEnd;
    last = running.take();
    if (work.targets[last] === 1 && now < firstTarget.end) firstTarget = { task: last, end: now };
    pools.giveBack(leases.get(last)!);
    leases.delete(last);
    lanes.giveBack(laneOf.get(last)!);
    laneOf.delete(last);
    scheduler.finish(last, 'done');
    startMore();
  }
  return { makespan: now, coreSeconds, gpuSeconds, firstTarget, ...chainTo(plan, last, before, seconds) };
}

function chainTo(
  plan: Plan,
  last: number,
  before: Int32Array,
  seconds: Float64Array,
): Pick<Simulated, 'chain' | 'chainForRoom'> {
  const chain = new Float64Array(plan.rules.length);
  let chainForRoom = 0;
  for (let task = last; task >= 0; task = before[task]!) {
    chain[ruleOf(plan, task).rule.index]! += seconds[task]!;
    if (before[task]! >= 0 && !dependsOn(plan, task, before[task]!)) chainForRoom += seconds[task]!;
  }
  return { chain, chainForRoom };
}

function dependsOn(plan: Plan, task: number, on: number): boolean {
  let does = false;
  forEachDependency(plan, task, (producer) => {
    does ||= producer === on;
  });
  return does;
}
