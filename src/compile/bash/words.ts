/** Words, assignments and array literals of bash. Source: bash(1), DEFINITIONS, PARAMETERS, Arrays, Brace Expansion. */
import type { Placeholder } from '../../model/template.ts';
import { type Cursor, HOLE, type HolePiece } from './cursor.ts';
import { type Complaint, complaints } from './errors.ts';
import {
  lexArithmetic,
  lexBackticks,
  lexBareHole,
  lexDollar,
  lexDoubleQuotes,
  lexSingleQuotes,
  lexSubstitution,
} from './expansions.ts';

export interface Word {
  /** Offsets into `Cursor.code`. */
  readonly start: number;
  readonly end: number;
  /** The text that bash makes of it where no expansion is involved, quotes removed; null otherwise. */
  readonly value: string | null;
  /** It holds a quote or a backslash: not a keyword then. */
  readonly quoted: boolean;
  /** Its own placeholders, not those of a `$(…)` in it. */
  readonly holes: readonly HolePiece[];
  readonly assignment: boolean;
}

export interface WordPlace {
  /** `name=…` assigns here: before a command's name, or as an argument of `export` and its kin. */
  readonly assigns?: boolean;
  /** In an array literal: `[subscript]=…` may begin the word. */
  readonly element?: boolean;
  /** What assigned values are computed as: `declare -i`. */
  readonly computes?: boolean;
  /** The right side of `=~`: parentheses and `|` belong to the word. */
  readonly regex?: boolean;
  /** The complaint about a list here; without it a list may stand alone. */
  readonly list?: (p: Placeholder) => Complaint;
}

/** Units that neither end a word nor act in it. */
const PLAIN = /[^ \t\n;&|()<>"'\\$`\0{},.?*+@![\]]+/y;
const NAME = /[A-Za-z_]\w*/y;

export function lexBlanks(c: Cursor): void {
  lexGap(c, false);
}

/** Blanks, continuations and a comment, and where `lines` is set line ends too. */
export function lexGap(c: Cursor, lines: boolean): void {
  for (;;) {
    const blanks = c.match(/[ \t]+/y);
    if (blanks !== '') gap(c, blanks.length, ' ');
    else if (c.startsWith('\\\n')) gap(c, 2, '');
    else if (c.peek() === '#') lexComment(c);
    else if (lines && c.peek() === '\n') {
      const open = c.hereDocs[0];
      if (open) c.stop(open.opened, complaints.hereDocInside(), 2);
      gap(c, 1, '\n');
    } else return;
  }
}

export function gap(c: Cursor, length: number, kind: '' | ' ' | '\n'): void {
  c.pieces.push({ kind: 'gap', text: c.code.slice(c.at, c.at + length), gap: kind, exact: false });
  c.at += length;
}

/** Up to the line's end; placeholders in it stay text. */
function lexComment(c: Cursor): void {
  const start = c.at;
  while (!c.done && c.peek() !== '\n') {
    if (c.peek() === HOLE) {
      const text = c.source.slice(c.placeholderAt(c.at).start, c.placeholderAt(c.at).end);
      c.pieces.push({ kind: 'gap', text, gap: '', exact: false });
      c.at += 1;
    } else gap(c, c.match(/[^\n\0]+/y).length, '');
  }
  c.noteComment(start);
}

/** One word; of length 0 where none begins at the position. */
export function lexWord(c: Cursor, place: WordPlace = {}): Word {
  const outer = c.word;
  const frame = { holes: [] as HolePiece[] };
  c.word = frame;
  const start = c.at;
  const assigned = (place.assigns && lexAssignedName(c)) || (place.element && lexElementName(c)) || null;
  const valueStart = c.at;
  let parts: Pick<Parts, 'value' | 'quoted'> = { value: null, quoted: false };
  const computes = place.computes || (assigned !== null && c.integerVariables.has(assigned.name));
  if (assigned && c.peek() === '(' && place.assigns) lexArray(c, computes);
  else parts = lexParts(c, place);
  c.word = outer;

  const subscriptHoles = assigned?.holes ?? 0;
  const valueHoles = frame.holes.slice(subscriptHoles);
  checkLists(c, place, { start, end: c.at, holes: frame.holes, assigned: place.assigns === true && assigned !== null });
  if (computes && (assigned !== null || place.element)) computeHoles(c, valueHoles, valueStart);
  return {
    start,
    end: c.at,
    value: parts.value,
    quoted: parts.quoted,
    holes: frame.holes,
    assignment: assigned !== null,
  };
}

/** Let bash read the word as an integer: then nothing else may be in it, so that no sign or digit joins the value. */
export function computeHoles(c: Cursor, holes: readonly HolePiece[], start: number, end = c.at): void {
  for (const hole of holes) {
    hole.integer = true;
    if (!standsAlone(c, start, end)) c.failAt(hole.placeholder, complaints.integerGlued(hole.placeholder));
  }
}

/** Nothing but one placeholder, in double quotes or none. */
function standsAlone(c: Cursor, start: number, end: number): boolean {
  const text = c.code.slice(start, end).replaceAll('\\\n', '');
  return text === HOLE || text === `"${HOLE}"`;
}

/** A list stands alone, or alone in its double quotes. */
function checkLists(
  c: Cursor,
  place: WordPlace,
  word: { start: number; end: number; holes: readonly HolePiece[]; assigned: boolean },
): void {
  const alone = standsAlone(c, word.start, word.end);
  for (const { slot, placeholder } of word.holes) {
    if (!slot.many || c.hasErrorAt(placeholder)) continue;
    if (place.list) c.failAt(placeholder, place.list(placeholder));
    else if (word.assigned) c.failAt(placeholder, complaints.listAssigned(placeholder));
    else if (!alone) c.failAt(placeholder, complaints.listGlued(placeholder));
  }
}

interface AssignedName {
  readonly name: string;
  /** How many of the word's placeholders came before the value. */
  readonly holes: number;
}

/** `name=`, `name+=` or `name[subscript]=`; null, and nothing read, where the word is none of them. */
function lexAssignedName(c: Cursor): AssignedName | null {
  const name = c.match(NAME);
  if (name === '') return null;
  const read = c.attempt(() => {
    c.take(name.length);
    return (c.peek() !== '[' || lexSubscript(c)) && lexEquals(c);
  });
  return read ? { name, holes: c.word?.holes.length ?? 0 } : null;
}

/** `[subscript]=` of an array literal. */
function lexElementName(c: Cursor): AssignedName | null {
  const read = c.peek() === '[' && c.attempt(() => lexSubscript(c) && lexEquals(c));
  return read ? { name: '', holes: c.word?.holes.length ?? 0 } : null;
}

function lexSubscript(c: Cursor): boolean {
  c.take(1);
  if (!lexArithmetic(c, ']')) return false;
  c.take(1);
  return true;
}

function lexEquals(c: Cursor): boolean {
  const equals = c.match(/\+?=/y);
  c.take(equals.length);
  return equals !== '';
}

/** `(…)` after `name=`: words, blanks, lines and comments. */
function lexArray(c: Cursor, computes: boolean): void {
  const opened = c.at;
  c.take(1);
  const outer = c.word;
  c.word = null;
  c.nested(() => {
    for (;;) {
      lexGap(c, true);
      if (c.done) c.stop(opened, complaints.unterminated('(', ')'));
      if (c.peek() === ')') break;
      const word = lexWord(c, { element: true, computes });
      if (word.end === word.start) c.stop(c.at, complaints.unexpected(c.shown()));
    }
  });
  c.word = outer;
  c.take(1);
  // Bash 5 reads name=(1)x as text, others do not.
  if (!c.done && !/[ \t\n;&|)<>]/.test(c.peek())) c.stop(c.at, complaints.unexpected(c.shown()));
}

/** An open `{` of the word: what is directly in it decides whether bash expands it, and to what. */
interface Brace {
  commas: number;
  range: boolean;
  holes: Placeholder[];
}

/** What is known of a word while its units are read. */
interface Parts {
  value: string | null;
  quoted: boolean;
  readonly start: number;
  readonly braces: Brace[];
  /** Open `[` of a regular expression. */
  brackets: number;
}

/** The units of a word up to the first that ends it. */
function lexParts(c: Cursor, place: WordPlace): Parts {
  const parts: Parts = { value: '', quoted: false, start: c.at, braces: [], brackets: 0 };
  while (!c.done && lexPart(c, place, parts));
  return parts;
}

/** One unit or run of a word; false, and nothing read, where the word ends. */
function lexPart(c: Cursor, place: WordPlace, parts: Parts): boolean {
  const unit = c.peek();
  switch (unit) {
    case HOLE:
      lexWordHole(c, place, parts);
      return true;
    case '\\':
    case "'":
    case '"':
      lexQuotedPart(c, parts);
      return true;
    case '`':
      lexBackticks(c);
      break;
    case '$':
      lexDollar(c, 'bare');
      break;
    case '<':
    case '>':
      if (c.peek(1) !== '(') return false;
      lexSubstitution(c, `${unit}(`);
      break;
    case '(':
      if (!place.regex) return false;
      lexGroup(c, true);
      break;
    case '|':
      if (!place.regex) return false;
      takeText(c, parts, 1);
      return true;
    case ' ':
    case '\t':
    case '\n':
    case ';':
    case '&':
    case ')':
      return false;
    case '?':
    case '*':
    case '+':
    case '@':
    case '!':
      takeText(c, parts, 1);
      // An extended pattern: @(a|b). Bash reads it so in [[ ]] always, elsewhere with extglob.
      if (c.peek() !== '(') return true;
      lexGroup(c, place.regex ?? false);
      break;
    default:
      lexPlainPart(c, parts);
      return true;
  }
  parts.value = null;
  return true;
}

function takeText(c: Cursor, parts: Parts, length: number): void {
  if (parts.value !== null) parts.value += c.code.slice(c.at, c.at + length);
  c.take(length);
}

function lexWordHole(c: Cursor, place: WordPlace, parts: Parts): void {
  const placeholder = c.placeholderAt(c.at);
  if (c.at === parts.start + 1 && c.code[parts.start] === '~') c.fail(c.at, complaints.tilde(placeholder));
  if (place.regex && parts.brackets > 0) c.fail(c.at, complaints.regexBracket(placeholder));
  parts.braces.at(-1)?.holes.push(placeholder);
  parts.value = null;
  lexBareHole(c);
}

/** `\x`, `'…'` or `"…"`, or a continuation. */
function lexQuotedPart(c: Cursor, parts: Parts): void {
  const opened = c.at;
  parts.quoted = true;
  if (c.startsWith('\\\n')) {
    c.takeContinuation();
    return;
  }
  if (c.peek() === '\\') {
    if (parts.value !== null) parts.value += c.peek(1);
    c.takeEscaped();
    return;
  }
  const active = c.peek() === '"' ? /[\0$`\\]/ : /\0/;
  if (c.peek() === '"') lexDoubleQuotes(c);
  else lexSingleQuotes(c);
  const inner = c.code.slice(opened + 1, c.at - 1);
  parts.value = parts.value === null || active.test(inner) ? null : parts.value + inner;
}

/** Braces and what matters in them, brackets, or a run of units that mean nothing. */
function lexPlainPart(c: Cursor, parts: Parts): void {
  const unit = c.peek();
  const brace = parts.braces.at(-1);
  if (unit === '{') parts.braces.push({ commas: 0, range: false, holes: [] });
  else if (unit === '}') closeBrace(c, parts.braces);
  else if (unit === ',' && brace) brace.commas += 1;
  else if (unit === '.' && brace && c.peek(1) === '.') brace.range = true;
  else if (unit === '[') parts.brackets += 1;
  else if (unit === ']') parts.brackets = Math.max(0, parts.brackets - 1);
  takeText(c, parts, Math.max(1, c.match(PLAIN).length));
}

function closeBrace(c: Cursor, braces: Brace[]): void {
  const brace = braces.pop();
  if (!brace) return;
  if (brace.range && brace.commas === 0) {
    for (const placeholder of brace.holes) c.failAt(placeholder, complaints.braceRange(placeholder));
  } else braces.at(-1)?.holes.push(...brace.holes);
}

/** `(…)` of an extended pattern or a regular expression, blanks and `|` included. */
function lexGroup(c: Cursor, regex: boolean): void {
  const opened = c.at;
  let depth = 0;
  let brackets = 0;
  do {
    const unit = c.peek();
    if (unit === '') c.stop(opened, complaints.unterminated('(', ')'));
    if (unit === HOLE) {
      if (regex && brackets > 0) c.fail(c.at, complaints.regexBracket(c.placeholderAt(c.at)));
      lexBareHole(c);
    } else if (unit === '\\') c.takeEscaped();
    else if (unit === "'") lexSingleQuotes(c);
    else if (unit === '"') lexDoubleQuotes(c);
    else if (unit === '`') lexBackticks(c);
    else if (unit === '$') lexDollar(c, 'bare');
    else {
      if (unit === '(') depth += 1;
      if (unit === ')') depth -= 1;
      if (unit === '[') brackets += 1;
      if (unit === ']') brackets = Math.max(0, brackets - 1);
      c.take(1);
    }
  } while (depth > 0);
}
