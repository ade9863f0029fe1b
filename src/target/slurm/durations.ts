import { type Plan, type PlannedRule, ruleOf } from '../../model/plan.ts';
import { hasFixedResources, taskResources } from '../../plan/resources.ts';
import { type Draft, lanesOf, type Packing } from './stage-types.ts';

/**
 * Tasks of seconds are put together until an element takes this long: Slurm starts some ten elements a second, and each
 * has files of its own. More would cost more waiting than it saves.
 */
export const SHORT_ELEMENT_SECONDS = 120;

/** A task's time limit in seconds, null for none; a text that all tasks of a rule share is parsed once. */
export function timeLimits(): (rule: PlannedRule, taskIndex: number) => number | null {
  const known = new Map<PlannedRule, number | null | 'varies'>();
  return (rule, taskIndex) => {
    let seconds = known.get(rule);
    if (seconds === undefined) {
      const isFixed = !rule.escalations && hasFixedResources(rule);
      seconds = isFixed ? taskResources(rule, taskIndex).timeSeconds : 'varies';
      known.set(rule, seconds);
    }
    return seconds === 'varies' ? taskResources(rule, taskIndex).timeSeconds : seconds;
  };
}

/** Seconds that a task, by its global id, is expected to take; infinite where nobody knows. */
export type ExpectedSeconds = (task: number) => number;

/** By what its rule's tasks took before (`measured`, by rule name), else by its limit, which it can't exceed. */
export function expectedSeconds(plan: Plan, measured: ReadonlyMap<string, number>): ExpectedSeconds {
  const limitOf = timeLimits();
  return (task) => {
    const rule = ruleOf(plan, task);
    return measured.get(rule.rule.name) ?? limitOf(rule, task - rule.firstTask) ?? Number.POSITIVE_INFINITY;
  };
}

/** The longest element's expected seconds: all its tasks, over the lanes. */
export function expectedElementTime({ elements, request }: Draft, packing: Packing, expected: ExpectedSeconds): number {
  let longest = 0;
  for (const { tasks } of elements) {
    let sum = 0;
    for (const task of tasks) sum += expected(task);
    longest = Math.max(longest, sum);
  }
  return longest / lanesOf(request, packing);
}

/** How many of these tasks, one after another, take about `SHORT_ELEMENT_SECONDS`; 1 at least. */
export function tasksOfShortElement(tasks: ArrayLike<number>, lanes: number, expected: ExpectedSeconds): number {
  let sum = 0;
  for (let t = 0; t < tasks.length; t++) sum += expected(tasks[t]!);
  return Math.max(1, Math.min(tasks.length, Math.floor((SHORT_ELEMENT_SECONDS * lanes * tasks.length) / sum)));
}
