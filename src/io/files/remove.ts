import { chmodSync, lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Whether anything has this name, be it a link that leads nowhere. */
export function hasName(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** With all below it; nothing happens where there is nothing. */
export function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/** What a task made, with the folders that are empty then, up to the spec's. A protected directory goes, too. */
export function removeWithEmptyFolders(file: string, specFolder: string): void {
  if (lstatSync(file, { throwIfNoEntry: false })?.isDirectory()) makeWritable(file);
  remove(file);
  for (let folder = dirname(file); folder.startsWith(`${specFolder}/`); folder = dirname(folder)) {
    try {
      rmdirSync(folder);
    } catch {
      return;
    }
  }
}

/** A protected directory lets nothing in it be removed. */
function makeWritable(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) makeWritable(join(folder, entry.name));
}
