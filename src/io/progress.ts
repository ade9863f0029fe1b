import type { Counts, RuleCounts } from '../model/counts.ts';
import { Pace } from './pace.ts';
import { plainLine, progressLines } from './progress-lines.ts';
import { displayWidth, paint, type Style, withoutColour } from './terminal.ts';

/** Where progress goes: lines that are drawn again on a terminal, now and then a plain line elsewhere. */
export class Progress {
  private readonly stream: NodeJS.WriteStream;
  private readonly style: Style;
  private readonly live: boolean;
  private readonly quiet: boolean;
  private lastShownAt = performance.now();
  /** So short that a change of rule shows. */
  private readonly pace = new Pace(30, this.lastShownAt, 0);
  /** What stands on the terminal now, the cursor below it. */
  private drawn: readonly string[] = [];

  constructor(stream: NodeJS.WriteStream, { style, quiet, live }: { style: Style; quiet: boolean; live: boolean }) {
    this.stream = stream;
    this.style = style;
    this.quiet = quiet;
    this.live = live;
  }

  /** Called at each change: `byRule` costs more, and is asked only where something is shown. */
  update(counts: Counts, byRule: () => readonly RuleCounts[]): void {
    if (this.quiet) return;
    const now = performance.now();
    const interval = this.live ? 150 : 10_000;
    if (now - this.lastShownAt < interval) return;
    this.lastShownAt = now;
    const rate = this.pace.rate(counts.done + counts.failed, now);
    if (!this.live) {
      this.stream.write(`${plainLine(counts, byRule(), rate)}\n`);
      return;
    }
    const { columns, rows } = this.stream;
    // A terminal that does not know its size says 0.
    const room = { columns: columns || 80, rows: rows || 24 };
    const lines = progressLines(counts, byRule(), rate, room, this.style);
    // One write, and each line over the old one: nothing flickers.
    this.stream.write(`${this.up()}${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
    this.drawn = lines;
  }

  /** Write a line above the progress. */
  log(line: string): void {
    const below = this.drawn.map((l) => `${l}\n`).join('');
    this.stream.write(`${this.erase()}${line}\n${below}`);
  }

  clear(): void {
    if (this.drawn.length > 0) this.stream.write(this.erase());
    this.drawn = [];
  }

  private erase(): string {
    return this.drawn.length === 0 ? '' : `${this.up()}\u001b[J`;
  }

  /** To the first line drawn; in a terminal made narrower since, lines have wrapped. */
  private up(): string {
    const columns = this.stream.columns || 80;
    let height = 0;
    for (const line of this.drawn) height += Math.max(1, Math.ceil(displayWidth(withoutColour(line)) / columns));
    return height === 0 ? '' : `\u001b[${height}A`;
  }

  failure(text: string): void {
    this.log(`${paint(this.style, ['bold', 'red'], 'failed')} ${text}`);
  }

  warning(text: string): void {
    this.log(`${paint(this.style, ['bold', 'yellow'], 'warning')}: ${text}`);
  }
}
