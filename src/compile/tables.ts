import { parse } from 'csv-parse/sync';
import type { Located } from '../model/located.ts';
import type { Location, SourceText } from '../model/source.ts';
import type { CsvTable, Exclude as ExcludeSpec, Spec, Table } from '../model/spec.generated.ts';
import { PLACEHOLDER_ROOTS } from '../model/template.ts';
import type { Column, Exclude, Factor, Relation } from '../model/workflow.ts';
import { settingNode } from './config.ts';
import type { Context, Setting } from './context.ts';
import * as report from './report.ts';
import { closest } from './suggest.ts';
import { axisValues, type FillConfig, type Value } from './values.ts';

/** A table as read: named columns, rows of values. */
interface TableData {
  readonly columns: readonly { readonly name: string; readonly location: Location }[];
  readonly rows: readonly (readonly Value[])[];
}

export interface RelationOptions {
  readonly context: Context;
  readonly fill: FillConfig;
  readonly isProduced: (path: string, columns: ReadonlyMap<string, Column>) => boolean;
}

/** The relation that `params`, `tables`, `exclude` and `--set` describe. */
export function buildRelation(spec: Located<Spec>, options: RelationOptions): Relation {
  const builder = new RelationBuilder(options);
  const params = spec.get('params')?.entries() ?? [];
  // Globs come last: what tasks produce, and so what a glob leaves out, depends on the other params.
  const isGlob = (p: (typeof params)[number]): boolean =>
    p.value.node.kind === 'mapping' && p.value.node.entries.has('glob');
  for (const { key } of params) builder.declare(key.text, key.location);
  const order = [...params.entries()].sort(([i, a], [j, b]) => Number(isGlob(a)) - Number(isGlob(b)) || i - j);
  for (const [position, { key, value }] of order) builder.addAxis(position, key.text, key.location, value);
  for (const { key, value } of spec.get('tables')?.entries() ?? []) builder.addTable(key.text, value as Located<Table>);
  const { columns, factors } = builder;
  const excludes = (spec.get('exclude')?.items() ?? []).flatMap((entry) =>
    buildExclude(entry.as(), columns, factors, options),
  );
  return { factors, columns, excludes };
}

class RelationBuilder {
  readonly factors: Factor[] = [];
  readonly columns = new Map<string, Column>();
  private readonly declared = new Map<string, Location>();
  private readonly options: RelationOptions;

  constructor(options: RelationOptions) {
    this.options = options;
  }

  /** Take a name of the one namespace that params, table columns and placeholder roots share. */
  declare(name: string, location: Location): boolean {
    const { diagnostics } = this.options.context;
    const first = this.declared.get(name);
    if ((PLACEHOLDER_ROOTS as readonly string[]).includes(name)) diagnostics.push(report.reservedName(location, name));
    else if (first) diagnostics.push(report.nameClash(location, name, first));
    else {
      this.declared.set(name, location);
      return true;
    }
    return false;
  }

  addAxis(position: number, name: string, location: Location, param: Located<never> | Located<unknown>): void {
    const { context, fill, isProduced } = this.options;
    const before = context.diagnostics.length;
    const setting = lastSetting(context, name);
    const declared = axisValues(param.as(), {
      name,
      context,
      fill,
      isProduced: (path) => isProduced(path, this.columns),
    });
    const values = setting ? settingValues(setting) : declared.values;
    if (values.length === 0 && context.diagnostics.length === before) {
      context.diagnostics.push(report.emptyAxis(param.location, name));
    }
    const ids = new Map<string, number>();
    const texts: string[] = [];
    for (const value of values) {
      const seen = ids.get(value.text);
      if (seen !== undefined) {
        context.diagnostics.push(report.duplicateValue(value.location, name, value.text, values[seen]!.location));
        continue;
      }
      ids.set(value.text, texts.length);
      texts.push(value.text);
    }
    const column: Column = { name, factor: position, values: texts, allowsSlash: declared.allowsSlash, location };
    this.columns.set(name, column);
    const cells = [Int32Array.from(texts, (_, i) => i)];
    this.factors[position] = {
      name,
      kind: 'axis',
      columns: [column],
      rowCount: texts.length,
      cells,
      declaredCells: cells,
    };
  }

  addTable(name: string, table: Located<Table>): void {
    const { context, fill } = this.options;
    const data =
      table.kind === 'sequence' ? inlineTable(table, name, context, fill) : csvTable(table.as(), context, fill);
    if (!data) return;
    if (data.rows.length === 0) context.diagnostics.push(report.emptyAxis(table.location, name));
    const f = this.factors.length;
    const kept = data.columns.filter((c) => this.declare(c.name, c.location));
    const declaredCells: Int32Array[] = [];
    const columns = kept.map((c): Column => {
      const at = data.columns.indexOf(c);
      const ids = new Map<string, number>();
      const cells = new Int32Array(data.rows.length);
      data.rows.forEach((row, r) => {
        const text = row[at]!.text;
        let id = ids.get(text);
        if (id === undefined) {
          id = ids.size;
          ids.set(text, id);
        }
        cells[r] = id;
      });
      declaredCells.push(cells);
      return { name: c.name, factor: f, values: [...ids.keys()], allowsSlash: false, location: c.location };
    });
    for (const column of columns) this.columns.set(column.name, column);
    this.warnOfDuplicateRows(name, data, declaredCells);
    const rows = this.rowsBySettings(columns, declaredCells, data.rows.length);
    const cells = rows === null ? declaredCells : declaredCells.map((c) => Int32Array.from(rows, (r) => c[r]!));
    this.factors.push({
      name,
      kind: 'table',
      columns,
      rowCount: rows?.length ?? data.rows.length,
      cells,
      declaredCells,
    });
  }

  private warnOfDuplicateRows(name: string, data: TableData, cells: readonly Int32Array[]): void {
    const seen = new Set<string>();
    for (let row = 0; row < data.rows.length; row++) {
      const key = cells.map((c) => c[row]).join(',');
      if (seen.has(key)) {
        const location = data.rows[row]![0]?.location ?? null;
        this.options.context.diagnostics.push(report.duplicateRow(location, name));
      }
      seen.add(key);
    }
  }

  /** `--set` on a table's column keeps the rows with these values; null where none is given. */
  private rowsBySettings(columns: readonly Column[], cells: readonly Int32Array[], count: number): number[] | null {
    const { context } = this.options;
    let rows: number[] | null = null;
    columns.forEach((column, c) => {
      const setting = lastSetting(context, column.name);
      if (!setting) return;
      const ids = new Set<number>();
      for (const value of settingValues(setting)) {
        const id = column.values.indexOf(value.text);
        if (id < 0)
          context.diagnostics.push(
            report.setValueNotInTable(value.location, column.name, value.text, closest(value.text, column.values)),
          );
        else ids.add(id);
      }
      const candidates: number[] = rows ?? Array.from({ length: count }, (_, r) => r);
      rows = candidates.filter((r) => ids.has(cells[c]![r]!));
    });
    return rows;
  }
}

function lastSetting(context: Context, name: string): Setting | undefined {
  return context.overrides.settings.findLast((s) => s.key === name);
}

/** `--set site=01022500,01030500`: values separated by commas. */
function settingValues({ key, value }: Setting): Value[] {
  const { location } = settingNode(key, value);
  if (value === '') return [];
  let at = location.start;
  return value.split(',').map((text) => {
    const start = at;
    at += text.length + 1;
    return { text, location: { ...location, start, end: start + text.length } };
  });
}

function inlineTable(table: Located<Table>, name: string, context: Context, fill: FillConfig): TableData | null {
  const rows = table.items();
  const first = rows[0]?.entries() ?? [];
  const columns = first.map(({ key }) => ({ name: key.text, location: key.location }));
  const values: Value[][] = [];
  for (const row of rows) {
    const entries = row.entries();
    const extra = entries.find((e) => !columns.some((c) => c.name === e.key.text));
    if (extra) {
      const known = columns.map((c) => c.name);
      context.diagnostics.push(
        report.unknownColumn(extra.key.location, extra.key.text, name, closest(extra.key.text, known)),
      );
    }
    const missing = columns.find((c) => !entries.some((e) => e.key.text === c.name));
    if (missing) context.diagnostics.push(report.missingColumn(row.location, missing.name, name));
    if (extra || missing) continue;
    values.push(
      columns.map((c) => {
        const { value } = entries.find((e) => e.key.text === c.name)!;
        return { text: fill(value.text, value.node), location: value.location };
      }),
    );
  }
  return { columns, rows: values };
}

interface CsvError {
  readonly message: string;
  readonly lines?: number;
}

function csvTable(table: Located<CsvTable>, context: Context, fill: FillConfig): TableData | null {
  const declared = table.get('csv')!;
  const path = fill(declared.text, declared.node);
  const read = context.files.readText(path);
  if ('problem' in read) {
    context.diagnostics.push(report.unreadableFile(declared.location, path, read.problem));
    return null;
  }
  const source: SourceText = { file: path, text: read.text };
  const lineStarts = [0];
  for (let i = read.text.indexOf('\n'); i >= 0; i = read.text.indexOf('\n', i + 1)) lineStarts.push(i + 1);
  const lineAt = (line: number): Location => {
    const start = lineStarts[line - 1] ?? read.text.length;
    return { source, start, end: Math.max(start + 1, (lineStarts[line] ?? read.text.length + 1) - 1) };
  };
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(read.text, {
      bom: true,
      delimiter: path.endsWith('.tsv') ? '\t' : ',',
      info: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
    }) as unknown as typeof records;
  } catch (error) {
    const { message, lines } = error as CsvError;
    context.diagnostics.push(report.badCsv(lineAt(lines ?? 1), message));
    return null;
  }
  const header = records[0]?.record ?? [];
  const columns = header.map((name) => ({ name, location: lineAt(1) }));
  const bad = columns.filter((c) => !/^[A-Za-z_]\w*$/.test(c.name));
  for (const c of bad) context.diagnostics.push(report.badName(c.location, c.name, ""));
  const rows: Value[][] = [];
  for (const { record, info } of records.slice(1)) {
    if (record.length !== header.length) {
      context.diagnostics.push(report.csvColumnCount(lineAt(info.lines), record.length, header.length));
      continue;
    }
    const location = lineAt(info.lines);
    const empty = record.indexOf('');
    if (empty >= 0) context.diagnostics.push(report.csvEmptyCell(location, header[empty]!));
    rows.push(record.map((text) => ({ text, location })));
  }
  return bad.length > 0 ? null : { columns, rows };
}

function buildExclude(
  entry: Located<ExcludeSpec>,
  columns: ReadonlyMap<string, Column>,
  factors: readonly Factor[],
  { context, fill }: RelationOptions,
): Exclude[] {
  const conditions = new Map<Column, Set<number>>();
  let known = true;
  for (const { key, value } of entry.entries()) {
    const column = columns.get(key.text);
    if (!column) {
      context.diagnostics.push(report.unknownParam(key.location, key.text, closest(key.text, columns.keys())));
      known = false;
      continue;
    }
    const ids = new Set<number>();
    for (const item of value.items()) {
      const text = fill(item.text, item.node);
      const id = column.values.indexOf(text);
      if (id >= 0) ids.add(id);
      else if (!lastSetting(context, key.text)) {
        context.diagnostics.push(
          report.excludeNoSuchValue(item.location, key.text, text, closest(text, column.values)),
        );
      }
    }
    conditions.set(column, ids);
  }
  if (!known || [...conditions.values()].some((ids) => ids.size === 0)) return [];
  const filtered = factors.some((f) => f.columns.some((c) => conditions.has(c) && lastSetting(context, c.name)));
  if (!filtered && !factors.every((factor) => matchesSomeRow(factor, conditions))) {
    context.diagnostics.push(report.excludeMatchesNothing(entry.location));
  }
  return [{ conditions, location: entry.location }];
}

function matchesSomeRow(factor: Factor, conditions: ReadonlyMap<Column, ReadonlySet<number>>): boolean {
  const here = factor.columns.flatMap((c, i) =>
    conditions.has(c) ? [{ cells: factor.cells[i]!, ids: conditions.get(c)! }] : [],
  );
  if (here.length < 2) return true;
  return factor.cells[0]!.some((_, row) => here.every(({ cells, ids }) => ids.has(cells[row]!)));
}
