import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { byteCount, isThere, streamOf } from '../io/files/files.ts';
import { lastAttemptStart, logEnd, shownLine } from '../io/files/log-file.ts';
import { fromHere } from '../io/files/spec-file.ts';
import { readJournals } from '../io/state/journal.ts';
import { type FailureKind, failureKinds, type ToldFailure } from '../model/failure-kinds.ts';
import { ruleOf, taskName, taskNameOf } from '../model/plan.ts';
import { problemWords, toldProblem } from '../model/problem.ts';
import { NEVER_STARTED } from '../resume/history.ts';
import { STOP_WORDS } from '../resume/stop.ts';
import {
  type CommonOptions,
  EXIT,
  type ExitStatus,
  openSession,
  printDiagnostics,
  type Session,
} from '../session/session.ts';
import { findNamed, placeOf } from '../session/task-argument.ts';
import { writeError, writeOut } from '../terminal/streams.ts';
import { countOf, countTasks, formatCount, jsonText, printable } from '../terminal/terminal.ts';

export interface LogsOptions extends CommonOptions {
  readonly task: readonly string[];
  /** Of one task: all its attempts, not the last alone. */
  readonly all: boolean;
}

/** `wfc logs TASK`: the task's log on standard output, its place and the last attempt on standard error. */
export async function logs(options: LogsOptions): Promise<ExitStatus> {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  const { plan, disk, state } = session;
  const named = findNamed(session, options.task);
  if ('source' in named) {
    writeError(`${printable(named.source)} is a source file: no task makes it, so there is no log\n`);
    return EXIT.badSpec;
  }
  if ('diagnostic' in named) {
    printDiagnostics([named.diagnostic], options);
    return EXIT.badSpec;
  }
  const { rule, index } = placeOf(plan, named.task);
  const path = rule.logText(index);
  const file = disk.absolute(path);
  const exists = isThere(file);
  const history = readJournals(state.journals);
  const name = rule.outputTexts[0]!(index);
  const failure = history?.failed.get(name);
  const stop = history?.stopped.get(name);
  const slurm = (failure ?? stop ?? history?.unfinished.get(name))?.slurmId ?? '';
  const code = failure?.problem.code ?? stop?.cause ?? null;
  const reason = failure ? problemWords(failure.problem) : stop ? STOP_WORDS[stop.cause] : null;
  if (options.json) {
    const shown = exists ? path : null;
    writeOut(
      `${jsonText({ task: taskNameOf(plan, named.task), log: shown, code, reason, slurm: slurm === '' ? null : slurm })}\n`,
    );
    return EXIT.done;
  }
  const hasRun =
    history !== null &&
    [history.records, history.failed, history.stopped, history.unfinished].some((of) => of.has(name));
  const isEmpty = !exists || byteCount(file) === 0;
  const start = isEmpty || options.all ? 0 : lastAttemptStart(file);
  const words = [
    exists ? fromHere(file) : `${hasRun ? 'it wrote nothing' : 'it has not run yet'}, so there is no log`,
    ...(start > 0 ? ['the last attempt ("--all" shows all)'] : []),
    ...(reason === null ? [] : [reason]),
    ...(slurm === '' ? [] : [`Slurm ${slurm}`]),
  ];
  if (!options.quiet) writeError(`${printable(`${taskNameOf(plan, named.task)}: ${words.join('; ')}`)}\n`);
  if (!isEmpty) await show(file, start);
  return EXIT.done;
}

/** What a task wrote reaches a terminal shown, not obeyed; a pipe gets the bytes. */
async function show(file: string, start: number): Promise<void> {
  const text = streamOf(file, start);
  if (!process.stdout.isTTY) {
    await pipeline(text, process.stdout, { end: false });
    return;
  }
  // A carriage return alone ends no line for a terminal.
  for await (const line of createInterface({ input: text.setEncoding('utf8'), crlfDelay: 0, terminal: false }))
    writeOut(`${printable(shownLine(line))}\n`);
}

interface ShownFailure extends ToldFailure {
  readonly rule: string;
  readonly name: string;
  readonly hasRun: boolean;
  readonly log: string | null;
  readonly slurm: string | null;
}

const KINDS_SHOWN = 20;
const NAMES_SHOWN = 5;

/** `wfc logs --failed`: how the logs of all failed tasks end, those that look alike once. */
export function failedLogs(options: CommonOptions): ExitStatus {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  const kinds = failureKinds(failuresOf(session), ({ rule }) => rule);
  if (options.json) {
    writeOut(`${jsonText({ kinds: kinds.map(kindJson) })}\n`);
    return EXIT.done;
  }
  const lines = kinds.slice(0, KINDS_SHOWN).flatMap((kind, k) => [...(k === 0 ? [] : ['']), ...kindLines(kind)]);
  if (kinds.length > KINDS_SHOWN)
    lines.push('', `and ${countOf(kinds.length - KINDS_SHOWN, 'more kind')}; "wfc logs --failed --json" has all`);
  writeOut(kinds.length === 0 ? 'no task has failed\n' : `${printableLines(lines)}\n`);
  return EXIT.done;
}

/** Tasks whose last attempt failed, in the order of the plan. */
function failuresOf({ plan, disk, state }: Session): ShownFailure[] {
  const failures: (ShownFailure & { task: number })[] = [];
  for (const [output, { problem, attempt, slurmId }] of readJournals(state.journals)?.failed ?? []) {
    const task = plan.findPath(output)?.task;
    if (task === undefined || plan.needed[task] === 0) continue;
    const rule = ruleOf(plan, task);
    const path = rule.logText(task - rule.firstTask);
    const hasLog = attempt !== NEVER_STARTED && isThere(disk.absolute(path));
    failures.push({
      task,
      rule: rule.rule.name,
      name: taskName(rule, task - rule.firstTask),
      ...toldProblem(problem),
      hasRun: attempt !== NEVER_STARTED,
      log: hasLog ? path : null,
      logEnd: hasLog ? logEnd(disk.absolute(path)) : null,
      slurm: slurmId === '' ? null : slurmId,
    });
  }
  return failures.sort((a, b) => a.task - b.task);
}

function kindLines({ failures }: FailureKind<ShownFailure>): string[] {
  const first = failures[0]!;
  const names = failures.slice(0, NAMES_SHOWN).map(({ name }) => name);
  const more = failures.length > NAMES_SHOWN ? ` and ${formatCount(failures.length - NAMES_SHOWN)} more` : '';
  const head =
    failures.length === 1
      ? `${first.name}: ${first.reason}`
      : `${countTasks(failures.length)} failed alike: ${names.join(', ')}${more}: ${first.reason}`;
  const slurm = first.slurm === null ? '' : `; Slurm ${first.slurm}`;
  const place =
    first.log === null
      ? `  it ${first.hasRun ? 'wrote nothing' : 'did not start'}, so there is no log`
      : `  log: ${first.log}${slurm}`;
  return [head, place, ...(first.logEnd ?? []).map((line) => `  | ${line}`)];
}

function kindJson({ rule, failures }: FailureKind<ShownFailure>): object {
  const { code, reason, logEnd: end } = failures[0]!;
  return { rule, code, reason, logEnd: end, tasks: failures.map(({ name, log, slurm }) => ({ name, log, slurm })) };
}

function printableLines(lines: readonly string[]): string {
  return lines.map((line) => printable(line)).join('\n');
}
