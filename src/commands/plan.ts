import { localLimits, machineLimits } from '../execute/machine.ts';
import { readPaceJournals } from '../io/state/pace-journals.ts';
import { ruleOf } from '../model/plan.ts';
import type { StagedSource } from '../model/workflow.ts';
import type { Trust } from '../resume/contents.ts';
import { measuredDurations } from '../resume/durations.ts';
import { type Forecast, forecast, type Place, runnableTasks } from '../session/forecast/forecast.ts';
import { forecastLines } from '../session/forecast/forecast-lines.ts';
import { paceFrom } from '../session/forecast/pace.ts';
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
import { givenWords, waitingLines } from '../session/staged/words.ts';
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

interface Told {
  readonly json: Forecast & { readonly assumed?: readonly string[] };
  readonly lines: readonly string[];
}

/** How long what would run is going to take: here, or in the elements that a submission would have. */
async function forecastHere(session: Session, outlook: Outlook, options: PlanOptions): Promise<Told> {
  const assumed = await withListsAsTheyStand(session, options);
  const { plan, state, profile } = (assumed ?? { session }).session;
  const { decisions, history } = assumed?.outlook ?? outlook;
  const { target, maxParallel, env } = options;
  const pace = paceFrom(plan, readPaceJournals(state.journals));
  const machine = await machineLimits(env);
  const placeOf = async (runs: Uint8Array): Promise<Place> =>
    target === null
      ? { kind: 'local', cores: machine.cpus, ...localLimits(machine, maxParallel, profile.local) }
      : {
          kind: 'slurm',
          // As a run would submit it, by what tasks took before.
          stages: (
            await slurmStages((assumed ?? { session }).session, {
              included: runs,
              durations: measuredDurations(plan, history),
              env,
            })
          ).stages,
          maxRunning: profile.maxRunning,
          maxElements: maxParallel ?? pace.room,
          isRoomSeen: maxParallel === null && pace.room !== null,
        };
  const runs = runnableTasks(plan, decisions);
  const later = runs.map((runsHere, task) => Number(runsHere === 1 && assumed?.isLater(task) === true));
  const now = runs.map((runsHere, task) => runsHere & ~later[task]!);
  const first = { runs: now, place: await placeOf(now) };
  const rest = later.includes(1) ? [{ runs: later, place: await placeOf(later) }] : [];
  const told = forecast(plan, [first, ...rest], { records: history?.records ?? null, pace });
  const waiting = waitingLines(plan);
  return {
    json: assumed === null ? told : { ...told, assumed: assumed.given.map(({ path }) => path) },
    lines: forecastLines(told, {
      place: first.place,
      assumed: assumed === null ? null : givenWords(plan, assumed.given),
      waiting,
    }),
  };
}

interface AsTheyStand {
  readonly session: Session;
  readonly outlook: Outlook;
  /** Lists that are to be made anew. */
  readonly given: readonly StagedSource[];
  /** Whether a task waits for one of them. */
  readonly isLater: (task: number) => boolean;
}

/** The same spec with lists that are stale; null where there are none, or they can't be read any more. */
async function withListsAsTheyStand({ plan }: Session, options: PlanOptions): Promise<AsTheyStand | null> {
  if (plan.staged.waiting.length === 0) return null;
  const session = openSession({ ...options, lists: 'as they stand' });
  if ('diagnostics' in session) return null;
  const known = new Set(plan.staged.sources.flatMap(({ path, isKnown }) => (isKnown ? [path] : [])));
  const given = session.plan.staged.sources.filter(({ path, isKnown }) => isKnown && !known.has(path));
  const outlook = given.length === 0 ? null : await lookAhead(session, options);
  if (outlook === null || 'diagnostics' in outlook) return null;
  const waited = new Set(plan.staged.waiting.map(({ rule }) => rule.name));
  return { session, outlook, given, isLater: (task) => waited.has(ruleOf(session.plan, task).rule.name) };
}
