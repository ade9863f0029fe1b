import { hostname } from 'node:os';
import { basename } from 'node:path';
import { cancelJobs, type QueuedElement, queuedElements } from '../io/slurm/elements.ts';
import { readSubmissions, type Submission } from '../io/slurm/submissions.ts';
import { readLastRun } from '../io/state/last-run.ts';
import { type LockHolder, lockHolder } from '../io/state/lock.ts';
import { refuse } from '../session/locking.ts';
import {
  type CommonOptions,
  EXIT,
  type ExitStatus,
  openSession,
  printDiagnostics,
  type Session,
} from '../session/session.ts';
import { NO_ANSWER } from '../submit/run-slurm.ts';
import { writeError } from '../terminal/streams.ts';
import { countOf, formatCount, printable } from '../terminal/terminal.ts';

export interface CancelOptions extends CommonOptions {
  readonly dryRun: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** `wfc cancel`: end what this user has in the queue of Slurm of this spec, and its run on this machine. */
export async function cancel(options: CancelOptions): Promise<ExitStatus> {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  const { spec, state } = session;
  const holder = lockHolder(state.lock);
  const submissions = readSubmissions(state.journals, spec.folder);
  const queued = submissions.length === 0 ? [] : await queuedElements(spec.folder, options.env);
  if (queued === null) return refuse(NO_ANSWER, options);
  const { own, left } = sortOwn(queued, submissions, basename(spec.source.file));
  const jobs = [...new Set(own.map(({ job }) => job))];
  const say = (line: string): void => {
    if (!options.quiet) writeError(`${printable(line)}\n`);
  };
  for (const line of left) say(line);
  if (jobs.length > 0) {
    const running = own.filter(({ isRunning }) => isRunning).length;
    const words = `${countOf(own.length, 'element')} (${formatCount(running)} of them running) of ${countOf(jobs.length, 'job')}: ${jobs.join(' ')}`;
    say(`${options.dryRun ? 'would cancel' : 'cancelling'} ${words}`);
    if (!options.dryRun && !(await cancelJobs(jobs, options.env)))
      return refuse('scancel failed; "wfc cancel" once more tries again', options);
  }
  const isRunEnded = holder !== null && endLocalRun(holder, session, options, say);
  if (typeof isRunEnded === 'string') return refuse(isRunEnded, options);
  if (jobs.length === 0 && !isRunEnded)
    say(`nothing of this ${left.length > 0 || holder !== null ? 'spec' : 'folder'} is in the queue or runs here`);
  else if (!options.dryRun) say('what is done stays done; "wfc resume" goes on from there');
  return EXIT.done;
}

/** The user's own elements of this spec, and a line for each group of others in the folder: not to be touched. */
function sortOwn(
  queued: readonly QueuedElement[],
  submissions: readonly Submission[],
  spec: string,
): { own: QueuedElement[]; left: string[] } {
  const own: QueuedElement[] = [];
  const others = new Map<string, Set<string>>();
  for (const element of queued) {
    // A submission of which the spec is not known counts as this one's.
    const from = submissions.find(({ folder }) => basename(folder) === element.submission)?.spec ?? spec;
    const whose = !element.isMine ? 'another user' : from === spec ? null : `${from} ("wfc cancel ${from}" ends them)`;
    if (whose === null) own.push(element);
    else others.set(whose, (others.get(whose) ?? new Set()).add(element.job));
  }
  const left = [...others].map(([whose, jobs]) => `left alone: ${countOf(jobs.size, 'job')} of ${whose}`);
  return { own, left };
}

/** End the run that holds the lock. false where it is another spec's; in words, why it can't be ended from here. */
function endLocalRun(
  { host, pid }: LockHolder,
  { spec, state }: Session,
  { dryRun }: CancelOptions,
  say: (line: string) => void,
): boolean | string {
  if (host !== hostname()) return `a run works here on ${host}, process ${pid}: stop it there`;
  const last = readLastRun(state.root);
  const from = last?.backend === 'local' ? last.spec : null;
  if (from !== null && from !== basename(spec.source.file)) {
    say(`left alone: a run of ${from}, process ${pid} ("wfc cancel ${from}" ends it)`);
    return false;
  }
  say(`${dryRun ? 'would stop' : 'stopping'} the run on this machine, process ${pid}`);
  try {
    // Signal 0 only asks.
    process.kill(pid, dryRun ? 0 : 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM')
      return `process ${pid} is another user's: only they can stop it`;
    // It has ended just now.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  return true;
}
