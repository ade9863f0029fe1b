import { ask } from '../programs/ask.ts';

/**
 * A user's own defaults for these commands: `SQUEUE_PARTITION` would hide jobs, `SCANCEL_INTERACTIVE` would ask back,
 * `SINFO_FORMAT` and `SLURM_TIME_FORMAT` change what is printed. Which cluster is asked, and how one proves who asks, stays
 * the user's: `SLURM_CONF`, `SLURM_CLUSTERS`, `SLURM_JWT` and the like. Source: the parts "ENVIRONMENT VARIABLES" of
 * squeue(1), scancel(1), sinfo(1), sacct(1), scontrol(1) and sacctmgr(1).
 */
const DEFAULTS_OF_COMMANDS =
  /^((SQUEUE|SCANCEL|SINFO|SACCT|SACCTMGR|SCONTROL|SBATCH)_|SLURM_(TIME_FORMAT|BITSTR_LEN|TOPO_LEN|DEBUG_FLAGS|JSON|YAML)$)/;

/** The environment in which wfc asks Slurm's commands. */
function slurmEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !DEFAULTS_OF_COMMANDS.test(name)));
}

/** What one of Slurm's commands prints; null where it fails, or does not answer in time. The one place that starts them. */
export async function askSlurm(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  timeoutSeconds = 10,
): Promise<string | null> {
  const answer = await ask(command, args, { env: slurmEnvironment(env), timeoutSeconds });
  return answer.kind === 'said' ? answer.stdout : null;
}
