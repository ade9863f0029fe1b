import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { ask } from '../io/programs/ask.ts';
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

/** What CUDA takes for a GPU; behind anything else it sees none. Source: CUDA C++ Programming Guide, CUDA_VISIBLE_DEVICES. */
const GPU_ID = /^(\d+|GPU-[\w-]+|MIG-[\w/-]+)$/;

/** GPUs by the ids that `CUDA_VISIBLE_DEVICES` takes: those that it lists already, else all that the driver shows. */
async function gpuIds(env: NodeJS.ProcessEnv): Promise<string[]> {
  const visible = env.CUDA_VISIBLE_DEVICES;
  if (visible !== undefined) {
    // Slurm writes `NoDevFiles` for none, others write -1 or nothing.
    const ids = visible.split(',').map((id) => id.trim());
    const end = ids.findIndex((id) => !GPU_ID.test(id));
    return end < 0 ? ids : ids.slice(0, end);
  }
  const driver = '/proc/driver/nvidia/gpus';
  if (existsSync(driver)) return readdirSync(driver).map((_, i) => String(i));
  if (!existsSync('/dev/nvidiactl') && !existsSync('/dev/dxg')) return [];
  const listed = await ask('nvidia-smi', ['-L'], { env, timeoutSeconds: 5 });
  return ('stdout' in listed ? listed.stdout : '')
    .split('\n')
    .filter((line) => line.startsWith('GPU '))
    .map((_, i) => String(i));
}
