import { setTimeout as pause } from 'node:timers/promises';
import { stopSignals } from './signals.ts';

/** From its making to its end, Ctrl-C (or SIGTERM, SIGHUP) does not end the process: it cuts a pause short, and is told to who asks. */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly signals = stopSignals();
  private readonly onSignal = (): void => this.controller.abort();

  constructor() {
    for (const signal of this.signals) process.on(signal, this.onSignal);
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
    for (const signal of this.signals) process.off(signal, this.onSignal);
  }
}
