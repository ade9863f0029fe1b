import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../files/replace.ts';

/** What the last run was told, for `wfc resume`: `.wfc/last-run.json`, written by `wfc run` and by submit.sh. */
export interface LastRun {
  readonly backend: 'local' | 'slurm';
  /** The spec, by its name in its folder; null for runs of which that is not known. */
  readonly spec: string | null;
  readonly set: readonly string[];
  /** Files of config constants, relative to the spec's folder where they lie in it. */
  readonly config: readonly string[];
  readonly goal: readonly string[];
  readonly profile: string | null;
  /**
   * What `--force` named, and when: part of the scripts' id, so that their elements know of no earlier success. Not for
   * the next run.
   */
  readonly forced?: string;
}

/** Its place. */
export function lastRunFile(stateRoot: string): string {
  return join(stateRoot, 'last-run.json');
}

/** null where nothing is known of an earlier run. */
export function readLastRun(stateRoot: string): LastRun | null {
  return readOptions(lastRunFile(stateRoot));
}

/** The same of one submission: its `options.json`. */
export function readOptions(file: string): LastRun | null {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as Partial<LastRun> | null;
    if (read === null || (read.backend !== 'local' && read.backend !== 'slurm')) return null;
    return {
      backend: read.backend,
      spec: typeof read.spec === 'string' ? read.spec : null,
      set: texts(read.set),
      config: texts(read.config),
      goal: texts(read.goal),
      profile: typeof read.profile === 'string' ? read.profile : null,
    };
  } catch {
    return null;
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((v) => typeof v === 'string') : [];
}

export function lastRunText(run: LastRun): string {
  return `${JSON.stringify(run, null, 2)}\n`;
}

export function writeLastRun(stateRoot: string, run: LastRun): void {
  replaceFile(lastRunFile(stateRoot), lastRunText(run));
}
