import { spawnSync } from 'node:child_process';

/**
 * A user's own defaults for these commands: `SQUEUE_PARTITION` would hide jobs, `SCANCEL_INTERACTIVE` would ask back.
 * Source: the parts "ENVIRONMENT VARIABLES" of squeue(1), scancel(1), sinfo(1), sacct(1) and scontrol(1).
 */
const DEFAULTS_OF_COMMANDS = /^(SQUEUE|SCANCEL|SINFO|SACCT|SCONTROL)_/;

/** What one of Slurm's commands prints; null where it fails, or does not answer in time. */
export function askSlurm(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  timeoutSeconds = 10,
): string | null {
  const { status, stdout, error } = spawnSync(command, args, {
    env: Object.fromEntries(Object.entries(env).filter(([name]) => !DEFAULTS_OF_COMMANDS.test(name))),
    encoding: 'utf8',
    timeout: timeoutSeconds * 1000,
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return error || status !== 0 ? null : stdout;
}
