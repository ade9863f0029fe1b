import { existsSync, readdirSync } from 'node:fs';
import { ask } from './ask.ts';

/** What CUDA takes for a GPU; behind anything else it sees none. Source: CUDA C++ Programming Guide, CUDA_VISIBLE_DEVICES. */
const GPU_ID = /^(\d+|GPU-[\w-]+|MIG-[\w/-]+)$/;

/** GPUs by the ids that `CUDA_VISIBLE_DEVICES` takes: those that it lists already, else all that the driver shows. */
export async function gpuIds(env: NodeJS.ProcessEnv): Promise<string[]> {
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
