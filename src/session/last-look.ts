import { resolve } from 'node:path';
import { Disk } from '../io/files/disk.ts';
import { modifiedMs, textIfAny } from '../io/files/files.ts';
import { findProfile } from '../io/files/profile-file.ts';
import { readSpec, type SpecFile, specFiles } from '../io/files/spec-file.ts';
import { escalationFile } from '../io/state/escalation-file.ts';
import { journalSignature } from '../io/state/journal.ts';
import { answersNow, digest, readLastLook, type Sightings, statesNow, writeLastLook } from '../io/state/last-look.ts';
import { lastRunFile } from '../io/state/last-run.ts';
import { lockHolder } from '../io/state/lock.ts';
import { stateFolder } from '../io/state/state-folder.ts';
import type { Trust } from '../resume/contents.ts';
import type { CommonOptions, Outlook, Session } from './session.ts';
import { version } from './version.ts';

/** Of a run's options, what decides whether it may be told in a line that there is nothing to do. */
export interface LookOptions extends CommonOptions {
  readonly trust: Trust;
  readonly force: readonly string[];
  readonly dryRun: boolean;
  readonly resuming?: { readonly escalate: boolean };
}

/** What is known before the spec is compiled. */
export interface LookBefore {
  /** Digest of all that compiling starts from; null where the run is not one that says in a line that there is nothing to do. */
  readonly basis: string | null;
  /** The number of tasks, all complete, where nothing has changed since a run that found nothing to do; else null. */
  readonly complete: number | null;
}

/** Taken before the session reads the spec: an edit meanwhile then makes another basis. */
export function lookBefore(options: LookOptions): LookBefore {
  const { trust, force, json, dryRun, resuming } = options;
  const isLong = json || dryRun || force.length > 0 || trust === 'contents' || resuming?.escalate;
  const spec = isLong ? null : readSpec(options.spec);
  const basis = spec === null || 'diagnostics' in spec ? null : basisOf(spec, options);
  if (spec === null || 'diagnostics' in spec || basis === null) return { basis: null, complete: null };
  return { basis, complete: completeAsBefore(spec, basis) };
}

function basisOf({ source, folder }: SpecFile, options: LookOptions): string | null {
  const { settings, configs, goals, trust } = options;
  const profile = findProfile({ named: options.profile, specFolder: folder, userFolder: options.userProfiles });
  if (profile !== null && typeof profile !== 'string') return null;
  const files = [...configs, ...(profile === null ? [] : [profile]), escalationFile(stateFolder(folder).root)];
  return digest([
    // A new build may decide otherwise, also where it counts as the same version.
    `${version} ${modifiedMs(new URL(import.meta.url))}`,
    JSON.stringify([settings, configs, goals, trust, options.profile]),
    resolve(source.file),
    source.text,
    ...files.flatMap((file) => [resolve(file), textIfAny(file) ?? '']),
  ]);
}

function completeAsBefore({ folder }: SpecFile, basis: string): number | null {
  const state = stateFolder(folder);
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

/** After a run with nothing to do, before its lock is released. */
export function keepLook(basis: string, session: Session, sightings: Sightings): void {
  const { state, files, plan } = session;
  writeLastLook(state.root, {
    basis,
    asked: files.asked,
    answers: files.answers(),
    records: recordsSignature(state),
    taskCount: plan.neededCount,
    ...sightings.sorted(),
  });
}

/** Whether nothing but what was seen decided, and nothing was said or left to do beside. */
export function isPlain({ warnings }: Session, { history, decisions }: Outlook): boolean {
  return warnings.length === 0 && history !== null && history.unfinished.size === 0 && decisions.toRecord.length === 0;
}

function recordsSignature({ root, journals }: Session['state']): string {
  return digest([journalSignature(journals), textIfAny(lastRunFile(root)) ?? '']);
}
