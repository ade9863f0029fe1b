import { forEachDependency, type Plan, ruleOf } from '../../model/plan.ts';
import { timeLimits } from './durations.ts';
import { attemptsSeconds, reserveSeconds } from './reserve.ts';
import {
  type Draft,
  lanesOf,
  maxTimeOf,
  type Packing,
  type SiteLimits,
  type Stage,
  type StageWait,
} from './stage-types.ts';
import { eachEdge } from './units.ts';

/** From drafts to stages: what each reads from, waits for, and how long its elements take. */
export function finishStages(
  plan: Plan,
  drafts: readonly Draft[],
  included: Uint8Array,
  limits: SiteLimits,
  packing: Packing,
): Stage[] {
  const stageOf = new Int32Array(plan.taskCount).fill(-1);
  const elementOf = new Int32Array(plan.taskCount).fill(-1);
  drafts.forEach((draft, s) => {
    for (const { index, tasks } of draft.elements) {
      for (const task of tasks) {
        stageOf[task] = s;
        elementOf[task] = index;
      }
    }
  });
  const sources = readSources(plan, drafts, included, stageOf, elementOf);
  const ancestors: Set<number>[] = [];
  return drafts.map((draft, s): Stage => {
    const from = [...sources[s]!].sort(([a], [b]) => a - b);
    ancestors[s] = new Set(from.flatMap(([stage]) => [stage, ...ancestors[stage]!]));
    // What runs before the submission has ended when it is made.
    const queued = from.filter(([stage]) => !drafts[stage]!.local);
    const waits = reduceWaits(queued, sources, ancestors, drafts);
    const offsets = new Int32Array(draft.elements.length + 1);
    draft.elements.forEach(({ tasks }, e) => {
      offsets[e + 1] = offsets[e]! + tasks.length;
    });
    const tasks = Int32Array.from(draft.elements.flatMap((e) => e.tasks));
    return {
      name: stageName(s, draft.rules),
      rules: draft.rules,
      indices: Int32Array.from(draft.elements, (e) => e.index),
      offsets,
      tasks,
      request: draft.request,
      lanes: lanesIn(draft, packing),
      ...timeOf(plan, draft, limits, packing),
      waits,
      sources: from.map(([stage, sameElement]) => ({ stage, sameElement })),
      why: draft.why,
      local: draft.local === true,
    };
  });
}

/** Those that share a GPU are as many as there are; else an element asks for the lanes of its profile in any case. */
function lanesIn({ request, elements }: Draft, packing: Packing): number {
  const lanes = lanesOf(request, packing);
  if (request.resources.tasksPerGpu === 1) return lanes;
  return Math.min(lanes, Math.max(...elements.map(({ tasks }) => tasks.length)));
}

function stageName(s: number, rules: readonly string[]): string {
  const name = rules.length <= 2 ? rules.join('-') : `${rules[0]}-and-${rules.length - 1}-more`;
  return `${s + 1}-${name}`.slice(0, 80);
}

/** Per stage the stages that it reads from; true where every path comes from the element of the same index. */
function readSources(
  plan: Plan,
  drafts: readonly Draft[],
  included: Uint8Array,
  stageOf: Int32Array,
  elementOf: Int32Array,
): Map<number, boolean>[] {
  const sources = drafts.map(() => new Map<number, boolean>());
  const read = (producerStage: number, producerElement: number, stage: number, element: number): void => {
    if (producerStage === stage) return;
    const same = drafts[producerStage]!.aligned && drafts[stage]!.aligned && producerElement === element;
    sources[stage]!.set(producerStage, (sources[stage]!.get(producerStage) ?? true) && same);
  };
  eachEdge(plan, included, {
    pair: (producer, consumer) =>
      read(stageOf[producer]!, elementOf[producer]!, stageOf[consumer]!, elementOf[consumer]!),
    // By element, not by task: thousands of tasks of a gather stand in a hundred elements.
    lists: (producers, consumers) => {
      const elements = (tasks: readonly number[]): Set<number> =>
        new Set(tasks.map((t) => stageOf[t]! * 65_536 + elementOf[t]!));
      const from = elements(producers);
      for (const to of elements(consumers))
        for (const one of from) read(Math.floor(one / 65_536), one % 65_536, Math.floor(to / 65_536), to % 65_536);
    },
  });
  return sources;
}

/** Leave out a wait that another one implies: what a waits for, b has waited for. */
function reduceWaits(
  from: readonly (readonly [number, boolean])[],
  sources: readonly ReadonlyMap<number, boolean>[],
  ancestors: readonly ReadonlySet<number>[],
  drafts: readonly Draft[],
): StageWait[] {
  const implied = (stage: number, same: boolean): boolean =>
    from.some(([other, otherSame]) => {
      if (other === stage || !ancestors[other]!.has(stage)) return false;
      // All of `other` have ended, and each began after its own part of `stage`: all of it, if none of it feeds nothing.
      if (!otherSame) return coversAll(sources, other, stage, drafts);
      // Its counterpart began after the element of the same index, or after all of `stage`.
      return same ? reaches(sources, other, stage) : reachesAll(sources, other, stage);
    });
  const left = from.filter(([stage, same]) => !implied(stage, same));
  const counterpart = left.length === 1 && left[0]![1];
  return left.map(([stage]) => ({
    stage,
    kind: counterpart ? 'counterpart' : 'all',
    why: counterpart
      ? 'each element needs only the one of the same index'
      : left.every(([, same]) => same)
        ? 'several arrays: Slurm takes no mixture of "and" and "or", so the whole of each'
        : 'its tasks read from many elements',
  }));
}

function reaches(sources: readonly ReadonlyMap<number, boolean>[], from: number, to: number): boolean {
  return [...sources[from]!].some(([s]) => s === to || reaches(sources, s, to));
}

function reachesAll(sources: readonly ReadonlyMap<number, boolean>[], from: number, to: number): boolean {
  return [...sources[from]!].some(([s, same]) => (s === to && !same) || reachesAll(sources, s, to));
}

/** Whether the end of all of `from` implies the end of all of `to`: by whole waits, or element by element without gaps. */
function coversAll(
  sources: readonly ReadonlyMap<number, boolean>[],
  from: number,
  to: number,
  drafts: readonly Draft[],
): boolean {
  return [...sources[from]!].some(([s, same]) => {
    const covered = !same || sameIndices(drafts[from]!, drafts[s]!);
    return covered && (s === to || coversAll(sources, s, to, drafts));
  });
}

function sameIndices(a: Draft, b: Draft): boolean {
  const indices = new Set(a.elements.map((e) => e.index));
  return b.elements.every((e) => indices.has(e.index));
}

function timeOf(
  plan: Plan,
  draft: Draft,
  limits: SiteLimits,
  packing: Packing,
): Pick<Stage, 'timeSeconds' | 'isTimeCut'> {
  const wanted = elementTime(plan, draft, packing);
  const most = maxTimeOf(draft.request, limits);
  if (wanted === null || most === null || wanted <= most) return { timeSeconds: wanted, isTimeCut: false };
  return { timeSeconds: most, isTimeCut: true };
}

/** What the elements of a draft take at most, with a reserve, in seconds; null where a task has no limit. */
export function elementTime(plan: Plan, draft: Draft, packing: Packing): number | null {
  const longest = longestElement(plan, draft, packing, attemptsSeconds);
  if (longest === null) return null;
  return Math.ceil(longest) + reserveSeconds(plan.workflow.rules.filter(({ name }) => draft.rules.includes(name)));
}

/**
 * The most that an element's tasks take over its lanes, in seconds; null where a task has no limit. `secondsOfAttempts` by
 * a task's limit and its retries.
 */
export function longestElement(
  plan: Plan,
  { elements, request }: Draft,
  packing: Packing,
  secondsOfAttempts: (limitSeconds: number, retries: number) => number,
): number | null {
  const lanes = lanesOf(request, packing);
  const secondsOf = timeLimits();
  let longest = 0;
  for (const { tasks } of elements) {
    let sum = 0;
    const times = new Map<number, number>();
    for (const task of tasks) {
      const rule = ruleOf(plan, task);
      const timeSeconds = secondsOf(rule, task - rule.firstTask);
      if (timeSeconds === null) return null;
      const attempts = secondsOfAttempts(timeSeconds, rule.rule.retries);
      sum += attempts;
      if (lanes > 1) times.set(task, attempts);
    }
    // While a lane idles, the others work on what it waits for: the longest chain (Graham 1966).
    const idle = lanes === 1 ? 0 : longestChain(plan, times) * (1 - 1 / lanes);
    longest = Math.max(longest, sum / lanes + idle);
  }
  return longest;
}

/** The longest time that tasks take which must run one after another. `times` by task, dependencies first. */
function longestChain(plan: Plan, times: ReadonlyMap<number, number>): number {
  const ends = new Map<number, number>();
  let longest = 0;
  for (const [task, seconds] of times) {
    let begin = 0;
    forEachDependency(plan, task, (producer) => {
      begin = Math.max(begin, ends.get(producer) ?? 0);
    });
    ends.set(task, begin + seconds);
    longest = Math.max(longest, begin + seconds);
  }
  return longest;
}
