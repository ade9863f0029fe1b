import { appendEscalations } from '../io/escalation-file.ts';
import type { ElementEnd } from '../io/slurm-elements.ts';
import { countTasks, formatDuration } from '../io/terminal.ts';
import { type Escalation, ruleOf, taskNameOf } from '../model/plan.ts';
import {
  type EscalatedTask,
  escalate,
  type RanOut,
  type Shortage,
  shortageOf,
  withEscalations,
} from '../resume/escalate.ts';
import { attemptId, type FailedAttempt, type Start } from '../resume/history.ts';
import type { Outlook, Session } from './session.ts';

/** Tasks that are to run and that ran out of memory or time: by their own record, or by how their element ended. */
export function shortages(
  { plan }: Session,
  { decisions, history }: Outlook,
  ends: ReadonlyMap<string, ElementEnd>,
): Map<number, RanOut> {
  const found = new Map<number, RanOut>();
  const note = (name: string, shortage: Shortage | null, attempt: Start | FailedAttempt): void => {
    const task = shortage === null ? undefined : plan.findPath(name)?.task;
    if (task !== undefined && decisions.reasons[task] !== 0)
      found.set(task, { shortage: shortage!, cause: attemptId(attempt) });
  };
  for (const [name, failure] of history?.failed ?? []) note(name, shortageOf(failure), failure);
  for (const [name, start] of history?.unfinished ?? []) {
    const end = ends.get(start.slurmId);
    note(name, end === 'out of memory' ? 'memory' : end === 'time limit' ? 'time' : null, start);
  }
  return found;
}

/** Give these tasks twice of what they ran out of, leave a record of it, and say so. Returns the session with that plan. */
export function escalateSession(
  session: Session,
  short: ReadonlyMap<number, RanOut>,
  { dryRun, say }: { readonly dryRun: boolean; readonly say: (line: string) => void },
): Session {
  const { plan, profile, state } = session;
  const { maxMemoryMiB, maxTimeSeconds } = profile.limits;
  const escalated = escalate(plan, short, { memoryMiB: maxMemoryMiB, timeSeconds: maxTimeSeconds });
  const changes = new Map<string, Escalation>();
  for (const { task, shortage, cause, after } of escalated) {
    if (after === null) continue;
    const rule = ruleOf(plan, task);
    const earlier = rule.escalations?.get(task - rule.firstTask);
    changes.set(rule.outputTexts[0]!(task - rule.firstTask), {
      memoryMiB: shortage === 'memory' ? after : (earlier?.memoryMiB ?? null),
      timeSeconds: shortage === 'time' ? after : (earlier?.timeSeconds ?? null),
      cause,
    });
  }
  for (const line of escalationWords(session, escalated)) say(line);
  if (!dryRun) appendEscalations(state.root, changes);
  return { ...session, plan: withEscalations(plan, changes) };
}

/** One line for each rule and change: tasks by the thousand may have run out alike. */
function escalationWords({ plan }: Session, escalated: readonly EscalatedTask[]): string[] {
  if (escalated.length === 0) return ['no task that is to run is known to have run out of memory or time'];
  const groups = new Map<string, EscalatedTask[]>();
  for (const each of escalated) {
    const key = JSON.stringify([
      ruleOf(plan, each.task).rule.name,
      each.shortage,
      each.before,
      each.after,
      each.isUntried,
    ]);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].map((group) => {
    const { task, shortage, before, after, isUntried } = group[0]!;
    const who =
      group.length === 1 ? taskNameOf(plan, task) : `${countTasks(group.length)} of ${ruleOf(plan, task).rule.name}`;
    const amount = (n: number): string => (shortage === 'memory' ? `${n} MiB` : formatDuration(n));
    if (after !== null) return `${who}: ${amount(after)} of ${shortage} (${amount(before!)} was not enough)`;
    if (isUntried) return `${who}: ${amount(before!)} of ${shortage}, and has not run with that yet`;
    return before === null
      ? `${who}: ran out of ${shortage}, and asks for no certain amount: write it in the rule's resources`
      : `${who}: ran out of ${shortage}, and has the most that the profile allows: ${amount(before)}`;
  });
}
