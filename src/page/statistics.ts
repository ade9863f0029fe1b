/** Sorted copies and what they tell; NaN is left out. */

export function sortedKnown(values: Iterable<number>): Float64Array {
  const known: number[] = [];
  for (const value of values) if (Number.isFinite(value)) known.push(value);
  return Float64Array.from(known).sort();
}

/** The value below which a share of all lies; NaN for none. `sorted` is ascending. */
export function quantile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

/** How many values fall into each of `bins` bins between two powers; those outside count in the first and last bin. */
export function logHistogram(sorted: Float64Array, low: number, high: number, bins: number): Uint32Array {
  const counts = new Uint32Array(bins);
  const scale = bins / Math.log(high / low);
  for (const value of sorted) {
    const bin = Math.floor(Math.log(Math.max(value, low) / low) * scale);
    counts[Math.min(bins - 1, bin)]!++;
  }
  return counts;
}

/** What a setting should leave above the largest value seen. */
export const MARGIN = 1.2;

const MINUTE = 60;
const HOUR = 3600;
const TIMES = [
  ...[1, 2, 5, 10, 15, 20, 30, 45].map((m) => m * MINUTE),
  ...[1, 1.5, 2, 3, 4, 6, 8, 12, 16, 20, 24, 36, 48, 72, 96, 120, 168].map((h) => h * HOUR),
];
const GIB = 1024;
const MEMORIES = [
  ...[50, 100, 150, 200, 300, 400, 500, 750],
  ...[1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768].map((g) => g * GIB),
];

/** The smallest round setting that leaves the margin; NaN for NaN. */
export function sufficientSeconds(most: number): number {
  return roundUp(most * MARGIN, TIMES, 24 * HOUR);
}

export function sufficientMiB(most: number): number {
  return roundUp(most * MARGIN, MEMORIES, 256 * GIB);
}

function roundUp(wanted: number, steps: readonly number[], beyond: number): number {
  return steps.find((step) => step >= wanted) ?? Math.ceil(wanted / beyond) * beyond;
}
