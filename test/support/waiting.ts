/** Waiting in tests: for what happens, in words that say what did not; never for a time to pass. */
import { setTimeout as pause } from 'node:timers/promises';

/**
 * How much longer anything may take than on a machine of two cores with nothing else to do: one four times slower,
 * whose cores have four times as much to do.
 */
const SLOWNESS = 16;

/** Milliseconds that a test, or a part of one, may take that takes so many seconds on an idle machine of two cores. */
export function patience(secondsWhenIdle: number): number {
  return secondsWhenIdle * SLOWNESS * 1000;
}

/** Seconds that anything that is awaited may take to come. */
export const PATIENCE_SECONDS = patience(15) / 1000;

/** What `probe` returns, once that is not undefined. `what` names it for the error: 'all nodes are idle'. */
export async function waitFor<T>(
  probe: () => T | undefined | Promise<T | undefined>,
  what: string | (() => string),
  seconds = PATIENCE_SECONDS,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  // Start often, for what is nearly there; end at 5 a second, so as not to load a small machine.
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.3, 200)) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > deadline)
      throw new Error(`for ${seconds} s not seen: ${typeof what === 'string' ? what : what()}`);
    await pause(pauseMs);
  }
}

/** Resolves once something holds: `until(() => e.has('began'), 'the task has begun')`. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
  seconds?: number,
): Promise<void> {
  await waitFor(async () => (await holds()) || undefined, what, seconds);
}
