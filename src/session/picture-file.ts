import { dirname, resolve } from 'node:path';
import { makeFolder } from '../io/files/make-folder.ts';
import { replaceFile } from '../io/files/replace.ts';
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
  try {
    makeFolder(dirname(file));
    replaceFile(file, text);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return refuse(`can't write ${fromHere(file)}: ${systemProblem(error)}`, options);
  }
}
