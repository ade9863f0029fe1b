import type { Located } from '../model/located.ts';
import type { Location, SourceText } from '../model/source.ts';
import type { CsvTable, Exclude as ExcludeSpec, Spec, Table } from '../model/spec.generated.ts';
import { PLACEHOLDER_ROOTS } from '../model/template.ts';
import type { Column, Exclude, Factor, Relation } from '../model/workflow.ts';
import { settingNode } from './config.ts';
import type { Context, Setting } from './context.ts';
import { parseCsv } from './csv.ts';
import * as report from './report.ts';
import { closest } from './suggest.ts';
import { axisValues, type FillConfig, rememberPlaces, type Value } from './values.ts';

const CONTROL = /[\u0000-\u001f\u007f]/;

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
export function buildRelation(
  spec: Located<Spec>,
  options: RelationOptions,
): { relation: Relation; columnsKnown: boolean } {
  const builder = new RelationBuilder(options);
  const params = spec.get('params')?.entries() ?? [];
  // Globs come last: what tasks produce, and so what a glob leaves out, depends on the other params.
  const isGlob = (p: (typeof params)[number]): boolean =>
    p.value.node.kind === 'mapping' && p.value.node.entries.has('glob');
  for (const { key } of params) builder.declare(key.text, key.location);
  const order = [...params.entries()].sort(([i, a], [j, b]) => Number(isGlob(a)) - Number(isGlob(b)) || i - j);
  for (const [position, { key, value }] of order) builder.addAxis(position, key.text, key.location, value);
  for (const { key, value } of spec.get('tables')?.entries() ?? []) builder.addTable(key.text, value as Located<Table>);
  const { columns, factors, columnsKnown } = builder;
  const entries = columnsKnown ? (spec.get('exclude')?.items() ?? []) : [];
  const excludes = entries.flatMap((entry) => buildExclude(entry.as(), columns, factors, options));
  return { relation: { factors, columns, excludes }, columnsKnown };
}

class RelationBuilder {
  readonly factors: Factor[] = [];
  readonly columns = new Map<string, Column>();
  /** False where a table could not be read: what names its columns is not to be blamed for that. */
  columnsKnown = true;
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
      const place = setting ? settingNode(setting.key, setting.value).location : param.location;
      context.diagnostics.push(report.emptyAxis(place, name));
    }
    const ids = new Map<string, number>();
    const texts: string[] = [];
    const places: Location[] = [];
    for (const value of values) {
      const seen = ids.get(value.text);
      if (seen !== undefined) {
        context.diagnostics.push(report.duplicateValue(value.location, name, value.text, places[seen]!));
        continue;
      }
      ids.set(value.text, texts.length);
      texts.push(value.text);
      places.push(value.location);
      this.refuseControlCharacters(name, value);
    }
    const column: Column = { name, factor: position, values: texts, allowsSlash: declared.allowsSlash, location };
    this.columns.set(name, column);
    rememberPlaces(column, places);
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
      table.kind === 'sequence' ? inlineTable(table, name, context, fill) : csvTable(table.as(), name, context, fill);
    if (!data) {
      this.columnsKnown = false;
      return;
    }
    if (table.kind === 'sequence' && table.items().length === 0) {
      context.diagnostics.push(report.emptyAxis(table.location, name));
    }
    const f = this.factors.length;
    const kept = data.columns.filter((c) => this.declare(c.name, c.location));
    const declaredCells: Int32Array[] = [];
    const columns = kept.map((c): Column => {
      const at = data.columns.indexOf(c);
      const ids = new Map<string, number>();
      const places: Location[] = [];
      const cells = new Int32Array(data.rows.length);
      data.rows.forEach((row, r) => {
        const cell = row[at]!;
        let id = ids.get(cell.text);
        if (id === undefined) {
          id = ids.size;
          ids.set(cell.text, id);
          places.push(cell.location);
          this.refuseControlCharacters(c.name, cell);
        }
        cells[r] = id;
      });
      declaredCells.push(cells);
      const column = { name: c.name, factor: f, values: [...ids.keys()], allowsSlash: false, location: c.location };
      rememberPlaces(column, places);
      return column;
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

  /** Values are one line of text: they stand in paths, in logs, and in the tables of a Slurm submission. */
  private refuseControlCharacters(name: string, value: Value): void {
    if (!CONTROL.test(value.text)) return;
    this.options.context.diagnostics.push(report.controlInValue(value.location, name, value.text));
  }

  private warnOfDuplicateRows(name: string, data: TableData, cells: readonly Int32Array[]): void {
    const seen = new Set<string>();
    for (let row = 0; row < data.rows.length; row++) {
      const key = cells.map((c) => c[row]).join(',');
      if (seen.has(key)) {
        const cells = data.rows[row]!;
        const [first, last] = [cells[0]!.location, cells.at(-1)!.location];
        const location = { ...first, end: Math.max(first.end, last.end) };
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
      // Each value is in the table, but no row has this one beside those of the settings before it.
      if (rows.length === 0 && candidates.length > 0 && ids.size > 0) {
        context.diagnostics.push(report.setLeavesNoRow(settingNode(setting.key, setting.value).location, column.name));
      }
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
    if (missing && !extra) context.diagnostics.push(report.missingColumn(row.location, missing.name, name));
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

function csvTable(table: Located<CsvTable>, name: string, context: Context, fill: FillConfig): TableData | null {
  const { diagnostics } = context;
  const declared = table.get('csv')!;
  const path = fill(declared.text, declared.node);
  const read = context.files.readText(path);
  if ('problem' in read) {
    diagnostics.push(report.unreadableFile(declared.location, path, read.problem));
    return null;
  }
  const source: SourceText = { file: path, text: read.text };
  const parsed = parseCsv(source, path.endsWith('.tsv') ? '\t' : ',');
  if ('problem' in parsed) {
    diagnostics.push(report.badCsv(parsed.problem.location, parsed.problem.kind));
    return null;
  }
  const [header, ...records] = parsed.rows;
  if (!header) {
    diagnostics.push(report.csvWithoutHeader(declared.location, path));
    return null;
  }
  const bad = header.filter((c) => !/^[A-Za-z_]\w*$/.test(c.text));
  for (const c of bad) diagnostics.push(report.badName(c.location, c.text, 'the header'));
  if (bad.length > 0) return null;
  const rows: Value[][] = [];
  for (const record of records) {
    const extra = record[header.length];
    if (record.length !== header.length) {
      const missing = header.slice(record.length).map((c) => c.text);
      diagnostics.push(
        report.csvColumnCount((extra ?? record.at(-1)!).location, record.length, header.length, missing),
      );
      continue;
    }
    const empty = record.findIndex((c) => c.text === '');
    if (empty >= 0) diagnostics.push(report.csvEmptyCell(record[empty]!.location, header[empty]!.text));
    else rows.push(record);
  }
  if (records.length === 0) diagnostics.push(report.emptyAxis(declared.location, name));
  return { columns: header.map((c) => ({ name: c.text, location: c.location })), rows };
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
      const id = idOf(column, text);
      if (id !== undefined) ids.add(id);
      else if (!lastSetting(context, key.text)) {
        context.diagnostics.push(
          report.excludeNoSuchValue(item.location, key.text, text, nearest(text, column, context)),
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

/** Past the first hundred mistakes no one reads suggestions, which take their time where there are many values. */
function nearest(text: string, column: Column, { diagnostics }: Context): string | null {
  return diagnostics.length < 100 ? closest(text, column.values) : null;
}

const idsByText = new WeakMap<Column, Map<string, number>>();

function idOf(column: Column, text: string): number | undefined {
  let ids = idsByText.get(column);
  if (!ids) {
    ids = new Map(column.values.map((value, id) => [value, id]));
    idsByText.set(column, ids);
  }
  return ids.get(text);
}

function matchesSomeRow(factor: Factor, conditions: ReadonlyMap<Column, ReadonlySet<number>>): boolean {
  const here = factor.columns.flatMap((c, i) =>
    conditions.has(c) ? [{ cells: factor.cells[i]!, ids: conditions.get(c)! }] : [],
  );
  if (here.length < 2) return true;
  return factor.cells[0]!.some((_, row) => here.every(({ cells, ids }) => ids.has(cells[row]!)));
}
