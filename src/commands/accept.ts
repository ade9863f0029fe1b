import type { Disk } from '../io/files/disk.ts';
import { JournalWriter, readJournals } from '../io/state/journal.ts';
import { forEachDependency, type Plan, ruleOf } from '../model/plan.ts';
import { recordsOfAdopted } from '../resume/adopt.ts';
import type { CheckedOutput, Decisions } from '../resume/decide.ts';
import { doneLine, emptyHistory } from '../resume/history.ts';
import { readInto } from '../resume/journal/read-journal.ts';
import { REASONS, type Reason, reasonCode } from '../resume/reason.ts';
import type { SuccessRecord } from '../resume/record.ts';
import { lockFolder } from '../session/locking.ts';
import {
  type CommonOptions,
  EXIT,
  type ExitStatus,
  look,
  openSession,
  printDiagnostics,
  type Session,
} from '../session/session.ts';
import { findNamed } from '../session/task-argument.ts';
import { writeError, writeOut } from '../terminal/streams.ts';
import { countTasks, formatCount, jsonText, printable } from '../terminal/terminal.ts';

export interface AcceptOptions extends CommonOptions {
  /** Rules and paths; none: all that the targets need. */
  readonly names: readonly string[];
  readonly dryRun: boolean;
}

/** Reasons that say that something is another than it was, and nothing of whether it is whole. */
const HARMLESS: ReadonlySet<Reason> = new Set([
  'no record',
  'output changed',
  'command changed',
  'code changed',
  'input changed',
  'input newer',
]);

const TEMP_NEEDED = reasonCode('temp needed');

/** `wfc accept`: what is there counts as made by the spec as it is now. What is missing or half-done stays so. */
export async function accept(options: AcceptOptions): Promise<ExitStatus> {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  const asked = askedTasks(session, options);
  if (asked === null) return EXIT.badSpec;
  return options.dryRun
    ? acceptTasks(session, asked, options)
    : lockFolder(session, options, () => acceptTasks(session, asked, options));
}

/** Per task, 1 where it is named; null where a name is wrong, which is printed. */
function askedTasks(session: Session, { names, ...options }: AcceptOptions): Uint8Array | null {
  const { plan } = session;
  if (names.length === 0) return plan.needed.slice();
  const asked = new Uint8Array(plan.taskCount);
  let isRight = true;
  for (const name of names) {
    const rule = plan.rules.find((r) => r.rule.name === name);
    if (rule) {
      asked.fill(1, rule.firstTask, rule.firstTask + rule.space.size);
      continue;
    }
    const named = findNamed(session, [name]);
    if ('task' in named) asked[named.task] = 1;
    else {
      const message = `${'source' in named ? named.source : name} is a source file: it needs no record`;
      printDiagnostics(
        ['diagnostic' in named ? named.diagnostic : { severity: 'error', message, location: null }],
        options,
      );
      isRight = false;
    }
  }
  return isRight ? asked : null;
}

async function acceptTasks(session: Session, asked: Uint8Array, options: AcceptOptions): Promise<ExitStatus> {
  const { plan } = session;
  const history = readJournals(session.state.journals);
  const known = history ?? emptyHistory();
  const taken = new Map<string, SuccessRecord>();
  const refused = new Set<number>();
  // Where there are no records at all, a file beside an output may still say that it is half-written.
  let { decisions } = await look(session, { history });
  for (;;) {
    // What comes after an accepted task shows its own reason only in the next round.
    const more = tasksToAccept(plan, decisions, asked).filter((task) => !refused.has(task));
    if (more.length === 0) break;
    const whole = await passingChecks(session, more);
    for (const task of more) if (!whole.has(task)) refused.add(task);
    for (const { name, record } of recordsOfAdopted(plan, [...whole], decisions, known.records)) {
      taken.set(name, record);
      readInto(known, Buffer.from(doneLine(name, record)));
    }
    ({ decisions } = await look(session, { history: known }));
  }
  if (!options.dryRun && taken.size > 0) {
    const journal = new JournalWriter(session.state.journals);
    for (const [name, record] of taken) journal.done(name, record);
    journal.close();
  }
  tellAccepted(taken.size, tasksLeft(plan, decisions, asked, refused), options);
  return EXIT.done;
}

/** Of tasks in their order, those whose outputs pass their checks: others are not whole, whatever else is harmless. */
async function passingChecks({ plan, disk, spec }: Session, tasks: readonly number[]): Promise<Set<number>> {
  const checked = tasks.map((task) => ({ task, outputs: checkedOutputs(plan, task, disk) }));
  const outputs = checked.flatMap((of) => of.outputs);
  if (outputs.length === 0) return new Set(tasks);
  const { runChecks } = await import('../io/programs/run-checks.ts');
  const passes = await runChecks(outputs, { specFolder: spec.folder, disk });
  const whole = checked.filter((of) => of.outputs.every(({ path }) => passes.get(path)));
  return new Set(whole.map(({ task }) => task));
}

/** A temp output may be gone, and passes then. */
function checkedOutputs(plan: Plan, task: number, disk: Disk): CheckedOutput[] {
  const { rule, outputTexts, firstTask } = ruleOf(plan, task);
  return rule.outputs.flatMap(({ checks, temp }, output) => {
    const path = outputTexts[output]!(task - firstTask);
    return checks.length === 0 || (temp && disk.stat(path) === null) ? [] : [{ rule, output, path }];
  });
}

/** Tasks whose reason is harmless, after all that they depend on: what runs before one makes it run in any case. */
function tasksToAccept(plan: Plan, { reasons }: Decisions, asked: Uint8Array): number[] {
  const tasks: number[] = [];
  reasons.forEach((code, task) => {
    if (code === 0 || asked[task] === 0 || plan.needed[task] === 0 || !HARMLESS.has(REASONS[code]!)) return;
    let waits = false;
    forEachDependency(plan, task, (producer, { input }) => {
      // A temp output that is gone is to be made only for those that run.
      waits ||= !input.ancient && reasons[producer] !== 0 && reasons[producer] !== TEMP_NEEDED;
    });
    if (!waits) tasks.push(task);
  });
  return tasks;
}

/** What was asked for and is to run all the same, by reason. */
function tasksLeft(
  plan: Plan,
  { reasons }: Decisions,
  asked: Uint8Array,
  refused: ReadonlySet<number>,
): Map<Reason, number> {
  const left = new Map<Reason, number>();
  reasons.forEach((code, task) => {
    if (code === 0 || asked[task] === 0 || plan.needed[task] === 0) return;
    const reason = refused.has(task) ? 'check failed' : REASONS[code]!;
    left.set(reason, (left.get(reason) ?? 0) + 1);
  });
  return left;
}

function tellAccepted(
  accepted: number,
  left: ReadonlyMap<Reason, number>,
  { json, quiet, dryRun }: AcceptOptions,
): void {
  if (json) {
    writeOut(`${jsonText({ accepted, left: Object.fromEntries(left) })}\n`);
    return;
  }
  if (quiet && left.size === 0) return;
  const lines = [`${countTasks(accepted)} ${dryRun ? 'would be taken' : 'taken'} as complete`];
  if (left.size > 0) {
    const words = [...left].map(([reason, n]) => `${reason} ${formatCount(n)}`);
    lines.push(`not these, which are to run: ${words.join(', ')}`);
  }
  writeError(`${printable(lines.join('\n'))}\n`);
}
