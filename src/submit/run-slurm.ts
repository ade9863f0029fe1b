import { join } from 'node:path';
import { ask } from '../io/programs/ask.ts';
import { queuedElements } from '../io/slurm/elements.ts';
import { nextNumber } from '../io/state/journal.ts';
import { tempPaths } from '../model/plan.ts';
import type { Trust } from '../resume/contents.ts';
import { measuredDurations } from '../resume/durations.ts';
import { keepForDiff } from '../session/diff/keep-run.ts';
import { keepBeforeSubmission, sweepMarkers } from '../session/keep-records.ts';
import { lockFolder, refuse } from '../session/locking.ts';
import { remembered } from '../session/remember.ts';
import {
  type CommonOptions,
  EXIT,
  type ExitStatus,
  lookAhead,
  type Outlook,
  openRunnable,
  printDiagnostics,
  type Session,
} from '../session/session.ts';
import { tellChanges } from '../session/staged/changes.ts';
import { waitingLines } from '../session/staged/words.ts';
import { watchStatus } from '../session/status/watch.ts';
import { writeError } from '../terminal/streams.ts';
import { countTasks } from '../terminal/terminal.ts';
import { type SlurmScripts, writeProblem, writeSlurmScripts } from './scripts.ts';
import { stageReport } from './stage-report.ts';

export interface RunSlurmOptions extends CommonOptions {
  readonly force: readonly string[];
  /** For what is handed in; inside a submission all that depends on a task that ran runs, too. */
  readonly trust: Trust;
  readonly dryRun: boolean;
  /** Stay and follow what was submitted, until it ends. */
  readonly watch: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** Standard output is a terminal that can be drawn on again. */
  readonly isScreen: boolean;
}

/** What a submission that was followed to its end leaves to do: tasks that are known since, of which these are forced. */
export interface StageDone {
  readonly force: readonly string[];
}

/** `wfc run --slurm`: compile what is not complete, and submit it. Slurm does the rest; nothing here stays alive. */
export async function runSlurm(options: RunSlurmOptions): Promise<ExitStatus | StageDone> {
  const session = openRunnable(options);
  if (!session) return EXIT.badSpec;
  const prepared = await lockFolder(session, options, () => prepare(session, options));
  return typeof prepared === 'number' ? prepared : submit(session, prepared, options);
}

/** What is not complete, as scripts; or the exit status where there is nothing to hand in. */
async function prepare(session: Session, options: RunSlurmOptions): Promise<Prepared | ExitStatus> {
  const outlook = await lookAhead(session, options);
  if ('diagnostics' in outlook) {
    printDiagnostics([...session.warnings, ...outlook.diagnostics], options);
    return EXIT.badSpec;
  }
  printDiagnostics(session.warnings, { ...options, json: false });
  if (!options.quiet && !options.json) tellChanges(session, outlook, options, (line) => writeError(`${line}\n`));
  const { decisions } = outlook;
  if (!options.dryRun) await keepBeforeSubmission(session, outlook, options);
  if (decisions.runCount === 0) {
    if (!options.dryRun) await sweepComplete(session, outlook, options.env);
    writeError(`nothing to do: ${countTasks(session.plan.neededCount)} complete\n`);
    return EXIT.done;
  }
  const queued = await queuedElements(session.spec.folder, options.env);
  if (queued === null) return refuse(NO_ANSWER, options);
  const [live] = queued;
  if (live)
    return refuse(
      live.isMine
        ? `${live.name} of this folder is in the queue. "wfc resume" submits what it leaves; "wfc cancel" ends it`
        : `${live.name} of another user is in the queue and works in this folder. "wfc resume" submits what it leaves`,
      options,
    );
  const included = decisions.reasons.map((reason) => Number(reason !== 0));
  return writeScripts(session, { included, outlook, beside: [] }, options);
}

/** Nothing is left to do: tidy up what a submission left that was killed, unless jobs of the folder are in the queue. */
export async function sweepComplete(session: Session, { history }: Outlook, env: NodeJS.ProcessEnv): Promise<void> {
  const { plan, disk, spec } = session;
  if (history) sweepMarkers(session, history);
  const temps = tempPaths(plan).filter((path) => disk.stat(path));
  if (temps.length === 0 || (await queuedElements(spec.folder, env))?.length !== 0) return;
  for (const path of temps) disk.remove(path);
}

export const NO_ANSWER = 'squeue does not answer: is this a login node of a Slurm cluster?';

/** Scripts that are ready to be handed in. */
export interface Prepared {
  readonly scripts: SlurmScripts;
  /** Jobs of the same folder that may be in the queue: they run other tasks. */
  readonly beside: readonly string[];
}

/** Write the scripts for just these tasks; only under the lock. How long they took before says how many make an element. */
export async function writeScripts(
  session: Session,
  { included, outlook, beside }: Pick<Prepared, 'beside'> & { included: Uint8Array; outlook: Outlook },
  options: RunSlurmOptions,
): Promise<Prepared | ExitStatus> {
  try {
    const durations = measuredDurations(session.plan, outlook.history);
    const { force } = options;
    const forced = force.length === 0 ? {} : { forced: `${force.join(' ')}, ${new Date().toISOString()}` };
    const remember = { ...remembered('slurm', options, session.spec), ...forced };
    const scripts = await writeSlurmScripts(session, { included, durations, out: null, remember, env: options.env });
    const number = nextNumber(session.state.journals);
    if (!options.dryRun) keepForDiff(session, outlook, { number, isLaterStage: false }, remember, options);
    return { scripts, beside };
  } catch (error) {
    return refuse(writeProblem(error), options);
  }
}

const LATER = '; "wfc resume" submits what is known then';

/** Watch what is in the queue to its end. */
export async function follow(session: Session, options: RunSlurmOptions): Promise<ExitStatus | StageDone> {
  const status = await watchStatus(session, options);
  const { rules, staged, findPath } = session.plan;
  if (status !== EXIT.done || staged.waiting.length === 0) return status;
  const ran = (text: string): boolean => rules.some((r) => r.rule.name === text) || findPath(text) !== null;
  return { force: options.force.filter((text) => !ran(text)) };
}

/** Hand scripts in, and follow them if that is asked for. Without the lock: submit.sh itself refuses while it is held. */
export async function submit(
  session: Session,
  { scripts, beside }: Prepared,
  options: RunSlurmOptions,
): Promise<ExitStatus | StageDone> {
  printDiagnostics(scripts.warnings, { ...options, json: false });
  if (!options.quiet) {
    writeError(`${stageReport(session.plan, scripts.stages)}\n`);
    for (const line of waitingLines(session.plan)) writeError(`${line}${options.watch ? '' : LATER}\n`);
  }
  const args = [
    join(scripts.folder, 'submit.sh'),
    ...(beside.length > 0 ? [`--beside=${beside.join(',')}`] : []),
    ...(options.dryRun ? ['--dry-run'] : []),
  ];
  const { env } = options;
  const submitted = await ask('bash', args, { env, stdout: 'shown', stderr: 'shown', timeoutSeconds: null });
  if (submitted.kind !== 'said') return EXIT.badSurroundings;
  return options.watch && !options.dryRun ? follow(session, options) : EXIT.done;
}
