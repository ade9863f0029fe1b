import { basename } from 'node:path';
import { type QueuedElement, queuedElements, releaseElements } from '../io/slurm/elements.ts';
import { readSubmissions, SubmittedTasks } from '../io/slurm/submissions.ts';
import { runnableBeside } from '../resume/live.ts';
import { STOP_WORDS } from '../resume/stop.ts';
import { escalateSession, shortages } from '../session/escalation.ts';
import { keepBeforeSubmission, sweepMarkers } from '../session/keep-records.ts';
import { type Queue, queueOf } from '../session/liveness.ts';
import { lockFolder, refuse } from '../session/locking.ts';
import { printPlan } from '../session/plan-text.ts';
import {
  EXIT,
  type ExitStatus,
  lookAhead,
  type Outlook,
  openRunnable,
  printDiagnostics,
  type Session,
} from '../session/session.ts';
import { tellChanges } from '../session/staged/changes.ts';
import { type ExplainedStop, standingOf } from '../session/standing.ts';
import { writeError } from '../terminal/streams.ts';
import { countOf, countTasks, formatCount, printable } from '../terminal/terminal.ts';
import {
  follow,
  NO_ANSWER,
  type Prepared,
  type RunSlurmOptions,
  type StageDone,
  submit,
  sweepComplete,
  writeScripts,
} from './run-slurm.ts';
import { longestTimes } from './stages.ts';

export interface ResumeSlurmOptions extends RunSlurmOptions {
  /** Tasks that ran out of memory or time get twice as much. */
  readonly escalate: boolean;
}

/** `wfc resume` on Slurm: submit what is not complete, less what is still queued or running, and what depends on that. */
export async function resumeSlurm(options: ResumeSlurmOptions): Promise<ExitStatus | StageDone> {
  const session = openRunnable(options);
  if (!session) return EXIT.badSpec;
  const prepared = options.dryRun
    ? await prepare(session, options)
    : await lockFolder(session, options, () => prepare(session, options));
  if (prepared === 'in the queue') return options.watch ? follow(session, options) : EXIT.done;
  return typeof prepared === 'number' ? prepared : submit(session, prepared, options);
}

/** `in the queue`: all that is left is there already. */
async function prepare(session: Session, options: ResumeSlurmOptions): Promise<Prepared | ExitStatus | 'in the queue'> {
  const outlook = await lookAhead(session, options);
  if ('diagnostics' in outlook) {
    printDiagnostics([...session.warnings, ...outlook.diagnostics], options);
    return EXIT.badSpec;
  }
  const { decisions, history } = outlook;
  const say = (line: string): void => {
    if (!options.quiet && !options.json) writeError(`${printable(line)}\n`);
  };
  if (options.json || options.dryRun || !options.quiet) printPlan(session.plan, decisions, session.warnings, options);
  if (!options.quiet && !options.json) tellChanges(session, outlook, options, (line) => writeError(`${line}\n`));
  if (!options.dryRun) await keepBeforeSubmission(session, outlook, options);
  if (decisions.runCount === 0) {
    if (!options.dryRun) await sweepComplete(session, outlook, options.env);
    return EXIT.done;
  }
  const askedSeconds = Date.now() / 1000;
  const queued = await queuedElements(session.spec.folder, options.env);
  if (queued === null) return refuse(NO_ANSWER, options);
  await releaseHeld(queued, options, say);
  const live = liveTasks(session, queued);
  if (typeof live === 'string') return refuse(live, options);
  const beside = runnableBeside(session.plan, decisions.reasons, live);
  if (beside.liveCount > 0) {
    const waiting =
      beside.waitingCount > 0
        ? `, and ${countOf(beside.waitingCount, 'task depends', 'tasks depend')} on ${beside.liveCount === 1 ? 'it' : 'them'}`
        : '';
    say(
      `${countTasks(beside.liveCount)} queued or running already${waiting}: left to the jobs in the queue, and to the next resume`,
    );
  }
  const stops = await stopsOf(session, outlook, queueOf(queued, askedSeconds), options.env);
  for (const line of stopWords(stops)) say(line);
  const asked = options.escalate
    ? escalateSession(session, shortages(session, outlook, stops), {
        dryRun: options.dryRun,
        say,
        maxTimeSeconds: await longestTimes(session.profile, options.env),
      })
    : session;
  if (options.dryRun) return EXIT.done;
  if (beside.includedCount === 0) {
    say('nothing to submit now');
    return 'in the queue';
  }
  if (history) sweepMarkers(session, history);
  const jobs = [...new Set(queued.map((element) => element.job))];
  return writeScripts(asked, { included: beside.included, outlook, beside: jobs }, options);
}

/**
 * submit.sh releases its arrays once all are in the queue. Where it was killed before that, or where a controller that was
 * killed has forgotten it, they would wait for ever.
 */
async function releaseHeld(
  queued: readonly QueuedElement[],
  { dryRun, env }: ResumeSlurmOptions,
  say: (line: string) => void,
): Promise<void> {
  const held = queued.filter(({ isHeld, isMine }) => isHeld && isMine);
  const jobs = [...new Set(held.map(({ job }) => job))];
  if (jobs.length === 0) return;
  const words = `${countOf(held.length, 'element that was', 'elements that were')} held in the queue: ${jobs.join(' ')}`;
  if (dryRun) say(`would release ${words}`);
  else say((await releaseElements(held, env)) ? `released ${words}` : `can't release ${words}`);
}

/** Per task, 1 where an element in the queue has it; in words, why that can't be told, or why nothing may run beside it. */
function liveTasks({ plan, state, spec }: Session, queued: readonly QueuedElement[]): Uint8Array | string {
  const live = new Uint8Array(plan.taskCount);
  const submissions = readSubmissions(state.journals, spec.folder);
  const known = new Map<string, SubmittedTasks>();
  for (const { job, index, name, submission: folder } of queued) {
    const submission = submissions.find((s) => basename(s.folder) === folder);
    const stage = submission?.jobs.get(job);
    const unknown = `${name} (job ${job}) of this folder is in the queue, and what it runs is not known; wait for it, or end it with wfc cancel`;
    if (!submission || submission.artifacts === null || stage === undefined) return unknown;
    let tasks = known.get(submission.artifacts);
    if (!tasks) {
      tasks = new SubmittedTasks(submission.artifacts);
      known.set(submission.artifacts, tasks);
      // Its closing job would remove them under the feet of a task submitted now.
      if (tasks.hasTemps)
        return `${name} (job ${job}) of this folder is in the queue, and will remove temp outputs at its end; wait for it, or end it with wfc cancel`;
    }
    if (index === null) continue;
    const names = tasks.ofElement(stage, index);
    if (names === null) return unknown;
    for (const taskName of names) {
      const found = plan.findPath(taskName);
      if (found && !found.inside) live[found.task] = 1;
    }
  }
  return live;
}

/** Tasks that are to run and that stopped, with how their elements ended. */
async function stopsOf(
  session: Session,
  { decisions, history }: Outlook,
  queue: Queue,
  env: NodeJS.ProcessEnv,
): Promise<ExplainedStop[]> {
  const { stops } = await standingOf(session, { history, queue, env, askSeconds: END_SECONDS });
  return stops.filter(({ task }) => decisions.reasons[task] !== 0);
}

/** Seconds for Slurm to say how elements ended: more than `wfc status` gives it, since more depends on it here. */
const END_SECONDS = 20;

function stopWords(stops: readonly ExplainedStop[]): string[] {
  const byEnd = new Map<string, Set<string>>();
  for (const { slurmId, how, cause } of stops) {
    if (slurmId === '') continue;
    const words = how ?? STOP_WORDS[cause];
    byEnd.set(words, (byEnd.get(words) ?? new Set()).add(slurmId));
  }
  return [...byEnd].map(([end, elements]) => {
    const ids = [...elements];
    const shown = ids.slice(0, 5).join(', ') + (ids.length > 5 ? ` and ${formatCount(ids.length - 5)} more` : '');
    return `${end}: ${ids.length === 1 ? 'element' : countOf(ids.length, 'element')} ${shown}`;
  });
}
