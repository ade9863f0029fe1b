import type { Problem } from '../model/problem.ts';
import { Records } from './journal/records.ts';
import { problemText } from './problem-text.ts';
import type { SuccessRecord } from './record.ts';
import type { AttemptPlace, Start } from './start.ts';
import type { Interruptions, Stop } from './stop.ts';

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
