import { type RunGraph, runGraph } from '../../execute/run-graph.ts';
import { forEachDependency, forEachTaskInOrder, type Plan, taskNameOf } from '../../model/plan.ts';
import type { Decisions } from '../../resume/decide.ts';
import type { RecordsByName } from '../../resume/record.ts';
import { type Basis, type Durations, drawDurations, expectedDurations } from './durations.ts';
import type { Pace } from './pace.ts';
import { Random } from './random.ts';
import { type ElementWork, simulateElements } from './simulate-elements.ts';
import { type LocalWork, type Simulated, simulateLocal } from './simulate-local.ts';

/** Of what may come out: a tenth lies below `low`, half below `middle`, a tenth above `high`. */
export interface Range {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

export interface RuleForecast {
  readonly name: string;
  /** Tasks to run. */
  readonly run: number;
  /** Mean of these. */
  readonly secondsEach: number;
  /** By what that is expected. */
  readonly basis: Basis;
  readonly measured: number;
  /** Params by whose values its durations differ. */
  readonly params: readonly string[];
  /** Its part of the chain of tasks that leads to the end, from 0 to 1. */
  readonly share: number;
}

export interface Forecast {
  readonly tasks: number;
  readonly makespanSeconds: Range;
  readonly coreHours: Range;
  readonly gpuHours: Range;
  /** The first task whose outputs no other one reads, and when it ends; null where nothing runs. */
  readonly firstTarget: { readonly task: string; readonly seconds: Range } | null;
  readonly rules: readonly RuleForecast[];
  /** Of the chain that leads to the end, what waits for room and not for an input, from 0 to 1. */
  readonly shareForRoom: number;
  /** The longest chain of tasks that need each other: less it can't take, whatever the room. */
  readonly chainSeconds: number;
  /** Where what computes may take longer, or less long, than when it was measured: how many times as long at most (or least). */
  readonly stretch: number | null;
}

/** Where it is to run. */
export type Place =
  | ({ readonly kind: 'local'; readonly cores: number } & Pick<LocalWork, 'maxParallel' | 'limits'>)
  | ({
      readonly kind: 'slurm';
      /** `maxElements` is what the last submission had, and nobody asked for. */
      readonly isRoomSeen: boolean;
    } & Omit<ElementWork, 'targets' | 'pace'>);

/** Schedules that are gone through: fewer of many tasks, whose spreads even out. */
const MOST_SCHEDULES = 60;
const LEAST_SCHEDULES = 5;
const TASKS_IN_ALL = 400_000;
const SEED = 20_261_128;

/** Tasks that run by one schedule. */
export interface Part {
  readonly runs: Uint8Array;
  readonly place: Place;
}

/**
 * How long what is to run is going to take, part by part: each begins when the one before has ended. The same each time for
 * the same journals.
 */
export function forecast(
  plan: Plan,
  parts: readonly [Part, ...Part[]],
  { records, pace }: { readonly records: RecordsByName | null; readonly pace: Pace },
): Forecast {
  const [{ place }] = parts;
  const durations = expectedDurations(plan, records, { pace, crowd: place.kind === 'local' ? place : null });
  const runs = new Uint8Array(plan.taskCount).map((_, task) => Number(parts.some((part) => part.runs[task] === 1)));
  const targets = lastTasks(plan, runs);
  const graphs = parts.map((part) => runGraph(plan, part.runs));
  const simulate = (seconds: Float64Array): Simulated =>
    parts
      .map((part, p) =>
        part.place.kind === 'local'
          ? simulateLocal(plan, { runs: part.runs, graph: graphs[p]!, targets, pace, ...part.place }, seconds)
          : simulateElements(plan, { targets, pace, ...part.place }, seconds),
      )
      .reduce(oneAfterAnother);
  const tasks = runs.reduce((sum, is) => sum + is, 0);
  const random = new Random(SEED);
  const count = Math.max(LEAST_SCHEDULES, Math.min(MOST_SCHEDULES, Math.floor(TASKS_IN_ALL / Math.max(1, tasks))));
  const schedules = Array.from({ length: count }, () => simulate(drawDurations(durations, random)));
  const expected = simulate(durations.seconds);
  const range = (of: (schedule: Simulated) => number): Range => rangeOf(schedules.map(of));
  return {
    tasks,
    makespanSeconds: range((s) => s.makespan),
    coreHours: range((s) => s.coreSeconds / 3600),
    gpuHours: range((s) => s.gpuSeconds / 3600),
    firstTarget:
      expected.firstTarget.task < 0
        ? null
        : { task: taskNameOf(plan, expected.firstTarget.task), seconds: range((s) => s.firstTarget.end) },
    ...ruleForecasts(durations, runs, expected),
    chainSeconds: parts.reduce((sum, part, p) => sum + longestChain(plan, part.runs, graphs[p]!, durations.seconds), 0),
    stretch: largestStretch(durations),
  };
}

function oneAfterAnother(a: Simulated, b: Simulated): Simulated {
  const { task, end } = b.firstTarget;
  return {
    makespan: a.makespan + b.makespan,
    coreSeconds: a.coreSeconds + b.coreSeconds,
    gpuSeconds: a.gpuSeconds + b.gpuSeconds,
    firstTarget: a.firstTarget.task >= 0 ? a.firstTarget : { task, end: a.makespan + end },
    chain: a.chain.map((seconds, rule) => seconds + b.chain[rule]!),
    chainForRoom: a.chainForRoom + b.chainForRoom,
  };
}

/** 1 for tasks that would run: not where a source file is missing, nor where they depend on such a task. */
export function runnableTasks(plan: Plan, { reasons, missingSources }: Decisions): Uint8Array {
  const runs = Uint8Array.from(reasons, (reason, task) => Number(reason !== 0 && plan.needed[task] === 1));
  if (missingSources.size === 0) return runs;
  const isStuck = new Uint8Array(plan.taskCount);
  forEachTaskInOrder(plan, (task) => {
    if (missingSources.has(task)) isStuck[task] = 1;
    else if (runs[task] === 1)
      forEachDependency(plan, task, (producer) => {
        if (isStuck[producer] === 1) isStuck[task] = 1;
      });
  });
  return runs.map((is, task) => is & ~isStuck[task]!);
}

/** Those that run whose outputs no other task reads. */
function lastTasks(plan: Plan, runs: Uint8Array): Uint8Array {
  const last = runs.slice();
  for (const { inputs, firstTask, space } of plan.rules) {
    if (!plan.needed.subarray(firstTask, firstTask + space.size).includes(1)) continue;
    for (const { producers } of inputs) for (const producer of producers) if (producer >= 0) last[producer] = 0;
  }
  return last;
}

function ruleForecasts(
  { seconds, rules }: Durations,
  runs: Uint8Array,
  { chain, chainForRoom }: Simulated,
): Pick<Forecast, 'rules' | 'shareForRoom'> {
  const whole = chain.reduce((sum, part) => sum + part, 0) || 1;
  const told = rules.flatMap(({ rule, basis, measured, effects }) => {
    let [run, sum] = [0, 0];
    for (let task = rule.firstTask; task < rule.firstTask + rule.space.size; task++) {
      if (runs[task] === 0) continue;
      run++;
      sum += seconds[task]!;
    }
    if (run === 0) return [];
    const params = effects.map(({ column }) => column.name);
    const { name, index } = rule.rule;
    return [{ name, run, secondsEach: sum / run, basis, measured, params, share: chain[index]! / whole }];
  });
  return { rules: told, shareForRoom: chainForRoom / whole };
}

function largestStretch({ rules }: Durations): number | null {
  const [most] = rules.map(({ stretch }) => stretch).sort((a, b) => Math.abs(Math.log(b)) - Math.abs(Math.log(a)));
  // Less than that is less than the spread of most tasks.
  return most === undefined || Math.abs(Math.log(most)) < 0.05 ? null : most;
}

function longestChain(
  plan: Plan,
  runs: Uint8Array,
  { offsets, followers, waits }: RunGraph,
  seconds: Float64Array,
): number {
  const begins = new Float64Array(waits.length);
  const left = waits.slice();
  const open = [...runs.keys()].filter((task) => runs[task] === 1 && left[task] === 0);
  let longest = 0;
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const end = begins[node]! + (node < plan.taskCount ? seconds[node]! : 0);
    longest = Math.max(longest, end);
    for (let i = offsets[node]!; i < offsets[node + 1]!; i++) {
      const next = followers[i]!;
      begins[next] = Math.max(begins[next]!, end);
      if (--left[next]! === 0) open.push(next);
    }
  }
  return longest;
}

function rangeOf(values: readonly number[]): Range {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
  };
  return { low: at(0.1), middle: at(0.5), high: at(0.9) };
}
