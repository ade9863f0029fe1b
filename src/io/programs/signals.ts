import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** Signals that wfc can be started so as not to hear. Numbers: signal(7). */
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;
type Signal = keyof typeof NUMBERS;

/** What ends a run in order. SIGQUIT ends it at once, as any program. */
const STOP_SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
type StopSignal = (typeof STOP_SIGNALS)[number];

let ignored: ReadonlySet<Signal> = new Set();

/**
 * A signal that was ignored when wfc was started stays ignored, as with any program: `nohup wfc run &` outlives its
 * terminal, a script's `wfc run &` the Ctrl-C for the script. Node sets all signals back at its start, so the first line of
 * cli.js notes what they were; see src/build.mjs. To be called once, before anything reads the environment.
 */
export function keepIgnoring(): void {
  // As in /proc/PID/status, proc(5): a hexadecimal mask, the lowest bit of which is signal 1.
  const mask = process.env.WFC_IGNORED_SIGNALS;
  delete process.env.WFC_IGNORED_SIGNALS;
  const names = Object.keys(NUMBERS) as Signal[];
  if (mask === undefined) ignored = new Set(isUnderNohup() ? ['SIGHUP' as const] : []);
  else ignored = new Set(names.filter((name) => (BigInt(`0x${mask}`) >> BigInt(NUMBERS[name] - 1)) & 1n));
  for (const signal of ignored) process.on(signal, () => {});
}

/** The signals that end a run: those that are not ignored. */
export function stopSignals(): StopSignal[] {
  return STOP_SIGNALS.filter((signal) => !ignored.has(signal));
}

/**
 * Started as `node dist/cli.js`: bash and zsh tell a program in `_` what they started, and nohup hands that on; a terminal
 * as standard input it replaces by a /dev/null that can't be read.
 */
function isUnderNohup(): boolean {
  if (basename(process.env._ ?? '') === 'nohup') return true;
  try {
    const flags = /^flags:\t(\d+)$/m.exec(readFileSync('/proc/self/fdinfo/0', 'latin1'))?.[1];
    return readlinkSync('/proc/self/fd/0') === '/dev/null' && (Number.parseInt(flags ?? '0', 8) & 3) === 1;
  } catch {
    return false;
  }
}
