import { countOf } from '../model/counts.ts';
import type { FailureCode } from '../model/problem.ts';
import type { ReportRule } from '../model/report-data.ts';
import { ruleColour } from '../model/rule-colours.ts';
import type { Data } from './data.ts';
import { element, svg, swatch } from './dom.ts';
import { duration, memory, specMemory, specTime } from './format.ts';
import { logHistogram, MARGIN, quantile, sortedKnown, sufficientMiB, sufficientSeconds } from './statistics.ts';

/** What is asked for in a spec, and can be measured. */
interface Quantity {
  readonly title: string;
  /** The key under `resources`. */
  readonly key: 'time' | 'mem';
  readonly measured: (data: Data) => Data['duration'];
  readonly asked: (data: Data, task: number) => number | null;
  readonly show: (value: number) => string;
  readonly spec: (value: number) => string;
  readonly sufficient: (most: number) => number;
  /** What says of a failure that it ran out. */
  readonly ranOut: FailureCode;
  readonly ticks: readonly number[];
  /** Said where nothing was measured. */
  readonly absent: string;
}

const QUANTITIES: readonly Quantity[] = [
  {
    title: 'Time',
    key: 'time',
    measured: (data) => data.duration,
    asked: (data, task) => data.resourcesOf(task).timeSeconds,
    show: duration,
    spec: specTime,
    sufficient: sufficientSeconds,
    ranOut: 'time_limit',
    ticks: [0.01, 0.1, 1, 10, 60, 600, 3600, 36_000, 360_000],
    absent: 'No task has ended with success yet.',
  },
  {
    title: 'Memory',
    key: 'mem',
    measured: (data) => data.peak,
    asked: (data, task) => data.resourcesOf(task).memoryMiB,
    show: memory,
    spec: specMemory,
    sufficient: sufficientMiB,
    ranOut: 'out_of_memory',
    ticks: [1, 3, 10, 30, 100, 300, ...[1, 3, 10, 30, 100, 300, 1000].map((gib) => gib * 1024)],
    absent: 'The records of these tasks hold no peak of memory.',
  },
];

/** Of more rules than this, those that took most are shown. */
const MAX_RULES = 60;

interface RuleUse {
  readonly rule: ReportRule;
  readonly number: number;
  readonly sorted: Float64Array;
  /** Least and most that tasks asked for; null where one asked for nothing. */
  readonly asked: { readonly least: number; readonly most: number } | null;
  readonly ranOut: number;
}

/** By rule: what tasks took beside what they asked for, and what would have been enough. */
export function showResources(data: Data, box: HTMLElement): void {
  const isNarrow = matchMedia('(max-width: 1100px)');
  const words = ` is what tasks asked for. Enough is the most that any took, ${Math.round((MARGIN - 1) * 100)} % more, rounded up.`;
  const intro = element('p', { className: 'faint asked-key' }, 'The line of full height, ', askedKey(), `,${words}`);
  const show = (): void => box.replaceChildren(intro, ...resourceTables(data, isNarrow.matches ? 150 : 380));
  isNarrow.addEventListener('change', show);
  show();
}

/** The line itself, in whatever colour it has. */
function askedKey(): SVGElement {
  const key = svg('svg', { width: 8, height: 16, role: 'img', 'aria-label': 'as here' });
  key.append(svg('rect', { class: 'asked', x: 3, y: 0, width: 2, height: 16 }));
  return key;
}

/** With pictures of so many pixels. */
function resourceTables(data: Data, width: number): HTMLElement[] {
  return QUANTITIES.map((quantity) => {
    const uses = data.header.rules.map((rule, number) => useOf(data, quantity, rule, number));
    const known = uses.filter((use) => use.sorted.length > 0);
    const shown = known
      .toSorted((a, b) => total(b) - total(a))
      .slice(0, MAX_RULES)
      .sort((a, b) => a.number - b.number);
    const heading = element('h3', {}, quantity.title);
    if (known.length === 0) return element('div', {}, heading, element('p', { className: 'faint' }, quantity.absent));
    return element(
      'div',
      {},
      heading,
      element('div', { className: 'scroll' }, useTable(quantity, shown, width)),
      more(known.length - shown.length),
    );
  });
}

function total({ sorted }: RuleUse): number {
  return sorted.reduce((sum, value) => sum + value, 0);
}

function more(rules: number): HTMLElement {
  const text = rules > 0 ? `and ${countOf(rules, 'rule')} that took less` : '';
  return element('p', { className: 'faint', hidden: rules === 0 }, text);
}

function useOf(data: Data, { measured, asked, ranOut }: Quantity, rule: ReportRule, number: number): RuleUse {
  const { first, count } = rule;
  let range: RuleUse['asked'] = { least: Number.POSITIVE_INFINITY, most: 0 };
  for (let task = first; task < first + count && range !== null; task++) {
    const value = asked(data, task);
    range = value === null ? null : { least: Math.min(range.least, value), most: Math.max(range.most, value) };
  }
  const failures = data.header.failures.filter((f) => f.task >= first && f.task < first + count && f.code === ranOut);
  const sorted = sortedKnown(measured(data).subarray(first, first + count));
  return { rule, number, sorted, asked: range, ranOut: failures.length };
}

function useTable(quantity: Quantity, uses: readonly RuleUse[], width: number): HTMLElement {
  const { show, spec } = quantity;
  const axis = axisOf(quantity, uses, width);
  const titles = ['rule', '', 'median', '95 %', 'most', 'asked for', 'enough'];
  const head = element('tr');
  titles.forEach((title, i) => {
    const cell = element('th', { scope: 'col', className: i > 1 ? 'number' : '' }, title);
    if (i === 1) cell.append(axisElement(axis, quantity));
    head.append(cell);
  });
  const rows = uses.map((use) => {
    const { rule, number, sorted, asked } = use;
    const name = element('th', { scope: 'row' }, swatch(ruleColour(number)), rule.name);
    const row = element('tr', {}, name, element('td', { className: 'picture' }, histogram(use, axis, quantity)));
    const texts = [
      ...[0.5, 0.95].map((share) => show(quantile(sorted, share))),
      show(sorted.at(-1)!),
      asked === null
        ? '–'
        : asked.least === asked.most
          ? spec(asked.most)
          : `${spec(asked.least)} to ${spec(asked.most)}`,
    ];
    row.append(...texts.map((text) => element('td', { className: 'number' }, text)), enough(use, quantity));
    return row;
  });
  return element('table', { className: 'use' }, element('thead', {}, head), element('tbody', {}, ...rows));
}

function enough({ sorted, asked, ranOut }: RuleUse, { sufficient, spec, key }: Quantity): HTMLElement {
  if (ranOut > 0)
    return element(
      'td',
      { className: 'number bad' },
      `${ranOut} ran out: more than ${asked ? spec(asked.most) : 'that'}`,
    );
  const setting = sufficient(sorted.at(-1)!);
  const isLess = asked === null || setting < asked.most;
  const text = `${key}: ${spec(setting)}`;
  return element('td', { className: isLess ? 'number good' : 'number' }, isLess ? text : 'as asked');
}

// --- pictures ---

interface Axis {
  readonly low: number;
  readonly high: number;
  /** In pixels. */
  readonly width: number;
}

/** In pixels. */
const HEIGHT = 34;
const BIN = 4;

/** One for all rules, by powers, so that they compare. */
function axisOf({ ticks }: Quantity, uses: readonly RuleUse[], width: number): Axis {
  const least = Math.min(...uses.map((use) => use.sorted[0]!));
  const most = Math.max(...uses.flatMap((use) => [use.sorted.at(-1)!, ...(use.asked ? [use.asked.most] : [])]));
  const low = Math.max(least / 1.3, ticks[0]! / 10);
  return { low, high: Math.max(most * 1.3, low * 10), width };
}

function xOf({ low, high, width }: Axis, value: number): number {
  return (Math.log(Math.max(value, low) / low) / Math.log(high / low)) * width;
}

function axisElement(axis: Axis, { ticks, show, title }: Quantity): SVGElement {
  const made = svg('svg', {
    width: axis.width,
    height: 16,
    class: 'axis',
    role: 'img',
    'aria-label': `${title}, by powers`,
  });
  let last = Number.NEGATIVE_INFINITY;
  for (const tick of ticks) {
    const x = xOf(axis, tick);
    if (tick < axis.low || x < 18 || x > axis.width - 22 || x - last < 55) continue;
    made.append(svg('text', { x, y: 11, 'text-anchor': 'middle' }, show(tick).replace('.0 ', ' ')));
    last = x;
  }
  return made;
}

function histogram({ rule, number, sorted, asked }: RuleUse, axis: Axis, { ticks, show }: Quantity): SVGElement {
  const counts = logHistogram(sorted, axis.low, axis.high, Math.floor(axis.width / BIN));
  const most = Math.max(...counts);
  const middle = quantile(sorted, 0.5);
  const label = `${rule.name}: half took ${show(middle)} or less, at most ${show(sorted.at(-1)!)}`;
  const made = svg('svg', { width: axis.width, height: HEIGHT, role: 'img', 'aria-label': label });
  for (const tick of ticks) {
    const x = xOf(axis, tick);
    if (tick >= axis.low && x < axis.width)
      made.append(svg('line', { class: 'grid', x1: x, x2: x, y1: 0, y2: HEIGHT }));
  }
  counts.forEach((n, bin) => {
    if (n === 0) return;
    const height = Math.max(1.5, (n / most) * (HEIGHT - 6));
    made.append(svg('rect', { x: bin * BIN, y: HEIGHT - height, width: BIN - 1, height, fill: ruleColour(number) }));
  });
  if (asked !== null) {
    const [from, to] = [xOf(axis, asked.least), xOf(axis, asked.most)];
    made.append(svg('rect', { class: 'asked', x: from - 1, y: 0, width: Math.max(2, to - from), height: HEIGHT }));
  }
  return made;
}
