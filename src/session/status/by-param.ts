/** What became of tasks by the values of params: which settings fail, and which are slow. */
import { determinedColumns } from '../../compile/params/space.ts';
import { closest, didYouMean } from '../../compile/text/suggest.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { type Plan, type PlannedRule, ruleOf, taskNameOf } from '../../model/plan.ts';
import { type Bins, binsOf } from '../../model/value-bins.ts';
import type { Column } from '../../model/workflow.ts';
import { HeldUp } from '../../plan/blocking.ts';
import type { History } from '../../resume/history.ts';
import { type Standing, type StateCounts, TASK_STATES, type TaskState } from '../../resume/status.ts';
import { formatCount, formatDuration, printable, table } from '../../terminal/terminal.ts';

/** The tasks of one rule with one value of a param, or with the values of one range. */
export interface ValueCounts extends StateCounts {
  /** `0.01`, or `0.001 to 0.01` */
  readonly value: string;
  readonly rule: string;
  /** Of those that succeeded; null where nothing is known. */
  readonly medianSeconds: number | null;
  readonly longestSeconds: number | null;
  /** The most that one of them was seen to take, failed ones too. */
  readonly peakMiB: number | null;
  /** Of the one that has been running longest; null where none runs. */
  readonly runningSeconds: number | null;
  readonly blockedBy: readonly Blockers[];
}

/** Tasks of one rule that failed or stopped, and that blocked ones wait for, perhaps through others. */
export interface Blockers {
  readonly rule: string;
  readonly tasks: number;
  /** The name of the first of them. */
  readonly first: string;
}

export interface ParamCounts {
  readonly param: string;
  readonly values: readonly ValueCounts[];
}

/** The params of these names; a mistake for each that no rule has. */
export function findParams(plan: Plan, names: readonly string[]): { columns: Column[]; diagnostics: Diagnostic[] } {
  const { columns } = plan.workflow.relation;
  const found: Column[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const name of new Set(names)) {
    const column = columns.get(name);
    if (column && plan.rules.some((rule) => isOf(rule, column, plan))) found.push(column);
    else {
      const near = didYouMean(closest(name, columns.keys()));
      const message = column ? `no rule has a task for each "${name}"` : `there is no param "${name}"`;
      diagnostics.push({ severity: 'error', message, location: null, hint: near || 'name params of the spec' });
    }
  }
  return { columns: found, diagnostics };
}

/** Whether tasks of a rule have one value of a column each. */
function isOf({ space }: PlannedRule, column: Column, { workflow }: Plan): boolean {
  return space.columns.includes(column) || determinedColumns(workflow.relation, space.columns).has(column);
}

/** Where the tasks stand, and since when. */
export interface Now extends Pick<Standing, 'states' | 'running'> {
  readonly nowSeconds: number;
}

export function countByParam(plan: Plan, now: Now, history: History, column: Column): ParamCounts {
  const bins = binsOf(column.values);
  const counter = new Counter(plan, now, history);
  const values = plan.rules.flatMap((rule) => (isOf(rule, column, plan) ? counter.count(rule, column, bins) : []));
  return { param: column.name, values: values.filter(({ total }) => total > 0) };
}

const code = (state: TaskState): number => TASK_STATES.indexOf(state);
const BLOCKED = code('blocked');
const HOLDS_UP = [code('failed'), code('stopped')];

class Counter {
  private readonly plan: Plan;
  private readonly now: Now;
  private readonly history: History;
  private readonly heldUp: HeldUp;

  constructor(plan: Plan, now: Now, history: History) {
    this.plan = plan;
    this.now = now;
    this.history = history;
    const { states } = now;
    this.heldUp = new HeldUp(
      plan,
      (task) => states[task] === BLOCKED,
      (task) => HOLDS_UP.includes(states[task]!),
    );
  }

  /** By bin. */
  count({ rule, space, firstTask, outputTexts }: PlannedRule, column: Column, { ofValue, names }: Bins): ValueCounts[] {
    const { states, running, nowSeconds } = this.now;
    const { records, failed } = this.history;
    const counts = names.map(() => ({ total: 0, done: 0, running: 0, pending: 0, stopped: 0, failed: 0, blocked: 0 }));
    const seconds: number[][] = names.map(() => []);
    const peaks = names.map(() => Number.NEGATIVE_INFINITY);
    const since = names.map(() => Number.POSITIVE_INFINITY);
    const blocked: number[][] = names.map(() => []);
    const read = space.reader(column);
    for (let index = 0; index < space.size; index++) {
      const task = firstTask + index;
      if (this.plan.needed[task] === 0) continue;
      const bin = ofValue[read(index)]!;
      const state = TASK_STATES[states[task]!]!;
      counts[bin]!.total++;
      counts[bin]![state]++;
      if (state === 'blocked') blocked[bin]!.push(task);
      if (state === 'running') since[bin] = Math.min(since[bin]!, running.get(task)?.seconds ?? nowSeconds);
      if (state !== 'done' && state !== 'failed') continue;
      const name = outputTexts[0]!(index);
      const record = state === 'done' ? records.get(name) : undefined;
      if (record && record.durationSeconds > 0) seconds[bin]!.push(record.durationSeconds);
      const peak = record ? record.peakMiB : failed.get(name)?.peakMiB;
      peaks[bin] = Math.max(peaks[bin]!, peak ?? Number.NEGATIVE_INFINITY);
    }
    return names.map((value, bin) => {
      const sorted = seconds[bin]!.sort((a, b) => a - b);
      return {
        ...{ value, rule: rule.name, ...counts[bin]! },
        medianSeconds: sorted[Math.floor(sorted.length / 2)] ?? null,
        longestSeconds: sorted.at(-1) ?? null,
        peakMiB: Number.isFinite(peaks[bin]) ? peaks[bin]! : null,
        runningSeconds: Number.isFinite(since[bin]) ? Math.max(0, nowSeconds - since[bin]!) : null,
        blockedBy: this.blockersOf(blocked[bin]!),
      };
    });
  }

  private blockersOf(blocked: readonly number[]): Blockers[] {
    if (blocked.length === 0) return [];
    const held = this.heldUp.by(blocked);
    const byRule = new Map<string, { rule: string; tasks: number; first: string }>();
    for (const task of held.length > 0 ? held : this.recordedCauses(blocked)) {
      const { name } = ruleOf(this.plan, task).rule;
      const known = byRule.get(name);
      if (known) known.tasks++;
      else byRule.set(name, { rule: name, tasks: 1, first: taskNameOf(this.plan, task) });
    }
    return [...byRule.values()];
  }

  /** Where nothing that they need failed, as far as the records tell now: whom they name themselves. */
  private recordedCauses(blocked: readonly number[]): number[] {
    const causes = blocked.flatMap((task) => {
      const { outputTexts, firstTask } = ruleOf(this.plan, task);
      const cause = this.history.blocked.get(outputTexts[0]!(task - firstTask))?.cause;
      return (cause === undefined ? null : this.plan.findPath(cause)?.task) ?? [];
    });
    return [...new Set(causes)].filter((task) => this.now.states[task] !== BLOCKED).sort((a, b) => a - b);
  }
}

/** A table a param, rule by rule; columns in which nothing stands are left out. */
export function paramLines({ param, values }: ParamCounts): string[] {
  const isTold = (state: keyof StateCounts): boolean => state === 'total' || state === 'done';
  const number = (state: keyof StateCounts, title: string = state): Shown => ({
    title,
    isNumber: true,
    isUsed: isTold(state) || values.some((v) => v[state] > 0),
    // Of all these numbers those tell that are none.
    cell: (v) => (v[state] === 0 && !isTold(state) ? '' : formatCount(v[state])),
  });
  const measure = (title: string, of: (v: ValueCounts) => number | null, text: (n: number) => string): Shown => ({
    title,
    isNumber: true,
    isUsed: values.some((v) => of(v) !== null),
    cell: (v) => (of(v) === null ? '' : text(of(v)!)),
  });
  const shown: readonly Shown[] = [
    { title: 'rule', isNumber: false, isUsed: true, cell: (v) => v.rule },
    { title: param, isNumber: false, isUsed: true, cell: (v) => printable(v.value) },
    number('total', 'tasks'),
    number('done'),
    number('running'),
    measure('for', (v) => v.runningSeconds, formatDuration),
    number('pending'),
    number('stopped'),
    number('failed'),
    number('blocked'),
    measure('median', (v) => v.medianSeconds, formatDuration),
    measure('longest', (v) => v.longestSeconds, formatDuration),
    measure(
      'memory',
      (v) => v.peakMiB,
      (n) => `${formatCount(Math.round(n))} MiB`,
    ),
    {
      title: 'blocked by',
      isNumber: false,
      isUsed: values.some((v) => v.blockedBy.length > 0),
      cell: (v) => printable(v.blockedBy.map(blockerWords).join(', ')),
    },
  ];
  const columns = shown.filter(({ isUsed }) => isUsed);
  return table(
    [columns.map(({ title }) => title), ...values.map((v) => columns.map(({ cell }) => cell(v)))],
    columns.map(({ isNumber }) => isNumber),
  )
    .split('\n')
    .map((line) => line.trimEnd());
}

function blockerWords({ rule, tasks, first }: Blockers): string {
  return tasks === 1 ? first : `${formatCount(tasks)} of ${rule}`;
}

interface Shown {
  readonly title: string;
  readonly isNumber: boolean;
  readonly isUsed: boolean;
  cell(counts: ValueCounts): string;
}
