import { remove } from '../io/files/remove.ts';
import { JournalWriter } from '../io/state/journal.ts';
import { forEachDependency, type Plan, ruleOf } from '../model/plan.ts';
import { recordsOfAdopted } from '../resume/adopt.ts';
import type { History } from '../resume/history.ts';
import { markerPath } from '../resume/marker.ts';
import { reasonCode } from '../resume/reason.ts';
import type { SuccessRecord } from '../resume/record.ts';
import { writeError } from '../terminal/streams.ts';
import { countOf, paint } from '../terminal/terminal.ts';
import { type CommonOptions, look, type Outlook, type Session } from './session.ts';

const TEMP_NEEDED = reasonCode('temp needed');

/** Records that are to be written before a run: of tasks that are complete, and whose own record says it no more. */
export interface KeptRecords {
  readonly records: readonly { readonly name: string; readonly record: SuccessRecord }[];
  /** There was no state at all: what is complete is so by the times of its files. */
  readonly byTimes: boolean;
}

/** Before there is a journal again: its mere presence says that state is not lost. */
export async function keptRecords(session: Session, { decisions, history, trust }: Outlook): Promise<KeptRecords> {
  if (history !== null) {
    const tasks = [...new Set([...decisions.toRecord, ...refusedOnce(session.plan, decisions, history)])];
    return { records: recordsOfAdopted(session.plan, tasks, decisions, history.records), byTimes: false };
  }
  const { plan } = session;
  // What is complete by its times is so in the whole experiment, not only for the goals of this run: once there is a
  // journal, a task without a record counts as never run.
  const everything = { ...plan, needed: new Uint8Array(plan.taskCount).fill(1), neededCount: plan.taskCount };
  const whole =
    plan.neededCount === plan.taskCount
      ? { decisions }
      : await look({ ...session, plan: everything }, { trust, history: null });
  // Also of a temp output that is made again: those that do not run need not see another file in it.
  const complete = whole.decisions.toRecord.filter((task) => [0, TEMP_NEEDED].includes(decisions.reasons[task]!));
  const tasks = whereSomethingIs(session, complete);
  return { records: recordsOfAdopted(plan, tasks, whole.decisions, new Map()), byTimes: tasks.length > 0 };
}

/** Complete tasks that were refused when they were not: they need no longer look failed. */
function refusedOnce(plan: Plan, { reasons }: Outlook['decisions'], { failed, records }: History): number[] {
  return [...failed.keys()].flatMap((name) => {
    const task = records.has(name) ? plan.findPath(name)?.task : undefined;
    return task !== undefined && plan.needed[task] === 1 && reasons[task] === 0 ? [task] : [];
  });
}

/**
 * Of tasks in their order, those of which an output is there, and those that these were made from. A temp output that is
 * not there tells nothing by itself: there may never have been one.
 */
function whereSomethingIs({ plan, disk }: Session, tasks: readonly number[]): number[] {
  const isRead = new Uint8Array(plan.taskCount);
  return tasks
    .toReversed()
    .filter((task) => {
      const { rule, outputTexts, firstTask } = ruleOf(plan, task);
      const isThere =
        rule.outputs.some(({ temp }) => !temp) ||
        outputTexts.some((text) => disk.stat(text(task - firstTask)) !== null);
      if (!isThere && isRead[task] === 0) return false;
      forEachDependency(plan, task, (producer) => {
        isRead[producer] = 1;
      });
      return true;
    })
    .reverse();
}

/** What a run says where it went by times. */
export function keptWords({ records }: KeptRecords): string {
  return `there are no records in .wfc/: ${countOf(records.length, 'task is', 'tasks are')} taken as complete by the times of their files, as make does`;
}

/** Before a submission: it makes a journal, too. Only under the lock. */
export async function keepBeforeSubmission(
  session: Session,
  outlook: Outlook,
  { style, quiet, json }: Pick<CommonOptions, 'style' | 'quiet' | 'json'>,
): Promise<void> {
  const kept = await keptRecords(session, outlook);
  outlook.contents?.flush();
  if (kept.records.length === 0) return;
  if (kept.byTimes && !quiet && !json)
    writeError(`${paint(style, ['bold', 'yellow'], 'warning')}: ${keptWords(kept)}\n`);
  const { journals } = session.state;
  const journal = new JournalWriter(journals);
  for (const { name, record } of kept.records) journal.done(name, record);
  journal.close();
}

/** A run that was killed between a task's record and its next act leaves the marker of a whole output. */
export function sweepMarkers({ disk }: Session, { markedPerhaps, records, unfinished }: History): void {
  for (const name of markedPerhaps) {
    const marker = records.has(name) && !unfinished.has(name) ? markerPath(name) : null;
    if (marker !== null) remove(disk.absolute(marker));
  }
}
