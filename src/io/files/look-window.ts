import { type Stats, statSync } from 'node:fs';

/** Most paths in a window, and most bytes of them together: a path takes 4,096 at most (limits.h, PATH_MAX). */
const MAX_PATHS = 32_768;
const MAX_BYTES = 4_194_304;
/** Paths that a thread takes at a time. */
const CHUNK = 32;

/** What is at `control[…]`: paths that nobody has taken, from the first on; paths that were looked at. */
const LEFT = 0;
const DONE = 1;
/** Counted up with each window that is to be looked at; -1: there will be no more. */
const TURN = 2;

/** What was found at a path. */
export const FOUND = { nothing: 0, file: 1, folder: 2, trouble: 3 } as const;

/** Paths and what stands at them, in memory that threads share: whoever has time takes the next few, and looks. */
export interface WindowMemory {
  readonly control: Int32Array;
  /** Where paths begin in `bytes`; the next begins where one ends. */
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
  /** See `FOUND`. */
  readonly found: Uint8Array;
  readonly mtimeMs: Float64Array;
  readonly size: Float64Array;
}

export function newWindow(): WindowMemory {
  const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);
  return {
    control: new Int32Array(shared(12)),
    offsets: new Uint32Array(shared(4 * (MAX_PATHS + 1))),
    bytes: new Uint8Array(shared(MAX_BYTES)),
    found: new Uint8Array(shared(MAX_PATHS)),
    mtimeMs: new Float64Array(shared(8 * MAX_PATHS)),
    size: new Float64Array(shared(8 * MAX_PATHS)),
  };
}

const encoder = new TextEncoder();

/** Put a path at a place of the window that is written; false where there is no room for it. */
export function putPath({ offsets, bytes }: WindowMemory, at: number, path: string): boolean {
  // A character takes 3 bytes at most.
  if (at === MAX_PATHS || offsets[at]! + path.length * 3 > MAX_BYTES) return false;
  const { written } = encoder.encodeInto(path, bytes.subarray(offsets[at]!));
  offsets[at + 1] = offsets[at]! + written;
  return true;
}

/** The one who wrote paths lets all look at them, looks too, and comes back when each was looked at. */
export function lookTogether(window: WindowMemory, count: number): void {
  const { control } = window;
  Atomics.store(control, DONE, 0);
  // From now on paths are taken, also by a thread that only now leaves the window before.
  Atomics.store(control, LEFT, count);
  Atomics.add(control, TURN, 1);
  Atomics.notify(control, TURN);
  takeChunks(window);
  for (let done = Atomics.load(control, DONE); done < count; done = Atomics.load(control, DONE))
    Atomics.wait(control, DONE, done);
}

export function endLooks({ control }: WindowMemory): void {
  Atomics.store(control, TURN, -1);
  Atomics.notify(control, TURN);
}

/** A thread that looks with others until there is nothing left. */
export function lookAlong(window: WindowMemory): void {
  const { control } = window;
  for (;;) {
    const turn = Atomics.load(control, TURN);
    if (turn === -1) return;
    takeChunks(window);
    Atomics.wait(control, TURN, turn);
  }
}

function takeChunks(window: WindowMemory): void {
  const { control } = window;
  const text = Buffer.from(window.bytes.buffer);
  for (let end = Atomics.load(control, LEFT); end > 0; end = Atomics.load(control, LEFT)) {
    const start = Math.max(0, end - CHUNK);
    if (Atomics.compareExchange(control, LEFT, end, start) !== end) continue;
    for (let at = start; at < end; at++) lookAt(window, at, text);
    Atomics.add(control, DONE, end - start);
    Atomics.notify(control, DONE);
  }
}

function lookAt({ offsets, found, mtimeMs, size }: WindowMemory, at: number, text: Buffer): void {
  const path = text.toString('utf8', offsets[at]!, offsets[at + 1]!);
  let stats: Stats | undefined;
  try {
    stats = statSync(path, { throwIfNoEntry: false });
  } catch {
    // Who asked looks again, and hears of it.
    found[at] = FOUND.trouble;
    return;
  }
  found[at] = stats === undefined ? FOUND.nothing : stats.isDirectory() ? FOUND.folder : FOUND.file;
  if (stats === undefined) return;
  mtimeMs[at] = stats.mtimeMs;
  size[at] = stats.size;
}
