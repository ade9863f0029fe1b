import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Make a folder and those above it. Throws the errors of the file system as they are: Node's own `recursive` tells a
 * read-only file system as "no such file", and never ends where nothing can be made, such as in /proc.
 */
export function makeFolder(path: string): void {
  if (make(path)) return;
  makeFolder(dirname(path));
  // Once more, not again and again: in /proc the answer stays the same.
  if (!make(path)) mkdirSync(path);
}

/** false where the folder above it is not there. */
function make(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return true;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    return false;
  }
}
