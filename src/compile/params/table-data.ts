import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Located } from '../../model/located.ts';
import type { Location, SourceText } from '../../model/source.ts';
import type { CsvTable, RowsTable, Table } from '../../model/spec.generated.ts';
import type { StagedSource } from '../../model/workflow.ts';
import { type Context, reservedFile } from '../context.ts';
import * as report from '../report/report.ts';
import { type CsvCell, locateCell, readCsv } from '../text/csv.ts';
import { refuseShellWord } from '../text/shell-words.ts';
import { closest } from '../text/suggest.ts';
import { isFilled } from './config.ts';
import type { FillConfig } from './values.ts';

/** A table as read, column by column: a million rows are a few arrays of integers. */
export interface TableData {
  readonly columns: readonly { readonly name: string; readonly location: Location }[];
  readonly rowCount: number;
  /** Per column the distinct texts in order of appearance, and the row in which each appears first. */
  readonly distinct: readonly { readonly values: readonly string[]; readonly firstRows: readonly number[] }[];
  /** Per column and row an index into its distinct texts. */
  readonly cells: readonly Int32Array[];
  /** Per column the rows in which nothing stands, not even `""`. */
  readonly blanks: readonly (readonly number[])[];
  location(row: number, column: number): Location;
}

/** Takes in rows of as many texts as there are columns. */
export class ColumnsBuilder {
  rowCount = 0;
  readonly distinct: { readonly values: string[]; readonly firstRows: number[] }[];
  readonly blanks: number[][];
  private readonly ids: Map<string, number>[];
  private readonly growing: Int32Array[];

  constructor(columnCount: number) {
    const each = <T>(make: () => T): T[] => Array.from({ length: columnCount }, make);
    this.distinct = each(() => ({ values: [], firstRows: [] }));
    this.blanks = each(() => []);
    this.ids = each(() => new Map<string, number>());
    this.growing = each(() => new Int32Array(64));
  }

  add(record: readonly CsvCell[]): void {
    const row = this.rowCount++;
    for (let c = 0; c < this.ids.length; c++) {
      const cell = record[c]!;
      if (cell === null) this.blanks[c]!.push(row);
      const text = cell ?? '';
      const { values, firstRows } = this.distinct[c]!;
      let id = this.ids[c]!.get(text);
      if (id === undefined) {
        id = values.length;
        this.ids[c]!.set(text, id);
        values.push(text);
        firstRows.push(row);
      }
      if (row === this.growing[c]!.length) this.growing[c] = grown(this.growing[c]!);
      this.growing[c]![row] = id;
    }
  }

  get cells(): Int32Array[] {
    return this.growing.map((cells) => cells.slice(0, this.rowCount));
  }

  text(row: number, column: number): string {
    return this.distinct[column]!.values[this.growing[column]![row]!]!;
  }
}

function grown(cells: Int32Array): Int32Array {
  const larger = new Int32Array(cells.length * 2);
  larger.set(cells);
  return larger;
}

/** Rows written in the spec. */
export function inlineTable(
  table: Located<Table> | Located<RowsTable['rows']>,
  name: string,
  context: Context,
  fill: FillConfig,
): TableData | null {
  const rows = table.items();
  const first = rows[0]?.entries() ?? [];
  const columns = first.map(({ key }) => ({ name: key.text, location: key.location }));
  const built = new ColumnsBuilder(columns.length);
  const places: Location[][] = [];
  for (const row of rows) {
    const entries = row.entries();
    const extra = entries.find((e) => !columns.some((c) => c.name === e.key.text));
    if (extra) {
      const known = columns.map((c) => c.name);
      for (const { key } of entries)
        if (!columns.some((c) => c.name === key.text)) context.holes.strays.set(key.text, key.location);
      context.diagnostics.push(
        report.unknownColumn(extra.key.location, extra.key.text, name, closest(extra.key.text, known)),
      );
    }
    const missing = columns.find((c) => !entries.some((e) => e.key.text === c.name));
    if (missing && !extra) context.diagnostics.push(report.missingColumn(row.location, missing.name, name));
    if (extra || missing) continue;
    const values = columns.map((c) => entries.find((e) => e.key.text === c.name)!.value);
    built.add(values.map((value) => fill(value.text, value.node)));
    places.push(values.map((value) => value.location));
  }
  const { rowCount, distinct, cells, blanks } = built;
  return { columns, rowCount, distinct, cells, blanks, location: (row, column) => places[row]![column]! };
}

export interface TableOptions {
  readonly name: string;
  readonly context: Context;
  readonly fill: FillConfig;
  /** Where a rule makes its file. */
  readonly staged: StagedSource | null;
}

/** Rows of a CSV or TSV file. */
export function csvTable(table: Located<CsvTable>, { name, context, fill, staged }: TableOptions): TableData | null {
  const { diagnostics } = context;
  const declared = table.get('csv')!;
  const path = fill(declared.text, declared.node);
  if (refuseShellWord(path, declared.scalar, diagnostics)) return null;
  if (!isFilled(path)) return null;
  if (!staged) context.reserved.push(reservedFile(path, declared.location));
  const read = context.files.readText(path);
  if ('problem' in read) {
    diagnostics.push(report.unreadableFile(declared.location, path, read.problem, read.hint));
    return null;
  }
  const rows = new CsvRows({ file: path, text: read.text }, context);
  const delimiter = path.endsWith('.tsv') ? '\t' : ',';
  const foreign = foreignSeparator(rows.source, delimiter);
  if (foreign) {
    diagnostics.push(foreign);
    return null;
  }
  const problem = readCsv(rows.source, delimiter, (record, lineStart) => rows.take(record, lineStart));
  if (problem) {
    diagnostics.push(report.badCsv(problem.location, problem.kind));
    return null;
  }
  if (!rows.header) {
    diagnostics.push(report.csvWithoutHeader(declared.location, path));
    return null;
  }
  if (rows.header.some((c) => !isName(c.name))) context.holes.anyName = true;
  if (rows.recordCount === 0) diagnostics.push(report.emptyAxis(declared.location, name));
  return rows.data(rows.header);
}

/** A header without any of its own separators, but with another one: the file was written for other readers. */
function foreignSeparator(source: SourceText, delimiter: string): Diagnostic | null {
  const header = /\S.*/.exec(source.text);
  if (!header || header[0].includes(delimiter)) return null;
  const found = [';', '\t', ',', '|'].find((c) => header[0].trimEnd().includes(c));
  if (found === undefined) return null;
  const location = { source, start: header.index, end: header.index + header[0].trimEnd().length };
  return report.csvSeparator(location, found, source.text.replaceAll(found, '').search(/[",]/) < 0);
}

export function isName(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text);
}

/** The first record names the columns, the others are rows; what is wrong with one is reported, and it is left out. */
class CsvRows {
  readonly source: SourceText;
  header: TableData['columns'] | null = null;
  /** Below the header, good ones and others. */
  recordCount = 0;
  private readonly context: Context;
  private built = new ColumnsBuilder(0);
  private readonly lineStarts: number[] = [];

  constructor(source: SourceText, context: Context) {
    this.source = source;
    this.context = context;
  }

  take(record: readonly CsvCell[], lineStart: number): void {
    if (!this.header) {
      this.takeHeader(record, lineStart);
      return;
    }
    this.recordCount++;
    if (this.refuses(record, lineStart, this.header)) return;
    this.built.add(record);
    this.lineStarts.push(lineStart);
  }

  private takeHeader(record: readonly CsvCell[], lineStart: number): void {
    this.header = record.map((name, c) => ({
      name: name ?? '',
      location: locateCell(this.source, lineStart, record, c),
    }));
    this.built = new ColumnsBuilder(record.length);
    for (const c of this.header)
      if (!isName(c.name)) this.context.diagnostics.push(report.badName(c.location, c.name, 'the header'));
  }

  private refuses(record: readonly CsvCell[], lineStart: number, header: TableData['columns']): boolean {
    const { diagnostics } = this.context;
    if (record.length === header.length) return false;
    const missing = header.slice(record.length).map((c) => c.name);
    const place = locateCell(this.source, lineStart, record, Math.min(header.length, record.length - 1));
    diagnostics.push(report.csvColumnCount(place, record.length, header.length, missing));
    return true;
  }

  data(columns: TableData['columns']): TableData {
    const { built, lineStarts, source } = this;
    const { rowCount, distinct, cells, blanks } = built;
    const location = (row: number, column: number): Location => {
      const record = columns.slice(0, column + 1).map((_, c) => built.text(row, c));
      return locateCell(source, lineStarts[row]!, record, column);
    };
    return { columns, rowCount, distinct, cells, blanks, location };
  }
}
