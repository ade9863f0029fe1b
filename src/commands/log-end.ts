import { closeSync, openSync, readSync, statSync } from 'node:fs';

const LOG_LINES = 12;

/** The last lines of a file; a log of a gigabyte is read from its end. */
export function logEnd(file: string, count = LOG_LINES): readonly string[] {
  try {
    const { size } = statSync(file);
    const length = Math.min(size, 16 * 1024);
    const buffer = Buffer.alloc(length);
    const descriptor = openSync(file, 'r');
    readSync(descriptor, buffer, 0, length, size - length);
    closeSync(descriptor);
    return lastAttempt(buffer.toString('utf8').replace(/\n+$/, '').split('\n')).slice(-count);
  } catch {
    return [];
  }
}

/** Attempts are appended to a log: what an earlier one said must not pass for what the last one did. */
function lastAttempt(lines: readonly string[]): readonly string[] {
  return lines.slice(lines.findLastIndex((line) => /^wfc: attempt \d+$/.test(line)) + 1);
}
