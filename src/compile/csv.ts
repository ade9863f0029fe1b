import type { Location, SourceText } from '../model/source.ts';

/** One cell: its text, outer blanks dropped, quotes resolved; and where it stands, quotes included. */
export interface Cell {
  readonly text: string;
  readonly location: Location;
}

/** A quote that is never closed, or that text follows. */
export interface CsvProblem {
  readonly kind: 'open quote' | 'text after quote';
  readonly location: Location;
}

/**
 * Read RFC 4180 text with `,` or a tab between cells. Rows keep their own count of cells; empty lines are skipped.
 * A library would do, but for the one thing that matters here: the place of each cell, for messages.
 */
export function parseCsv(source: SourceText, delimiter: ',' | '\t'): { rows: Cell[][] } | { problem: CsvProblem } {
  const { text } = source;
  const blank = delimiter === ',' ? /[ \t]*/y : / */y;
  const plain = delimiter === ',' ? /[^,\r\n]*/y : /[^\t\r\n]*/y;
  const lineEnd = /\r\n|\n|\r/y;
  const at = (start: number, end: number): Location => ({ source, start, end: Math.min(end, text.length) });
  const skip = (pattern: RegExp, from: number): number => {
    pattern.lastIndex = from;
    return pattern.test(text) ? pattern.lastIndex : from;
  };
  const rows: Cell[][] = [];
  let row: Cell[] = [];
  let i = 0;
  while (i <= text.length) {
    const start = skip(blank, i);
    if (text[start] === '"') {
      const close = closingQuote(text, start);
      if (close < 0) return { problem: { kind: 'open quote', location: at(start, start + 1) } };
      const after = skip(blank, close + 1);
      const ends = after === text.length || text[after] === delimiter || /[\r\n]/.test(text[after]!);
      if (!ends) return { problem: { kind: 'text after quote', location: at(close, close + 1) } };
      const inner = text
        .slice(start + 1, close)
        .replaceAll('""', '"')
        .trim();
      row.push({ text: inner, location: at(start, close + 1) });
      i = after;
    } else {
      const end = skip(plain, start);
      const cell = text.slice(start, end).trimEnd();
      row.push({ text: cell, location: at(start, start + Math.max(1, cell.length)) });
      i = end;
    }
    if (text[i] === delimiter) {
      i++;
      continue;
    }
    if (row.length > 1 || row[0]!.text !== '') rows.push(row);
    row = [];
    if (i >= text.length) break;
    i = skip(lineEnd, i);
  }
  return { rows };
}

function closingQuote(text: string, open: number): number {
  for (let i = text.indexOf('"', open + 1); i >= 0; i = text.indexOf('"', i + 2)) if (text[i + 1] !== '"') return i;
  return -1;
}
