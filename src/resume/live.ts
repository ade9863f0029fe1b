import { forEachDependency, forEachTaskInOrder, type Plan } from '../model/plan.ts';

/** What a submission may run while another one is queued. */
export interface Beside {
  /** Per task, 1 where it is to run now. */
  readonly included: Uint8Array;
  readonly includedCount: number;
  /** Tasks that are to run and that queued or running elements have. */
  readonly liveCount: number;
  /** Tasks that are to run and depend on one of those: left for the next time. */
  readonly waitingCount: number;
}

/**
 * Which of the tasks that are to run may be submitted while the live ones are queued or running elsewhere: none of those,
 * and none that depends on one, since no dependency ever names an older job.
 */
export function runnableBeside(plan: Plan, reasons: Uint8Array, isLive: Uint8Array): Beside {
  const included = new Uint8Array(plan.taskCount);
  const held = new Uint8Array(plan.taskCount);
  let includedCount = 0;
  let liveCount = 0;
  let waitingCount = 0;
  forEachTaskInOrder(plan, (task) => {
    if (reasons[task] === 0) return;
    if (isLive[task] === 1) {
      held[task] = 1;
      liveCount++;
      return;
    }
    forEachDependency(plan, task, (producer) => {
      if (held[producer] === 1) held[task] = 1;
    });
    if (held[task] === 1) waitingCount++;
    else {
      included[task] = 1;
      includedCount++;
    }
  });
  return { included, includedCount, liveCount, waitingCount };
}
