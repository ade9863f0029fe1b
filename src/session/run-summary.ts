import type { Failure, RunResult } from '../execute/result.ts';
import type { Disk } from '../io/files/disk.ts';
import { logEnd } from '../io/files/log-file.ts';
import { fromHere } from '../io/files/spec-file.ts';
import { ask } from '../io/programs/ask.ts';
import { ruleOf, taskNameOf } from '../model/plan.ts';
import { problemWords } from '../model/problem.ts';
import { writeError, writeOut } from '../terminal/streams.ts';
import { countTasks, formatCount, formatDuration, jsonText, paint, printable } from '../terminal/terminal.ts';
import type { CommonOptions, Outlook, Session } from './session.ts';
import { stagedJson, waitingLines } from './staged/words.ts';

/** What is told at the end of a local run. */
export interface SummaryOptions extends CommonOptions {
  readonly keepGoing: boolean;
}

export function nothingToDoWords(tasks: number): string {
  return `nothing to do: ${tasks === 1 ? 'the 1 task is' : `all ${formatCount(tasks)} tasks are`} complete`;
}

export function failureWords({ name, problem, attempts }: Failure, willRetry: boolean): string {
  return printable(`${name}: ${problemWords(problem)}${willRetry ? ` (attempt ${attempts}; trying again)` : ''}`);
}

/** A run in which no task had to run. */
export function nothingToDo(): RunResult {
  return {
    outcome: 'done',
    counts: { total: 0, done: 0, failed: 0, blocked: 0, running: 0 },
    failures: [],
    unchanged: 0,
    seconds: 0,
  };
}

function failureJson({ task, name, problem, attempts, log }: Failure): object {
  return { task, name, code: problem.code, what: problemWords(problem), attempts, log };
}

/** What a run came to: the failures with the ends of their logs, the counts, what to do next, and the answer. */
export function printResult(result: RunResult, session: Session, outlook: Outlook, options: SummaryOptions): void {
  const { counts, failures, outcome, unchanged, seconds } = result;
  const complete = session.plan.neededCount - outlook.decisions.runCount;
  const notRun = counts.total - counts.done - counts.failed - counts.blocked;
  if (options.json) {
    const { failed, blocked } = counts;
    const summary = {
      outcome,
      total: session.plan.neededCount,
      complete,
      done: counts.done - unchanged,
      unchanged,
      failed,
      blocked,
      notRun,
      seconds,
      ...stagedJson(session.plan),
      failures: failures.map(failureJson),
    };
    writeOut(`${jsonText(summary)}\n`);
    return;
  }
  if (options.quiet && outcome === 'done') return;
  writeError(`${summaryLines(result, session, outlook, options).join('\n')}\n`);
  if (outcome === 'done') printAnswer(session, outlook);
}

/** The failures with the ends of their logs, the counts, and what to do next. */
function summaryLines(
  { counts, failures, outcome, unchanged, seconds }: RunResult,
  session: Session,
  outlook: Outlook,
  options: SummaryOptions,
): string[] {
  const complete = session.plan.neededCount - outlook.decisions.runCount;
  const notRun = counts.total - counts.done - counts.failed - counts.blocked;
  const lines = failures.length > 0 ? failureLines(failures, session.disk, options) : [];
  if (outlook.decisions.runCount === 0) lines.push(nothingToDoWords(complete));
  else {
    const parts = [`${countTasks(counts.done - unchanged)} done in ${formatDuration(seconds)}`];
    if (unchanged > 0)
      parts.push(
        unchanged === 1
          ? '1 need not run: its inputs came out as before'
          : `${formatCount(unchanged)} need not run: their inputs came out as before`,
      );
    if (complete > 0) parts.push(`${formatCount(complete)} ${complete === 1 ? 'was' : 'were'} complete`);
    if (counts.failed > 0) parts.push(paint(options.style, ['bold', 'red'], `${formatCount(counts.failed)} failed`));
    if (counts.blocked > 0)
      parts.push(`${formatCount(counts.blocked)} blocked by ${counts.failed === 1 ? 'it' : 'them'}`);
    if (notRun > 0) parts.push(`${formatCount(notRun)} ${outcome === 'interrupted' ? 'not finished' : 'not started'}`);
    if (outcome === 'interrupted') parts.unshift(paint(options.style, ['bold', 'yellow'], 'interrupted'));
    lines.push(parts.join(', '));
    lines.push(...waitingLines(session.plan));
    if (outcome !== 'done') lines.push(nextStep(options, outcome, notRun));
  }
  return lines;
}

function nextStep({ spec, keepGoing }: SummaryOptions, outcome: RunResult['outcome'], notRun: number): string {
  const again = `the same command${spec === undefined ? '' : ` on ${printable(spec)}`} runs only what is not complete`;
  const more =
    outcome === 'failed' && !keepGoing && notRun > 0
      ? '; with -k it goes on with what does not depend on a failure'
      : '';
  return `hint: ${again}${more}`;
}

const FAILURES_WITH_LOG = 10;
const FAILURES_NAMED = 1000;

function failureLines(failures: readonly Failure[], disk: Disk, { style }: SummaryOptions): string[] {
  const lines: string[] = [''];
  for (const [i, failure] of failures.slice(0, FAILURES_NAMED).entries()) {
    const attempts = failure.attempts > 1 ? `, after ${failure.attempts} attempts` : '';
    lines.push(
      `${paint(style, ['bold', 'red'], 'failed')} ${paint(style, 'bold', printable(failure.name))}: ${printable(problemWords(failure.problem))}${attempts}`,
    );
    if (failure.log === null) {
      if (failure.attempts > 0) lines.push('  it wrote no output');
      continue;
    }
    lines.push(`  log: ${printable(fromHere(disk.absolute(failure.log)))}`);
    if (i < FAILURES_WITH_LOG)
      lines.push(...logEnd(disk.absolute(failure.log)).map((line) => `  | ${printable(line)}`));
  }
  if (failures.length > FAILURES_NAMED) lines.push(`and ${formatCount(failures.length - FAILURES_NAMED)} more`);
  lines.push('');
  return lines;
}

/** Where the experiment ends in one task that just ran, what it printed is the answer: show it. */
function printAnswer({ plan, disk }: Session, { decisions }: Outlook): void {
  if (plan.workflow.targets === null) return;
  const last: number[] = [];
  for (const target of plan.workflow.targets) {
    if (target.kind === 'rule') {
      const rule = plan.rules[target.rule.index]!;
      if (rule.space.size !== 1) return;
      last.push(rule.firstTask);
    } else {
      if (target.pattern.columns.length > 0) return;
      const found = plan.findPath(target.pattern.text);
      if (found) last.push(found.task);
    }
  }
  const [task] = new Set(last);
  if (task === undefined || new Set(last).size !== 1 || decisions.reasons[task] === 0) return;
  const rule = ruleOf(plan, task);
  const lines = logEnd(disk.absolute(rule.logText(task - rule.firstTask)), 40);
  if (lines.length === 0 || (lines.length === 1 && lines[0] === '')) return;
  writeOut(`\n${printable(taskNameOf(plan, task))}:\n${lines.map((l) => `  ${printable(l)}`).join('\n')}\n`);
}

/** As the closing job of a submission gives it: templates/slurm/close.sh. */
const NOTIFY_SECONDS = 60;

/**
 * Runs what the profile asks for when a run is over, with the summary on its standard input. null where that went well, or
 * nothing is asked for, else what is to be told; how the run ended stays as it is.
 */
export async function notify(
  result: RunResult,
  session: Session,
  outlook: Outlook,
  options: SummaryOptions & { readonly env: NodeJS.ProcessEnv },
): Promise<string | null> {
  const { profile, plan, spec } = session;
  if (profile.notify === null) return null;
  const plain = { ...options, style: { ...options.style, colour: false } };
  const answer = await ask('bash', ['-c', profile.notify.command], {
    cwd: spec.folder,
    input: `${summaryLines(result, session, outlook, plain).join('\n').trimStart()}\n`,
    env: {
      ...options.env,
      WFC_NAME: plan.workflow.name,
      WFC_STATUS: result.outcome,
      WFC_DONE: String(result.counts.done),
      WFC_FAILED: String(result.counts.failed),
    },
    timeoutSeconds: NOTIFY_SECONDS,
  });
  const what = 'notify of the profile';
  switch (answer.kind) {
    case 'said':
      return null;
    case 'silent':
      return `${what} was stopped after a minute`;
    case 'absent':
      return `${what} can't start: ${answer.problem}`;
    case 'failed': {
      const [last = ''] = answer.stderr.trimEnd().split('\n').slice(-1);
      return `${what} failed with ${typeof answer.status === 'string' ? answer.status : `exit status ${answer.status}`}${last === '' ? '' : `: ${printable(last)}`}`;
    }
  }
}
