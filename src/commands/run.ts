import { execute } from '../execute/executor.ts';
import { localLimits, machineLimits } from '../execute/machine.ts';
import { thisMachine } from '../execute/this-machine.ts';
import { stopSignals } from '../io/programs/signals.ts';
import { compactJournals, JournalWriter, readJournals } from '../io/state/journal.ts';
import { writeLastRun } from '../io/state/last-run.ts';
import { stopOrphans } from '../io/state/orphans.ts';
import type { Trust } from '../resume/contents.ts';
import type { History } from '../resume/history.ts';
import type { RecordsByName, SuccessRecord } from '../resume/record.ts';
import { keepForDiff } from '../session/diff/keep-run.ts';
import { escalateSession, shortages } from '../session/escalation.ts';
import { keptRecords, keptWords, sweepMarkers } from '../session/keep-records.ts';
import { lookAtQueue, type Queue } from '../session/liveness.ts';
import { lockFolder, refuse } from '../session/locking.ts';
import { printPlan } from '../session/plan-text.ts';
import { remembered } from '../session/remember.ts';
import { failureWords, nothingToDo, notify, printResult } from '../session/run-summary.ts';
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
import { tellChanges } from '../session/staged/changes.ts';
import {
  type Earlier,
  type NextStage,
  NOTHING_YET,
  nextStage,
  total,
  totalOutlook,
} from '../session/staged/next-stage.ts';
import { standingOf } from '../session/standing.ts';
import { Progress } from '../terminal/progress.ts';
import { writeError } from '../terminal/streams.ts';
import { countTasks, printable } from '../terminal/terminal.ts';

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

/** How a run ended. */
export interface RunEnd {
  readonly status: ExitStatus;
  /** The number of tasks, all complete, where that is all that there was to say, and to do; else null. */
  readonly complete: number | null;
}

/** `wfc run --local`: run what is not complete, in order. */
export async function run(options: RunOptions): Promise<RunEnd> {
  const end = await runOpened(options);
  return typeof end === 'number' ? { status: end, complete: null } : end;
}

async function runOpened(options: RunOptions): Promise<RunEnd | ExitStatus> {
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
  return lockFolder(session, options, () => runStages(session, options));
}

/** Where files that give values are made on the way, one run after the other, until no rule waits for any. */
async function runStages(session: Session, options: RunOptions): Promise<RunEnd | ExitStatus> {
  // What others did before the lock was ours may have changed such a file.
  let opened = session.plan.staged.sources.length === 0 ? session : openRunnable(options);
  let earlier = NOTHING_YET;
  for (;;) {
    if (!opened) return EXIT.badSpec;
    const end = await runLocked(opened, options, earlier);
    if (typeof end === 'number' || !('next' in end)) return end;
    earlier = end.earlier;
    opened = end.next;
  }
}

/** What is in the way of a run, and what it knows before it looks at files. */
interface Before {
  readonly past: History | null;
  readonly queue: Queue;
  /** Tasks of an earlier run that still wrote, and were stopped. */
  readonly orphans: number;
}

/** The way of a run that has the folder to itself. */
async function runLocked(
  opened: Session,
  asked: RunOptions,
  earlier: Earlier,
): Promise<RunEnd | ExitStatus | NextStage> {
  const options = { ...asked, force: asked.force.filter((text) => !earlier.forced.has(text)) };

  // 1. Nothing else may write here: jobs in the queue are left to go on, tasks of a run that was killed are stopped.
  const before = await clearTheWay(opened, options);
  if (typeof before === 'number') return before;

  // 2. Look at all files, and decide what runs and why.
  const outlook = await lookAhead(opened, { ...options, history: before.past });
  if ('diagnostics' in outlook) {
    printDiagnostics(outlook.diagnostics, options);
    return EXIT.badSpec;
  }

  // 3. Say so, and give tasks that ran out of something more, if that is wished.
  const session = await explained(opened, outlook, options);
  const progress = new Progress(process.stderr, {
    style: options.style,
    quiet: options.quiet,
    live: options.isTerminal,
  });
  sayBefore(session, before, options, progress);
  if (!options.json && !options.quiet && (outlook.decisions.runCount > 0 || earlier !== NOTHING_YET))
    tellChanges(session, outlook, options, (line) => progress.log(line));

  // 4. Write down what is known by now: nothing that is complete runs again, whatever ends this run.
  const { journal, records } = await beginRecords(session, outlook, options, progress, earlier);
  const stages = { ...earlier, number: earlier.number ?? journal.number };

  // 5. Where all is complete, that is all.
  if (outlook.decisions.runCount === 0) {
    journal.close();
    const next = nextStage(session, nothingToDo(), stages, options);
    if (next !== null) return goOn(next, progress, options);
    printResult(total(nothingToDo(), earlier), session, totalOutlook(outlook, earlier), options);
    const isAll = session.plan.staged.waiting.length === 0 && earlier === NOTHING_YET;
    const complete = isAll && isPlain(session, outlook, before) ? session.plan.neededCount : null;
    return { status: session.plan.staged.waiting.length === 0 ? EXIT.done : EXIT.taskFailed, complete };
  }

  // 6. Run, until all is done, or failed, or somebody stops it.
  const { maxParallel, limits } = localLimits(
    await machineLimits(options.env),
    options.maxParallel,
    session.profile.local,
  );
  warnOfGpus(session, outlook.decisions.reasons, limits.gpus.length, progress);
  const { disk, spec, plan } = session;
  // Before the first task starts: from then on somebody may want it stopped. It is heard once all has begun.
  const deafen = hearStops(() => {
    progress.log('stopping: waiting for the running tasks to end (once more to kill them)');
    running.interrupt();
  });
  const running = execute(plan, {
    surroundings: thisMachine({ disk, journal, specFolder: spec.folder, env: options.env }),
    decisions: outlook.decisions,
    records,
    maxParallel,
    limits,
    contents: outlook.contents,
    failedBefore: earlier.failures,
    onFailure: options.keepGoing ? 'continue' : 'stop',
    observer: {
      started: () => {},
      failed: (failure, willRetry) => progress.failure(failureWords(failure, willRetry)),
      wentOn: (name, times, most) =>
        progress.log(printable(`${name}: goes on from its checkpoint (${times} of ${most})`)),
      progress: (counts, byRule) => progress.update(counts, byRule),
    },
  });

  // 7. Tell what came of it.
  try {
    const finished = await running.result;
    progress.clear();
    journal.close();
    const next = nextStage(session, finished, stages, options);
    if (next !== null) return goOn(next, progress, options);
    const all = total(finished, earlier);
    printResult(all, session, totalOutlook(outlook, earlier), options);
    const complaint = await notify(all, session, totalOutlook(outlook, earlier), options);
    if (complaint !== null) progress.warning(complaint);
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
    deafen();
  }
}

function goOn(next: NextStage | 'bad spec', progress: Progress, { json, quiet }: RunOptions): NextStage | ExitStatus {
  if (next === 'bad spec') return EXIT.badSpec;
  if (!json && !quiet) progress.log(next.words);
  return next;
}

/** A status where jobs of this folder are in the queue: they write here. */
async function clearTheWay(session: Session, options: RunOptions): Promise<Before | ExitStatus> {
  const past = readJournals(session.state.journals);
  const queue = await lookAtQueue(session, past, options.env);
  if (queue.kind === 'known' && queue.elements.length > 0) {
    const { name } = queue.elements[0]!;
    return refuse(
      `${name} of this folder is in the queue of Slurm, and writes here; "wfc status" follows it, "wfc cancel" ends it`,
      options,
    );
  }
  if (queue.kind === 'unknown' && !options.quiet)
    writeError('squeue does not answer: whether jobs of this folder still run is not known\n');
  // Before the first look at files: they could still write.
  return { past, queue, orphans: past ? stopOrphans(past).length : 0 };
}

/** Whether nothing but files and records decided, and nothing was said or left to do beside. */
function isPlain({ warnings }: Session, { history, decisions }: Outlook, { queue, orphans }: Before): boolean {
  if (warnings.length > 0 || orphans > 0 || queue.kind !== 'not asked') return false;
  return history !== null && history.unfinished.size === 0 && decisions.toRecord.length === 0;
}

function sayBefore({ warnings }: Session, { orphans }: Before, options: RunOptions, progress: Progress): void {
  if (!options.json && !options.resuming) printDiagnostics(warnings, options);
  if (orphans > 0)
    progress.warning(`stopped ${countTasks(orphans)} of an earlier run that was killed, and that still wrote`);
}

/** The journal of this run, with records of what is complete without having run here, and all records by task name. */
async function beginRecords(
  session: Session,
  outlook: Outlook,
  options: RunOptions,
  progress: Progress,
  { number }: Earlier,
): Promise<{ readonly journal: JournalWriter; readonly records: RecordsByName }> {
  const { state, spec } = session;
  const { history } = outlook;
  if (history) {
    sweepMarkers(session, history);
    compactJournals(state.journals, history);
  }
  const told = remembered('local', options, spec);
  writeLastRun(state.root, told);
  // Before there is a journal again: its mere presence says that state is not lost.
  const kept = await keptRecords(session, outlook);
  const journal = new JournalWriter(state.journals);
  if (outlook.decisions.runCount > 0)
    keepForDiff(session, outlook, { number: number ?? journal.number, isLaterStage: number !== null }, told, options);
  const written = new Map<string, SuccessRecord>();
  for (const { name, record } of kept.records) {
    journal.done(name, record);
    written.set(name, record);
  }
  journal.flush();
  outlook.contents?.flush();
  if (kept.byTimes) progress.warning(keptWords(kept));
  return { journal, records: { get: (name) => written.get(name) ?? history?.records.get(name) } };
}

/** Calls back at each wish to stop; returns how to hear no more. */
function hearStops(stop: () => void): () => void {
  let hearing = false;
  const onSignal = (): void => {
    // timeout(1) and some terminals send a signal to the process and to its group: one wish, heard twice.
    if (hearing) return;
    hearing = true;
    // Who reads that it is stopping may ask once more at once, and is heard.
    setImmediate(() => {
      hearing = false;
      stop();
    });
  };
  const signals = stopSignals();
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
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
