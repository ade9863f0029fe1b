import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import type { SpecFiles } from '../../compile/context.ts';
import { namesIfAny } from '../files/files.ts';
import { makeFolder } from '../files/make-folder.ts';
import { replaceFile } from '../files/replace.ts';
import type { LastRun } from './last-run.ts';

/** What a run began with, for `wfc diff`: `.wfc/runs/NNNNNN`, by the number of its journal, as deflated JSON. */
export interface KeptRun extends KeptFiles {
  readonly version: typeof VERSION;
  /** In milliseconds since 1970. */
  readonly beganMs: number;
  readonly options: LastRun;
  readonly specText: string;
  /** The texts of `options.config`. */
  readonly configs: readonly string[];
  /** Files that rules make and whose values counted. */
  readonly known: readonly string[];
  /** Results whose tasks this run was to run again, as they stood; null where these were too many. */
  readonly replaced: readonly ReplacedResult[] | null;
}

/** A number of a result, before its file was made anew. */
export type ReplacedResult = readonly [path: string, column: string, mtimeMs: number, value: number | null];

/** What a spec read besides itself. */
export interface KeptFiles {
  readonly texts: Readonly<Record<string, string>>;
  /** Names by folder. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** Files and folders that were too large to be kept. */
  readonly leftOut: readonly string[];
}

export interface NumberedRun {
  readonly number: number;
  readonly run: KeptRun;
}

const VERSION = 1;
const RUNS_KEPT = 20;

export function runsFolder(stateRoot: string): string {
  return join(stateRoot, 'runs');
}

/** Numbers of the runs that are kept, the oldest first. */
export function keptRuns(stateRoot: string): number[] {
  return namesIfAny(runsFolder(stateRoot))
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** null for one that is not kept, or that another wfc kept otherwise. */
export function readKeptRun(stateRoot: string, number: number): KeptRun | null {
  try {
    const bytes = readFileSync(runFile(stateRoot, number));
    const run = JSON.parse(inflateSync(bytes).toString('utf8')) as KeptRun;
    return run.version === VERSION ? run : null;
  } catch {
    return null;
  }
}

/** Keep a run, and only the latest ones. Throws the errors of the file system. */
export function keepRun(stateRoot: string, number: number, run: Omit<KeptRun, 'version'>): void {
  makeFolder(runsFolder(stateRoot));
  replaceFile(runFile(stateRoot, number), deflateSync(JSON.stringify({ version: VERSION, ...run })));
  for (const old of keptRuns(stateRoot).slice(0, -RUNS_KEPT)) rmSync(runFile(stateRoot, old), { force: true });
}

function runFile(stateRoot: string, number: number): string {
  return join(runsFolder(stateRoot), String(number).padStart(6, '0'));
}

/** Characters of all texts together, and names of all folders. */
const MOST_TEXT = 1_000_000;
const MOST_NAMES = 20_000;

/** The files of a spec, with a copy of what was read, as far as that is small. */
export class CopiedSpecFiles implements SpecFiles {
  readonly place: SpecFiles['place'];
  private readonly files: SpecFiles;
  private readonly texts = new Map<string, string>();
  private readonly lists = new Map<string, readonly string[]>();
  private readonly leftOut = new Set<string>();
  private textLeft = MOST_TEXT;
  private namesLeft = MOST_NAMES;

  constructor(files: SpecFiles) {
    this.files = files;
    this.place = files.place;
  }

  readText(path: string): ReturnType<SpecFiles['readText']> {
    const read = this.files.readText(path);
    if (!('text' in read) || this.texts.has(path)) return read;
    if (read.text.length > this.textLeft) this.leftOut.add(path);
    else {
      this.textLeft -= read.text.length;
      this.texts.set(path, read.text);
    }
    return read;
  }

  list(folder: string): string[] | null {
    const names = this.files.list(folder);
    if (names === null || this.lists.has(folder)) return names;
    if (names.length > this.namesLeft) this.leftOut.add(folder);
    else {
      this.namesLeft -= names.length;
      this.lists.set(folder, names);
    }
    return names;
  }

  kind(path: string): ReturnType<SpecFiles['kind']> {
    return this.files.kind(path);
  }

  copies(): KeptFiles {
    return {
      texts: Object.fromEntries(this.texts),
      lists: Object.fromEntries(this.lists),
      leftOut: [...this.leftOut].sort(),
    };
  }
}

/** What a spec read then; what was not kept is taken as it is now. */
export function filesThen({ texts, lists }: KeptFiles, now: SpecFiles): SpecFiles {
  return {
    readText: (path) => (Object.hasOwn(texts, path) ? { text: texts[path]! } : now.readText(path)),
    list: (folder) => (Object.hasOwn(lists, folder) ? [...lists[folder]!] : now.list(folder)),
    kind: (path) => (Object.hasOwn(texts, path) ? 'file' : Object.hasOwn(lists, path) ? 'folder' : now.kind(path)),
    place: now.place,
  };
}
