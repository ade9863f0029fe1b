import { type Cell, type ResultFile, readResult } from '../../io/files/result-file.ts';
import type { PlannedResult } from '../../model/plan.ts';
import type { Decisions } from '../../resume/decide.ts';
import type { Session } from '../session.ts';

/** What the files of one result hold. */
export interface ResultValues {
  readonly planned: PlannedResult;
  /** By path: its number; NaN where there is none. Infinite ones are NaN, too: they compare with nothing. */
  readonly values: Float64Array;
  /** By path: 1 where a number was read, finite or not. */
  readonly isRead: Uint8Array;
  /** Files whose task is not complete, or not needed for what is asked for: left out. */
  readonly incomplete: number;
  /** Files with a number, finite or not. */
  readonly read: number;
  /** Of these, files that hold `nan` or `inf`. */
  readonly notFinite: number;
  readonly unreadable: readonly { readonly path: string; readonly problem: string }[];
}

/** Where the files of results stand. */
export interface ResultSource {
  /** Whether a file counts: by the task that makes it, and its path. */
  readonly counts: (maker: number, path: () => string) => boolean;
  readonly read: (path: string) => ResultFile;
}

/** Beside the spec: those whose tasks are needed, and complete. */
export function resultsHere({ plan, disk }: Session, { reasons }: Pick<Decisions, 'reasons'>): ResultSource {
  return {
    counts: (maker) => plan.needed[maker] === 1 && reasons[maker] === 0,
    read: (path) => readResult(disk.absolute(path)),
  };
}

/** Read the files of a result that count: of each the last row. */
export function readResultValues(planned: PlannedResult, source: ResultSource): ResultValues {
  const { result, paths, pathText, makers } = planned;
  const values = new Float64Array(paths.size).fill(Number.NaN);
  const isRead = new Uint8Array(paths.size);
  const unreadable: { path: string; problem: string }[] = [];
  let [incomplete, read, notFinite] = [0, 0, 0];
  for (let p = 0; p < paths.size; p++) {
    if (!source.counts(makers[p]!, () => pathText(p))) {
      incomplete++;
      continue;
    }
    const path = pathText(p);
    const number = numberIn(source.read(path), result.column);
    if ('problem' in number) {
      unreadable.push({ path, problem: number.problem });
      continue;
    }
    read++;
    isRead[p] = 1;
    if (Number.isFinite(number.value)) values[p] = number.value;
    else notFinite++;
  }
  return { planned, values, isRead, incomplete, read, notFinite, unreadable };
}

/** What counts of a result file: the number in its last row. */
export function numberIn(found: ResultFile, column: string): { value: number } | { problem: string } {
  switch (found.kind) {
    case 'missing':
      return { problem: 'it is not there' };
    case 'unreadable':
      return { problem: found.problem };
    case 'rows': {
      const row = found.rows.at(-1);
      if (row === undefined) return { problem: 'it holds no row' };
      const cell = row.get(column);
      if (cell === undefined) return { problem: `it has no column "${column}"; it has ${namesOf([...row.keys()])}` };
      const value = numberOf(cell);
      return value === null ? { problem: `its last row has ${cellWords(cell)} in column "${column}"` } : { value };
    }
  }
}

/** As programs write numbers; JSON has no other word than null for one that is none. null for what is no number. */
function numberOf(cell: Cell): number | null {
  if (typeof cell === 'number') return cell;
  if (cell === null) return Number.NaN;
  if (typeof cell === 'boolean') return null;
  const text = cell.trim();
  if (/^[-+]?(nan|na|inf|infinity)$/i.test(text)) return Number.NaN;
  const value = Number(text);
  return text === '' || Number.isNaN(value) ? null : value;
}

function cellWords(cell: Cell): string {
  return cell === '' ? 'nothing' : `${JSON.stringify(cell)}, which is no number,`;
}

function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => `"${name}"`);
  return `${shown.join(', ')}${names.length > shown.length ? ' and more' : ''}`;
}
