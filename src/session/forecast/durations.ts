import { determinedColumns } from '../../compile/params/space.ts';
import type { Plan, PlannedRule } from '../../model/plan.ts';
import { taskResources } from '../../plan/resources.ts';
import type { RecordsByName } from '../../resume/record.ts';
import { above } from './cut-off.ts';
import { type Effect, findEffects, type Sample, untoldEffects } from './effects.ts';
import type { Pace } from './pace.ts';
import type { Random } from './random.ts';

/**
 * `measured`: by records of its tasks. `others`: none of them has run; by how much of their "time" other rules take, or
 * where it has none by what these take. `limit`: no rule has run; by its "time", which it can't exceed. `unknown`: nor has
 * it one.
 */
export type Basis = 'measured' | 'others' | 'limit' | 'unknown';

/** How long the tasks of one rule are expected to take, and why. */
export interface RuleDurations {
  readonly rule: PlannedRule;
  readonly basis: Basis;
  /** Tasks whose duration is known. */
  readonly measured: number;
  /** Params by whose values they differ, as far as that is known. */
  readonly effects: readonly Effect[];
  /** See `untoldEffects`. */
  readonly untold: readonly Effect[];
  /** Measured over expected durations, the mean 1. */
  readonly ratios: Float64Array;
  /** How far off all of them may be together: the standard error of their logarithm. */
  readonly levelError: number;
  /** How much longer they take where they compute than when they were measured; 1 for as long. See `stretchOf`. */
  readonly stretch: number;
}

export interface Durations {
  /** By task, in seconds; 0 where nothing is known. */
  readonly seconds: Float64Array;
  readonly rules: readonly RuleDurations[];
}

/** Where tasks are to run on this machine, and what it has. */
export interface Crowd {
  readonly maxParallel: number;
  readonly cores: number;
}

/**
 * What records tell of the durations of all tasks, by rule, and by param where they differ. Those that waited for imports
 * count without them.
 *
 * @param crowd null where tasks have cores of their own
 */
export function expectedDurations(
  plan: Plan,
  records: RecordsByName | null,
  { pace, crowd }: { readonly pace: Pace; readonly crowd: Crowd | null },
): Durations {
  const seconds = new Float64Array(plan.taskCount);
  const samples = plan.rules.map((rule) => (records === null ? null : sampleOf(rule, records, pace)));
  const others = othersOf(plan, samples);
  const rules = plan.rules.map((rule, r) => {
    const sample = samples[r];
    const stopped = stoppedOf(rule, records, pace);
    if (!sample) return byOthers(rule, others, stopped, seconds);
    return { ...byRecords(plan, rule, { sample, stopped }, seconds), stretch: stretchOf(rule, sample, pace, crowd) };
  });
  return { seconds, rules };
}

/**
 * Tasks that compute share the cores: by how much more (or less) they do than when they were measured. How much of the time
 * of a task is computing, no record tells. 1 where most of them were measured in runs of which only their records are left.
 */
function stretchOf({ outputTexts }: PlannedRule, { tasks }: Sample, pace: Pace, crowd: Crowd | null): number {
  if (crowd === null) return 1;
  const { maxParallel, cores } = crowd;
  const known = [...tasks].flatMap((i) => pace.parallelOf.get(outputTexts[0]!(i)) ?? []);
  if (known.length === 0 || 2 * known.length < tasks.length) return 1;
  return Math.max(cores, maxParallel) / Math.max(cores, mean(known));
}

/** What rules that were measured tell of one that was not. */
interface Others {
  /** Seconds that their tasks take. */
  readonly seconds: number;
  /** Of their "time", the part that they take; null where none has one. */
  readonly part: number | null;
  /** Standard deviation of its logarithm, from rule to rule. */
  readonly deviation: number;
}

/** Rules differ at least by this factor, as a logarithm. */
const LEAST_RULE_DEVIATION = Math.LN2;

function othersOf(plan: Plan, samples: readonly (Sample | null)[]): Others | null {
  const means: number[] = [];
  const parts: number[] = [];
  plan.rules.forEach((rule, r) => {
    const sample = samples[r];
    if (!sample) return;
    const log = mean(sample.logs);
    means.push(log);
    const limit = taskResources(rule, sample.tasks[0]!).timeSeconds;
    if (limit !== null) parts.push(log - Math.log(limit));
  });
  if (means.length === 0) return null;
  const [level, part] = [mean(means), mean(parts)];
  const deviation = Math.sqrt(
    mean((parts.length > 0 ? parts : means).map((x) => (x - (parts.length > 0 ? part : level)) ** 2)),
  );
  return {
    seconds: Math.exp(level),
    part: parts.length === 0 ? null : Math.min(1, Math.exp(part)),
    deviation: Math.max(LEAST_RULE_DEVIATION, deviation),
  };
}

function sampleOf({ space, outputTexts }: PlannedRule, records: RecordsByName, { importOf }: Pace): Sample | null {
  const tasks: number[] = [];
  const logs: number[] = [];
  for (let i = 0; i < space.size; i++) {
    const name = outputTexts[0]!(i);
    const took = (records.get(name)?.durationSeconds ?? 0) - (importOf.get(name) ?? 0);
    // Records that were adopted have none.
    if (took <= 0) continue;
    tasks.push(i);
    logs.push(Math.log(took));
  }
  return tasks.length === 0 ? null : { tasks: Int32Array.from(tasks), logs: Float64Array.from(logs) };
}

/** Tasks of a rule that were stopped before their end, with the logarithms of the seconds that they had run. */
function stoppedOf({ space, outputTexts }: PlannedRule, records: RecordsByName | null, { stoppedAfter }: Pace): Sample {
  const tasks: number[] = [];
  const logs: number[] = [];
  for (let i = 0; stoppedAfter.size > 0 && i < space.size; i++) {
    const name = outputTexts[0]!(i);
    const seconds = stoppedAfter.get(name);
    if (seconds === undefined || records?.get(name) !== undefined) continue;
    tasks.push(i);
    logs.push(Math.log(seconds));
  }
  return { tasks: Int32Array.from(tasks), logs: Float64Array.from(logs) };
}

function byOthers(rule: PlannedRule, others: Others | null, stopped: Sample, seconds: Float64Array): RuleDurations {
  let hasLimits = true;
  const least = stopped.logs.length === 0 ? 0 : Math.exp(Math.max(...stopped.logs));
  for (let i = 0; i < rule.space.size; i++) {
    const limit = taskResources(rule, i).timeSeconds;
    hasLimits &&= limit !== null;
    const guess =
      limit === null || (others !== null && others.part === null)
        ? (others?.seconds ?? 0)
        : limit * (others?.part ?? 1);
    seconds[rule.firstTask + i] = Math.max(guess, least);
  }
  const basis: Basis = others !== null ? 'others' : hasLimits ? 'limit' : 'unknown';
  const levelError = others === null ? 0 : others.deviation;
  return { rule, basis, measured: 0, effects: [], untold: [], ratios: Float64Array.of(1), levelError, stretch: 1 };
}

interface Measured {
  readonly sample: Sample;
  readonly stopped: Sample;
}

function byRecords(
  plan: Plan,
  rule: PlannedRule,
  { sample, stopped }: Measured,
  seconds: Float64Array,
): Omit<RuleDurations, 'stretch'> {
  const { space, firstTask } = rule;
  const { key } = rule.rule;
  const columns = [...key, ...determinedColumns(plan.workflow.relation, key)];
  const candidates = columns.map((column) => ({ column, read: space.reader(column) }));
  const { effects, level, rest, deviation } = fitWith(sample, stopped, candidates);
  const ratios = rest.map((value) => Math.exp(value - level));
  const smear = mean(ratios);
  for (let i = 0; i < space.size; i++) seconds[firstTask + i] = Math.exp(logOf(i, level, effects)) * smear;
  const n = sample.logs.length;
  // A few tasks that took alike may do so by chance.
  const levelError = Math.max(deviation, n < 5 ? 0.3 : 0.05) / Math.sqrt(n);
  return {
    rule,
    basis: 'measured',
    measured: n,
    effects,
    untold: untoldEffects(sample, candidates),
    ratios: ratios.map((ratio) => ratio / smear),
    levelError,
  };
}

interface Fit {
  readonly effects: readonly Effect[];
  readonly level: number;
  /** What level and effects leave. */
  readonly rest: Float64Array;
  readonly deviation: number;
}

/** So often, at most, what stopped tasks would have taken is sought by a level, and that by them. */
const MOST_ROUNDS = 30;
/**
 * Tasks differ by so much at the least and at the most, where it is asked how far one may go beyond what it had run: where
 * nearly all were stopped, nothing tells, and guesses that follow from guesses would grow beyond all bounds.
 */
const [LEAST_SPREAD, MOST_SPREAD] = [0.15, 0.5];

/** Params tell by what was measured alone; the level, by what was stopped, too. */
function fitWith(sample: Sample, stopped: Sample, candidates: Parameters<typeof findEffects>[1]): Fit {
  const { effects, rest } = findEffects(sample, candidates);
  const least = stopped.logs.map((log, i) => log - logOf(stopped.tasks[i]!, 0, effects));
  let found = levelOf(rest);
  for (let n = 0; n < MOST_ROUNDS && least.length > 0; n++) {
    const { level, deviation } = found;
    const likely = least.map((value, i) => {
      const { mean, spread } = above(value, level, Math.min(MOST_SPREAD, Math.max(LEAST_SPREAD, deviation)));
      // Evenly about their means, with that deviation.
      return mean + spread * Math.sqrt(3) * ((2 * i + 1) / least.length - 1);
    });
    found = levelOf(Float64Array.from([...rest, ...likely]));
    if (Math.abs(found.level - level) < 0.001) break;
  }
  return { effects, ...found };
}

function levelOf(rest: Float64Array): Omit<Fit, 'effects'> {
  const level = mean(rest);
  return { level, rest, deviation: Math.sqrt(mean(rest.map((value) => (value - level) ** 2))) };
}

function logOf(task: number, level: number, effects: readonly Effect[]): number {
  return effects.reduce((sum, { read, ofValue }) => sum + ofValue[read(task)]!, level);
}

function mean(values: Iterable<number>): number {
  let [sum, count] = [0, 0];
  for (const value of values) {
    sum += value;
    count++;
  }
  return sum / count;
}

/** No two runs on a machine are equally quick: what all tasks together may differ, as a standard deviation. */
const DRIFT = 0.05;

/** Durations as they may come out: of each task in the spread of those that were measured. */
export function drawDurations({ seconds, rules }: Durations, random: Random): Float64Array {
  const drawn = seconds.slice();
  const computing = rules.some(({ stretch }) => stretch !== 1) ? random.next() : 0;
  const drift = Math.exp(DRIFT * random.normal());
  for (const { rule, basis, effects, untold, ratios, levelError, stretch } of rules) {
    const level = Math.exp(levelError * random.normal()) * stretch ** computing * (basis === 'measured' ? drift : 1);
    const doubtful = [...effects, ...untold].flatMap(({ read, doubts, isLine }) => {
      if (doubts.every((doubt) => doubt === 0)) return [];
      const together = random.normal();
      return [{ read, factors: doubts.map((doubt) => Math.exp(doubt * (isLine ? together : random.normal()))) }];
    });
    for (let i = 0; i < rule.space.size; i++) {
      let factor = level * ratios[Math.floor(random.next() * ratios.length)]!;
      for (const { read, factors } of doubtful) factor *= factors[read(i)]!;
      drawn[rule.firstTask + i]! *= factor;
    }
  }
  return drawn;
}
