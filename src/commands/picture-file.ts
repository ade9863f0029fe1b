import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { placedText } from '../compile/place.ts';
import { makeFolder } from '../io/make-folder.ts';
import { fromHere, systemProblem } from '../io/spec-file.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { refuse } from './locking.ts';
import type { CommonOptions, Session } from './session.ts';
import { EXIT, type ExitStatus, printDiagnostics } from './session.ts';
import { usersOf } from './task-argument.ts';

/** Write a picture where `--out` says, from the working directory; a status where that must not or can't be. */
export function writePicture(session: Session, out: string, text: string, options: CommonOptions): ExitStatus | null {
  const mistake = wouldSpoil(session, out);
  if (mistake !== null) {
    printDiagnostics([mistake], options);
    return EXIT.badSpec;
  }
  const file = resolve(out);
  const partial = `${file}.wfc-new`;
  try {
    makeFolder(dirname(file));
    // Rename last: a viewer never sees half a picture.
    writeFileSync(partial, text);
    renameSync(partial, file);
    return null;
  } catch (error) {
    if (existsSync(partial)) rmSync(partial);
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return refuse(`can't write ${fromHere(file)}: ${systemProblem(error)}`, options);
  }
}

/** A file that belongs to the experiment is never replaced by a picture of it. */
function wouldSpoil(session: Session, out: string): Diagnostic | null {
  const { plan, spec, files } = session;
  const path = placedText(resolve(out), files.place);
  const what =
    resolve(out) === resolve(spec.source.file)
      ? 'is the spec'
      : plan.findPath(path)
        ? 'is made by a task'
        : usersOf(session, path).length > 0
          ? 'is read by tasks'
          : null;
  if (what === null) return null;
  const hint = 'name a file of its own with --out';
  return { severity: 'error', message: `--out: ${fromHere(resolve(out))} ${what}`, location: null, hint };
}
