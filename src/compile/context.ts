import type { Diagnostic } from '../model/diagnostic.ts';
import type { Location, SourceText } from '../model/source.ts';
import type { PathPattern } from '../model/workflow.ts';
import type { Holes } from './text/holes.ts';
import type { SpecPlace } from './text/place.ts';

/** What compiling may read besides the spec: value files, tables and the folders that a glob names. */
export interface SpecFiles {
  /**
   * The text of a file, its path relative to the spec's folder; a sentence that says why not where it can't be read,
   * with what to do about a file that is there.
   */
  readText(path: string): { text: string } | { problem: string; hint?: string | undefined };
  /** The names in a folder, unsorted; null where there is no such folder. */
  list(folder: string): string[] | null;
  /** What stands at a path; null for nothing. */
  kind(path: string): 'file' | 'folder' | null;
  readonly place: SpecPlace;
}

/** `--set key=value`. */
export interface Setting {
  readonly key: string;
  readonly value: string;
}

/** What the command line changes in a spec. */
export interface Overrides {
  readonly settings: readonly Setting[];
  /** The text of each `--config FILE`, later ones over earlier ones. */
  readonly configs: readonly SourceText[];
  /** `--goal`, instead of `targets`; null where none is given. */
  readonly goals: readonly string[] | null;
}

export const NO_OVERRIDES: Overrides = { settings: [], configs: [], goals: null };

/** A file or folder that no task may write to. */
export interface Reserved {
  /** A path, or the pattern of a glob. */
  readonly path: string | PathPattern;
  /** As a message goes on after the path: `the spec itself`. */
  readonly what: string;
  readonly isFolder: boolean;
  /** Where the spec names it; null for what the command line names, or nobody. */
  readonly location: Location | null;
}

/** One compilation: what it reads, and the diagnostics that gather. */
export interface Context {
  readonly files: SpecFiles;
  readonly overrides: Overrides;
  /** Files that rules make, and that hold now what these rules make: see `StagedSource`. */
  readonly known: ReadonlySet<string>;
  /** All that is read for the plan goes in here: no task may write to it. */
  readonly reserved: Reserved[];
  readonly diagnostics: Diagnostic[];
  readonly holes: Holes;
}

/** A file that is read since the spec names it, its path counted from the spec's folder. */
export function reservedFile(path: string, location: Location, what = 'a file that the spec reads'): Reserved {
  return { path, what, isFolder: false, location };
}
