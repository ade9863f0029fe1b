import type { Data } from './data.ts';

/** A row of the timeline: the tasks of a rule or of a host. Times are seconds since `originSeconds`. */
export interface TimelineRow {
  readonly label: string;
  /** In order of their starts. */
  readonly tasks: Uint32Array;
  /** Starts of attempts that failed. */
  readonly failures: Float64Array;
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * When each task ended; one that runs is shown up to now, one that stopped by its start alone; NaN for one without a place
 * in time.
 */
export function endsOf(data: Data): Float64Array {
  const now = data.header.madeAtSeconds - data.header.originSeconds;
  return Float64Array.from({ length: data.count }, (_, task) => {
    const start = data.start[task]!;
    const state = data.stateOf(task);
    if (state === 'running') return Math.max(start, now);
    return state === 'stopped' ? start : start + data.duration[task]!;
  });
}

export function rowsByRule(data: Data, ends: Float64Array): TimelineRow[] {
  return grouped(
    data,
    ends,
    data.rule,
    data.header.rules.map((r) => r.name),
    (i) => data.rule[data.failed.task[i]!]!,
  );
}

export function rowsByHost(data: Data, ends: Float64Array): TimelineRow[] {
  const labels = data.header.hosts.map((host) => (host === '' ? 'host not known' : host));
  const compare = new Intl.Collator('en', { numeric: true }).compare;
  return grouped(data, ends, data.host, labels, (i) => data.failed.host[i]!).sort((a, b) => compare(a.label, b.label));
}

function grouped(
  data: Data,
  ends: Float64Array,
  groupOf: ArrayLike<number>,
  labels: readonly string[],
  groupOfFailure: (i: number) => number,
): TimelineRow[] {
  const tasks: number[][] = labels.map(() => []);
  const failures: number[][] = labels.map(() => []);
  for (let task = 0; task < data.count; task++) if (!Number.isNaN(ends[task]!)) tasks[groupOf[task]!]!.push(task);
  data.failed.start.forEach((start, i) => void failures[groupOfFailure(i)]?.push(start));
  return labels.flatMap((label, g) => {
    if (tasks[g]!.length === 0 && failures[g]!.length === 0) return [];
    const sorted = Uint32Array.from(tasks[g]!).sort((a, b) => data.start[a]! - data.start[b]! || a - b);
    return [{ label, tasks: sorted, failures: Float64Array.from(failures[g]!) }];
  });
}

/** All that has a place in time; null for nothing. */
export function wholeRange(data: Data, ends: Float64Array): Range | null {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (let task = 0; task < data.count; task++) {
    if (Number.isNaN(ends[task]!)) continue;
    from = Math.min(from, data.start[task]!);
    to = Math.max(to, ends[task]!);
  }
  for (const start of data.failed.start) {
    from = Math.min(from, start);
    to = Math.max(to, start);
  }
  if (from > to) return null;
  return { from, to: Math.max(to, from + 0.1) };
}

/**
 * How many tasks ran at a time, as a mean over each of `bins` equal parts of a range; one array for each rule that ran in
 * it. A task that is shorter than a part counts by its share.
 */
export function runningByRule(
  data: Data,
  ends: Float64Array,
  tasks: Uint32Array,
  { from, to }: Range,
  bins: number,
): Map<number, Float64Array> {
  const width = (to - from) / bins;
  // Of each part: what belongs to it alone, and by how much more runs from it on.
  const alone = new Map<number, Float64Array>();
  const step = new Map<number, Float64Array>();
  for (const task of tasks) {
    const begin = (Math.max(from, data.start[task]!) - from) / width;
    const end = (Math.min(to, ends[task]!) - from) / width;
    if (begin >= bins || end <= 0 || end < begin) continue;
    const rule = data.rule[task]!;
    if (!alone.has(rule)) {
      alone.set(rule, new Float64Array(bins + 1));
      step.set(rule, new Float64Array(bins + 1));
    }
    const first = Math.floor(begin);
    const last = Math.min(bins, Math.floor(end));
    const own = alone.get(rule)!;
    if (first === last) {
      own[first]! += end - begin;
      continue;
    }
    own[first]! += first + 1 - begin;
    own[last]! += end - last;
    const more = step.get(rule)!;
    more[first + 1]! += 1;
    more[last]! -= 1;
  }
  for (const [rule, own] of alone) {
    const more = step.get(rule)!;
    let running = 0;
    for (let bin = 0; bin < bins; bin++) {
      running += more[bin]!;
      own[bin]! += running;
    }
  }
  return alone;
}

/** Which line of a row each task is drawn in, so that none overlap; null where more than `maxLines` are needed. */
export function linesOf(data: Data, ends: Float64Array, tasks: Uint32Array, maxLines: number): Uint8Array | null {
  const freeFrom: number[] = [];
  const lines = new Uint8Array(tasks.length);
  for (let i = 0; i < tasks.length; i++) {
    const start = data.start[tasks[i]!]!;
    // Starts are known to a millisecond at best.
    let line = freeFrom.findIndex((free) => free <= start + 0.002);
    if (line < 0) line = freeFrom.length;
    if (line >= maxLines) return null;
    freeFrom[line] = ends[tasks[i]!]!;
    lines[i] = line;
  }
  return lines;
}

/** The most of these tasks that ran at one time, from some time on; those that never ran count for nothing. */
export function mostAtOnce(
  data: Data,
  ends: Float64Array,
  tasks: Iterable<number> = ends.keys(),
  from = Number.NEGATIVE_INFINITY,
): number {
  const ran = [...tasks].filter((task) => ends[task]! >= from);
  const starts = Float64Array.from(ran, (task) => Math.max(from, data.start[task]!)).sort();
  const stops = Float64Array.from(ran, (task) => ends[task]!).sort();
  let most = 0;
  let ended = 0;
  starts.forEach((start, i) => {
    while (stops[ended]! <= start + 0.002) ended++;
    most = Math.max(most, i + 1 - ended);
  });
  return most;
}

/** Round times for an axis, at most about `wanted` of them; a tick is seconds since 1970 by the reader's clock. */
export function timeTicks(
  { from, to }: Range,
  originSeconds: number,
  wanted: number,
): { step: number; ticks: number[] } {
  const steps = [
    ...[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
    ...[1, 2, 5, 10, 15, 30].map((m) => m * 60),
    ...[1, 2, 3, 6, 12].map((h) => h * 3600),
    ...[1, 2, 7, 14, 28, 56, 112, 365].map((d) => d * 86_400),
  ];
  const step = steps.find((s) => (to - from) / s <= wanted) ?? steps.at(-1)!;
  const shift = new Date((originSeconds + from) * 1000).getTimezoneOffset() * 60;
  const ticks: number[] = [];
  for (let t = Math.ceil((originSeconds + from - shift) / step) * step + shift; t <= originSeconds + to; t += step)
    ticks.push(t);
  return { step, ticks };
}
