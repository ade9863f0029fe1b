import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from './make-folder.ts';

/** Write a file of a folder that is there; a reader never sees half of it. Throws the errors of the file system. */
export function replaceFile(file: string, text: string | Buffer): void {
  const partial = `${file}.wfc-new`;
  try {
    writeFileSync(partial, text);
    renameSync(partial, file);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

/** A file of a folder, by its path in there. */
export interface NewFile {
  readonly path: string;
  readonly content: string;
  readonly executable: boolean;
}

/** Write beside, then rename: there is never a half-written folder of scripts. Throws the errors of the file system. */
export function replaceFolder(folder: string, files: readonly NewFile[]): void {
  const fresh = `${folder}.new-${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  const made = new Set<string>();
  for (const { path, content, executable } of files) {
    const file = join(fresh, path);
    if (!made.has(dirname(file))) makeFolder(dirname(file));
    made.add(dirname(file));
    writeFileSync(file, content, { mode: executable ? 0o755 : 0o644 });
  }
  const old = `${folder}.old-${process.pid}`;
  if (existsSync(folder)) renameSync(folder, old);
  makeFolder(dirname(folder));
  renameSync(fresh, folder);
  rmSync(old, { recursive: true, force: true });
}
