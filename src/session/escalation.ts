import { readSubmissions, SubmittedTasks } from '../io/slurm/submissions.ts';
import { appendEscalations } from '../io/state/escalation-file.ts';
import { type Escalation, ruleOf, taskNameOf } from '../model/plan.ts';
import {
  type EscalatedTask,
  type EscalationBounds,
  escalate,
  type RanOut,
  type Shortage,
  shortageOf,
  withEscalations,
} from '../resume/escalate.ts';
import { attemptId, type FailedAttempt } from '../resume/history.ts';
import type { Start } from '../resume/start.ts';
import { countTasks, formatDuration } from '../terminal/terminal.ts';
import type { Outlook, Session } from './session.ts';
import type { ExplainedStop } from './standing.ts';

/** Tasks that are to run and that ran out of memory or time: by their own record, or by how their element ended. */
export function shortages(
  session: Session,
  { decisions, history }: Outlook,
  stops: readonly ExplainedStop[],
): Map<number, RanOut> {
  const { plan } = session;
  const found = new Map<number, RanOut>();
  const note = (task: number | undefined, shortage: Shortage | null, attempt: Start | FailedAttempt): void => {
    if (task !== undefined && shortage !== null && decisions.reasons[task] !== 0)
      found.set(task, { shortage, cause: attemptId(attempt) });
  };
  for (const [name, failure] of history?.failed ?? []) note(plan.findPath(name)?.task, shortageOf(failure), failure);
  const jobs = new JobTimes(session);
  for (const { task, start, cause, slurmId } of stops) {
    if (start === null) continue;
    if (cause === 'out_of_memory') note(task, 'memory', start);
    if (cause === 'job_limit' && jobs.areMadeByLimits(slurmId)) note(task, 'time', start);
  }
  return found;
}

/** What made the times of jobs: the limits of their tasks, or the longest that the site allows. */
class JobTimes {
  private readonly submissions: ReturnType<typeof readSubmissions>;
  private readonly tables = new Map<string, SubmittedTasks>();

  constructor({ state, spec }: Session) {
    this.submissions = readSubmissions(state.journals, spec.folder);
  }

  /** Also where the scripts of the element are gone: then nothing speaks against it. */
  areMadeByLimits(slurmId: string): boolean {
    const [job = '', index] = slurmId.split('_');
    const submission = this.submissions.findLast(({ jobs }) => jobs.has(job));
    if (!submission || submission.artifacts === null) return true;
    const tables = this.tables.get(submission.artifacts) ?? new SubmittedTasks(submission.artifacts);
    this.tables.set(submission.artifacts, tables);
    return tables.limitsMakeTime(submission.jobs.get(job)!, Number(index));
  }
}

/** Give these tasks twice of what they ran out of, leave a record of it, and say so. Returns the session with that plan. */
export function escalateSession(
  session: Session,
  short: ReadonlyMap<number, RanOut>,
  {
    dryRun,
    say,
    maxTimeSeconds = () => session.profile.limits.maxTimeSeconds,
  }: {
    readonly dryRun: boolean;
    readonly say: (line: string) => void;
    /** The longest that a task may ask for; what the profile says unless told. */
    readonly maxTimeSeconds?: EscalationBounds['timeSeconds'];
  },
): Session {
  const { plan, profile, state } = session;
  const escalated = escalate(plan, short, { memoryMiB: profile.limits.maxMemoryMiB, timeSeconds: maxTimeSeconds });
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
function escalationWords({ plan, profile }: Session, escalated: readonly EscalatedTask[]): string[] {
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
      : `${who}: ran out of ${shortage}, and has the most that ${shortage === 'memory' || before === profile.limits.maxTimeSeconds ? 'the profile' : 'a job of its partition'} allows: ${amount(before)}`;
  });
}
