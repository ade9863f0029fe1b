import { join } from 'node:path';
import { textIfAny } from '../files/files.ts';
import { replaceFile } from '../files/replace.ts';

/** Tasks that a changed list dropped and that a run has told of, a name a line. */
function toldFile(stateRoot: string): string {
  return join(stateRoot, 'told-dropped.txt');
}

export function readToldDropped(stateRoot: string): ReadonlySet<string> {
  return new Set((textIfAny(toldFile(stateRoot)) ?? '').split('\n').filter((name) => name !== ''));
}

export function writeToldDropped(stateRoot: string, names: readonly string[]): void {
  replaceFile(toldFile(stateRoot), names.map((name) => `${name}\n`).join(''));
}
