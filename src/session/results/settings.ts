import { determinedColumns, Space } from '../../compile/params/space.ts';
import type { Tuples } from '../../model/plan.ts';
import type { Column, Relation } from '../../model/workflow.ts';
import type { ResultValues } from './read-results.ts';

/** What one setting came to, over its repeats. */
export interface Setting {
  /** Its index in `Settings.space`. */
  readonly tuple: number;
  /** Of the repeats that hold a number; NaN where one diverged, or none has been read. */
  readonly mean: number;
  /** Sample standard deviation, with n - 1; null for fewer than two. */
  readonly deviation: number | null;
  /** Repeats that were read. */
  readonly count: number;
  /** Repeats that there are to be. */
  readonly of: number;
}

/** The settings of a result: its params without those that are repeats. */
export interface Settings {
  readonly space: Tuples;
  /** Its params and those that they determine, in order of declaration. */
  readonly columns: readonly Column[];
  /** Per path of the result its setting. */
  readonly ofPath: Int32Array;
}

export function settingsOf(relation: Relation, { planned }: Pick<ResultValues, 'planned'>): Settings {
  const { result, paths } = planned;
  const kept = result.pattern.columns.filter((column) => !result.over.includes(column));
  const space = new Space(relation, kept);
  const columns = withDetermined(relation, kept);
  const readers = kept.map((column) => paths.reader(column));
  const find = space.finder(kept);
  const ids = new Int32Array(kept.length);
  const ofPath = new Int32Array(paths.size);
  for (let p = 0; p < paths.size; p++) {
    for (let c = 0; c < readers.length; c++) ids[c] = readers[c]!(p);
    ofPath[p] = find(ids);
  }
  return { space, columns, ofPath };
}

/** Columns and those that they determine, in order of declaration. */
export function withDetermined(relation: Relation, known: readonly Column[]): Column[] {
  const determined = determinedColumns(relation, known);
  return [...relation.columns.values()].filter((column) => known.includes(column) || determined.has(column));
}

/**
 * Mean and spread of each setting of which a file was read, the best first; equal ones as declared, and those that
 * diverged last.
 */
export function rankSettings({ planned, values, isRead }: ResultValues, { space, ofPath }: Settings): Setting[] {
  const [counts, of] = [new Int32Array(space.size), new Int32Array(space.size)];
  const [means, squares] = [new Float64Array(space.size), new Float64Array(space.size)];
  ofPath.forEach((setting, p) => {
    of[setting]!++;
    if (isRead[p] === 0) return;
    // Welford's method: one pass, and no difference of large sums.
    const n = ++counts[setting]!;
    const before = values[p]! - means[setting]!;
    means[setting]! += before / n;
    squares[setting]! += before * (values[p]! - means[setting]!);
  });
  const found: Setting[] = [];
  for (let tuple = 0; tuple < space.size; tuple++) {
    const count = counts[tuple]!;
    if (count === 0) continue;
    const mean = means[tuple]!;
    const deviation = count > 1 && !Number.isNaN(mean) ? Math.sqrt(squares[tuple]! / (count - 1)) : null;
    found.push({ tuple, mean, deviation, count, of: of[tuple]! });
  }
  const sign = planned.result.goal === 'min' ? 1 : -1;
  return found.sort((a, b) =>
    Number.isNaN(a.mean) || Number.isNaN(b.mean)
      ? Number(Number.isNaN(a.mean)) - Number(Number.isNaN(b.mean))
      : sign * (a.mean - b.mean),
  );
}

/** Five digits; a dash for what is not known, or no number. */
export function numberText(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(5))) : '–';
}
