import { Worker } from 'node:worker_threads';
import { endLooks, newWindow, type WindowMemory } from './look-window.ts';
import { shippedText } from './shipped.ts';

/** Threads that look along at the paths of one window, until they are told to end. */
export class LookThreads {
  count = 0;
  private memory: WindowMemory | null = null;

  get window(): WindowMemory {
    this.memory ??= newWindow();
    return this.memory;
  }

  /** See that there are so many. */
  start(count: number): void {
    while (this.count < count && this.startOne()) this.count++;
  }

  end(): void {
    if (this.count > 0) endLooks(this.window);
    this.memory = null;
    this.count = 0;
  }

  /** False at a limit of threads: one that can't start takes no paths, and the others look at them. */
  private startOne(): boolean {
    // It makes little, and lets go of it at once.
    const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 32 };
    try {
      const worker = new Worker(shippedText('dist/look-worker.cjs'), {
        eval: true,
        workerData: this.window,
        resourceLimits,
      });
      worker.on('error', () => {});
      worker.unref();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_INIT_FAILED') throw error;
      return false;
    }
  }
}
