/** What became of tasks by the values of params: which settings fail, and which are slow. */
import { determinedColumns } from '../compile/params/space.ts';
import { closest, didYouMean } from '../compile/text/suggest.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Plan, PlannedRule } from '../model/plan.ts';
import { type Bins, binsOf } from '../model/value-bins.ts';
import type { Column } from '../model/workflow.ts';
import type { History } from '../resume/history.ts';
import { type StateCounts, TASK_STATES } from '../resume/status.ts';
import { formatCount, formatDuration, printable, table } from '../terminal/terminal.ts';

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

export function countByParam(plan: Plan, states: Uint8Array, history: History, column: Column): ParamCounts {
  const bins = binsOf(column.values);
  const rules = plan.rules.filter((rule) => isOf(rule, column, plan));
  const values = rules.flatMap((rule, r) =>
    countRule(plan, rule, column, bins, states, history).map((counts, bin) => ({ counts, bin, r })),
  );
  values.sort((a, b) => a.bin - b.bin || a.r - b.r);
  return { param: column.name, values: values.flatMap(({ counts }) => (counts.total > 0 ? counts : [])) };
}

/** By bin. */
function countRule(
  { needed }: Plan,
  { rule, space, firstTask, outputTexts }: PlannedRule,
  column: Column,
  { ofValue, names }: Bins,
  states: Uint8Array,
  history: History,
): ValueCounts[] {
  const counts = names.map(() => ({ total: 0, done: 0, running: 0, pending: 0, stopped: 0, failed: 0, blocked: 0 }));
  const seconds: number[][] = names.map(() => []);
  const peaks = names.map(() => Number.NEGATIVE_INFINITY);
  const read = space.reader(column);
  for (let index = 0; index < space.size; index++) {
    const task = firstTask + index;
    if (needed[task] === 0) continue;
    const bin = ofValue[read(index)]!;
    const state = TASK_STATES[states[task]!]!;
    counts[bin]!.total++;
    counts[bin]![state]++;
    if (state !== 'done' && state !== 'failed') continue;
    const name = outputTexts[0]!(index);
    const record = state === 'done' ? history.records.get(name) : undefined;
    if (record && record.durationSeconds > 0) seconds[bin]!.push(record.durationSeconds);
    const peak = record ? record.peakMiB : history.failed.get(name)?.peakMiB;
    peaks[bin] = Math.max(peaks[bin]!, peak ?? Number.NEGATIVE_INFINITY);
  }
  return names.map((value, bin) => {
    const sorted = seconds[bin]!.sort((a, b) => a - b);
    return {
      ...{ value, rule: rule.name, ...counts[bin]! },
      medianSeconds: sorted[Math.floor(sorted.length / 2)] ?? null,
      longestSeconds: sorted.at(-1) ?? null,
      peakMiB: Number.isFinite(peaks[bin]) ? peaks[bin]! : null,
    };
  });
}

/** A table a param; columns in which nothing stands are left out. */
export function paramLines({ param, values }: ParamCounts): string[] {
  const number = (state: keyof StateCounts, title: string = state): Shown => ({
    title,
    isNumber: true,
    isUsed: state === 'total' || state === 'done' || values.some((v) => v[state] > 0),
    cell: (v) => formatCount(v[state]),
  });
  const measure = (title: string, of: (v: ValueCounts) => number | null, text: (n: number) => string): Shown => ({
    title,
    isNumber: true,
    isUsed: values.some((v) => of(v) !== null),
    cell: (v) => (of(v) === null ? '' : text(of(v)!)),
  });
  const shown: readonly Shown[] = [
    { title: param, isNumber: false, isUsed: true, cell: (v) => printable(v.value) },
    { title: 'rule', isNumber: false, isUsed: true, cell: (v) => v.rule },
    number('total', 'tasks'),
    number('done'),
    number('running'),
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
  ];
  const columns = shown.filter(({ isUsed }) => isUsed);
  return table(
    [columns.map(({ title }) => title), ...values.map((v) => columns.map(({ cell }) => cell(v)))],
    columns.map(({ isNumber }) => isNumber),
  ).split('\n');
}

interface Shown {
  readonly title: string;
  readonly isNumber: boolean;
  readonly isUsed: boolean;
  cell(counts: ValueCounts): string;
}
