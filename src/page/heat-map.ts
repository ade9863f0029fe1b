import { REPORT_STATES } from '../model/report-data.ts';
import { type Bins, binsOf } from '../model/value-bins.ts';
import { numberText } from './axis.ts';
import type { Data, RuleParam } from './data.ts';
import { element, styleValue } from './dom.ts';
import { duration, memory } from './format.ts';
import { quantile, sortedKnown } from './statistics.ts';

/** What a cell can tell of its tasks. */
interface Measure {
  readonly title: string;
  /** Of which a cell gathers numbers; NaN for none. By the task's place in its rule. */
  readonly of: (index: number) => number;
  readonly from: (sorted: Float64Array) => number;
  readonly text: (value: number) => string;
  readonly colour: '--bad' | '--point';
  /** Strong where the value is low. */
  readonly isLowStrong?: boolean;
}

const FAILED = REPORT_STATES.indexOf('failed');
const meanOf = (sorted: Float64Array): number => sorted.reduce((sum, value) => sum + value, 0) / sorted.length;

function measuresOf(data: Data, rule: number): Measure[] {
  const { first, count } = data.header.rules[rule]!;
  const share: Measure = {
    title: 'failed',
    of: (i) => Number(data.state[first + i] === FAILED),
    from: meanOf,
    text: (value) => `${(100 * value).toFixed(value > 0 && value < 0.01 ? 1 : 0)} %`,
    colour: '--bad',
  };
  const time: Measure = {
    title: 'median time',
    of: (i) => data.duration[first + i]!,
    from: (sorted) => quantile(sorted, 0.5),
    text: duration,
    colour: '--point',
  };
  const peak: Measure = {
    title: 'most memory',
    of: (i) => data.peak[first + i]!,
    from: (sorted) => sorted.at(-1)!,
    text: memory,
    colour: '--point',
  };
  const results = data.header.results.flatMap(({ name, goal }, r): Measure[] => {
    const { task, value } = data.results[r]!;
    const ofTask = new Float64Array(count).fill(Number.NaN);
    task.forEach((t, point) => {
      if (t >= first && t < first + count) ofTask[t - first] = value[point]!;
    });
    return ofTask.some(Number.isFinite)
      ? [
          {
            title: `${name}, median`,
            of: (i) => ofTask[i]!,
            from: (sorted) => quantile(sorted, 0.5),
            text: numberText,
            colour: '--point',
            isLowStrong: goal === 'min',
          },
        ]
      : [];
  });
  const isKnown = ({ of }: Measure): boolean => {
    for (let i = 0; i < count; i++) if (of(i) > 0) return true;
    return false;
  };
  return [...[share, time, peak].filter(isKnown), ...results];
}

/** Two params against each other. */
export function heatMap(data: Data, rule: number, params: readonly RuleParam[]): HTMLElement {
  const measures = measuresOf(data, rule);
  if (measures.length === 0) return element('div');
  const choice = (label: string, texts: readonly string[], chosen: number): HTMLSelectElement => {
    const select = element('select', {}, ...texts.map((text, i) => element('option', { value: String(i) }, text)));
    select.setAttribute('aria-label', label);
    select.value = String(chosen);
    select.addEventListener('input', () => map.show(map.of()));
    return select;
  };
  const names = params.map(({ name }) => name);
  // Repeats of a setting are alike, as far as one knows.
  const repeats = new Set(data.header.results.flatMap(({ over }) => over));
  const [first = 0, second = 1] = [...names.keys()].sort(
    (a, b) => Number(repeats.has(names[a]!)) - Number(repeats.has(names[b]!)),
  );
  const rows = choice('Rows', names, first);
  const columns = choice('Columns', names, second);
  const measure = choice(
    'Colour',
    measures.map(({ title }) => title),
    0,
  );
  const map = new HeatMap(data, () => ({
    row: params[Number(rows.value)]!,
    column: params[Number(columns.value)]!,
    measure: measures[Number(measure.value)]!,
  }));
  const bar = element('div', { className: 'bar' }, measure, 'by', rows, 'and', columns, map.scale);
  return element(
    'div',
    {},
    element('h3', {}, 'Two params beside each other'),
    bar,
    element('div', { className: 'tall' }, map.element),
  );
}

interface Choice {
  readonly row: RuleParam;
  readonly column: RuleParam;
  readonly measure: Measure;
}

/** Numbers of which there are more come in ranges, on either side. */
const MOST_CELLS = 16;
/** In pixels. */
const MAX_LABELS = 190;
const HEAD = 22;
const CELL = 26;

class HeatMap {
  readonly element: HTMLElement;
  /** What the colours mean. */
  readonly scale = element('span', { className: 'scale faint' });
  readonly of: () => Choice;
  private readonly data: Data;
  private readonly canvas = element('canvas');
  private readonly tip = element('div', { className: 'pointed', hidden: true });
  /** Room for the names of rows, in pixels. */
  private labels = 0;
  private shown: { rows: Bins; columns: Bins; cells: Float64Array; counts: Uint32Array; choice: Choice } | null = null;

  constructor(data: Data, of: () => Choice) {
    this.data = data;
    this.of = of;
    this.canvas.setAttribute('role', 'img');
    this.element = element('div', { className: 'heat' }, this.canvas, this.tip);
    this.canvas.addEventListener('pointermove', (event) => this.onMove(event));
    this.canvas.addEventListener('pointerleave', () => {
      this.tip.hidden = true;
    });
    new ResizeObserver(() => this.draw()).observe(this.element);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
    // Its choices are made by then.
    queueMicrotask(() => this.show(this.of()));
  }

  show(choice: Choice): void {
    const { row, column, measure } = choice;
    const [rows, columns] = [row, column].map(({ name }) => binsOf(this.data.header.values[name]!, MOST_CELLS)) as [
      Bins,
      Bins,
    ];
    const size = rows.names.length * columns.names.length;
    const numbers: number[][] = Array.from({ length: size }, () => []);
    const counts = new Uint32Array(size);
    row.ids.forEach((id, i) => {
      const cell = rows.ofValue[id]! * columns.names.length + columns.ofValue[column.ids[i]!]!;
      counts[cell]!++;
      numbers[cell]!.push(measure.of(i));
    });
    const cells = Float64Array.from(numbers, (all) => {
      const sorted = sortedKnown(all);
      return sorted.length === 0 ? Number.NaN : measure.from(sorted);
    });
    this.shown = { rows, columns, cells, counts, choice };
    this.canvas.setAttribute('aria-label', `${measure.title} by ${row.name} and ${column.name}`);
    this.draw();
  }

  private get cellWidth(): number {
    const width = this.element.clientWidth - this.labels;
    return Math.min(110, width / Math.max(1, this.shown?.columns.names.length ?? 1));
  }

  private draw(): void {
    const width = this.element.clientWidth;
    if (width === 0 || this.shown === null) return;
    const { rows, columns, cells, choice } = this.shown;
    const height = HEAD + rows.names.length * CELL;
    const scale = Math.min(devicePixelRatio, 16_000 / height);
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.style.height = `${height}px`;
    const pen = this.canvas.getContext('2d')!;
    pen.scale(scale, scale);
    pen.font = `12px ${styleValue('--font')}`;
    pen.textBaseline = 'middle';
    const longest = Math.max(...rows.names.map((name) => pen.measureText(name).width));
    this.labels = Math.ceil(Math.min(MAX_LABELS, width * 0.3, longest + 14));
    const { cellWidth, labels } = this;
    const known = sortedKnown(cells);
    const { colour, isLowStrong = false } = choice.measure;
    const [low, high] = [colour === '--bad' ? 0 : (known[0] ?? 0), known.at(-1) ?? 1];
    // Over several powers the low ones would all look alike.
    const scaleOf = low > 0 && high / low > 30 ? Math.log : (value: number): number => value;
    this.showScale(choice.measure, low, high);
    const strength = (value: number): number => {
      const share = high > low ? (scaleOf(value) - scaleOf(low)) / (scaleOf(high) - scaleOf(low)) : 0.4;
      return 0.06 + 0.64 * (isLowStrong ? 1 - share : share);
    };
    const [ink, fill] = [styleValue('--ink'), styleValue(colour)];
    const every = Math.ceil(64 / cellWidth);
    pen.fillStyle = styleValue('--faint');
    pen.textAlign = 'center';
    columns.names.forEach((name, c) => {
      if (c % every !== 0) return;
      const text = cut(pen, name, cellWidth * every - 6);
      const middle = labels + (c + 0.5) * cellWidth;
      if (middle + pen.measureText(text).width / 2 <= width) pen.fillText(text, middle, HEAD / 2);
    });
    pen.textAlign = 'right';
    rows.names.forEach((name, r) => {
      pen.fillText(cut(pen, name, labels - 12), labels - 8, HEAD + (r + 0.5) * CELL);
    });
    pen.textAlign = 'center';
    cells.forEach((value, cell) => {
      if (Number.isNaN(value)) return;
      const [r, c] = [Math.floor(cell / columns.names.length), cell % columns.names.length];
      const [x, y] = [labels + c * cellWidth, HEAD + r * CELL];
      pen.globalAlpha = strength(value);
      pen.fillStyle = fill;
      pen.fillRect(x, y, Math.max(1, cellWidth - 1), CELL - 1);
      pen.globalAlpha = 1;
      const text = choice.measure.text(value);
      pen.fillStyle = ink;
      if (pen.measureText(text).width < cellWidth - 6) pen.fillText(text, x + cellWidth / 2, y + CELL / 2);
    });
  }

  private showScale({ colour, isLowStrong = false, text }: Measure, low: number, high: number): void {
    const ramp = element('span', { className: `ramp${isLowStrong ? ' from-strong' : ''}` });
    ramp.style.setProperty('--colour', `var(${colour})`);
    this.scale.replaceChildren(...(high > low ? [text(low), ramp, text(high)] : [`all ${text(high)}`]));
  }

  private onMove({ offsetX, offsetY }: PointerEvent): void {
    const { shown } = this;
    if (shown === null) return;
    const { rows, columns, cells, counts, choice } = shown;
    const [c, r] = [Math.floor((offsetX - this.labels) / this.cellWidth), Math.floor((offsetY - HEAD) / CELL)];
    const isInside = c >= 0 && r >= 0 && c < columns.names.length && r < rows.names.length;
    const cell = r * columns.names.length + c;
    this.tip.hidden = !isInside || counts[cell] === 0;
    if (this.tip.hidden) return;
    const value = Number.isNaN(cells[cell]) ? '–' : choice.measure.text(cells[cell]!);
    const place = `${choice.row.name}=${rows.names[r]} ${choice.column.name}=${columns.names[c]}`;
    this.tip.textContent = `${place}\n${choice.measure.title} ${value}, of ${counts[cell]}`;
    this.tip.style.left = `${Math.max(0, Math.min(this.element.clientWidth - this.tip.offsetWidth, offsetX + 12))}px`;
    this.tip.style.top = `${this.canvas.offsetTop + offsetY + 14}px`;
  }
}

function cut(pen: CanvasRenderingContext2D, text: string, room: number): string {
  if (pen.measureText(text).width <= room) return text;
  let length = text.length;
  while (length > 1 && pen.measureText(`${text.slice(0, length)}…`).width > room) length--;
  return `${text.slice(0, length)}…`;
}
