import { forEachPath, type Plan, type PlannedInput, type PlannedRule } from '../model/plan.ts';

/**
 * Edges between the tasks of a run, as two typed arrays (compressed rows). Tasks that gather the same list wait for one
 * node that stands for the list, so that n producers and m consumers make n + m edges, not n × m.
 */
export interface RunGraph {
  /** Per node (tasks, then lists) how many nodes it waits for. */
  readonly waits: Int32Array;
  /** Followers of node n: `followers[offsets[n]]` to `followers[offsets[n + 1] - 1]`. */
  readonly offsets: Int32Array;
  readonly followers: Int32Array;
}

/** @param runs per task, non-zero where it is to run */
export function runGraph(plan: Plan, runs: Uint8Array): RunGraph {
  const lists = listNodes(plan, runs);
  const nodeCount = plan.taskCount + lists.count;
  const waits = new Int32Array(nodeCount);
  const offsets = new Int32Array(nodeCount + 1);
  eachEdge(plan, runs, lists, (from, to) => {
    offsets[from + 1]!++;
    waits[to]!++;
  });
  for (let n = 0; n < nodeCount; n++) offsets[n + 1]! += offsets[n]!;
  const followers = new Int32Array(offsets[nodeCount]!);
  const next = offsets.slice();
  eachEdge(plan, runs, lists, (from, to) => {
    followers[next[from]!++] = to;
  });
  return { waits, offsets, followers };
}

interface ListNodes {
  readonly count: number;
  /** Node offset of each gathering input's groups, counted from `taskCount`. */
  readonly first: ReadonlyMap<PlannedInput, number>;
}

/** One node per list that a task which runs gathers. */
function listNodes(plan: Plan, runs: Uint8Array): ListNodes {
  const first = new Map<PlannedInput, number>();
  let count = 0;
  for (const rule of plan.rules) {
    if (!runsAny(rule, runs)) continue;
    for (const input of rule.inputs) {
      if (!input.hasProducer || input.members.kind === 'map') continue;
      first.set(input, count);
      count += input.members.offsets.length - 1;
    }
  }
  return { count, first };
}

function runsAny(rule: PlannedRule, runs: Uint8Array): boolean {
  for (let i = 0; i < rule.space.size; i++) if (runs[rule.firstTask + i] !== 0) return true;
  return false;
}

/** Visit each edge between tasks that run, lists in between. */
function eachEdge(plan: Plan, runs: Uint8Array, lists: ListNodes, visit: (from: number, to: number) => void): void {
  for (const rule of plan.rules) {
    for (const input of rule.inputs) {
      if (!input.hasProducer) continue;
      const { members, producers } = input;
      if (members.kind === 'map') {
        for (let i = 0; i < rule.space.size; i++) {
          if (runs[rule.firstTask + i] === 0) continue;
          forEachPath(input, i, (path) => {
            const producer = producers[path]!;
            if (producer >= 0 && runs[producer] !== 0) visit(producer, rule.firstTask + i);
          });
        }
        continue;
      }
      const base = lists.first.get(input);
      if (base === undefined) continue;
      const wanted = new Uint8Array(members.offsets.length - 1);
      for (let i = 0; i < rule.space.size; i++) {
        if (runs[rule.firstTask + i] === 0) continue;
        const group = members.groupOf(i);
        wanted[group] = 1;
        if (hasRunning(members.offsets, members.members, producers, group, runs))
          visit(plan.taskCount + base + group, rule.firstTask + i);
      }
      for (let g = 0; g < wanted.length; g++) {
        if (wanted[g] === 0) continue;
        for (let m: number = members.offsets[g]!; m < members.offsets[g + 1]!; m++) {
          const producer = producers[members.members[m]!]!;
          if (producer >= 0 && runs[producer] !== 0) visit(producer, plan.taskCount + base + g);
        }
      }
    }
  }
}

function hasRunning(
  offsets: Int32Array,
  members: Int32Array,
  producers: Int32Array,
  group: number,
  runs: Uint8Array,
): boolean {
  for (let m = offsets[group]!; m < offsets[group + 1]!; m++) {
    const producer = producers[members[m]!]!;
    if (producer >= 0 && runs[producer] !== 0) return true;
  }
  return false;
}
