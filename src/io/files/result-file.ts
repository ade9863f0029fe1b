import { readFileSync } from 'node:fs';
import { type CsvProblem, readCsv } from '../../compile/text/csv.ts';
import { countOf } from '../../model/counts.ts';
import { lineAndColumn, type SourceText } from '../../model/source.ts';
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
  return parseResult(path, text);
}

/** The same for a text that stood at this path. */
export function parseResult(path: string, text: string): ResultFile {
  if (text.trim() === '') return { kind: 'unreadable', problem: 'it is empty' };
  return path.endsWith('.json') ? readJson(text) : readRows({ file: path, text }, path.endsWith('.tsv') ? '\t' : ',');
}

function readRows(source: SourceText, delimiter: ',' | '\t'): ResultFile {
  const rows: Map<string, Cell>[] = [];
  let header: readonly string[] | null = null;
  let uneven: { readonly cells: number; readonly at: number } | null = null;
  const quote = readCsv(source, delimiter, (record, lineStart) => {
    if (header === null) header = record.map((cell) => cell ?? '');
    else if (record.length === header.length) rows.push(new Map(header.map((name, i) => [name, record[i] ?? ''])));
    else uneven ??= { cells: record.length, at: lineStart };
  });
  const problem = quote ? quoteProblem(quote) : rowProblem(source, header ?? [], uneven);
  return problem === null ? { kind: 'rows', rows } : { kind: 'unreadable', problem };
}

function rowProblem(
  source: SourceText,
  header: readonly string[],
  uneven: { readonly cells: number; readonly at: number } | null,
): string | null {
  const twice = header.find((name, i) => header.indexOf(name) < i);
  if (twice !== undefined) return `its header has "${twice}" twice`;
  if (uneven === null) return null;
  const { line } = lineAndColumn(source, uneven.at);
  return `line ${line} has ${countOf(uneven.cells, 'cell')}, and the header ${header.length}`;
}

function quoteProblem({ kind, location }: CsvProblem): string {
  const { line, column } = lineAndColumn(location.source, location.start);
  const at = `line ${line}, column ${column}`;
  switch (kind) {
    case 'open quote':
      return `the quote at ${at} is never closed`;
    case 'text after quote':
      return `there is text behind the quote that closes at ${at}`;
    case 'quote inside':
      return `the quote at ${at} stands inside a cell that does not begin with one`;
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
