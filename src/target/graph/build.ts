import type { Graph, GraphEdge, GraphNode } from '../../model/graph.ts';
import {
  type Edge,
  forEachDependency,
  forEachPath,
  forEachTaskInOrder,
  type Plan,
  type PlannedInput,
  type PlannedRule,
  ruleOf,
} from '../../model/plan.ts';

/** A box for each rule that has needed tasks, and an edge for each pair of which one reads the other. */
export function ruleGraph(plan: Plan): Graph {
  const rules = rulesInOrder(plan);
  const position = new Map(rules.map((rule, i) => [rule.rule, i]));
  const nodes = rules.map((rule, i): GraphNode => {
    return { rule: rule.rule.name, ruleNumber: i, tasks: neededTasks(plan, rule), params: [] };
  });
  const edges = rules.flatMap((consumer, to) => {
    const byProducer = new Map<number, GraphEdge['shapes'][number][]>();
    for (const { producer, shape, shared } of consumer.inputs.flatMap((input) => usedEdges(plan, consumer, input))) {
      const shapes = byProducer.get(position.get(producer)!) ?? [];
      if (!shapes.some((s) => s.shape === shape && s.by.join() === shared.join())) shapes.push({ shape, by: shared });
      byProducer.set(position.get(producer)!, shapes);
    }
    return [...byProducer].map(([from, shapes]): GraphEdge => ({ from, to, shapes }));
  });
  return { name: plan.workflow.name, kind: 'rules', ...withWaiting(plan, nodes, edges) };
}

/** Rules that wait, each behind what makes its values and what it reads as far as that is known. */
function withWaiting(
  plan: Plan,
  known: readonly GraphNode[],
  edges: readonly GraphEdge[],
): Pick<Graph, 'nodes' | 'edges'> {
  const nodes = [...known];
  const all = [...edges];
  let left = [...plan.staged.waiting];
  while (left.length > 0) {
    const free = left.filter(({ reads }) => !left.some((other) => reads.has(other.rule.name)));
    // Those that feed each other in some order.
    const next = free.length > 0 ? free : left;
    for (const { rule } of next) nodes.push({ rule: rule.name, ruleNumber: nodes.length, tasks: 0, params: [] });
    for (const { rule, sources, reads } of next) {
      const made = sources.flatMap(({ path }) => {
        const task = plan.findPath(path)?.task;
        const maker = task === undefined ? null : ruleOf(plan, task).rule;
        return maker ?? plan.staged.waiting.find(({ mayMake }) => mayMake(path))?.rule ?? [];
      });
      // What it reads waits for the same.
      const before = reads.size > 0 ? [...reads] : made.map(({ name }) => name);
      const to = nodes.findIndex((node) => node.rule === rule.name);
      for (const name of new Set(before)) {
        const from = nodes.findIndex((node) => node.rule === name);
        if (from >= 0) all.push({ from, to, shapes: [] });
      }
    }
    left = left.filter((waiting) => !next.includes(waiting));
  }
  return { nodes, edges: all };
}

/** A box for each needed task. */
export function taskGraph(plan: Plan): Graph {
  const ruleNumbers = new Map(rulesInOrder(plan).map((rule, i) => [rule, i]));
  const position = new Map<number, number>();
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  forEachTaskInOrder(plan, (task, planned) => {
    const { rule, space, firstTask } = planned;
    const to = nodes.length;
    position.set(task, to);
    const params = rule.key.map(
      (column) => [column.name, column.values[space.valueId(task - firstTask, column)]!] as const,
    );
    nodes.push({ rule: rule.name, ruleNumber: ruleNumbers.get(planned)!, tasks: 1, params });
    const producers = new Set<number>();
    forEachDependency(plan, task, (producer) => producers.add(position.get(producer)!));
    for (const from of producers) edges.push({ from, to, shapes: [] });
  });
  return { name: plan.workflow.name, kind: 'tasks', nodes, edges };
}

/** Rules with needed tasks, producers first. */
export function rulesInOrder(plan: Plan): PlannedRule[] {
  const rules = new Set<PlannedRule>();
  for (const block of plan.order) {
    if (block.kind === 'rule') rules.add(plan.rules[block.rule]!);
    else for (const task of block.tasks) rules.add(ruleOf(plan, task));
  }
  return [...rules].filter((rule) => neededTasks(plan, rule) > 0);
}

function neededTasks(plan: Plan, { firstTask, space }: PlannedRule): number {
  let count = 0;
  for (let t = firstTask; t < firstTask + space.size; t++) count += plan.needed[t]!;
  return count;
}

/** The edges of an input through which a needed task reads. */
function usedEdges(plan: Plan, consumer: PlannedRule, input: PlannedInput): Edge[] {
  const unseen = new Set(input.edges);
  const look = (taskIndex: number): void =>
    forEachPath(input, taskIndex, (path) => {
      const producer = input.producers[path]!;
      if (producer < 0 || unseen.size === 0) return;
      const { rule } = ruleOf(plan, producer);
      for (const edge of unseen) if (edge.producer === rule) unseen.delete(edge);
    });
  // Tasks of a group read the same paths: one of them stands for all.
  const groups = new Set<number>();
  for (let i = 0; i < consumer.space.size && unseen.size > 0; i++) {
    if (plan.needed[consumer.firstTask + i] === 0) continue;
    if (input.members.kind === 'gather') {
      const group = input.members.groupOf(i);
      if (groups.has(group)) continue;
      groups.add(group);
    }
    look(i);
  }
  return input.edges.filter((edge) => !unseen.has(edge));
}
