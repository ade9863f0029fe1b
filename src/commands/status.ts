import { existsSync } from 'node:fs';
import { DrawnLines } from '../io/drawn-lines.ts';
import { Interruption } from '../io/interruption.ts';
import { journalSignature, readJournals } from '../io/journal.ts';
import { logEnd } from '../io/log-file.ts';
import { Pace } from '../io/pace.ts';
import { chooseRules, paceWords } from '../io/progress-lines.ts';
import { fromHere, wordFromHere } from '../io/spec-file.ts';
import { countOf, countTasks, cut, formatCount, jsonText, paint, printable, table } from '../io/terminal.ts';
import { leftCount } from '../model/counts.ts';
import { ruleOf, taskNameOf } from '../model/plan.ts';
import { emptyHistory, type FailedAttempt, type History } from '../resume/history.ts';
import { countStates, type StateCounts, TASK_STATES, taskStanding } from '../resume/status.ts';
import {
  isAnythingAlive,
  isAttemptAlive,
  type Liveness,
  lookAlive,
  lookAtQueue,
  mayBeQueued,
  type Queue,
} from './liveness.ts';

import { type CommonOptions, EXIT, type ExitStatus, openSession, printDiagnostics, type Session } from './session.ts';
import { paramsOf } from './task-argument.ts';

export interface WatchOptions extends CommonOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Standard output is a terminal that can be drawn on again. */
  readonly isScreen: boolean;
}

export interface StatusOptions extends WatchOptions {
  readonly watch: boolean;
}

/** A task whose last attempt failed, as `wfc status --json` gives it. */
interface FailedTask {
  readonly task: string;
  readonly rule: string;
  readonly params: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly attempt: number;
  readonly status: number | null;
  /** `1234_5`; null where it did not run on Slurm. */
  readonly slurm: string | null;
  readonly host: string | null;
  /** The most memory that it was seen to take; null where it ended too soon. */
  readonly peakMiB: number | null;
  /** From the spec's folder; null where there is none. */
  readonly log: string | null;
}

interface Status {
  readonly total: StateCounts;
  readonly rules: readonly ({ readonly name: string } & StateCounts)[];
  readonly failures: readonly FailedTask[];
  readonly lostCount: number;
  readonly hasState: boolean;
  readonly liveness: Liveness;
}

/** `wfc status`: what is done, runs, waits and failed, by the journals and the queue; files are not looked at. */
export async function status(options: StatusOptions): Promise<ExitStatus> {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  if (!options.json) printDiagnostics(session.warnings, options);
  if (options.watch) {
    // What it saw is no failure of looking.
    return (await watchStatus(session, options)) === EXIT.interrupted ? EXIT.interrupted : EXIT.done;
  } else {
    const history = readJournals(session.state.journals);
    const now = statusOf(session, history, lookAtQueue(session, history, options.env));
    const text = options.json ? jsonText(statusJson(now)) : statusLines(now, session, options).join('\n');
    process.stdout.write(`${text}\n`);
  }
  return EXIT.done;
}

function statusOf(session: Session, history: History | null, queue: Queue): Status {
  const { plan } = session;
  const known = history ?? emptyHistory();
  const liveness = lookAlive(session, history, queue);
  const { states, lostCount } = taskStanding(plan, known, (name, start) => isAttemptAlive(liveness, name, start));
  const rules = plan.rules.map(({ rule, firstTask, space }) => ({
    name: rule.name,
    ...countStates(plan, states, firstTask, firstTask + space.size),
  }));
  const failed = TASK_STATES.indexOf('failed');
  const failures: FailedTask[] = [];
  for (let t = 0; t < states.length; t++)
    if (states[t] === failed && plan.needed[t] === 1) failures.push(failedTask(session, t, known));
  const total = countStates(plan, states, 0, plan.taskCount);
  return { total, rules, failures, lostCount, hasState: history !== null, liveness };
}

function failedTask({ plan, disk }: Session, task: number, history: History): FailedTask {
  const rule = ruleOf(plan, task);
  const index = task - rule.firstTask;
  const failed = history.failed.get(rule.outputTexts[0]!(index)) as FailedAttempt;
  const { reason, attempt, status, slurmId, host, peakMiB } = failed;
  const log = rule.logText(index);
  return {
    task: taskNameOf(plan, task),
    rule: rule.rule.name,
    params: paramsOf(rule, index),
    reason,
    attempt,
    status,
    slurm: slurmId === '' ? null : slurmId,
    host: host === '' ? null : host,
    peakMiB,
    log: existsSync(disk.absolute(log)) ? log : null,
  };
}

function statusJson({ total, rules, failures, lostCount, liveness }: Status): object {
  return { ...total, didNotFinish: lostCount, queue: liveness.queue.kind, rules, failures };
}

const FAILURES_SHOWN = 20;
/** Of so many failures the end of the log is shown, too. */
const LOGS_SHOWN = 3;
const LOG_LINES = 5;

/** What following adds: words on rate and time left, and for how many rules the screen has room. */
interface Watched {
  readonly pace?: readonly string[];
  readonly room?: number;
}

function statusLines(
  { total, rules, failures, lostCount, hasState, liveness }: Status,
  { disk }: Session,
  { style, quiet }: CommonOptions,
  { pace = [], room = Number.POSITIVE_INFINITY }: Watched = {},
): string[] {
  const row = (name: string, c: StateCounts): string[] => [
    ...[c.total, c.done, c.running, c.pending, c.failed, c.blocked].map(formatCount),
    name,
  ];
  const { shown, rest } = chooseRules(rules, room);
  const rows = [
    ['tasks', 'done', 'running', 'pending', 'failed', 'blocked', 'rule'],
    ...shown.map((r) => row(r.name, r)),
    row(['total', ...pace].join('  '), total),
  ];
  const lines = table(rows, [true, true, true, true, true, true, false]).split('\n');
  if (rest !== '') lines.splice(-1, 0, rest);
  if (quiet) return lines;
  const notes: string[] = [];
  if (!hasState) notes.push('nothing ran here yet, as far as .wfc/ tells');
  if (lostCount > 0)
    notes.push(
      `${countTasks(lostCount)} began and did not finish, and nothing runs ${lostCount === 1 ? 'it now: it is' : 'them now: they are'} to run again`,
    );
  notes.push(...queueWords(liveness));
  if (notes.length > 0) lines.push('', ...notes);
  if (failures.length > 0) lines.push('');
  let logs = 0;
  for (const { task, reason, attempt, slurm, host, peakMiB, log } of failures.slice(0, FAILURES_SHOWN)) {
    const where = [
      attempt > 1 ? `attempt ${attempt}` : '',
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

function queueWords({ queue, holder }: Liveness): string[] {
  const words: string[] = [];
  if (holder !== null) words.push(`a run works here: process ${holder.pid} on ${holder.host}`);
  if (queue.kind === 'unknown')
    words.push('queue unknown: squeue does not answer; what began on Slurm and has no end counts as running');
  if (queue.kind === 'known' && queue.elements.length > 0) {
    const waiting = queue.elements.length - queue.running.size;
    words.push(
      `queue: ${countOf(queue.running.size, 'element runs', 'elements run')}, ${countOf(waiting, 'waits', 'wait')}`,
    );
  }
  return words;
}

// --- --watch ---

const LOOK_SECONDS = 2;
/** The controller serves the whole site: it is asked no more often than this. */
const ASK_SECONDS = 30;
/** Elements end in bursts: the rate is that of some minutes. */
const PACE_SECONDS = 300;

/**
 * Look again and again until nothing runs or waits; what runs does not need us, and goes on after Ctrl-C. Journals are
 * read anew only when they grew. Returns whether all is done.
 */
export async function watchStatus(session: Session, options: WatchOptions): Promise<ExitStatus> {
  const interruption = new Interruption();
  try {
    return await watchUntil(session, options, interruption);
  } finally {
    interruption.end();
  }
}

async function watchUntil(session: Session, options: WatchOptions, interruption: Interruption): Promise<ExitStatus> {
  let history: History | null = null;
  let signature: string | null = null;
  let queue: Queue = { kind: 'not asked' };
  let askedAt = Number.NEGATIVE_INFINITY;
  const screen = new Screen(options.isScreen && !options.json);
  let pace: Pace | null = null;
  for (;;) {
    const began = performance.now();
    const now = journalSignature(session.state.journals);
    if (now !== signature) history = readJournals(session.state.journals);
    signature = now;
    // Where the records tell that all submissions are over, nobody is asked.
    const isDue = began - askedAt >= ASK_SECONDS * 1000;
    if (isDue || !mayBeQueued(session, history)) queue = lookAtQueue(session, history, options.env);
    if (isDue) askedAt = began;
    const status = statusOf(session, history, queue);
    // Before it is shown: Ctrl-C ends squeue, too, and what that did not answer is not worth telling.
    if (await interruption.came()) {
      process.stderr.write(`${goesOnWords(status.liveness, options)}\n`);
      return EXIT.interrupted;
    }
    const { total } = status;
    const ran = total.done + total.failed;
    pace ??= new Pace(PACE_SECONDS, began, ran);
    const words = paceWords(leftCount(total), pace.rate(ran, began));
    screen.show(shownOf(status, session, options), words);
    if (!isAnythingAlive(status.liveness)) {
      if (!options.isScreen && !options.json)
        process.stdout.write(`${statusLines(status, session, options).join('\n')}\n`);
      return total.done === total.total ? EXIT.done : EXIT.taskFailed;
    }
    // A large experiment takes longer to look at: at most a tenth of the time goes into looking.
    await interruption.pause(Math.max(LOOK_SECONDS * 1000, (performance.now() - began) * 9));
  }
}

/** To who stops watching: that is all that has stopped. */
function goesOnWords({ queue, holder }: Liveness, { spec }: WatchOptions): string {
  const named = spec === undefined ? '' : ` ${wordFromHere(spec)}`;
  const isRun = queue.kind === 'not asked' && holder !== null;
  const [what, them] = isRun ? ['the run goes on', 'it'] : ['the jobs go on', 'them'];
  const again = `To look again: wfc status --watch${named}; to end ${them}: wfc cancel${named}`;
  return printable(`no longer watching; ${what}. ${again}`);
}

/** What is shown; `pace` alone changes with each look. `rows`: of the screen, where there is one. */
type Shown = (pace: readonly string[], rows: number) => readonly string[];

function shownOf(status: Status, session: Session, options: WatchOptions): Shown {
  if (options.json) return () => [jsonText(statusJson(status), 'one line')];
  if (options.isScreen) {
    return (pace, rows) => {
      const lines = statusLines(status, session, options, { pace });
      if (lines.length < rows) return lines;
      return statusLines(status, session, options, { pace, room: Math.max(3, rows - BELOW_RULES) });
    };
  }
  const { total } = status;
  return (pace) => [[...TASK_STATES.map((state) => `${formatCount(total[state])} ${state}`), ...pace].join(', ')];
}

/** Lines of a screen that are kept for all but the rules: head, totals, the queue, and what failed. */
const BELOW_RULES = 12;

/** On a terminal the lines are drawn over the last ones; elsewhere they are written when more than the pace differs. */
class Screen {
  /** null where no terminal reads. */
  private readonly drawn: DrawnLines | null;
  private last = '';

  constructor(isTerminal: boolean) {
    this.drawn = isTerminal ? new DrawnLines(process.stdout) : null;
  }

  show(shown: Shown, pace: readonly string[]): void {
    if (this.drawn !== null) {
      const { columns, rows } = this.drawn.room;
      const lines = shown(pace, rows).slice(0, rows - 1);
      this.drawn.draw(lines.map((line) => cut(line, columns - 1)));
      return;
    }
    const text = shown([], 0).join('\n');
    if (text !== this.last) process.stdout.write(`${shown(pace, 0).join('\n')}\n`);
    this.last = text;
  }
}
