import type { Tuples } from '../../model/plan.ts';
import type { PathPattern } from '../../model/workflow.ts';
import { type Piece, pathPieces } from './paths.ts';

/**
 * Writes the paths of a pattern as bytes, for who goes through many and needs no text of any. What the last path and the
 * next begin with alike stays as it is: mostly they differ in their last values alone.
 */
export class PathBytes {
  /** The last path that was written, from the first byte on; what stands behind it means nothing. */
  bytes: Buffer = Buffer.alloc(256);
  private readonly pieces: readonly BytePiece[];
  /** Value ids of the last path, by piece; -1 before there is one. */
  private readonly ids: Int32Array;
  /** Where the pieces of the last path begin, and where it ends. */
  private readonly ends: Int32Array;

  constructor(pattern: PathPattern, space: Tuples) {
    this.pieces = pathPieces(pattern, space).map((piece) => new BytePiece(piece));
    this.ids = new Int32Array(this.pieces.length).fill(-1);
    this.ends = new Int32Array(this.pieces.length + 1);
  }

  /** Write the path of a tuple; returns the number of its bytes. */
  write(tuple: number): number {
    const { pieces, ids, ends } = this;
    let isKept = true;
    for (let p = 0; p < pieces.length; p++) {
      const piece = pieces[p]!;
      const id = piece.read(tuple);
      if (isKept && ids[p] === id) continue;
      isKept = false;
      ids[p] = id;
      ends[p + 1] = this.put(piece.bytesOf(id), ends[p]!);
    }
    return ends[pieces.length]!;
  }

  private put(piece: Uint8Array, at: number): number {
    const end = at + piece.length;
    if (end > this.bytes.length) this.bytes = Buffer.concat([this.bytes, Buffer.alloc(end)]);
    const { bytes } = this;
    // By hand: a call would take longer than these few bytes.
    for (let i = 0; i < piece.length; i++) bytes[at + i] = piece[i]!;
    return end;
  }
}

/** Of a param with more values each stands in few paths, and to keep its bytes would take more memory than its texts. */
const MOST_KEPT = 4096;

/** What stands in a path: the same in all, or a value. */
class BytePiece {
  readonly read: (tuple: number) => number;
  private readonly texts: readonly string[];
  private readonly bytes: Uint8Array[] = [];

  constructor(piece: Piece) {
    this.read = typeof piece === 'string' ? () => 0 : piece.read;
    this.texts = typeof piece === 'string' ? [piece] : piece.texts;
  }

  bytesOf(id: number): Uint8Array {
    if (this.texts.length > MOST_KEPT) return Buffer.from(this.texts[id]!);
    this.bytes[id] ??= Buffer.from(this.texts[id]!);
    return this.bytes[id];
  }
}
