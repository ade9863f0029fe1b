import { renderValue, taskResources } from '../../compile/resources.ts';
import { extraText } from '../../compile/sbatch-flags.ts';
import { forEachPath, type Plan, type PlannedInput, type PlannedRule } from '../../model/plan.ts';
import type { Resources } from '../../model/workflow.ts';

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
  const { cpus, mem, gpus, slurm, slurmExtra } = rule.resources;
  const values = [cpus, mem, gpus, ...slurm.values(), ...slurmExtra];
  return space.size > 0 && values.every((v) => v === null || [...v.sources.values()].every((s) => s.kind !== 'param'));
}

function requestOf(rule: PlannedRule, i: number): Request {
  const { cpus, memoryMiB, gpus, gpuType } = taskResources(rule, i);
  const { slurm, slurmExtra } = rule.rule.resources;
  return {
    resources: { cpus, memoryMiB, gpus, gpuType },
    flags: new Map([...slurm].map(([name, value]) => [name, renderValue(value, rule, i)])),
    extra: slurmExtra.map((value) => extraText(value, rule, i)),
  };
}

function keyOf({ resources, flags, extra }: Request): string {
  return JSON.stringify([resources, [...flags].sort(), extra]);
}

/**
 * Visit the edges between included tasks in bulk: for a map input one producer and one consumer, for a gather all
 * producers of a list and all consumers that read it.
 */
export function eachEdgeSet(
  plan: Plan,
  included: Uint8Array,
  visit: (producers: readonly number[], consumers: readonly number[], input: PlannedInput) => void,
): void {
  for (const rule of plan.rules) {
    for (const input of rule.inputs) {
      if (!input.hasProducer) continue;
      if (input.members.kind === 'map') eachMapEdge(rule, input, included, visit);
      else eachGatherEdge(rule, input, included, visit);
    }
  }
}

function eachMapEdge(
  rule: PlannedRule,
  input: PlannedInput,
  included: Uint8Array,
  visit: (producers: readonly number[], consumers: readonly number[], input: PlannedInput) => void,
): void {
  for (let i = 0; i < rule.space.size; i++) {
    if (included[rule.firstTask + i] === 0) continue;
    forEachPath(input, i, (path) => {
      const producer = input.producers[path]!;
      if (producer >= 0 && included[producer] === 1) visit([producer], [rule.firstTask + i], input);
    });
  }
}

function eachGatherEdge(
  rule: PlannedRule,
  input: PlannedInput,
  included: Uint8Array,
  visit: (producers: readonly number[], consumers: readonly number[], input: PlannedInput) => void,
): void {
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
    if (producers.length > 0) visit(producers, tasks, input);
  }
}
