import { duration } from './format.ts';
import { quantile } from './statistics.ts';

/** One side of a picture: where values lie on it, from 0 to 1. */
export interface Axis {
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
  /** Outside of 0 to 1 for what lies beyond its ends. */
  readonly shareOf: (value: number) => number;
  /** For axes of categories, how many there are; null for numbers. */
  readonly categories: number | null;
}

/** Where the larger values are so many times the smaller ones, powers are shown. */
const LOG_FROM = 30;

/** The ends of a sample aside: one value near 0 makes no powers. */
function spansPowers(sorted: Float64Array): boolean {
  return sorted[0]! > 0 && quantile(sorted, 0.9) / quantile(sorted, 0.1) >= LOG_FROM;
}

/** For positive values over several powers a logarithmic one. `sorted`: ascending, not empty. */
export function numberAxis(sorted: Float64Array): Axis {
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  return spansPowers(sorted) ? logAxis(low, high) : linearAxis(low, high);
}

/** The same for results: what is far worse than the most is left to lie beyond the end. */
export function resultAxis(sorted: Float64Array, goal: 'min' | 'max'): Axis {
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  if (spansPowers(sorted)) return logAxis(low, high);
  const [lower, upper] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const room = 4 * (upper - lower);
  if (room === 0) return linearAxis(low, high);
  return goal === 'min' ? linearAxis(low, Math.min(high, upper + room)) : linearAxis(Math.max(low, lower - room), high);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** As clocks have them; longer ones are rounded days. */
const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
];

/** From 0 to so many seconds. */
export function timeAxis(seconds: number): Axis {
  const stepOf = (rough: number): number =>
    rough < 1 ? roundStep(rough) : (TIME_STEPS.find((step) => step >= rough) ?? roundStep(rough / DAY) * DAY);
  return linearAxis(0, seconds, (at) => (at < 0 ? '' : duration(at)), stepOf);
}

export function linearAxis(low: number, high: number, textOf = numberText, stepOf = roundStep): Axis {
  const room = high > low ? (high - low) * 0.04 : Math.abs(low) * 0.5 || 1;
  const [from, to] = [low - room, high + room];
  const step = stepOf((to - from) / 6);
  const first = Math.ceil(from / step);
  const last = Math.floor(to / step);
  const ticks = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    const at = (first + i) * step;
    return { at, text: textOf(at) };
  });
  return { ticks, shareOf: (value) => (value - from) / (to - from), categories: null };
}

function logAxis(low: number, high: number): Axis {
  const room = (high / low) ** 0.04;
  const [from, to] = [Math.log10(low / room), Math.log10(high * room)];
  // Every power, or every second, or so.
  const every = Math.max(1, Math.round((to - from) / 5));
  const ticks: { at: number; text: string }[] = [];
  for (let power = Math.ceil(from); power <= to; power++)
    if (power % every === 0) ticks.push({ at: 10 ** power, text: numberText(10 ** power) });
  return { ticks, shareOf: (value) => (Math.log10(value) - from) / (to - from), categories: null };
}

/** A place for each name, in order; a value is the position of its name. */
export function categoryAxis(names: readonly string[]): Axis {
  return {
    ticks: names.map((text, at) => ({ at, text })),
    shareOf: (value) => (value + 0.5) / names.length,
    categories: names.length,
  };
}

/** 1, 2 or 5 times a power of ten. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const lead = rough / power;
  return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power;
}

/** `0.25`, `1e-5`, `12000`. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const short = Number(value.toPrecision(4));
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? short.toExponential().replace('e+', 'e') : String(short);
}
