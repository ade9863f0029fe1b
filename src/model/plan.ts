import type { Column, Input, Result, Rule, Staged, Workflow } from './workflow.ts';

/** Distinct tuples of some params, in the relation's order; a tuple is named by its index, 0 to `size - 1`. */
export interface Tuples {
  readonly columns: readonly Column[];
  readonly size: number;
  /** The value id of a column in a tuple; the column is one of `columns`, or determined by them. */
  valueId(tuple: number, column: Column): number;
  /** A fast `valueId` for one column. */
  reader(column: Column): (tuple: number) => number;
  /** From value ids of `given`, which determine all columns, to the tuple that has them; -1 where there is none. */
  finder(given: readonly Column[]): (ids: ArrayLike<number>) => number;
}

/** What a task may use in place of what the spec says, since it ran out; null leaves that. */
export interface Escalation {
  readonly memoryMiB: number | null;
  readonly timeSeconds: number | null;
  /** The attempt that ran out, by `attemptId`; '' where that is not known. */
  readonly cause: string;
}

/** A rule's tasks: the tuples of its key, as a range of global task ids. */
export interface RuleTasks {
  readonly rule: Rule;
  /** One tuple per task, in the relation's order. */
  readonly space: Tuples;
  /** Global id of the first task; the others follow. */
  readonly firstTask: number;
  /** By task index; few tasks have one, most rules none. */
  readonly escalations?: ReadonlyMap<number, Escalation>;
}

/** Which of the input's paths belong to which task of the rule. */
export type InputMembers =
  /** One path a task: its index in `PlannedInput.paths`. */
  | { readonly kind: 'map'; readonly pathOf: (taskIndex: number) => number }
  /** Lists, shared by the tasks of a group: paths `members[offsets[g]]` to `members[offsets[g + 1] - 1]`. */
  | {
      readonly kind: 'gather';
      readonly groupOf: (taskIndex: number) => number;
      readonly offsets: Int32Array;
      readonly members: Int32Array;
    };

/** How the tasks of a consumer relate to the tasks of a producer. */
export type EdgeShape = 'one-to-one' | 'block' | 'broadcast' | 'gather' | 'irregular';

export interface Edge {
  readonly producer: Rule;
  readonly shape: EdgeShape;
  /** Params that producer and consumer share. */
  readonly shared: readonly string[];
}

export interface PlannedInput {
  readonly input: Input;
  /** The distinct paths of the pattern, as tuples of its params. */
  readonly paths: Tuples;
  readonly pathText: (path: number) => string;
  readonly members: InputMembers;
  /** Per path the global id of the task that makes it, -1 for a source file. */
  readonly producers: Int32Array;
  /** Per path the position of the output that it is, -1 for a path inside a directory output or a source file. */
  readonly producerOutputs: Int16Array;
  /** Whether any path is made by a task. */
  readonly hasProducer: boolean;
  readonly edges: readonly Edge[];
}

export interface PlannedRule extends RuleTasks {
  readonly inputs: readonly PlannedInput[];
  /** Per output, the path by task index within the rule. */
  readonly outputTexts: readonly ((taskIndex: number) => string)[];
  readonly logText: (taskIndex: number) => string;
  /** Paths of its checkpoint and of wfc's note on it; null where the rule has none. */
  readonly checkpointTexts: {
    readonly paths: readonly ((taskIndex: number) => string)[];
    readonly note: (taskIndex: number) => string;
  } | null;
}

/** The files of a result, and who makes them. */
export interface PlannedResult {
  readonly result: Result;
  /** The distinct paths of its pattern, as tuples of its params. */
  readonly paths: Tuples;
  readonly pathText: (path: number) => string;
  /** Per path the global id of the task that makes it, or the folder it lies in. */
  readonly makers: Int32Array;
}

/** Tasks in an order in which each comes after all that it depends on. */
export type OrderBlock =
  | { readonly kind: 'rule'; readonly rule: number }
  /** Tasks of rules that feed each other, as global ids. */
  | { readonly kind: 'tasks'; readonly tasks: Int32Array };

/** The whole experiment as ranges of integers: no object and no text per task. */
export interface Plan {
  readonly workflow: Workflow;
  readonly rules: readonly PlannedRule[];
  /** Tasks of all rules, needed or not. Task ids run from 0 to `taskCount - 1`. */
  readonly taskCount: number;
  /** Per task, 1 where the targets need it. */
  readonly needed: Uint8Array;
  readonly neededCount: number;
  readonly order: readonly OrderBlock[];
  readonly results: readonly PlannedResult[];
  /** Temp outputs that the targets name by path; see `outputId`. */
  readonly keptTemps: ReadonlySet<number>;
  /** What the targets need and that is no task yet; see section "Values that rules make" of src/README.md. */
  readonly staged: Staged;
  /** Where a path comes from, among all tasks. */
  readonly findPath: (
    path: string,
  ) => { readonly task: number; readonly output: number; readonly inside: boolean } | null;
}

/** The rule that a task belongs to. */
export function ruleOf(plan: Pick<Plan, 'rules'>, task: number): PlannedRule {
  let low = 0;
  let high = plan.rules.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (plan.rules[middle]!.firstTask <= task) low = middle;
    else high = middle - 1;
  }
  // Rules without tasks share their first id with the next rule.
  return plan.rules[low]!;
}

/** Visit the paths of one input of a task, in order, as indices into `PlannedInput.paths`. */
export function forEachPath({ members }: PlannedInput, taskIndex: number, visit: (path: number) => void): void {
  if (members.kind === 'map') {
    visit(members.pathOf(taskIndex));
    return;
  }
  const group = members.groupOf(taskIndex);
  for (let i = members.offsets[group]!; i < members.offsets[group + 1]!; i++) visit(members.members[i]!);
}

/** Visit the tasks that a task needs, once per path that it reads from them. */
export function forEachDependency(
  plan: Pick<Plan, 'rules'>,
  task: number,
  visit: (producer: number, input: PlannedInput, path: number) => void,
): void {
  const rule = ruleOf(plan, task);
  for (const input of rule.inputs) {
    if (!input.hasProducer) continue;
    forEachPath(input, task - rule.firstTask, (path) => {
      const producer = input.producers[path]!;
      if (producer >= 0) visit(producer, input, path);
    });
  }
}

/** Position of the output that an input with a producer reads, or that holds what it reads. */
export function outputRead(plan: Pick<Plan, 'findPath'>, input: PlannedInput, path: number): number {
  const position = input.producerOutputs[path]!;
  return position >= 0 ? position : plan.findPath(input.pathText(path))!.output;
}

/** Visit all needed tasks, each after all that it depends on. */
export function forEachTaskInOrder(plan: Plan, visit: (task: number, rule: PlannedRule) => void): void {
  for (const block of plan.order) {
    if (block.kind === 'tasks') {
      for (const task of block.tasks) if (plan.needed[task] === 1) visit(task, ruleOf(plan, task));
      continue;
    }
    const rule = plan.rules[block.rule]!;
    for (let i = 0; i < rule.space.size; i++)
      if (plan.needed[rule.firstTask + i] === 1) visit(rule.firstTask + i, rule);
  }
}

/** The paths of an input of a task, as texts. */
export function inputPaths(input: PlannedInput, taskIndex: number): string[] {
  const paths: string[] = [];
  forEachPath(input, taskIndex, (path) => paths.push(input.pathText(path)));
  return paths;
}

/** `train_model site=01022500 seed=3`: how messages name a task. */
export function taskName({ rule, space }: RuleTasks, taskIndex: number): string {
  const values = rule.key.map((column) => ` ${column.name}=${column.values[space.valueId(taskIndex, column)]}`);
  return rule.name + values.join('');
}

/** The same for a global task id. */
export function taskNameOf(plan: Pick<Plan, 'rules'>, task: number): string {
  const rule = ruleOf(plan, task);
  return taskName(rule, task - rule.firstTask);
}

/** One number for an output of a task. */
export function outputId(task: number, position: number): number {
  return task * 1024 + position;
}

/** Whether a rule that waits for values may read a path: a temp output is kept for it. */
export function isAwaited({ staged }: Pick<Plan, 'staged'>, path: string): boolean {
  return staged.waiting.some((rule) => rule.mayRead(path));
}

/** All temp outputs of needed tasks that are not asked for and that no rule which waits may read: what the end of a run removes. */
export function tempPaths(plan: Plan): string[] {
  return plan.rules.flatMap((rule) =>
    rule.rule.outputs.flatMap((output, o) => {
      const paths: string[] = [];
      if (!output.temp) return paths;
      for (let i = 0; i < rule.space.size; i++) {
        const task = rule.firstTask + i;
        if (plan.needed[task] === 0 || plan.keptTemps.has(outputId(task, o))) continue;
        const path = rule.outputTexts[o]!(i);
        if (!isAwaited(plan, path)) paths.push(path);
      }
      return paths;
    }),
  );
}
