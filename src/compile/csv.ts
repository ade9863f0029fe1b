import { CsvError, parse } from 'csv-parse/sync';
import type { Location, SourceText } from '../model/source.ts';

/** A quote that is never closed, or that text follows. */
export interface CsvProblem {
  readonly kind: 'open quote' | 'text after quote';
  readonly location: Location;
}

/** Called for each record that is not empty: texts with outer blanks dropped and quotes resolved, and where its last line begins. */
export type TakeRecord = (record: readonly string[], lineStart: number) => void;

/** Read RFC 4180 text with `,` or a tab between cells. Records keep their own count of cells; empty lines are skipped. */
export function readCsv(source: SourceText, delimiter: ',' | '\t', take: TakeRecord): CsvProblem | null {
  if (!/["\r]/.test(source.text)) {
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
    const record = text.slice(start, end).split(delimiter);
    for (let c = 0; c < record.length; c++) record[c] = record[c]!.trim();
    if (record.length > 1 || record[0] !== '') take(record, start);
    start = end + 1;
  }
}

interface Row {
  readonly record: string[];
  /** `lines`: of the record's last line, from 1. */
  readonly info: { readonly lines: number };
}

function readQuoted(source: SourceText, delimiter: string, take: TakeRecord): CsvProblem | null {
  const lineStarts = startsOfLines(source.text);
  try {
    const rows = parse(source.text, {
      delimiter,
      info: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
    }) as unknown as Row[];
    for (const { record, info } of rows) take(record, lineStarts[info.lines - 1] ?? 0);
    return null;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return problemOf(error, source, lineStarts);
  }
}

function startsOfLines(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

/** Nobody tells columns: each cell is looked for in its line, behind the one before. */
export function locateCell(source: SourceText, lineStart: number, record: readonly string[], column: number): Location {
  const { text } = source;
  const newline = text.indexOf('\n', lineStart);
  const lineEnd = newline < 0 ? text.length : newline;
  let from = lineStart;
  for (let c = 0; ; c++) {
    const at = text.indexOf(record[c]!, from);
    // Where a quoted cell is spelled otherwise than it reads, those behind it may be looked for past the end.
    const start = at >= 0 && at <= lineEnd ? at : Math.min(from, lineEnd);
    if (c === column) return { source, start, end: Math.min(start + Math.max(1, record[c]!.length), text.length) };
    from = start + record[c]!.length + 1;
  }
}

function problemOf(error: CsvError, source: SourceText, lineStarts: readonly number[]): CsvProblem {
  const { lines = 1 } = error as unknown as { lines?: number };
  const open = error.code === 'CSV_QUOTE_NOT_CLOSED';
  const lineStart = lineStarts[lines - 1] ?? 0;
  // The parser ends at the end of the file: the quote that it misses was opened last.
  const quote = open ? source.text.lastIndexOf('"') : source.text.indexOf('"', lineStart);
  const start = Math.max(0, quote);
  return { kind: open ? 'open quote' : 'text after quote', location: { source, start, end: start + 1 } };
}
