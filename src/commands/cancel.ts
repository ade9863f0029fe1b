import { hostname } from 'node:os';
import { lockHolder } from '../io/lock.ts';
import { cancelJobs } from '../io/slurm.ts';
import { queuedElements } from '../io/slurm-elements.ts';
import { readSubmissions } from '../io/submissions.ts';
import { countOf, formatCount, printable } from '../io/terminal.ts';
import { refuse } from './locking.ts';
import { NO_ANSWER } from './run-slurm.ts';
import { type CommonOptions, EXIT, type ExitStatus, openSession, printDiagnostics } from './session.ts';

export interface CancelOptions extends CommonOptions {
  readonly dryRun: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** `wfc cancel`: end what this folder has in the queue of Slurm, and a run on this machine. */
export function cancel(options: CancelOptions): ExitStatus {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  const { spec, state } = session;
  const holder = lockHolder(state.lock);
  const submissions = readSubmissions(state.journals, spec.folder);
  const queued = submissions.length === 0 ? [] : queuedElements(spec.folder, options.env);
  if (queued === null) return refuse(NO_ANSWER, options);
  const jobs = [...new Set(queued.map(({ job }) => job))];
  const say = (line: string): void => {
    if (!options.quiet) process.stderr.write(`${printable(line)}\n`);
  };
  if (jobs.length > 0) {
    const running = queued.filter(({ isRunning }) => isRunning).length;
    const words = `${countOf(queued.length, 'element')} (${formatCount(running)} of them running) of ${countOf(jobs.length, 'job')}: ${jobs.join(' ')}`;
    say(`${options.dryRun ? 'would cancel' : 'cancelling'} ${words}`);
    if (!options.dryRun && !cancelJobs(jobs, options.env))
      return refuse('scancel failed; "wfc cancel" once more tries again', options);
  }
  if (holder !== null && holder.host !== hostname())
    return refuse(`a run works here on ${holder.host}, process ${holder.pid}: stop it there`, options);
  if (holder !== null) {
    say(`${options.dryRun ? 'would stop' : 'stopping'} the run on this machine, process ${holder.pid}`);
    if (!options.dryRun) process.kill(holder.pid, 'SIGTERM');
  }
  if (jobs.length === 0 && holder === null) say('nothing of this folder is in the queue or runs here');
  else if (!options.dryRun) say('what is done stays done; "wfc resume" goes on from there');
  return EXIT.done;
}
