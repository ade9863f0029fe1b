import { CsvError, parse } from 'csv-parse/sync';
import type { Location, SourceText } from '../../model/source.ts';

/** A quote that the format does not allow where it stands. */
export interface CsvProblem {
  readonly kind: 'open quote' | 'text after quote' | 'quote inside';
  readonly location: Location;
}

/** A cell's text, outer blanks dropped and quotes resolved; null where nothing stands, not even `""`. */
export type CsvCell = string | null;

/** Called for each record that is not empty, with where its last line begins. */
export type TakeRecord = (record: readonly CsvCell[], lineStart: number) => void;

/** Read RFC 4180 text with `,` or a tab between cells. Records keep their own count of cells; empty lines are skipped. */
export function readCsv(source: SourceText, delimiter: ',' | '\t', take: TakeRecord): CsvProblem | null {
  // A blank at the end of a line is dropped, and so is the CR of CRLF.
  if (!/"|\r(?!\n)/.test(source.text)) {
    readPlain(source.text, delimiter, take);
    return null;
  }
  return readQuoted(source, delimiter, take);
}

/** Without quotes a line is a record. Tables of a million rows are this plain, and the library takes seconds for them. */
function readPlain(text: string, delimiter: string, take: TakeRecord): void {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const record: CsvCell[] = text.slice(start, end).split(delimiter);
    for (let c = 0; c < record.length; c++) record[c] = record[c]!.trim() || null;
    if (record.length > 1 || record[0] !== null) take(record, start);
    start = end + 1;
  }
}

interface Row {
  readonly record: CsvCell[];
  /** `lines`: of the record's last line, from 1. */
  readonly info: { readonly lines: number };
}

function readQuoted(source: SourceText, delimiter: string, take: TakeRecord): CsvProblem | null {
  const { text } = source;
  const lineStarts = startsOfLines(text);
  try {
    const rows = parse(text, {
      delimiter,
      // All three in one file too: its rows may come from several machines.
      record_delimiter: ['\r\n', '\n', '\r'],
      info: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
    }) as unknown as Row[];
    let firstLine = 0;
    for (const { record, info } of rows) {
      if (record.includes('')) {
        // The library can tell quotes around nothing from nothing, at five times the time for all.
        const quoted = quotedCells(text.slice(lineStarts[firstLine], lineStarts[info.lines]), delimiter);
        record.forEach((cell, c) => {
          if (cell === '' && !quoted[c]) record[c] = null;
        });
      }
      take(record, lineStarts[info.lines - 1] ?? 0);
      firstLine = info.lines;
    }
    return null;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return problemOf(source, delimiter);
  }
}

/** For each cell of a record whether it stands in quotes. */
function quotedCells(record: string, delimiter: string): boolean[] {
  const cells = [false];
  let open = false;
  // Skipped lines stand before it.
  for (const c of record.replace(/^(?:\s*[\r\n])+/, '')) {
    if (c === '"') {
      open = !open;
      cells[cells.length - 1] = true;
    } else if (c === delimiter && !open) cells.push(false);
  }
  return cells;
}

function startsOfLines(text: string): number[] {
  const starts = [0];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 10 || (unit === 13 && text.charCodeAt(i + 1) !== 10)) starts.push(i + 1);
  }
  return starts;
}

/** Nobody tells columns: each cell is looked for in its line, behind the one before. */
export function locateCell(
  source: SourceText,
  lineStart: number,
  record: readonly CsvCell[],
  column: number,
): Location {
  const { text } = source;
  const newline = text.indexOf('\n', lineStart);
  const lineEnd = newline < 0 ? text.length : newline;
  let from = lineStart;
  for (let c = 0; ; c++) {
    const cell = record[c] ?? '';
    const at = text.indexOf(cell, from);
    // Where a quoted cell is spelled otherwise than it reads, those behind it may be looked for past the end.
    const start = at >= 0 && at <= lineEnd ? at : Math.min(from, lineEnd);
    if (c === column) return { source, start, end: Math.min(start + Math.max(1, cell.length), text.length) };
    from = start + cell.length + 1;
  }
}

/** The first quote that stands where none may. */
function problemOf(source: SourceText, delimiter: string): CsvProblem {
  const { text } = source;
  const at = (kind: CsvProblem['kind'], start: number): CsvProblem => ({
    kind,
    location: { source, start, end: start + 1 },
  });
  let open = -1;
  let closed = -1;
  let isBlank = true;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (open >= 0) {
      if (c !== '"') continue;
      if (text[i + 1] === '"') i++;
      else [open, closed] = [-1, i];
    } else if (c === delimiter || c === '\n' || c === '\r') {
      closed = -1;
      isBlank = true;
    } else if (c.trim() !== '') {
      if (closed >= 0) return at('text after quote', closed);
      if (c === '"' && !isBlank) return at('quote inside', i);
      if (c === '"') open = i;
      isBlank = false;
    }
  }
  return at('open quote', Math.max(0, open));
}
