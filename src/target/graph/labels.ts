import { countTasks } from '../../model/counts.ts';
import type { GraphEdge, GraphNode } from '../../model/graph.ts';

/** `27,270 tasks`; of a rule whose tasks are not known yet, `waits`. */
export function countLabel(tasks: number): string {
  return tasks === 0 ? 'waits' : countTasks(tasks);
}

/** `block by site`; the other shapes say enough by themselves. */
export function shapeLabels({ shapes }: GraphEdge): string[] {
  return [...new Set(shapes.map(({ shape, by }) => (shape === 'block' ? `${shape} by ${by.join(', ')}` : shape)))];
}

/** What stands in a box: the rule's name, then its count or the task's params, a line each. */
export function nodeLines({ rule, tasks, params }: GraphNode, kind: 'rules' | 'tasks'): string[] {
  return [rule, ...(kind === 'rules' ? [countLabel(tasks)] : params.map(([name, value]) => `${name}=${value}`))];
}
