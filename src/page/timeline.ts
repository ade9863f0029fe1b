import { ruleColour } from '../model/rule-colours.ts';
import type { Data } from './data.ts';
import { element, styleValue } from './dom.ts';
import { count, duration, time } from './format.ts';
import {
  endsOf,
  linesOf,
  mostAtOnce,
  type Range,
  rowsByHost,
  rowsByRule,
  runningByRule,
  type TimelineRow,
  timeTicks,
  wholeRange,
} from './timeline-rows.ts';

/** In pixels. */
const LABELS = 190;
const AXIS = 24;
const RULE_ROW = 54;
const HOST_ROW = 34;
/** Of so many tasks in a row each is drawn; of more, how many ran at a time. */
const MAX_BARS = 600;
const MAX_LINES = 12;
/** A canvas has a largest size. */
const MAX_ROWS = 200;

/** A row as it was drawn last, for pointing at it. */
interface DrawnRow {
  readonly row: TimelineRow;
  readonly top: number;
  readonly height: number;
  readonly bars: readonly {
    readonly task: number;
    readonly x: number;
    readonly width: number;
    readonly y: number;
    readonly height: number;
  }[];
  /** By rule; null where bars are drawn. */
  readonly running: ReadonlyMap<number, Float64Array> | null;
}

/** When tasks ran, by rule or by host; a part of it after dragging over it. */
export class Timeline {
  readonly element: HTMLElement;
  private readonly data: Data;
  private readonly ends: Float64Array;
  private readonly whole: Range;
  private readonly rows: { readonly rule: TimelineRow[]; readonly host: TimelineRow[] };
  private readonly canvas = element('canvas');
  private readonly tip = element('div', { className: 'pointed', hidden: true });
  private readonly back = element('button', { type: 'button', hidden: true }, 'whole time');
  private readonly onTask: (task: number) => void;
  private by: 'rule' | 'host' = 'rule';
  private range: Range;
  private drawn: DrawnRow[] = [];
  private dragFrom: number | null = null;
  private dragTo = 0;

  /** null where nothing has run. */
  static of(data: Data, onTask: (task: number) => void): Timeline | null {
    const ends = endsOf(data);
    const whole = wholeRange(data, ends);
    return whole && new Timeline(data, ends, whole, onTask);
  }

  private constructor(data: Data, ends: Float64Array, whole: Range, onTask: (task: number) => void) {
    this.data = data;
    this.ends = ends;
    this.whole = whole;
    this.range = whole;
    this.onTask = onTask;
    this.rows = { rule: rowsByRule(data, ends), host: rowsByHost(data, ends) };
    const choice = (by: 'rule' | 'host'): HTMLButtonElement => {
      const button = element('button', { type: 'button' }, `by ${by}`);
      button.addEventListener('click', () => this.choose(by));
      button.dataset.by = by;
      return button;
    };
    const hint = element('span', { className: 'faint' }, 'Drag over a part to see it larger.');
    const bar = element('div', { className: 'bar' }, choice('rule'), choice('host'), this.back, hint);
    const plot = element('div', { className: 'plot' }, this.canvas);
    this.element = element('div', { className: 'timeline' }, bar, plot, this.tip);
    this.canvas.setAttribute('role', 'img');
    this.back.addEventListener('click', () => this.zoom(this.whole));
    this.canvas.addEventListener('pointerdown', (event) => this.onDown(event));
    this.canvas.addEventListener('pointermove', (event) => this.onMove(event));
    this.canvas.addEventListener('pointerup', (event) => this.onUp(event));
    this.canvas.addEventListener('pointercancel', () => {
      this.dragFrom = null;
      this.draw();
    });
    this.canvas.addEventListener('pointerleave', () => this.hideTip());
    this.canvas.addEventListener('dblclick', () => this.zoom(this.whole));
    new ResizeObserver(() => this.draw()).observe(plot);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
    this.choose('rule');
  }

  private choose(by: 'rule' | 'host'): void {
    this.by = by;
    for (const button of this.element.querySelectorAll<HTMLElement>('[data-by]'))
      button.setAttribute('aria-pressed', String(button.dataset.by === by));
    this.draw();
  }

  private zoom(range: Range): void {
    this.range = range;
    this.back.hidden = range === this.whole;
    this.draw();
  }

  // --- drawing ---

  private get width(): number {
    return this.canvas.parentElement?.clientWidth ?? 0;
  }

  private get labels(): number {
    return Math.min(LABELS, this.width * 0.3);
  }

  private xOf(seconds: number): number {
    const { from, to } = this.range;
    return this.labels + ((seconds - from) / (to - from)) * (this.width - this.labels);
  }

  private secondsAt(x: number): number {
    const { from, to } = this.range;
    const share = (x - this.labels) / (this.width - this.labels);
    return from + Math.min(1, Math.max(0, share)) * (to - from);
  }

  private draw(): void {
    const { width } = this;
    if (width === 0) return;
    const all = this.rows[this.by];
    const rows = all.slice(0, MAX_ROWS);
    const rowHeight = this.by === 'rule' ? RULE_ROW : HOST_ROW;
    const height = AXIS + rows.length * rowHeight + (all.length > rows.length ? AXIS : 0);
    const scale = Math.min(devicePixelRatio, 16_000 / height);
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.style.height = `${height}px`;
    this.canvas.setAttribute('aria-label', `When tasks ran, by ${this.by}: ${rows.map((row) => row.label).join(', ')}`);
    const pen = this.canvas.getContext('2d')!;
    pen.scale(scale, scale);
    pen.font = `12px ${styleValue('--font')}`;
    pen.textBaseline = 'middle';
    this.drawAxis(pen, height);
    this.drawn = rows.map((row, i) => this.drawRow(pen, row, AXIS + i * rowHeight, rowHeight));
    if (all.length > rows.length) {
      pen.fillStyle = styleValue('--faint');
      pen.fillText(`and ${count(all.length - rows.length)} more`, 0, height - AXIS / 2);
    }
    if (this.dragFrom !== null) {
      pen.fillStyle = styleValue('--select');
      pen.fillRect(Math.min(this.dragFrom, this.dragTo), AXIS, Math.abs(this.dragTo - this.dragFrom), height - AXIS);
    }
  }

  private drawAxis(pen: CanvasRenderingContext2D, height: number): void {
    const { originSeconds } = this.data.header;
    const { step, ticks } = timeTicks(this.range, originSeconds, (this.width - this.labels) / 95);
    pen.textAlign = 'center';
    for (const tick of ticks) {
      const x = this.xOf(tick - originSeconds);
      pen.fillStyle = styleValue('--rule');
      pen.fillRect(Math.round(x), AXIS - 4, 1, height);
      const text = tickText(tick, step);
      const half = pen.measureText(text).width / 2;
      pen.fillStyle = styleValue('--faint');
      if (x + half <= this.width && x - half >= this.labels - half) pen.fillText(text, x, AXIS / 2 - 2);
    }
    pen.textAlign = 'left';
  }

  private drawRow(pen: CanvasRenderingContext2D, row: TimelineRow, top: number, height: number): DrawnRow {
    const tasks = row.tasks.filter((t) => this.data.start[t]! <= this.range.to && this.ends[t]! >= this.range.from);
    const lines = tasks.length <= MAX_BARS ? linesOf(this.data, this.ends, tasks, MAX_LINES) : null;
    const room = { top: top + 6, height: height - 10 };
    const bars = lines === null ? [] : this.drawBars(pen, tasks, lines, room);
    const running = lines === null ? this.drawAreas(pen, tasks, room) : null;
    const most = running === null ? 0 : mostAtOnce(this.data, this.ends, tasks, this.range.from);
    pen.fillStyle = styleValue('--bad');
    for (const start of row.failures) {
      if (start < this.range.from || start > this.range.to) continue;
      pen.fillRect(Math.round(this.xOf(start)), top + height - 7, 1.5, 6);
    }
    pen.fillStyle = styleValue('--rule');
    pen.fillRect(0, top + height - 1, this.width, 1);
    this.drawLabel(pen, row, { top, height }, running === null ? '' : `up to ${count(most)} at a time`);
    return { row, top, height, bars, running };
  }

  private drawLabel(
    pen: CanvasRenderingContext2D,
    row: TimelineRow,
    at: { top: number; height: number },
    note: string,
  ): void {
    const isTall = at.height >= RULE_ROW && note !== '';
    let x = 0;
    if (this.by === 'rule') {
      pen.fillStyle = ruleColour(this.data.header.rules.findIndex((rule) => rule.name === row.label));
      pen.fillRect(0, at.top + at.height / 2 - (isTall ? 13 : 5), 9, 9);
      x = 15;
    }
    pen.fillStyle = styleValue('--ink');
    const room = this.labels - x - 10;
    pen.fillText(cut(pen, row.label, room), x, at.top + at.height / 2 - (isTall ? 8 : 0));
    pen.fillStyle = styleValue('--faint');
    if (isTall) pen.fillText(cut(pen, note, room), x, at.top + at.height / 2 + 9);
  }

  private drawBars(
    pen: CanvasRenderingContext2D,
    tasks: Uint32Array,
    lines: Uint8Array,
    room: { top: number; height: number },
  ): DrawnRow['bars'] {
    const lineCount = Math.max(0, ...lines) + 1;
    const line = Math.min(14, room.height / lineCount);
    const above = room.top + (room.height - line * lineCount) / 2;
    return Array.from(tasks, (task, i) => {
      const x = Math.max(this.labels, this.xOf(this.data.start[task]!));
      const right = Math.min(this.width, this.xOf(this.ends[task]!));
      const bar = {
        task,
        x,
        width: Math.max(1, right - x - 0.5),
        y: above + lines[i]! * line,
        height: Math.max(1.5, line - 1),
      };
      pen.fillStyle = ruleColour(this.data.rule[task]!);
      pen.globalAlpha = this.data.stateOf(task) === 'running' ? 0.45 : 1;
      pen.fillRect(bar.x, bar.y, bar.width, bar.height);
      pen.globalAlpha = 1;
      return bar;
    });
  }

  /** How many ran at a time; each row has its own scale, from none to its most. */
  private drawAreas(
    pen: CanvasRenderingContext2D,
    tasks: Uint32Array,
    { top, height }: { top: number; height: number },
  ): Map<number, Float64Array> {
    const bins = Math.max(1, Math.floor(this.width - this.labels));
    const running = runningByRule(this.data, this.ends, tasks, this.range, bins);
    const most = Math.max(1e-9, ...stacked(running));
    const below = new Float64Array(bins);
    for (const [rule, values] of [...running].sort(([a], [b]) => a - b)) {
      pen.fillStyle = ruleColour(rule);
      for (let bin = 0; bin < bins; bin++) {
        if (values[bin]! <= 0) continue;
        const high = Math.max(0.75, (values[bin]! / most) * height);
        pen.fillRect(this.labels + bin, top + height - below[bin]! - high, 1, high);
        below[bin]! += high;
      }
    }
    return running;
  }

  // --- pointing ---

  private onDown(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.dragFrom = Math.max(this.labels, event.offsetX);
    this.dragTo = this.dragFrom;
  }

  private onUp(event: PointerEvent): void {
    const from = this.dragFrom;
    this.dragFrom = null;
    if (from === null) return;
    if (Math.abs(event.offsetX - from) > 6) {
      const ends = [this.secondsAt(from), this.secondsAt(event.offsetX)].sort((a, b) => a - b);
      this.zoom({ from: ends[0]!, to: Math.max(ends[1]!, ends[0]! + 0.05) });
      return;
    }
    const bar = this.barAt(event.offsetX, event.offsetY);
    if (bar) this.onTask(bar.task);
    this.draw();
  }

  private onMove(event: PointerEvent): void {
    if (this.dragFrom !== null) {
      this.dragTo = Math.max(this.labels, event.offsetX);
      this.draw();
    }
    const text = this.textAt(event.offsetX, event.offsetY);
    this.tip.hidden = text === null;
    if (text === null) return;
    this.tip.textContent = text;
    const room = this.width - this.tip.offsetWidth - 8;
    this.tip.style.left = `${Math.max(0, Math.min(room, event.offsetX + 14))}px`;
    this.tip.style.top = `${this.canvas.parentElement!.offsetTop - this.canvas.parentElement!.scrollTop + event.offsetY + 16}px`;
  }

  private hideTip(): void {
    this.tip.hidden = true;
  }

  private rowAt(y: number): DrawnRow | undefined {
    return this.drawn.find(({ top, height }) => y >= top && y < top + height);
  }

  private barAt(x: number, y: number): DrawnRow['bars'][number] | undefined {
    // A bar of a pixel is hard to hit.
    return this.rowAt(y)?.bars.findLast(
      (b) => x >= b.x - 2 && x <= b.x + b.width + 2 && y >= b.y && y <= b.y + b.height + 1,
    );
  }

  private textAt(x: number, y: number): string | null {
    const row = this.rowAt(y);
    if (!row || x < this.labels) return null;
    const bar = this.barAt(x, y);
    const { data } = this;
    if (bar) {
      const state = data.stateOf(bar.task);
      const end = state === 'stopped' ? 'stopped' : `took ${duration(data.duration[bar.task]!)}`;
      const took = state === 'running' ? 'runs' : end;
      const host = data.header.hosts[data.host[bar.task]!];
      return `${data.taskName(bar.task)}\n${took}${host ? ` on ${host}` : ''}`;
    }
    const lines = [time(data.header.originSeconds + this.secondsAt(x))];
    for (const [rule, values] of row.running ?? []) {
      const running = values[Math.floor(x - this.labels)] ?? 0;
      if (running > 0) lines.push(`${data.header.rules[rule]!.name}: ${runningText(running)} at a time`);
    }
    return lines.join('\n');
  }
}

function runningText(running: number): string {
  return running >= 10 ? count(Math.round(running)) : running.toFixed(1);
}

function stacked(running: ReadonlyMap<number, Float64Array>): Float64Array {
  const sums = new Float64Array(Math.max(1, ...[...running.values()].map((values) => values.length)));
  for (const values of running.values()) for (let bin = 0; bin < values.length; bin++) sums[bin]! += values[bin]!;
  return sums;
}

function tickText(tick: number, step: number): string {
  const text = time(tick);
  if (step >= 86_400) return text.slice(0, 10);
  if (step >= 60) return text.slice(11, 16);
  if (step >= 1) return text.slice(11);
  // A tick is round but for the steps of a float.
  const hundredths = Math.round(tick * 100);
  return `${time(Math.floor(hundredths / 100)).slice(11)}.${String(hundredths % 100).padStart(2, '0')}`;
}

function cut(pen: CanvasRenderingContext2D, text: string, room: number): string {
  if (pen.measureText(text).width <= room) return text;
  let length = text.length;
  while (length > 1 && pen.measureText(`${text.slice(0, length)}…`).width > room) length--;
  return `${text.slice(0, length)}…`;
}
