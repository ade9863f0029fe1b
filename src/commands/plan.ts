import { localLimits, machineLimits } from '../execute/machine.ts';
import type { Trust } from '../resume/contents.ts';
import { measuredDurations } from '../resume/durations.ts';
import { type Forecast, forecast, type Place, runnableTasks } from '../session/forecast/forecast.ts';
import { forecastLines } from '../session/forecast/forecast-lines.ts';
import { refuse } from '../session/locking.ts';
import { printPlan } from '../session/plan-text.ts';
import {
  type CommonOptions,
  EXIT,
  type ExitStatus,
  lookAhead,
  type Outlook,
  openSession,
  printDiagnostics,
  type Session,
} from '../session/session.ts';
import { changeLines, changesJson, listChanges } from '../session/staged/changes.ts';
import { stageReport, stagesJson } from '../submit/stage-report.ts';
import { slurmStages } from '../submit/stages.ts';
import { writeOut } from '../terminal/streams.ts';
import { diagnosticJson } from '../terminal/terminal.ts';

export interface PlanOptions extends CommonOptions {
  readonly force: readonly string[];
  readonly trust: Trust;
  /** `slurm`: show the job arrays that compiling would make, too. */
  readonly target: 'slurm' | null;
  /** Tell how long it is going to take, too. */
  readonly forecast: boolean;
  /** For the forecast: `-j`, of tasks here and of elements on Slurm; null: what there is. */
  readonly maxParallel: number | null;
  readonly env: NodeJS.ProcessEnv;
}

/** `wfc plan`: what there is, what would run, and why; nothing is written. */
export async function plan(options: PlanOptions): Promise<ExitStatus> {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  const outlook = await lookAhead(session, options);
  if ('diagnostics' in outlook) {
    printDiagnostics(outlook.diagnostics, options);
    return EXIT.badSpec;
  }
  const changes = listChanges(session, outlook);
  const told = options.forecast ? await forecastHere(session, outlook, options) : null;
  if (options.target !== 'slurm') {
    printPlan(session.plan, outlook.decisions, session.warnings, options, {
      ...changesJson(changes),
      ...(told === null ? {} : { forecast: told.json }),
    });
    if (!options.json) for (const line of changeLines(changes)) writeOut(`${line}\n`);
    if (told !== null && !options.json) writeOut(`\n${told.lines.join('\n')}\n`);
    return EXIT.done;
  }
  const { stages, problems, warnings } = await slurmStages(session, {
    included: session.plan.needed,
    // As `wfc compile` plans it.
    durations: new Map(),
    env: options.env,
  });
  const slurm = {
    ...stagesJson(session.plan, stages),
    problems,
    warnings: warnings.map(diagnosticJson),
  };
  printPlan(session.plan, outlook.decisions, session.warnings, options, {
    slurm,
    ...changesJson(changes),
    ...(told === null ? {} : { forecast: told.json }),
  });
  if (!options.json) {
    for (const line of changeLines(changes)) writeOut(`${line}\n`);
    writeOut(`\n${stageReport(session.plan, stages)}\n`);
    if (told !== null) writeOut(`\n${told.lines.join('\n')}\n`);
    printDiagnostics(warnings, options);
    for (const problem of problems) refuse(problem, options);
  }
  return problems.length > 0 ? EXIT.badSurroundings : EXIT.done;
}

/** How long what would run is going to take: here, or in the elements that a submission would have. */
async function forecastHere(
  session: Session,
  { decisions, history }: Outlook,
  { target, maxParallel, env }: PlanOptions,
): Promise<{ readonly json: Forecast; readonly lines: readonly string[] }> {
  const { plan, profile } = session;
  const runs = runnableTasks(plan, decisions);
  const place: Place =
    target === null
      ? { kind: 'local', ...localLimits(await machineLimits(env), maxParallel, profile.local) }
      : {
          kind: 'slurm',
          // As a run would submit it, by what tasks took before.
          stages: (await slurmStages(session, { included: runs, durations: measuredDurations(plan, history), env }))
            .stages,
          maxRunning: profile.maxRunning,
          maxElements: maxParallel,
        };
  const json = forecast(plan, runs, { records: history?.records ?? null, place });
  return { json, lines: forecastLines(json, place) };
}
