import { type Escalation, type Plan, type PlannedRule, ruleOf } from '../model/plan.ts';
import { taskResources } from '../plan/resources.ts';
import type { FailedAttempt } from './history.ts';

/** What a task ran out of. */
export type Shortage = 'memory' | 'time';

/** What a task ran out of, and in which attempt, by `attemptId`. */
export interface RanOut {
  readonly shortage: Shortage;
  readonly cause: string;
}

/** The most that may be asked for; null: no bound. */
export interface EscalationBounds {
  readonly memoryMiB: number | null;
  readonly timeSeconds: (rule: PlannedRule, taskIndex: number) => number | null;
}

/** A task that asks for more from now on, or why it can't. */
export interface EscalatedTask extends RanOut {
  readonly task: number;
  /** What it asked for: MiB or seconds; null where it asked for none. */
  readonly before: number | null;
  /** What it asks for now; null where nothing changes: it asked for none, or has the most there is. */
  readonly after: number | null;
  /** It was given more for this very attempt, and has not run with that yet. */
  readonly isUntried: boolean;
}

/** What a failed attempt ran out of. */
export function shortageOf({ problem }: Pick<FailedAttempt, 'problem'>): Shortage | null {
  if (problem.code === 'out_of_memory') return 'memory';
  return problem.code === 'time_limit' || problem.code === 'no_checkpoint' ? 'time' : null;
}

/** Twice what it asked for, within bounds, for each task that ran out. */
export function escalate(
  plan: Plan,
  shortages: ReadonlyMap<number, RanOut>,
  bounds: EscalationBounds,
): EscalatedTask[] {
  return [...shortages].map(([task, { shortage, cause }]) => {
    const rule = ruleOf(plan, task);
    const { memoryMiB, timeSeconds } = taskResources(rule, task - rule.firstTask);
    const before = shortage === 'memory' ? memoryMiB : timeSeconds;
    const bound = shortage === 'memory' ? bounds.memoryMiB : bounds.timeSeconds(rule, task - rule.firstTask);
    const wanted = before === null ? null : Math.min(before * 2, bound ?? Number.POSITIVE_INFINITY);
    const isUntried = rule.escalations?.get(task - rule.firstTask)?.cause === cause;
    const after = !isUntried && wanted !== null && wanted > before! ? wanted : null;
    return { task, shortage, cause, before, after, isUntried };
  });
}

/** The plan in which the named tasks ask for what they were given. Names that no task has any more are left out. */
export function withEscalations(plan: Plan, escalations: ReadonlyMap<string, Escalation>): Plan {
  if (escalations.size === 0) return plan;
  const byRule = new Map<number, Map<number, Escalation>>();
  for (const [name, escalation] of escalations) {
    const found = plan.findPath(name);
    if (!found) continue;
    const { rule, firstTask } = ruleOf(plan, found.task);
    const ofRule = byRule.get(rule.index) ?? new Map<number, Escalation>();
    byRule.set(rule.index, ofRule.set(found.task - firstTask, escalation));
  }
  const rules = plan.rules.map((rule) => {
    const ofRule = byRule.get(rule.rule.index);
    return ofRule ? { ...rule, escalations: ofRule } : rule;
  });
  return { ...plan, rules };
}
