import { determinedColumns } from '../../compile/relation.ts';
import { forEachTaskInOrder, type Plan, type PlannedRule, ruleOf } from '../../model/plan.ts';
import type { Column } from '../../model/workflow.ts';
import { levelStages } from './levels.ts';
import type { Draft, Packing, SiteLimits, Stage } from './stage-types.ts';
import { eachEdge, splitUnits, type Unit, type Units } from './units.ts';
import { elementTime, finishStages } from './waits.ts';

export type { Packing, SiteLimits, Stage, StageWait } from './stage-types.ts';

/** More rules (or classes of requests) than this are planned by levels of the task graph, not rule by rule. */
const MAX_UNITS = 40;

export interface PlanStagesOptions {
  readonly included: Uint8Array;
  readonly limits: SiteLimits;
  readonly packing: Packing;
}

/** Choose the arrays: which rules share one, how many tasks an element takes, and what each array waits for. */
export function planStages(plan: Plan, { included, limits, packing }: PlanStagesOptions): Stage[] {
  const here = included.map((value, task) => value & Number(ruleOf(plan, task).rule.local));
  const onCluster = included.map((value, task) => value & ~here[task]!);
  const units = splitUnits(plan, onCluster);
  const local = localDraft(plan, here);
  const byRule = units.units.length <= MAX_UNITS && plan.order.every((b) => b.kind === 'rule');
  const drafts =
    units.units.length === 0
      ? []
      : byRule
        ? blockDrafts(plan, units, onCluster, limits, packing)
        : levelStages(plan, units, onCluster, limits, packing);
  return finishStages(plan, [...local, ...drafts], included, limits, packing);
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

/** How tasks map to blocks: by the values of some params, `chunk` of them together. */
interface BlockRule {
  readonly columns: readonly Column[];
  readonly chunk: number;
}

/** An element should not take longer than this where finer blocks are to be had. */
const LONG_ELEMENT_SECONDS = 12 * 3600;
const UNLIMITED_TIME: SiteLimits = {
  maxArraySize: Number.POSITIVE_INFINITY,
  maxSubmit: Number.POSITIVE_INFINITY,
  maxTimeSeconds: null,
};
/** With this many elements in the widest array a cluster has enough to do at a time; more cost scheduling. */
const WIDE_ENOUGH = 100;

/**
 * Blocks that the site can queue. Of those, the coarsest that still gives a hundred elements and none of them too long:
 * coarse blocks fuse more rules and release faster; fine ones run wider.
 */
function blockDrafts(plan: Plan, units: Units, included: Uint8Array, limits: SiteLimits, packing: Packing): Draft[] {
  const most = Math.min(limits.maxArraySize, limits.maxSubmit, 1000);
  const fitting: Draft[][] = [];
  const wide = (drafts: readonly Draft[]): number => Math.max(...drafts.map((d) => d.elements.length));
  let enough = WIDE_ENOUGH;
  let last: Draft[] = [];
  for (const blocks of blockCandidates(units, packing)) {
    const numbering = new BlockNumbers(plan, blocks);
    // The last candidate has one block: something is always drafted.
    if (hasMoreBlocks(numbering, largestUnit(units), most)) continue;
    const drafts = draftByBlocks(plan, units, included, { blocks, numbering }, packing, limits);
    const total = drafts.reduce((n, d) => n + d.elements.length, 0);
    const fits =
      total + 1 <= limits.maxSubmit &&
      drafts.every((d) => d.elements.length <= most && lastIndex(d) < limits.maxArraySize);
    if (fits && fitting.length === 0) enough = Math.min(WIDE_ENOUGH, wide(drafts));
    if (fits) fitting.push(drafts);
    last = drafts;
    // Asked for by the user, the first that fits is the one.
    if (fits && packing.tasksPerElement !== 'auto') break;
    // Those that come are coarser still.
    if (fitting.length > 0 && numbering.count < enough && wide(drafts) < enough) break;
  }
  const [finest] = fitting;
  if (!finest) return last;
  const longest = (drafts: readonly Draft[]): number =>
    Math.max(...drafts.map((d) => elementTime(plan, d, UNLIMITED_TIME, packing) ?? 0));
  return fitting.findLast((d) => wide(d) >= enough && longest(d) <= LONG_ELEMENT_SECONDS) ?? finest;
}

function lastIndex({ elements }: Draft): number {
  return elements.at(-1)?.index ?? 0;
}

function largestUnit({ units }: Units): Unit {
  return units.reduce((a, b) => (b.tasks.length > a.tasks.length ? b : a));
}

/** More blocks than elements can be: seen without a draft of all tasks. */
function hasMoreBlocks(numbering: BlockNumbers, unit: Unit, most: number): boolean {
  const number = numbering.reader(unit.rule)!;
  const seen = new Set<number>();
  for (const task of unit.tasks) {
    seen.add(number(task - unit.rule.firstTask));
    if (seen.size > most) return true;
  }
  return false;
}

function* blockCandidates(units: Units, { tasksPerElement }: Packing): Generator<BlockRule> {
  const largest = largestUnit(units);
  const columns = largest.rule.rule.key;
  if (tasksPerElement !== 'auto') {
    for (let chunk = tasksPerElement; ; chunk *= 2) {
      yield { columns, chunk };
      if (chunk >= largest.tasks.length) return;
    }
  }
  for (let n = columns.length; n >= 1; n--) yield { columns: columns.slice(0, n), chunk: 1 };
  for (let chunk = 2; chunk < largest.tasks.length * 2; chunk *= 2) yield { columns: columns.slice(0, 1), chunk };
  yield { columns: [], chunk: 1 };
}

function draftByBlocks(
  plan: Plan,
  { units }: Units,
  included: Uint8Array,
  { blocks, numbering }: { blocks: BlockRule; numbering: BlockNumbers },
  packing: Packing,
  limits: SiteLimits,
): Draft[] {
  const blockOf = new Int32Array(plan.taskCount).fill(-1);
  const alignedUnits = new Set<Unit>();
  for (const unit of units) {
    const number = numbering.reader(unit.rule);
    if (!number) continue;
    alignedUnits.add(unit);
    for (const task of unit.tasks) blockOf[task] = number(task - unit.rule.firstTask);
  }
  const feeds = unitEdges(plan, units, included, blockOf);
  const groups = fuseUnits(units, feeds, alignedUnits, packing);
  const by = blocks.columns.map((c) => c.name).join(' × ');
  const chunk = blocks.chunk > 1 ? `, ${blocks.chunk} together` : '';
  // A number that the user asks for grows with the blocks where the site can't queue so many elements.
  const size = packing.tasksPerElement === 'auto' ? 'auto' : blocks.chunk;
  return groups.map((group): Draft => {
    const aligned = group.every((u) => alignedUnits.has(u));
    const elements = aligned ? elementsByBlock(group, blockOf) : elementsByCount(group[0]!, limits, size);
    const fused = group.length > 1 ? `; ${group.length} rules fused: they ask for the same and run block by block` : '';
    return {
      units: group,
      rules: [...new Set(group.map((u) => u.rule.rule.name))],
      request: group[0]!.request,
      elements,
      aligned,
      why:
        (aligned
          ? by === ''
            ? 'all tasks in one element'
            : `an element a block of ${by}${chunk}`
          : packedWhy(elements)) + fused,
    };
  });
}

function packedWhy(elements: readonly { tasks: readonly number[] }[]): string {
  if (elements.length === 1) return elements[0]!.tasks.length === 1 ? 'one task' : 'all its tasks in one element';
  return 'its key does not hold the blocks: tasks in order, packed evenly';
}

/** Numbers blocks by the values of their params, in the relation's order. */
class BlockNumbers {
  private readonly plan: Plan;
  private readonly blocks: BlockRule;
  /** By the combination of the params' value ids, from 1 on; 0 or nothing where no task has it. */
  private readonly seen: Int32Array | Map<number, number>;
  private numbered = 0;

  constructor(plan: Plan, blocks: BlockRule) {
    this.plan = plan;
    this.blocks = blocks;
    const combinations = blocks.columns.reduce((product, c) => product * c.values.length, 1);
    this.seen = combinations <= 4_000_000 ? new Int32Array(combinations) : new Map<number, number>();
    // Number blocks in the order of the rule that has them all, so that sparse runs keep the numbers of a whole one.
    const { columns } = blocks;
    const owner = plan.rules.find((r) => columns.every((c) => r.rule.key.includes(c)) && r.space.size > 0);
    if (!owner || columns.length === 0) return;
    const combination = this.combinations(owner);
    for (let i = 0; i < owner.space.size; i++) this.number(combination(i));
  }

  /** Blocks that got a number so far. */
  get count(): number {
    return this.blocks.columns.length === 0 ? 1 : Math.ceil(this.numbered / this.blocks.chunk);
  }

  private number(combination: number): number {
    const { seen } = this;
    const known = seen instanceof Int32Array ? seen[combination]! : (seen.get(combination) ?? 0);
    if (known > 0) return known - 1;
    this.numbered++;
    if (seen instanceof Int32Array) seen[combination] = this.numbered;
    else seen.set(combination, this.numbered);
    return this.numbered - 1;
  }

  /** From task index to the value ids of the blocks' params, as digits of one number. */
  private combinations({ space }: PlannedRule): (taskIndex: number) => number {
    const digits = this.blocks.columns.map((c) => ({ read: space.reader(c), radix: c.values.length }));
    return (i) => {
      let combination = 0;
      for (const { read, radix } of digits) combination = combination * radix + read(i);
      return combination;
    };
  }

  /** From task index to block; null where the rule's key does not tell the block. */
  reader(rule: PlannedRule): ((taskIndex: number) => number) | null {
    const { columns, chunk } = this.blocks;
    const known = new Set([...rule.rule.key, ...determinedColumns(this.plan.workflow.relation, rule.rule.key)]);
    if (!columns.every((c) => known.has(c))) return null;
    if (columns.length === 0) return () => 0;
    const combination = this.combinations(rule);
    return (i) => Math.floor(this.number(combination(i)) / chunk);
  }
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
      packing.fuse === 'auto' && aligned.has(unit)
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
  limits: SiteLimits,
  tasksPerElement: Packing['tasksPerElement'],
): { index: number; tasks: number[] }[] {
  const most = Math.max(1, Math.min(100, limits.maxArraySize, Math.floor(limits.maxSubmit / 8)));
  const size = tasksPerElement === 'auto' ? Math.ceil(unit.tasks.length / most) : tasksPerElement;
  const elements: { index: number; tasks: number[] }[] = [];
  for (let at = 0; at < unit.tasks.length; at += size) {
    elements.push({ index: elements.length, tasks: [...unit.tasks.subarray(at, at + size)] });
  }
  return elements;
}
