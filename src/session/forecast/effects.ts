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
  /** By value id, 1 where no task with this value was measured, and nothing tells of it. */
  readonly isUnseen: Uint8Array;
  /** Standard deviation between values: how far off an unseen one may be. */
  readonly deviation: number;
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
  const line = numbers.every(Number.isFinite) ? lineThrough(numbers, counts, sums, mean) : null;
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
  const isUnseen = new Uint8Array(valueCount);
  for (let id = 0; id < valueCount; id++) {
    if (counts[id]! > 0 && !isLine)
      // Few tasks of a value draw it less far from the others than many do.
      ofValue[id] = (sums[id]! / counts[id]! - mean) / (1 + noise / counts[id]! / deviation ** 2);
    else if (known !== null) ofValue[id] = known.at(numbers[id]!);
    else isUnseen[id] = 1;
  }
  return { effect: { column, read, ofValue, isUnseen, deviation }, share: Math.max(lineShare, groupShare) };
}

interface Line {
  /** Above the mean. */
  readonly at: (value: number) => number;
  /** Sum of squares that it accounts for. */
  readonly explained: number;
}

/** Least squares: times that grow as a power of the value, or with the value itself, whichever fits better. */
function lineThrough(numbers: readonly number[], counts: Int32Array, sums: Float64Array, mean: number): Line | null {
  const measured = [...numbers.keys()].filter((id) => counts[id]! > 0);
  const logOf = (id: number): number => sums[id]! / counts[id]!;
  const explainedBy = (at: Line['at']): number =>
    measured.reduce((sum, id) => {
      const above = logOf(id) - mean;
      return sum + counts[id]! * (above ** 2 - (above - at(numbers[id]!)) ** 2);
    }, 0);
  const weights = measured.map((id) => counts[id]!);
  const values = measured.map((id) => numbers[id]!);
  const seconds = measured.map((id) => Math.exp(logOf(id)));
  const straight = leastSquares(weights, values, seconds);
  const powers = numbers.every((value) => value > 0)
    ? leastSquares(weights, values.map(Math.log), measured.map(logOf))
    : null;
  // A line that falls below all that was measured must not come to nothing.
  const least = Math.min(...seconds) / 4;
  const lines: Line['at'][] = [
    ...(powers === null ? [] : [(value: number) => powers(Math.log(value)) - mean]),
    ...(straight === null ? [] : [(value: number) => Math.log(Math.max(least, straight(value))) - mean]),
  ];
  return lines
    .map((at): Line => ({ at, explained: explainedBy(at) }))
    .reduce<Line | null>((best, line) => (best === null || line.explained > best.explained ? line : best), null);
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
