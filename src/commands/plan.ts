import type { Trust } from '../resume/contents.ts';
import { refuse } from '../session/locking.ts';
import { printPlan } from '../session/plan-text.ts';
import {
  type CommonOptions,
  EXIT,
  type ExitStatus,
  lookAhead,
  openSession,
  printDiagnostics,
} from '../session/session.ts';
import { stageReport, stagesJson } from '../submit/stage-report.ts';
import { slurmStages } from '../submit/stages.ts';
import { writeOut } from '../terminal/streams.ts';
import { diagnosticJson } from '../terminal/terminal.ts';

export interface PlanOptions extends CommonOptions {
  readonly force: readonly string[];
  readonly trust: Trust;
  /** `slurm`: show the job arrays that compiling would make, too. */
  readonly target: 'slurm' | null;
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
  if (options.target !== 'slurm') {
    printPlan(session.plan, outlook.decisions, session.warnings, options);
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
  printPlan(session.plan, outlook.decisions, session.warnings, options, { slurm });
  if (!options.json) {
    writeOut(`\n${stageReport(session.plan, stages)}\n`);
    printDiagnostics(warnings, options);
    for (const problem of problems) refuse(problem, options);
  }
  return problems.length > 0 ? EXIT.badSurroundings : EXIT.done;
}
