import type { ElementPace, PaceJournals } from '../../io/state/pace-journals.ts';
import { type Plan, ruleOf } from '../../model/plan.ts';
import { usualOf } from '../../resume/journal/pace.ts';

/** What runs take beside their tasks, in seconds, as earlier ones did. */
export interface Pace {
  /** From the end of a task here to the start of the next one in its place. */
  readonly betweenSeconds: number;
  readonly element: {
    /** From where nothing but Slurm keeps an element from starting until it begins. */
    readonly startSeconds: number;
    /** Of an element, besides its tasks. */
    readonly ownSeconds: number;
    /** For each of its tasks, besides that. */
    readonly betweenSeconds: number;
  };
  /** Elements that ran at a time while others waited for room, in the last submission; null where none did. */
  readonly room: number | null;
  /** By `Command.preloadId`, how long the imports of an interpreter take that is kept up. */
  readonly importSeconds: ReadonlyMap<string, number>;
  /** By name, the part of a task's measured duration that it waited for imports. */
  readonly importOf: ReadonlyMap<string, number>;
  /** By name, how many seconds a task had run at the least when it was stopped. */
  readonly stoppedAfter: ReadonlyMap<string, number>;
  /** By name, how many tasks ran at a time at most in the local run that measured it, where that is known. */
  readonly parallelOf: ReadonlyMap<string, number>;
}

/** Where no journal tells: 8,111 tasks of one echo ran 1,889 a second at -j2, an element of 811 took 4 ms for each. See test/README.md. */
export const USUAL_PACE: Pace = {
  betweenSeconds: 0.001,
  element: { startSeconds: 0.8, ownSeconds: 0.2, betweenSeconds: 0.004 },
  room: null,
  importSeconds: new Map(),
  importOf: new Map(),
  stoppedAfter: new Map(),
  parallelOf: new Map(),
};

/** Fewer tell nothing. */
const LEAST_GAPS = 5;
/** Of an element: from shorter ones nothing is told of what each task takes. */
const LEAST_TASKS = 5;

/** What the journals of earlier runs tell, and what is usual where they do not. */
export function paceFrom(plan: Plan, { runs, submissions }: PaceJournals): Pace {
  const last = runs.findLast(({ gaps }) => gaps.length >= LEAST_GAPS);
  const submission = submissions.at(-1);
  const writers = [...runs, ...submissions.flatMap(({ elements }) => elements)];
  return {
    betweenSeconds: last === undefined ? USUAL_PACE.betweenSeconds : Math.max(0, usualOf(last.gaps)),
    ...(submission === undefined ? { element: USUAL_PACE.element, room: null } : paceOfElements(submission)),
    ...importsOf(plan, writers),
    stoppedAfter: new Map(writers.flatMap(({ stopped }) => [...stopped])),
    parallelOf: new Map(
      runs.flatMap(({ took, parallel }) => [...took.keys()].map((task) => [task, parallel] as const)),
    ),
  };
}

function paceOfElements({ queued, elements }: PaceJournals['submissions'][number]): Pick<Pace, 'element' | 'room'> {
  const inOrder = elements.toSorted((a, b) => a.began - b.began);
  const ends = Float64Array.from(elements, ({ ended }) => ended).sort();
  const most = mostAtATime(inOrder, ends);
  const delays: number[] = [];
  let isFull = false;
  const letGo = new Map<string, number>();
  const ofIndex = new Map<number, ElementPace[]>();
  for (const element of elements) {
    const known = ofIndex.get(element.index);
    if (known === undefined) ofIndex.set(element.index, [element]);
    else known.push(element);
  }
  inOrder.forEach((element, i) => {
    const { stage, began, index } = element;
    if (!letGo.has(stage)) letGo.set(stage, lastEndElsewhere(elements, element) ?? queued);
    // What it may have waited for: other arrays, the element of the same index, and where all places were taken, one of them.
    const twin = lastEndElsewhere(ofIndex.get(index)!, element);
    const before = Math.max(letGo.get(stage)!, twin ?? Number.NEGATIVE_INFINITY);
    const place = i >= most ? ends[i - most]! : Number.NEGATIVE_INFINITY;
    if (place > before) isFull = true;
    const delay = began - Math.max(before, place);
    if (delay >= 0) delays.push(delay);
  });
  const start = medianOf(delays);
  return {
    element: {
      startSeconds: Number.isNaN(start) ? USUAL_PACE.element.startSeconds : start,
      ...ownOf(elements),
    },
    room: isFull ? most : null,
  };
}

function mostAtATime(inOrder: readonly ElementPace[], ends: Float64Array): number {
  let [most, over] = [0, 0];
  inOrder.forEach(({ began }, i) => {
    while (over < ends.length && ends[over]! <= began) over++;
    most = Math.max(most, i + 1 - over);
  });
  return most;
}

/** When the last of those of other arrays ended that had before this one began; undefined for none. */
function lastEndElsewhere(elements: readonly ElementPace[], { stage, began }: ElementPace): number | undefined {
  const ends = elements.flatMap((other) => (other.stage !== stage && other.ended <= began ? [other.ended] : []));
  return ends.reduce<number | undefined>((last, end) => (last === undefined || end > last ? end : last), undefined);
}

/** What elements take besides their tasks, of which each has a share: a line by the number of their tasks. */
function ownOf(elements: readonly ElementPace[]): Omit<Pace['element'], 'startSeconds'> {
  const points = elements.flatMap(({ began, ended, took, isWhole }) => {
    const busy = [...took.values()].reduce((sum, seconds) => sum + seconds, 0);
    const own = ended - began - busy;
    // Lanes side by side; a copied journal, whose time is not that of its last line.
    return isWhole && took.size > 0 && own >= 0 && own < 60 + busy ? [{ count: took.size, own }] : [];
  });
  if (points.length === 0) return USUAL_PACE.element;
  const { betweenSeconds } = USUAL_PACE.element;
  const usual = usualOf(points.map(({ own }) => own));
  const kept = points.filter(({ own }) => own <= Math.max(5 * usual, 1));
  const count = kept.reduce((sum, point) => sum + point.count, 0) / kept.length;
  const own = kept.reduce((sum, point) => sum + point.own, 0) / kept.length;
  const squares = kept.reduce((sum, point) => sum + (point.count - count) ** 2, 0);
  // Elements of one task and of two, of other rules: their difference would be made that of all.
  const isFew = kept.every((point) => point.count < LEAST_TASKS);
  const slope =
    isFew || squares === 0
      ? betweenSeconds
      : kept.reduce((sum, point) => sum + (point.count - count) * (point.own - own), 0) / squares;
  const each = Math.min(Math.max(slope, 0), own / count);
  return { ownSeconds: own - each * count, betweenSeconds: each };
}

function importsOf(
  plan: Plan,
  writers: readonly Pick<ElementPace, 'imports' | 'took'>[],
): Pick<Pace, 'importSeconds' | 'importOf'> {
  const idOf = (task: string): string | null => {
    const found = plan.findPath(task);
    return found === null ? null : ruleOf(plan, found.task).rule.command.preloadId;
  };
  const seconds = new Map<string, number[]>();
  const importOf = new Map<string, number>();
  for (const { imports, took } of writers) {
    const waited = new Set<string>();
    for (const { id, seconds: import_, tasks } of imports) {
      seconds.set(id, [...(seconds.get(id) ?? []), import_]);
      const task = tasks.find((name) => !waited.has(name) && (took.get(name) ?? 0) > import_ && idOf(name) === id);
      if (task === undefined) continue;
      waited.add(task);
      importOf.set(task, import_);
    }
  }
  return { importSeconds: new Map([...seconds].map(([id, all]) => [id, medianOf(all)])), importOf };
}

/** NaN of nothing. */
function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
