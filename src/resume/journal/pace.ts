import { MARK, MERGED, parseRunLine } from '../history.ts';

/** What one writer's tasks took, and what lay between them, as its journal tells. */
export interface WriterPace {
  /** Seconds since 1970 at which it began; NaN where it does not tell. */
  readonly began: number;
  /** Most tasks that ran at a time. */
  readonly parallel: number;
  /** Seconds from the end of a task to the start of the one in its place, while as many ran as ever did. */
  readonly gaps: readonly number[];
  /** Tasks that succeeded, with their seconds. */
  readonly took: ReadonlyMap<string, number>;
  /** Tasks that were stopped before their end, and how many seconds they had run by then, at the least. */
  readonly stopped: ReadonlyMap<string, number>;
  /** Whether all that started succeeded. */
  readonly isWhole: boolean;
  readonly imports: readonly Import[];
}

/** An interpreter that is kept up was started: by one of these tasks, the first to start first, which waited for it. */
export interface Import {
  /** `Command.preloadId`. */
  readonly id: string;
  readonly seconds: number;
  readonly tasks: readonly string[];
}

/** Seconds until a stopped task is gone and its line written, on a machine with other work, and the part of a second that the line leaves out. */
const LONGEST_END = 3;

type Event = { readonly kind: 'start' | 'end' | 'loss'; readonly seconds: number };

/** The pace of one journal that one writer wrote. */
export function paceOf(text: string): WriterPace {
  const open = new Map<string, number>();
  /** By task, when it started, and when it was stopped, to the second; NaN where nobody wrote that. */
  const cut = new Map<string, { readonly start: number; readonly end: number }>();
  const took = new Map<string, number>();
  const events: Event[] = [];
  const imports: Import[] = [];
  let began = Number.NaN;
  let isWhole = true;
  let isMerged = false;
  const lose = (task: string): void => {
    isWhole = false;
    if (open.delete(task)) events.push({ kind: 'loss', seconds: Number.NaN });
  };
  for (const line of text.split('\n')) {
    if (!line.endsWith(`\t${MARK}`)) continue;
    const fields = line.split('\t');
    const task = fields[1]!;
    // The number of fields, too: a torn line may have a later one behind it.
    switch (`${fields[0]}:${fields.length}`) {
      case 'run:5':
      case 'run:6': {
        const writerBegan = parseRunLine(fields)?.writerBegan;
        isMerged = writerBegan === MERGED;
        if (writerBegan !== undefined && !isMerged) began = Number(writerBegan);
        break;
      }
      case 'started:6': {
        // Of starts that were merged, only those without an end are left.
        if (isMerged) break;
        if (open.has(task)) lose(task);
        open.set(task, Number(fields[3]));
        cut.delete(task);
        // Whole seconds tell nothing of gaps.
        events.push({ kind: 'start', seconds: fields[3]!.includes('.') ? Number(fields[3]) : Number.NaN });
        break;
      }
      case 'done:8':
      case 'done:9': {
        const seconds = Number(fields[4]);
        const start = open.get(task);
        // A copy of an older record.
        if (start === undefined) break;
        open.delete(task);
        if (seconds > 0) took.set(task, seconds);
        events.push({ kind: 'end', seconds: Number.isInteger(start) ? Number.NaN : start + seconds });
        break;
      }
      case 'failed:6':
      case 'failed:7':
      case 'interrupted:3':
        lose(task);
        break;
      case 'interrupted:5':
        // One that goes on from its checkpoint starts anew.
        if (open.has(task) && fields[2] !== 'time_limit')
          cut.set(task, { start: open.get(task)!, end: Number(fields[3]) });
        lose(task);
        break;
      case 'preload:4':
        imports.push({ id: task, seconds: Number(fields[2]), tasks: [...open.keys()] });
        break;
    }
  }
  if (open.size > 0) isWhole = false;
  for (const [task, start] of open) cut.set(task, { start, end: Number.NaN });
  const last = events.reduce((latest, { seconds }) => (seconds > latest ? seconds : latest), Number.NEGATIVE_INFINITY);
  const stopped = new Map<string, number>();
  for (const [task, { start, end }] of cut) {
    // The line is written when the task is gone, which is after it was told to go.
    const bySecond = end - start - LONGEST_END;
    const seconds = Math.max(last - start, Number.isNaN(bySecond) ? 0 : bySecond);
    if (seconds > 0) stopped.set(task, seconds);
  }
  const parallel = mostAtATime(events);
  return { began, parallel, gaps: gapsOf(events, parallel), took, stopped, isWhole, imports };
}

function mostAtATime(events: readonly Event[]): number {
  let [running, most] = [0, 0];
  for (const { kind } of events) {
    running += kind === 'start' ? 1 : -1;
    most = Math.max(most, running);
  }
  return most;
}

/**
 * From where all lanes are full to where they are again, so many tasks ended and as many started: the sum of these times
 * less the sum of those. Which start took which place need not be known, and that a start is written a little late falls
 * out of the mean, as the end, which counts from it, is as late.
 */
function gapsOf(events: readonly Event[], parallel: number): number[] {
  const gaps: number[] = [];
  let running = 0;
  let idle = Number.NaN;
  let places = 0;
  for (const { kind, seconds } of events) {
    running += kind === 'start' ? 1 : -1;
    idle += kind === 'start' ? seconds : -seconds;
    if (kind === 'end') places++;
    if (running !== parallel) continue;
    for (let i = 0; i < places && !Number.isNaN(idle); i++) gaps.push(idle / places);
    idle = 0;
    places = 0;
  }
  return gaps;
}

/** The mean of what lies near the median: what is far above it waited for something else. NaN of nothing. */
export function usualOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const median = sorted[sorted.length >> 1] ?? Number.NaN;
  const usual = sorted.filter((value) => value <= Math.max(5 * median, 0.01));
  return usual.reduce((sum, value) => sum + value, 0) / usual.length;
}
