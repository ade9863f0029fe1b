import { resolve } from 'node:path';
import { placedText } from '../compile/text/place.ts';
import { fromHere } from '../io/files/spec-file.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Session } from './session.ts';
import { usersOf } from './task-argument.ts';

/** A file that belongs to the experiment is never replaced by what a command writes to `--out`. */
export function wouldSpoil(session: Session, out: string): Diagnostic | null {
  const { plan, files, reserved } = session;
  const path = placedText(resolve(out), files.place);
  const read = reserved.find((one) => typeof one.path === 'string' && placedText(one.path, files.place) === path);
  const what = read
    ? `is ${read.what}`
    : plan.findPath(path)
      ? 'is made by a task'
      : usersOf(session, path).length > 0
        ? 'is read by tasks'
        : /^\.wfc(\/|$)/.test(path)
          ? 'lies in .wfc/, where wfc keeps its own files'
          : null;
  if (what === null) return null;
  const hint = 'name a file of its own with --out';
  return { severity: 'error', message: `--out: ${fromHere(resolve(out))} ${what}`, location: null, hint };
}
