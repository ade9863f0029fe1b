import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { LocalLimits } from './pools.ts';

/** What this machine has: its CPUs, its memory (or what a container may use of it), its GPUs. */
export function machineLimits(env: NodeJS.ProcessEnv): LocalLimits {
  // 0 or a number beyond all memory: not constrained.
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return {
    cpus: availableParallelism(),
    memoryMiB: Math.floor(Math.min(totalmem(), constrained) / 1024 / 1024),
    gpus: gpuIds(env),
  };
}

/** GPUs by the ids that `CUDA_VISIBLE_DEVICES` takes: those that it lists already, else all that the driver shows. */
function gpuIds(env: NodeJS.ProcessEnv): string[] {
  const visible = env.CUDA_VISIBLE_DEVICES;
  if (visible !== undefined) return visible.split(',').filter((id) => id !== '' && id !== '-1');
  const driver = '/proc/driver/nvidia/gpus';
  if (existsSync(driver)) return readdirSync(driver).map((_, i) => String(i));
  if (!existsSync('/dev/nvidiactl') && !existsSync('/dev/dxg')) return [];
  const listed = spawnSync('nvidia-smi', ['-L'], { encoding: 'utf8', timeout: 5000 });
  return (listed.stdout ?? '')
    .split('\n')
    .filter((line) => line.startsWith('GPU '))
    .map((_, i) => String(i));
}
