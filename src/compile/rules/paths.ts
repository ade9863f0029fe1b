import type { Tuples } from '../../model/plan.ts';
import { type Location, locationInside, type ScalarNode } from '../../model/source.ts';
import type { Token } from '../../model/template.ts';
import type { Column, PathPattern, Segment } from '../../model/workflow.ts';
import { formatValue } from '../../plan/format-value.ts';
import type { Context } from '../context.ts';
import type { Constants } from '../params/config.ts';
import { placeOf, useColumn } from '../params/values.ts';
import * as report from '../report/report.ts';
import { isTold, mayBeConfig } from '../text/holes.ts';
import { refuseShellWord, shellWord } from '../text/shell-words.ts';
import { closest } from '../text/suggest.ts';
import { parseTemplate } from '../text/template.ts';

export interface PathOptions {
  readonly columns: ReadonlyMap<string, Column>;
  readonly constants: Constants;
  readonly context: Context;
}

type Part = string | { readonly column: Column; readonly pad: number };

/**
 * Parse a path pattern: put config in, split at slashes, drop `./` and `//`. Paths are compared as text after this, so
 * `a//b` and `./a/b` are one path. Errors are reported, and give null.
 */
export function parsePath(node: ScalarNode, { columns, constants, context }: PathOptions): PathPattern | null {
  const names = new Set(columns.keys());
  const { template, errors } = parseTemplate(node.text, names);
  for (const e of errors)
    if (!isTold(e, context.holes)) context.diagnostics.push(report.template(inside(node, e.start, e.end), e));
  const parts: Part[] = [];
  for (const token of template.tokens) {
    const part = pathPart(token, node, { columns, constants, context });
    if (part !== null) parts.push(part);
    if (part !== null && typeof part !== 'string') useColumn(part.column, context.diagnostics);
  }
  if (errors.length > 0 || parts.length < template.tokens.length || holdsShellWord(parts, node, context)) return null;
  return assemblePath(parts, node.location, context);
}

/** What a shell would expand stands for itself in a path, and nobody means that: `~/x`, `$HOME/x`, `$(pwd)/x`. */
function holdsShellWord(parts: readonly Part[], node: ScalarNode, { diagnostics }: Context): boolean {
  const first = parts[0];
  if (first !== undefined && typeof first !== 'string') {
    // A value is data, and may hold what it likes; but one that begins a path was most likely written as one. After
    // `./` it is any name again.
    const { name, values } = first.column;
    const id = values.findIndex((value) => shellWord(value)?.start === 0);
    if (id >= 0) {
      const diagnostic = report.shellWordInValue(node.location, name, values[id]!, placeOf(first.column, id));
      // A bad value is news once, not in each path that begins with it.
      if (!diagnostics.some((d) => d.message === diagnostic.message)) diagnostics.push(diagnostic);
      return true;
    }
  }
  const text = parts.map((part) => (typeof part === 'string' ? part : '\0')).join('');
  return refuseShellWord(text, node, diagnostics);
}

function inside(node: ScalarNode, start: number, end: number): Location {
  return locationInside(node, start, end - start);
}

function pathPart(token: Token, node: ScalarNode, { columns, constants, context }: PathOptions): Part | null {
  if (token.kind === 'text') return token.text;
  const { root, name, format } = token.placeholder;
  const location = inside(node, token.start, token.end);
  switch (root) {
    case 'param':
      return { column: columns.get(name)!, pad: format === null ? 0 : Number(format) };
    case 'config': {
      const constant = constants.get(name);
      if (constant) {
        const param = [...constant.text.matchAll(/\{([A-Za-z_]\w*)[}:]/g)].find((m) => columns.has(m[1]!));
        if (param) {
          context.diagnostics.push(report.paramInConfig(location, name, `{${param[1]}}`, constant.location));
          return null;
        }
        return constant.text;
      }
      if (!mayBeConfig(context.holes, name))
        context.diagnostics.push(report.unknownConfig(location, name, closest(name, constants.keys())));
      return null;
    }
    default:
      context.diagnostics.push(report.placeholderNotInPath(location, node.text.slice(token.start, token.end)));
      return null;
  }
}

/** Build a normalised pattern from literal texts and params; null where the path can't be one, which is reported. */
export function assemblePath(parts: readonly Part[], location: Location, context: Context): PathPattern | null {
  const segments: Segment[] = [];
  let open: Part[] = [];
  let absolute = false;
  let first = true;
  let problem: string | null = null;

  const close = (last: boolean): void => {
    const segment = joinLiterals(open);
    open = [];
    // Only what begins with "/" is absolute: ".//a" is "a".
    if (segment.length === 0 && first && !last) absolute = true;
    first = false;
    if (segment.length === 0 || (segment.length === 1 && segment[0] === '.')) return;
    // A leading `..` leaves the spec's folder, which is allowed; after a name it would undo that name.
    if (segment.length === 1 && segment[0] === '..' && segments.some((s) => s[0] !== '..')) {
      problem = '".." after a name';
    }
    segments.push(segment);
  };
  for (const part of parts) {
    if (typeof part !== 'string') {
      open.push(part);
      continue;
    }
    if (/[\u0000-\u001f\u007f]/.test(part)) problem = 'a control character';
    const pieces = part.split('/');
    pieces.forEach((piece, i) => {
      if (i > 0) close(false);
      if (piece !== '') open.push(piece);
    });
  }
  close(true);
  if (problem !== null) {
    context.diagnostics.push(report.badPath(location, problem));
    return null;
  }
  if (segments.length === 0) {
    context.diagnostics.push(report.emptyPath(location));
    return null;
  }
  return pathPattern(absolute, segments, location);
}

export function pathPattern(absolute: boolean, segments: readonly Segment[], location: Location): PathPattern {
  const columns = new Set<Column>();
  for (const segment of segments) for (const part of segment) if (typeof part !== 'string') columns.add(part.column);
  const text = (absolute ? '/' : '') + segments.map(segmentText).join('/');
  return { text, absolute, segments, columns: [...columns], location };
}

export function segmentText(segment: Segment): string {
  return segment
    .map((p) =>
      typeof p === 'string'
        ? p
        : p.pad > 0
          ? `{${p.column.name}:${String(p.pad).padStart(2, '0')}}`
          : `{${p.column.name}}`,
    )
    .join('');
}

function joinLiterals(parts: readonly Part[]): Segment {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part;
    else joined.push(part);
  }
  return joined;
}

/** Every text that a part can show, by value id; made once per param and padding. */
export function partTexts(column: Column, pad: number): readonly string[] {
  if (pad === 0) return column.values;
  let byPad = paddedTexts.get(column);
  if (!byPad) {
    byPad = new Map();
    paddedTexts.set(column, byPad);
  }
  let texts = byPad.get(pad);
  if (!texts) {
    texts = column.values.map((v) => formatValue(v, pad));
    byPad.set(pad, texts);
  }
  return texts;
}

const paddedTexts = new WeakMap<Column, Map<number, readonly string[]>>();

/** What keeps a value out of a path; null where nothing does. Control characters are refused in every value. */
export function valueProblem(text: string, allowsSlash: boolean): string | null {
  if (text === '') return 'it is empty';
  if (text.includes('/')) {
    if (!allowsSlash) return 'it holds "/"';
    if (text.split('/').some((p) => p === '' || p === '.' || p === '..'))
      return 'it has an empty part, "." or ".." between slashes';
  }
  if (text === '.' || text === '..') return `it is "${text}"`;
  return null;
}

/** A function from a tuple of a space to the text of a path pattern there. */
export function pathWriter(pattern: PathPattern, space: Tuples): (tuple: number) => string {
  return joiner(pathPieces(pattern, space));
}

/** What a path is made of: texts that stand in all paths, and values. */
export function pathPieces(pattern: PathPattern, space: Tuples): Piece[] {
  const pieces: Piece[] = [];
  const add = (text: string): void => {
    const last = pieces.at(-1);
    if (typeof last === 'string') pieces[pieces.length - 1] = last + text;
    else pieces.push(text);
  };
  if (pattern.absolute) add('/');
  pattern.segments.forEach((segment, i) => {
    if (i > 0) add('/');
    for (const part of segment) {
      if (typeof part === 'string') add(part);
      else pieces.push({ read: space.reader(part.column), texts: partTexts(part.column, part.pad) });
    }
  });
  return pieces;
}

export type Piece = string | { readonly read: (tuple: number) => number; readonly texts: readonly string[] };

/** Mostly the next tuple differs from the one before in its last values alone: what stands before them is kept. */
function joiner(pieces: readonly Piece[]): (tuple: number) => string {
  const before = new Array<string>(pieces.length + 1).fill('');
  const ids = new Int32Array(pieces.length).fill(-1);
  return (tuple) => {
    let isKept = true;
    for (let p = 0; p < pieces.length; p++) {
      const piece = pieces[p]!;
      const id = typeof piece === 'string' ? 0 : piece.read(tuple);
      if (isKept && ids[p] === id) continue;
      isKept = false;
      ids[p] = id;
      before[p + 1] = before[p]! + (typeof piece === 'string' ? piece : piece.texts[id]!);
    }
    return before[pieces.length]!;
  };
}
