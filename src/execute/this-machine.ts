import { systemClock } from '../io/clock.ts';
import { CodeFiles } from '../io/files/code-files.ts';
import type { Disk } from '../io/files/disk.ts';
import { Markers } from '../io/files/markers.ts';
import { OomCounter } from '../io/programs/oom-counter.ts';
import { ShellPool } from '../io/programs/shell-pool.ts';
import type { JournalWriter } from '../io/state/journal.ts';
import { LOCAL_WORK } from '../io/state/state-folder.ts';
import type { Surroundings } from './surroundings.ts';

export interface MachineOptions {
  readonly disk: Disk;
  readonly journal: JournalWriter;
  /** In which commands run. */
  readonly specFolder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Real files, a real journal, real time, real shells. Empties the work folder: only under the lock. */
export function thisMachine({ disk, journal, specFolder, env }: MachineOptions): Surroundings {
  disk.makeEmptyFolder(LOCAL_WORK);
  return {
    disk,
    journal,
    markers: new Markers(disk, `${LOCAL_WORK}/marker`),
    code: new CodeFiles(disk),
    clock: systemClock,
    memory: new OomCounter(),
    openShells: (options) => new ShellPool({ ...options, cwd: specFolder, env }),
  };
}
