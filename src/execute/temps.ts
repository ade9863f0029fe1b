import { forEachDependency, isAwaited, outputId, type Plan, ruleOf } from '../model/plan.ts';

/** Says when a temp output may go: once all its consumers in the run have succeeded. */
export class TempOutputs {
  private readonly plan: Plan;
  /** Per task how many reads by tasks that run are still to come; only for tasks with temp outputs. */
  private readonly reads = new Map<number, number>();
  private readonly hasTemps: boolean;

  constructor(plan: Plan, runs: Uint8Array) {
    this.plan = plan;
    this.hasTemps = plan.rules.some((r) => r.rule.outputs.some((o) => o.temp));
    if (!this.hasTemps) return;
    for (let task = 0; task < plan.taskCount; task++) {
      if (runs[task] === 0) continue;
      this.eachTempProducer(task, (producer) => this.reads.set(producer, (this.reads.get(producer) ?? 0) + 1));
    }
  }

  private eachTempProducer(task: number, visit: (producer: number) => void): void {
    forEachDependency(this.plan, task, (producer) => {
      if (ruleOf(this.plan, producer).rule.outputs.some((o) => o.temp)) visit(producer);
    });
  }

  /** Temp outputs whose last consumer this task was. */
  afterSuccess(task: number): string[] {
    if (!this.hasTemps) return [];
    const free: string[] = [];
    this.eachTempProducer(task, (producer) => {
      const left = (this.reads.get(producer) ?? 0) - 1;
      this.reads.set(producer, left);
      if (left === 0) free.push(...this.pathsOf(producer));
    });
    return free;
  }

  private pathsOf(task: number): string[] {
    const rule = ruleOf(this.plan, task);
    return rule.rule.outputs.flatMap((output, o) => {
      if (!output.temp || this.plan.keptTemps.has(outputId(task, o))) return [];
      const path = rule.outputTexts[o]!(task - rule.firstTask);
      return isAwaited(this.plan, path) ? [] : [path];
    });
  }
}
