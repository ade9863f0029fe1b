/** Values that stand in a file which the Snakefile reads: the spec names the file, and a new line in it is a new value. */
import type { SpecFiles } from '../compile/context.ts';
import { readCsv } from '../compile/text/csv.ts';
import type { SnakeRule } from '../model/snakefile.ts';
import { PLACEHOLDER_ROOTS } from '../model/template.ts';
import { project, type Relation } from './functions/tables.ts';
import { uniqueName } from './names.ts';
import type { Axes, Axis, AxisTable } from './params/axes.ts';
import { wildcardsOfRule } from './patterns.ts';

interface Csv extends Relation {
  readonly path: string;
}

/**
 * Params and tables of which the values are just those of a file. null where there are none.
 *
 * @param paths the files that the Snakefile has read, from the folder of the spec
 */
export function withFiles(
  axes: Axes,
  rules: readonly SnakeRule[],
  { paths, files }: { readonly paths: readonly string[]; readonly files: SpecFiles },
): Axes | null {
  const csvs = paths.flatMap((path) => csvOf(path, files) ?? []);
  const lines = paths.flatMap((path) => linesOf(path, files) ?? []);
  const keys = new Set(rules.flatMap((rule) => wildcardsOfRule(rule).map((name) => axes.wildcard(rule, name))));
  const renamed = new Map<string, string>();
  const used = new Set<string>();
  const others = (own: readonly string[]): Set<string> =>
    new Set([...PLACEHOLDER_ROOTS, ...[...axes.names].filter((name) => !own.includes(name)), ...used]);
  const tables = axes.tables.map((table): AxisTable => {
    for (const csv of csvs) {
      const columns = columnsIn(csv, table, keys);
      if (!columns || csv.columns.some((name) => others(table.columns).has(name))) continue;
      for (const [i, column] of table.columns.entries()) renamed.set(column, columns[i]!);
      for (const name of csv.columns) used.add(name);
      const comments = table.comments.filter((comment) => !/: from .* in rule "/.test(comment));
      return { ...table, csv: csv.path, columns: csv.columns, rows: csv.rows, comments };
    }
    return table;
  });
  const found: AxisTable[] = [];
  const params = axes.params.flatMap((axis): Axis[] => {
    if (axis.glob !== null || axis.lines !== null || axis.values.some((value) => value.includes('/'))) return [axis];
    const same = lines.find(({ values }) => JSON.stringify(values) === JSON.stringify(axis.values));
    if (same) return [{ ...axis, lines: same.path }];
    const csv = csvs.find((one) => isAxis(one, axis) && !one.columns.some((name) => others([axis.name]).has(name)));
    if (!csv) return [axis];
    for (const name of csv.columns) used.add(name);
    const name = uniqueName(csv.path.replace(/.*\/|\.\w+$/g, ''), new Set(axes.tables.map((table) => table.name)));
    found.push({ ...csv, name, csv: csv.path, comments: axis.source?.comments ?? [], inPath: false });
    return [];
  });
  const all = [...found, ...tables];
  const isNone = all.every((table) => table.csv === undefined) && params.every((axis, i) => axis === axes.params[i]);
  if (isNone) return null;
  const now = (name: string): string => renamed.get(name) ?? name;
  return {
    ...axes,
    params,
    tables: all,
    names: new Set([...axes.names].map(now).concat(all.flatMap((table) => table.columns))),
    wildcard: (rule, name) => now(axes.wildcard(rule, name)),
    expanded: (rule, item, name) => now(axes.expanded(rule, item, name)),
  };
}

/** What stands in the columns of tables that the Snakefile reads. */
export class Cells {
  private readonly columns: readonly ReadonlySet<string>[];

  constructor(paths: readonly string[], files: SpecFiles) {
    const csvs = paths.flatMap((path) => csvOf(path, files) ?? []);
    this.columns = csvs.flatMap(({ columns, rows }) => columns.map((_, i) => new Set(rows.map((row) => row[i]!))));
  }

  /** Whether one column holds them all. */
  have(texts: readonly string[]): boolean {
    return this.columns.some((column) => texts.every((text) => column.has(text)));
  }
}

function csvOf(path: string, files: SpecFiles): Csv | null {
  const separator = /\.tsv$/.test(path) ? '\t' : /\.csv$/.test(path) ? ',' : null;
  const read = separator && files.readText(path);
  if (!read || 'problem' in read) return null;
  const records: string[][] = [];
  const problem = readCsv({ file: path, text: read.text.replace(/^\ufeff/, '') }, separator, (record) =>
    records.push(record.map((cell) => cell ?? '')),
  );
  const [columns, ...rows] = records;
  if (problem || !columns || rows.length === 0) return null;
  const areNames = columns.every((name) => /^[A-Za-z_]\w*$/.test(name)) && new Set(columns).size === columns.length;
  return areNames && rows.every((row) => row.length === columns.length) ? { path, columns, rows } : null;
}

function linesOf(path: string, files: SpecFiles): { path: string; values: string[] } | null {
  if (/\.(csv|tsv|json|ya?ml|smk|py)$/.test(path)) return null;
  const read = files.readText(path);
  if ('problem' in read) return null;
  const values = read.text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return { path, values };
}

function isAxis(csv: Csv, { name, values }: Axis): boolean {
  return (
    csv.columns.includes(name) && sameRows(project(csv, [name]), { columns: [name], rows: values.map((v) => [v]) })
  );
}

/** The columns of the file that those of the table are; what a function gave may have another name there. */
function columnsIn(csv: Csv, table: AxisTable, keys: ReadonlySet<string>): string[] | null {
  if (!table.columns.some((column) => csv.columns.includes(column))) return null;
  const columns = table.columns.map((column) => {
    if (csv.columns.includes(column)) return column;
    if (keys.has(column)) return null;
    const own = table.columns.filter((other) => csv.columns.includes(other));
    const wanted = project(table, [...own, column]);
    return csv.columns.find((name) => !own.includes(name) && sameRows(project(csv, [...own, name]), wanted)) ?? null;
  });
  if (columns.some((column) => column === null) || new Set(columns).size < columns.length) return null;
  return sameRows(project(csv, columns as string[]), table) ? (columns as string[]) : null;
}

/** The same values in the same places, in the same order. */
function sameRows(a: Relation, b: Relation): boolean {
  return JSON.stringify(a.rows) === JSON.stringify(b.rows);
}
