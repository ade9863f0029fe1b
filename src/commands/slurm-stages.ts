import { detectLimits } from '../io/slurm.ts';
import { formatCount, formatDuration, table } from '../io/terminal.ts';
import { type Packing, planStages, type SiteLimits, type Stage } from '../target/slurm/stages.ts';
import type { Session } from './session.ts';

/** Where nothing is known of a site: Slurm's own default for arrays, and what most sites let a user queue. */
const DEFAULT_LIMITS: SiteLimits = { maxArraySize: 1001, maxSubmit: 1000, maxTimeSeconds: null };
export const DEFAULT_PACKING: Packing = { tasksPerElement: 'auto', fuse: 'auto', lanes: 1 };

/** The arrays for the tasks that are included. */
export function slurmStages(
  { plan }: Session,
  included: Uint8Array,
  env: NodeJS.ProcessEnv,
): { stages: Stage[]; limits: SiteLimits } {
  const detected = detectLimits(env);
  const limits: SiteLimits = {
    maxArraySize: detected.maxArraySize ?? DEFAULT_LIMITS.maxArraySize,
    maxSubmit: Math.min(detected.maxSubmit ?? DEFAULT_LIMITS.maxSubmit, DEFAULT_LIMITS.maxSubmit),
    maxTimeSeconds: detected.maxTimeSeconds,
  };
  return { limits, stages: planStages(plan, { included, limits, packing: DEFAULT_PACKING }) };
}

/** The choices of the planner, each with its reason, and the totals. */
export function stageReport(stages: readonly Stage[]): string {
  const rows = [['array', 'tasks', 'elements', 'time each', 'waits for', 'why']];
  for (const stage of stages) {
    const waits = stage.waits
      .map((w) => `${w.kind === 'counterpart' ? 'same index of' : 'all of'} ${w.stage + 1}`)
      .join(', ');
    const time = stage.timeSeconds === null ? 'no limit' : formatDuration(stage.timeSeconds);
    rows.push([stage.name, formatCount(stage.tasks.length), formatCount(stage.indices.length), time, waits, stage.why]);
  }
  const elements = stages.reduce((n, s) => n + (s.local ? 0 : s.indices.length), 0);
  const known = stages.every((s) => s.local || s.timeSeconds !== null);
  const coreHours = stages.reduce(
    (n, s) => n + (s.indices.length * s.request.resources.cpus * (s.timeSeconds ?? 0)) / 3600,
    0,
  );
  const asked = known ? `, at most ${formatCount(Math.ceil(coreHours))} core-hours asked for` : '';
  return `${table(rows, [false, true, true, true, false, false])}\n${stages.filter((s) => !s.local).length + 1} sbatch calls, ${formatCount(elements + 1)} queued elements${asked}`;
}
