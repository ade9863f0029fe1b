import { hostname } from 'node:os';

/** This machine's name as journals write it: letters, digits, `.`, `_` and `-`. templates/slurm/element.sh does the same. */
export function hostName(): string {
  return hostname().replace(/[^A-Za-z0-9._-]/g, '_');
}
