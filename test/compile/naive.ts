/**
 * The meaning of a spec, spelled out the slow way: build every row of the relation, substitute text, compare paths as
 * text. Shares no code with the compiler; made to be obviously right, for small specs only.
 */
export interface SmallRule {
  output: string[];
  input: string[];
  gather: string[];
}

export interface SmallSpec {
  params: Record<string, string[]>;
  tables: Record<string, Record<string, string>[]>;
  exclude: Record<string, string[]>[];
  rules: Record<string, SmallRule>;
  targets: string[] | null;
}

export type Row = Record<string, string>;

export interface NaiveTask {
  /** `rule a=1 b=2`. */
  name: string;
  /** Per input pattern its paths, in order. */
  inputs: string[][];
  outputs: string[];
}

export interface NaivePlan {
  tasks: NaiveTask[];
  /** `consumer <- producer`, distinct, sorted. */
  edges: string[];
  /** Names of the tasks that the targets need. */
  needed: string[];
  /** Paths that two tasks write. */
  collisions: string[];
}

const PLACEHOLDER = /\{(\w+)(?::0(\d))?\}/g;

export function fill(pattern: string, row: Row): string {
  return pattern.replace(PLACEHOLDER, (_, name: string, pad?: string) => row[name]!.padStart(Number(pad ?? 0), '0'));
}

function namesIn(pattern: string): string[] {
  return [...pattern.matchAll(PLACEHOLDER)].map((m) => m[1]!);
}

export function allRows(spec: SmallSpec): Row[] {
  let rows: Row[] = [{}];
  for (const [name, values] of Object.entries(spec.params)) {
    rows = rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value })));
  }
  for (const table of Object.values(spec.tables))
    rows = rows.flatMap((row) => table.map((line) => ({ ...row, ...line })));
  return rows.filter((row) => !spec.exclude.some((e) => Object.entries(e).every(([k, vs]) => vs.includes(row[k]!))));
}

export function columnOrder(spec: SmallSpec): string[] {
  return [...Object.keys(spec.params), ...Object.values(spec.tables).flatMap((t) => Object.keys(t[0]!))];
}

/** All tasks in order, each with the first of its rows. */
export function enumerateTasks(spec: SmallSpec): { task: NaiveTask; row: Row }[] {
  const rows = allRows(spec);
  const order = columnOrder(spec);
  const found: { task: NaiveTask; row: Row }[] = [];
  for (const [name, rule] of Object.entries(spec.rules)) {
    const named = new Set(rule.output.flatMap(namesIn));
    const key = order.filter((c) => named.has(c));
    const seen = new Set<string>();
    for (const row of rows) {
      const id = JSON.stringify(key.map((k) => row[k]));
      if (seen.has(id)) continue;
      seen.add(id);
      const agreeing = rows.filter((r) => key.every((k) => r[k] === row[k]));
      const inputs = rule.input.map((pattern) => {
        const gathers = namesIn(pattern).some((n) => rule.gather.includes(n));
        return [...new Set((gathers ? agreeing : [row]).map((r) => fill(pattern, r)))];
      });
      const values = key.map((k) => ` ${k}=${row[k]}`).join('');
      found.push({ task: { name: name + values, inputs, outputs: rule.output.map((o) => fill(o, row)) }, row });
    }
  }
  return found;
}

export function enumerate(spec: SmallSpec): NaivePlan {
  const rows = allRows(spec);
  const tasks = enumerateTasks(spec).map(({ task }) => task);
  const producer = new Map<string, NaiveTask>();
  const collisions: string[] = [];
  for (const task of tasks) {
    for (const path of task.outputs) {
      if (producer.has(path)) collisions.push(path);
      producer.set(path, task);
    }
  }
  const edges = new Set<string>();
  const needs = new Map<NaiveTask, NaiveTask[]>();
  for (const task of tasks) {
    const from = task.inputs.flat().flatMap((path) => producer.get(path) ?? []);
    needs.set(task, from);
    for (const p of from) edges.add(`${task.name} <- ${p.name}`);
  }
  const needed = new Set<NaiveTask>();
  const visit = (task: NaiveTask): void => {
    if (needed.has(task)) return;
    needed.add(task);
    for (const p of needs.get(task) ?? []) visit(p);
  };
  if (spec.targets === null) tasks.forEach(visit);
  else {
    for (const target of spec.targets) {
      for (const row of rows) {
        const task = producer.get(fill(target, row));
        if (task) visit(task);
      }
    }
  }
  return { tasks, edges: [...edges].sort(), needed: tasks.filter((t) => needed.has(t)).map((t) => t.name), collisions };
}
