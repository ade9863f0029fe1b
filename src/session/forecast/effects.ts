import type { Column } from '../../model/workflow.ts';

/** Tasks of a rule whose duration is known. */
export interface Sample {
  /** By place: the task's index in its rule. */
  readonly tasks: Int32Array;
  /** The natural logarithms of their seconds. */
  readonly logs: Float64Array;
}

/** How much longer or shorter tasks take by the value of one param: a summand of the logarithm. */
export interface Effect {
  readonly column: Column;
  readonly read: (task: number) => number;
  /** By value id. */
  readonly ofValue: Float64Array;
  /**
   * By value id, how far off the summand may be, as a standard deviation: 0 where tasks with this value were measured; that
   * between values where nothing tells of it; where a line does, how far another line that fits lies from it.
   */
  readonly doubts: Float64Array;
  /** Whether they are of one line, and so off together. */
  readonly isLine: boolean;
}

/** Of a param of which one value was measured, the others may take so much longer or shorter, as a standard deviation. */
const UNTOLD_DEVIATION = 0.25;

/** What params may do of which only one value was measured, however many tasks have it: nothing is told of the others. */
export function untoldEffects(
  { tasks }: Sample,
  candidates: readonly { readonly column: Column; readonly read: (task: number) => number }[],
): Effect[] {
  return candidates.flatMap(({ column, read }) => {
    const only = read(tasks[0]!);
    if (column.values.length < 2 || tasks.some((task) => read(task) !== only)) return [];
    const doubts = new Float64Array(column.values.length).fill(UNTOLD_DEVIATION);
    doubts[only] = 0;
    return [{ column, read, ofValue: new Float64Array(column.values.length), doubts, isLine: false }];
  });
}

/** More params are not told apart by a few tasks. */
const MOST_PARAMS = 3;
/** Share of the variance that a param has to explain, its own freedom deducted; more where few tasks may do so by chance. */
const LEAST_SHARE = 0.03;

function leastShare(groups: number, n: number): number {
  return LEAST_SHARE + (3 * Math.sqrt(2 * (groups - 1))) / n;
}
/** Values that differ by less than this are alike. */
const LEAST_DEVIATION = 0.05;
const LEAST_TASKS = 6;

/** The params by whose values durations differ, the one that explains most first, each on what those before it leave. */
export function findEffects(
  sample: Sample,
  candidates: readonly { readonly column: Column; readonly read: (task: number) => number }[],
): { effects: Effect[]; rest: Float64Array } {
  const rest = sample.logs.slice();
  const effects: Effect[] = [];
  while (effects.length < MOST_PARAMS && rest.length >= LEAST_TASKS) {
    let best: { effect: Effect; share: number } | null = null;
    for (const { column, read } of candidates) {
      if (effects.some((effect) => effect.column === column)) continue;
      const found = effectOf(column, read, sample.tasks, rest);
      if (found !== null && found.share > (best?.share ?? 0)) best = found;
    }
    if (best === null) break;
    const { effect } = best;
    for (let i = 0; i < rest.length; i++) rest[i]! -= effect.ofValue[effect.read(sample.tasks[i]!)]!;
    effects.push(effect);
  }
  return { effects, rest };
}

function effectOf(
  column: Column,
  read: (task: number) => number,
  tasks: Int32Array,
  rest: Float64Array,
): { effect: Effect; share: number } | null {
  const valueCount = column.values.length;
  const [counts, sums] = [new Int32Array(valueCount), new Float64Array(valueCount)];
  let [total, squares] = [0, 0];
  for (let i = 0; i < rest.length; i++) {
    const id = read(tasks[i]!);
    counts[id]!++;
    sums[id]! += rest[i]!;
    total += rest[i]!;
    squares += rest[i]! ** 2;
  }
  const n = rest.length;
  const mean = total / n;
  const whole = squares - n * mean ** 2;
  if (whole <= 0) return null;
  const numbers = column.values.map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
  const line = numbers.every(Number.isFinite) ? lineThrough(numbers, { counts, sums, mean, whole }) : null;
  const shareLeft = (leftOver: number, freedom: number): number =>
    n <= freedom ? 0 : 1 - leftOver / (n - freedom) / (whole / (n - 1));
  let between = 0;
  let groups = 0;
  for (let id = 0; id < valueCount; id++) {
    if (counts[id] === 0) continue;
    groups++;
    between += counts[id]! * (sums[id]! / counts[id]! - mean) ** 2;
  }
  const lineShare = line === null ? 0 : shareLeft(whole - line.explained, 2);
  // One task a value tells nothing of what the value does, but for a line through all of them.
  const groupShare = groups < 2 || n < 2 * groups ? 0 : shareLeft(whole - between, groups);
  const isLine = groupShare < leastShare(groups, n);
  if (groups < 2 || (isLine && lineShare < leastShare(2, n))) return null;
  const deviation = Math.sqrt((isLine ? line!.explained : between) / n);
  if (deviation < LEAST_DEVIATION) return null;
  const noise = isLine ? 0 : Math.max(0, whole - between) / Math.max(1, n - groups);
  // What lies between groups lies on the line, or nothing is known of values that nobody measured.
  const known = line !== null && (isLine || lineShare > 0.5 * groupShare) ? line : null;
  const ofValue = new Float64Array(valueCount);
  const doubts = new Float64Array(valueCount);
  for (let id = 0; id < valueCount; id++) {
    if (counts[id]! > 0 && !isLine)
      // Few tasks of a value draw it less far from the others than many do.
      ofValue[id] = (sums[id]! / counts[id]! - mean) / (1 + noise / counts[id]! / deviation ** 2);
    else if (known !== null) {
      ofValue[id] = known.at(numbers[id]!);
      doubts[id] = counts[id]! > 0 ? 0 : known.doubtAt(numbers[id]!);
    } else doubts[id] = deviation;
  }
  const effect = { column, read, ofValue, doubts, isLine: known !== null };
  return { effect, share: Math.max(lineShare, groupShare) };
}

type Curve = (value: number) => number;

interface Line {
  /** Above the mean. */
  readonly at: Curve;
  /** Sum of squares that it accounts for. */
  readonly explained: number;
  /** How far off it may be there. */
  readonly doubtAt: Curve;
}

/** What a line may bend beyond all that was measured: a sixth for each doubling. */
const BEND = 0.25;
/** A curve that explains less than so much of what the best one does is no other view of the same. */
const LEAST_RIVAL = 0.95;

interface Sums {
  /** By value id, tasks and the sum of their logarithms. */
  readonly counts: Int32Array;
  readonly sums: Float64Array;
  /** Of all logarithms, and the sum of their squares about it. */
  readonly mean: number;
  readonly whole: number;
}

/** Least squares: times that grow with the value itself, from some start that is the same for all, or as a power of it. */
function lineThrough(numbers: readonly number[], { counts, sums, mean, whole }: Sums): Line | null {
  const measured = [...numbers.keys()].filter((id) => counts[id]! > 0);
  const logOf = (id: number): number => sums[id]! / counts[id]!;
  const explainedBy = (at: Curve): number =>
    measured.reduce((sum, id) => {
      const above = logOf(id) - mean;
      return sum + counts[id]! * (above ** 2 - (above - at(numbers[id]!)) ** 2);
    }, 0);
  const weights = measured.map((id) => counts[id]!);
  const values = measured.map((id) => numbers[id]!);
  const seconds = measured.map((id) => Math.exp(logOf(id)));
  const straight = leastSquares(weights, values, seconds);
  const isPositive = numbers.every((value) => value > 0);
  // From 0 to 5 is no measure of what lies from 5 to 320, and seeds 0 and 1 differ by chance: through two values any line goes.
  if (straight === null || (!isPositive && measured.length < 3)) return null;
  // A line that falls below all that was measured must not come to nothing.
  const least = Math.min(...seconds) / 4;
  const lineAt: Curve = (value) => Math.log(Math.max(least, straight(value))) - mean;
  const lineExplained = explainedBy(lineAt);
  const scaled = isPositive ? Math.log : (value: number): number => value;
  const slopeErrorAt = slopeError(weights, values.map(scaled), Math.max(0, whole - lineExplained));
  const [first, last] = [Math.min(...values), Math.max(...values)];
  const beyond: Curve = (value) =>
    !isPositive || (value >= first && value <= last) ? 0 : Math.log(value > last ? value / last : first / value);
  const errorAt: Curve = (value) => Math.hypot(slopeErrorAt(scaled(value)), BEND * beyond(value));
  const line = { at: lineAt, explained: lineExplained, doubtAt: errorAt };
  const powers = isPositive ? leastSquares(weights, values.map(Math.log), measured.map(logOf)) : null;
  if (powers === null) return line;
  const powerAt: Curve = (value) => powers(Math.log(value)) - mean;
  const power = { at: powerAt, explained: explainedBy(powerAt) };
  const most = Math.max(line.explained, power.explained);
  if (power.explained < LEAST_RIVAL * most) return line;
  const doubtAt: Curve = (value) => Math.hypot((lineAt(value) - powerAt(value)) / 2, errorAt(value));
  // Of two that fit alike: what grows more slowly than its value has a start; what grows faster has not.
  const isSlower = powers(1) - powers(0) < 1;
  return line.explained >= LEAST_RIVAL * most && isSlower ? { ...line, doubtAt } : { ...power, doubtAt };
}

/** How far off a line may be by its slope, as a standard error; `left`: the sum of squares about it. */
function slopeError(weights: readonly number[], xs: readonly number[], left: number): Curve {
  const n = weights.reduce((sum, weight) => sum + weight, 0);
  const meanX = weights.reduce((sum, weight, i) => sum + weight * xs[i]!, 0) / n;
  const squares = weights.reduce((sum, weight, i) => sum + weight * (xs[i]! - meanX) ** 2, 0);
  return (x) => Math.sqrt(left / Math.max(1, n - 2) / squares) * Math.abs(x - meanX);
}

/** null where all values are the same. */
function leastSquares(
  weights: readonly number[],
  xs: readonly number[],
  ys: readonly number[],
): ((x: number) => number) | null {
  let [n, sumX, sumY] = [0, 0, 0];
  weights.forEach((weight, i) => {
    n += weight;
    sumX += weight * xs[i]!;
    sumY += weight * ys[i]!;
  });
  const [meanX, meanY] = [sumX / n, sumY / n];
  let [xx, xy] = [0, 0];
  weights.forEach((weight, i) => {
    xx += weight * (xs[i]! - meanX) ** 2;
    xy += weight * (xs[i]! - meanX) * (ys[i]! - meanY);
  });
  return xx > 0 ? (x) => meanY + (xy / xx) * (x - meanX) : null;
}
