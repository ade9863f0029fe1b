import { countOf } from '../model/counts.ts';
import { REPORT_STATES, type ReportResult } from '../model/report-data.ts';
import { areNumbers } from '../model/value-bins.ts';
import { type Axis, categoryAxis, numberAxis, numberText, resultAxis, timeAxis } from './axis.ts';
import type { Data, ResultColumns } from './data.ts';
import { element } from './dom.ts';
import { count } from './format.ts';
import { Plot, type PlotOptions } from './plot.ts';
import { quantile, sortedKnown } from './statistics.ts';

/** Values of a param up to which each has a place of its own. */
const MAX_PLACES = 12;
/** More params than these make no plots: an experiment has few that matter. */
const MAX_PARAMS = 24;
/** Parts of an axis of numbers, for each of which the median is drawn, and points that there are for each on average. */
const MAX_PARTS = 10;
const PART_POINTS = 20;

/** Each result over time and against each param. */
export function resultSections(data: Data, onTask: (task: number) => void): HTMLElement[] {
  return data.header.results.map((result, r) => {
    const columns = data.results[r]!;
    const sorted = sortedKnown(columns.value);
    const { name, goal, params, over } = result;
    const superlative = goal === 'min' ? 'lowest' : 'highest';
    const heading = element('h3', {}, name, element('span', { className: 'faint' }, ` the ${superlative} is the best`));
    if (sorted.length === 0)
      return element('div', {}, heading, ...new ResultPlots(data, result, columns, sorted, onTask).best());
    const plots = new ResultPlots(data, result, columns, sorted, onTask);
    const shown = params.filter((param) => plots.tells(param)).slice(0, MAX_PARAMS);
    const grid = element('div', { className: 'plots' }, ...plots.soFar());
    grid.append(...shown.map((param) => plots.against(params.indexOf(param), over.includes(param))));
    return element('div', {}, heading, ...plots.best(), grid);
  });
}

/** What one setting came to. */
interface SettingMean {
  readonly mean: number;
  /** Repeats that are in, and that there are to be. */
  readonly count: number;
  readonly of: number;
  /** When the last of those that are in ended; NaN where not known. */
  readonly end: number;
  readonly point: number;
}

class ResultPlots {
  private readonly data: Data;
  private readonly result: ReportResult;
  private readonly columns: ResultColumns;
  private readonly y: Axis;
  private readonly ys: Float64Array;
  private readonly onTask: (task: number) => void;
  private readonly settings: readonly SettingMean[];

  constructor(
    data: Data,
    result: ReportResult,
    columns: ResultColumns,
    sorted: Float64Array,
    onTask: (task: number) => void,
  ) {
    this.data = data;
    this.result = result;
    this.columns = columns;
    this.onTask = onTask;
    this.y = resultAxis(sorted, result.goal);
    this.ys = Float64Array.from(columns.value, (value) => (Number.isFinite(value) ? value : Number.NaN));
    this.settings = this.settingMeans();
  }

  /** Whether a param says something beside the others: not where it has one value, or numbers the settings. */
  tells(param: string): boolean {
    const { params, over } = this.result;
    const ids = this.columns.params[params.indexOf(param)]!;
    const valueCount = new Set(ids).size;
    const others = params.filter((other) => other !== param && !over.includes(other));
    return valueCount > 1 && (others.length === 0 || over.includes(param) || !this.isIndex(param, valueCount));
  }

  /** `trial` of 0, 1, 2 and so on, which determines the rest. */
  private isIndex(param: string, valueCount: number): boolean {
    const texts = this.data.header.values[param]!;
    return valueCount === new Set(this.columns.setting).size && texts.every((text, i) => text === String(i));
  }

  private endOf(point: number): number {
    const task = this.columns.task[point]!;
    return this.data.start[task]! + this.data.duration[task]!;
  }

  /** By the repeats that are in; those without one, or of which one diverged, have no mean. */
  private settingMeans(): SettingMean[] {
    const { setting, value } = this.columns;
    const sums = new Map<number, { sum: number; count: number; of: number; end: number; point: number }>();
    setting.forEach((id, point) => {
      const known = sums.get(id) ?? { sum: 0, count: 0, of: 0, end: Number.NEGATIVE_INFINITY, point };
      sums.set(id, known);
      known.of++;
      if (Number.isNaN(value[point])) return;
      known.sum += value[point]!;
      known.count++;
      known.end = Math.max(known.end, this.endOf(point));
    });
    return [...sums.values()].flatMap(({ sum, count, ...rest }) =>
      count > 0 && Number.isFinite(sum) ? [{ mean: sum / count, count, ...rest }] : [],
    );
  }

  private isBetter(a: number, b: number): boolean {
    return this.result.goal === 'min' ? a < b : a > b;
  }

  /** In words: the best, and what is not in yet. */
  best(): HTMLElement[] {
    const { over, params } = this.result;
    const [first, ...others] = this.settings;
    if (!first) return [element('p', { className: 'faint' }, 'No setting has a finite mean yet.'), ...this.notIn()];
    const best = others.reduce((a, b) => (this.isBetter(b.mean, a.mean) ? b : a), first);
    const setting = params.filter((param) => !over.includes(param)).map((param) => this.paramText(param, best.point));
    const all = new Set(this.columns.setting).size;
    const inAll =
      this.settings.length === all
        ? countOf(all, 'setting')
        : `${count(this.settings.length)} of ${countOf(all, 'setting')}`;
    const repeats = best.count === best.of ? '' : ` (${count(best.count)} of ${count(best.of)} repeats)`;
    const of = over.length > 0 ? `, the mean over ${over.join(', ')}` : '';
    const whole = ` best of ${inAll}${of}: ${setting.join(' ')}${repeats}`;
    return [element('p', {}, element('strong', {}, numberText(best.mean)), whole), ...this.notIn()];
  }

  /** Files that are not in yet, by where their tasks stand. */
  private notIn(): HTMLElement[] {
    const { task, value } = this.columns;
    const counts = REPORT_STATES.map(() => 0);
    let diverged = 0;
    value.forEach((one, point) => {
      if (Number.isNaN(one)) counts[this.data.state[task[point]!]!]!++;
      else if (!Number.isFinite(one)) diverged++;
    });
    const absent = counts.reduce((sum, n) => sum + n, 0);
    const states = REPORT_STATES.flatMap((state, s) =>
      counts[s]! > 0 ? `${count(counts[s]!)} ${state === 'done' ? 'stale' : state}` : [],
    );
    const words = [
      ...(absent > 0
        ? [`Not in yet: ${count(absent)} of ${countOf(value.length, 'file')}: ${states.join(', ')}.`]
        : []),
      ...(diverged > 0 ? [`No finite number: ${countOf(diverged, 'file')}.`] : []),
    ];
    return words.length === 0 ? [] : [element('p', { className: 'faint' }, words.join(' '))];
  }

  private paramText(param: string, point: number): string {
    const ids = this.columns.params[this.result.params.indexOf(param)]!;
    return `${param}=${this.data.header.values[param]![ids[point]!]!}`;
  }

  private plot(title: string, x: Axis, xs: Float64Array, line: PlotOptions['line']): HTMLElement {
    const { name, params } = this.result;
    return new Plot({
      title,
      label: `${name}, ${title}`,
      x,
      y: this.y,
      xs,
      ys: this.ys,
      line,
      textOf: (point) =>
        `${name} ${numberText(this.ys[point]!)}\n${params.map((p) => this.paramText(p, point)).join(' ')}`,
      onPoint: (point) => this.onTask(this.columns.task[point]!),
    }).element;
  }

  /** The best so far, of settings with what is in of their repeats; none where the records do not tell when that was. */
  soFar(): HTMLElement[] {
    const inTime = this.settings.filter(({ end }) => Number.isFinite(end)).sort((a, b) => a.end - b.end);
    if (inTime.length === 0) return [];
    const xs = Float64Array.from(this.ys, (_, point) => this.endOf(point));
    const known = sortedKnown(xs);
    const from = known[0]!;
    const line = { xs: [] as number[], ys: [] as number[], isStep: true };
    for (const { mean, end } of inTime) {
      const before = line.ys.at(-1);
      line.xs.push(end);
      line.ys.push(before === undefined || this.isBetter(mean, before) ? mean : before);
    }
    const axis = timeAxis(known.at(-1)! - from);
    const shifted = { ...axis, shareOf: (value: number) => axis.shareOf(value - from) };
    const ticks = axis.ticks.map(({ at, text }) => ({ at: at + from, text }));
    return [this.plot('the best so far', { ...shifted, ticks }, xs, line)];
  }

  against(p: number, isRepeat: boolean): HTMLElement {
    const param = this.result.params[p]!;
    const ids = this.columns.params[p]!;
    const texts = this.data.header.values[param]!;
    const numbers = texts.map(Number);
    const isNumeric = areNumbers(texts);
    const title = isRepeat ? `by ${param}, a repeat` : `by ${param}`;
    if (isNumeric && texts.length > MAX_PLACES) {
      const axis = numberAxis(Float64Array.from(numbers).sort());
      const xs = Float64Array.from(ids, (id) => numbers[id]!);
      return this.plot(title, axis, xs, this.medians(axis, xs));
    }
    const order = [...texts.keys()];
    if (isNumeric) order.sort((a, b) => numbers[a]! - numbers[b]!);
    const placeOf = new Int32Array(texts.length);
    order.forEach((id, place) => {
      placeOf[id] = place;
    });
    const xs = Float64Array.from(ids, (id) => placeOf[id]!);
    const byPlace: number[][] = order.map(() => []);
    for (const [point, place] of xs.entries()) byPlace[place]!.push(this.ys[point]!);
    const medians = byPlace.map((values) => quantile(sortedKnown(values), 0.5));
    const known = [...medians.keys()].filter((place) => Number.isFinite(medians[place]));
    const line = { xs: known, ys: known.map((place) => medians[place]!), isStep: false };
    return this.plot(title, categoryAxis(order.map((id) => texts[id]!)), xs, line);
  }

  /** Of the points in each part of an axis, where there are enough. */
  private medians(axis: Axis, xs: Float64Array): PlotOptions['line'] {
    const count = Math.max(3, Math.min(MAX_PARTS, Math.floor(xs.length / PART_POINTS)));
    const parts: { x: number; y: number }[][] = Array.from({ length: count }, () => []);
    xs.forEach((x, point) => {
      const part = Math.min(count - 1, Math.max(0, Math.floor(axis.shareOf(x) * count)));
      if (Number.isFinite(this.ys[point])) parts[part]!.push({ x, y: this.ys[point]! });
    });
    const used = parts.filter((part) => part.length >= 3);
    const middle = (part: readonly { x: number; y: number }[], of: 'x' | 'y'): number =>
      quantile(sortedKnown(part.map((point) => point[of])), 0.5);
    return { xs: used.map((part) => middle(part, 'x')), ys: used.map((part) => middle(part, 'y')), isStep: false };
  }
}
