import type { PoolOptions, ShellEnd, ShellSource } from '../io/programs/shell-pool.ts';
import type { CodeFile } from '../resume/code.ts';
import type { Contents } from '../resume/contents.ts';
import type { FailedAttempt } from '../resume/history.ts';
import type { FileState, SuccessRecord } from '../resume/record.ts';
import type { AttemptPlace } from '../resume/start.ts';
import type { WrittenCause } from '../resume/stop.ts';

/** What the executor sees of the world, and does to it. That of this machine: `thisMachine`. */
export interface Surroundings {
  readonly disk: Disk;
  readonly markers: Markers;
  readonly code: Code;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly memory: MemoryKills;
  /** Once a run. */
  readonly openShells: (options: ShellOptions) => Shells;
}

/** Files, by paths relative to the spec's folder. `.wfc/local` is there, and empty, when the executor begins. */
export interface Disk {
  absolute(path: string): string;
  /** null where there is nothing. */
  stat(path: string): FileState | null;
  /** Of a directory the newest time and the size of all below it; else `stat`. */
  statFiles(path: string): FileState | null;
  exists(path: string): boolean;
  /** Where a symbolic link leads; null for all else. */
  linkTarget(path: string): string | null;
  isEmptyDirectory(path: string): boolean;
  makeParent(path: string): void;
  /** A file, or a folder with all in it; nothing happens where there is none. */
  remove(path: string): boolean;
  /** `remove` for what is no folder, in one call. */
  unlink(path: string): void;
  isProtected(path: string): boolean;
  protect(path: string): void;
  read(path: string): string;
  /** In a folder that is made where it is missing. */
  write(path: string, text: string): void;
  append(path: string, text: string): void;
  /** Who writes to the file writes on. */
  rename(from: string, to: string): void;
}

/** The hidden files beside first outputs, which tell a half-made output from a whole one where the journal is lost. */
export interface Markers {
  set(output: string): void;
  remove(output: string): void;
}

export interface Code {
  /** What stands there now. */
  look(paths: readonly string[]): readonly CodeFile[];
}

/** What happens to tasks, each named by its first output. */
export interface Journal {
  /** To be called first. The file to which tasks themselves write that they have started. */
  openForTasks(): string;
  /** Leader of the processes of a task's attempt; 0 as long as it has not written that it started. */
  processGroup(task: string, attempt: number): number;
  done(task: string, record: SuccessRecord): void;
  failed(task: string, failure: Omit<FailedAttempt, keyof AttemptPlace>): void;
  /** `cause`: of `WRITTEN_CAUSES`. */
  interrupted(task: string, cause: WrittenCause): void;
  /** All that was written so far can be read by others, and outlives this program. */
  flush(): void;
}

export interface Clock {
  /** Milliseconds; only differences count, and no one sets it. */
  now(): number;
  date(): Date;
  /** Act again and again, until what is returned is called. */
  every(milliseconds: number, act: () => void): () => void;
}

/** How often the kernel killed for want of memory; 0 where nobody can tell. */
export interface MemoryKills {
  kills(): number;
}

export type ShellOptions = Omit<PoolOptions, 'cwd' | 'env'>;

/** A few shells, each of which runs one task at a time. */
export interface Shells {
  readonly hasIdle: boolean;
  /** Run a piece of bash on an idle shell, whose number is returned. Its end is told later, and once. */
  run(source: ShellSource, onEnd: (end: ShellEnd) => void): number;
  /** Signal all processes of a group; throws where there are none. */
  signal(processGroup: number, signal: NodeJS.Signals): void;
  /** In KiB; 0 where nobody can tell. */
  memoryOfTask(shell: number): number;
  close(): void;
}

/** Contents of files, where they decide, and what is kept of them for later runs. */
export interface KeptContents extends Contents {
  /** `states` is the text of the paths' states in a record. */
  note(paths: readonly string[], states: string): void;
  flush(): void;
}
