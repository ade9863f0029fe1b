import { readFileSync } from 'node:fs';
import { CsvError, parse } from 'csv-parse/sync';
import { systemProblem } from './spec-file.ts';

/** A cell of a result: text of a CSV file, or a value of a JSON file. */
export type Cell = string | number | boolean | null;

/** The rows of one small result file, or why there are none. */
export type ResultFile =
  | { readonly kind: 'rows'; readonly rows: readonly ReadonlyMap<string, Cell>[] }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly problem: string };

/** Read a CSV file (.tsv by tab) with a header, or a JSON file that holds an object, a list of objects, or one value. */
export function readResult(path: string): ResultFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    if (code === undefined) throw error;
    return { kind: 'unreadable', problem: systemProblem(error) };
  }
  if (text.trim() === '') return { kind: 'unreadable', problem: 'it is empty' };
  return path.endsWith('.json') ? readJson(text) : readCsv(text, path.endsWith('.tsv') ? '\t' : ',');
}

function readCsv(text: string, delimiter: string): ResultFile {
  try {
    const [header, ...rows] = parse(text, { delimiter, skip_empty_lines: true, trim: true }) as string[][];
    const twice = header!.find((name, i) => header!.indexOf(name) < i);
    if (twice !== undefined) return { kind: 'unreadable', problem: `its header has "${twice}" twice` };
    return { kind: 'rows', rows: rows.map((row) => new Map(header!.map((name, i) => [name, row[i]!]))) };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { kind: 'unreadable', problem: error.message };
  }
}

function readJson(text: string): ResultFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'unreadable', problem: `it is no JSON: ${(error as Error).message}` };
  }
  const items = Array.isArray(value) ? value : [value];
  return { kind: 'rows', rows: items.map(rowOf) };
}

/** `{a: {b: 1}}` as the column a.b; a list in a cell stays JSON text. */
function rowOf(item: unknown): Map<string, Cell> {
  const row = new Map<string, Cell>();
  const take = (name: string, value: unknown): void => {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) take(name === '' ? key : `${name}.${key}`, inner);
      return;
    }
    row.set(name === '' ? 'value' : name, Array.isArray(value) ? JSON.stringify(value) : (value as Cell));
  };
  take('', item);
  return row;
}
