import { extraText } from '../../compile/rules/sbatch-flags.ts';
import type { Plan, PlannedInput, PlannedRule } from '../../model/plan.ts';
import type { Resources } from '../../model/workflow.ts';
import { isFixed, renderValue, taskResources } from '../../plan/resources.ts';

/** What one element asks of Slurm, besides its time. */
export interface Request {
  readonly resources: Omit<Resources, 'timeSeconds'>;
  /** sbatch flags by long name, as the rule and its defaults give them. */
  readonly flags: ReadonlyMap<string, string>;
  readonly extra: readonly string[];
}

/** Tasks of one rule that ask for the same: what a stage is made of. */
export interface Unit {
  readonly rule: PlannedRule;
  readonly request: Request;
  /** Equal keys: equal requests. */
  readonly requestKey: string;
  /** Global ids, ascending. */
  readonly tasks: Int32Array;
}

/** All units of the tasks that are included, rules in order of the plan; and the unit of each task, -1 for none. */
export interface Units {
  readonly units: readonly Unit[];
  readonly unitOf: Int32Array;
}

export function splitUnits(plan: Plan, included: Uint8Array): Units {
  const unitOf = new Int32Array(plan.taskCount).fill(-1);
  const units: Unit[] = [];
  for (const rule of rulesInOrder(plan)) {
    const groups = new Map<string, { request: Request; tasks: number[] }>();
    const fixed = hasFixedRequest(rule) ? requestOf(rule, 0) : null;
    const fixedKey = fixed ? keyOf(fixed) : '';
    for (let i = 0; i < rule.space.size; i++) {
      if (included[rule.firstTask + i] === 0) continue;
      const request = fixed ?? requestOf(rule, i);
      const key = fixed ? fixedKey : keyOf(request);
      let group = groups.get(key);
      if (!group) {
        group = { request, tasks: [] };
        groups.set(key, group);
      }
      group.tasks.push(rule.firstTask + i);
    }
    for (const [requestKey, { request, tasks }] of groups) {
      for (const task of tasks) unitOf[task] = units.length;
      units.push({ rule, request, requestKey, tasks: Int32Array.from(tasks) });
    }
  }
  return { units, unitOf };
}

export function rulesInOrder(plan: Plan): PlannedRule[] {
  const seen = new Set<PlannedRule>();
  for (const block of plan.order) {
    if (block.kind === 'rule') seen.add(plan.rules[block.rule]!);
    else for (const rule of plan.rules) if (holdsTask(rule, block.tasks)) seen.add(rule);
  }
  return [...seen];
}

function holdsTask(rule: PlannedRule, tasks: Int32Array): boolean {
  return tasks.some((t) => t >= rule.firstTask && t < rule.firstTask + rule.space.size);
}

function hasFixedRequest({ rule, space, escalations }: PlannedRule): boolean {
  if (escalations) return false;
  const { cpus, mem, gpus, nodes, ranksPerNode, slurm, slurmExtra } = rule.resources;
  const values = [cpus, mem, gpus, nodes, ranksPerNode, ...slurm.values(), ...slurmExtra];
  return space.size > 0 && values.every((v) => v === null || isFixed(v));
}

export function requestOf(rule: PlannedRule, i: number): Request {
  const { timeSeconds: _, ...resources } = taskResources(rule, i);
  const { slurm, slurmExtra } = rule.rule.resources;
  return {
    resources,
    flags: new Map([...slurm].map(([name, value]) => [name, renderValue(value, rule, i)])),
    extra: slurmExtra.map((value) => extraText(value, rule, i)),
  };
}

function keyOf({ resources, flags, extra }: Request): string {
  return JSON.stringify([resources, [...flags].sort(), extra]);
}

/** Who is told of edges. */
export interface EdgeVisitor {
  /** One producer, one consumer: most edges of a large plan, so that no list is made for each. */
  readonly pair: (producer: number, consumer: number) => void;
  /** A gather: all producers of a list, and all consumers that read it. */
  readonly lists: (producers: readonly number[], consumers: readonly number[]) => void;
}

/** Visit the edges between included tasks. */
export function eachEdge(plan: Plan, included: Uint8Array, visitor: EdgeVisitor): void {
  for (const rule of plan.rules) {
    for (const input of rule.inputs) {
      if (!input.hasProducer) continue;
      if (input.members.kind === 'map') eachMapEdge(rule, input, included, visitor);
      else eachGatherEdge(rule, input, included, visitor);
    }
  }
}

function eachMapEdge(rule: PlannedRule, input: PlannedInput, included: Uint8Array, { pair }: EdgeVisitor): void {
  const { members, producers } = input;
  if (members.kind !== 'map') return;
  for (let i = 0; i < rule.space.size; i++) {
    if (included[rule.firstTask + i] === 0) continue;
    const producer = producers[members.pathOf(i)]!;
    if (producer >= 0 && included[producer] === 1) pair(producer, rule.firstTask + i);
  }
}

function eachGatherEdge(rule: PlannedRule, input: PlannedInput, included: Uint8Array, { lists }: EdgeVisitor): void {
  const { members } = input;
  if (members.kind === 'map') return;
  const consumers = new Map<number, number[]>();
  for (let i = 0; i < rule.space.size; i++) {
    if (included[rule.firstTask + i] === 0) continue;
    const group = members.groupOf(i);
    const list = consumers.get(group);
    if (list) list.push(rule.firstTask + i);
    else consumers.set(group, [rule.firstTask + i]);
  }
  for (const [group, tasks] of consumers) {
    const producers: number[] = [];
    for (let m: number = members.offsets[group]!; m < members.offsets[group + 1]!; m++) {
      const producer = input.producers[members.members[m]!]!;
      if (producer >= 0 && included[producer] === 1) producers.push(producer);
    }
    if (producers.length > 0) lists(producers, tasks);
  }
}
