import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Disk } from '../io/disk.ts';
import { journalSignature } from '../io/journal.ts';
import { answersNow, digest, readLastLook, type Sightings, statesNow, writeLastLook } from '../io/last-look.ts';
import { lockHolder } from '../io/lock.ts';
import { findProfile } from '../io/profile-file.ts';
import { readSpec, specFiles } from '../io/spec-file.ts';
import { stateFolder } from '../io/state-folder.ts';
import type { RunOptions } from './run.ts';
import type { Outlook, Session } from './session.ts';
import { version } from './version.ts';

/**
 * All that a compilation knows before it asks the spec's files, as a digest; null where the run is not one that says in a
 * line that there is nothing to do. Taken before the spec is read: an edit meanwhile then makes another one.
 */
export function basisOf(options: RunOptions): string | null {
  const { settings, configs, goals, trust, force, json, dryRun, resuming } = options;
  if (json || dryRun || force.length > 0 || trust === 'contents' || resuming?.escalate) return null;
  const spec = readSpec(options.spec);
  if ('diagnostics' in spec) return null;
  const profile = findProfile({
    named: options.profile,
    specFolder: spec.folder,
    userFolder: options.userProfiles,
  });
  if (profile !== null && typeof profile !== 'string') return null;
  const { root } = stateFolder(spec.folder);
  const files = [...configs, ...(profile === null ? [] : [profile]), join(root, 'escalated.tsv')];
  const read = files.flatMap((file) => [resolve(file), textOf(file)]);
  // A new build may decide otherwise, also where it counts as the same version.
  const build = `${version} ${statSync(new URL(import.meta.url)).mtimeMs}`;
  return digest([
    build,
    JSON.stringify([settings, configs, goals, trust, options.profile]),
    resolve(spec.source.file),
    spec.source.text,
    ...read,
  ]);
}

/** The number of tasks, all complete, where nothing has changed since a run that found nothing to do; else null. */
export function completeAsBefore(options: RunOptions, basis: string | null): number | null {
  const spec = readSpec(options.spec);
  if (basis === null || 'diagnostics' in spec) return null;
  const state = stateFolder(spec.folder);
  const look = readLastLook(state.root);
  if (look?.basis !== basis || lockHolder(state.lock) !== null) return null;
  try {
    const isSame =
      look.records === recordsSignature(state) &&
      look.answers === answersNow(look.asked, specFiles(spec.folder)) &&
      look.states === statesNow(look.paths, new Disk(spec.folder));
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
  return digest([journalSignature(journals), textOf(join(root, 'last-run.json'))]);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
