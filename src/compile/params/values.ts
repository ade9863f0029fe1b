import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Located } from '../../model/located.ts';
import type { Location, Node, SourceText } from '../../model/source.ts';
import type { GlobParam, LinesParam, Param, RangeParam, Spaced, ValuesParam } from '../../model/spec.generated.ts';
import type { Column, StagedSource } from '../../model/workflow.ts';
import { type Context, reservedFile } from '../context.ts';
import * as report from '../report/report.ts';
import { refuseShellWord } from '../text/shell-words.ts';
import { isFilled } from './config.ts';
import { MAX_TASKS } from './space.ts';

/** One value of an axis or cell of a table: its exact text, and where it stands. */
export interface Value {
  readonly text: string;
  readonly location: Location;
}

const places = new WeakMap<Column, (id: number) => Location>();

/** Keep how to find where the values of a param stand, by value id: for messages alone. */
export function rememberPlaces(column: Column, placeOfValue: (id: number) => Location): void {
  places.set(column, placeOfValue);
}

/** Where a value of a param stands; the param's own place where that can't be told. */
export function placeOf(column: Column, id: number): Location {
  return places.get(column)?.(id) ?? column.location;
}

const rowPlaces = new WeakMap<Column, (row: number) => Location>();

/** Keep how to find the cells of a table's column, by declared row. */
export function rememberRows(column: Column, placeOfCell: (row: number) => Location): void {
  rowPlaces.set(column, placeOfCell);
}

/** Where a cell of a table's column stands; the column's own place where that can't be told. */
export function placeOfRow(column: Column, row: number): Location {
  return rowPlaces.get(column)?.(row) ?? column.location;
}

const blanks = new WeakMap<Column, { readonly mistakes: () => Diagnostic[]; told: boolean }>();

/** Keep the cells of a table's column in which nothing stands: mistakes where something uses the column, else none. */
export function rememberBlanks(column: Column, mistakes: () => Diagnostic[]): void {
  blanks.set(column, { mistakes, told: false });
}

/** To be called wherever a column is used; tells of its blank cells the first time. */
export function useColumn(column: Column, diagnostics: Diagnostic[]): void {
  const found = blanks.get(column);
  if (!found || found.told) return;
  found.told = true;
  for (const mistake of found.mistakes()) diagnostics.push(mistake);
}

/** Whether a column that is used has blank cells. */
export function hasBlanks(column: Column): boolean {
  return blanks.has(column);
}

/** Whether a value stands for blank cells, which are told of already where the column is used. */
export function isBlank(column: Column, id: number): boolean {
  return column.values[id] === '' && blanks.has(column);
}

/** The values of one axis as written, before duplicates are looked for. */
export interface AxisValues {
  readonly values: readonly Value[];
  readonly allowsSlash: boolean;
  /** False where they stand in a file whose name can't be told. */
  readonly known?: boolean;
  /** Where a rule makes the file that they stand in. */
  readonly staged?: StagedSource | null;
}

/** Fills `{config.key}` in a text of the spec; reports what it can't fill. */
export type FillConfig = (text: string, node: Node) => string;

export interface ValueOptions {
  readonly name: string;
  readonly context: Context;
  readonly fill: FillConfig;
  /** Whether some task produces this path; a glob leaves such files out. */
  readonly isProduced: (path: string) => boolean;
  /** A rule that names files in a folder one by one; null where none does. */
  readonly makerIn: (folder: string) => string | null;
  readonly staged: (path: string, kind: 'file' | 'folder', location: Location) => StagedSource | null;
}

/** The values of a param, from whichever source its declaration names. */
export function axisValues(param: Located<Param>, options: ValueOptions): AxisValues {
  if (param.kind === 'sequence') return { values: listValues(param.node, options), allowsSlash: false };
  const values = param.as<ValuesParam>().get('values');
  if (values) {
    return {
      values: listValues(values.node, options),
      allowsSlash: param.as<ValuesParam>().get('path')?.value === true,
    };
  }
  const lines = param.as<LinesParam>().get('lines');
  if (lines) {
    if (!isFilled(options.fill(lines.text, lines.node))) return { values: [], allowsSlash: true, known: false };
    return { ...lineValues(lines, options), allowsSlash: param.as<LinesParam>().get('path')?.value === true };
  }
  const glob = param.as<GlobParam>().get('glob');
  if (glob && !isFilled(options.fill(glob.text, glob.node))) return { values: [], allowsSlash: false, known: false };
  if (glob) return { ...globValues(glob, options), allowsSlash: false };
  const linspace = param.as<{ linspace: Spaced }>().get('linspace');
  if (linspace) return { values: spacedValues(linspace, 'lin', options), allowsSlash: false };
  const logspace = param.as<{ logspace: Spaced }>().get('logspace');
  if (logspace) return { values: spacedValues(logspace, 'log', options), allowsSlash: false };
  return { values: rangeValues(param.as<RangeParam>(), options), allowsSlash: false };
}

function listValues(node: Node, { fill }: ValueOptions): Value[] {
  if (node.kind !== 'sequence') return [];
  return node.items.map((item) => ({
    text: item.kind === 'scalar' ? fill(item.text, item) : '',
    location: item.location,
  }));
}

// --- {from, to, step} ---

/** A decimal number as `digits × 10^-decimals`. */
interface Decimal {
  readonly digits: bigint;
  readonly decimals: number;
}

function parseDecimal(text: string): Decimal | null {
  const match = /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(text);
  if (!match || (match[2] === '' && !match[3])) return null;
  const fraction = match[3] ?? '';
  const exponent = Number(match[4] ?? 0);
  if (Math.abs(exponent) > 300) return null;
  let digits = BigInt(`${match[2]}${fraction}`);
  if (match[1] === '-') digits = -digits;
  const decimals = fraction.length - exponent;
  return decimals >= 0 ? { digits, decimals } : { digits: digits * 10n ** BigInt(-decimals), decimals: 0 };
}

function formatDecimal(digits: bigint, decimals: number): string {
  const negative = digits < 0n;
  const text = (negative ? -digits : digits).toString().padStart(decimals + 1, '0');
  const body = decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
  return negative ? `-${body}` : body;
}

/** Both ends included; exact decimals, as many as the most precise of the three; never past `to`. */
function rangeValues(range: Located<RangeParam>, { name, context }: ValueOptions): Value[] {
  const from = parseDecimal(range.get('from')?.text ?? '');
  const to = parseDecimal(range.get('to')?.text ?? '');
  const step = parseDecimal(range.get('step')?.text ?? '1');
  if (!from || !to || !step) {
    context.diagnostics.push(report.badRangeNumber(range.location, name));
    return [];
  }
  const decimals = Math.max(from.decimals, to.decimals, step.decimals);
  const scaled = (d: Decimal): bigint => d.digits * 10n ** BigInt(decimals - d.decimals);
  const [first, last, by] = [scaled(from), scaled(to), scaled(step)];
  const location = range.location;
  if (by === 0n || (by > 0n ? first > last : first < last)) {
    context.diagnostics.push(report.emptyRange(location, name, by === 0n));
    return [];
  }
  const count = (last - first) / by + 1n;
  if (count > BigInt(MAX_TASKS)) {
    context.diagnostics.push(report.axisTooLong(location, name, Number(count), MAX_TASKS));
    return [];
  }
  const values: Value[] = [];
  for (let i = 0n; i < count; i++) values.push({ text: formatDecimal(first + i * by, decimals), location });
  return values;
}

// --- linspace, logspace ---

function spacedValues(spaced: Located<Spaced>, kind: 'lin' | 'log', { name, context }: ValueOptions): Value[] {
  const fromText = spaced.get('from')?.text ?? '';
  const toText = spaced.get('to')?.text ?? '';
  const [from, to, count] = [Number(fromText), Number(toText), Number(spaced.get('count')?.text)];
  const location = spaced.location;
  if (kind === 'log' && !(from > 0 && to > 0)) {
    context.diagnostics.push(report.logspaceNotPositive(location, name));
    return [];
  }
  if (count > MAX_TASKS) {
    context.diagnostics.push(report.axisTooLong(location, name, count, MAX_TASKS));
    return [];
  }
  const values: Value[] = [];
  for (let i = 0; i < count; i++) {
    const share = count === 1 ? 0 : i / (count - 1);
    const value = kind === 'lin' ? from + (to - from) * share : from * (to / from) ** share;
    // Twelve digits drop the noise of binary fractions; the ends keep the text that the spec wrote.
    const text = i === 0 ? fromText : i === count - 1 ? toText : String(Number(value.toPrecision(12)));
    values.push({ text, location });
  }
  return values;
}

// --- {lines: FILE} ---

type FileValues = Pick<AxisValues, 'values' | 'known' | 'staged'>;

function lineValues(lines: Located<unknown>, { context, fill, staged: stagedAt }: ValueOptions): FileValues {
  const path = fill(lines.text, lines.node);
  if (refuseShellWord(path, lines.scalar, context.diagnostics)) return { values: [] };
  const staged = stagedAt(path, 'file', lines.location);
  if (staged?.isKnown === false) return { values: [], known: false, staged };
  if (!staged) context.reserved.push(reservedFile(path, lines.location));
  const read = context.files.readText(path);
  if ('problem' in read) {
    context.diagnostics.push(report.unreadableFile(lines.location, path, read.problem, read.hint));
    return { values: [], staged };
  }
  const source: SourceText = { file: path, text: read.text };
  const values: Value[] = [];
  let start = 0;
  for (const line of read.text.split('\n')) {
    const text = line.trim();
    const at = start + line.indexOf(text);
    if (text !== '') values.push({ text, location: { source, start: at, end: at + text.length } });
    start += line.length + 1;
  }
  return { values, staged };
}

// --- {glob: "data/{site}.csv"} ---

function globValues(glob: Located<unknown>, options: ValueOptions): FileValues {
  const { name, context, fill } = options;
  const pattern = fill(glob.text, glob.node);
  if (refuseShellWord(pattern, glob.scalar, context.diagnostics)) return { values: [] };
  const placeholder = `{${name}}`;
  const parts = pattern.split('/');
  const at = parts.findIndex((p) => p.includes(placeholder));
  const other = /\{([A-Za-z_]\w*)\}/.exec(pattern.replace(placeholder, ''));
  if (at < 0 || other) {
    context.diagnostics.push(report.globPlaceholder(glob.location, name, pattern, other?.[1] ?? null));
    return { values: [] };
  }
  const [prefix = '', suffix = ''] = parts[at]!.split(placeholder);
  const folder = parts.slice(0, at).join('/');
  const rest = parts.slice(at + 1);
  const staged = folder === '' ? null : options.staged(folder, 'folder', glob.location);
  if (staged?.isKnown === false) return { values: [], known: false, staged };
  // What lies in a directory output is all of it made by a task.
  const isProduced = staged ? () => false : options.isProduced;
  const names = context.files.list(folder === '' && !pattern.startsWith('/') ? '.' : folder || '/');
  const maker = staged || folder === '' ? null : options.makerIn(folder);
  if (names === null) {
    context.diagnostics.push(
      maker === null
        ? report.globEmpty(glob.location, pattern, folder || '.')
        : report.globOfOutputs(glob.location, pattern, maker, folder),
    );
    return { values: [], staged };
  }
  const found: string[] = [];
  for (const file of names) {
    if (file.length <= prefix.length + suffix.length || !file.startsWith(prefix) || !file.endsWith(suffix)) continue;
    // As in the shell, a leading dot must be written.
    if (prefix === '' && file.startsWith('.')) continue;
    const path = [...parts.slice(0, at), file, ...rest].join('/');
    // What Node puts in place of bytes that are no UTF-8: such a path can't be written in text, nor opened.
    if (file.includes('\ufffd')) {
      context.diagnostics.push(report.globNotUtf8(glob.location, path));
      continue;
    }
    if (isProduced(path) || (rest.length > 0 && !exists(context, path))) continue;
    found.push(file.slice(prefix.length, file.length - suffix.length));
  }
  if (found.length === 0)
    context.diagnostics.push(
      maker === null
        ? report.globEmpty(glob.location, pattern, null)
        : report.globOfOutputs(glob.location, pattern, maker, folder),
    );
  found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return { values: found.map((text) => ({ text, location: glob.location })), staged };
}

function exists(context: Context, path: string): boolean {
  const slash = path.lastIndexOf('/');
  return context.files.list(path.slice(0, slash) || '/')?.includes(path.slice(slash + 1)) ?? false;
}
