import type { SuccessRecord } from '../record.ts';
import type { AttemptPlace, Place } from '../start.ts';
import { RecordLine } from './record-line.ts';
import { Numbers, TaskNames } from './task-names.ts';

/** A record, and who made it: for those who look back, never for what is complete. */
export interface PlacedRecord extends SuccessRecord {
  /** null where that is not known. */
  readonly place: Place | null;
}

/** Lines of one journal that one writer wrote, from this one on. */
interface Part {
  readonly from: number;
  readonly place: AttemptPlace;
}

/**
 * The last success of tasks, by name. A line of a journal is read when its record is asked for: of a hundred thousand
 * tasks nothing is kept but where their lines begin. A task goes by its number in `names`.
 */
export class Records {
  readonly names = new TaskNames();
  /** By task: the journal in which its record stands, and where the line begins; -1 for none. */
  private readonly journals = new Numbers();
  private readonly lines = new Numbers();
  private count = 0;
  /** Those of which a record was kept once. */
  private known = 0;
  /** By journal. */
  private readonly parts: Part[][] = [];
  /** By task, where its `started` line begins in the journal that is being read; -1 where it has none that is open. */
  readonly starts = new Numbers();
  /** Of records that are copies of older ones: who made those. */
  private readonly copied = new Map<number, Place | null>();

  /** A journal whose lines are to be taken in; returns its number. */
  addJournal(bytes: Buffer): number {
    this.parts.push([]);
    return this.names.addJournal(bytes);
  }

  /** From this line on, `place` wrote what is taken in. */
  addPart(journal: number, part: Part): void {
    this.parts[journal]!.push(part);
  }

  /** A whole `done` line. `isCopy`: it tells of a success that a line before it told of, perhaps. */
  take(task: number, journal: number, line: number, isCopy: boolean): void {
    if (isCopy) this.copied.set(task, this.record(task)?.place ?? null);
    else if (this.copied.size > 0) this.copied.delete(task);
    if (this.lines.get(task) === -1) this.count++;
    this.known = Math.max(this.known, task + 1);
    this.journals.set(task, journal);
    this.lines.set(task, line);
  }

  get size(): number {
    return this.count;
  }

  has(name: string): boolean {
    return this.count > 0 && this.lines.get(this.names.find(name)) !== -1;
  }

  get(name: string): PlacedRecord | undefined {
    return this.count > 0 ? this.record(this.names.find(name)) : undefined;
  }

  /** What compares with a record; undefined where there is none. */
  line(task: number): RecordLine | undefined {
    const line = this.lines.get(task);
    return line === -1 ? undefined : new RecordLine(this.names.journal(this.journals.get(task)), line);
  }

  delete(task: number): void {
    if (this.lines.get(task) === -1) return;
    this.lines.set(task, -1);
    this.copied.delete(task);
    this.count--;
  }

  *keys(): Generator<string> {
    for (const [name] of this) yield name;
  }

  *[Symbol.iterator](): Generator<[string, PlacedRecord]> {
    for (let task = 0; task < this.known; task++) {
      const record = this.record(task);
      if (record !== undefined) yield [this.names.text(task), record];
    }
  }

  private record(task: number): PlacedRecord | undefined {
    const line = this.lines.get(task);
    if (line === -1) return undefined;
    const journal = this.journals.get(task);
    const copied = this.copied.size > 0 ? this.copied.get(task) : undefined;
    const place = copied === undefined ? this.placeOf(journal, line) : copied;
    return parseDone(this.names.journal(journal), line, place);
  }

  private placeOf(journal: number, line: number): AttemptPlace {
    const parts = this.parts[journal]!;
    let low = 0;
    let high = parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (parts[middle]!.from <= line) low = middle;
      else high = middle - 1;
    }
    return parts[low]!.place;
  }
}

/** The line that begins there: `done TASK FINGERPRINT CHECKS DURATION_SECONDS INPUTS OUTPUTS [PEAK_MIB] .` */
function parseDone(bytes: Buffer, start: number, place: Place | null): PlacedRecord {
  const line = bytes.toString('utf8', start, bytes.indexOf('\n', start));
  const [, , fingerprint, checks, duration, inputs, outputs, peak] = line.split('\t');
  return {
    fingerprint: fingerprint!,
    checks: checks!,
    durationSeconds: Number(duration),
    inputs: inputs!,
    outputs: outputs!,
    // The mark, where there is none.
    peakMiB: peak === '.' ? null : Number(peak),
    place,
  };
}
