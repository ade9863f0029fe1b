import { PathBytes } from '../compile/rules/path-bytes.ts';
import { type Plan, type PlannedInput, type PlannedRule, ruleOf } from '../model/plan.ts';
import type { RecordLine, StateCursor } from './journal/record-line.ts';
import type { FileState } from './record.ts';

export type State = Pick<FileState, 'mtimeMs' | 'size'>;

/** What stands at a list of paths; a time of NaN for a missing file. Arrays, where an object a file would cost its memory. */
export interface States {
  readonly mtimeMs: Float64Array;
  readonly size: Float64Array;
  /** 1 for a directory. */
  readonly isDirectory: Uint8Array;
}

function newStates(length: number): States {
  return {
    mtimeMs: new Float64Array(length).fill(Number.NaN),
    size: new Float64Array(length),
    isDirectory: new Uint8Array(length),
  };
}

export function stateAt(states: States, i: number): State | null {
  const mtimeMs = states.mtimeMs[i]!;
  return Number.isNaN(mtimeMs) ? null : { mtimeMs, size: states.size[i]! };
}

function setState(states: States, i: number, state: FileState | null): void {
  states.mtimeMs[i] = state?.mtimeMs ?? Number.NaN;
  states.size[i] = state?.size ?? 0;
  states.isDirectory[i] = state?.isDirectory ? 1 : 0;
}

/** Paths to look at. */
export interface PathList {
  /** Their number. */
  readonly size: number;
  readonly path: (i: number) => string;
  /** The same as bytes. */
  readonly pathBytes: BytesOfPaths;
  /** 1 where it is to be looked at. */
  readonly wanted: Uint8Array;
  /** What stands there is told by this. */
  readonly tell: (i: number, state: FileState | null) => void;
}

/** As `PathBytes`, by place in the list. */
export type BytesOfPaths = Pick<PathBytes, 'bytes' | 'write'>;

/** How to look at the disk. */
export interface Looks {
  /** null where there is nothing at that path. */
  readonly stat: (path: string) => FileState | null;
  /** Many paths, in any order. */
  readonly beginLooks: (lists: readonly PathList[]) => PendingLooks;
}

/** The number of paths to look at. */
export function countWanted({ wanted }: Pick<PathList, 'wanted'>): number {
  let count = 0;
  for (let i = 0; i < wanted.length; i++) count += wanted[i]!;
  return count;
}

/** Looks that go on while there is something else to do. */
export interface PendingLooks {
  /** Comes back when all is looked at and told. */
  finish(): void;
}

/**
 * What stands at the outputs and the sources of the needed tasks. All are looked at together, before anything is decided;
 * nothing is known of them before `finish`.
 */
export class PlanStates {
  private readonly plan: Plan;
  private readonly looks: Looks;
  private readonly pending: PendingLooks;
  private readonly outputs: States[][];
  private readonly sources = new Map<PlannedInput, { readonly states: States; readonly seen: Uint8Array }>();

  constructor(plan: Plan, looks: Looks) {
    this.plan = plan;
    this.looks = looks;
    this.outputs = plan.rules.map((r) => r.outputTexts.map(() => newStates(r.space.size)));
    this.pending = looks.beginLooks([...plan.rules.flatMap((rule) => this.outputLists(rule)), ...this.sourceLists()]);
  }

  finish(): void {
    this.pending.finish();
  }

  /** By task index within the rule. */
  ofOutput(rule: PlannedRule, position: number): States {
    return this.outputs[rule.rule.index]![position]!;
  }

  ofOutputs(rule: PlannedRule, i: number): (State | null)[] {
    return rule.outputTexts.map((_, o) => stateAt(this.ofOutput(rule, o), i));
  }

  /** Whether an output of a task is missing. */
  isGone(task: number, position: number): boolean {
    const rule = ruleOf(this.plan, task);
    return Number.isNaN(this.ofOutput(rule, position).mtimeMs[task - rule.firstTask]!);
  }

  /** What stands there is no output: it counts as missing. */
  forget(task: number, position: number): void {
    const rule = ruleOf(this.plan, task);
    setState(this.ofOutput(rule, position), task - rule.firstTask, null);
  }

  /** A source file, or a file inside a directory output, by its index among the paths of the input. */
  ofSource(input: PlannedInput, path: number): State | null {
    const { states, seen } = this.sourcesOf(input);
    if (seen[path] === 0) {
      seen[path] = 1;
      setState(states, path, this.looks.stat(input.pathText(path)));
    }
    return stateAt(states, path);
  }

  /** False also where only a closer look can tell. Nearly all tasks are told by this, which makes nothing. */
  hasPlainOutputs(rule: PlannedRule, i: number, record: RecordLine): boolean {
    const recorded = record.outputStates();
    for (let o = 0; o < rule.outputTexts.length; o++) {
      const { mtimeMs, size } = this.ofOutput(rule, o);
      if (!recorded.isNext(mtimeMs[i]!, size[i]!)) return false;
    }
    return recorded.isAtEnd;
  }

  /** As `hasPlainOutputs`. */
  hasPlainInputs(rule: PlannedRule, i: number, record: RecordLine): boolean {
    const recorded = record.inputStates();
    for (const input of rule.inputs) {
      if (input.input.ancient) continue;
      if (input.members.kind !== 'map') return false;
      if (!this.isNextInput(recorded, input, input.members.pathOf(i))) return false;
    }
    return recorded.isAtEnd;
  }

  private isNextInput(recorded: StateCursor, input: PlannedInput, path: number): boolean {
    const position = input.producerOutputs[path]!;
    if (position < 0) {
      const state = this.ofSource(input, path);
      return state !== null && recorded.isNext(state.mtimeMs, state.size);
    }
    const producer = input.producers[path]!;
    const rule = ruleOf(this.plan, producer);
    // It may be recorded in several states.
    if (rule.rule.outputs[position]!.temp) return false;
    const { mtimeMs, size } = this.ofOutput(rule, position);
    return recorded.isNext(mtimeMs[producer - rule.firstTask]!, size[producer - rule.firstTask]!);
  }

  private outputLists({ rule, firstTask, space, outputTexts }: PlannedRule): PathList[] {
    const wanted = this.plan.needed.subarray(firstTask, firstTask + space.size);
    return outputTexts.map((path, o) => {
      const pathBytes = new PathBytes(rule.outputs[o]!.pattern, space);
      return listOf(path, pathBytes, wanted, this.outputs[rule.index]![o]!);
    });
  }

  /** An ancient input counts for tasks that run alone: it is looked at when that is known. */
  private sourceLists(): PathList[] {
    return this.plan.rules.flatMap((rule) =>
      rule.inputs.flatMap((input) => {
        if (input.input.ancient || !input.producerOutputs.includes(-1)) return [];
        const { states, seen } = this.sourcesOf(input);
        forEachReadPath(this.plan, rule, input, (path) => {
          if (input.producerOutputs[path]! < 0) seen[path] = 1;
        });
        return [listOf(input.pathText, new PathBytes(input.input.pattern, input.paths), seen, states)];
      }),
    );
  }

  private sourcesOf(input: PlannedInput): { readonly states: States; readonly seen: Uint8Array } {
    let known = this.sources.get(input);
    if (!known) {
      known = { states: newStates(input.paths.size), seen: new Uint8Array(input.paths.size) };
      this.sources.set(input, known);
    }
    return known;
  }
}

function listOf(path: PathList['path'], pathBytes: BytesOfPaths, wanted: Uint8Array, states: States): PathList {
  return { size: wanted.length, path, pathBytes, wanted, tell: (i, state) => setState(states, i, state) };
}

/** Paths of an input that needed tasks of the rule read; tasks of one group of a gather read the same. */
function forEachReadPath(
  { needed }: Plan,
  { firstTask, space }: PlannedRule,
  { members }: PlannedInput,
  visit: (path: number) => void,
): void {
  const groups = new Set<number>();
  for (let i = 0; i < space.size; i++) {
    if (needed[firstTask + i] === 0) continue;
    if (members.kind === 'map') {
      visit(members.pathOf(i));
      continue;
    }
    const group = members.groupOf(i);
    if (groups.has(group)) continue;
    groups.add(group);
    for (let m = members.offsets[group]!; m < members.offsets[group + 1]!; m++) visit(members.members[m]!);
  }
}
