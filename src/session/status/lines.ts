import type { Disk } from '../../io/files/disk.ts';
import { fromHere } from '../../io/files/spec-file.ts';
import { valueWords } from '../../model/value-words.ts';
import type { StateCounts } from '../../resume/status.ts';
import type { StopCause } from '../../resume/stop.ts';
import { chooseRules } from '../../terminal/progress-lines.ts';
import {
  countOf,
  countTasks,
  formatCount,
  formatDuration,
  paint,
  printable,
  type Style,
  table,
} from '../../terminal/terminal.ts';
import type { Liveness } from '../liveness.ts';
import type { CommonOptions, Session } from '../session.ts';
import { waitingLines } from '../staged/words.ts';
import type { AlikeFailures } from './alike.ts';
import { paramLines } from './by-param.ts';
import type { RunningTask, Status, StoppedFacts, Waiting, WentOn } from './facts.ts';
import type { FailedTask } from './told-tasks.ts';

const KINDS_SHOWN = 20;
/** Of so many kinds of failures more of a log is shown than its last line. */
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
  if (status.failures.length > 0) lines.push('', ...failureLines(status.failureKinds(), disk, style));
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

function failureLines(kinds: readonly AlikeFailures[], disk: Disk, style: Style): string[] {
  const lines = kinds
    .slice(0, KINDS_SHOWN)
    .flatMap((kind, k) => kindLines(kind, disk, style, k < LOGS_SHOWN ? LOG_LINES : 1));
  if (kinds.length > KINDS_SHOWN)
    lines.push(`and ${countOf(kinds.length - KINDS_SHOWN, 'more kind')} of failures; "wfc status --json" has all`);
  return lines;
}

/** Failures that look alike, with one log of them. */
function kindLines(kind: AlikeFailures, disk: Disk, style: Style, logLines: number): string[] {
  const { failures, blocks, params, reason, logEnd } = kind;
  const [first] = failures;
  const head = (what: string, words: string): string =>
    `${paint(style, ['bold', 'red'], 'failed')} ${paint(style, 'bold', printable(what))}: ${printable(words)}`;
  const lines =
    failures.length === 1
      ? [head(first!.task, `${first!.reason}${placeWords(first!)}`)]
      : [
          head(`${countTasks(failures.length)} alike`, reason),
          ...(failures.length > NAMED ? [printable(`  ${valueWords(params).join('  ')}`)] : []),
          printable(`  ${few(failures.map(({ task }) => task))}`),
        ];
  if (blocks.length > 0) lines.push(printable(`  ${blocksWords(blocks)}`));
  if (first!.log === null) return lines;
  const of = failures.length === 1 ? '' : ' (of the first)';
  lines.push(`  log${of}: ${printable(fromHere(disk.absolute(first!.log)))}`);
  lines.push(...(logEnd ?? []).slice(-logLines).map((line) => `  | ${printable(line)}`));
  return lines;
}

function placeWords({ attempt, slurm, host, peakMiB }: FailedTask): string {
  const where = [
    attempt !== null && attempt > 1 ? `attempt ${attempt}` : '',
    slurm === null ? '' : `Slurm ${slurm}`,
    host === null ? '' : `on ${host}`,
    peakMiB === null ? '' : `took ${peakMiB} MiB`,
  ];
  const words = where.filter((w) => w !== '').join(', ');
  return words === '' ? '' : ` (${words})`;
}

/** `blocks 3 tasks: 2 of mean, 1 of all`. */
function blocksWords(blocks: AlikeFailures['blocks']): string {
  const all = blocks.reduce((sum, { tasks }) => sum + tasks, 0);
  return `blocks ${countTasks(all)}: ${blocks.map(({ rule, tasks }) => `${formatCount(tasks)} of ${rule}`).join(', ')}`;
}
