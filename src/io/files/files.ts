/** The file system in the words of who asks: rooms above io/ read and write by these. Paths count from the working directory. */
import { createReadStream, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';

/** Whether anything stands there; where a link leads, for a link. */
export function isThere(path: string): boolean {
  return existsSync(path);
}

/** Throws the errors of the file system. */
export function textOf(path: string): string {
  return readFileSync(path, 'utf8');
}

/** null where it can't be read, whatever the reason. */
export function textIfAny(path: string): string | null {
  try {
    return textOf(path);
  } catch {
    return null;
  }
}

/** From a byte on. */
export function streamOf(path: string, start: number): Readable {
  return createReadStream(path, { start });
}

export function byteCount(path: string): number {
  return statSync(path).size;
}

/** The names in a folder, unsorted. Throws the errors of the file system. */
export function namesIn(folder: string): string[] {
  return readdirSync(folder);
}

/** None where the folder can't be read, whatever the reason. */
export function namesIfAny(folder: string): string[] {
  try {
    return namesIn(folder);
  } catch {
    return [];
  }
}

/** Never over another file: throws EEXIST where one came up meanwhile. */
export function writeNew(path: string, text: string): void {
  writeFileSync(path, text, { flag: 'wx' });
}
