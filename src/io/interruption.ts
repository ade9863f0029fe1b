import { setTimeout as pause } from 'node:timers/promises';

/** From its making to its end, Ctrl-C (or SIGTERM) does not end the process: it cuts a pause short, and is told to who asks. */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly onSignal = (): void => this.controller.abort();

  constructor() {
    process.on('SIGINT', this.onSignal).on('SIGTERM', this.onSignal);
  }

  /** A signal that came while nothing else could is heard only after a turn of the event loop, which this takes. */
  async came(): Promise<boolean> {
    await new Promise(setImmediate);
    return this.controller.signal.aborted;
  }

  async pause(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.controller.signal }).catch(() => undefined);
  }

  end(): void {
    process.off('SIGINT', this.onSignal).off('SIGTERM', this.onSignal);
  }
}
