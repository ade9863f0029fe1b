import { resolve } from 'node:path';
import { Disk } from '../io/files/disk.ts';
import { textIfAny } from '../io/files/files.ts';
import { findProfile } from '../io/files/profile-file.ts';
import { builtMs } from '../io/files/shipped.ts';
import { readSpec, type SpecFile, specFiles } from '../io/files/spec-file.ts';
import { escalationFile } from '../io/state/escalation-file.ts';
import { journalSignature } from '../io/state/journal.ts';
import {
  answersNow,
  digest,
  NotedDisk,
  NotedSpecFiles,
  readLastLook,
  statesNow,
  writeLastLook,
} from '../io/state/last-look.ts';
import { lastRunFile } from '../io/state/last-run.ts';
import { lockHolder } from '../io/state/lock.ts';
import { type StateFolder, stateFolder } from '../io/state/state-folder.ts';
import type { Trust } from '../resume/contents.ts';
import { writeError } from '../terminal/streams.ts';
import { nothingToDoWords } from './run-summary.ts';
import { type CommonOptions, EXIT, type ExitStatus, type Reading } from './session.ts';
import { version } from './version.ts';

/** Of a run's options, what decides whether it may be told in a line that there is nothing to do. */
export interface LookOptions extends CommonOptions {
  readonly trust: Trust;
  readonly force: readonly string[];
  readonly dryRun: boolean;
  readonly resuming?: { readonly escalate: boolean };
}

/**
 * Do a run, unless it was found before that there is nothing to do, and all still stands that was asked then of spec, files
 * and journals. Then that is said at once, and nothing is compiled. What the run does is not changed by this, nor does it
 * know of it: its files are read through others that take notes.
 */
export async function withLastLook<O extends LookOptions>(
  options: O,
  run: (options: O) => Promise<{ readonly status: ExitStatus; readonly complete: number | null }>,
): Promise<ExitStatus> {
  // Before the run reads the spec: an edit meanwhile then makes another basis.
  const before = startOf(options);
  if (before === null) return (await run(options)).status;
  const known = completeAsBefore(before);
  if (known !== null) {
    if (!options.quiet) writeError(`${nothingToDoWords(known)}\n`);
    return EXIT.done;
  }
  const notes = new Notes();
  const { status, complete } = await run({ ...options, reading: notes });
  if (complete !== null) notes.keep(before, complete);
  return status;
}

/** What a run begins with. */
interface Start {
  readonly state: StateFolder;
  readonly folder: string;
  /** Digest of all that compiling begins with. */
  readonly basis: string;
}

/** null where the run is not one that says in a line that there is nothing to do. */
function startOf(options: LookOptions): Start | null {
  const { trust, force, json, dryRun, resuming } = options;
  if (json || dryRun || force.length > 0 || trust === 'contents' || resuming?.escalate) return null;
  const spec = readSpec(options.spec);
  const basis = 'diagnostics' in spec ? null : basisOf(spec, options);
  if ('diagnostics' in spec || basis === null) return null;
  return { state: stateFolder(spec.folder), folder: spec.folder, basis };
}

function basisOf({ source, folder }: SpecFile, options: LookOptions): string | null {
  const { settings, configs, goals, trust } = options;
  const profile = findProfile({ named: options.profile, specFolder: folder, userFolder: options.userProfiles });
  if (profile !== null && typeof profile !== 'string') return null;
  const files = [...configs, ...(profile === null ? [] : [profile]), escalationFile(stateFolder(folder).root)];
  return digest([
    // A new build may decide otherwise, also where it counts as the same version.
    `${version} ${builtMs()}`,
    JSON.stringify([settings, configs, goals, trust, options.profile]),
    resolve(source.file),
    source.text,
    ...files.flatMap((file) => [resolve(file), textIfAny(file) ?? '']),
  ]);
}

/** The number of tasks, all complete, where nothing has changed since a run that found nothing to do; else null. */
function completeAsBefore({ state, folder, basis }: Start): number | null {
  const look = readLastLook(state.root);
  if (look?.basis !== basis || lockHolder(state.lock) !== null) return null;
  try {
    const isSame =
      look.records === recordsSignature(state) &&
      look.answers === answersNow(look.asked, specFiles(folder)) &&
      look.states === statesNow(look.paths, new Disk(folder));
    return isSame ? look.taskCount : null;
  } catch {
    // What can't be looked at is told by a run that looks at all.
    return null;
  }
}

/** Takes note of what a session asks. */
class Notes implements Reading {
  private files: NotedSpecFiles | null = null;
  private noted: NotedDisk | null = null;

  readonly specFiles: Reading['specFiles'] = (folder) => {
    this.files = new NotedSpecFiles(specFiles(folder));
    return this.files;
  };

  readonly disk: Reading['disk'] = (folder, sumsFiles) => {
    this.noted = new NotedDisk(folder, sumsFiles);
    return this.noted;
  };

  /** The lock is released by now: a run that began since has other records, or files that are not as they were noted. */
  keep({ state, basis }: Start, taskCount: number): void {
    const { files, noted } = this;
    if (files === null || noted === null) throw new Error('internal error: nothing was asked');
    const head = { basis, asked: files.asked, answers: files.answers(), taskCount };
    try {
      const { paths, states } = noted.sightings();
      writeLastLook(state.root, { ...head, records: recordsSignature(state), states }, paths);
    } catch {
      // A disk that takes no more, or somebody who clears up: the next run looks as if it were the first.
    }
  }
}

function recordsSignature({ root, journals }: StateFolder): string {
  return digest([journalSignature(journals), textIfAny(lastRunFile(root)) ?? '']);
}
