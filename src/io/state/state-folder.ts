import { join } from 'node:path';

/** Where wfc keeps its state, beside the spec. */
export interface StateFolder {
  readonly root: string;
  readonly lock: string;
  readonly journals: string;
}

/** Scripts, list files and scratch logs of the local run that holds the lock, from the spec's folder. */
export const LOCAL_WORK = '.wfc/local';

export function stateFolder(specFolder: string): StateFolder {
  const root = join(specFolder, '.wfc');
  return { root, lock: join(root, 'lock'), journals: join(root, 'journal') };
}
