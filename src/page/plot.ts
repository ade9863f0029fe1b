import type { Axis } from './axis.ts';
import { element, styleValue } from './dom.ts';

export interface PlotOptions {
  readonly title: string;
  /** For those who can't see it. */
  readonly label: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Of the points, in the units of the axes; what is NaN is not drawn. */
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  /** A line over them; a step each, or straight between them. */
  readonly line: { readonly xs: readonly number[]; readonly ys: readonly number[]; readonly isStep: boolean };
  /** What a point is, for pointing at it. */
  readonly textOf: (point: number) => string;
  readonly onPoint: (point: number) => void;
}

/** In pixels. */
const HEIGHT = 190;
const LEFT = 52;
const BOTTOM = 22;
const TOP = 8;
const NEAR = 8;

/** More points are small, and drawn as one picture. */
const MANY = 3000;
/** Of a point, in pixels. */
const SIZE = 4;
const SIZE_OF_MANY = 2;

/** So that the places where many lie over each other can be told from others. */
function opacity(count: number): number {
  return Math.max(0.12, Math.min(0.75, 900 / count));
}

/** Points and a line on two axes. */
export class Plot {
  readonly element: HTMLElement;
  private readonly options: PlotOptions;
  private readonly canvas = element('canvas');
  private readonly tip = element('div', { className: 'pointed', hidden: true });

  constructor(options: PlotOptions) {
    this.options = options;
    this.element = element('figure', { className: 'plot-box' }, element('figcaption', {}, options.title));
    this.element.append(this.canvas, this.tip);
    this.canvas.setAttribute('role', 'img');
    this.canvas.setAttribute('aria-label', options.label);
    this.canvas.addEventListener('pointermove', (event) => this.onMove(event));
    this.canvas.addEventListener('pointerleave', () => {
      this.tip.hidden = true;
    });
    this.canvas.addEventListener('click', (event) => {
      const point = this.pointAt(event.offsetX, event.offsetY);
      if (point >= 0) options.onPoint(point);
    });
    // Drawing it makes it as high as it is to be: that is no reason to draw again.
    new ResizeObserver(() => {
      if (this.element.clientWidth !== this.width) this.draw();
    }).observe(this.element);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  /** As it was drawn: to ask the page for each point is slow. */
  private width = 0;

  private xOf(point: number): number {
    const { x, xs } = this.options;
    const at = LEFT + x.shareOf(xs[point]!) * (this.width - LEFT - 6);
    if (x.categories === null) return at;
    // Side by side, the same at each drawing.
    const room = Math.min(40, ((this.width - LEFT) / x.categories) * 0.7);
    return at + (((point * 0.618_034) % 1) - 0.5) * room;
  }

  private yOf(value: number): number {
    // What lies beyond the axis is drawn at its end.
    const share = Math.min(1, Math.max(0, this.options.y.shareOf(value)));
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
  }

  private draw(): void {
    this.width = this.element.clientWidth;
    const { width } = this;
    if (width === 0) return;
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(HEIGHT * devicePixelRatio);
    this.canvas.style.height = `${HEIGHT}px`;
    const pen = this.canvas.getContext('2d')!;
    pen.scale(devicePixelRatio, devicePixelRatio);
    pen.font = `11px ${styleValue('--font')}`;
    this.drawAxes(pen);
    const { xs, ys, line, x } = this.options;
    if (xs.length > MANY) pen.drawImage(this.manyPoints(), 0, 0, width, HEIGHT);
    else {
      pen.fillStyle = styleValue('--point');
      pen.globalAlpha = opacity(xs.length);
      for (let p = 0; p < xs.length; p++) {
        if (Number.isNaN(xs[p]) || Number.isNaN(ys[p])) continue;
        pen.fillRect(this.xOf(p) - SIZE / 2, this.yOf(ys[p]!) - SIZE / 2, SIZE, SIZE);
      }
      pen.globalAlpha = 1;
    }
    pen.strokeStyle = styleValue('--ink');
    pen.lineWidth = 1.5;
    pen.beginPath();
    const half = x.categories === null ? 0 : Math.min(24, ((width - LEFT) / x.categories) * 0.4);
    line.xs.forEach((value, i) => {
      const at = LEFT + x.shareOf(value) * (width - LEFT - 6);
      const y = this.yOf(line.ys[i]!);
      if (half > 0) {
        pen.moveTo(at - half, y);
        pen.lineTo(at + half, y);
      } else if (i === 0) pen.moveTo(at, y);
      else {
        if (line.isStep) pen.lineTo(at, this.yOf(line.ys[i - 1]!));
        pen.lineTo(at, y);
      }
    });
    pen.stroke();
  }

  /** As one picture, each pixel by how many points lie over it: rectangles by the hundred thousand would take a second. */
  private manyPoints(): HTMLCanvasElement {
    const { xs, ys } = this.options;
    const { width, height } = this.canvas;
    const over = new Uint16Array(width * height);
    const size = Math.max(1, Math.round(SIZE_OF_MANY * devicePixelRatio));
    for (let p = 0; p < xs.length; p++) {
      if (Number.isNaN(xs[p]) || Number.isNaN(ys[p])) continue;
      const left = Math.round(this.xOf(p) * devicePixelRatio - size / 2);
      const top = Math.round(this.yOf(ys[p]!) * devicePixelRatio - size / 2);
      for (let y = Math.max(0, top); y < Math.min(height, top + size); y++)
        for (let x = Math.max(0, left); x < Math.min(width, left + size); x++) over[y * width + x]!++;
    }
    const picture = element('canvas', { width, height });
    const pen = picture.getContext('2d')!;
    const image = pen.createImageData(width, height);
    const { data } = image;
    const [, red, green, blue] = /^#(..)(..)(..)$/
      .exec(styleValue('--point'))!
      .map((part) => Number.parseInt(part, 16));
    const seenThrough = 1 - opacity(xs.length);
    for (let i = 0; i < over.length; i++) {
      if (over[i] === 0) continue;
      data[4 * i] = red!;
      data[4 * i + 1] = green!;
      data[4 * i + 2] = blue!;
      data[4 * i + 3] = 255 * (1 - seenThrough ** over[i]!);
    }
    pen.putImageData(image, 0, 0);
    return picture;
  }

  private drawAxes(pen: CanvasRenderingContext2D): void {
    const { x, y } = this.options;
    const { width } = this;
    pen.textBaseline = 'middle';
    pen.textAlign = 'right';
    for (const { at, text } of y.ticks) {
      const height = this.yOf(at);
      pen.fillStyle = styleValue('--rule');
      pen.fillRect(LEFT, Math.round(height), width - LEFT, 1);
      pen.fillStyle = styleValue('--faint');
      pen.fillText(text, LEFT - 6, height);
    }
    pen.textAlign = 'center';
    let last = Number.NEGATIVE_INFINITY;
    for (const { at, text } of x.ticks) {
      const place = LEFT + x.shareOf(at) * (width - LEFT - 6);
      const shown = text.length > 14 ? `${text.slice(0, 13)}…` : text;
      const half = pen.measureText(shown).width / 2;
      // A text that another one would cover is left out.
      if (place - half < last + 8 || place + half > width) continue;
      pen.fillStyle = styleValue('--faint');
      pen.fillText(shown, place, HEIGHT - BOTTOM / 2);
      last = place + half;
    }
  }

  /** The nearest one; -1 where none is near. */
  private pointAt(x: number, y: number): number {
    const { xs, ys } = this.options;
    let best = -1;
    let nearest = NEAR * NEAR;
    for (let p = 0; p < xs.length; p++) {
      if (Number.isNaN(xs[p]) || Number.isNaN(ys[p])) continue;
      const far = (this.xOf(p) - x) ** 2 + (this.yOf(ys[p]!) - y) ** 2;
      if (far < nearest) [best, nearest] = [p, far];
    }
    return best;
  }

  private onMove({ offsetX, offsetY }: PointerEvent): void {
    const point = this.pointAt(offsetX, offsetY);
    this.tip.hidden = point < 0;
    if (point < 0) return;
    this.tip.textContent = this.options.textOf(point);
    this.tip.style.left = `${Math.max(0, Math.min(this.width - this.tip.offsetWidth, offsetX + 12))}px`;
    this.tip.style.top = `${this.canvas.offsetTop + offsetY + 14}px`;
  }
}
