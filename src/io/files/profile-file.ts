import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as report from '../../compile/report/report.ts';
import { parseProfile } from '../../compile/schema/profile.ts';
import { closest } from '../../compile/text/suggest.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { NO_PROFILE, type Profile } from '../../model/profile.ts';
import { bashComplaint } from '../programs/bash-syntax.ts';
import { fromHere, readUtf8 } from './spec-file.ts';

const ENDING = /\.(ya?ml|json)$/;
const ENDINGS = ['.yml', '.yaml', '.json'];

export interface ProfileLookup {
  /** `--profile`; undefined where none is given: then one named `default` is taken, if there is one. */
  readonly named: string | undefined;
  readonly specFolder: string;
  /** The user's folder of profiles; null where there is no home. */
  readonly userFolder: string | null;
}

/** Find and read the profile that the command line means. What is wrong comes back as diagnostics, all at once. */
export function readProfile(lookup: ProfileLookup): { profile: Profile; diagnostics: readonly Diagnostic[] } {
  const found = findProfile(lookup);
  if (found === null) return { profile: NO_PROFILE, diagnostics: [] };
  if (typeof found !== 'string') return { profile: NO_PROFILE, diagnostics: [found] };
  const read = readUtf8(found);
  if ('diagnostic' in read) return { profile: NO_PROFILE, diagnostics: [read.diagnostic] };
  const { profile, diagnostics } = parseProfile({ file: found, text: read.text });
  if (!profile) return { profile: NO_PROFILE, diagnostics };
  const { prelude, preludeLocation, notify } = profile;
  const programs = [
    ...(preludeLocation === null ? [] : [{ command: prelude.join('\n'), location: preludeLocation }]),
    ...(notify === null ? [] : [notify]),
  ];
  const complaints = programs.flatMap(({ command, location }) => {
    const complaint = bashComplaint(command);
    return complaint === null ? [] : report.bashSyntax(location, complaint);
  });
  return { profile, diagnostics: [...diagnostics, ...complaints] };
}

/** The file of the profile, as the user would name it; null where none is asked for and none is there. */
export function findProfile({ named, specFolder, userFolder }: ProfileLookup): string | Diagnostic | null {
  if (named !== undefined && (named.includes('/') || ENDING.test(named))) return named;
  const folders = [fromHere(join(specFolder, 'profiles')), ...(userFolder === null ? [] : [userFolder])];
  const name = named ?? 'default';
  for (const folder of folders) {
    const file = ENDINGS.map((ending) => join(folder, name + ending)).find((path) => existsSync(path));
    if (file !== undefined) return file;
  }
  if (named === undefined) return null;
  const known = folders.flatMap(profileNames);
  return report.unknownProfile(named, closest(named, known), folders);
}

function profileNames(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => (ENDING.test(name) ? name.replace(ENDING, '') : []));
  } catch {
    return [];
  }
}
