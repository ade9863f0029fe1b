import { MARK, MERGED, parseRunLine, peakAfter } from './history.ts';
import { parseState } from './record.ts';
import type { Place } from './start.ts';

/** How a task ran the last time. Times are seconds since 1970; NaN stands for what the journals do not tell. */
export interface LastAttempt extends Place {
  readonly outcome: 'done' | 'failed' | 'stopped' | 'no end';
  /** Counted from 1; 0 where that is not known. */
  readonly attempt: number;
  readonly startSeconds: number;
  readonly durationSeconds: number;
  /** When its run began, or its submission was queued: since then it could have waited. */
  readonly askedSeconds: number;
  /** NaN where nobody measured. */
  readonly peakMiB: number;
}

/** An attempt that failed, also where a later one succeeded. */
export interface FailedStart {
  readonly task: string;
  readonly startSeconds: number;
  readonly host: string;
}

/** What the journals tell of times and places, by task: for pictures of the past, never for what is complete. */
export interface AttemptHistory {
  readonly last: Map<string, LastAttempt>;
  readonly failedStarts: FailedStart[];
  /** By `Command.preloadId`, the interpreters that were kept up, and how long all their imports took together. */
  readonly preloads: Map<string, { readonly starts: number; readonly seconds: number }>;
}

export function emptyAttempts(): AttemptHistory {
  return { last: new Map(), failedStarts: [], preloads: new Map() };
}

/**
 * Take in the lines of one journal, which come after those taken in before; see `History`. `queuedSeconds` is when its
 * submission to Slurm was queued, null for a local run.
 */
export function readAttempts(history: AttemptHistory, text: string, queuedSeconds: number | null): void {
  const { last, failedStarts } = history;
  const open = new Map<string, { readonly attempt: number; readonly seconds: number; readonly isExact: boolean }>();
  let place: Place = { host: '', slurmId: '' };
  let askedSeconds = Number.NaN;
  let isMerged = false;
  for (const line of text.split('\n')) {
    if (!line.endsWith(`\t${MARK}`)) continue;
    const fields = line.split('\t');
    const task = fields[1]!;
    const start = open.get(task);
    if (fields[0] === 'run') {
      const run = parseRunLine(fields);
      if (run === null) continue;
      place = { host: run.host, slurmId: run.slurmId };
      isMerged = run.writerBegan === MERGED;
      askedSeconds = isMerged ? Number.NaN : (queuedSeconds ?? Number(run.writerBegan));
      continue;
    }
    // The number of fields, too: a torn line may have a later one behind it.
    switch (`${fields[0]}:${fields.length}`) {
      case 'started:6':
        open.set(task, { attempt: Number(fields[2]), seconds: Number(fields[3]), isExact: fields[3]!.includes('.') });
        break;
      case 'done:8':
      case 'done:9': {
        const peakMiB = peakAfter(fields, 8);
        if (peakMiB === undefined) break;
        const durationSeconds = Number(fields[4]);
        const known = last.get(task);
        // Without a start it is a copy of an older record, made by somebody else.
        if (!start && known?.outcome === 'done' && isSameDuration(known.durationSeconds, durationSeconds)) break;
        const endSeconds = start?.isExact
          ? start.seconds + durationSeconds
          : endOf(fields[6]!, start?.seconds ?? null, durationSeconds);
        last.set(task, {
          ...(start || isMerged ? place : { host: '', slurmId: '' }),
          outcome: 'done',
          attempt: start?.attempt ?? 0,
          startSeconds: durationSeconds > 0 ? endSeconds - durationSeconds : Number.NaN,
          durationSeconds: durationSeconds > 0 ? durationSeconds : Number.NaN,
          askedSeconds: start ? askedSeconds : Number.NaN,
          peakMiB: peakMiB ?? Number.NaN,
        });
        open.delete(task);
        break;
      }
      case 'failed:6':
      case 'failed:7': {
        const peakMiB = peakAfter(fields, 6);
        if (peakMiB === undefined) break;
        const attempt = Number(fields[2]);
        last.set(task, {
          ...withoutEnd('failed', attempt, start?.seconds ?? Number.NaN, askedSeconds, place),
          peakMiB: peakMiB ?? Number.NaN,
        });
        if (start) failedStarts.push({ task, startSeconds: start.seconds, host: place.host });
        open.delete(task);
        break;
      }
      case 'preload:4': {
        const known = history.preloads.get(task) ?? { starts: 0, seconds: 0 };
        const seconds = Number(fields[2]);
        if (seconds >= 0) history.preloads.set(task, { starts: known.starts + 1, seconds: known.seconds + seconds });
        break;
      }
      case 'interrupted:3':
      case 'interrupted:5':
        if (start) last.set(task, withoutEnd('stopped', start.attempt, start.seconds, askedSeconds, place));
        else last.delete(task);
        open.delete(task);
        break;
    }
  }
  for (const [task, { attempt, seconds }] of open)
    last.set(task, withoutEnd('no end', attempt, seconds, askedSeconds, place));
}

function withoutEnd(
  outcome: LastAttempt['outcome'],
  attempt: number,
  startSeconds: number,
  askedSeconds: number,
  { host, slurmId }: Place,
): LastAttempt {
  const unknown = { durationSeconds: Number.NaN, peakMiB: Number.NaN };
  return { outcome, attempt, startSeconds, askedSeconds, host, slurmId, ...unknown };
}

/** Writers round to milliseconds. */
function isSameDuration(a: number, b: number): boolean {
  return Math.abs(a - b) < 0.0011 || (Number.isNaN(a) && b === 0);
}

/**
 * When an attempt ended. Its outputs tell to a fraction of a second, but a command may set their times as it likes, and a
 * start is known to the second: the outputs count as far as the start allows. NaN where neither is known.
 */
function endOf(outputs: string, startSecond: number | null, durationSeconds: number): number {
  // A temp output that was remade has its newest state last.
  const times = outputs.split(',').flatMap((states) => parseState(states.split('|').at(-1)!)?.mtimeMs ?? []);
  const written = times.length > 0 ? Math.max(...times) / 1000 : Number.NaN;
  if (startSecond === null) return written;
  const earliest = startSecond + durationSeconds;
  return Number.isNaN(written) ? earliest : Math.min(Math.max(written, earliest), earliest + 1);
}
