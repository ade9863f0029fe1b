import { userInfo } from 'node:os';
import { askSlurm } from './slurm-ask.ts';

/** What a Slurm site says of its limits; null where it does not say. */
export interface DetectedLimits {
  readonly maxArraySize: number | null;
  readonly maxSubmit: number | null;
  /** Time limit of a partition, in seconds: its name as sbatch takes it (names with commas between), null for the default. */
  readonly timeLimitSeconds: (partition: string | null) => number | null;
}

/** Ask the controller and, where there is one, the accounting database. Without Slurm, or in 10 s no answer: nothing. */
export function detectLimits(env: NodeJS.ProcessEnv): DetectedLimits {
  const config = askSlurm('scontrol', ['show', 'config'], env);
  if (config === null) return { maxArraySize: null, maxSubmit: null, timeLimitSeconds: () => null };
  const maxArraySize = numberOf(/^MaxArraySize\s*=\s*(\d+)/m.exec(config)?.[1]);
  const user = userInfo().username;
  // An association without MaxSubmitJobs takes its QOS's, or none: sacctmgr(1).
  const assoc =
    askSlurm('sacctmgr', ['--noheader', '--parsable2', 'show', 'assoc', `user=${user}`, 'format=MaxSubmit,QOS'], env) ??
    '';
  const rows = assoc
    .split('\n')
    .filter((l) => l !== '')
    .map((l) => l.split('|'));
  const names = [...new Set(rows.flatMap((r) => (r[1] ?? '').split(',')).filter((n) => n !== ''))];
  const qos =
    names.length === 0
      ? ''
      : (askSlurm(
          'sacctmgr',
          ['--noheader', '--parsable2', 'show', 'qos', `names=${names.join(',')}`, 'format=MaxSubmitPU'],
          env,
        ) ?? '');
  const submits = [...rows.map((r) => r[0]), ...qos.split('\n')].flatMap((text) => numberOf(text) ?? []);
  return {
    maxArraySize,
    maxSubmit: submits.length > 0 ? Math.min(...submits) : null,
    timeLimitSeconds: timeLimits(env),
  };
}

/** The default partition is what sinfo marks with a star; of several, the smallest limit counts. sinfo(1), %l. */
function timeLimits(env: NodeJS.ProcessEnv): DetectedLimits['timeLimitSeconds'] {
  const lines = (askSlurm('sinfo', ['--noheader', '--format=%P %l'], env) ?? '').split('\n');
  return (partition) => {
    const wanted = partition?.split(',') ?? null;
    const limits = lines.flatMap((line) => {
      const [name = '', limit = ''] = line.trim().split(/ +/);
      const isMeant = wanted === null ? name.endsWith('*') : wanted.includes(name.replace(/\*$/, ''));
      return isMeant ? (secondsOf(limit) ?? []) : [];
    });
    return limits.length === 0 ? null : Math.min(...limits);
  };
}

/** Of `1-02:03:04`; null for `infinite`. */
function secondsOf(text: string): number | null {
  const match = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)$/.exec(text);
  if (!match) return null;
  const [days, hours, minutes, seconds] = match.slice(1).map((p) => Number(p ?? 0)) as [number, number, number, number];
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

/** End these jobs; false where scancel fails. */
export function cancelJobs(jobs: readonly string[], env: NodeJS.ProcessEnv): boolean {
  return askSlurm('scancel', jobs, env, 30) !== null;
}
