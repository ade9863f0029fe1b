import { forEachPath, outputRead, type Plan, type PlannedInput, type PlannedRule, ruleOf } from '../model/plan.ts';
import { changedCode, codeText, splitFingerprint } from './code.ts';
import type { Decisions, Present } from './decide.ts';
import { markerPath } from './marker.ts';
import { REASONS, type Reason, reasonCode } from './reason.ts';
import {
  type FileState,
  firstDifference,
  parseState,
  recordedStates,
  type Seen,
  type SuccessRecord,
  sameFile,
} from './record.ts';
import type { Start } from './start.ts';

type State = Pick<FileState, 'mtimeMs' | 'size'>;

/** What stands behind a reason. */
export type Detail =
  | {
      readonly kind: 'missing';
      readonly path: string;
      readonly what: 'nothing' | 'an empty directory' | 'not a directory';
    }
  | { readonly kind: 'no record'; readonly path: string }
  | { readonly kind: 'changed'; readonly path: string; readonly before: State | null; readonly now: State | null }
  /** The record holds digests of long lists: which input it was is lost, and the newest is the likeliest. */
  | { readonly kind: 'one of'; readonly inputs: number; readonly newest: string | null; readonly now: State | null }
  | { readonly kind: 'newer'; readonly path: string; readonly now: State | null; readonly output: State | null }
  | { readonly kind: 'code changed'; readonly path: string; readonly isGone: boolean }
  /** The record does not tell of these files one by one, or of none at all. */
  | {
      readonly kind: 'code not recorded';
      readonly files: number;
      readonly newest: string;
      readonly now: State;
      readonly isRecorded: boolean;
    }
  | { readonly kind: 'check failed'; readonly path: string }
  | { readonly kind: 'needed by'; readonly task: number }
  | { readonly kind: 'unfinished'; readonly start: Start }
  | { readonly kind: 'marked'; readonly marker: string }
  | { readonly kind: 'no source'; readonly path: string };

/** A task that runs, and why. */
export interface Link {
  readonly task: number;
  readonly reason: Reason;
  readonly details: readonly Detail[];
  /** Of the tasks that it depends on, how many run, if any does. The next link is the first of them. */
  readonly upstream: { readonly running: number; readonly all: number; readonly first: number | null } | null;
}

/** Tasks of a rule that run for the same reason of their own. */
export interface Cause {
  readonly rule: string;
  readonly reason: Reason;
  readonly tasks: number;
  readonly first: number;
}

export interface Explanation {
  /** From the task that was asked for to one whose reason lies in itself; empty for a complete task. */
  readonly chain: readonly Link[];
  /** All reasons that lie in tasks themselves, among what it depends on. */
  readonly causes: readonly Cause[];
}

const UPSTREAM = reasonCode('upstream runs');
const MISSING = reasonCode('output missing');
const TEMP_NEEDED = reasonCode('temp needed');

/** Why a task runs, up to the root. `decisions` are of a plan that holds at least all that the task depends on. */
export function explain(plan: Plan, task: number, decisions: Decisions, present: Present): Explanation {
  const { reasons } = decisions;
  if (reasons[task] === 0) return { chain: [], causes: [] };
  const chain: Link[] = [];
  for (let t: number | null = task; t !== null; ) {
    // What is missing could not be made as long as what it depends on is not: that lies deeper.
    const mayLieDeeper = reasons[t] === UPSTREAM || reasons[t] === MISSING;
    const upstream: { all: number; running: number; first: number | null } = mayLieDeeper
      ? upstreamOf(plan, t, reasons)
      : { all: 0, running: 0, first: null };
    const details = detailsOf(plan, t, decisions, present);
    chain.push({
      task: t,
      reason: REASONS[reasons[t]!]!,
      details,
      upstream: upstream.running > 0 ? upstream : null,
    });
    t = upstream.first;
  }
  return { chain, causes: causesOf(plan, [task, ...reach(plan, task, (t) => reasons[t] !== 0)], reasons) };
}

/** All tasks that a task depends on, near ones first, as far as `enter` lets through. */
export function reach(plan: Plan, from: number, enter: (task: number) => boolean): number[] {
  const seen = new Set([from]);
  const found: number[] = [];
  // The tasks of a group gather the same paths: each group is walked once.
  const groups = new Map<PlannedInput, Set<number>>();
  for (let next = from, at = 0; ; next = found[at++]!) {
    const rule = ruleOf(plan, next);
    const index = next - rule.firstTask;
    for (const input of rule.inputs) {
      if (!input.hasProducer || isWalked(input, index, groups)) continue;
      forEachPath(input, index, (path) => {
        const producer = input.producers[path]!;
        if (producer < 0 || seen.has(producer)) return;
        seen.add(producer);
        if (enter(producer)) found.push(producer);
      });
    }
    if (at >= found.length) return found;
  }
}

function isWalked(input: PlannedInput, index: number, groups: Map<PlannedInput, Set<number>>): boolean {
  if (input.members.kind === 'map') return false;
  let walked = groups.get(input);
  if (!walked) {
    walked = new Set();
    groups.set(input, walked);
  }
  const group = input.members.groupOf(index);
  if (walked.has(group)) return true;
  walked.add(group);
  return false;
}

/** The same plan, asked for nothing but a task; where outputs may be temp, also for what else the targets need. */
export function planOfTask(plan: Plan, task: number): Plan {
  // A temp output that is gone is made again for those that read it: they decide about it.
  const hasTemps = plan.rules.some(({ rule }) => rule.outputs.some(({ temp }) => temp));
  const needed = hasTemps ? plan.needed.slice() : new Uint8Array(plan.taskCount);
  const tasks = [task, ...reach(plan, task, () => true)];
  for (const t of tasks) needed[t] = 1;
  return { ...plan, needed, neededCount: needed.reduce((sum, n) => sum + n, 0) };
}

function upstreamOf(
  plan: Plan,
  task: number,
  reasons: Uint8Array,
): { all: number; running: number; first: number | null } {
  const rule = ruleOf(plan, task);
  const producers = new Set<number>();
  for (const input of rule.inputs) {
    if (!input.hasProducer || input.input.ancient) continue;
    forEachPath(input, task - rule.firstTask, (path) => {
      if (input.producers[path]! >= 0) producers.add(input.producers[path]!);
    });
  }
  // One that only makes a temp output again is an effect, and no cause.
  const running = [...producers].filter((t) => reasons[t] !== 0 && reasons[t] !== TEMP_NEEDED);
  // One whose reason lies in itself says more than one that waits for others.
  const first = running.find((t) => reasons[t] !== UPSTREAM) ?? running[0] ?? null;
  return { all: producers.size, running: running.length, first };
}

function causesOf(plan: Plan, running: readonly number[], reasons: Uint8Array): Cause[] {
  const causes = new Map<string, { rule: string; reason: Reason; tasks: number; first: number }>();
  for (const task of [...running].sort((a, b) => a - b)) {
    if (reasons[task] === UPSTREAM) continue;
    const rule = ruleOf(plan, task).rule.name;
    const reason = REASONS[reasons[task]!]!;
    const known = causes.get(`${rule}\t${reason}`);
    if (known) known.tasks++;
    else causes.set(`${rule}\t${reason}`, { rule, reason, tasks: 1, first: task });
  }
  return [...causes.values()];
}

// --- the details of one task ---

function detailsOf(plan: Plan, task: number, decisions: Decisions, present: Present): Detail[] {
  const rule = ruleOf(plan, task);
  const i = task - rule.firstTask;
  const details = ownDetails(plan, rule, i, decisions.reasons, present);
  const source = decisions.missingSources.get(task);
  if (source !== undefined) details.push({ kind: 'no source', path: source });
  return details;
}

function ownDetails(plan: Plan, rule: PlannedRule, i: number, reasons: Uint8Array, present: Present): Detail[] {
  const paths = rule.outputTexts.map((text) => text(i));
  const record = present.records?.get(paths[0]!);
  const reason = REASONS[reasons[rule.firstTask + i]!]!;
  switch (reason) {
    case 'output missing':
    case 'temp needed': {
      const missing = missingOutputs(rule, paths, present);
      return reason === 'temp needed' ? [...missing, ...neededBy(plan, rule.firstTask + i, reasons)] : missing;
    }
    case 'no record':
      return paths.filter((p) => present.stat(p) !== null).map((path) => ({ kind: 'no record', path }));
    case 'output changed':
      return record ? changedOutputs(paths, record, present) : [];
    case 'check failed':
      return paths.filter((p) => present.checks.get(p) === false).map((path) => ({ kind: 'check failed', path }));
    case 'input changed':
      return record ? changedInputs(plan, rule, i, record, present) : [];
    case 'code changed':
      return record ? changedCodeFiles(rule, record, present) : [];
    case 'input newer':
      return newerInput(plan, rule, i, paths, present);
    case 'output incomplete': {
      const start = present.unfinished.get(paths[0]!);
      if (start) return [{ kind: 'unfinished', start }];
      const marker = markerPath(paths[0]!);
      return marker === null ? [] : [{ kind: 'marked', marker }];
    }
    case 'complete':
    case 'forced':
    case 'command changed':
    case 'upstream runs':
      return [];
  }
}

function missingOutputs({ rule }: PlannedRule, paths: readonly string[], present: Present): Detail[] {
  return paths.flatMap((path, o): Detail[] => {
    const state = present.stat(path);
    if (state === null) return [{ kind: 'missing', path, what: 'nothing' }];
    if (!rule.outputs[o]!.directory) return [];
    if (!state.isDirectory) return [{ kind: 'missing', path, what: 'not a directory' }];
    return present.isEmptyDirectory(path) ? [{ kind: 'missing', path, what: 'an empty directory' }] : [];
  });
}

/** The first task that runs and reads from this one. */
function neededBy(plan: Plan, task: number, reasons: Uint8Array): Detail[] {
  for (const consumer of plan.rules) {
    for (const input of consumer.inputs) {
      if (!input.hasProducer || !input.producers.includes(task)) continue;
      for (let i = 0; i < consumer.space.size; i++) {
        if (reasons[consumer.firstTask + i] === 0) continue;
        let reads = false;
        forEachPath(input, i, (path) => {
          reads ||= input.producers[path] === task;
        });
        if (reads) return [{ kind: 'needed by', task: consumer.firstTask + i }];
      }
    }
  }
  return [];
}

function changedOutputs(paths: readonly string[], record: SuccessRecord, present: Present): Detail[] {
  const recorded = record.outputs.split(',');
  return paths.flatMap((path, o): Detail[] => {
    const now = present.stat(path);
    if (now === null || firstDifference(recorded[o] ?? '', [now]) === -1) return [];
    return [{ kind: 'changed', path, before: recordedStates(record, o).at(-1) ?? null, now }];
  });
}

function changedInputs(plan: Plan, rule: PlannedRule, i: number, record: SuccessRecord, present: Present): Detail[] {
  const inputs = countedInputs(plan, rule, i, present);
  if (record.inputs.startsWith('#')) {
    const newest = newestOf(inputs);
    return [{ kind: 'one of', inputs: inputs.length, newest: newest?.path ?? null, now: newest?.now ?? null }];
  }
  const recorded = record.inputs.split(',');
  return inputs.flatMap(({ path, seen }, k): Detail[] => {
    if (firstDifference(recorded[k] ?? '', [seen]) === -1) return [];
    const before = parseState((recorded[k] ?? '').split('|').at(-1)!);
    return [{ kind: 'changed', path, before, now: present.stat(path) }];
  });
}

function changedCodeFiles({ rule }: PlannedRule, record: SuccessRecord, present: Present): Detail[] {
  const files = present.code(rule.code);
  const { code } = splitFingerprint(record.fingerprint);
  const changed = changedCode(code, codeText(files));
  if (changed) {
    return changed.map((i) => ({
      kind: 'code changed',
      path: files[i]!.path,
      isGone: files[i]!.digest === '',
    }));
  }
  const newest = files.reduce((a, b) => (b.ctimeMs > a.ctimeMs ? b : a));
  const now = { mtimeMs: newest.ctimeMs, size: 0 };
  return [{ kind: 'code not recorded', files: files.length, newest: newest.path, now, isRecorded: code !== '' }];
}

interface CountedInput {
  readonly path: string;
  readonly seen: Seen;
}

/** The inputs whose state counts, in the order of the record; a temp one that is gone stands as it was recorded. */
function countedInputs(plan: Plan, rule: PlannedRule, i: number, present: Present): CountedInput[] {
  return rule.inputs
    .filter(({ input }) => !input.ancient)
    .flatMap((input) => {
      const found: CountedInput[] = [];
      forEachPath(input, i, (p) => {
        const path = input.pathText(p);
        found.push({ path, seen: seenInput(plan, input, p, present.stat(path), present) });
      });
      return found;
    });
}

function seenInput(plan: Plan, input: PlannedInput, p: number, state: FileState | null, present: Present): Seen {
  const producer = input.producers[p]!;
  const position = input.producerOutputs[p]!;
  if (producer === -1) return state ?? 'gone by nature';
  const maker = ruleOf(plan, producer);
  if (position < 0) return state ?? insideGoneTemp(plan, input, p, present);
  if (!maker.rule.outputs[position]!.temp) return state;
  const recorded = recordedStates(present.records?.get(maker.outputTexts[0]!(producer - maker.firstTask)), position);
  if (state && !recorded.some((r) => sameFile(r, state))) return state;
  return recorded.length > 0 ? recorded : state;
}

/** Nothing stands at this path inside a directory output. */
function insideGoneTemp(plan: Plan, input: PlannedInput, p: number, present: Present): Seen {
  const producer = input.producers[p]!;
  const maker = ruleOf(plan, producer);
  const position = outputRead(plan, input, p);
  const gone = present.stat(maker.outputTexts[position]!(producer - maker.firstTask)) === null;
  return maker.rule.outputs[position]!.temp && gone ? 'gone by nature' : null;
}

function newestOf(inputs: readonly CountedInput[]): { path: string; now: State } | null {
  let newest: { path: string; now: State } | null = null;
  for (const { path, seen } of inputs) {
    if (seen === null || seen === 'gone by nature' || Array.isArray(seen)) continue;
    const now = seen as State;
    if (newest === null || now.mtimeMs > newest.now.mtimeMs) newest = { path, now };
  }
  return newest;
}

function newerInput(plan: Plan, rule: PlannedRule, i: number, paths: readonly string[], present: Present): Detail[] {
  const outputs = paths.flatMap((path) => present.stat(path) ?? []);
  const oldest = outputs.reduce<State | null>((a, b) => (a === null || b.mtimeMs < a.mtimeMs ? b : a), null);
  const inputs = countedInputs(plan, rule, i, present);
  const missing = inputs.find(({ seen }) => seen === null);
  if (missing) return [{ kind: 'newer', path: missing.path, now: null, output: oldest }];
  const newest = newestOf(inputs);
  return newest ? [{ kind: 'newer', path: newest.path, now: newest.now, output: oldest }] : [];
}

/** When the last of its outputs was written, in milliseconds since 1970; null where the record does not say. */
export function madeAt(record: SuccessRecord): number | null {
  const times = record.outputs.split(',').flatMap((states) => parseState(states.split('|').at(-1)!)?.mtimeMs ?? []);
  return times.length > 0 ? Math.max(...times) : null;
}
