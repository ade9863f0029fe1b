import { readAttemptJournals } from '../io/state/attempt-journals.ts';
import { type Plan, ruleOf, taskNameOf } from '../model/plan.ts';
import { problemWords } from '../model/problem.ts';
import type { AttemptHistory, LastAttempt } from '../resume/attempts.ts';
import type { Decisions, Present } from '../resume/decide.ts';
import { type FailedAttempt, type History, NEVER_STARTED } from '../resume/history.ts';
import { REASON_MEANINGS } from '../resume/reason.ts';
import type { FileState } from '../resume/record.ts';
import { STOP_WORDS, secondsApart } from '../resume/stop.ts';
import { type Detail, type Explanation, explain, madeAt, planOfTask } from '../resume/why.ts';
import {
  type CommonOptions,
  EXIT,
  type ExitStatus,
  look,
  openSession,
  presentOf,
  printDiagnostics,
  type Session,
} from '../session/session.ts';
import { type ExplainedStop, lookAtAll, standingOf } from '../session/standing.ts';
import type { WentOn } from '../session/status/facts.ts';
import { wentOnWords } from '../session/status/lines.ts';
import { findNamed, usersOf } from '../session/task-argument.ts';
import { writeOut } from '../terminal/streams.ts';
import { countOf, countTasks, formatCount, jsonText, paint, printable } from '../terminal/terminal.ts';

export interface WhyOptions extends CommonOptions {
  /** `out/a.csv`, or `train_model`, `site=01022500`, … */
  readonly task: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** `wfc why PATH`: why a task would run, up to the root cause. */
export async function why(options: WhyOptions): Promise<ExitStatus> {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  const named = findNamed(session, options.task);
  if ('diagnostic' in named) {
    printDiagnostics([named.diagnostic], options);
    return EXIT.badSpec;
  }
  if ('source' in named) {
    explainSource(session, named.source, options);
    return EXIT.done;
  }
  const plan = planOfTask(session.plan, named.task);
  const asked = { ...session, plan };
  const outlook = await look(asked);
  const present = { ...presentOf(asked, outlook.history), checks: outlook.checks };
  const explanation = explain(plan, named.task, outlook.decisions, present);
  const past = await pastOf(asked, explanation, outlook.history, options);
  const wentOn = wentOnOf(plan, named.task, outlook.history);
  if (options.json) {
    writeOut(`${jsonText(whyJson(plan, named.task, explanation, past, wentOn))}\n`);
    return EXIT.done;
  }
  const lines =
    explanation.chain.length === 0
      ? completeWords(plan, named.task, present)
      : chainWords(plan, explanation, outlook.decisions, past, options);
  if (wentOn !== null) lines.splice(1, 0, `  it went on from its checkpoint ${wentOnWords(wentOn)}`);
  writeOut(`${lines.join('\n')}\n`);
  return EXIT.done;
}

type WentOnFacts = Pick<WentOn, 'times' | 'secondsApart'>;

/** null where it has no checkpoint, or came to its end in one go. */
function wentOnOf(plan: Plan, task: number, history: History | null): WentOnFacts | null {
  const known = history?.interruptions.get(outputOf(plan, task));
  if (known === undefined || ruleOf(plan, task).rule.checkpoint === null) return null;
  return { times: known.times.length, secondsApart: secondsApart(known) };
}

/** What became of the tasks of a chain when they ran last, where that was no success. */
interface Past {
  readonly failed: ReadonlyMap<string, FailedAttempt>;
  readonly stops: ReadonlyMap<number, ExplainedStop>;
  /** When tasks ran last; empty where no input has changed. */
  readonly attempts: AttemptHistory['last'];
}

async function pastOf(
  session: Session,
  { chain }: Explanation,
  history: History | null,
  { env }: WhyOptions,
): Promise<Past> {
  const failed = history?.failed ?? new Map<string, FailedAttempt>();
  if (chain.length === 0) return { failed, stops: new Map(), attempts: new Map() };
  const isChanged = chain.some(({ reason }) => reason === 'input changed');
  const attempts = isChanged ? readAttemptJournals(session.state.journals).last : new Map();
  // A task that never began has left no word, and may have been handed in all the same.
  const { stops } = await standingOf(session, { ...(await lookAtAll(session, env)), env });
  return { failed, stops: new Map(stops.map((stop) => [stop.task, stop])), attempts };
}

function failureWords({ attempt, problem }: FailedAttempt): string {
  return `${attempt === NEVER_STARTED ? 'it was refused' : 'its last attempt failed'}: ${problemWords(problem)}`;
}

/** `stopped at the job's time limit, 2026-11-28 08:23:53, Slurm 12_3 on n1`. */
function stopWords({ cause, start, endSeconds, slurmId, slurm }: ExplainedStop): string {
  const words = [
    STOP_WORDS[cause],
    ...(endSeconds === null ? [] : [clock(endSeconds * 1000)]),
    ...(slurmId === '' ? [] : [`Slurm ${slurmId}${slurm === null ? '' : ` (${slurm})`}`]),
    ...(start === null || start.host === '' ? [] : [`on ${start.host}`]),
  ];
  return words.join(', ');
}

function explainSource(session: Session, path: string, { json }: WhyOptions): void {
  const exists = session.disk.stat(path) !== null;
  const users = usersOf(session, path);
  if (json) {
    writeOut(`${jsonText({ path, source: true, exists, readBy: users })}\n`);
    return;
  }
  const readers = users.map(({ rule, tasks }) => `${formatCount(tasks)} of ${rule}`).join(', ');
  const state = exists ? 'it exists' : 'it does not exist, and must before they run';
  writeOut(`${printable(path)} is a source file, which no task makes; ${state}. Tasks that read it: ${readers}\n`);
}

/** The details of a link of the chain, in words. */
function detailsWords(plan: Plan, { task, details }: Explanation['chain'][number], { attempts }: Past): string[] {
  const attempt = attempts.get(outputOf(plan, task));
  return details.map((detail) => {
    const own = detail.kind === 'changed' && attempt !== undefined && isOfAttempt(detail, attempt);
    return detailWords(plan, detail) + (own ? `; ${OWN_CHANGE}` : '');
  });
}

const OWN_CHANGE =
  'the task itself seems to have changed it, since that was between its start and its end: let it work on a copy, or it runs each time';

/** Whether what was recorded when an attempt began was changed before it ended. Files may have whole seconds. */
function isOfAttempt({ now }: Extract<Detail, { kind: 'changed' }>, attempt: LastAttempt): boolean {
  if (now === null || attempt.outcome !== 'done') return false;
  const seconds = now.mtimeMs / 1000;
  const start = Number.isInteger(seconds) ? Math.floor(attempt.startSeconds) : attempt.startSeconds;
  return seconds >= start && seconds <= attempt.startSeconds + attempt.durationSeconds;
}

function whyJson(
  plan: Plan,
  task: number,
  { chain, causes }: Explanation,
  past: Past,
  wentOn: WentOnFacts | null,
): object {
  const { stops } = past;
  return {
    task: taskNameOf(plan, task),
    complete: chain.length === 0,
    wentOn,
    chain: chain.map(({ task, reason, details, upstream }) => ({
      task: taskNameOf(plan, task),
      reason,
      details: detailsWords(plan, { task, reason, details, upstream }, past),
      stopped: stopJson(stops.get(task)),
      upstream: upstream && {
        ...upstream,
        first: upstream.first === null ? null : taskNameOf(plan, upstream.first),
      },
    })),
    causes: causes.map(({ rule, reason, tasks, first }) => ({ rule, reason, tasks, first: taskNameOf(plan, first) })),
  };
}

function stopJson(stop: ExplainedStop | undefined): object | null {
  if (!stop) return null;
  const { cause, slurmId, slurm } = stop;
  return { cause, reason: STOP_WORDS[cause], slurm: slurmId === '' ? null : slurmId, slurmState: slurm };
}

function completeWords(plan: Plan, task: number, { records, stat }: Present): string[] {
  const rule = ruleOf(plan, task);
  const record = records?.get(rule.outputTexts[0]!(task - rule.firstTask));
  const name = taskNameOf(plan, task);
  if (!record) return [`${printable(name)} is complete: by the times of its files, since .wfc/ has no records`];
  const at = madeAt(record);
  const when = at === null ? '' : `, made ${clock(at)}`;
  const gone = rule.outputTexts.map((text) => text(task - rule.firstTask)).filter((path) => stat(path) === null);
  return [
    `${printable(name)} is complete${when}: its outputs, inputs and command are as its record says`,
    ...gone.map((path) => `  ${printable(path)} is a temp output that has gone, and nothing that is to run needs it`),
  ];
}

/** The first output's path, by which journals name a task. */
function outputOf(plan: Plan, task: number): string {
  const rule = ruleOf(plan, task);
  return rule.outputTexts[0]!(task - rule.firstTask);
}

function chainWords(
  plan: Plan,
  { chain, causes }: Explanation,
  { reasons }: Decisions,
  past: Past,
  { style }: WhyOptions,
): string[] {
  const { failed, stops } = past;
  const lines: string[] = [];
  chain.forEach((link, depth) => {
    const { task, reason, details, upstream } = link;
    const indent = '  '.repeat(depth);
    const meaning = reason === 'complete' ? '' : REASON_MEANINGS[reason];
    const others = upstream ? upstreamWords(upstream) : '';
    const words = reason === 'upstream runs' ? others : others === '' ? meaning : `${meaning}; ${others}`;
    lines.push(`${indent}${paint(style, 'bold', printable(taskNameOf(plan, task)))}: ${reason} (${words})`);
    const failure = failed.get(outputOf(plan, task));
    if (failure) lines.push(printable(`${indent}  ${failureWords(failure)}`));
    const stop = stops.get(task);
    // Of one that is merely known to have no end, the details tell all.
    if (stop && (stop.cause !== 'lost' || stop.slurm !== null)) {
      const what = stop.start === null ? 'it was handed in, and did not run' : 'its last attempt';
      lines.push(printable(`${indent}  ${what}: ${stopWords(stop)}`));
    }
    for (const words of detailsWords(plan, link, past).slice(0, 5)) lines.push(printable(`${indent}  ${words}`));
    if (details.length > 5) lines.push(`${indent}  and ${formatCount(details.length - 5)} more`);
  });
  const own = causes.filter(({ tasks }) => tasks > 0);
  if (chain.length > 1 || own.length > 1) {
    lines.push('', `root causes (${countTasks(own.reduce((n, c) => n + c.tasks, 0))} in all):`);
    for (const { rule, reason, tasks, first } of own)
      lines.push(
        printable(
          tasks === 1
            ? `  ${taskNameOf(plan, first)}: ${reason}`
            : `  ${formatCount(tasks)} of ${rule}: ${reason}; the first is ${taskNameOf(plan, first)}`,
        ),
      );
  }
  if (reasons.length === 0) throw new Error('internal error: a plan without tasks has no chain');
  return lines;
}

function upstreamWords({ running, all }: { readonly running: number; readonly all: number }): string {
  if (all === 1) return 'the one task that it depends on runs';
  return `${formatCount(running)} of the ${countOf(all, 'task')} that it depends on ${running === 1 ? 'runs' : 'run'}`;
}

function detailWords(plan: Plan, detail: Detail): string {
  switch (detail.kind) {
    case 'missing':
      return `${detail.path} ${detail.what === 'nothing' ? 'does not exist' : `is ${detail.what}`}`;
    case 'no record':
      return `${detail.path} exists, and no record says that wfc made it; "wfc accept ${detail.path}" takes it as it is`;
    case 'changed':
      return `${detail.path}: ${differenceWords(detail.before, detail.now)}`;
    case 'one of':
      return detail.newest === null
        ? `one of its ${countOf(detail.inputs, 'input')}`
        : `one of its ${countOf(detail.inputs, 'input')}; the newest is ${detail.newest}, of ${clock(detail.now!.mtimeMs)}`;
    case 'newer':
      return detail.now === null
        ? `${detail.path} does not exist`
        : `${detail.path} is of ${clock(detail.now.mtimeMs)}, newer than the oldest output${detail.output ? `, of ${clock(detail.output.mtimeMs)}` : ''}`;
    case 'code changed':
      return detail.isGone ? `${detail.path} is gone` : `${detail.path} was edited`;
    case 'code not recorded': {
      const newest = `${detail.newest} changed ${clock(detail.now.mtimeMs)}`;
      return detail.isRecorded
        ? `one of its ${countOf(detail.files, 'file of code', 'files of code')}: ${newest}, the last of them`
        : `its record does not tell which code ran, and ${newest}; "wfc accept" takes what is there as made by the code of now`;
    }
    case 'check failed':
      return `${detail.path} does not pass its check`;
    case 'needed by':
      return `needed by ${taskNameOf(plan, detail.task)}`;
    case 'unfinished': {
      const { attempt, seconds, host, slurmId } = detail.start;
      const place = [host === '' ? '' : ` on ${host}`, slurmId === '' ? '' : `, Slurm ${slurmId}`].join('');
      return `attempt ${attempt} began ${clock(seconds * 1000)}${place}, and has no end`;
    }
    case 'marked':
      return `${detail.marker} says that an attempt did not come to its end`;
    case 'no source':
      return `can't run: its source file ${detail.path} does not exist`;
  }
}

type State = Pick<FileState, 'mtimeMs' | 'size'>;

function differenceWords(before: State | null, now: State | null): string {
  if (now === null) return 'it is gone';
  if (before === null) return `it was not there, and is now (${clock(now.mtimeMs)})`;
  const parts: string[] = [];
  if (before.size !== now.size) parts.push(`${countOf(before.size, 'byte')} then, ${formatCount(now.size)} now`);
  const exact = clock(before.mtimeMs) === clock(now.mtimeMs) ? fraction : (): string => '';
  if (before.mtimeMs !== now.mtimeMs)
    parts.push(
      `of ${clock(before.mtimeMs)}${exact(before.mtimeMs)} then, of ${clock(now.mtimeMs)}${exact(now.mtimeMs)} now`,
    );
  return parts.join('; ');
}

/** `.123456`: what `clock` leaves out. */
function fraction(ms: number): string {
  return (ms / 1000 - Math.floor(ms / 1000)).toFixed(6).slice(1);
}

/** `2026-11-25 02:10:50`, here. */
function clock(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
