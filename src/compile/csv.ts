import { CsvError, parse } from 'csv-parse/sync';
import type { Location, SourceText } from '../model/source.ts';

/** One cell: its text, outer blanks dropped, quotes resolved; and where it stands. */
export interface Cell {
  readonly text: string;
  readonly location: Location;
}

/** A quote that is never closed, or that text follows. */
export interface CsvProblem {
  readonly kind: 'open quote' | 'text after quote';
  readonly location: Location;
}

interface Row {
  readonly record: string[];
  /** `lines`: of the record's last line, from 1. */
  readonly info: { readonly lines: number };
}

/** Read RFC 4180 text with `,` or a tab between cells. Rows keep their own count of cells; empty lines are skipped. */
export function parseCsv(source: SourceText, delimiter: ',' | '\t'): { rows: Cell[][] } | { problem: CsvProblem } {
  const lineStarts = startsOfLines(source.text);
  try {
    const rows = parse(source.text, {
      delimiter,
      info: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
    }) as unknown as Row[];
    return { rows: rows.map(({ record, info }) => placeCells(record, info.lines, source, lineStarts)) };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { problem: problemOf(error, source, lineStarts) };
  }
}

function startsOfLines(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

/** The library tells lines, not columns: each cell is looked for in its line, behind the one before, when asked for. */
function placeCells(
  record: readonly string[],
  line: number,
  source: SourceText,
  lineStarts: readonly number[],
): Cell[] {
  const cells: Cell[] = [];
  for (const [c, text] of record.entries())
    cells.push(new PlacedCell(text, c, cells, lineStarts[line - 1] ?? 0, source));
  return cells;
}

class PlacedCell implements Cell {
  readonly text: string;
  private readonly column: number;
  private readonly row: readonly Cell[];
  private readonly lineStart: number;
  private readonly source: SourceText;

  constructor(text: string, column: number, row: readonly Cell[], lineStart: number, source: SourceText) {
    this.text = text;
    this.column = column;
    this.row = row;
    this.lineStart = lineStart;
    this.source = source;
  }

  get location(): Location {
    const { text } = this.source;
    const before = this.row[this.column - 1];
    const from = before === undefined ? this.lineStart : before.location.start + before.text.length + 1;
    const newline = text.indexOf('\n', this.lineStart);
    const lineEnd = newline < 0 ? text.length : newline;
    const at = text.indexOf(this.text, from);
    // Where a quoted cell is spelled otherwise than it reads, those behind it may be looked for past the end.
    const start = at >= 0 && at <= lineEnd ? at : Math.min(from, lineEnd);
    return { source: this.source, start, end: Math.min(start + Math.max(1, this.text.length), text.length) };
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
