import { JournalWriter, readJournals } from '../io/journal.ts';
import { countTasks, formatCount, printable } from '../io/terminal.ts';
import { type Plan, ruleOf } from '../model/plan.ts';
import type { Decisions } from '../resume/decide.ts';
import { checksText, fingerprints } from '../resume/fingerprint.ts';
import { emptyHistory } from '../resume/history.ts';
import { REASONS, type Reason } from '../resume/reason.ts';
import { type SuccessRecord, statesText } from '../resume/record.ts';
import { lockFolder } from './locking.ts';
import {
  type CommonOptions,
  EXIT,
  type ExitStatus,
  look,
  openSession,
  printDiagnostics,
  type Session,
} from './session.ts';
import { findNamed } from './task-argument.ts';

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
  'input changed',
  'input newer',
]);

/** `wfc accept`: what is there counts as made by the spec as it is now. What is missing or half-done stays so. */
export function accept(options: AcceptOptions): Promise<ExitStatus> | ExitStatus {
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

function acceptTasks(session: Session, asked: Uint8Array, options: AcceptOptions): ExitStatus {
  const { plan } = session;
  const history = readJournals(session.state.journals) ?? emptyHistory();
  const taken = new Map<string, SuccessRecord>();
  let decisions: Decisions;
  for (;;) {
    decisions = look(session, { history }).decisions;
    // What comes after an accepted task shows its own reason only in the next round.
    const more = tasksToAccept(plan, decisions, asked);
    if (more.length === 0) break;
    for (const [name, record] of recordsOf(plan, more, decisions, history.records)) {
      taken.set(name, record);
      history.records.set(name, record);
    }
  }
  if (!options.dryRun && taken.size > 0) {
    const journal = new JournalWriter(session.state.journals);
    for (const [name, record] of taken) journal.done(name, record);
    journal.close();
  }
  const left = new Map<Reason, number>();
  decisions.reasons.forEach((code, task) => {
    if (code !== 0 && asked[task] === 1 && plan.needed[task] === 1)
      left.set(REASONS[code]!, (left.get(REASONS[code]!) ?? 0) + 1);
  });
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ accepted: taken.size, left: Object.fromEntries(left) }, null, 2)}\n`);
    return EXIT.done;
  }
  const lines = [`${countTasks(taken.size)} ${options.dryRun ? 'would be taken' : 'taken'} as complete`];
  if (left.size > 0) {
    const words = [...left].map(([reason, n]) => `${reason} ${formatCount(n)}`);
    lines.push(`not these, which are to run: ${words.join(', ')}`);
  }
  process.stderr.write(`${printable(lines.join('\n'))}\n`);
  return EXIT.done;
}

function tasksToAccept(plan: Plan, { reasons }: Decisions, asked: Uint8Array): number[] {
  const tasks: number[] = [];
  reasons.forEach((code, task) => {
    if (code !== 0 && asked[task] === 1 && plan.needed[task] === 1 && HARMLESS.has(REASONS[code]!)) tasks.push(task);
  });
  return tasks;
}

function* recordsOf(
  plan: Plan,
  tasks: readonly number[],
  { seen }: Decisions,
  records: ReadonlyMap<string, SuccessRecord>,
): Generator<[string, SuccessRecord]> {
  const fingerprintOf = plan.rules.map((rule) => fingerprints(rule));
  for (const task of tasks) {
    const rule = ruleOf(plan, task);
    const i = task - rule.firstTask;
    const name = rule.outputTexts[0]!(i);
    const { inputs, outputs } = seen(task);
    const before = records.get(name);
    yield [
      name,
      {
        fingerprint: fingerprintOf[rule.rule.index]!(i),
        checks: checksText(rule),
        durationSeconds: before?.durationSeconds ?? 0,
        inputs: statesText(inputs),
        outputs: statesText(outputs),
        peakMiB: before?.peakMiB ?? null,
      },
    ];
  }
}
