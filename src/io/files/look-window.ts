import { type Stats, statSync } from 'node:fs';

/** Most paths in a window, and most bytes of them together: a path takes 4,096 at most (limits.h, PATH_MAX). */
export const MAX_PATHS = 131_072;
const MAX_BYTES = 8_388_608;
/** Paths that a thread takes at a time. */
const CHUNK = 32;
/** Paths after which threads are told that there are more. */
const TOLD = 8 * CHUNK;

/** What is at `control[…]`: the number of paths that may be taken. */
const READY = 0;
/** The next path to take, in the lower bits, and how often the window was emptied: a thread may come late from before. */
const NEXT = 1;
/** Paths that were looked at. */
const DONE = 2;
/** Counted up whenever there is more to look at; -1: there will be no more. */
const TURN = 3;

const INDEX_BITS = 18;
const INDEX_MASK = (1 << INDEX_BITS) - 1;

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
    control: new Int32Array(shared(16)),
    offsets: new Uint32Array(shared(4 * (MAX_PATHS + 1))),
    bytes: new Uint8Array(shared(MAX_BYTES)),
    found: new Uint8Array(shared(MAX_PATHS)),
    mtimeMs: new Float64Array(shared(8 * MAX_PATHS)),
    size: new Float64Array(shared(8 * MAX_PATHS)),
  };
}

/**
 * Put a path, `prefix` and the first bytes of `path`, at the next place of the window; false where there is no room for
 * it. Threads begin to look at once.
 */
export function putPath(
  window: WindowMemory,
  at: number,
  prefix: Uint8Array,
  path: Uint8Array,
  length: number,
): boolean {
  const { offsets, bytes } = window;
  let end = offsets[at]!;
  if (at === MAX_PATHS || end + prefix.length + length > MAX_BYTES) return false;
  for (let i = 0; i < prefix.length; i++) bytes[end++] = prefix[i]!;
  for (let i = 0; i < length; i++) bytes[end++] = path[i]!;
  offsets[at + 1] = end;
  if ((at + 1) % TOLD === 0) tellReady(window, at + 1);
  return true;
}

function tellReady({ control }: WindowMemory, count: number): void {
  Atomics.store(control, READY, count);
  Atomics.add(control, TURN, 1);
  Atomics.notify(control, TURN);
}

/** The one who put paths into the window looks along, and comes back when each was looked at. */
export function lookTogether(window: WindowMemory, count: number): void {
  const { control } = window;
  tellReady(window, count);
  takeChunks(window);
  for (let done = Atomics.load(control, DONE); done < count; done = Atomics.load(control, DONE))
    Atomics.wait(control, DONE, done);
}

/** All was looked at: the window takes other paths. */
export function emptyWindow({ control }: WindowMemory): void {
  Atomics.store(control, READY, 0);
  Atomics.store(control, DONE, 0);
  const times = (Atomics.load(control, NEXT) >> INDEX_BITS) + 1;
  Atomics.store(control, NEXT, times << INDEX_BITS);
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
  for (;;) {
    const next = Atomics.load(control, NEXT);
    const start = next & INDEX_MASK;
    const end = Math.min(start + CHUNK, Atomics.load(control, READY));
    if (end <= start) return;
    // Whoever was faster has changed it, and so has an emptied window.
    if (Atomics.compareExchange(control, NEXT, next, next - start + end) !== next) continue;
    for (let at = start; at < end; at++) lookAt(window, at, text);
    Atomics.add(control, DONE, end - start);
    Atomics.notify(control, DONE);
  }
}

const QUIETLY = { throwIfNoEntry: false } as const;

function lookAt({ offsets, found, mtimeMs, size }: WindowMemory, at: number, text: Buffer): void {
  const path = text.toString('utf8', offsets[at]!, offsets[at + 1]!);
  let stats: Stats | undefined;
  try {
    stats = statSync(path, QUIETLY);
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
