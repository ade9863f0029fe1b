/** Results as Markdown. */
import type { Measured } from './measure.ts';

/** Something promised, and whether it was kept in this session. */
export interface Aim {
  readonly what: string;
  readonly measured: string;
  readonly aim: string;
  readonly isMet: boolean;
}

export interface Section {
  readonly title: string;
  /** What was measured, and how, in plain sentences. */
  readonly note: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly aims: readonly Aim[];
}

export const TIMES_HEAD = ['', 'median', 'fastest to slowest', 'runs', 'CPU', 'peak memory'] as const;

export function timesRow(measured: Measured): string[] {
  const { name, seconds, fastest, slowest, samples, cpuSeconds, peakMiB } = measured;
  return [
    name,
    formatSeconds(seconds),
    samples.length === 1 ? '' : `${formatSeconds(fastest)} to ${formatSeconds(slowest)}`,
    String(samples.length),
    cpuSeconds === null ? 'unknown' : formatSeconds(cpuSeconds),
    peakMiB === null ? 'unknown' : `${peakMiB.toFixed(0)} MiB`,
  ];
}

/** As `timesRow`, with the tasks that a run has and its rate, to so many decimals, in place of memory. */
export function ratesRow(measured: Measured, tasks: number, decimals: number): string[] {
  const { name, seconds, fastest, slowest, samples, cpuSeconds } = measured;
  return [
    name,
    String(tasks),
    formatSeconds(seconds),
    `${formatSeconds(fastest)} to ${formatSeconds(slowest)}`,
    String(samples.length),
    cpuSeconds === null ? 'unknown' : formatSeconds(cpuSeconds),
    (tasks / seconds).toFixed(decimals),
  ];
}

export function formatSeconds(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(3)} s` : `${seconds.toFixed(1)} s`;
}

export function formatBytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `value` is to be at most `most`. */
export function atMost(what: string, value: number, most: number, unit: string): Aim {
  return { what, measured: quantity(value, unit), aim: `at most ${quantity(most, unit)}`, isMet: value <= most };
}

/** `value` is to be at least `least`. */
export function atLeast(what: string, value: number, least: number, unit: string): Aim {
  return { what, measured: quantity(value, unit), aim: `at least ${quantity(least, unit)}`, isMet: value >= least };
}

function quantity(value: number, unit: string): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`.trim();
}

export function renderSection({ title, note, head, rows, aims }: Section): string {
  const parts = [`## ${title}`, note, markdownTable(head, rows)];
  if (aims.length > 0) {
    const aimRows = aims.map((a) => [a.what, a.measured, a.aim, a.isMet ? 'yes' : '**no**']);
    parts.push(markdownTable(['aim', 'measured', 'promised', 'kept'], aimRows));
  }
  return `${parts.join('\n\n')}\n`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((text, c) => Math.max(3, text.length, ...rows.map((row) => (row[c] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, c) => (cells[c] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), `|${widths.map((w) => '-'.repeat(w + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}
