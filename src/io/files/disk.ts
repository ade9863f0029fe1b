import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { FileState } from '../../resume/record.ts';
import type { PathList, PendingLooks } from '../../resume/states.ts';
import { LookThreads } from './look-threads.ts';
import { beginLooks } from './looks.ts';

/** The files of an experiment, by paths relative to the spec's folder. */
export class Disk {
  private readonly folder: string;
  /** '' where the folder is the working directory: the kernel walks a shorter way. */
  readonly prefix: string;
  private readonly madeFolders = new Set<string>();
  /** A folder that is known not to exist: nothing below it needs a look. */
  private missingFolder: string | null = null;
  /** A folder that is known to exist: a file missing in it says nothing of others. */
  private presentFolder = '';

  /** Whether a path is a directory output whose files count. */
  private readonly sumsFiles: (path: string) => boolean;
  /** For looking at many paths. */
  private readonly threads: LookThreads;

  constructor(folder: string, sumsFiles: (path: string) => boolean = () => false, threads = new LookThreads()) {
    this.folder = folder;
    this.sumsFiles = sumsFiles;
    this.threads = threads;
    this.prefix = folder === process.cwd() ? '' : `${folder}/`;
  }

  absolute(path: string): string {
    return path.startsWith('/') ? path : `${this.folder}/${path}`;
  }

  /** As `absolute`, or by a shorter way. */
  place(path: string): string {
    return path.startsWith('/') ? path : this.prefix + path;
  }

  /** Of a directory whose files count, `statFiles`. */
  stat(path: string): FileState | null {
    const stats = statOrNull(this.place(path));
    if (!stats) return null;
    if (stats.isDirectory() && this.sumsFiles(path)) return this.statFiles(path);
    return { mtimeMs: stats.mtimeMs, size: stats.size, isDirectory: stats.isDirectory() };
  }

  /**
   * Of a directory with all that lies below it: the newest time, those of folders too (they tell of files that went), and
   * the sum of the sizes of what is no folder. Links below it are not followed; times before 1970 count as then. The same
   * in templates/attempt/files.sh, which lets `du` look.
   */
  statFiles(path: string): FileState | null {
    const absolute = Buffer.from(this.absolute(path));
    const own = statOrNull(this.absolute(path));
    if (!own?.isDirectory()) return this.stat(path);
    let mtimeMs = 0;
    let size = 0;
    const add = (entry: Buffer, stats: Stats): void => {
      mtimeMs = Math.max(mtimeMs, stats.mtimeMs);
      if (!stats.isDirectory()) {
        size += stats.size;
        return;
      }
      for (const name of namesIn(entry)) {
        const below = Buffer.concat([entry, SLASH, name]);
        const found = statOrNull(below, lstatSync);
        if (found) add(below, found);
      }
    };
    add(absolute, own);
    return { mtimeMs, size, isDirectory: true };
  }

  /** Whether the state of a directory is that of its files. */
  countsFiles(path: string): boolean {
    return this.sumsFiles(path);
  }

  /** `stat` for looking at many files while nothing runs: a missing folder is found out once. */
  statSnapshot(path: string): FileState | null {
    return this.snapshot(path);
  }

  /** `statSnapshot` for many paths, in any order. */
  beginLooks(lists: readonly PathList[]): PendingLooks {
    return beginLooks(this, lists, this.threads);
  }

  snapshot(path: string): FileState | null {
    if (this.isKnownMissing(path)) return null;
    const state = this.stat(path);
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (state !== null) this.presentFolder = folder;
    else if (folder !== this.presentFolder) {
      let missing: string | null = null;
      for (let above = folder; above !== '' && above !== '.'; above = dirname(above)) {
        if (statOrNull(this.absolute(above))) break;
        missing = above;
      }
      if (missing === null) this.presentFolder = folder;
      else this.missingFolder = `${missing}/`;
    }
    return state;
  }

  get knowsMissing(): boolean {
    return this.missingFolder !== null;
  }

  /** By what `statSnapshot` found out. */
  isKnownMissing(path: string): boolean {
    return this.missingFolder !== null && path.startsWith(this.missingFolder);
  }

  /** What tells a file from what stood at its path before, whatever times a program gave it; null where there is no file. */
  identity(path: string): { mtimeMs: number; ctimeMs: number; size: number; inode: number } | null {
    const stats = statOrNull(this.absolute(path));
    if (!stats?.isFile()) return null;
    return { mtimeMs: stats.mtimeMs, ctimeMs: stats.ctimeMs, size: stats.size, inode: stats.ino };
  }

  /** Where a symbolic link leads, as it is written there; null for all else. */
  linkTarget(path: string): string | null {
    try {
      return readlinkSync(this.absolute(path));
    } catch {
      return null;
    }
  }

  isEmptyDirectory(path: string): boolean {
    const folder = opendirSync(this.absolute(path));
    try {
      return folder.readSync() === null;
    } finally {
      folder.closeSync();
    }
  }

  /** Make the folder that a file will lie in. */
  makeParent(path: string): void {
    const slash = path.lastIndexOf('/');
    if (slash <= 0) return;
    const parent = path.slice(0, slash);
    if (!this.madeFolders.has(parent)) this.makeFolder(parent);
  }

  /** One call where the folder above was made by wfc, as in a sweep; `recursive` would try from the bottom up. */
  private makeFolder(path: string): void {
    this.makeParent(path);
    try {
      mkdirSync(this.absolute(path));
    } catch {
      // Nothing happens where the folder is there, and a link to one counts as one; all else is said here.
      mkdirSync(this.absolute(path), { recursive: true });
    }
    this.madeFolders.add(path);
  }

  /**
   * Remove a file or a whole folder, also where a part of it is read-only; nothing happens where there is none. False where
   * something stays: on NFS and FUSE a file that a process has open lives on as `.nfs…` or `.fuse_hidden…` in its folder.
   */
  remove(path: string): boolean {
    const absolute = this.absolute(path);
    const stats = statOrNull(absolute, lstatSync);
    if (!stats) return true;
    if (stats.isDirectory()) {
      makeWritable(absolute);
      // Parents of other outputs may lie in it.
      this.madeFolders.clear();
    }
    return removeAll(absolute);
  }

  /** `remove` for what is no folder, in one call. */
  unlink(path: string): void {
    try {
      unlinkSync(this.absolute(path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  exists(path: string): boolean {
    return existsSync(this.absolute(path));
  }

  read(path: string): string {
    return readFileSync(this.absolute(path), 'utf8');
  }

  /** In a folder that is made where it is missing. */
  write(path: string, text: string): void {
    this.makeParent(path);
    writeFileSync(this.absolute(path), text);
  }

  append(path: string, text: string): void {
    appendFileSync(this.absolute(path), text);
  }

  rename(from: string, to: string): void {
    renameSync(this.absolute(from), this.absolute(to));
  }

  /** A folder with nothing in it, whatever was there; but for removed files that are still open (see `remove`). */
  makeEmptyFolder(path: string): void {
    const absolute = this.absolute(path);
    removeAll(absolute);
    mkdirSync(absolute, { recursive: true });
    this.madeFolders.clear();
    this.madeFolders.add(path);
  }

  isProtected(path: string): boolean {
    const stats = statOrNull(this.absolute(path));
    return stats !== null && (stats.mode & 0o222) === 0;
  }

  protect(path: string): void {
    const walk = (absolute: string): void => {
      const stats = lstatSync(absolute);
      if (stats.isSymbolicLink()) return;
      if (stats.isDirectory()) for (const name of readdirSync(absolute)) walk(resolve(absolute, name));
      chmodSync(absolute, stats.mode & ~0o222);
    };
    walk(this.absolute(path));
  }
}

const SLASH = Buffer.from('/');

/** As bytes: names need not be UTF-8. None of a folder that is gone or can't be read. */
function namesIn(folder: Buffer): Buffer[] {
  try {
    return readdirSync(folder, { encoding: 'buffer' });
  } catch {
    return [];
  }
}

/** null where there is nothing, also where a part of the path is a file (Node gives null for ENOENT alone). */
function statOrNull(absolute: string | Buffer, stat: typeof statSync | typeof lstatSync = statSync): Stats | null {
  try {
    return stat(absolute, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return null;
    throw error;
  }
}

function makeWritable(folder: string): void {
  chmodSync(folder, lstatSync(folder).mode | 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(resolve(folder, entry.name));
  }
}

/** Whether all of it went. */
function removeAll(absolute: string): boolean {
  try {
    rmSync(absolute, { recursive: true, force: true });
    return true;
  } catch (error) {
    if (!['ENOTEMPTY', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}
