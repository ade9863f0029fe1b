import { type Diagnostic, hasErrors } from '../../model/diagnostic.ts';
import {
  type Edge,
  type InputMembers,
  type PlannedInput,
  type PlannedRule,
  type RuleTasks,
  type Tuples,
  taskName,
} from '../../model/plan.ts';
import type { Column, Input, Relation, Rule, Workflow } from '../../model/workflow.ts';
import type { Context } from '../context.ts';
import { factorGroups, MAX_TASKS, Space, TooManyTuples } from '../params/space.ts';
import * as report from '../report/report.ts';
import { pathWriter } from '../rules/paths.ts';
import { checkpointTexts, indexCheckpoints, reportCheckpoints } from './checkpoints.ts';
import { indexLogs, reportLogs } from './logs.ts';
import { OutputIndex, type OutputRef } from './outputs.ts';
import { reportReserved } from './reserved.ts';
import { edgeShape } from './shapes.ts';

/** All rules with their tasks and the producers of their inputs. */
export interface Linked {
  readonly rules: readonly PlannedRule[];
  readonly taskCount: number;
  readonly index: OutputIndex;
}

/** Find the tasks of each rule, and for each input path the task that makes it. Edges come from paths alone. */
export function linkRules(workflow: Workflow, context: Context): Linked | null {
  const { diagnostics } = context;
  const tasks = enumerateTasks(workflow, diagnostics);
  if (!tasks) return null;
  const index = new OutputIndex(context.files.place);
  const outputs = tasks.flatMap((rule) =>
    rule.rule.outputs.map(
      (output, position): OutputRef => ({ tasks: rule, rule: rule.rule, output, position, kind: 'output' }),
    ),
  );
  for (const output of outputs) index.add(output);
  reportCollisions(tasks, index, diagnostics);
  const logs = indexLogs(tasks, context.files.place);
  reportReserved(outputs, index, workflow.relation, context);
  reportReserved(logs.refs, logs.index, workflow.relation, context);
  const checkpoints = indexCheckpoints(tasks, context.files.place);
  reportReserved(checkpoints.refs, checkpoints.index, workflow.relation, context);
  const before = diagnostics.length;
  const rules = tasks.map(
    (rule): PlannedRule => ({
      ...rule,
      inputs: rule.rule.inputs.flatMap((input) => linkInput(workflow.relation, rule, input, index, diagnostics) ?? []),
      outputTexts: rule.rule.outputs.map((o) => pathWriter(o.pattern, rule.space)),
      logText: pathWriter(rule.rule.log, rule.space),
      checkpointTexts: checkpointTexts(rule),
    }),
  );
  const isLinked = !hasErrors(diagnostics.slice(before));
  reportLogs(rules, index, logs, diagnostics);
  reportCheckpoints(rules, { outputs: index, logs: logs.index, checkpoints }, diagnostics);
  if (!isLinked) return null;
  const last = tasks.at(-1);
  return { rules, taskCount: last ? last.firstTask + last.space.size : 0, index };
}

function enumerateTasks({ rules, relation }: Workflow, diagnostics: Diagnostic[]): RuleTasks[] | null {
  const tasks: RuleTasks[] = [];
  let firstTask = 0;
  for (const rule of rules) {
    try {
      const space = new Space(relation, rule.key);
      tasks.push({ rule, space, firstTask });
      firstTask += space.size;
    } catch (error) {
      if (!(error instanceof TooManyTuples)) throw error;
      const sizes = rule.key.map((c) => ({ name: c.name, count: c.values.length }));
      diagnostics.push(report.tooManyTasks(rule.location, rule.name, error.size, sizes, MAX_TASKS));
    }
  }
  if (firstTask > MAX_TASKS) diagnostics.push(report.tooManyTasks(null, null, firstTask, [], MAX_TASKS));
  if (rules.length > 0 && tasks.length === rules.length && firstTask === 0) diagnostics.push(report.emptyRelation());
  return tasks.length === rules.length && firstTask <= MAX_TASKS ? tasks : null;
}

// --- two tasks, one path ---

function reportCollisions(rules: readonly RuleTasks[], index: OutputIndex, diagnostics: Diagnostic[]): void {
  const reported = new Set<string>();
  const once = (a: OutputRef, b: OutputRef, diagnostic: () => Diagnostic): void => {
    const key = [`${a.rule.index}.${a.position}`, `${b.rule.index}.${b.position}`].sort().join(' ');
    if (!reported.has(key)) diagnostics.push(diagnostic());
    reported.add(key);
  };
  for (const { first, second, path } of index.collisions) {
    once(first.ref, second.ref, () => collision(first.ref, first.task, second.ref, second.task, path));
  }
  for (const tasks of rules) {
    tasks.rule.outputs.forEach((output, position) => {
      const self: OutputRef = { tasks, rule: tasks.rule, output, position, kind: 'output' };
      let write: ((tuple: number) => string) | null = null;
      index.match(output.pattern, tasks.space, (i, { ref, task, meeting }) => {
        const own = tasks.firstTask + i;
        if (ref.rule === self.rule && ref.position === position && task === own) return;
        if (meeting !== 'same' && task === own) return;
        write ??= pathWriter(output.pattern, tasks.space);
        const path = write(i);
        if (meeting === 'same') once(ref, self, () => collision(ref, task, self, own, path));
        else
          once(ref, self, () =>
            report.outputInsideOutput(
              output.pattern.location,
              path,
              meeting === 'inside',
              nameTask(ref.tasks, task),
              ref.output.pattern.location,
            ),
          );
      });
    });
  }
}

function nameTask(tasks: RuleTasks, task: number): string {
  return taskName(tasks, task - tasks.firstTask);
}

function collision(a: OutputRef, taskA: number, b: OutputRef, taskB: number, path: string): Diagnostic {
  if (taskA === taskB) return report.outputTwice(b.output.pattern.location, path, a.output.pattern.location);
  return report.twoProducers(
    b.output.pattern.location,
    path,
    nameTask(a.tasks, taskA),
    nameTask(b.tasks, taskB),
    a.output.pattern.location,
  );
}

// --- inputs ---

function linkInput(
  relation: Relation,
  consumer: RuleTasks,
  input: Input,
  index: OutputIndex,
  diagnostics: Diagnostic[],
): PlannedInput | null {
  const { rule } = consumer;
  try {
    const paths = new Space(relation, input.pattern.columns);
    const producers = new Int32Array(paths.size).fill(-1);
    const producerOutputs = new Int16Array(paths.size).fill(-1);
    const sources = new Map<Rule, OutputRef>();
    let belowFile: { readonly path: number; readonly ref: OutputRef; readonly task: number } | null = null;
    index.match(input.pattern, paths, (path, { ref, task, meeting }) => {
      if (meeting === 'below-file') {
        belowFile ??= { path, ref, task };
        return;
      }
      producers[path] = task;
      if (meeting === 'same') producerOutputs[path] = ref.position;
      sources.set(ref.rule, ref);
    });
    if (belowFile !== null) reportBelowFile(input, paths, belowFile, diagnostics);
    const members = input.gathered
      ? gatherMembers(relation, consumer, input, paths)
      : mapMembers(consumer, input, paths);
    const edges = [...sources.values()].map((ref): Edge => edgeShape(consumer.rule, input, ref));
    return {
      input,
      paths,
      pathText: pathWriter(input.pattern, paths),
      members,
      producers,
      producerOutputs,
      hasProducer: sources.size > 0,
      edges,
    };
  } catch (error) {
    if (!(error instanceof TooManyTuples)) throw error;
    diagnostics.push(report.gatherTooLarge(input.pattern.location, rule.name, error.size, MAX_TASKS));
    return null;
  }
}

/** What lies there now would go when the output is made. */
function reportBelowFile(
  { pattern }: Input,
  paths: Tuples,
  { path, ref, task }: { readonly path: number; readonly ref: OutputRef; readonly task: number },
  diagnostics: Diagnostic[],
): void {
  const written = pathWriter(pattern, paths)(path);
  diagnostics.push(
    report.inputBelowOutput(pattern.location, written, nameTask(ref.tasks, task), ref.output.pattern.location),
  );
}

function mapMembers({ rule, space }: RuleTasks, input: Input, paths: Tuples): InputMembers {
  const { columns } = input.pattern;
  if (columns.length === 0) return { kind: 'map', pathOf: () => 0 };
  const sameColumns = columns.length === rule.key.length && columns.every((c) => rule.key.includes(c));
  // The tuples of the same columns come in the same order: the relation's.
  if (sameColumns) return { kind: 'map', pathOf: (task) => task };
  return { kind: 'map', pathOf: projection(space, columns, paths) };
}

function projection(from: Tuples, columns: readonly Column[], to: Tuples): (tuple: number) => number {
  const readers = columns.map((c) => from.reader(c));
  const find = to.finder(columns);
  const ids = new Int32Array(columns.length);
  return (tuple) => {
    for (let c = 0; c < readers.length; c++) ids[c] = readers[c]!(tuple);
    return find(ids);
  };
}

/**
 * A group-by: the paths among the rows of the relation that agree with a task's key. Key params that neither stand in
 * the pattern nor are tied to a gathered param (by a table or an exclude) make no difference, so tasks that differ only
 * in those share a group.
 */
function gatherMembers(relation: Relation, { rule, space }: RuleTasks, input: Input, paths: Tuples): InputMembers {
  const { columns } = input.pattern;
  const tied = tiedFactors(relation, columns);
  const groupColumns = rule.key.filter((c) => tied.has(c.factor));
  const groups = new Space(relation, groupColumns);
  const joint = new Space(relation, [...new Set([...groupColumns, ...columns])]);
  const groupOfTuple = groupColumns.length === 0 ? () => 0 : projection(joint, groupColumns, groups);
  const pathOfTuple = projection(joint, columns, paths);
  const canonical = canonicalPaths(input, paths);
  const offsets = new Int32Array(groups.size + 1);
  const members = new Int32Array(joint.size);
  for (let t = 0; t < joint.size; t++) offsets[groupOfTuple(t) + 1]!++;
  for (let g = 0; g < groups.size; g++) offsets[g + 1]! += offsets[g]!;
  const next = offsets.slice();
  for (let t = 0; t < joint.size; t++) {
    const path = pathOfTuple(t);
    members[next[groupOfTuple(t)]!++] = canonical === null ? path : canonical[path]!;
  }
  const groupOf = groupColumns.length === 0 ? () => 0 : projection(space, groupColumns, groups);
  const unique = canonical === null ? { offsets, members } : dropRepeats(offsets, members);
  return { kind: 'gather', groupOf, ...unique };
}

/** Factors that a pattern's params belong to, and those that an exclude ties to them. */
function tiedFactors(relation: Relation, columns: readonly Column[]): Set<number> {
  const tied = new Set(columns.map((c) => c.factor));
  for (const group of factorGroups(relation)) if (group.some((f) => tied.has(f))) for (const f of group) tied.add(f);
  return tied;
}

/** Different values may give one text (`{a}{b}`, or padding): per path the first with the same text; null if none repeats. */
function canonicalPaths(input: Input, paths: Tuples): Int32Array | null {
  const { segments, columns } = input.pattern;
  const params = segments.map((s) => s.filter((p) => typeof p !== 'string'));
  const plain = params.every((list) => list.length <= 1 && list.every((p) => p.pad === 0 && !p.column.allowsSlash));
  if (plain || columns.length === 0) return null;
  const write = pathWriter(input.pattern, paths);
  const first = new Map<string, number>();
  const canonical = new Int32Array(paths.size);
  for (let p = 0; p < paths.size; p++) {
    const text = write(p);
    const known = first.get(text);
    if (known === undefined) first.set(text, p);
    canonical[p] = known ?? p;
  }
  return first.size === paths.size ? null : canonical;
}

function dropRepeats(offsets: Int32Array, members: Int32Array): { offsets: Int32Array; members: Int32Array } {
  const kept = new Int32Array(members.length);
  const starts = new Int32Array(offsets.length);
  let count = 0;
  for (let g = 0; g + 1 < offsets.length; g++) {
    const seen = new Set<number>();
    for (let i = offsets[g]!; i < offsets[g + 1]!; i++) {
      if (seen.has(members[i]!)) continue;
      seen.add(members[i]!);
      kept[count++] = members[i]!;
    }
    starts[g + 1] = count;
  }
  return { offsets: starts, members: kept.slice(0, count) };
}
