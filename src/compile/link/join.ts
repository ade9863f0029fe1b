import type { Column, ParamPart, Segment } from '../../model/workflow.ts';
import { partTexts } from '../rules/paths.ts';

/** Segments with more combinations than this are not tabulated; paths that need it are compared one by one, as text. */
const MAX_TABLE = 2_000_000;

/**
 * Which values of a consumer's params give the same text as which values of a producer's params, for one component of
 * a path. A combination of values is numbered by mixed radix over the columns, the first varying slowest.
 */
export interface SegmentJoin {
  readonly from: readonly Column[];
  readonly to: readonly Column[];
  /** Per combination of `from` the combination of `to`, -1 for none; null: the same columns, equal values. */
  readonly table: Int32Array | null;
}

const NO_COLUMNS: SegmentJoin = { from: [], to: [], table: null };

/** The texts that one path component can show. */
export class SegmentTexts {
  readonly segment: Segment;
  readonly columns: readonly Column[];
  /** Combinations of values, whether or not a row of the relation holds them. */
  readonly count: number;
  private readonly separable: boolean;
  private byText: Map<string, number> | null = null;

  constructor(segment: Segment) {
    this.segment = segment;
    this.columns = [...new Set(segment.filter((p) => typeof p !== 'string').map((p) => p.column))];
    this.count = this.columns.reduce((n, c) => n * c.values.length, 1);
    this.separable = isSeparable(segment);
  }

  get literal(): string | null {
    return this.columns.length === 0 ? this.segment.join('') : null;
  }

  /** Whether different combinations always give different texts; null where that is too much to find out. */
  isInjective(): boolean | null {
    if (this.separable) return true;
    if (this.count > MAX_TABLE) return null;
    return ![...this.textMap().values()].includes(-2);
  }

  text(combination: number): string {
    const ids = this.split(combination);
    return this.segment
      .map((p) => (typeof p === 'string' ? p : partTexts(p.column, p.pad)[ids[this.columns.indexOf(p.column)]!]!))
      .join('');
  }

  /** The combination that gives a text: -1 for none, -2 for several or for too much to find out. */
  find(text: string): number {
    if (this.separable) return this.parse(text);
    if (this.count > MAX_TABLE) return -2;
    return this.textMap().get(text) ?? -1;
  }

  split(combination: number): number[] {
    const ids = new Array<number>(this.columns.length);
    let rest = combination;
    for (let i = this.columns.length - 1; i >= 0; i--) {
      const radix = this.columns[i]!.values.length;
      ids[i] = rest % radix;
      rest = Math.floor(rest / radix);
    }
    return ids;
  }

  private textMap(): Map<string, number> {
    if (!this.byText) {
      this.byText = new Map();
      for (let i = 0; i < this.count; i++) {
        const text = this.text(i);
        this.byText.set(text, this.byText.has(text) ? -2 : i);
      }
    }
    return this.byText;
  }

  /** Read a text from left to right: each value ends where the next literal's first character stands. */
  private parse(text: string): number {
    const ids = new Array<number>(this.columns.length).fill(-1);
    let at = 0;
    for (let i = 0; i < this.segment.length; i++) {
      const part = this.segment[i]!;
      if (typeof part === 'string') {
        if (!text.startsWith(part, at)) return -1;
        at += part.length;
        continue;
      }
      const next = this.segment[i + 1] as string | undefined;
      const last = i + 2 === this.segment.length ? text.length - next!.length : text.indexOf(next?.[0] ?? '', at);
      const end = next === undefined ? text.length : last;
      if (end < at) return -1;
      const id = textIds(part).get(text.slice(at, end)) ?? -1;
      const column = this.columns.indexOf(part.column);
      if (id < 0 || (ids[column]! >= 0 && ids[column] !== id)) return -1;
      ids[column] = id;
      at = end;
    }
    if (at !== text.length) return -1;
    return ids.reduce((n, id, i) => n * this.columns[i]!.values.length + id, 0);
  }
}

const idsByText = new WeakMap<readonly string[], Map<string, number>>();

/** From the text that a part shows to the value's id; needs distinct texts. */
function textIds(part: ParamPart): Map<string, number> {
  const texts = partTexts(part.column, part.pad);
  let ids = idsByText.get(texts);
  if (!ids) {
    ids = new Map(texts.map((t, i) => [t, i]));
    idsByText.set(texts, ids);
  }
  return ids;
}

function hasDistinctTexts(part: ParamPart): boolean {
  return part.pad === 0 || textIds(part).size === part.column.values.length;
}

const charactersOf = new WeakMap<readonly string[], Set<string>>();

function holdsCharacter(part: ParamPart, character: string): boolean {
  const texts = partTexts(part.column, part.pad);
  let characters = charactersOf.get(texts);
  if (!characters) {
    characters = new Set(texts.flatMap((t) => t.split('')));
    charactersOf.set(texts, characters);
  }
  return characters.has(character);
}

/** Whether every text can be read back from left to right: no value holds the character that ends it. */
function isSeparable(segment: Segment): boolean {
  return segment.every((part, i) => {
    if (typeof part === 'string') return true;
    if (!hasDistinctTexts(part)) return false;
    const next = segment[i + 1];
    if (next === undefined) return true;
    if (typeof next !== 'string') return false;
    return i + 2 === segment.length || !holdsCharacter(part, next[0]!);
  });
}

/** Equal for equal components only. */
export function segmentKey(segment: Segment): string {
  return JSON.stringify(segment.map((p) => (typeof p === 'string' ? p : [p.column.name, p.pad])));
}

/** Joins path components, keeping what it learned of each. */
export class SegmentJoiner {
  private readonly texts = new Map<string, SegmentTexts>();
  private readonly joins = new Map<string, SegmentJoin | 'never' | 'unknown'>();

  textsOf(segment: Segment): SegmentTexts {
    // Not as a person writes it: there the literal {{site}} and the param {site} look alike.
    const key = segmentKey(segment);
    let texts = this.texts.get(key);
    if (!texts) {
      texts = new SegmentTexts(segment);
      this.texts.set(key, texts);
    }
    return texts;
  }

  /** `never`: no combination of values gives equal texts. `unknown`: too many to tabulate, or not one-valued. */
  join(from: SegmentTexts, to: SegmentTexts): SegmentJoin | 'never' | 'unknown' {
    if (from.literal !== null && to.literal !== null) return from.literal === to.literal ? NO_COLUMNS : 'never';
    if (!endsCanMeet(from.segment, to.segment)) return 'never';
    const key = `${segmentKey(from.segment)}/${segmentKey(to.segment)}`;
    let join = this.joins.get(key);
    if (join === undefined) {
      join = computeJoin(from, to);
      this.joins.set(key, join);
    }
    return join;
  }
}

/** Whether the literal beginnings and ends of two components allow equal texts: rules most pairs out at once. */
function endsCanMeet(a: Segment, b: Segment): boolean {
  const [a0, b0, a1, b1] = [a[0], b[0], a.at(-1), b.at(-1)];
  if (typeof a0 === 'string' && typeof b0 === 'string') {
    const n = Math.min(a0.length, b0.length);
    if (a0.slice(0, n) !== b0.slice(0, n)) return false;
  }
  if (typeof a1 === 'string' && typeof b1 === 'string') {
    const n = Math.min(a1.length, b1.length);
    if (a1.slice(a1.length - n) !== b1.slice(b1.length - n)) return false;
  }
  return true;
}

function computeJoin(from: SegmentTexts, to: SegmentTexts): SegmentJoin | 'never' | 'unknown' {
  if (segmentKey(from.segment) === segmentKey(to.segment) && to.isInjective() === true) {
    return { from: from.columns, to: to.columns, table: null };
  }
  if (from.count > MAX_TABLE) return 'unknown';
  const table = new Int32Array(from.count);
  let matched = false;
  for (let i = 0; i < from.count; i++) {
    const found = to.literal !== null ? (from.text(i) === to.literal ? 0 : -1) : to.find(from.text(i));
    if (found === -2) return 'unknown';
    table[i] = found;
    if (found >= 0) matched = true;
  }
  return matched ? { from: from.columns, to: to.columns, table } : 'never';
}
