import type { Placeholder, Template, TemplateError } from '../../model/template.ts';
import { type Complaint, canonical, complaints } from './errors.ts';

/** Which bash variable holds a placeholder's value. */
export interface BashSlot {
  /** For example `wfc_input`. */
  readonly variable: string;
  /** Declared as a list (list, mapping or gathered): the variable is an indexed array. */
  readonly many: boolean;
}

/** Stands in `Cursor.code` for a placeholder. Bash texts hold no NUL: bash drops it, and `readTemplate` refuses it. */
export const HOLE = '\0';

/** A placeholder with what its place needs around `${variable}`. */
export interface HolePiece {
  readonly kind: 'hole';
  readonly placeholder: Placeholder;
  readonly slot: BashSlot;
  readonly before: string;
  readonly after: string;
  /** Bash reads an integer here. Set later for `[[ {x} -eq 3 ]]`, where the operator comes after the word. */
  integer: boolean;
}

export type Piece =
  | HolePiece
  /** `significant` is '' for what bash ignores, and differs from `text` in a rewritten here-document. */
  | { readonly kind: 'text'; readonly text: string; readonly significant: string }
  /** Between words: '' a comment or continuation, ' ' blanks, '\n' lines; `exact` before a here-document's text. */
  | { readonly kind: 'gap'; readonly text: string; readonly gap: '' | ' ' | '\n'; readonly exact: boolean };

export interface HereDoc {
  /** The word that ends it, quotes removed. */
  readonly delimiter: string;
  readonly quoted: boolean;
  /** `<<-` */
  readonly stripsTabs: boolean;
  /** Offset of `<<` in `Cursor.code`. */
  readonly opened: number;
  /** Where the delimiter stands in `Cursor.pieces`: rewritten with the text. */
  readonly piece: number;
}

/** From `start` up to, not including, `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The placeholders that belong to one word itself, not to a `$(…)` in it. */
export interface WordFrame {
  readonly holes: HolePiece[];
}

/** Thrown where reading on makes no sense (an unclosed quote); caught in `rewriteBash`, never seen outside. */
export class LexStop extends Error {}

/** The template as one string with a `HOLE` for each placeholder, and the way back to offsets in the source. */
export function readTemplate(template: Template): {
  code: string;
  placeholders: ReadonlyMap<number, Placeholder>;
  offsets: readonly number[];
} {
  const placeholders = new Map<number, Placeholder>();
  const offsets: number[] = [];
  const code: string[] = [];
  for (const token of template.tokens) {
    if (token.kind === 'placeholder') {
      placeholders.set(offsets.length, token.placeholder);
      offsets.push(token.start);
      code.push(HOLE);
      continue;
    }
    // `{{word}}` is its own token, two units longer in the source than here.
    const shift = token.end - token.start > token.text.length ? 1 : 0;
    for (let i = 0; i < token.text.length; i++) offsets.push(token.start + i + (i > 0 ? shift : 0));
    code.push(token.text);
  }
  offsets.push(template.source.length);
  return { code: code.join(''), placeholders, offsets };
}

/** The lexer's position, what it has written so far, and the context that its functions share. */
export class Cursor {
  /** The template as written; `Placeholder.start` and `end` count in it. */
  readonly source: string;
  readonly code: string;
  at = 0;
  /** One past the last unit to read; smaller inside backticks and here-documents. */
  end: number;
  pieces: Piece[] = [];
  readonly errors: TemplateError[] = [];
  /** Begun on this line; their texts follow the line's end. */
  hereDocs: HereDoc[] = [];
  /** Here-documents begun outside of the `$(…)`, array or `[[` that is being read. */
  outerHereDocs = 0;
  insideBackticks = false;
  word: WordFrame | null = null;
  /** The words of each simple command without its assignments, as `Word.value` has them. */
  readonly commands: (string | null)[][] = [];
  /** Where comments are, as offsets in the source. */
  readonly comments: Range[] = [];
  /** Variables that the command declares with `-i`: bash computes whatever is assigned to them. */
  readonly integerVariables = new Set<string>();
  /** Reads commands up to (not including) `)`, the end of the range, or the end of a case clause. */
  readonly lexCommands: (c: Cursor, closer: Closer) => void;
  /** Where an `attempt` failed: tried again after an outer one fails, nested `$((` would take exponential time. */
  private readonly failedAttempts = new Set<number>();
  private readonly placeholders: ReadonlyMap<number, Placeholder>;
  private readonly offsets: readonly number[];
  private readonly slotOf: (p: Placeholder) => BashSlot;

  constructor(template: Template, slotOf: (p: Placeholder) => BashSlot, lexCommands: Cursor['lexCommands']) {
    const { code, placeholders, offsets } = readTemplate(template);
    this.source = template.source;
    this.code = code;
    this.placeholders = placeholders;
    this.offsets = offsets;
    this.end = code.length;
    this.slotOf = slotOf;
    this.lexCommands = lexCommands;
  }

  /** The unit at `at + ahead`, '' at the end of the range. */
  peek(ahead = 0): string {
    return this.at + ahead < this.end ? this.code[this.at + ahead]! : '';
  }

  startsWith(text: string): boolean {
    return this.at + text.length <= this.end && this.code.startsWith(text, this.at);
  }

  /** A sticky pattern's match at the position, cut off at the end of the range; '' where there is none. */
  match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.code)?.[0] ?? '';
    return this.at + text.length <= this.end ? text : text.slice(0, this.end - this.at);
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  /** Copy the next units as they are. */
  take(length: number): void {
    const text = this.code.slice(this.at, this.at + length);
    this.pieces.push({ kind: 'text', text, significant: text });
    this.at += length;
  }

  /** Copy up to and including `closer`, or stop where there is none. Placeholders within are `complaint`s. */
  takeThrough(closer: string, opened: number, complaint: (p: Placeholder) => Complaint, escapes = false): void {
    while (!this.done && this.peek() !== closer) {
      if (this.peek() === HOLE) this.refuseHole(complaint);
      else if (escapes && this.peek() === '\\') this.takeEscaped();
      else this.take(1);
    }
    if (this.done) this.stop(opened, complaints.unterminated(this.code.slice(opened, opened + 1), closer));
    this.take(1);
  }

  /** A backslash and what it protects. */
  takeEscaped(): void {
    if (this.at + 1 >= this.code.length) this.fail(this.at, complaints.trailingBackslash());
    if (this.peek(1) === HOLE) {
      this.fail(this.at + 1, complaints.backslash(this.placeholderAt(this.at + 1)));
      this.take(1);
      this.skipHole();
      return;
    }
    this.take(Math.min(2, this.end - this.at));
  }

  /** A backslash at the line's end, outside of quotes: bash reads on as if both were not there. */
  takeContinuation(): void {
    this.pieces.push({ kind: 'text', text: '\\\n', significant: '' });
    this.at += 2;
  }

  /** Where the text itself holds a NUL; null where it does not. */
  literalNul(): number | null {
    for (let at = this.code.indexOf(HOLE); at >= 0; at = this.code.indexOf(HOLE, at + 1)) {
      if (!this.placeholders.has(at)) return at;
    }
    return null;
  }

  placeholderAt(at: number): Placeholder {
    const placeholder = this.placeholders.get(at);
    if (!placeholder) throw new Error(`internal error: no placeholder at ${at}`);
    return placeholder;
  }

  /** Write the placeholder here as `before${variable}after`. */
  takeHole(around: { before: string; after: string; integer?: boolean }): HolePiece {
    const placeholder = this.placeholderAt(this.at);
    const piece: HolePiece = {
      kind: 'hole',
      placeholder,
      slot: this.slotOf(placeholder),
      before: around.before,
      after: around.after,
      integer: around.integer ?? false,
    };
    this.pieces.push(piece);
    this.at += 1;
    return piece;
  }

  /** Like `takeHole`, for a place that takes one value. */
  takeSingle(around: { before: string; after: string; integer?: boolean }, place: string): HolePiece {
    const piece = this.takeHole(around);
    if (piece.slot.many) this.failAt(piece.placeholder, complaints.listElsewhere(piece.placeholder, place));
    return piece;
  }

  refuseHole(complaint: (p: Placeholder) => Complaint): void {
    const placeholder = this.placeholderAt(this.at);
    this.failAt(placeholder, complaint(placeholder));
    this.skipHole();
  }

  /** Pass a placeholder that already has its error; the text is of no use any more. */
  skipHole(): void {
    this.takeHole({ before: '', after: '' });
  }

  failAt(where: { start: number; end: number }, complaint: Complaint): void {
    this.errors.push({ start: where.start, end: where.end, ...complaint });
  }

  /** An error at offset `at` of `code`, `length` units long. */
  fail(at: number, complaint: Complaint, length = 1): void {
    const placeholder = this.placeholders.get(at);
    const start = this.offsets[at] ?? 0;
    this.failAt(placeholder ?? { start, end: this.offsets[at + length] ?? start }, complaint);
  }

  /** Where a comment stands that begins at offset `at` of `code`, and has been read. */
  noteComment(at: number): void {
    this.comments.push({ start: this.offsets[at]!, end: this.offsets[this.at]! });
  }

  /** The unit at the position as its user wrote it, for a message. */
  shown(): string {
    return this.peek() === HOLE ? canonical(this.placeholderAt(this.at)) : this.peek();
  }

  hasErrorAt(where: { start: number }): boolean {
    return this.errors.some((e) => e.start === where.start);
  }

  stop(at: number, complaint: Complaint, length = 1): never {
    this.fail(at, complaint, length);
    throw new LexStop();
  }

  /**
   * Read one way, and where that returns false or stops, forget all that it did.
   * Bash decides the same way whether `((` begins arithmetic and `a[` a subscript.
   */
  attempt(read: () => boolean): boolean {
    const { at, end, hereDocs, outerHereDocs, insideBackticks, word } = this;
    if (this.failedAttempts.has(at)) return false;
    const lengths = [
      this.pieces.length,
      this.errors.length,
      hereDocs.length,
      word?.holes.length ?? 0,
      this.commands.length,
      this.comments.length,
    ];
    try {
      if (read()) return true;
    } catch (error) {
      if (!(error instanceof LexStop)) throw error;
    }
    this.failedAttempts.add(at);
    Object.assign(this, { at, end, hereDocs, outerHereDocs, insideBackticks, word });
    this.pieces.length = lengths[0]!;
    this.errors.length = lengths[1]!;
    hereDocs.length = lengths[2]!;
    if (word) word.holes.length = lengths[3]!;
    this.commands.length = lengths[4]!;
    this.comments.length = lengths[5]!;
    return false;
  }

  /** Read something whose here-documents are its own: `$(…)`, backticks, an array, `[[ ]]`. */
  nested(read: () => void): void {
    const outer = this.hereDocs;
    this.outerHereDocs += outer.length;
    this.hereDocs = [];
    read();
    const open = this.hereDocs[0];
    if (open) this.stop(open.opened, complaints.unterminatedHereDoc(open.delimiter), 2);
    this.hereDocs = outer;
    this.outerHereDocs -= outer.length;
  }
}

export type Closer = 'end' | ')' | 'clause';

/** The rewritten command. */
export function renderText(pieces: readonly Piece[]): string {
  return pieces.map((p) => (p.kind === 'hole' ? `${p.before}${expansion(p)}${p.after}` : p.text)).join('');
}

function expansion({ slot, integer }: HolePiece): string {
  return `\${${slot.variable}${integer ? '_int' : ''}${slot.many ? '[@]' : ''}}`;
}

/**
 * The command without what bash ignores. Every literal `{` is doubled, so that a placeholder's `{input}` differs from
 * the literal text `{input}`, also where the latter is put together by a line continuation.
 */
export function renderSignificant(pieces: readonly Piece[]): string {
  let text = '';
  let gap = '';
  for (const piece of pieces) {
    if (piece.kind === 'gap') {
      if (piece.exact) {
        text += '\n';
        gap = '';
      } else if (piece.gap === '\n' || (piece.gap === ' ' && gap === '')) {
        gap = piece.gap;
      }
      continue;
    }
    const part = piece.kind === 'hole' ? canonical(piece.placeholder) : piece.significant.replaceAll('{', '{{');
    if (part === '') continue;
    if (text !== '') text += gap;
    gap = '';
    text += part;
  }
  return text;
}
