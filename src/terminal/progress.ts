import type { Counts, RuleCounts } from '../model/counts.ts';
import { DrawnLines } from './drawn-lines.ts';
import { Pace } from './pace.ts';
import { plainLine, progressLines } from './progress-lines.ts';
import { paint, type Style } from './terminal.ts';

/** Where progress goes: lines that are drawn again on a terminal, now and then a plain line elsewhere. */
export class Progress {
  private readonly stream: NodeJS.WriteStream;
  private readonly style: Style;
  private readonly live: boolean;
  private readonly quiet: boolean;
  private lastShownAt = performance.now();
  /** So short that a change of rule shows. */
  private readonly pace = new Pace(30, this.lastShownAt, 0);
  private readonly drawn: DrawnLines;

  constructor(stream: NodeJS.WriteStream, { style, quiet, live }: { style: Style; quiet: boolean; live: boolean }) {
    this.stream = stream;
    this.drawn = new DrawnLines(stream);
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
    this.drawn.draw(progressLines(counts, byRule(), rate, this.drawn.room, this.style));
  }

  /** Write a line above the progress. */
  log(line: string): void {
    this.drawn.above(line);
  }

  clear(): void {
    this.drawn.clear();
  }

  failure(text: string): void {
    this.log(`${paint(this.style, ['bold', 'red'], 'failed')} ${text}`);
  }

  warning(text: string): void {
    this.log(`${paint(this.style, ['bold', 'yellow'], 'warning')}: ${text}`);
  }
}
