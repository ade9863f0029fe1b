import { closeSync, openSync, readSync, statSync } from 'node:fs';

const LOG_LINES = 12;
/** Longer lines are shortened where they are shown among others. */
const LINE_LENGTH = 300;
/** Heads an attempt in a log that was there before it; `_wfc_head_attempt` in templates/attempt/log.sh writes it, too. */
const HEAD = /^wfc: attempt \d+(?:, \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, run [\w-]+(?:, job \w+)?)?$/;

/** What heads an attempt in a log that is there already. `run` is the number of its journal. */
export function attemptHead(number: number, run: string, at: Date): string {
  return `wfc: attempt ${number}, ${at.toISOString().slice(0, 19)}Z, run ${run}`;
}

/** The last lines of what the last attempt wrote, as a person reads them; a log of a gigabyte is read from its end. */
export function logEnd(file: string, count = LOG_LINES): readonly string[] {
  try {
    const { size } = statSync(file);
    const lines = readRange(file, Math.max(0, size - 16 * 1024), size)
      .toString('utf8')
      .replace(/\n+$/, '')
      .split('\n');
    // Attempts are appended to a log: what an earlier one said must not pass for what the last one did.
    return lines
      .slice(lines.findLastIndex((line) => HEAD.test(line)) + 1)
      .slice(-count)
      .map((line) => shortened(shownLine(line)));
  } catch {
    return [];
  }
}

/**
 * A line as a terminal would leave it: what stands behind its last carriage return, which is how progress bars draw over
 * themselves, and without colours. Source of the sequences: ECMA-48, 5.4 (CSI) and 5.6 (OSC).
 */
export function shownLine(line: string): string {
  const plain = line.replace(/\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g, '').replace(/\r+$/, '');
  return plain.slice(plain.lastIndexOf('\r') + 1);
}

function shortened(line: string): string {
  const more = line.length - LINE_LENGTH;
  return more <= 0 ? line : `${line.slice(0, LINE_LENGTH)} … and ${more.toLocaleString('en')} more characters`;
}

const CHUNK = 256 * 1024;

/** Where in a log what the last attempt wrote begins, in bytes: behind its head, 0 where there is none. */
export function lastAttemptStart(file: string): number {
  const { size } = statSync(file);
  // From the end on, in chunks that overlap by more than a head is long.
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - CHUNK);
    const text = readRange(file, start, end).toString('latin1');
    for (let at = text.length; at > 0; ) {
      at = text.lastIndexOf('wfc: attempt ', at - 1);
      if (at < 0) break;
      const lineEnd = text.indexOf('\n', at);
      const startsLine = at === 0 ? start === 0 : text[at - 1] === '\n';
      if (startsLine && lineEnd > 0 && HEAD.test(text.slice(at, lineEnd))) return start + lineEnd + 1;
    }
    end = start === 0 ? 0 : start + 200;
  }
  return 0;
}

function readRange(file: string, start: number, end: number): Buffer {
  const buffer = Buffer.alloc(end - start);
  const descriptor = openSync(file, 'r');
  try {
    return buffer.subarray(0, readSync(descriptor, buffer, 0, end - start, start));
  } finally {
    closeSync(descriptor);
  }
}
