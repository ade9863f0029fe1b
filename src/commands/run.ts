import { execute } from '../execute/executor.ts';
import { localLimits, machineLimits } from '../execute/machine.ts';
import type { Failure, RunResult } from '../execute/result.ts';
import { thisMachine } from '../execute/this-machine.ts';
import type { Disk } from '../io/files/disk.ts';
import { logEnd } from '../io/files/log-file.ts';
import { fromHere } from '../io/files/spec-file.ts';
import { stopSignals } from '../io/programs/signals.ts';
import { compactJournals, JournalWriter, readJournals } from '../io/state/journal.ts';
import { Sightings } from '../io/state/last-look.ts';
import { writeLastRun } from '../io/state/last-run.ts';
import { stopOrphans } from '../io/state/orphans.ts';
import { ruleOf, taskNameOf } from '../model/plan.ts';
import { problemWords } from '../model/problem.ts';
import type { Trust } from '../resume/contents.ts';
import type { SuccessRecord } from '../resume/record.ts';
import { escalateSession, shortages } from '../session/escalation.ts';
import { keptRecords, keptWords, sweepMarkers } from '../session/keep-records.ts';
import { isPlain, keepLook, lookBefore } from '../session/last-look.ts';
import { lookAtQueue } from '../session/liveness.ts';
import { lockFolder, refuse } from '../session/locking.ts';
import { printPlan } from '../session/plan-text.ts';
import { remembered } from '../session/remember.ts';
import {
  type CommonOptions,
  checkForce,
  EXIT,
  type ExitStatus,
  lookAhead,
  type Outlook,
  openRunnable,
  printDiagnostics,
  type Session,
} from '../session/session.ts';
import { standingOf } from '../session/standing.ts';
import { Progress } from '../terminal/progress.ts';
import { writeError, writeOut } from '../terminal/streams.ts';
import { countTasks, formatCount, formatDuration, jsonText, paint, printable } from '../terminal/terminal.ts';

export interface RunOptions extends CommonOptions {
  readonly force: readonly string[];
  readonly trust: Trust;
  readonly maxParallel: number | null;
  readonly keepGoing: boolean;
  readonly dryRun: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly isTerminal: boolean;
  /** Say first what is redone and why, as `wfc resume` does; with it, tasks that ran out of something may get more. */
  readonly resuming?: { readonly escalate: boolean };
}

/** `wfc run --local`: run what is not complete, in order. */
export async function run(options: RunOptions): Promise<ExitStatus> {
  const { basis, complete } = lookBefore(options);
  if (complete !== null) {
    if (!options.quiet) writeError(`${nothingToDoWords(complete)}\n`);
    return EXIT.done;
  }
  const session = openRunnable(options);
  if (!session) return EXIT.badSpec;
  if (options.dryRun) {
    const outlook = await lookAhead(session, options);
    if ('diagnostics' in outlook) {
      printDiagnostics(outlook.diagnostics, options);
      return EXIT.badSpec;
    }
    printPlan(session.plan, outlook.decisions, session.warnings, options);
    await escalated(session, outlook, options);
    return EXIT.done;
  }
  // A --force that names nothing is told before anything is written.
  const forced = checkForce(session.plan, options.force);
  if (forced.length > 0) {
    printDiagnostics(forced, options);
    return EXIT.badSpec;
  }
  return lockFolder(session, options, () => runLocked(session, options, basis));
}

async function runLocked(opened: Session, options: RunOptions, basis: string | null): Promise<ExitStatus> {
  const past = readJournals(opened.state.journals);
  const queue = await lookAtQueue(opened, past, options.env);
  if (queue.kind === 'known' && queue.elements.length > 0) {
    const { name } = queue.elements[0]!;
    return refuse(
      `${name} of this folder is in the queue of Slurm, and writes here; "wfc status" follows it, "wfc cancel" ends it`,
      options,
    );
  }
  // Before the first look at files: they could still write.
  const orphans = past ? stopOrphans(past) : [];
  const sightings = basis === null ? null : new Sightings(opened.disk);
  const outlook = await lookAhead(opened, { ...options, history: past, sightings });
  if ('diagnostics' in outlook) {
    printDiagnostics(outlook.diagnostics, options);
    return EXIT.badSpec;
  }
  const { decisions, history } = outlook;
  if (queue.kind === 'unknown' && !options.quiet)
    writeError('squeue does not answer: whether jobs of this folder still run is not known\n');
  const session = await explained(opened, outlook, options);
  const { plan, state, disk, spec, warnings } = session;
  if (!options.json && !options.resuming) printDiagnostics(warnings, options);
  const progress = new Progress(process.stderr, {
    style: options.style,
    quiet: options.quiet,
    live: options.isTerminal,
  });
  if (orphans.length > 0)
    progress.warning(`stopped ${countTasks(orphans.length)} of an earlier run that was killed, and that still wrote`);
  if (history) {
    sweepMarkers(session, history);
    compactJournals(state.journals, history);
  }
  writeLastRun(state.root, remembered('local', options, spec));
  // Before there is a journal again: its mere presence says that state is not lost.
  const kept = await keptRecords(session, outlook);
  const journal = new JournalWriter(state.journals);
  const records = new Map<string, SuccessRecord>(history?.records);
  for (const { name, record } of kept.records) {
    journal.done(name, record);
    records.set(name, record);
  }
  journal.flush();
  outlook.contents?.flush();
  if (kept.byTimes) progress.warning(keptWords(kept));
  if (decisions.runCount === 0) {
    journal.close();
    if (basis !== null && sightings && queue.kind === 'not asked' && orphans.length === 0 && isPlain(session, outlook))
      keepLook(basis, session, sightings);
    printResult(nothingToDo(), session, outlook, options);
    return EXIT.done;
  }
  const { maxParallel, limits } = localLimits(
    await machineLimits(options.env),
    options.maxParallel,
    session.profile.local,
  );
  warnOfGpus(session, decisions.reasons, limits.gpus.length, progress);
  const { result, interrupt } = execute(plan, {
    surroundings: thisMachine({ disk, journal, specFolder: spec.folder, env: options.env }),
    decisions,
    records,
    maxParallel,
    limits,
    contents: outlook.contents,
    onFailure: options.keepGoing ? 'continue' : 'stop',
    observer: {
      started: () => {},
      failed: (failure, willRetry) => progress.failure(failureWords(failure, willRetry)),
      progress: (counts, byRule) => progress.update(counts, byRule),
    },
  });
  let hearing = false;
  const onSignal = (): void => {
    // timeout(1) and some terminals send a signal to the process and to its group: one wish, heard twice.
    if (hearing) return;
    hearing = true;
    // Who reads that it is stopping may ask once more at once, and is heard.
    setImmediate(() => {
      hearing = false;
      progress.log('stopping: waiting for the running tasks to end (once more to kill them)');
      interrupt();
    });
  };
  const signals = stopSignals();
  for (const signal of signals) process.on(signal, onSignal);
  try {
    const finished = await result;
    progress.clear();
    journal.close();
    printResult(finished, session, outlook, options);
    return finished.outcome === 'done' ? EXIT.done : finished.outcome === 'failed' ? EXIT.taskFailed : EXIT.interrupted;
  } catch (error) {
    progress.clear();
    try {
      journal.close();
    } catch {
      // The first error says what is wrong; a journal that can't be closed costs reruns, no more.
    }
    throw error;
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

/** `wfc resume` says what is redone and why, and may give tasks more than the spec does. */
async function explained(session: Session, outlook: Outlook, options: RunOptions): Promise<Session> {
  const { resuming, json, quiet } = options;
  if (resuming && !json && !quiet && outlook.decisions.runCount > 0)
    printPlan(session.plan, outlook.decisions, session.warnings, { ...options, quiet: true });
  return escalated(session, outlook, options);
}

async function escalated(
  session: Session,
  outlook: Outlook,
  { resuming, json, quiet, dryRun, env }: RunOptions,
): Promise<Session> {
  if (!resuming?.escalate) return session;
  const say = (line: string): void => {
    if (!json && !quiet) writeError(`${printable(line)}\n`);
  };
  // No element is in the queue: such a run would not come so far.
  const { stops } = await standingOf(session, { history: outlook.history, queue: { kind: 'not asked' }, env });
  return escalateSession(session, shortages(session, outlook, stops), { dryRun, say });
}

function warnOfGpus({ plan }: Session, reasons: Uint8Array, gpus: number, progress: Progress): void {
  if (gpus > 0) return;
  const asking = plan.rules.filter(
    (r) => r.rule.resources.gpus && reasons.subarray(r.firstTask, r.firstTask + r.space.size).some((x) => x !== 0),
  );
  if (asking.length === 0) return;
  const names = asking.map((r) => r.rule.name).join(', ');
  progress.warning(`this machine has no GPU that wfc can see: ${names} runs without, CUDA_VISIBLE_DEVICES empty`);
}

function nothingToDo(): RunResult {
  return {
    outcome: 'done',
    counts: { total: 0, done: 0, failed: 0, blocked: 0, running: 0 },
    failures: [],
    unchanged: 0,
    seconds: 0,
  };
}

function nothingToDoWords(tasks: number): string {
  return `nothing to do: ${tasks === 1 ? 'the 1 task is' : `all ${formatCount(tasks)} tasks are`} complete`;
}

function failureWords({ name, problem, attempts }: Failure, willRetry: boolean): string {
  return printable(`${name}: ${problemWords(problem)}${willRetry ? ` (attempt ${attempts}; trying again)` : ''}`);
}

// --- the closing summary ---

function failureJson({ task, name, problem, attempts, log }: Failure): object {
  return { task, name, code: problem.code, what: problemWords(problem), attempts, log };
}

function printResult(result: RunResult, session: Session, outlook: Outlook, options: RunOptions): void {
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
      failures: failures.map(failureJson),
    };
    writeOut(`${jsonText(summary)}\n`);
    return;
  }
  const lines = failures.length > 0 ? failureLines(failures, session.disk, options) : [];
  if (options.quiet && outcome === 'done') return;
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
    if (outcome !== 'done') lines.push(nextStep(options, outcome, notRun));
  }
  writeError(`${lines.join('\n')}\n`);
  if (outcome === 'done') printAnswer(session, outlook);
}

function nextStep({ spec, keepGoing }: RunOptions, outcome: RunResult['outcome'], notRun: number): string {
  const again = `the same command${spec === undefined ? '' : ` on ${printable(spec)}`} runs only what is not complete`;
  const more =
    outcome === 'failed' && !keepGoing && notRun > 0
      ? '; with -k it goes on with what does not depend on a failure'
      : '';
  return `hint: ${again}${more}`;
}

const FAILURES_WITH_LOG = 10;
const FAILURES_NAMED = 1000;

function failureLines(failures: readonly Failure[], disk: Disk, { style }: RunOptions): string[] {
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
