/** What is wrong with `results`. See report.ts. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Location } from '../../model/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { error } from './words.ts';

export const repeatNotInPath = (location: Location, result: string, param: string, path: string): Diagnostic =>
  error(
    location,
    `result "${result}" has no repeats by ${param}: its path does not name {${param}}`,
    `name {${param}} in ${path}, or take "${param}" out of "over"`,
  );

export const resultNotMade = (location: Location, result: string, path: string, near: string | null): Diagnostic =>
  error(
    location,
    `no task makes ${path}, of result "${result}"`,
    didYouMean(near) || 'name an output of a rule, with its params',
  );

export const resultUnfit = (location: Location, result: string, path: string, what: 'directory' | 'temp'): Diagnostic =>
  error(
    location,
    what === 'directory'
      ? `result "${result}" is read from a file, and ${path} is a folder`
      : `result "${result}" can't be read from ${path}: it is temporary, and removed once it was used`,
    what === 'directory' ? 'name the file in it' : 'read it from an output that stays, or drop "temp"',
  );
