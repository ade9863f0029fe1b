import type { SnakePart } from '../../model/snakefile.ts';

/** Texts that differ between two others that are the same in all. */
export interface Factored {
  readonly before: readonly SnakePart[];
  /** Never empty. */
  readonly middles: readonly string[];
  readonly after: readonly SnakePart[];
}

/**
 * What some patterns have in common at both ends, cut where words end, so that the middles are words; null where wildcards
 * stand in a middle, or a middle is empty.
 */
export function factor(patterns: readonly (readonly SnakePart[])[]): Factored | null {
  const [first, ...others] = patterns.map(letters);
  let start = 0;
  while (start < first!.length && others.every((o) => same(o[start], first![start]))) start++;
  let end = 0;
  while (
    end < first!.length - start &&
    others.every((o) => o.length - end > start && same(o.at(-1 - end), first!.at(-1 - end)))
  )
    end++;
  for (;;) {
    start = wordStart(first!, start);
    end = first!.length - wordEnd(first!, first!.length - end);
    const middles = patterns.map((_, i) => [first!, ...others][i]!).map((l) => l.slice(start, l.length - end));
    if (middles.some((m) => m.some((letter) => typeof letter !== 'string'))) return null;
    const isWhole = start === 0 && end > 0 && middles.some((m) => m.includes('/'));
    // Of paths from different folders, the whole is easier to read than all but the ending.
    if (isWhole) end = 0;
    else if (middles.every((m) => m.length > 0))
      return {
        before: joined(first!.slice(0, start)),
        middles: middles.map((m) => m.join('')),
        after: joined(first!.slice(first!.length - end)),
      };
    if (isWhole) continue;
    if (start === 0 && end === 0) return null;
    // The ends meet: leave more of them to the middle.
    if (start > 0) start--;
    else end--;
  }
}

type Letter = string | Exclude<SnakePart, string>;

function letters(parts: readonly SnakePart[]): Letter[] {
  return parts.flatMap((p): Letter[] => (typeof p === 'string' ? [...p] : [p]));
}

function same(a: Letter | undefined, b: Letter | undefined): boolean {
  return typeof a === 'string' || typeof b === 'string' ? a === b : JSON.stringify(a) === JSON.stringify(b);
}

const BETWEEN_WORDS = /[/_.-]/;

function wordStart(all: readonly Letter[], at: number): number {
  let start = at;
  while (start > 0 && isInWord(all[start - 1]!)) start--;
  return start;
}

function wordEnd(all: readonly Letter[], at: number): number {
  let end = at;
  while (end < all.length && isInWord(all[end]!)) end++;
  return end;
}

function isInWord(letter: Letter): boolean {
  return typeof letter === 'string' && !BETWEEN_WORDS.test(letter);
}

function joined(parts: readonly Letter[]): SnakePart[] {
  const found: SnakePart[] = [];
  for (const part of parts) {
    const last = found.at(-1);
    if (typeof part === 'string' && typeof last === 'string') found[found.length - 1] = last + part;
    else found.push(part);
  }
  return found;
}

const MARK = /\ue000(\w+)\ue001/;

/** Text with the marks of templates/import/values.py, as parts. */
export function markedParts(text: string): SnakePart[] {
  return text
    .split(MARK)
    .map((piece, i): SnakePart => (i % 2 === 0 ? piece : { w: piece, c: null }))
    .filter((part) => part !== '');
}

/** A value with `edit` done to each text in it. */
export function mapTexts(value: unknown, edit: (text: string) => string): unknown {
  if (typeof value === 'string') return edit(value);
  if (Array.isArray(value)) return value.map((v) => mapTexts(v, edit));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [edit(k), mapTexts(v, edit)]));
}

/** Marks as the wildcards that they stand for. */
export function named(text: string): string {
  return text.replaceAll(new RegExp(MARK, 'g'), '{$1}');
}

export function filled(text: string, wildcards: ReadonlyMap<string, string>): string {
  return text.replaceAll(new RegExp(MARK, 'g'), (_, name: string) => wildcards.get(name)!);
}
