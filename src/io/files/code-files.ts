import type { CodeFile } from '../../resume/code.ts';
import { hashFile } from './content-hashes.ts';
import type { Disk } from './disk.ts';

/** The contents of code files: each is read once, and again only where it has changed since. */
export class CodeFiles {
  private readonly disk: Disk;
  private readonly known = new Map<
    string,
    { readonly file: CodeFile; readonly size: number; readonly inode: number }
  >();

  constructor(disk: Disk) {
    this.disk = disk;
  }

  look(paths: readonly string[]): CodeFile[] {
    return paths.map((path) => this.one(path));
  }

  private one(path: string): CodeFile {
    const identity = this.disk.identity(path);
    if (identity === null) return { path, digest: '', mtimeMs: 0, ctimeMs: 0 };
    const { mtimeMs, ctimeMs, size, inode } = identity;
    const known = this.known.get(path);
    const isSame =
      known?.file.mtimeMs === mtimeMs && known.file.ctimeMs === ctimeMs && known.size === size && known.inode === inode;
    if (known && isSame) return known.file;
    const file = { path, digest: digestOf(this.disk.absolute(path)), mtimeMs, ctimeMs };
    this.known.set(path, { file, size, inode });
    return file;
  }
}

/** '' for one that went meanwhile, or that nobody may read: as if it were missing. */
function digestOf(file: string): string {
  try {
    return hashFile(file, 'md5');
  } catch {
    return '';
  }
}
