import { determinedColumns } from '../../compile/params/space.ts';
import { forEachPath, type Plan, type PlannedInput, type PlannedRule } from '../../model/plan.ts';
import {
  NO_START,
  type ReportFailure,
  type ReportHeader,
  type ReportPath,
  type ReportPreload,
  type ReportResources,
  type ReportRule,
} from '../../model/report-data.ts';
import type { Column, PathPattern } from '../../model/workflow.ts';
import { cpusPerNode, taskResources } from '../../plan/resources.ts';
import type { AttemptHistory, LastAttempt } from '../../resume/attempts.ts';
import { type Interruptions, secondsApart } from '../../resume/stop.ts';
import { blockedColumns, blocksOf } from './blocked.ts';
import { type NamedColumn, narrow } from './pack.ts';
import { type ResultFiles, reportResult, resultColumns } from './results.ts';

export interface ReportSources {
  readonly rules: readonly PlannedRule[];
  /** Per task of the plan, its state's index in `REPORT_STATES`. */
  readonly states: Uint8Array;
  readonly attempts: AttemptHistory;
  /** By the name of the task. */
  readonly interruptions: ReadonlyMap<string, Interruptions>;
  /** Why a task's last attempt failed, and the end of its log; null for one that the journals do not tell of. */
  readonly failureOf: (rule: PlannedRule, taskIndex: number) => Omit<ReportFailure, 'task'> | null;
  readonly results: readonly ResultFiles[];
}

type Collected = Pick<
  ReportHeader,
  | 'rules'
  | 'values'
  | 'hosts'
  | 'slurmIds'
  | 'resources'
  | 'failures'
  | 'blocks'
  | 'results'
  | 'preload'
  | 'originSeconds'
  | 'startUnitSeconds'
> & { readonly columns: readonly NamedColumn[] };

/** The columns of a report: one number for each needed task, rule by rule. */
export function collectReport(plan: Plan, sources: ReportSources): Collected {
  const collector = new Collector(plan, sources);
  return collector.collect();
}

class Collector {
  private readonly plan: Plan;
  private readonly sources: ReportSources;
  private readonly hosts = new Dictionary(['']);
  private readonly slurmIds = new Dictionary(['']);
  private readonly asked = new Dictionary([]);
  private readonly resources: ReportResources[] = [];
  private readonly failures: ReportFailure[] = [];
  /** Per task of the plan, in seconds since 1970; NaN where not known. */
  private readonly ends: Float64Array;
  private readonly groupEnds = new Map<PlannedInput, Float64Array>();

  constructor(plan: Plan, sources: ReportSources) {
    this.plan = plan;
    this.sources = sources;
    this.ends = new Float64Array(plan.taskCount).fill(Number.NaN);
  }

  collect(): Collected {
    const { plan, sources } = this;
    const tasks = sources.rules.map((rule) => neededIndices(plan, rule));
    const count = tasks.reduce((sum, t) => sum + t.length, 0);
    const clock = this.takeEnds(tasks);
    const rows = rowsFor(count);
    const taskOf = new Int32Array(count);
    const rowOf = new Int32Array(plan.taskCount).fill(-1);
    this.eachTask(tasks, (row, rule, index) => {
      taskOf[row] = rule.firstTask + index;
      rowOf[rule.firstTask + index] = row;
      rows.state[row] = sources.states[rule.firstTask + index]!;
      rows.resource[row] = this.resourceId(rule, index);
      const failure = sources.failureOf(rule, index);
      if (failure) this.failures.push({ task: row, ...failure });
      const attempt = this.attemptOf(rule, index);
      if (attempt) this.fillAttempt(rows, row, attempt, this.waitOf(rule, index, attempt), clock);
    });
    const columns: NamedColumn[] = [
      ...Object.entries(rows).map(([name, values]) => ({
        name,
        values: values instanceof Uint32Array && name !== 'start' ? narrow(values) : values,
      })),
      ...this.failedColumns(tasks, clock),
      ...this.wentOnColumns(tasks),
      ...blockedColumns(plan, sources.states, rowOf),
      ...sources.rules.flatMap((rule, r) => paramColumns(rule, this.paramsOf(rule), tasks[r]!)),
      ...sources.results.flatMap((result, r) => resultColumns(result, r, rowOf)),
    ];
    return {
      rules: reportRules(sources.rules, tasks, (rule) => this.paramsOf(rule)),
      values: valuesOf([
        ...sources.rules.flatMap(({ rule }) => rule.key),
        ...sources.results.flatMap((r) => r.columns),
      ]),
      results: sources.results.map(reportResult),
      hosts: this.hosts.texts,
      slurmIds: this.slurmIds.texts,
      resources: this.resources,
      failures: this.failures,
      blocks: blocksOf(plan, sources.states, this.failures, taskOf),
      preload: this.preload(tasks),
      ...clock,
      columns,
    };
  }

  /** By the tasks that are done and whose run the journals tell of. */
  private preload(tasks: readonly Int32Array[]): ReportPreload | null {
    const { preloads } = this.sources.attempts;
    const scripts = new Map<string, number>();
    this.eachTask(tasks, (_, rule, index) => {
      const id = rule.rule.command.preloadId;
      if (id !== null && this.attemptOf(rule, index)?.outcome === 'done') scripts.set(id, (scripts.get(id) ?? 0) + 1);
    });
    const used = [...scripts].flatMap(([id, count]) => {
      const known = preloads.get(id);
      return known
        ? [{ ...known, count, spared: Math.max(0, count - known.starts) * (known.seconds / known.starts) }]
        : [];
    });
    if (used.length === 0) return null;
    const sum = (of: (one: (typeof used)[number]) => number): number => used.reduce((all, one) => all + of(one), 0);
    return {
      scripts: sum((one) => one.count),
      starts: sum((one) => one.starts),
      seconds: sum((one) => one.seconds),
      sparedSeconds: sum((one) => one.spared),
    };
  }

  private attemptOf(rule: PlannedRule, index: number): LastAttempt | undefined {
    return this.sources.attempts.last.get(rule.outputTexts[0]!(index));
  }

  /** Note when tasks ended, which others waited for; returns the clock in which all starts fit. */
  private takeEnds(tasks: readonly Int32Array[]): Clock {
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    this.eachTask(tasks, (_, rule, index) => {
      const attempt = this.attemptOf(rule, index);
      if (!attempt || Number.isNaN(attempt.startSeconds)) return;
      first = Math.min(first, attempt.startSeconds);
      last = Math.max(last, attempt.startSeconds);
      if (attempt.outcome === 'done')
        this.ends[rule.firstTask + index] = attempt.startSeconds + attempt.durationSeconds;
    });
    return clockFor(first, last);
  }

  private fillAttempt(rows: Rows, row: number, attempt: LastAttempt, waitSeconds: number, clock: Clock): void {
    rows.host[row] = this.hosts.id(attempt.host);
    rows.slurm[row] = this.slurmIds.id(attempt.slurmId);
    rows.attempt[row] = attempt.attempt;
    rows.duration[row] = attempt.durationSeconds;
    rows.peak[row] = attempt.peakMiB;
    rows.wait[row] = waitSeconds;
    if (!Number.isNaN(attempt.startSeconds)) rows.start[row] = stepsOf(clock, attempt.startSeconds);
  }

  private eachTask(
    tasks: readonly Int32Array[],
    visit: (row: number, rule: PlannedRule, taskIndex: number) => void,
  ): void {
    let row = 0;
    this.sources.rules.forEach((rule, r) => {
      for (const index of tasks[r]!) visit(row++, rule, index);
    });
  }

  private resourceId(rule: PlannedRule, index: number): number {
    const resources = taskResources(rule, index);
    const { memoryMiB, timeSeconds, nodes } = resources;
    const [cpus, gpus] = [cpusPerNode(resources) * nodes, (resources.gpus / resources.tasksPerGpu) * nodes];
    const id = this.asked.id(`${cpus} ${memoryMiB} ${timeSeconds} ${gpus}`);
    if (id === this.resources.length) this.resources.push({ cpus, memoryMiB, timeSeconds, gpus });
    return id;
  }

  /** From when it could have begun, all that it needs being there, to its start. */
  private waitOf(rule: PlannedRule, index: number, { askedSeconds, startSeconds }: LastAttempt): number {
    let ready = askedSeconds;
    for (const input of rule.inputs) {
      if (input.hasProducer) ready = later(ready, this.inputEnd(input, index));
    }
    return Math.max(0, startSeconds - ready);
  }

  /** When the last of an input's producers ended; of those whose end is known. */
  private inputEnd(input: PlannedInput, index: number): number {
    const { members, producers } = input;
    if (members.kind === 'map') return this.endOf(producers[members.pathOf(index)]!);
    let known = this.groupEnds.get(input);
    if (!known) {
      known = new Float64Array(members.offsets.length);
      this.groupEnds.set(input, known);
    }
    const group = members.groupOf(index);
    if (known[group] === 0) {
      let end = Number.NEGATIVE_INFINITY;
      forEachPath(input, index, (path) => {
        end = later(end, this.endOf(producers[path]!));
      });
      known[group] = end;
    }
    return known[group]!;
  }

  private endOf(producer: number): number {
    return producer < 0 ? Number.NEGATIVE_INFINITY : this.ends[producer]!;
  }

  /** The key of a rule, then what that determines. */
  private paramsOf({ rule }: PlannedRule): Column[] {
    return [...rule.key, ...determinedColumns(this.plan.workflow.relation, rule.key)];
  }

  /** Tasks with a checkpoint that were stopped and went on, or are to. */
  private wentOnColumns(tasks: readonly Int32Array[]): NamedColumn[] {
    const { interruptions } = this.sources;
    const found: { readonly row: number; readonly known: Interruptions }[] = [];
    if (interruptions.size > 0)
      this.eachTask(tasks, (row, rule, index) => {
        const known = rule.rule.checkpoint === null ? undefined : interruptions.get(rule.outputTexts[0]!(index));
        if (known) found.push({ row, known });
      });
    if (found.length === 0) return [];
    return [
      { name: 'wentOn/task', values: Uint32Array.from(found, ({ row }) => row) },
      { name: 'wentOn/times', values: Uint32Array.from(found, ({ known }) => known.times.length) },
      { name: 'wentOn/apart', values: Float32Array.from(found, ({ known }) => secondsApart(known) ?? Number.NaN) },
    ];
  }

  /** Attempts that failed, those too after which another one succeeded. */
  private failedColumns(tasks: readonly Int32Array[], clock: Clock): NamedColumn[] {
    const { failedStarts } = this.sources.attempts;
    if (failedStarts.length === 0) return [];
    const rowOf = new Map<string, number>();
    const failedNames = new Set(failedStarts.map((f) => f.task));
    this.eachTask(tasks, (row, rule, index) => {
      const name = rule.outputTexts[0]!(index);
      if (failedNames.has(name)) rowOf.set(name, row);
    });
    const known = failedStarts.filter(
      ({ task, startSeconds }) => rowOf.has(task) && startSeconds >= clock.originSeconds,
    );
    return [
      { name: 'failed/task', values: Uint32Array.from(known, ({ task }) => rowOf.get(task)!) },
      { name: 'failed/start', values: Uint32Array.from(known, (f) => stepsOf(clock, f.startSeconds)) },
      { name: 'failed/host', values: Uint32Array.from(known, ({ host }) => this.hosts.id(host)) },
    ];
  }
}

/** Texts by number, in order of first use. */
class Dictionary {
  readonly texts: string[] = [];
  private readonly ids = new Map<string, number>();

  constructor(texts: readonly string[]) {
    for (const text of texts) this.id(text);
  }

  id(text: string): number {
    let id = this.ids.get(text);
    if (id === undefined) {
      id = this.texts.length;
      this.ids.set(text, id);
      this.texts.push(text);
    }
    return id;
  }
}

/** The later of two times; one that is not known does not count. */
function later(a: number, b: number): number {
  return b > a ? b : a;
}

type Clock = Pick<ReportHeader, 'originSeconds' | 'startUnitSeconds'>;

/** One in which both times, in seconds since 1970, fit into 32 bits; any where there is none. */
function clockFor(first: number, last: number): Clock {
  if (first > last) return { originSeconds: 0, startUnitSeconds: 0.001 };
  const originSeconds = Math.floor(first);
  let startUnitSeconds = 0.001;
  while ((last - originSeconds) / startUnitSeconds >= NO_START) startUnitSeconds *= 10;
  return { originSeconds, startUnitSeconds };
}

function stepsOf({ originSeconds, startUnitSeconds }: Clock, seconds: number): number {
  return Math.round((seconds - originSeconds) / startUnitSeconds);
}

type Rows = ReturnType<typeof rowsFor>;

/** Nothing known of any task. Hosts and array elements are numbers of texts, of which 0 is not known. */
function rowsFor(count: number) {
  const unknown = (): Float32Array => new Float32Array(count).fill(Number.NaN);
  return {
    state: new Uint32Array(count),
    start: new Uint32Array(count).fill(NO_START),
    duration: unknown(),
    wait: unknown(),
    peak: unknown(),
    host: new Uint32Array(count),
    slurm: new Uint32Array(count),
    attempt: new Uint32Array(count),
    resource: new Uint32Array(count),
  };
}

function neededIndices({ needed }: Plan, { firstTask, space }: PlannedRule): Int32Array {
  const indices: number[] = [];
  for (let i = 0; i < space.size; i++) if (needed[firstTask + i] === 1) indices.push(i);
  return Int32Array.from(indices);
}

function paramColumns({ rule, space }: PlannedRule, params: readonly Column[], indices: Int32Array): NamedColumn[] {
  return params.map((column, p) => {
    const read = space.reader(column);
    return { name: `${rule.name}/${p}`, values: narrow(Uint32Array.from(indices, (i) => read(i))) };
  });
}

function reportRules(
  rules: readonly PlannedRule[],
  tasks: readonly Int32Array[],
  paramsOf: (rule: PlannedRule) => readonly Column[],
): ReportRule[] {
  let first = 0;
  return rules.map((planned, r) => {
    const { rule } = planned;
    const count = tasks[r]!.length;
    const described: ReportRule = {
      name: rule.name,
      first,
      count,
      params: rule.key.map((column) => column.name),
      determined: paramsOf(planned)
        .slice(rule.key.length)
        .map((column) => column.name),
      output: reportPath(rule.outputs[0]!.pattern, rule.key),
      log: reportPath(rule.log, rule.key),
    };
    first += count;
    return described;
  });
}

function reportPath({ absolute, segments }: PathPattern, key: readonly Column[]): ReportPath | null {
  const parts: (string | readonly [number, number])[] = [absolute ? '/' : ''];
  for (const [s, segment] of segments.entries()) {
    if (s > 0) parts.push('/');
    for (const part of segment) {
      if (typeof part === 'string') parts.push(part);
      else if (!key.includes(part.column)) return null;
      else parts.push([key.indexOf(part.column), part.pad]);
    }
  }
  return parts;
}

function valuesOf(columns: readonly Column[]): Record<string, readonly string[]> {
  return Object.fromEntries(columns.map((column) => [column.name, column.values]));
}
