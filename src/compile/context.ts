import type { Diagnostic } from '../model/diagnostic.ts';
import type { SourceText } from '../model/source.ts';
import type { SpecPlace } from './place.ts';

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

/** One compilation: what it reads, and the diagnostics that gather. */
export interface Context {
  readonly files: SpecFiles;
  readonly overrides: Overrides;
  readonly diagnostics: Diagnostic[];
}
