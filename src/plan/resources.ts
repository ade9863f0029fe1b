import type { RuleTasks } from '../model/plan.ts';
import type { Resources, SpecSource, ValueTemplate } from '../model/workflow.ts';
import { formatValue } from './format-value.ts';
import { parseCount, parseGpus, parseMemoryMiB, parseTimeSeconds } from './quantities.ts';

/** The text of a value template for one task. */
export function renderValue(value: ValueTemplate, tasks: RuleTasks, taskIndex: number): string {
  return valueParts(value, tasks, taskIndex)
    .map((part) => part.text)
    .join('');
}

/** The same in parts: what the spec writes, and the values put in between. */
export function valueParts(
  { template, sources }: ValueTemplate,
  tasks: RuleTasks,
  taskIndex: number,
): { text: string; isValue: boolean }[] {
  return template.tokens.map((token, i) =>
    token.kind === 'text'
      ? { text: token.text, isValue: false }
      : { text: sourceText(sources.get(i)!, tasks, taskIndex), isValue: true },
  );
}

function sourceText(source: SpecSource, { space }: RuleTasks, taskIndex: number): string {
  if (source.kind === 'constant') return source.text;
  return formatValue(source.column.values[space.valueId(taskIndex, source.column)]!, source.pad);
}

/** What a task asks for; `onBad` is told of a text that is no quantity. */
export function taskResources(
  tasks: RuleTasks,
  taskIndex: number,
  onBad: (name: string, value: ValueTemplate, text: string) => void = () => {},
): Resources {
  const { cpus, mem, time, gpus, nodes, ranksPerNode } = tasks.rule.resources;
  const read = <T>(name: string, value: ValueTemplate | null, parse: (text: string) => T | null, otherwise: T): T => {
    if (!value) return otherwise;
    const text = renderValue(value, tasks, taskIndex);
    const parsed = parse(text);
    if (parsed === null) onBad(name, value, text);
    return parsed ?? otherwise;
  };
  const escalation = tasks.escalations?.get(taskIndex);
  const gpu = read('gpus', gpus, parseGpus, { count: 0, type: null, tasksPerGpu: 1 });
  return {
    cpus: read('cpus', cpus, parseCount, 1),
    memoryMiB: escalation?.memoryMiB ?? read<number | null>('mem', mem, parseMemoryMiB, null),
    timeSeconds: escalation?.timeSeconds ?? read<number | null>('time', time, parseTimeSeconds, null),
    gpus: gpu.count,
    tasksPerGpu: gpu.tasksPerGpu,
    gpuType: gpu.type,
    nodes: read('nodes', nodes, parseCount, 1),
    ranksPerNode: read('ranks_per_node', ranksPerNode, parseCount, 1),
  };
}

/** Whether a rule's resources are the same for all its tasks. */
export function hasFixedResources({ rule }: RuleTasks): boolean {
  const { cpus, mem, time, gpus, nodes, ranksPerNode } = rule.resources;
  return [cpus, mem, time, gpus, nodes, ranksPerNode].every((v) => v === null || isFixed(v));
}

/** CPUs that a task takes of each of its nodes. */
export function cpusPerNode({ cpus, ranksPerNode }: Pick<Resources, 'cpus' | 'ranksPerNode'>): number {
  return cpus * ranksPerNode;
}

/** Whether a task starts several ranks, by srun or mpirun: then nothing else runs in its element meanwhile. */
export function hasRanks({ nodes, ranksPerNode }: Pick<Resources, 'nodes' | 'ranksPerNode'>): boolean {
  return nodes * ranksPerNode > 1;
}

export function isFixed({ sources }: ValueTemplate): boolean {
  return [...sources.values()].every((s) => s.kind !== 'param');
}
