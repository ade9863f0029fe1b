import type { Counts } from '../model/counts.ts';
import { formatCount, formatDuration, paint, type Style } from './terminal.ts';

/** Where progress goes: a line that is drawn again on a terminal, now and then a plain line elsewhere. */
export class Progress {
  private readonly stream: NodeJS.WriteStream;
  private readonly style: Style;
  private readonly live: boolean;
  private readonly quiet: boolean;
  private readonly beganAt = performance.now();
  private lastShownAt = 0;
  private drawn = false;
  private readonly recent: { at: number; ended: number }[] = [];

  constructor(stream: NodeJS.WriteStream, { style, quiet, live }: { style: Style; quiet: boolean; live: boolean }) {
    this.stream = stream;
    this.style = style;
    this.quiet = quiet;
    this.live = live;
    this.lastShownAt = this.beganAt;
  }

  update(counts: Counts): void {
    if (this.quiet) return;
    const now = performance.now();
    const interval = this.live ? 150 : 10_000;
    if (now - this.lastShownAt < interval) return;
    this.lastShownAt = now;
    const line = this.line(counts, now);
    if (!this.live) {
      this.stream.write(`${line}\n`);
      return;
    }
    this.stream.write(`\r\u001b[K${line.slice(0, Math.max(20, (this.stream.columns ?? 80) - 1))}`);
    this.drawn = true;
  }

  /** Write a line above the progress. */
  log(line: string): void {
    this.clear();
    this.stream.write(`${line}\n`);
  }

  clear(): void {
    if (this.drawn) this.stream.write('\r\u001b[K');
    this.drawn = false;
  }

  private line(counts: Counts, now: number): string {
    const ended = counts.done + counts.failed + counts.blocked;
    const percent = counts.total === 0 ? 100 : Math.floor((ended / counts.total) * 100);
    const rate = this.rate(ended, now);
    const parts = [
      `${formatCount(ended)} of ${formatCount(counts.total)} tasks`,
      `${percent} %`,
      `${formatCount(counts.running)} running`,
    ];
    if (counts.failed > 0) parts.push(`${formatCount(counts.failed)} failed`);
    if (counts.blocked > 0) parts.push(`${formatCount(counts.blocked)} blocked`);
    if (rate > 0) {
      parts.push(rate >= 1 ? `${formatCount(Math.round(rate))}/s` : `${(rate * 60).toFixed(1)}/min`);
      parts.push(`${formatDuration((counts.total - ended) / rate)} left`);
    }
    return parts.join('  ');
  }

  /** Tasks a second over the last half minute, so that a change of rule shows. */
  private rate(ended: number, now: number): number {
    this.recent.push({ at: now, ended });
    while (this.recent.length > 2 && now - this.recent[0]!.at > 30_000) this.recent.shift();
    const first = this.recent.length > 1 ? this.recent[0]! : { at: this.beganAt, ended: 0 };
    return now === first.at ? 0 : ((ended - first.ended) / (now - first.at)) * 1000;
  }

  failure(text: string): void {
    this.log(`${paint(this.style, ['bold', 'red'], 'failed')} ${text}`);
  }

  warning(text: string): void {
    this.log(`${paint(this.style, ['bold', 'yellow'], 'warning')}: ${text}`);
  }
}
