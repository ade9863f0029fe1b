/** Here-documents of bash. Source: bash(1), REDIRECTION, Here Documents. */
import { type Cursor, type HereDoc, HOLE } from './cursor.ts';
import { complaints } from './errors.ts';
import { lexHereText } from './expansions.ts';
import { gap, lexBlanks } from './words.ts';

/** `<<` or `<<-` and the word that ends the text; the text itself comes after the line's end. */
export function lexHereOperator(c: Cursor): void {
  const opened = c.at;
  const stripsTabs = c.startsWith('<<-');
  c.take(stripsTabs ? 3 : 2);
  lexBlanks(c);
  const start = c.at;
  const { delimiter, quoted, end } = readDelimiter(c);
  if (end === start) c.stop(opened, complaints.missingWord('<<'), 2);
  c.hereDocs.push({ delimiter, quoted, stripsTabs, opened, piece: c.pieces.length });
  c.take(end - start);
}

/** The delimiter with its quotes removed; nothing in it is ever expanded. Does not move. */
function readDelimiter(c: Cursor): { delimiter: string; quoted: boolean; end: number } {
  let delimiter = '';
  let quoted = false;
  let at = c.at;
  for (; at < c.end && !/[ \t\n;&|()<>]/.test(c.code[at]!); at++) {
    const unit = c.code[at]!;
    if (unit === HOLE) c.stop(at, complaints.hereDelimiter(c.placeholderAt(at)));
    if (unit === '$' || unit === '`') c.stop(at, complaints.oddDelimiter());
    if (unit === '\\') {
      quoted = true;
      at += 1;
      if (at >= c.end || c.code[at] === '\n' || c.code[at] === HOLE) c.stop(at - 1, complaints.oddDelimiter());
      delimiter += c.code[at];
    } else if (unit === "'" || unit === '"') {
      quoted = true;
      const close = c.code.indexOf(unit, at + 1);
      const inner = close < 0 || close >= c.end ? '\n' : c.code.slice(at + 1, close);
      const hole = inner.indexOf(HOLE);
      if (hole >= 0) c.stop(at + 1 + hole, complaints.hereDelimiter(c.placeholderAt(at + 1 + hole)));
      if (/[\n\\]/.test(inner)) c.stop(at, complaints.oddDelimiter());
      delimiter += inner;
      at = close;
    } else delimiter += unit;
  }
  return { delimiter, quoted, end: at };
}

/** A line's end between commands, and the here-documents that it brings. */
export function lexLineEnd(c: Cursor): void {
  if (c.hereDocs.length === 0) {
    gap(c, 1, '\n');
    return;
  }
  c.pieces.push({ kind: 'gap', text: '\n', gap: '\n', exact: true });
  c.at += 1;
  const begun = c.hereDocs;
  c.hereDocs = [];
  for (const [index, doc] of begun.entries()) {
    // The line end after one text's delimiter is the first of the next text, byte for byte.
    if (index > 0) c.take(1);
    lexHereDoc(c, doc);
  }
}

function lexHereDoc(c: Cursor, doc: HereDoc): void {
  const body = readBody(c, doc);
  if (!body) c.stop(doc.opened, complaints.unterminatedHereDoc(doc.delimiter), 2);
  const delimiterLength = body.end - body.delimiterStart;
  const text = c.code.slice(c.at, body.delimiterStart);
  if (!text.includes(HOLE)) {
    c.take(text.length + delimiterLength);
    return;
  }
  const outer = { end: c.end, word: c.word };
  c.end = body.delimiterStart;
  c.word = null;
  if (!doc.quoted) c.nested(() => lexHereText(c));
  else rewriteQuoted(c, doc, text);
  Object.assign(c, outer);
  if (doc.quoted) takeDelimiter(c, doc, delimiterLength, unquotedDelimiter(doc, text));
  else c.take(delimiterLength);
}

/** Where the delimiter's line begins and ends (without its line end); null where there is none. */
function readBody(c: Cursor, doc: HereDoc): { delimiterStart: number; end: number } | null {
  let at = c.at;
  while (at <= c.end) {
    const lineStart = at;
    let line = '';
    for (;;) {
      const newline = c.code.indexOf('\n', at);
      const end = newline < 0 || newline > c.end ? c.end : newline;
      line += c.code.slice(at, end);
      at = end + 1;
      // Unquoted, a backslash at the line's end joins the next line before bash compares.
      if (doc.quoted || end >= c.end || !/(?<!\\)(?:\\\\)*\\$/.test(line)) break;
      line = line.slice(0, -1);
    }
    const compared = doc.stripsTabs ? line.replace(/^\t+/, '') : line;
    if (compared === doc.delimiter && (lineStart < c.end || doc.delimiter !== '')) {
      return { delimiterStart: lineStart, end: at - 1 };
    }
  }
  return null;
}

/** Make a quoted text expand nothing but its placeholders: `\`, `$` and backticks get a backslash. */
function rewriteQuoted(c: Cursor, doc: HereDoc, text: string): void {
  while (!c.done) {
    if (c.peek() === HOLE) {
      if (c.insideBackticks) c.refuseHole(complaints.backtickHereDoc);
      else c.takeSingle({ before: '', after: '' }, 'a here-document');
      continue;
    }
    const run = c.match(/[^\0]+/y);
    c.pieces.push({ kind: 'text', text: run.replace(/[\\$`]/g, '\\$&'), significant: run });
    c.at += run.length;
  }
  const written = c.pieces[doc.piece];
  if (written?.kind !== 'text') throw new Error('internal error: a here-document without its delimiter');
  c.pieces[doc.piece] = { ...written, text: unquotedDelimiter(doc, text) };
}

/** A word that ends the rewritten text: the user's where it needs no quotes, else one that no line can equal. */
function unquotedDelimiter(doc: HereDoc, text: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(doc.delimiter)) return doc.delimiter;
  let word = 'WFC_EOF';
  while (text.includes(word)) word += '_';
  return word;
}

function takeDelimiter(c: Cursor, doc: HereDoc, length: number, word: string): void {
  const written = c.code.slice(c.at, c.at + length);
  const tabs = doc.stripsTabs ? (/^\t*/.exec(written)?.[0] ?? '') : '';
  c.pieces.push({ kind: 'text', text: tabs + word, significant: written });
  c.at += length;
}
