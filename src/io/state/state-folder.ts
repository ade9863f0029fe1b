import { join } from 'node:path';

/** Where wfc keeps its state, beside the spec. */
export interface StateFolder {
  readonly root: string;
  readonly lock: string;
  readonly journals: string;
  /** Scripts, list files and scratch logs of the local run that holds the lock. */
  readonly work: string;
}

export function stateFolder(specFolder: string): StateFolder {
  const root = join(specFolder, '.wfc');
  return { root, lock: join(root, 'lock'), journals: join(root, 'journal'), work: join(root, 'local') };
}
