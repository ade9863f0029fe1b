import { type Plan, ruleOf } from '../../model/plan.ts';
import type { Pace } from './pace.ts';

/** Shells that take one task after another, each with the interpreters that it keeps up: see "Preload" in templates/README.md. */
export class Lanes {
  private readonly plan: Plan;
  private readonly seconds: ReadonlyMap<string, number>;
  private readonly idle: number[] = [];
  private readonly kept: Set<string>[] = [];

  constructor(plan: Plan, { importSeconds }: Pace) {
    this.plan = plan;
    this.seconds = importSeconds;
  }

  /** The one that ended last, as in a run; a new one where all are taken. */
  take(): number {
    return this.idle.pop() ?? this.kept.length;
  }

  giveBack(lane: number): void {
    this.idle.push(lane);
  }

  /** What a task waits in this lane for the imports of its rule: once a lane. */
  importSeconds(lane: number, task: number): number {
    this.kept[lane] ??= new Set();
    if (this.seconds.size === 0) return 0;
    const id = ruleOf(this.plan, task).rule.command.preloadId;
    if (id === null || this.kept[lane].has(id)) return 0;
    this.kept[lane].add(id);
    return this.seconds.get(id) ?? 0;
  }
}
