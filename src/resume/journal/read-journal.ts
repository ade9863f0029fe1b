import { type History, MERGED, NEVER_STARTED, parseRunLine, peakAfter } from '../history.ts';
import { parseProblem } from '../problem-text.ts';
import type { AttemptPlace } from '../start.ts';
import { interruptedOnceMore, parseCause } from '../stop.ts';
import { TAB } from './task-names.ts';

/** Fields of a line by its kind, the mark among them; without a peak of memory. */
const FIELDS = { started: 6, done: 8, failed: 6, blocked: 4, interrupted: 5, end: 3 } as const;
/** An `interrupted` line as it was written once: without a cause. */
const BARE_INTERRUPTED = 3;

/** Take in the lines of one journal, which come after those taken in before. Its bytes are kept, and must not change. */
export function readInto(history: History, bytes: Buffer): void {
  new JournalReader(history, bytes).read();
}

const NEWLINE = 0x0a;
const MARK_BYTE = 0x2e;
const DONE = Buffer.from('done\t');
const STARTED = Buffer.from('started\t');

class JournalReader {
  private readonly history: History;
  private readonly bytes: Buffer;
  private readonly journal: number;
  private place: AttemptPlace = { host: '', slurmId: '', writerBegan: '' };
  private isMerged = false;
  /** Whether a record of this place was taken in. */
  private hasPart = false;
  /** Tasks that started: most ends come soon, and where they have one, `Records.starts` knows of no start any more. */
  private readonly begun: number[] = [];
  private readonly succeeded: number[] = [];

  constructor(history: History, bytes: Buffer) {
    this.history = history;
    this.bytes = bytes;
    this.journal = history.records.addJournal(bytes);
  }

  read(): void {
    const { bytes } = this;
    const { length } = bytes;
    let start = 0;
    let fields = 1;
    for (let at = 0; at < length; at++) {
      const byte = bytes[at];
      if (byte === TAB) fields++;
      else if (byte === NEWLINE) {
        if (bytes[at - 1] === MARK_BYTE && bytes[at - 2] === TAB) this.line(start, at, fields);
        start = at + 1;
        fields = 1;
      }
    }
    this.keepOpen();
    for (const task of this.succeeded) this.history.markedPerhaps.add(this.history.records.names.text(task));
  }

  /** Nearly all lines are of the first two kinds, of which no text is made. */
  private line(start: number, end: number, fields: number): void {
    if (this.begins(start, DONE)) this.done(start, end, fields);
    else if (this.begins(start, STARTED)) this.started(start, fields);
    else this.other(this.bytes.toString('utf8', start, end).split('\t'));
  }

  private begins(start: number, word: Buffer): boolean {
    for (let i = 0; i < word.length; i++) if (this.bytes[start + i] !== word[i]) return false;
    return true;
  }

  private started(start: number, fields: number): void {
    if (fields !== FIELDS.started) return;
    const task = this.taskAt(start + STARTED.length);
    this.history.records.starts.set(task, start);
    this.begun.push(task);
    const { interruptions, records } = this.history;
    if (interruptions.size > 0 && interruptions.get(records.names.text(task))?.isOver)
      interruptions.delete(records.names.text(task));
    this.isWell(task);
  }

  private done(start: number, end: number, fields: number): void {
    if (fields !== FIELDS.done && !(fields === FIELDS.done + 1 && this.hasPeak(end))) return;
    const task = this.taskAt(start + DONE.length);
    const began = this.forgetStart(task);
    const { records } = this.history;
    if (!this.hasPart) records.addPart(this.journal, { from: start, place: this.place });
    this.hasPart = true;
    // Without a start it is a copy of an older record, made by somebody else.
    records.take(task, this.journal, start, !began && !this.isMerged);
    if (began) this.succeeded.push(task);
    this.endInterruptions(task);
    this.isWell(task);
  }

  /** Whether the last field before the mark of a line that ends there is one. */
  private hasPeak(end: number): boolean {
    const field = this.bytes.lastIndexOf(TAB, end - 3) + 1;
    return peakAfter([this.bytes.toString('latin1', field, end - 2), '.'], 1) !== undefined;
  }

  private other(fields: readonly string[]): void {
    const { unfinished, failed, blocked, stopped, interruptions } = this.history;
    if (fields[0] === 'run') {
      this.run(fields);
      return;
    }
    if (fields[0] === 'preload') {
      if (fields.length === 4) this.history.preloads.push({ id: fields[1]!, seconds: fields[2]! });
      return;
    }
    const kind = fields[0] as keyof typeof FIELDS;
    const task = fields[1]!;
    // The number of fields, too: a torn line may have a later one behind it.
    const isBare = kind === 'interrupted' && fields.length === BARE_INTERRUPTED;
    const peakMiB = isBare ? null : peakAfter(fields, FIELDS[kind]);
    if (peakMiB === undefined || (peakMiB !== null && kind !== 'failed')) return;
    switch (kind) {
      case 'failed': {
        const attempt = Number(fields[2]);
        failed.set(task, {
          ...this.place,
          attempt,
          status: fields[3] === '' ? null : Number(fields[3]),
          problem: parseProblem(fields[4]!),
          peakMiB,
        });
        blocked.delete(task);
        stopped.delete(task);
        // It never started: what stands at its outputs is as it was.
        if (attempt === NEVER_STARTED) break;
        // Its outputs were removed: there is nothing that could be taken for complete.
        this.forgetRecord(task);
        break;
      }
      case 'blocked':
        blocked.set(task, { cause: fields[2]!, slurmId: this.place.slurmId });
        failed.delete(task);
        stopped.delete(task);
        break;
      case 'interrupted': {
        this.keepOpen();
        const began = unfinished.get(task) ?? { ...this.place, attempt: 0, seconds: 0, processGroup: 0 };
        const ended = Number(fields[3]);
        stopped.set(task, {
          ...began,
          cause: parseCause(isBare ? undefined : fields[2]),
          endSeconds: !isBare && ended > 0 ? ended : null,
        });
        if (ended > 0) interruptions.set(task, interruptedOnceMore(interruptions.get(task), ended, began.seconds));
        this.forgetRecord(task);
        failed.delete(task);
        blocked.delete(task);
        break;
      }
      case 'end':
        this.succeeded.length = 0;
        break;
    }
  }

  private run(fields: readonly string[]): void {
    const place = parseRunLine(fields);
    if (place === null) return;
    this.keepOpen();
    this.place = place;
    this.isMerged = place.writerBegan === MERGED;
    this.hasPart = false;
  }

  /** Starts that are open are of the place so far. */
  private keepOpen(): void {
    for (const task of this.begun) {
      const line = this.history.records.starts.get(task);
      if (line === -1) continue;
      const fields = this.bytes.toString('utf8', line, this.bytes.indexOf(NEWLINE, line)).split('\t');
      const [, name, attempt, seconds, processGroup] = fields;
      this.history.unfinished.set(name!, {
        ...this.place,
        attempt: Number(attempt),
        seconds: Number(seconds),
        processGroup: Number(processGroup),
      });
      this.history.records.starts.set(task, -1);
    }
    this.begun.length = 0;
  }

  /** Neither a success nor a start of it counts any more. */
  private forgetRecord(name: string): void {
    const { records } = this.history;
    const task = records.names.find(name);
    if (task !== -1) {
      records.delete(task);
      this.history.records.starts.set(task, -1);
    }
    this.history.unfinished.delete(name);
  }

  /** Whether there was one. */
  private forgetStart(task: number): boolean {
    const { unfinished, records } = this.history;
    const wasOpen = this.history.records.starts.get(task) !== -1;
    if (wasOpen) this.history.records.starts.set(task, -1);
    return (unfinished.size > 0 && unfinished.delete(records.names.text(task))) || wasOpen;
  }

  private endInterruptions(task: number): void {
    const { interruptions, records } = this.history;
    if (interruptions.size === 0) return;
    const name = records.names.text(task);
    const known = interruptions.get(name);
    if (known !== undefined && !known.isOver) interruptions.set(name, { ...known, isOver: true });
  }

  /** Most journals tell of no failure: nothing is looked up in maps that stay empty. */
  private isWell(task: number): void {
    const { failed, blocked, stopped, records } = this.history;
    if (failed.size + blocked.size + stopped.size === 0) return;
    const name = records.names.text(task);
    failed.delete(name);
    blocked.delete(name);
    stopped.delete(name);
  }

  private taskAt(start: number): number {
    return this.history.records.names.take(this.journal, start);
  }
}
