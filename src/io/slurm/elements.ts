import { type Stats, statSync } from 'node:fs';
import { indexRanges } from '../../target/slurm/index-ranges.ts';
import { askSlurm } from './ask.ts';

/** An element of a job array, or a whole job, in the queue. */
export interface QueuedElement {
  /** `1234_5`; `1234` for a job that is no array. */
  readonly slurmId: string;
  /** Id of its array. */
  readonly job: string;
  /** null for a job that is no array. */
  readonly index: number | null;
  /** For people: names say what a job is, and tell no jobs apart. */
  readonly name: string;
  /** Journal folder of its submission, such as `000007-slurm-ID`. */
  readonly submission: string;
  /** Another user's can be seen, not touched. */
  readonly isMine: boolean;
  readonly isRunning: boolean;
  /** It waits for `scontrol release` by its user. */
  readonly isHeld: boolean;
  /** Why it waits, in Slurm's code; `None` where it runs, and where the controller has not looked at it yet. */
  readonly reason: string;
}

/** Slurm itself holds what a node failed to launch. Source: squeue(1), JOB REASON CODES; as seen where a node was killed. */
const HELD = /^(JobHeldUser|launch.failed.requeued.held)$/;

/**
 * End of `/home/ann/study|/home/ann/study/.wfc/journal/000007-slurm-ID/1-train.sh .wfc/slurm/ID .wfc/journal/000007-slurm-ID`:
 * folder and command. Slurm 24.11 leaves the arguments out; older versions of wfc queued a script that lies elsewhere.
 */
const JOURNAL_AT_END = /[ /]\.wfc\/journal\/(\d+-slurm-[^./ ]+)(?:\/[^/ ]+\.sh)?$/;

/**
 * The elements of wfc's jobs in a spec's folder, in one call of squeue; null where the controller does not answer. A job is
 * one of wfc's by what submit.sh told sbatch to run, and where: names and ids may be others' too.
 */
export async function queuedElements(
  specFolder: string,
  env: NodeJS.ProcessEnv,
  seconds = 30,
): Promise<QueuedElement[] | null> {
  const listed = await askSlurm('squeue', ['--noheader', '--array', '--format=%F|%K|%U|%T|%r|%j|%Z|%o'], env, seconds);
  if (listed === null) return null;
  const isHere = sameFolderAs(specFolder);
  const user = String(process.getuid?.());
  return listed.split('\n').flatMap((line) => {
    const [job, index, uid, state, reason, name, ...rest] = line.split('|');
    const submission = JOURNAL_AT_END.exec(line)?.[1];
    // Either may hold a bar.
    if (submission === undefined || !rest.some((_, k) => k > 0 && isHere(rest.slice(0, k).join('|')))) return [];
    const isArray = /^\d+$/.test(index!);
    return {
      slurmId: isArray ? `${job}_${index}` : job!,
      job: job!,
      index: isArray ? Number(index) : null,
      name: name!,
      submission,
      isMine: uid === user,
      isRunning: state !== 'PENDING',
      isHeld: state === 'PENDING' && HELD.test(reason!),
      reason: reason!,
    };
  });
}

/** Whether a path leads to this folder, also by another way: a shell keeps the links by which its user came. */
function sameFolderAs(folder: string): (path: string) => boolean {
  const known = new Map([[folder, true]]);
  const own = statSync(folder, { throwIfNoEntry: false });
  return (path) => {
    let same = known.get(path);
    if (same === undefined) {
      const other = own && statOf(path);
      same = other !== undefined && other.dev === own!.dev && other.ino === own!.ino;
      known.set(path, same);
    }
    return same;
  };
}

/** undefined also where others' folders may not be looked at. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Let held elements go, these alone: of an array with elements that have ended, scontrol fails. False where it does. */
export async function releaseElements(held: readonly QueuedElement[], env: NodeJS.ProcessEnv): Promise<boolean> {
  const indices = new Map<string, number[]>();
  for (const { job, index } of held)
    indices.set(job, [...(indices.get(job) ?? []), ...(index === null ? [] : [index])]);
  const jobs = [...indices].map(([job, own]) =>
    own.length === 0 ? job : `${job}_[${indexRanges(own.sort((a, b) => a - b))}]`,
  );
  return (await askSlurm('scontrol', ['release', ...jobs], env, 30)) !== null;
}

/** End these jobs; false where scancel fails. */
export async function cancelJobs(jobs: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  return (await askSlurm('scancel', jobs, env, 30)) !== null;
}

/** How an element ended that left no end in its journal, by what Slurm tells. */
export interface ElementEnd {
  readonly how:
    | 'out of memory'
    | 'time limit'
    | 'node failure'
    | 'preempted'
    | 'cancelled'
    | 'failed at launch'
    | 'failed'
    | `exit status ${string}`
    | `killed by signal ${string}`;
  /** In Slurm's own words: `FAILED, JobLaunchFailure`. */
  readonly slurm: string;
}

/** Source: squeue(1), JOB STATE CODES; sacct(1) has the same, `CANCELLED by 1000` among them. */
const ENDS: Readonly<Record<string, ElementEnd['how']>> = {
  OUT_OF_MEMORY: 'out of memory',
  TIMEOUT: 'time limit',
  DEADLINE: 'time limit',
  NODE_FAIL: 'node failure',
  BOOT_FAIL: 'failed at launch',
  PREEMPTED: 'preempted',
  CANCELLED: 'cancelled',
  REVOKED: 'cancelled',
};

/** Where a node can't open a job's files, or make its folder, Slurm ends it as by this signal, which is nobody's own. */
const LAUNCH_SIGNAL = '53';

/**
 * How these elements ended, by `1234_5`, as far as anybody tells within so many seconds: squeue, which knows a job and why
 * it failed for some minutes after its end, and sacct where the site keeps accounts. Those that have not ended are left out.
 */
export async function elementEnds(
  slurmIds: ReadonlySet<string>,
  env: NodeJS.ProcessEnv,
  seconds = 20,
): Promise<Map<string, ElementEnd>> {
  const ends = new Map<string, ElementEnd>();
  if (slurmIds.size === 0) return ends;
  const jobs = [...new Set([...slurmIds].map((id) => id.split('_')[0]!))].join(',');
  const deadline = performance.now() + seconds * 1000;
  const ask = async (command: string, args: readonly string[]): Promise<string[]> => {
    const left = Math.ceil(deadline - performance.now()) / 1000;
    return left > 0 ? ((await askSlurm(command, [...args, `--jobs=${jobs}`], env, left)) ?? '').split('\n') : [];
  };
  const reasons = new Map<string, string>();
  for (const line of await ask('squeue', ['--noheader', '--array', '--states=all', '--format=%i|%T|%r'])) {
    const [id, state, reason] = line.split('|');
    if (id === undefined || !slurmIds.has(id)) continue;
    reasons.set(id, reason ?? '');
    setEnd(ends, id, state!, { reason: reason ?? '', exitCode: '' });
  }
  // A failure's exit code is in the accounts alone.
  const isTold = (id: string): boolean => ends.has(id) && ends.get(id)!.how !== 'failed';
  if ([...slurmIds].every(isTold)) return ends;
  const format = '--format=JobID,State,ExitCode';
  for (const line of await ask('sacct', ['--noheader', '--parsable2', '--allocations', format])) {
    const [id, state, exitCode] = line.split('|');
    if (id !== undefined && slurmIds.has(id) && !isTold(id))
      setEnd(ends, id, state!, { reason: reasons.get(id) ?? '', exitCode: exitCode ?? '' });
  }
  return ends;
}

function setEnd(
  ends: Map<string, ElementEnd>,
  id: string,
  text: string,
  { reason, exitCode }: { readonly reason: string; readonly exitCode: string },
): void {
  const state = text.split(' ')[0]!;
  const [status, signal] = exitCode.split(':');
  const known = ENDS[state];
  // Of others the reason is why they waited once.
  if (known) ends.set(id, { how: known, slurm: state });
  if (state !== 'FAILED') return;
  // The code of a failed launch adds nothing to its reason, and the accounts have it late: equal ends are told alike.
  const code =
    exitCode === '' || (/LaunchFail/i.test(reason) && signal === LAUNCH_SIGNAL) ? '' : `exit code ${exitCode}`;
  const details = [reason, code].filter((d) => d !== '' && d !== 'None');
  const slurm = [state, ...details].join(', ');
  const raised = /^RaisedSignal:(\d+)/.exec(reason);
  // The reason JobLaunchFailure alone says nothing: Slurm 22.05 gives it to every job whose script a signal ended.
  if (signal === LAUNCH_SIGNAL) ends.set(id, { how: 'failed at launch', slurm });
  else if (raised) ends.set(id, { how: `killed by signal ${raised[1]!}`, slurm });
  else if (signal !== undefined && signal !== '0') ends.set(id, { how: `killed by signal ${signal}`, slurm });
  else if (status !== undefined && status !== '') ends.set(id, { how: `exit status ${status}`, slurm });
  else ends.set(id, { how: 'failed', slurm });
}
