import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { makeFolder } from '../io/files/make-folder.ts';
import { fromHere, systemProblem } from '../io/files/spec-file.ts';
import { refuse } from './locking.ts';
import { wouldSpoil } from './out-file.ts';
import type { CommonOptions, Session } from './session.ts';
import { EXIT, type ExitStatus, printDiagnostics } from './session.ts';

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
