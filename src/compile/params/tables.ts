import { hasErrors } from '../../model/diagnostic.ts';
import type { Located } from '../../model/located.ts';
import type { Location, SourceText } from '../../model/source.ts';
import type { Exclude as ExcludeSpec, RowsTable, SampledTable, Spec, Table } from '../../model/spec.generated.ts';
import { PLACEHOLDER_ROOTS } from '../../model/template.ts';
import type { Column, Exclude, Factor, Relation, StagedSource } from '../../model/workflow.ts';
import type { Context, Setting } from '../context.ts';
import * as report from '../report/report.ts';
import { locateCell, readCsv } from '../text/csv.ts';
import { STAND_IN } from '../text/holes.ts';
import { closest } from '../text/suggest.ts';
import { settingNode } from './config.ts';
import { sampledTable } from './sampled-table.ts';
import { tupleIds } from './space.ts';
import { noteStaged, type Produced, type StagedOptions, stagedSource, stagedTable } from './staged.ts';
import { csvTable, inlineTable, isName, type TableData, type TableOptions } from './table-data.ts';
import {
  axisValues,
  type FillConfig,
  rememberBlanks,
  rememberPlaces,
  rememberRows,
  useColumn,
  type Value,
} from './values.ts';

const CONTROL = /[\u0000-\u001f\u007f]/;

export interface RelationOptions {
  readonly context: Context;
  readonly fill: FillConfig;
  readonly produced: Produced;
}

/** The relation that `params`, `tables`, `exclude` and `--set` describe. */
export function buildRelation(spec: Located<Spec>, options: RelationOptions): Relation {
  const builder = new RelationBuilder(options);
  const params = spec.get('params')?.entries() ?? [];
  // What tasks produce depends on the other params: first those that name no file, then files that tasks may make, and
  // globs last, which leave out what tasks make.
  const rank = ({ value: { node } }: (typeof params)[number]): number =>
    node.kind !== 'mapping' ? 0 : node.entries.has('glob') ? 2 : Number(node.entries.has('lines'));
  // Of a param whose name is taken, the values are read all the same.
  const named = new Set(params.filter(({ key }) => builder.declare(key.text, key.location)));
  const order = [...params.entries()].sort(([i, a], [j, b]) => rank(a) - rank(b) || i - j);
  for (const [position, param] of order)
    builder.addAxis(position, param.key.text, param.key.location, param.value, named.has(param));
  for (const { key, value } of spec.get('tables')?.entries() ?? []) builder.addTable(key.text, value as Located<Table>);
  const { params: unread, strays } = options.context.holes;
  for (const [name, location] of [...unread, ...strays])
    if (!builder.columns.has(name)) builder.addUnknown(name, location);
  const { columns, factors } = builder;
  for (const name of options.context.holes.excluded) options.context.holes.unsure.add(name);
  const entries = spec.get('exclude')?.items() ?? [];
  const excludes = entries.flatMap((entry) => buildExclude(entry.as(), columns, factors, options));
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

  addAxis(
    position: number,
    name: string,
    location: Location,
    param: Located<never> | Located<unknown>,
    isNamed: boolean,
  ): void {
    const { context, fill, produced } = this.options;
    const { diagnostics, holes } = context;
    const before = diagnostics.length;
    const setting = lastSetting(context, name);
    const stagedOptions = this.stagedOptions(name, (other) => other !== name && this.declared.has(other));
    const declared = axisValues(param.as(), {
      name,
      context,
      fill,
      isProduced: (path) => produced.isProduced(path, this.columns),
      makerIn: (folder) => produced.namesFilesIn(folder, this.columns),
      staged: (path, kind, place) => stagedSource(path, kind, place, stagedOptions),
    });
    const values = setting ? settingValues(setting, context) : declared.values;
    if (declared.staged && !setting) noteStaged(declared.staged, [name], context);
    const waits = declared.staged?.isKnown === false;
    const isKnown = (waits ? setting !== undefined : declared.known !== false) && !holes.params.has(name);
    if (values.length === 0 && diagnostics.length === before && isKnown) {
      const place = setting ? settingNode(setting.key, setting.value).location : param.location;
      diagnostics.push(report.emptyAxis(place, name));
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
      this.refuseControlCharacters(name, value.text, () => value.location);
    }
    if (!isKnown || hasErrors(diagnostics.slice(before))) holes.unsure.add(name);
    if (texts.length === 0) {
      texts.push(STAND_IN);
      places.push(location);
    }
    const column: Column = { name, factor: position, values: texts, allowsSlash: declared.allowsSlash, location };
    if (isNamed) this.columns.set(name, column);
    rememberPlaces(column, (id) => places[id]!);
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

  private stagedOptions(gives: string, isDeclared: (name: string) => boolean): StagedOptions {
    const { context, produced } = this.options;
    return { gives, context, produced, columns: this.columns, isDeclared };
  }

  /** A param whose declaration can't be read. */
  addUnknown(name: string, location: Location): void {
    if (!this.declare(name, location)) return;
    const factor = this.factors.length;
    const column: Column = { name, factor, values: [STAND_IN], allowsSlash: true, location };
    this.columns.set(name, column);
    this.options.context.holes.unsure.add(name);
    const cells = [Int32Array.of(0)];
    this.factors.push({ name, kind: 'axis', columns: [column], rowCount: 1, cells, declaredCells: cells });
  }

  addTable(name: string, table: Located<Table>): void {
    const { context, fill } = this.options;
    const { diagnostics, holes } = context;
    const before = diagnostics.length;
    const isMapping = table.kind === 'mapping';
    const allowsSlash = isMapping && table.as<RowsTable>().get('path')?.value === true;
    const staged = stagedTable(
      table,
      fill,
      this.stagedOptions(name, () => false),
    );
    if (staged) noteStaged(staged, [], context);
    if (staged?.isKnown === false) {
      holes.unread.push(staged);
      holes.hasUnreadPaths ||= allowsSlash;
      holes.anyName = true;
      return;
    }
    const data = readTable(table, { name, context, fill, staged });
    if (!data) {
      holes.anyName = true;
      return;
    }
    const rowsNode = isMapping ? table.as<RowsTable>().get('rows') : table;
    if (rowsNode?.kind === 'sequence' && rowsNode.items().length === 0 && !holes.tables.has(name)) {
      context.diagnostics.push(report.emptyAxis(table.location, name));
    }
    const f = this.factors.length;
    const kept = data.columns.filter((c) => isName(c.name) && this.declare(c.name, c.location));
    const hasRows = data.rowCount > 0;
    const declaredCells = kept.map((c) => (hasRows ? data.cells[data.columns.indexOf(c)]! : Int32Array.of(0)));
    const columns = kept.map((c): Column => {
      const at = data.columns.indexOf(c);
      const { firstRows } = data.distinct[at]!;
      const values = hasRows ? data.distinct[at]!.values : [STAND_IN];
      const placeOf = (id: number): Location => (hasRows ? data.location(firstRows[id]!, at) : c.location);
      values.forEach((text, id) => {
        this.refuseControlCharacters(c.name, text, () => placeOf(id));
      });
      const column = { name: c.name, factor: f, values, allowsSlash, location: c.location };
      rememberPlaces(column, placeOf);
      rememberRows(column, (row) => data.location(row, at));
      const blanks = data.blanks[at]!;
      if (blanks.length > 0)
        rememberBlanks(column, () => blanks.map((row) => report.csvEmptyCell(data.location(row, at), c.name)));
      return column;
    });
    for (const column of columns) this.columns.set(column.name, column);
    if (isSampled(table)) this.warnOfRepeatedRows(name, table.location, data, declaredCells);
    else this.warnOfDuplicateRows(name, data, declaredCells);
    const chosen = this.rowsBySettings(columns, declaredCells, data.rowCount);
    if (holes.tables.has(name) || hasErrors(diagnostics.slice(before)))
      for (const { name: column } of columns) holes.unsure.add(column);
    // Where --set leaves none it has been told, and that nothing is left to run would be no news.
    const rows = chosen?.length === 0 ? null : chosen;
    const cells = rows === null ? declaredCells : declaredCells.map((c) => Int32Array.from(rows, (r) => c[r]!));
    this.factors.push({
      name,
      kind: 'table',
      columns,
      rowCount: rows?.length ?? declaredCells[0]?.length ?? 1,
      cells,
      declaredCells,
    });
  }

  /** Values are one line of text: they stand in paths, in logs, and in the tables of a Slurm submission. */
  private refuseControlCharacters(name: string, text: string, place: () => Location): void {
    if (CONTROL.test(text)) this.options.context.diagnostics.push(report.controlInValue(place(), name, text));
  }

  private warnOfDuplicateRows(name: string, data: TableData, cells: readonly Int32Array[]): void {
    if (cells.length === 0) return;
    const { ofRow, count } = tupleIds(cells);
    if (count === data.rowCount) return;
    const seen = new Uint8Array(count);
    for (let row = 0; row < data.rowCount; row++) {
      const id = ofRow[row]!;
      if (seen[id] === 1) {
        const [first, last] = [data.location(row, 0), data.location(row, data.columns.length - 1)];
        const location = { ...first, end: Math.max(first.end, last.end) };
        this.options.context.diagnostics.push(report.duplicateRow(location, name));
      }
      seen[id] = 1;
    }
  }

  /** What is drawn may come up twice; nobody wrote it, or could take it out. */
  private warnOfRepeatedRows(name: string, location: Location, data: TableData, cells: readonly Int32Array[]): void {
    const repeated = cells.length === 0 ? 0 : data.rowCount - tupleIds(cells).count;
    if (repeated > 0) this.options.context.diagnostics.push(report.repeatedSample(location, name, repeated));
  }

  /** `--set` on a table's column keeps the rows with these values; null where none is given. */
  private rowsBySettings(columns: readonly Column[], cells: readonly Int32Array[], count: number): number[] | null {
    const { context } = this.options;
    let rows: number[] | null = null;
    columns.forEach((column, c) => {
      const setting = lastSetting(context, column.name);
      if (!setting) return;
      const ids = new Set<number>();
      for (const value of settingValues(setting, context)) {
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

function isSampled(table: Located<Table>): boolean {
  return table.kind === 'mapping' && table.as<SampledTable>().get('sample') !== undefined;
}

function readTable(table: Located<Table>, options: TableOptions): TableData | null {
  const { name, context, fill } = options;
  if (table.kind === 'sequence') return inlineTable(table, name, context, fill);
  const rows = table.as<RowsTable>().get('rows');
  if (rows) return inlineTable(rows, name, context, fill);
  return isSampled(table) ? sampledTable(table.as(), name, context, fill) : csvTable(table.as(), options);
}

function lastSetting(context: Context, name: string): Setting | undefined {
  return context.overrides.settings.findLast((s) => s.key === name);
}

/** `--set site=01022500,01030500`: the values as a row of CSV. */
function settingValues({ key, value }: Setting, { diagnostics }: Context): Value[] {
  const { location } = settingNode(key, value);
  const { source } = location;
  // More than a line is no row; as one value it is told of as such.
  if (/[\r\n]/.test(value)) return [{ text: value, location }];
  const here = (inValue: Location): Location => ({
    source,
    start: location.start + inValue.start,
    end: location.start + inValue.end,
  });
  const row: SourceText = { file: source.file, text: value };
  const values: Value[] = [];
  const problem = readCsv(row, ',', (record) => {
    record.forEach((cell, c) => {
      const place = here(locateCell(row, 0, record, c));
      if (cell === null) diagnostics.push(report.emptyInSetting(place, key));
      else values.push({ text: cell, location: place });
    });
  });
  if (problem) diagnostics.push(report.badCsv(here(problem.location), problem.kind));
  return values;
}

function buildExclude(
  entry: Located<ExcludeSpec>,
  columns: ReadonlyMap<string, Column>,
  factors: readonly Factor[],
  { context, fill }: RelationOptions,
): Exclude[] {
  const conditions = new Map<Column, Set<number>>();
  const { holes } = context;
  let known = true;
  const sources = new Set<StagedSource>();
  for (const { key, value } of entry.entries()) {
    for (const source of holes.waits.get(key.text) ?? []) sources.add(source);
    const column = columns.get(key.text);
    if (!column) {
      for (const source of holes.unread) sources.add(source);
      if (!holes.anyName)
        context.diagnostics.push(report.unknownParam(key.location, key.text, closest(key.text, columns.keys())));
      known = false;
      continue;
    }
    useColumn(column, context.diagnostics);
    const ids = new Set<number>();
    for (const item of value.items()) {
      const text = fill(item.text, item.node);
      const id = idOf(column, text);
      if (id !== undefined) ids.add(id);
      else if (!lastSetting(context, key.text) && !holes.unsure.has(key.text)) {
        context.diagnostics.push(
          report.excludeNoSuchValue(item.location, key.text, text, nearest(text, column, context)),
        );
      }
    }
    conditions.set(column, ids);
  }
  // Which rows an entry leaves can't be told where a part of it can't be read.
  const unsure = !known || [...conditions.keys()].some((c) => holes.unsure.has(c.name));
  if (unsure) for (const { key } of entry.entries()) holes.unsure.add(key.text);
  if (sources.size > 0)
    for (const { key } of entry.entries())
      holes.waits.set(key.text, [...new Set([...(holes.waits.get(key.text) ?? []), ...sources])]);
  if (unsure || [...conditions.values()].some((ids) => ids.size === 0)) return [];
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
