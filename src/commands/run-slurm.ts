import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { queuedJobs } from '../io/slurm.ts';
import { countTasks } from '../io/terminal.ts';
import { refuse } from './compile.ts';
import { type CommonOptions, EXIT, type ExitStatus, lookAhead, openRunnable, printDiagnostics } from './session.ts';
import { type SlurmScripts, writeProblem, writeSlurmScripts } from './slurm-scripts.ts';
import { stageReport } from './slurm-stages.ts';

export interface RunSlurmOptions extends CommonOptions {
  readonly force: readonly string[];
  readonly dryRun: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** `wfc run --slurm`: compile what is not complete, and submit it. Slurm does the rest; nothing here stays alive. */
export function runSlurm(options: RunSlurmOptions): ExitStatus {
  const session = openRunnable(options);
  if (!session) return EXIT.badSpec;
  const outlook = lookAhead(session, options.force);
  if ('diagnostics' in outlook) {
    printDiagnostics([...session.warnings, ...outlook.diagnostics], options);
    return EXIT.badSpec;
  }
  printDiagnostics(session.warnings, { ...options, json: false });
  const { decisions } = outlook;
  if (decisions.runCount === 0) {
    process.stderr.write(`nothing to do: ${countTasks(session.plan.neededCount)} complete\n`);
    return EXIT.done;
  }
  const queued = queuedJobs(options.env);
  if (queued === null) return refuse('squeue does not answer: is this a login node of a Slurm cluster?', options);
  const live = queued.find(({ name, folder }) => name.startsWith('wfc-') && folder === session.spec.folder);
  if (live)
    return refuse(`${live.name} of this folder is in the queue; wait for it, or cancel it with scancel`, options);
  const included = decisions.reasons.map((reason) => Number(reason !== 0));
  let scripts: SlurmScripts;
  try {
    scripts = writeSlurmScripts(session, { included, out: null, env: options.env });
  } catch (error) {
    return refuse(writeProblem(error), options);
  }
  if (!options.quiet) process.stderr.write(`${stageReport(scripts.stages)}\n`);
  const args = [join(scripts.folder, 'submit.sh'), ...(options.dryRun ? ['--dry-run'] : [])];
  const { status } = spawnSync('bash', args, { env: options.env, stdio: ['ignore', 'inherit', 'inherit'] });
  return status === 0 ? EXIT.done : EXIT.badSurroundings;
}
