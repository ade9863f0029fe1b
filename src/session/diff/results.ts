import { parseResult } from '../../io/files/result-file.ts';
import type { GitFolder } from '../../io/programs/git.ts';
import type { PlannedResult } from '../../model/plan.ts';
import type { Data } from '../../page/data.ts';
import { type ResultSource, readResultValues, resultsHere } from '../results/read-results.ts';
import { look, type Session } from '../session.ts';
import type { OtherSide } from './other-side.ts';
import { resultsThen } from './runs.ts';

/** A result on both sides. */
export interface ResultDifference {
  readonly name: string;
  readonly goal: 'min' | 'max';
  /** The best means; null where there is none. */
  readonly bestBefore: SettingMean | null;
  readonly bestNow: SettingMean | null;
  /** Settings that have a mean on both sides, on this one alone, on the other one alone. */
  readonly both: number;
  readonly added: number;
  readonly dropped: number;
  /** Files of tasks that are not complete. */
  readonly incompleteBefore: number;
  readonly incompleteNow: number;
  /** Those whose mean is another one, the largest change first. */
  readonly moved: readonly MovedSetting[];
}

/** What the files of one side come to. */
interface Means {
  readonly settings: ReadonlyMap<string, SettingMean>;
  readonly incomplete: number;
}

export interface SettingMean {
  readonly params: Readonly<Record<string, string>>;
  /** NaN where a repeat diverged. */
  readonly mean: number;
}

export interface MovedSetting {
  readonly params: Readonly<Record<string, string>>;
  readonly before: number;
  readonly now: number;
}

/** Rounding of the numbers in a report. */
const SAME_TO = 1e-6;

/** Results that both specs name, from the other side to this one. */
export async function compareResults(other: OtherSide, here: Session): Promise<ResultDifference[]> {
  const names = new Map(other.session.plan.results.map((planned) => [planned.result.name, planned]));
  const common = here.plan.results.filter(({ result }) => names.has(result.name));
  if (common.length === 0) return [];
  const source = await sourceOf(here);
  const otherMeans = await meansOf(other);
  return common.map((planned) =>
    compareMeans(planned, otherMeans(names.get(planned.result.name)!), meansIn(planned, source)),
  );
}

async function sourceOf(session: Session): Promise<ResultSource> {
  return resultsHere(session, (await look(session)).decisions);
}

async function meansOf({ session, from }: OtherSide): Promise<(planned: PlannedResult) => Means> {
  switch (from.kind) {
    case 'folder': {
      const source = await sourceOf(session);
      return (planned) => meansIn(planned, source);
    }
    case 'run':
      return (planned) => meansIn(planned, resultsThen(session, from.run, planned));
    case 'git':
      return (planned) => ({ ...meansIn(planned, inGit(planned, from.git)), incomplete: 0 });
    case 'report':
      return (planned) => ({ settings: settingMeans(planned, pointsInReport(planned, from.data)), incomplete: 0 });
  }
}

/** Files that the revision has: whether their tasks were complete nobody knows. */
function inGit({ paths, pathText }: PlannedResult, git: GitFolder): ResultSource {
  const tracked = Array.from({ length: paths.size }, (_, path) => pathText(path)).filter((path) => git.has(path));
  git.readAll(tracked);
  return {
    counts: (_, path) => git.has(path()),
    read: (path) => parseResult(path, git.read(path) ?? ''),
  };
}

/** One file: the values of the params in its path, and its number. */
interface Point {
  readonly params: Readonly<Record<string, string>>;
  readonly value: number;
}

function meansIn(planned: PlannedResult, source: ResultSource): Means {
  const { values, isRead, incomplete } = readResultValues(planned, source);
  const readers = planned.result.pattern.columns.map((column) => ({ column, read: planned.paths.reader(column) }));
  const points = [...values].flatMap((value, path): Point[] => {
    if (isRead[path] === 0) return [];
    const params = readers.map(({ column, read }) => [column.name, column.values[read(path)]!]);
    return [{ value, params: Object.fromEntries(params) }];
  });
  return { settings: settingMeans(planned, points), incomplete };
}

function pointsInReport({ result }: PlannedResult, data: Data): Point[] {
  const r = data.header.results.findIndex(({ name }) => name === result.name);
  if (r < 0) return [];
  const { params } = data.header.results[r]!;
  const columns = data.results[r]!;
  const named = result.pattern.columns.map(({ name }) => ({ name, ids: columns.params[params.indexOf(name)]! }));
  return [...columns.value].flatMap((value, point) =>
    Number.isNaN(value)
      ? []
      : {
          value: Number.isFinite(value) ? value : Number.NaN,
          params: Object.fromEntries(named.map(({ name, ids }) => [name, data.header.values[name]![ids[point]!]!])),
        },
  );
}

/** By the values of the params that are no repeats, which name a setting on both sides. */
function settingMeans({ result }: PlannedResult, points: readonly Point[]): Map<string, SettingMean> {
  const kept = result.pattern.columns.filter((column) => !result.over.includes(column)).map(({ name }) => name);
  const sums = new Map<string, { params: Record<string, string>; sum: number; count: number }>();
  for (const { params, value } of points) {
    const setting = Object.fromEntries(kept.map((name) => [name, params[name]!]));
    const key = JSON.stringify(Object.entries(setting).sort());
    const known = sums.get(key) ?? { params: setting, sum: 0, count: 0 };
    known.sum += value;
    known.count++;
    sums.set(key, known);
  }
  return new Map([...sums].map(([key, { params, sum, count }]) => [key, { params, mean: sum / count }]));
}

function compareMeans(
  { result }: PlannedResult,
  { settings: before, incomplete: incompleteBefore }: Means,
  { settings: now, incomplete: incompleteNow }: Means,
): ResultDifference {
  const both = [...now].filter(([key]) => before.has(key));
  const moved = both
    .map(([key, { params, mean }]): MovedSetting => ({ params, before: before.get(key)!.mean, now: mean }))
    .filter(({ before, now }) => isMove(before, now))
    .sort((a, b) => sizeOf(b) - sizeOf(a));
  return {
    name: result.name,
    goal: result.goal,
    bestBefore: bestOf(before.values(), result.goal),
    bestNow: bestOf(now.values(), result.goal),
    both: both.length,
    added: now.size - both.length,
    dropped: before.size - both.length,
    incompleteBefore,
    incompleteNow,
    moved,
  };
}

function isMove(before: number, now: number): boolean {
  if (Number.isNaN(before) || Number.isNaN(now)) return Number.isNaN(before) !== Number.isNaN(now);
  return Math.abs(now - before) > SAME_TO * Math.max(Math.abs(before), Math.abs(now));
}

/** One that diverged on one side alone moved furthest. */
function sizeOf({ before, now }: MovedSetting): number {
  const size = Math.abs(now - before);
  return Number.isNaN(size) ? Number.MAX_VALUE : size;
}

function bestOf(means: Iterable<SettingMean>, goal: 'min' | 'max'): SettingMean | null {
  let best: SettingMean | null = null;
  for (const one of means) {
    if (Number.isNaN(one.mean)) continue;
    if (best === null || (goal === 'min' ? one.mean < best.mean : one.mean > best.mean)) best = one;
  }
  return best;
}
