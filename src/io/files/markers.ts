import { linkSync, writeFileSync } from 'node:fs';
import { markerPath } from '../../resume/marker.ts';
import type { Disk } from './disk.ts';

/**
 * Sets and removes the files that mark outputs as incomplete. All are links to one empty file: ext4 takes no inode again
 * for a minute after it was freed, and looks at each such one whenever a file is made, so that thousands of files made
 * and removed slow down all that follow. Source: recently_deleted() in Linux, fs/ext4/ialloc.c.
 */
export class Markers {
  private readonly disk: Disk;
  private readonly empty: string;

  /** `empty`: where that file shall lie, in a folder that is there. */
  constructor(disk: Disk, empty: string) {
    this.disk = disk;
    this.empty = disk.absolute(empty);
    writeFileSync(this.empty, '');
  }

  /** Mark the first output of a task, in a folder that is there. Where that can't be, the journal must do. */
  set(output: string): void {
    const marker = markerPath(output);
    if (marker === null) return;
    const absolute = this.disk.absolute(marker);
    try {
      linkSync(this.empty, absolute);
    } catch (error) {
      // One of an earlier attempt does as well. Another file system, or one without links, gets a file of its own.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') writeMarker(absolute);
    }
  }

  remove(output: string): void {
    const marker = markerPath(output);
    if (marker !== null) this.disk.unlink(marker);
  }
}

function writeMarker(absolute: string): void {
  try {
    writeFileSync(absolute, '');
  } catch {
    // A folder that is not writable; its task will say so.
  }
}
