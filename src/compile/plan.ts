import { type Diagnostic, hasErrors } from '../model/diagnostic.ts';
import {
  forEachDependency,
  type OrderBlock,
  outputId,
  type Plan,
  type PlannedRule,
  ruleOf,
  taskNameOf,
} from '../model/plan.ts';
import type { Target, WaitingRule, Workflow } from '../model/workflow.ts';
import type { Context } from './context.ts';
import { type Linked, linkRules } from './link/link.ts';
import { linkResults } from './link/results.ts';
import { Space } from './params/space.ts';
import * as report from './report/report.ts';
import { pathWriter } from './rules/paths.ts';
import { closest } from './text/suggest.ts';

/** Turn a workflow into its tasks, edges and order, and mark what the targets need. Null where an error was reported. */
export function planWorkflow(workflow: Workflow, context: Context): Plan | null {
  const { diagnostics } = context;
  const before = diagnostics.length;
  const linked = linkRules(workflow, context);
  if (!linked) return null;
  // Without tasks no target has one.
  if (hasErrors(diagnostics.slice(before)) && linked.taskCount === 0) return null;
  // Where two tasks write one path, what reads it has no one maker.
  const order = hasErrors(diagnostics.slice(before)) ? null : orderTasks(linked, diagnostics);
  const needed = new Uint8Array(linked.taskCount);
  const keptTemps = new Set<number>();
  const waiting = new Set(workflow.staged.wanted);
  const plan: Plan = {
    workflow,
    staged: { sources: workflow.staged.sources, waiting: [] },
    rules: linked.rules,
    taskCount: linked.taskCount,
    needed,
    neededCount: 0,
    order: order ?? [],
    results: linkResults(workflow, linked, diagnostics),
    keptTemps,
    findPath: (path) => {
      const match = linked.index.findPath(path).find((m) => m.meeting !== 'below-file');
      return match ? { task: match.task, output: match.ref.position, inside: match.meeting === 'inside' } : null;
    },
  };
  if (workflow.targets === null) needed.fill(1);
  else for (const target of workflow.targets) markTarget(target, plan, { linked, keptTemps, waiting, diagnostics });
  markStaged(plan, waiting, keptTemps);
  if (workflow.targets !== null) markDependencies(plan);
  if (!order) return null;
  let neededCount = 0;
  for (let t = 0; t < needed.length; t++) neededCount += needed[t]!;
  const staged = { ...plan.staged, waiting: workflow.staged.waiting.filter((w) => waiting.has(w)) };
  return { ...plan, neededCount, staged };
}

/** The same plan, of which nothing is needed but some tasks, with what these need. */
export function planOfTasks(plan: Plan, tasks: Iterable<number>): Plan {
  const needed = new Uint8Array(plan.taskCount);
  const part: Plan = { ...plan, needed };
  for (const task of tasks) needed[task] = 1;
  markDependencies(part);
  return { ...part, neededCount: needed.reduce((sum, n) => sum + n, 0) };
}

// --- targets ---

function markTarget(
  target: Target,
  plan: Plan,
  {
    linked,
    keptTemps,
    waiting,
    diagnostics,
  }: { linked: Linked; keptTemps: Set<number>; waiting: Set<WaitingRule>; diagnostics: Diagnostic[] },
): void {
  if (target.kind === 'rule') {
    const rule = linked.rules[target.rule.index]!;
    plan.needed.fill(1, rule.firstTask, rule.firstTask + rule.space.size);
    return;
  }
  const { pattern, location } = target;
  const space = new Space(plan.workflow.relation, pattern.columns);
  const found = new Uint8Array(space.size);
  linked.index.match(pattern, space, (path, { ref, task, meeting }) => {
    if (meeting === 'below-file') return;
    found[path] = 1;
    plan.needed[task] = 1;
    if (ref.output.temp) keptTemps.add(outputId(task, ref.position));
  });
  const writer = pathWriter(pattern, space);
  for (const rule of plan.workflow.staged.waiting)
    for (let path = 0; path < found.length; path++) {
      if (found[path] === 1 || !rule.mayMake(writer(path))) continue;
      found[path] = 1;
      waiting.add(rule);
    }
  const missing = found.indexOf(0);
  if (missing >= 0 || space.size === 0) {
    const known = linked.rules.flatMap((r) => [r.rule.name, ...r.rule.outputs.map((o) => o.pattern.text)]);
    const text = space.size === 0 ? pattern.text : writer(missing);
    diagnostics.push(
      report.unknownTarget(
        location,
        text,
        closest(pattern.text, known),
        linked.rules.map((r) => r.rule.name),
      ),
    );
  }
}

/** What makes the files that the rules wait for, and these rules all; such files stay, temp or not. */
function markStaged(plan: Plan, waiting: Set<WaitingRule>, keptTemps: Set<number>): void {
  const { staged } = plan.workflow;
  for (const rule of waiting) {
    for (const other of staged.waiting) if (rule.reads.has(other.rule.name)) waiting.add(other);
    for (const { path } of rule.sources) {
      const made = plan.findPath(path);
      if (made) plan.needed[made.task] = 1;
      else for (const other of staged.waiting) if (other.mayMake(path)) waiting.add(other);
    }
  }
  for (const { path } of staged.sources) {
    const made = plan.findPath(path);
    if (made) keptTemps.add(outputId(made.task, made.output));
  }
}

/** Walk all tasks from last to first: what a needed task depends on is needed. */
function markDependencies(plan: Plan): void {
  const doneGroups = new Map<object, Uint8Array>();
  const mark = (task: number, rule: PlannedRule): void => {
    if (plan.needed[task] === 0) return;
    for (const input of rule.inputs) {
      if (!input.hasProducer) continue;
      const { members, producers } = input;
      if (members.kind === 'map') {
        const producer = producers[members.pathOf(task - rule.firstTask)]!;
        if (producer >= 0) plan.needed[producer] = 1;
        continue;
      }
      const group = members.groupOf(task - rule.firstTask);
      let done = doneGroups.get(input);
      if (!done) {
        done = new Uint8Array(members.offsets.length);
        doneGroups.set(input, done);
      }
      if (done[group] === 1) continue;
      done[group] = 1;
      for (let i = members.offsets[group]!; i < members.offsets[group + 1]!; i++) {
        const producer = producers[members.members[i]!]!;
        if (producer >= 0) plan.needed[producer] = 1;
      }
    }
  };
  for (const block of [...plan.order].reverse()) {
    if (block.kind === 'tasks') {
      for (let i = block.tasks.length - 1; i >= 0; i--) mark(block.tasks[i]!, ruleOf(plan, block.tasks[i]!));
      continue;
    }
    const rule = plan.rules[block.rule]!;
    for (let i = rule.space.size - 1; i >= 0; i--) mark(rule.firstTask + i, rule);
  }
}

// --- order ---

/** Rules in order of their dependencies; where rules feed each other or themselves, their tasks one by one. */
function orderTasks(linked: Linked, diagnostics: Diagnostic[]): OrderBlock[] | null {
  const feeds = linked.rules.map((r) => [...new Set(r.inputs.flatMap((i) => i.edges.map((e) => e.producer.index)))]);
  const blocks: OrderBlock[] = [];
  for (const component of stronglyConnected(feeds)) {
    const [only] = component;
    if (component.length === 1 && !feeds[only!]!.includes(only!)) {
      blocks.push({ kind: 'rule', rule: only! });
      continue;
    }
    const tasks = orderWithin(component, linked);
    if ('cycle' in tasks) {
      diagnostics.push(cycleDiagnostic(tasks.cycle, linked));
      return null;
    }
    blocks.push({ kind: 'tasks', tasks: tasks.order });
  }
  return blocks;
}

/** Tarjan's algorithm, iterative: components in order of their dependencies. */
function stronglyConnected(edges: readonly (readonly number[])[]): number[][] {
  const index = new Int32Array(edges.length).fill(-1);
  const low = new Int32Array(edges.length);
  const onStack = new Uint8Array(edges.length);
  const stack: number[] = [];
  const components: number[][] = [];
  let counter = 0;
  for (let root = 0; root < edges.length; root++) {
    if (index[root] !== -1) continue;
    const frames = [{ node: root, next: 0 }];
    while (frames.length > 0) {
      const frame = frames.at(-1)!;
      const { node } = frame;
      if (frame.next === 0) {
        index[node] = low[node] = counter++;
        stack.push(node);
        onStack[node] = 1;
      }
      const to = edges[node]![frame.next++];
      if (to !== undefined) {
        if (index[to] === -1) frames.push({ node: to, next: 0 });
        else if (onStack[to] === 1) low[node] = Math.min(low[node]!, index[to]!);
        continue;
      }
      frames.pop();
      const parent = frames.at(-1);
      if (parent) low[parent.node] = Math.min(low[parent.node]!, low[node]!);
      if (low[node] === index[node]) {
        const component: number[] = [];
        for (;;) {
          const member = stack.pop()!;
          onStack[member] = 0;
          component.push(member);
          if (member === node) break;
        }
        components.push(component.sort((a, b) => a - b));
      }
    }
  }
  return components;
}

/** Depth-first over the tasks of some rules; the path that closes on itself is the cycle. */
function orderWithin(rules: readonly number[], linked: Linked): { order: Int32Array } | { cycle: number[] } {
  const members = new Set(rules);
  const inside = (task: number): boolean => members.has(ruleOf(linked, task).rule.index);
  const state = new Map<number, 'open' | 'done'>();
  const order: number[] = [];
  const dependencies = (task: number): number[] => {
    const found: number[] = [];
    forEachDependency(linked, task, (producer) => {
      if (inside(producer)) found.push(producer);
    });
    return found;
  };
  for (const r of rules) {
    const rule = linked.rules[r]!;
    for (let i = 0; i < rule.space.size; i++) {
      if (state.has(rule.firstTask + i)) continue;
      const frames = [{ task: rule.firstTask + i, next: 0, needs: dependencies(rule.firstTask + i) }];
      state.set(rule.firstTask + i, 'open');
      while (frames.length > 0) {
        const frame = frames.at(-1)!;
        const to = frame.needs[frame.next++];
        if (to === undefined) {
          state.set(frame.task, 'done');
          order.push(frame.task);
          frames.pop();
        } else if (state.get(to) === 'open') {
          const tasks = frames.map((f) => f.task);
          return { cycle: [...tasks.slice(tasks.indexOf(to)), to] };
        } else if (!state.has(to)) {
          state.set(to, 'open');
          frames.push({ task: to, next: 0, needs: dependencies(to) });
        }
      }
    }
  }
  return { order: Int32Array.from(order) };
}

function cycleDiagnostic(cycle: readonly number[], linked: Linked): Diagnostic {
  const names = cycle.map((task) => taskNameOf(linked, task));
  const rules = [...new Set(cycle.map((task) => ruleOf(linked, task).rule))];
  const places = rules.map((rule) => ({ message: `rule "${rule.name}"`, location: rule.outputs[0]!.pattern.location }));
  const [first, second] = cycle as [number, number];
  const consumer = ruleOf(linked, first);
  let culprit = consumer.rule.location;
  forEachDependency(linked, first, (producer, input) => {
    if (producer === second) culprit = input.input.pattern.location;
  });
  return report.cycle(culprit, names, places);
}
