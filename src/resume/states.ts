import type { FileState } from './record.ts';

export type State = Pick<FileState, 'mtimeMs' | 'size'>;

/** Times and sizes of a list of paths; NaN for a missing file. Two arrays, where an object a file would cost its memory. */
export interface States {
  readonly mtimeMs: Float64Array;
  readonly size: Float64Array;
}

export function newStates(length: number): States {
  return { mtimeMs: new Float64Array(length).fill(Number.NaN), size: new Float64Array(length) };
}

export function stateAt(states: States, i: number): State | null {
  const mtimeMs = states.mtimeMs[i]!;
  return Number.isNaN(mtimeMs) ? null : { mtimeMs, size: states.size[i]! };
}
