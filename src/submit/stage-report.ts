import { type Plan, ruleOf } from '../model/plan.ts';
import { cpusPerNode } from '../plan/resources.ts';
import { closingRequest } from '../target/slurm/closing-job.ts';
import { gpusPerNode } from '../target/slurm/stage-types.ts';
import type { Stage } from '../target/slurm/stages.ts';
import { countOf, formatCount, formatDuration, table } from '../terminal/terminal.ts';

/** What a submission takes of the site. */
export interface StageTotals {
  /** The closing job's included, as in `queuedElements`. */
  readonly sbatchCalls: number;
  readonly queuedElements: number;
  /** Outputs of all tasks; a directory counts as one. */
  readonly outputFiles: number;
  /** Scripts and tables, and of each element its journal and its output; without logs and lists. */
  readonly ownFiles: number;
  /** CPUs and GPUs times the time limit, over all elements; null where a task has no limit. */
  readonly coreHours: number | null;
  readonly gpuHours: number | null;
}

export function stageTotals(plan: Plan, stages: readonly Stage[]): StageTotals {
  const queued = stages.filter((s) => !s.local);
  const elements = queued.reduce((n, s) => n + s.indices.length, 0);
  const hours = (perElement: (stage: Stage) => number): number | null =>
    queued.reduce<number | null>(
      (sum, s) =>
        sum === null || s.timeSeconds === null ? null : sum + (s.indices.length * perElement(s) * s.timeSeconds) / 3600,
      0,
    );
  const coreHours = hours(cpusOfElement);
  return {
    sbatchCalls: queued.length + 1,
    queuedElements: elements + 1,
    outputFiles: stages.reduce((n, s) => n + s.tasks.reduce((m, t) => m + ruleOf(plan, t).rule.outputs.length, 0), 0),
    ownFiles: 2 * elements + 4 * stages.length + 10,
    coreHours: coreHours === null ? null : coreHours + closingRequest(stages, null).timeSeconds / 3600,
    gpuHours: hours((s) => gpusPerNode(s) * s.request.resources.nodes),
  };
}

/** On all its nodes. */
function cpusOfElement({ request: { resources }, lanes }: Stage): number {
  return cpusPerNode(resources) * resources.nodes * lanes;
}

/** The choices of the planner, each with its reason, and the totals. */
export function stageReport(plan: Plan, stages: readonly Stage[]): string {
  const rows = [['array', 'tasks', 'elements', 'time each', 'waits for', 'why']];
  for (const stage of stages) {
    const waits = stage.waits
      .map((w) => `${w.kind === 'counterpart' ? 'same index of' : 'all of'} ${w.stage + 1}`)
      .join(', ');
    const reasons = [...new Set(stage.waits.map((w) => w.why))].join('; ');
    const time = stage.timeSeconds === null ? 'no limit' : formatDuration(stage.timeSeconds);
    const waiting = waits === '' ? 'nothing' : `${waits} (${reasons})`;
    rows.push([
      stage.name,
      formatCount(stage.tasks.length),
      formatCount(stage.indices.length),
      time,
      stage.local ? '' : waiting,
      stage.why,
    ]);
  }
  return `${table(rows, [false, true, true, true, false, false])}\n${totalWords(stageTotals(plan, stages))}`;
}

function totalWords(totals: StageTotals): string {
  const { sbatchCalls, queuedElements, outputFiles, ownFiles, coreHours, gpuHours } = totals;
  const words = [
    countOf(sbatchCalls, 'sbatch call'),
    countOf(queuedElements, 'queued element'),
    `${countOf(outputFiles, 'output file')} and about ${formatCount(ownFiles)} of wfc`,
    coreHours === null
      ? 'core-hours not known: a rule has no "time"'
      : `at most ${countOf(Math.ceil(coreHours), 'core-hour')} asked for`,
  ];
  if (gpuHours !== null && gpuHours > 0) words.push(`at most ${countOf(Math.ceil(gpuHours), 'GPU-hour')}`);
  return words.join(', ');
}

/** For `wfc plan --json`. */
export function stagesJson(plan: Plan, stages: readonly Stage[]): object {
  return {
    stages: stages.map((stage) => ({
      name: stage.name,
      rules: stage.rules,
      tasks: stage.tasks.length,
      elements: stage.indices.length,
      timeSeconds: stage.timeSeconds,
      waits: stage.waits.map((w) => ({ stage: stages[w.stage]!.name, kind: w.kind, why: w.why })),
      why: stage.why,
      local: stage.local,
    })),
    ...stageTotals(plan, stages),
  };
}
