/** What an R text attaches: `library(x)` and `require(x)`, at any depth. */
import { scanScript } from './regions.ts';

const CALL = /(?<![\w.])(?:library|require)[ \t]*\([ \t\n]*(["'`]?)([A-Za-z][A-Za-z0-9.]*)\1[ \t\n]*[,)]/g;

export interface AttachedPackage {
  readonly name: string;
  /** Offset of the call in the text. */
  readonly at: number;
  readonly length: number;
}

export function attachedPackages(text: string): AttachedPackage[] {
  const regions = scanScript('Rscript', text);
  return [...text.matchAll(CALL)].flatMap((call) => {
    if (regions[call.index] !== 'code') return [];
    return [{ name: call[2]!, at: call.index, length: call[0].length }];
  });
}
