import type { SuccessRecord } from './record.ts';
import type { AttemptPlace, Place } from './start.ts';

/** A record, and who made it: for those who look back, never for what is complete. */
export interface PlacedRecord extends SuccessRecord {
  /** null where that is not known. */
  readonly place: Place | null;
}

/** Lines of one journal that one writer wrote; those of all journals are numbered by where they begin, in one count. */
interface Part {
  /** Of its first line that tells of a success. */
  readonly from: number;
  /** The number of the first character of `text`. */
  readonly base: number;
  readonly text: string;
  readonly place: AttemptPlace;
}

/**
 * The last success of tasks, by name. A line of a journal is read when its record is asked for: of a hundred thousand
 * tasks nothing is kept but where their lines begin.
 */
export class Records {
  private readonly lines = new Map<string, number>();
  private readonly parts: Part[] = [];
  private end = 0;
  /** Of records that are copies of older ones: who made those. */
  private readonly copied = new Map<string, Place | null>();

  /** A journal whose lines are to be taken in; returns the number of its first character. */
  addText(text: string): number {
    const base = this.end;
    this.end += text.length;
    return base;
  }

  /** From this line on, `place` wrote what is taken in. */
  addPart(part: Part): void {
    this.parts.push(part);
  }

  /** A whole `done` line by its number. `isCopy`: it tells of a success that a line before it told of, perhaps. */
  take(task: string, line: number, isCopy: boolean): void {
    if (isCopy) this.copied.set(task, this.get(task)?.place ?? null);
    else if (this.copied.size > 0) this.copied.delete(task);
    this.lines.set(task, line);
  }

  get size(): number {
    return this.lines.size;
  }

  has(task: string): boolean {
    return this.lines.has(task);
  }

  get(task: string): PlacedRecord | undefined {
    const line = this.lines.get(task);
    if (line === undefined) return undefined;
    const { text, base, place } = this.partOf(line);
    const copied = this.copied.size > 0 ? this.copied.get(task) : undefined;
    return parseDone(text, line - base, copied === undefined ? place : copied);
  }

  delete(task: string): void {
    if (this.lines.delete(task)) this.copied.delete(task);
  }

  keys(): Iterable<string> {
    return this.lines.keys();
  }

  *[Symbol.iterator](): Generator<[string, PlacedRecord]> {
    for (const task of this.lines.keys()) yield [task, this.get(task)!];
  }

  private partOf(line: number): Part {
    let low = 0;
    let high = this.parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.parts[middle]!.from <= line) low = middle;
      else high = middle - 1;
    }
    return this.parts[low]!;
  }
}

/** The line that begins there: `done TASK FINGERPRINT CHECKS DURATION_SECONDS INPUTS OUTPUTS [PEAK_MIB] .` */
function parseDone(text: string, start: number, place: Place | null): PlacedRecord {
  const fingerprint = text.indexOf('\t', text.indexOf('\t', start) + 1) + 1;
  const checks = text.indexOf('\t', fingerprint) + 1;
  const duration = text.indexOf('\t', checks) + 1;
  const inputs = text.indexOf('\t', duration) + 1;
  const outputs = text.indexOf('\t', inputs) + 1;
  const peak = text.indexOf('\t', outputs) + 1;
  return {
    fingerprint: text.slice(fingerprint, checks - 1),
    checks: text.slice(checks, duration - 1),
    durationSeconds: Number(text.slice(duration, inputs - 1)),
    inputs: text.slice(inputs, outputs - 1),
    outputs: text.slice(outputs, peak - 1),
    // The mark, where there is none.
    peakMiB: text.startsWith('.', peak) ? null : Number(text.slice(peak, text.indexOf('\t', peak))),
    place,
  };
}
