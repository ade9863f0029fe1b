import type { Disk } from '../io/files/disk.ts';
import { logEnd } from '../io/files/log-file.ts';
import { fromHere } from '../io/files/spec-file.ts';
import type { StateCounts } from '../resume/status.ts';
import type { StopCause } from '../resume/stop.ts';
import { chooseRules } from '../terminal/progress-lines.ts';
import {
  countOf,
  countTasks,
  formatCount,
  formatDuration,
  paint,
  printable,
  type Style,
  table,
} from '../terminal/terminal.ts';
import type { Liveness } from './liveness.ts';
import type { CommonOptions, Session } from './session.ts';
import { waitingLines } from './staged/words.ts';
import { paramLines } from './status-by.ts';
import type { FailedTask, RunningTask, Status, StoppedFacts, Waiting, WentOn } from './status-facts.ts';

const FAILURES_SHOWN = 20;
/** Of so many failures the end of the log is shown, too. */
const LOGS_SHOWN = 3;
const LOG_LINES = 5;
/** Of what runs, and of the elements and tasks of a group. */
const NAMED = 5;

/** What following adds: words on rate and time left, and for how many rules the screen has room. */
interface Watched {
  readonly pace?: readonly string[];
  readonly room?: number;
}

/** `wfc status` as text. */
export function statusLines(
  status: Status,
  { disk, plan }: Session,
  { style, quiet }: CommonOptions,
  { pace = [], room = Number.POSITIVE_INFINITY }: Watched = {},
): string[] {
  const lines = countLines(status, pace, room);
  lines.push(...waitingLines(plan));
  for (const counts of status.byParam) lines.push('', ...paramLines(counts));
  if (quiet) return lines;
  const notes: string[] = [];
  if (!status.hasState) notes.push('nothing ran here yet, as far as .wfc/ tells');
  notes.push(...queueWords(status));
  notes.push(...runningLines(status.running, Date.now()));
  if (notes.length > 0) lines.push('', ...notes);
  if (status.wentOn.length > 0) lines.push('', ...wentOnLines(status.wentOn));
  if (status.stopped.length > 0) lines.push('', ...stoppedLines(status.stopped, style));
  if (status.failures.length > 0) lines.push('', ...failureLines(status.failures, disk, style));
  return lines;
}

function countLines({ total, rules }: Status, pace: readonly string[], room: number): string[] {
  // Few experiments have any, and a terminal may have 80 columns.
  const stopped = <T>(cell: T): T[] => (total.stopped > 0 ? [cell] : []);
  const row = (name: string, c: StateCounts): string[] => [
    ...[c.total, c.done, c.running, c.pending, ...stopped(c.stopped), c.failed, c.blocked].map(formatCount),
    name,
  ];
  const { shown, rest } = chooseRules(rules, room);
  const rows = [
    ['tasks', 'done', 'running', 'pending', ...stopped('stopped'), 'failed', 'blocked', 'rule'],
    ...shown.map((r) => row(r.name, r)),
    row(['total', ...pace].join('  '), total),
  ];
  const lines = table(
    rows,
    rows[0]!.map((title) => title !== 'rule'),
  ).split('\n');
  if (rest !== '') lines.splice(-1, 0, rest);
  return lines;
}

function queueWords({ liveness, waiting }: Status): string[] {
  const { queue, holder }: Liveness = liveness;
  const words: string[] = [];
  if (holder !== null) words.push(`a run works here: process ${holder.pid} on ${holder.host}`);
  if (queue.kind === 'unknown')
    words.push('queue unknown: squeue does not answer; what began on Slurm and has no end counts as running');
  if (queue.kind === 'known' && queue.elements.length > 0) {
    const waits = queue.elements.length - queue.running.size;
    words.push(
      `queue: ${countOf(queue.running.size, 'element runs', 'elements run')}, ${countOf(waits, 'waits', 'wait')}`,
    );
    words.push(...waiting.map(waitingWords));
  }
  return words;
}

function waitingWords({ reason, elements, kind, words }: Waiting): string {
  const what = `${countOf(elements, 'element waits', 'elements wait')}: ${reason}`;
  const it = elements === 1 ? 'it' : 'they';
  const so = {
    turn: '',
    long: `${it} may take long`,
    held: `${it} ${elements === 1 ? 'is' : 'are'} held: "wfc resume" releases what wfc holds`,
    never: `${it} will never start as things are; "wfc cancel" ends ${elements === 1 ? 'it' : 'them'}`,
  }[kind];
  const more = [words, so].filter((part) => part !== '').join('; ');
  return printable(`  ${what}${more === '' ? '' : ` (${more})`}`);
}

function runningLines(running: readonly RunningTask[], nowMs: number): string[] {
  const lines = running.slice(0, NAMED).map(({ task, since, attempt, host, slurm }) => {
    const took = formatDuration(Math.max(0, (nowMs - Date.parse(since)) / 1000));
    const where = [
      host === null ? '' : `on ${host}`,
      slurm === null ? '' : `Slurm ${slurm}`,
      attempt !== null && attempt > 1 ? `attempt ${attempt}` : '',
    ];
    return printable(`running ${task}, for ${took} ${where.filter((w) => w !== '').join(', ')}`.trimEnd());
  });
  if (running.length > NAMED) lines.push(`… and ${formatCount(running.length - NAMED)} more`);
  return lines;
}

/** `went on train site=a: 3 times, 12 min 2 s apart`. */
function wentOnLines(wentOn: readonly WentOn[]): string[] {
  const lines = wentOn.slice(0, NAMED).map(({ task, ...how }) => printable(`went on ${task}: ${wentOnWords(how)}`));
  if (wentOn.length > NAMED) lines.push(`… and ${formatCount(wentOn.length - NAMED)} more`);
  return lines;
}

/** How often, and how far apart. */
export function wentOnWords({ times, secondsApart }: Pick<WentOn, 'times' | 'secondsApart'>): string {
  const often = times === 1 ? 'once' : `${formatCount(times)} times`;
  if (secondsApart === null) return often;
  return `${often}, ${times === 1 ? 'after ' : ''}${formatDuration(secondsApart)}${times === 1 ? '' : ' apart'}`;
}

/** What to do about each, of one task and of several. */
const ADVICE: Readonly<Record<StopCause, (them: string) => string>> = {
  time_limit: (them) => `"wfc resume" lets ${them} go on`,
  job_limit: (them) =>
    `"wfc resume" runs ${them} again; with --escalate, with more time where a limit of its own made that of the job`,
  cancelled: (them) => `"wfc resume" runs ${them} again`,
  interrupted: (them) => `"wfc resume" runs ${them} again`,
  preempted: (them) => `"wfc resume" runs ${them} again`,
  node_failure: (them) => `"wfc resume" runs ${them} again`,
  out_of_memory: (them) => `"wfc resume --escalate" runs ${them} again, with more memory`,
  launch_failed: (them) => `once that is mended, "wfc resume" hands ${them} in again`,
  never_began: (them) => `"wfc resume" hands ${them} in again`,
  lost: (them) => `"wfc resume" runs ${them} again`,
};

/** One line a cause and what Slurm says of it: tasks by the thousand may have stopped alike. */
function stoppedLines(stopped: readonly StoppedFacts[], style: Style): string[] {
  const groups = new Map<string, StoppedFacts[]>();
  for (const stop of stopped) {
    const key = `${stop.cause}\n${stop.slurmState ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), stop]);
  }
  return [...groups.values()].flatMap((group) => {
    const { cause, reason, slurmState } = group[0]!;
    const tasks = few(group.map(({ task }) => task));
    const elements = few([...new Set(group.flatMap(({ slurm }) => slurm ?? []))]);
    const slurm = elements === '' ? '' : ` (Slurm ${elements}${slurmState === null ? '' : `: ${slurmState}`})`;
    return [
      `${paint(style, ['bold', 'yellow'], 'stopped')} ${paint(style, 'bold', countTasks(group.length))}: ${printable(`${reason}${slurm}`)}`,
      printable(`  ${tasks}`),
      `  ${ADVICE[cause](group.length === 1 ? 'it' : 'them')}`,
    ];
  });
}

function few(words: readonly string[]): string {
  const more = words.length > NAMED ? ` … and ${formatCount(words.length - NAMED)} more` : '';
  return words.slice(0, NAMED).join(', ') + more;
}

function failureLines(failures: readonly FailedTask[], disk: Disk, style: Style): string[] {
  const lines: string[] = [];
  let logs = 0;
  for (const { task, reason, attempt, slurm, host, peakMiB, log } of failures.slice(0, FAILURES_SHOWN)) {
    const where = [
      attempt !== null && attempt > 1 ? `attempt ${attempt}` : '',
      slurm === null ? '' : `Slurm ${slurm}`,
      host === null ? '' : `on ${host}`,
      peakMiB === null ? '' : `took ${peakMiB} MiB`,
    ];
    const words = where.filter((w) => w !== '').join(', ');
    lines.push(
      `${paint(style, ['bold', 'red'], 'failed')} ${paint(style, 'bold', printable(task))}: ${printable(reason)}${words === '' ? '' : ` (${words})`}`,
    );
    if (log === null) continue;
    lines.push(`  log: ${printable(fromHere(disk.absolute(log)))}`);
    if (logs++ < LOGS_SHOWN)
      lines.push(...logEnd(disk.absolute(log), LOG_LINES).map((line) => `  | ${printable(line)}`));
  }
  if (failures.length > FAILURES_SHOWN)
    lines.push(`and ${formatCount(failures.length - FAILURES_SHOWN)} more; "wfc status --json" has all`);
  return lines;
}
