/**
 * Points of a search, the same on every machine and in every later version: they are made of SHA-256, of the direction
 * numbers of Joe and Kuo, and of the four basic operations on doubles, which IEEE 754 defines to the last bit.
 */
import { createHash } from 'node:crypto';

/** What the values of one column are drawn from. Bounds are included; `texts` keep what the spec wrote. */
export type Distribution =
  | {
      readonly kind: 'uniform' | 'loguniform' | 'integers';
      readonly low: number;
      readonly high: number;
      readonly texts: readonly [string, string];
    }
  | { readonly kind: 'choice'; readonly texts: readonly string[] };

export interface Sample {
  readonly method: 'random' | 'sobol' | 'lhs';
  readonly count: number;
  readonly seed: string;
}

/** Where a row lies in a column, from 0 to below 1. */
export type UnitPoint = (row: number) => number;

/** How many columns the direction numbers below are for. */
export const MOST_SOBOL_COLUMNS = 24;

/**
 * A column's points. Other columns don't change them, and of `random` and `sobol` neither does `count`.
 * @param dimension the column's place among those that are sampled: of `sobol` alone, below MOST_SOBOL_COLUMNS
 */
export function unitPoints({ method, count, seed }: Sample, name: string, dimension: number): UnitPoint {
  if (method === 'sobol') {
    const directions = directionNumbers(dimension);
    const shift = Math.floor(hashed(seed, name, 'shift') * 2 ** 32);
    return (row) => ((sobol(directions, row) ^ shift) >>> 0) / 2 ** 32;
  }
  if (method === 'random') return (row) => hashed(seed, name, row);
  // Latin hypercube: each of `count` equal parts holds one row, somewhere in it.
  const keys = Float64Array.from({ length: count }, (_, row) => hashed(seed, name, `order ${row}`));
  const order = Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]! || a - b);
  const parts = new Int32Array(count);
  order.forEach((row, part) => {
    parts[row] = part;
  });
  return (row) => (parts[row]! + hashed(seed, name, row)) / count;
}

/** The text of a column's value at a point: numbers with at most six significant digits, within their bounds. */
export function valueAt(distribution: Distribution, point: number): string {
  if (distribution.kind === 'choice') {
    const { texts } = distribution;
    return texts[Math.floor(point * texts.length)]!;
  }
  const { kind, low, high, texts } = distribution;
  if (kind === 'integers') return String(low + Math.floor(point * (high - low + 1)));
  const value = kind === 'uniform' ? low + (high - low) * point : low * exponential(logarithm(high / low) * point);
  const rounded = Number(value.toPrecision(6));
  if (rounded <= low) return texts[0];
  return rounded >= high ? texts[1] : String(rounded);
}

/** The first 48 bits of the SHA-256 of `SEED LINEFEED COLUMN LINEFEED WHAT`, as a fraction of 2 to the 48. */
function hashed(seed: string, name: string, what: string | number): number {
  return createHash('sha256').update(`${seed}\n${name}\n${what}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

// --- Sobol's sequence ---

/**
 * Per dimension a primitive polynomial, its coefficients as bits, and the first direction numbers, as many as its degree.
 * Source: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci.
 * Comput. 30 (2008): new-joe-kuo-6.21201. The first dimension is van der Corput's.
 */
const JOE_KUO: readonly (readonly [number, readonly number[]])[] = [
  [1, []],
  [3, [1]],
  [7, [1, 3]],
  [11, [1, 3, 1]],
  [13, [1, 1, 1]],
  [19, [1, 1, 3, 3]],
  [25, [1, 3, 5, 13]],
  [37, [1, 1, 5, 5, 17]],
  [41, [1, 1, 5, 5, 5]],
  [47, [1, 1, 7, 11, 19]],
  [55, [1, 1, 5, 1, 1]],
  [59, [1, 1, 1, 3, 11]],
  [61, [1, 3, 5, 5, 31]],
  [67, [1, 3, 3, 9, 7, 49]],
  [91, [1, 1, 1, 15, 21, 21]],
  [97, [1, 3, 1, 13, 27, 49]],
  [103, [1, 1, 1, 15, 7, 5]],
  [109, [1, 3, 1, 15, 13, 25]],
  [115, [1, 1, 5, 5, 19, 61]],
  [131, [1, 3, 7, 11, 23, 15, 103]],
  [137, [1, 3, 7, 13, 13, 15, 69]],
  [143, [1, 1, 3, 13, 7, 35, 63]],
  [145, [1, 3, 5, 9, 1, 25, 53]],
  [157, [1, 3, 1, 13, 9, 35, 107]],
];

const BITS = 32;

/** Source: P. Bratley and B. L. Fox, "Algorithm 659", ACM Trans. Math. Softw. 14 (1988), as 32-bit fractions. */
function directionNumbers(dimension: number): Uint32Array {
  const [polynomial, first] = JOE_KUO[dimension]!;
  const degree = first.length;
  const numbers = new Uint32Array(BITS);
  for (let bit = 0; bit < BITS; bit++) {
    let number = degree === 0 ? 1 : first[bit];
    if (number !== undefined) {
      numbers[bit] = number * 2 ** (BITS - 1 - bit);
      continue;
    }
    number = numbers[bit - degree]! ^ (numbers[bit - degree]! >>> degree);
    for (let k = 1; k < degree; k++) if ((polynomial >>> (degree - k)) & 1) number ^= numbers[bit - k]!;
    numbers[bit] = number;
  }
  return numbers;
}

/** The point of a row, as 32 bits, in the order of Gray's code: each differs from the one before by one number. */
function sobol(directions: Uint32Array, row: number): number {
  let point = 0;
  let code = (row ^ (row >>> 1)) >>> 0;
  for (let bit = 0; code > 0; bit++, code >>>= 1) if (code & 1) point ^= directions[bit]!;
  return point;
}

// --- functions whose last digit no standard fixes, and which engines compute as they like ---

/** Source: ln m = 2 artanh((m - 1) / (m + 1)), for m near 1. */
function logarithm(value: number): number {
  let mantissa = value;
  let exponent = 0;
  for (; mantissa > Math.SQRT2; exponent++) mantissa /= 2;
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2;
  const ratio = (mantissa - 1) / (mantissa + 1);
  let sum = 0;
  let power = ratio;
  for (let k = 1; k < 40; k += 2, power *= ratio * ratio) sum += power / k;
  return 2 * sum + exponent * Math.LN2;
}

/** Source: the series of e to the x, for |x| <= ln 2 / 2, and powers of 2. */
function exponential(value: number): number {
  const exponent = Math.round(value / Math.LN2);
  const rest = value - exponent * Math.LN2;
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 24; k++) {
    term *= rest / k;
    sum += term;
  }
  for (let k = 0; k < Math.abs(exponent); k++) sum = exponent > 0 ? sum * 2 : sum / 2;
  return sum;
}
