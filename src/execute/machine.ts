import { availableParallelism, totalmem } from 'node:os';
import { gpuIds } from '../io/programs/gpus.ts';
import type { ProfileLocal } from '../model/profile.ts';
import type { LocalLimits } from './pools.ts';

/** What this machine has: its CPUs, its memory (or what a container may use of it), its GPUs. */
export async function machineLimits(env: NodeJS.ProcessEnv): Promise<LocalLimits> {
  // 0 or a number beyond all memory: not constrained.
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return {
    cpus: availableParallelism(),
    memoryMiB: Math.floor(Math.min(totalmem(), constrained) / 1024 / 1024),
    gpus: await gpuIds(env),
  };
}

/**
 * What tasks may take together, and how many run at a time. `jobs` is what -j says, null where it says nothing: it means
 * CPUs as well as tasks, as Snakemake's does (two tasks of 2 CPUs each never run side by side on -j2), and goes before
 * the profile.
 */
export function localLimits(
  machine: LocalLimits,
  jobs: number | null,
  profile: ProfileLocal,
): { maxParallel: number; limits: LocalLimits } {
  const cpus = jobs ?? profile.cpus ?? profile.jobs ?? machine.cpus;
  return {
    maxParallel: jobs ?? profile.jobs ?? cpus,
    limits: {
      cpus,
      memoryMiB: profile.memoryMiB ?? machine.memoryMiB,
      gpus: machine.gpus.slice(0, profile.gpus ?? machine.gpus.length),
    },
  };
}
