import type { ExitStatus } from '../session/session.ts';
import { type ResumeSlurmOptions, resumeSlurm } from './resume-slurm.ts';
import { type RunSlurmOptions, runSlurm, type StageDone } from './run-slurm.ts';

/** `wfc run --slurm`: with `--watch` also what is known only once other tasks have run. */
export async function runSlurmStages(options: RunSlurmOptions): Promise<ExitStatus> {
  return goOn(await runSlurm(options), options);
}

/** The same for `wfc resume`. */
export async function resumeSlurmStages(options: ResumeSlurmOptions): Promise<ExitStatus> {
  return goOn(await resumeSlurm(options), options);
}

async function goOn(first: ExitStatus | StageDone, options: RunSlurmOptions): Promise<ExitStatus> {
  let status = first;
  // Its closing job may still be in the queue: resuming submits beside it.
  while (typeof status === 'object') status = await resumeSlurm({ ...options, force: status.force, escalate: false });
  return status;
}
