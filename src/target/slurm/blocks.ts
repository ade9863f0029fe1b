import { determinedColumns } from '../../compile/params/space.ts';
import type { Plan, PlannedRule } from '../../model/plan.ts';
import type { Column } from '../../model/workflow.ts';
import type { Packing } from './stage-types.ts';
import type { Unit, Units } from './units.ts';

/** How tasks map to blocks: by the values of some params, `chunk` of them together. */
export interface BlockRule {
  readonly columns: readonly Column[];
  readonly chunk: number;
}

/** From the finest to the coarsest. */
export function* blockCandidates(units: Units, { tasksPerElement }: Packing): Generator<BlockRule> {
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

export function largestUnit({ units }: Units): Unit {
  return units.reduce((a, b) => (b.tasks.length > a.tasks.length ? b : a));
}

/** More blocks than elements can be: seen without a draft of all tasks. */
export function hasMoreBlocks(numbering: BlockNumbers, unit: Unit, most: number): boolean {
  const number = numbering.reader(unit.rule)!;
  const seen = new Set<number>();
  for (const task of unit.tasks) {
    seen.add(number(task - unit.rule.firstTask));
    if (seen.size > most) return true;
  }
  return false;
}

/** Numbers blocks by the values of their params, in the relation's order. */
export class BlockNumbers {
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
