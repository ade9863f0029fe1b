import { countOf } from '../../model/counts.ts';
import { forEachTaskInOrder, type Plan, ruleOf } from '../../model/plan.ts';
import { hasRanks } from '../../plan/resources.ts';
import { BlockNumbers, type BlockRule, blockCandidates, hasMoreBlocks, largestUnit } from './blocks.ts';
import {
  type ExpectedSeconds,
  expectedElementTime,
  expectedSeconds,
  SHORT_ELEMENT_SECONDS,
  tasksOfShortElement,
} from './durations.ts';
import { levelStages } from './levels.ts';
import { type Draft, lanesOf, type Packing, type SiteLimits, type Stage } from './stage-types.ts';
import { eachEdge, splitUnits, type Unit, type Units } from './units.ts';
import { elementTime, finishStages, longestElement } from './waits.ts';

export type { Packing, SiteLimits, Stage, StageWait } from './stage-types.ts';

/** More rules (or classes of requests) than this are planned by levels of the task graph, not rule by rule. */
const MAX_UNITS = 40;

export interface PlanStagesOptions {
  readonly included: Uint8Array;
  readonly limits: SiteLimits;
  readonly packing: Packing;
  /** By rule, seconds that its tasks took before, on the average; none unless told. */
  readonly durations?: ReadonlyMap<string, number>;
}

/** Tasks with several ranks have elements of their own, as long as these take no more of what one may queue than this. */
const RANKED_PART = 1 / 2;

/** What all drafts of a plan go by. */
interface DraftOptions extends Omit<PlanStagesOptions, 'durations'> {
  readonly units: Units;
  readonly expected: ExpectedSeconds;
}

/** Choose the arrays: which rules share one, how many tasks an element takes, and what each array waits for. */
export function planStages(
  plan: Plan,
  { included, limits, packing, durations = new Map() }: PlanStagesOptions,
): Stage[] {
  const here = included.map((value, task) => value & Number(ruleOf(plan, task).rule.local));
  const onCluster = included.map((value, task) => value & ~here[task]!);
  const units = splitUnits(plan, onCluster);
  const local = localDraft(plan, here);
  const options = { units, included: onCluster, limits, packing, expected: expectedSeconds(plan, durations) };
  const isSmall = units.units.length <= MAX_UNITS || areRanksMixed(units);
  const byRule = isSmall && plan.order.every((b) => b.kind === 'rule');
  const drafts = units.units.length === 0 ? [] : byRule ? blockDrafts(plan, options) : levelStages(plan, options);
  return finishStages(plan, [...local, ...drafts], included, limits, packing);
}

/** Arrays by levels ask for one thing: where that spans nodes, tasks of a single process would hold them. */
function areRanksMixed({ units }: Units): boolean {
  const shapes = units.map(({ request: { resources } }) => `${resources.nodes} ${resources.ranksPerNode}`);
  return new Set(shapes).size > 1;
}

/** All tasks of `local: true` rules in one element, in order. */
function localDraft(plan: Plan, here: Uint8Array): Draft[] {
  const { units } = splitUnits(plan, here);
  if (units.length === 0) return [];
  const tasks: number[] = [];
  forEachTaskInOrder(plan, (task) => {
    if (here[task] === 1) tasks.push(task);
  });
  return [
    {
      units,
      rules: [...new Set(units.map((u) => u.rule.rule.name))],
      request: units[0]!.request,
      elements: [{ index: 0, tasks }],
      aligned: false,
      why: 'declared local: runs where the submission is made, before it',
      local: true,
    },
  ];
}

// --- blocks ---

/** An element should not take longer than this where finer blocks are to be had. */
const LONG_ELEMENT_SECONDS = 12 * 3600;
/** Nor may one that takes seconds ask for more than this, just to save elements. */
const SHORT_ELEMENT_LIMIT_SECONDS = 2 * 3600;
/** With this many elements in the widest array a cluster has enough to do at a time; more cost scheduling. */
const WIDE_ENOUGH = 100;

/** Blocks, and the drafts that they lead to. */
interface Blocked {
  readonly blocks: BlockRule;
  readonly drafts: Draft[];
}

function blockDrafts(plan: Plan, options: DraftOptions): Draft[] {
  return packShort(plan, options, chooseBlocks(plan, options)).drafts;
}

/**
 * Blocks that the site can queue. Of those, the coarsest that still gives a hundred elements and none of them too long:
 * coarse blocks fuse more rules and release faster; fine ones run wider.
 */
function chooseBlocks(plan: Plan, options: DraftOptions): Blocked {
  const { units, limits, packing } = options;
  const most = Math.min(limits.maxArraySize, limits.maxSubmit, 1000);
  const fitting: Blocked[] = [];
  const wide = (drafts: readonly Draft[]): number => Math.max(...drafts.map((d) => d.elements.length));
  let enough = WIDE_ENOUGH;
  let last: Blocked | null = null;
  for (const blocks of blockCandidates(units, packing)) {
    const numbering = new BlockNumbers(plan, blocks);
    // The last candidate has one block: something is always drafted.
    if (hasMoreBlocks(numbering, largestUnit(units), most)) continue;
    const drafts = draftByBlocks(plan, options, { blocks, numbering });
    const total = drafts.reduce((n, d) => n + d.elements.length, 0);
    const fits =
      total + 1 <= limits.maxSubmit &&
      drafts.every((d) => d.elements.length <= most && lastIndex(d) < limits.maxArraySize && fillsGpus(d));
    if (fits && fitting.length === 0) enough = Math.min(WIDE_ENOUGH, wide(drafts));
    last = { blocks, drafts };
    if (fits) fitting.push(last);
    // Asked for by the user, the first that fits is the one.
    if (fits && packing.tasksPerElement !== 'auto') break;
    // Those that come are coarser still.
    if (fitting.length > 0 && numbering.count < enough && wide(drafts) < enough) break;
  }
  const [finest] = fitting;
  if (!finest) return last!;
  return (
    fitting.findLast(
      ({ drafts }) => wide(drafts) >= enough && limitOf(plan, drafts, packing) <= LONG_ELEMENT_SECONDS,
    ) ?? finest
  );
}

/** The most that an element may ask for; 0 where a task has no limit. */
function limitOf(plan: Plan, drafts: readonly Draft[], packing: Packing): number {
  return Math.max(...drafts.map((d) => elementTime(plan, d, packing) ?? 0));
}

/** The same without what it keeps in reserve: all limits of its tasks together. */
function limitsOf(plan: Plan, drafts: readonly Draft[], packing: Packing): number {
  const attempts = (limitSeconds: number, retries: number): number => limitSeconds * (1 + retries);
  return Math.max(...drafts.map((d) => longestElement(plan, d, packing, attempts) ?? 0));
}

/** Where elements would take seconds, coarser blocks than are wide enough, until they take about two minutes. */
function packShort(plan: Plan, options: DraftOptions, chosen: Blocked): Blocked {
  const { packing } = options;
  if (packing.tasksPerElement !== 'auto') return chosen;
  const before = secondsByRule(chosen, options);
  const draft = (blocks: BlockRule): Blocked => ({
    blocks,
    drafts: draftByBlocks(plan, options, { blocks, numbering: new BlockNumbers(plan, blocks) }),
  });
  // Whatever makes elements of minutes longer is no gain, and one that may ask for hours waits for them.
  const isShort = (blocked: Blocked): boolean =>
    [...secondsByRule(blocked, options)].every(
      ([rule, t]) => t <= Math.max(SHORT_ELEMENT_SECONDS, before.get(rule)!),
    ) && limitsOf(plan, blocked.drafts, packing) <= SHORT_ELEMENT_LIMIT_SECONDS;
  const most = (times: Iterable<number>): number =>
    Math.max(0, ...[...times].filter((t) => t * 2 <= SHORT_ELEMENT_SECONDS));
  if (most(before.values()) === 0) return chosen;
  let best = chosen;
  // Blocks of fewer params first: they fuse more rules than several blocks together do.
  for (let n = chosen.blocks.columns.length - 1; n >= 0; n--) {
    const coarser = draft({ columns: chosen.blocks.columns.slice(0, n), chunk: 1 });
    if (!isShort(coarser)) break;
    best = coarser;
  }
  const { columns, chunk } = best.blocks;
  const room = Math.min(
    SHORT_ELEMENT_SECONDS / most(secondsByRule(best, options).values()),
    SHORT_ELEMENT_LIMIT_SECONDS / limitsOf(plan, best.drafts, packing),
  );
  if (columns.length === 0 || room < 2) return best;
  const more = draft({ columns, chunk: chunk * 2 ** Math.floor(Math.log2(room)) });
  return isShort(more) ? more : best;
}

/** By rule, the expected seconds of the longest element that has tasks of it. */
function secondsByRule({ drafts }: Blocked, { packing, expected }: DraftOptions): Map<string, number> {
  const seconds = new Map<string, number>();
  for (const draft of drafts) {
    const longest = expectedElementTime(draft, packing, expected);
    for (const rule of draft.rules) seconds.set(rule, Math.max(longest, seconds.get(rule) ?? 0));
  }
  return seconds;
}

/** Whether elements hold as many tasks of each rule as use a GPU together, but for what is left over. */
function fillsGpus({ units, elements }: Draft): boolean {
  return units.every(
    ({ request: { resources }, tasks }) => tasks.length >= resources.tasksPerGpu * (elements.length - 1),
  );
}

function lastIndex({ elements }: Draft): number {
  return elements.at(-1)?.index ?? 0;
}

function draftByBlocks(
  plan: Plan,
  options: DraftOptions,
  { blocks, numbering }: { blocks: BlockRule; numbering: BlockNumbers },
): Draft[] {
  const { included, packing } = options;
  const { units } = options.units;
  const blockOf = new Int32Array(plan.taskCount).fill(-1);
  const alignedUnits = new Set<Unit>();
  for (const unit of units) {
    const number = numbering.reader(unit.rule);
    if (!number) continue;
    const numbers = unit.tasks.map((task) => number(task - unit.rule.firstTask));
    if (hasRanks(unit.request.resources) && new Set(numbers).size < numbers.length) continue;
    alignedUnits.add(unit);
    unit.tasks.forEach((task, t) => {
      blockOf[task] = numbers[t]!;
    });
  }
  const feeds = unitEdges(plan, units, included, blockOf);
  const groups = fuseUnits(units, feeds, alignedUnits, packing);
  const by = blocks.columns.map((c) => c.name).join(' × ');
  const each = `an element for ${blocks.chunk > 1 ? `every ${blocks.chunk} of` : 'each'} ${by}`;
  // A number that the user asks for grows with the blocks where the site can't queue so many elements.
  const size = packing.tasksPerElement === 'auto' ? 'auto' : blocks.chunk;
  return groups.map((group): Draft => {
    const aligned = group.every((u) => alignedUnits.has(u));
    const elements = aligned ? elementsByBlock(group, blockOf) : elementsByCount(group[0]!, options, size);
    const fused =
      group.length > 1
        ? `; shared by ${countOf(group.length, 'rule')}, which ask for the same and follow each other within an element`
        : '';
    return {
      units: group,
      rules: [...new Set(group.map((u) => u.rule.rule.name))],
      request: group[0]!.request,
      elements,
      aligned,
      why: (aligned ? (by === '' ? 'all tasks in one element' : each) : packedWhy(group[0]!, elements, by)) + fused,
    };
  });
}

/** The most elements for the tasks of one rule with several ranks. */
function mostRanked({ units, limits }: DraftOptions): number {
  const ranked = units.units.filter(({ request }) => hasRanks(request.resources)).length;
  return Math.max(1, Math.min(limits.maxArraySize, Math.floor((limits.maxSubmit * RANKED_PART) / ranked)));
}

function packedWhy({ request }: Unit, elements: readonly { tasks: readonly number[] }[], by: string): string {
  if (hasRanks(request.resources))
    return elements.every(({ tasks }) => tasks.length === 1)
      ? 'several ranks: an element for each task'
      : 'several ranks, and more tasks than can be queued: one after another';
  if (elements.length === 1) return elements[0]!.tasks.length === 1 ? 'one task' : 'all its tasks in one element';
  return `its outputs do not name ${by.includes(' × ') ? 'all of ' : ''}${by}: tasks in order, packed evenly`;
}

/** Per unit the units that feed it; true where every edge stays within a block. */
type Feeds = ReadonlyMap<Unit, ReadonlyMap<Unit, boolean>>;

function unitEdges(plan: Plan, units: readonly Unit[], included: Uint8Array, blockOf: Int32Array): Feeds {
  const feeds = new Map<Unit, Map<Unit, boolean>>(units.map((u) => [u, new Map<Unit, boolean>()]));
  const unitOf = new Int32Array(plan.taskCount).fill(-1);
  units.forEach((unit, u) => {
    for (const task of unit.tasks) unitOf[task] = u;
  });
  const feed = (from: number, to: number, same: boolean): void => {
    if (from === to) return;
    const edges = feeds.get(units[to]!)!;
    const known = edges.get(units[from]!);
    if (known === undefined || (known && !same)) edges.set(units[from]!, same);
  };
  eachEdge(plan, included, {
    pair: (producer, consumer) => {
      const block = blockOf[producer]!;
      feed(unitOf[producer]!, unitOf[consumer]!, block >= 0 && block === blockOf[consumer]);
    },
    lists: (producers, consumers) => {
      // All in one block, or not: that needs no look at each pair.
      const block = blockOf[producers[0]!]!;
      const same =
        block >= 0 && producers.every((p) => blockOf[p] === block) && consumers.every((c) => blockOf[c] === block);
      for (const from of new Set(producers.map((p) => unitOf[p]!)))
        for (const to of new Set(consumers.map((c) => unitOf[c]!))) feed(from, to, same);
    },
  });
  return feeds;
}

/** Put a unit into an earlier group where both ask for the same, run by the same blocks, and nothing waits longer for it. */
function fuseUnits(units: readonly Unit[], feeds: Feeds, aligned: ReadonlySet<Unit>, packing: Packing): Unit[][] {
  const groups: Unit[][] = [];
  const groupOf = new Map<Unit, Unit[]>();
  const needs = (group: readonly Unit[]): Set<Unit[]> => {
    const all = new Set<Unit[]>();
    const visit = (unit: Unit): void => {
      for (const from of feeds.get(unit)!.keys()) {
        const other = groupOf.get(from)!;
        if (other === group || all.has(other)) continue;
        all.add(other);
        other.forEach(visit);
      }
    };
    group.forEach(visit);
    return all;
  };
  for (const unit of units) {
    const edges = feeds.get(unit)!;
    const from = [...edges.keys()].map((u) => groupOf.get(u)!);
    // Inside an element there is no waiting for another: what they exchange stays within a block.
    const staysInside = (group: readonly Unit[]): boolean => group.every((u) => edges.get(u) !== false);
    const home =
      packing.fuse === 'auto' && aligned.has(unit) && !hasRanks(unit.request.resources)
        ? from.find(
            (group) =>
              group.every(
                (u) => aligned.has(u) && u.requestKey === unit.requestKey && u.rule.rule.local === unit.rule.rule.local,
              ) &&
              staysInside(group) &&
              from.every((other) => other === group || needs(group).has(other)),
          )
        : undefined;
    if (home) home.push(unit);
    else groups.push([unit]);
    groupOf.set(unit, home ?? groups.at(-1)!);
  }
  return groups;
}

function elementsByBlock(group: readonly Unit[], blockOf: Int32Array): { index: number; tasks: number[] }[] {
  const byBlock = new Map<number, number[]>();
  for (const unit of group) {
    for (const task of unit.tasks) {
      const block = blockOf[task]!;
      const tasks = byBlock.get(block);
      if (tasks) tasks.push(task);
      else byBlock.set(block, [task]);
    }
  }
  return [...byBlock].map(([index, tasks]) => ({ index, tasks })).sort((a, b) => a.index - b.index);
}

function elementsByCount(
  unit: Unit,
  options: DraftOptions,
  tasksPerElement: Packing['tasksPerElement'],
): { index: number; tasks: number[] }[] {
  const { limits, packing, expected } = options;
  const most = Math.max(1, Math.min(100, limits.maxArraySize, Math.floor(limits.maxSubmit / 8)));
  const { tasksPerGpu } = unit.request.resources;
  const wanted = hasRanks(unit.request.resources)
    ? Math.ceil(unit.tasks.length / mostRanked(options))
    : tasksPerElement === 'auto'
      ? Math.max(
          Math.ceil(unit.tasks.length / most),
          tasksOfShortElement(unit.tasks, lanesOf(unit.request, packing), expected),
        )
      : tasksPerElement;
  const size = Math.ceil(wanted / tasksPerGpu) * tasksPerGpu;
  const elements: { index: number; tasks: number[] }[] = [];
  for (let at = 0; at < unit.tasks.length; at += size) {
    elements.push({ index: elements.length, tasks: [...unit.tasks.subarray(at, at + size)] });
  }
  return elements;
}
