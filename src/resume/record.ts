import { hash } from 'node:crypto';

/** Time and size of a file or folder as `stat` gives them. */
export interface FileState {
  /** Milliseconds since 1970, as Node's `mtimeMs`: whole nanoseconds rounded to a double. */
  readonly mtimeMs: number;
  readonly size: number;
  readonly isDirectory: boolean;
}

/** What was seen of a task when it succeeded. */
export interface SuccessRecord {
  readonly fingerprint: string;
  /** See `checksText`. */
  readonly checks: string;
  readonly durationSeconds: number;
  /** See `statesText`: the inputs in order, as the attempt's machine saw them when it began. */
  readonly inputs: string;
  /** The outputs in order, when it ended. */
  readonly outputs: string;
  /** Most memory that its processes took together, in MiB; null where nobody measured. */
  readonly peakMiB: number | null;
}

/** Records by the name of their task. */
export type RecordsByName = Pick<ReadonlyMap<string, SuccessRecord>, 'get'>;

/** `1700000000.123456789:4096`: seconds with nine decimals, then bytes. */
export function stateText({ mtimeMs, size }: Pick<FileState, 'mtimeMs' | 'size'>): string {
  const seconds = Math.floor(mtimeMs / 1000);
  const nanoseconds = Math.round((mtimeMs - seconds * 1000) * 1e6);
  return `${seconds}.${String(nanoseconds).padStart(9, '0')}:${size}`;
}

/** The inverse of `stateText`; null for anything else. Of a part of a text, where it is told. */
export function parseState(text: string, start = 0, end = text.length): { mtimeMs: number; size: number } | null {
  // By hand: a plan of a hundred thousand complete tasks reads this several times a task.
  const point = text.indexOf('.', start);
  const colon = point + 10;
  if (point <= start || colon >= end || text.charCodeAt(colon) !== 0x3a) return null;
  const seconds = digits(text, start, point);
  const nanoseconds = digits(text, point + 1, colon);
  const size = digits(text, colon + 1, end);
  if (seconds < 0 || nanoseconds < 0 || size < 0) return null;
  // The same arithmetic as in Node's own mtimeMs, so that equal times give equal doubles.
  return { mtimeMs: seconds * 1000 + nanoseconds / 1e6, size };
}

/** The number that these digits write; -1 where there are none, or others than digits. */
function digits(text: string, start: number, end: number): number {
  if (start >= end) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * What stands at a path now: a file, nothing, or (a temp output that is gone) any of the states it was recorded in. What
 * is gone by nature counts as it was recorded: a source file, since no run could make anything anew from it, and a file
 * inside a temp directory that was removed.
 */
export type Seen =
  | Pick<FileState, 'mtimeMs' | 'size'>
  | null
  | 'gone by nature'
  | readonly Pick<FileState, 'mtimeMs' | 'size'>[];

/** Lists past this length are kept as a digest: the record of a gather over 27,270 files stays a short line. */
const MAX_LISTED = 64;

/**
 * States in order, as one text: `state,state,…` with `-` for a missing file, or for long lists `#count:exact:seconds`,
 * two digests, the second over whole seconds.
 */
export function statesText(states: readonly Seen[]): string {
  const texts = stateTexts(states);
  if (texts.length <= MAX_LISTED) return texts.join(',');
  return `#${texts.length}:${digest(texts)}:${digest(texts.map(wholeSeconds))}`;
}

function stateTexts(states: readonly Seen[]): string[] {
  return states.map((s) => {
    const state = Array.isArray(s) ? s[0] : s;
    return state && state !== 'gone by nature' ? stateText(state) : '-';
  });
}

function digest(texts: readonly string[]): string {
  return hash('md5', `${texts.join('\n')}\n`);
}

function wholeSeconds(text: string): string {
  return text.replace(/\.\d{9}:/, ':');
}

/** The states in which an output was recorded: one, or several where a temp output was remade. */
export function recordedStates(
  record: SuccessRecord | undefined,
  position: number,
): Pick<FileState, 'mtimeMs' | 'size'>[] {
  const text = record?.outputs.split(',')[position] ?? '';
  return text.split('|').flatMap((t) => parseState(t) ?? []);
}

/** The record of outputs after a temp output was remade: what was recorded before still counts as the same file. */
export function withEarlierStates(earlier: string, now: string): string {
  const before = earlier.split(',');
  const after = now.split(',');
  if (earlier.startsWith('#') || now.startsWith('#') || before.length !== after.length) return now;
  return after
    .map((text, i) =>
      [
        ...before[i]!.split('|')
          .filter((t) => t !== text)
          .slice(-7),
        text,
      ].join('|'),
    )
    .join(',');
}

/**
 * Index of the first recorded state that does not hold now, -1 for none; 0 for digests, where the place is lost. Any
 * difference counts, an older file put back too; where either time lacks a fraction of a second (some file systems and
 * copies drop it), whole seconds compare.
 */
export function firstDifference(recorded: string, now: readonly Seen[]): number {
  if (recorded.startsWith('#')) return sameDigest(recorded, now) ? -1 : 0;
  // Most tasks have one input or one output.
  if (now.length === 1 && !recorded.includes(',')) return recorded !== '' && sameState(recorded, now[0]!) ? -1 : 0;
  const texts = recorded === '' ? [] : recorded.split(',');
  if (texts.length !== now.length) return 0;
  for (let i = 0; i < texts.length; i++) if (!sameState(texts[i]!, now[i]!)) return i;
  return -1;
}

function sameState(recorded: string, now: Seen): boolean {
  if (now === null) return false;
  if (now === 'gone by nature') return true;
  if (!Array.isArray(now) && !recorded.includes('|')) {
    const before = parseState(recorded);
    return before !== null && sameFile(before, now as Pick<FileState, 'mtimeMs' | 'size'>);
  }
  const candidates = (Array.isArray(now) ? now : [now]) as readonly Pick<FileState, 'mtimeMs' | 'size'>[];
  return recorded.split('|').some((text) => {
    const before = parseState(text);
    return before !== null && candidates.some((c) => sameFile(before, c));
  });
}

export function sameFile(a: Pick<FileState, 'mtimeMs' | 'size'>, b: Pick<FileState, 'mtimeMs' | 'size'>): boolean {
  if (a.size !== b.size) return false;
  if (a.mtimeMs === b.mtimeMs) return true;
  const lacksFraction = a.mtimeMs % 1000 === 0 || b.mtimeMs % 1000 === 0;
  return lacksFraction && Math.floor(a.mtimeMs / 1000) === Math.floor(b.mtimeMs / 1000);
}

function sameDigest(recorded: string, now: readonly Seen[]): boolean {
  if (now.includes('gone by nature')) return true;
  const [count, exact, seconds] = recorded.slice(1).split(':');
  if (Number(count) !== now.length) return false;
  const texts = stateTexts(now);
  if (exact === digest(texts)) return true;
  const lacksFraction = now.some((s) => s !== null && !Array.isArray(s) && (s as FileState).mtimeMs % 1000 === 0);
  return lacksFraction && seconds === digest(texts.map(wholeSeconds));
}
