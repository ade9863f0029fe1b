import type { Problem } from '../model/problem.ts';
import { parseProblem, problemText } from './problem-text.ts';
import type { SuccessRecord } from './record.ts';
import { Records } from './records.ts';
import type { AttemptPlace, Start } from './start.ts';
import { type Interruptions, interruptedOnceMore, parseCause, type Stop } from './stop.ts';

/**
 * What happened to tasks, one line an event, one file a writer, only ever appended to. A task is named by the path of its
 * first output, which outlives edits of the spec. Fields are separated by tabs and every line is closed by a mark, so that
 * a torn last line is seen and ignored. Times are seconds since 1970, with a fraction where the writer knows it.
 * `templates/slurm/` and `templates/make/` write the same lines.
 *
 *     run         VERSION TIME HOST SLURM_ID           the writer of the lines that follow; SLURM_ID is empty elsewhere
 *     started     TASK ATTEMPT SECONDS PROCESS_GROUP
 *     done        TASK FINGERPRINT CHECKS DURATION_SECONDS INPUTS OUTPUTS [PEAK_MIB]
 *     failed      TASK ATTEMPT STATUS PROBLEM [PEAK_MIB]      PROBLEM: CODE or CODE:DETAIL:…; see `FAILURE_WORDS`
 *     blocked     TASK CAUSE
 *     interrupted TASK CAUSE SECONDS                   stopped, and not by its own limit; see `WRITTEN_CAUSES`
 *     preload     ID SECONDS                           an interpreter is kept up, and how long its imports took
 *     end         STATUS
 */
export const MARK = '.';
/** The form of the lines that wfc and its scripts write. The first had no number: `run TIME HOST SLURM_ID`, and words in place of codes. */
export const JOURNAL_VERSION = 2;
/** In place of the time in a `run` line that only tells where the records after it were made. */
export const MERGED = '0';

/** One text for an attempt, other than for any other attempt at the same task. */
export function attemptId({ writerBegan, slurmId, attempt }: AttemptPlace & { readonly attempt: number }): string {
  return `${writerBegan}/${slurmId}/${attempt}`;
}

/** In place of the number of an attempt: the task was refused before its command could start. */
export const NEVER_STARTED = 0;

/** An attempt that failed. */
export interface FailedAttempt extends AttemptPlace {
  /** Counted from 1, or `NEVER_STARTED`. */
  readonly attempt: number;
  /** Exit status; null where there is none: it never started, or its shell was lost. */
  readonly status: number | null;
  readonly problem: Problem;
  /** As in a record. */
  readonly peakMiB: number | null;
}

/** A task that did not run. */
export interface Block {
  /** The task that failed, was blocked or stopped. */
  readonly cause: string;
  /** As in `Place`, of the one who wrote it. */
  readonly slurmId: string;
}

/** What all journals together say, by task. */
export interface History {
  /** Its last success, where no attempt failed since. */
  readonly records: Records;
  /** A start after its last success, and no end. */
  readonly unfinished: Map<string, Start>;
  /** Its last attempt failed. */
  readonly failed: Map<string, FailedAttempt>;
  /** It did not run, since another task had not succeeded. */
  readonly blocked: Map<string, Block>;
  /** Its last attempt was stopped. */
  readonly stopped: Map<string, Stop>;
  /** Of tasks that were stopped and began again, or are to. */
  readonly interruptions: Map<string, Interruptions>;
  /** Succeeded under a writer that did not come to its end: their markers may still stand. See `markerPath`. */
  readonly markedPerhaps: Set<string>;
  /** `preload` lines, for pictures of the past: see `AttemptHistory`. */
  readonly preloads: { readonly id: string; readonly seconds: string }[];
}

export function emptyHistory(): History {
  return {
    records: new Records(),
    unfinished: new Map(),
    failed: new Map(),
    blocked: new Map(),
    stopped: new Map(),
    interruptions: new Map(),
    markedPerhaps: new Set(),
    preloads: [],
  };
}

/** Fields of a line by its kind, the mark among them; without a peak of memory. */
const FIELDS = { started: 6, done: 8, failed: 6, blocked: 4, interrupted: 5, end: 3 } as const;
/** An `interrupted` line as it was written once: without a cause. */
const BARE_INTERRUPTED = 3;

/** The peak of memory that ends a line with so many fields besides; null where there is none, undefined for other lines. */
export function peakAfter(fields: readonly string[], usual: number): number | null | undefined {
  if (fields.length === usual) return null;
  const peak = fields[usual - 1];
  // In a torn line with a later one behind it, something else is there.
  return fields.length === usual + 1 && /^[1-9]\d*$/.test(peak!) ? Number(peak) : undefined;
}

/** A journal of a later version than is known here. */
export class NewerJournal extends Error {
  readonly code = 'ENEWER';
  /** Of the journal; '' until its reader tells. */
  path = '';

  constructor(version: string) {
    super(`a newer wfc wrote this journal (version ${version}; this one reads up to ${JOURNAL_VERSION}): use that one`);
  }
}

/** What a `run` line tells; null for a torn line. Throws a `NewerJournal`, rather than misread what follows. */
export function parseRunLine(fields: readonly string[]): AttemptPlace | null {
  const [, version = '', ...rest] = fields;
  // The first version had no number here; lines of later ones never have so few fields.
  if (fields.length === 5) return { writerBegan: version, host: rest[0]!, slurmId: rest[1]! };
  if (version === String(JOURNAL_VERSION))
    return fields.length === 6 ? { writerBegan: rest[0]!, host: rest[1]!, slurmId: rest[2]! } : null;
  if (/^\d{1,4}$/.test(version) && Number(version) > JOURNAL_VERSION) throw new NewerJournal(version);
  return null;
}

export function runLine({ writerBegan, host, slurmId }: AttemptPlace): string {
  return journalLine('run', JOURNAL_VERSION, writerBegan, host, slurmId);
}

/** Take in the lines of one journal, which come after those taken in before. */
export function readInto(history: History, text: string): void {
  new JournalReader(history, text).read();
}

const TAB = 0x09;

class JournalReader {
  private readonly history: History;
  private readonly text: string;
  private readonly base: number;
  private place: AttemptPlace = { host: '', slurmId: '', writerBegan: '' };
  private isMerged = false;
  /** Whether a record of this place was taken in. */
  private hasPart = false;
  /** Where `started` lines begin that have no end so far, by task: most have one soon, and are never read further. */
  private readonly open = new Map<string, number>();
  private readonly succeeded: string[] = [];

  constructor(history: History, text: string) {
    this.history = history;
    this.text = text;
    this.base = history.records.addText(text);
  }

  read(): void {
    const { text } = this;
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      if (text.startsWith(MARK, end - 1) && text.charCodeAt(end - 2) === TAB) this.line(start, end);
      start = end + 1;
    }
    this.keepOpen();
    for (const task of this.succeeded) this.history.markedPerhaps.add(task);
  }

  /** Nearly all lines are of the first two kinds; their fields are counted, and of those only the task is cut out. */
  private line(start: number, end: number): void {
    if (this.text.startsWith('done\t', start)) this.done(start, end);
    else if (this.text.startsWith('started\t', start)) this.started(start, end);
    else this.other(this.text.slice(start, end).split('\t'));
  }

  private started(start: number, end: number): void {
    if (countFields(this.text, start, end) !== FIELDS.started) return;
    const task = this.field(start + 'started\t'.length);
    this.open.set(task, start);
    const { interruptions } = this.history;
    if (interruptions.size > 0 && interruptions.get(task)?.isOver) interruptions.delete(task);
    this.isWell(task);
  }

  private done(start: number, end: number): void {
    const count = countFields(this.text, start, end);
    if (count !== FIELDS.done && peakAfter(this.text.slice(start, end).split('\t'), FIELDS.done) === undefined) return;
    const task = this.field(start + 'done\t'.length);
    const began = this.forgetStart(task);
    const { records } = this.history;
    if (!this.hasPart)
      records.addPart({ from: this.base + start, base: this.base, text: this.text, place: this.place });
    this.hasPart = true;
    // Without a start it is a copy of an older record, made by somebody else.
    records.take(task, this.base + start, !began && !this.isMerged);
    if (began) this.succeeded.push(task);
    this.endInterruptions(task);
    this.isWell(task);
  }

  private other(fields: readonly string[]): void {
    const { records, unfinished, failed, blocked, stopped, interruptions } = this.history;
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
        records.delete(task);
        this.forgetStart(task);
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
        records.delete(task);
        unfinished.delete(task);
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
    for (const [task, line] of this.open) {
      const [, , attempt, seconds, processGroup] = this.text.slice(line, this.text.indexOf('\n', line)).split('\t');
      this.history.unfinished.set(task, {
        ...this.place,
        attempt: Number(attempt),
        seconds: Number(seconds),
        processGroup: Number(processGroup),
      });
    }
    this.open.clear();
  }

  /** Whether there was one. */
  private forgetStart(task: string): boolean {
    const wasOpen = this.open.delete(task);
    return (this.history.unfinished.size > 0 && this.history.unfinished.delete(task)) || wasOpen;
  }

  private endInterruptions(task: string): void {
    const { interruptions } = this.history;
    const known = interruptions.size > 0 ? interruptions.get(task) : undefined;
    if (known !== undefined && !known.isOver) interruptions.set(task, { ...known, isOver: true });
  }

  /** Most journals tell of no failure: nothing is looked up in maps that stay empty. */
  private isWell(task: string): void {
    const { failed, blocked, stopped } = this.history;
    if (failed.size > 0) failed.delete(task);
    if (blocked.size > 0) blocked.delete(task);
    if (stopped.size > 0) stopped.delete(task);
  }

  private field(start: number): string {
    return this.text.slice(start, this.text.indexOf('\t', start));
  }
}

/** Of a line that the mark closes. */
function countFields(text: string, start: number, end: number): number {
  let count = 2;
  for (let at = text.indexOf('\t', start); at < end - 2; at = text.indexOf('\t', at + 1)) count++;
  return count;
}

/** One event as a line. */
export function journalLine(...fields: readonly (string | number)[]): string {
  return `${fields.join('\t')}\t${MARK}\n`;
}

export function doneLine(task: string, record: SuccessRecord): string {
  const { fingerprint, checks, durationSeconds, inputs, outputs, peakMiB } = record;
  return withPeak(peakMiB, 'done', task, fingerprint, checks, durationSeconds.toFixed(3), inputs, outputs);
}

export function failedLine(
  task: string,
  { attempt, status, problem, peakMiB }: Omit<FailedAttempt, keyof AttemptPlace>,
): string {
  return withPeak(peakMiB, 'failed', task, attempt, status ?? '', problemText(problem));
}

export function interruptedLine(task: string, { cause, endSeconds }: Pick<Stop, 'cause' | 'endSeconds'>): string {
  return journalLine('interrupted', task, cause, endSeconds ?? '');
}

function withPeak(peakMiB: number | null, ...fields: readonly (string | number)[]): string {
  return peakMiB === null ? journalLine(...fields) : journalLine(...fields, peakMiB);
}

/** A journal that says the same as all that were read. */
export function* historyLines(history: History): Generator<string> {
  for (const { id, seconds } of history.preloads) yield journalLine('preload', id, seconds);
  let last = '';
  const at = function* (place: AttemptPlace): Generator<string> {
    const line = runLine(place);
    if (line !== last) yield line;
    last = line;
  };
  for (const [task, { since, times }] of history.interruptions) {
    // The last is told below, with what became of it.
    const earlier = history.stopped.has(task) ? times.slice(0, -1) : times;
    if (earlier.length === 0) continue;
    yield* at({ writerBegan: MERGED, host: '', slurmId: '' });
    yield journalLine('started', task, 1, since, 0);
    for (const endSeconds of earlier) yield interruptedLine(task, { cause: 'interrupted', endSeconds });
  }
  for (const [task, record] of history.records) {
    yield* at({ host: '', slurmId: '', ...record.place, writerBegan: MERGED });
    yield doneLine(task, record);
  }
  for (const [task, start] of history.unfinished) {
    yield* at(start);
    yield journalLine('started', task, start.attempt, start.seconds, start.processGroup);
  }
  for (const [task, failure] of history.failed) {
    yield* at(failure);
    yield failedLine(task, failure);
  }
  for (const [task, stop] of history.stopped) {
    yield* at(stop);
    yield journalLine('started', task, stop.attempt, stop.seconds, stop.processGroup);
    yield interruptedLine(task, stop);
  }
  for (const [task, block] of history.blocked) {
    yield* at({ writerBegan: MERGED, host: '', slurmId: block.slurmId });
    yield journalLine('blocked', task, block.cause);
  }
}
