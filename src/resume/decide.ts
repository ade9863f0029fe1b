import {
  forEachPath,
  forEachTaskInOrder,
  outputId,
  outputRead,
  type Plan,
  type PlannedInput,
  type PlannedRule,
  ruleOf,
} from '../model/plan.ts';
import type { Rule } from '../model/workflow.ts';
import { type CodeFile, CodeNow, splitFingerprint } from './code.ts';
import { type Contents, holdsByContent, type SeenPath, type Trust } from './contents.ts';
import { checksText } from './fingerprint.ts';
import type { RecordLine } from './journal/record-line.ts';
import type { Records } from './journal/records.ts';
import { markerPath } from './marker.ts';
import { PastTasks } from './past.ts';
import { reasonCode } from './reason.ts';
import { firstDifference, recordedStates, type Seen, type SuccessRecord, sameFile } from './record.ts';
import type { Start } from './start.ts';
import { type Looks, PlanStates, type State, stateAt } from './states.ts';

/** What is known of the past, and how to look at the present. */
export interface Present extends Looks {
  readonly isEmptyDirectory: (path: string) => boolean;
  /** What stands at the code files of a rule; asked once a rule. */
  readonly code: (paths: readonly string[]) => readonly CodeFile[];
  /** The last success of a task, by its first output's path; null as a whole where no state is left at all. */
  readonly records: Records | null;
  /** Attempts that began and did not finish, by their task's first output. */
  readonly unfinished: Pick<ReadonlyMap<string, Start>, 'has' | 'get' | 'size'>;
  /** Whether outputs pass their checks now, by path, as far as that is known: see `Decisions.unchecked`. */
  readonly checks: ReadonlyMap<string, boolean>;
  readonly trust: Trust;
  /** Where `trust` is `contents`. */
  readonly contents: Contents | null;
  /** Per task, 1 where `--force` names it. */
  readonly forced: Uint8Array | null;
}

/** An output that has checks. */
export interface CheckedOutput {
  readonly rule: Rule;
  /** Its index among the outputs of the rule. */
  readonly output: number;
  readonly path: string;
}

export interface Decisions {
  /** Per task its reason's index in `REASONS`; 0 also for tasks that are not needed. */
  readonly reasons: Uint8Array;
  readonly runCount: number;
  /** Tasks that run and whose source file is missing, with its path. */
  readonly missingSources: ReadonlyMap<number, string>;
  /** Complete tasks whose record is to be written anew: their checks ran again, or there was no state at all. */
  readonly toRecord: readonly number[];
  /**
   * Outputs of which must be known whether they pass their checks, since these or the file changed: they are taken to pass
   * here. Where there are any, the decisions hold only once `Present.checks` tells of them.
   */
  readonly unchecked: readonly CheckedOutput[];
  /** What a record of a task of a rule says of its code, as it is now: see `codeText`. */
  readonly codeOf: (rule: PlannedRule) => string;
  /** What stands now where a needed task's record looks, in the order of the record. */
  readonly seen: (task: number) => { readonly inputs: readonly Seen[]; readonly outputs: readonly Seen[] };
}

const MISSING = reasonCode('output missing');
const INCOMPLETE = reasonCode('output incomplete');
const UPSTREAM = reasonCode('upstream runs');
const TEMP_NEEDED = reasonCode('temp needed');

/** Which needed tasks are complete, and why the others run. Section 5 of the language: outputs and records decide. */
export function decide(plan: Plan, present: Present): Decisions {
  return new Decider(plan, present).decide();
}

class Decider {
  private readonly plan: Plan;
  private readonly present: Present;
  private readonly reasons: Uint8Array;
  private readonly states: PlanStates;
  private readonly past: PastTasks;
  private readonly checks: string[];
  private readonly code: CodeNow;
  private readonly toRecord: number[] = [];
  private readonly unchecked: CheckedOutput[] = [];
  /** Per task, 1 where another reads what it makes; null until somebody asks. */
  private read: Uint8Array | null = null;
  /** Where all state is lost: what a gone temp output of a task stands for, in place of a record. See `standIn`. */
  private readonly standIns = new Map<number, State>();

  constructor(plan: Plan, present: Present) {
    this.plan = plan;
    this.present = present;
    this.reasons = new Uint8Array(plan.taskCount);
    this.states = new PlanStates(plan, present);
    // While files are looked at.
    this.past = new PastTasks(plan, present);
    this.states.finish();
    this.code = new CodeNow(present.code);
    this.checks = plan.rules.map((r) => checksText(r));
  }

  decide(): Decisions {
    // Each task after all that it depends on: staleness flows downstream.
    forEachTaskInOrder(this.plan, (task, rule) => {
      this.reasons[task] = this.reasonOf(task, rule);
    });
    // And back: a missing temp output is remade for a consumer that runs, which makes no other consumer stale.
    this.remakeTemps();
    let runCount = 0;
    for (let t = 0; t < this.reasons.length; t++) if (this.reasons[t] !== 0) runCount++;
    return {
      reasons: this.reasons,
      runCount,
      missingSources: this.missingSources(),
      toRecord: this.toRecord,
      unchecked: this.unchecked,
      codeOf: ({ rule }) => this.code.text(rule),
      seen: (task) => this.seen(task),
    };
  }

  private seen(task: number): { inputs: Seen[]; outputs: Seen[] } {
    const rule = ruleOf(this.plan, task);
    const i = task - rule.firstTask;
    const record = this.present.records?.get(rule.outputTexts[0]!(i));
    const outputs = this.states.ofOutputs(rule, i).map((state, o): Seen => {
      return state ?? (record ? recordedStates(record, o) : (this.standIns.get(task) ?? null));
    });
    return { inputs: this.inputStates(rule, i), outputs };
  }

  private reasonOf(task: number, rule: PlannedRule): number {
    const i = task - rule.firstTask;
    if (this.present.forced?.[task] === 1) {
      this.outputsAreThere(rule, i);
      return reasonCode('forced');
    }
    if (!this.outputsAreThere(rule, i)) return MISSING;
    const name = rule.outputTexts[0]!(i);
    if (this.present.unfinished.size > 0 && this.present.unfinished.has(name)) return INCOMPLETE;
    const line = this.past.line(task);
    if (!line) {
      if (this.present.records === null) return this.reasonByTimes(task, rule, i);
      if (!this.hasPresentOutput(rule, i)) return MISSING;
      return this.unlessMarked(name, 'no record');
    }
    return this.reasonByRecord(task, rule, i, line);
  }

  private reasonByRecord(task: number, rule: PlannedRule, i: number, line: RecordLine): number {
    const ofRule = rule.rule.index;
    const { contents, trust } = this.present;
    const sameTimes = this.states.hasPlainOutputs(rule, i, line) || this.sameOutputs(rule, i);
    if (!sameTimes && !(contents && this.sameOutputsByContent(rule, i, contents)))
      return this.unlessMarked(rule.outputTexts[0]!(i), 'output changed');
    if (trust !== 'times' && !this.past.hasSameCommand(task)) return reasonCode('command changed');
    const code = trust === 'times' || rule.rule.code.length === 0 ? 'same' : this.compareCode(rule, i);
    if (code === 'changed') return reasonCode('code changed');
    // Before the inputs: one that is to be remade is gone or changed by nature.
    if (this.upstreamRuns(rule, i)) return UPSTREAM;
    const sameInputTimes = this.states.hasPlainInputs(rule, i, line) || this.sameInputs(rule, i);
    if (!sameInputTimes && !(contents && this.sameInputsByContent(rule, i, contents)))
      return reasonCode('input changed');
    const newChecks = trust !== 'times' && !line.hasChecks(this.checks[ofRule]!);
    if (newChecks && !this.passesChecks(rule, i)) return reasonCode('check failed');
    // Times that differ are recorded anew: the next look need not read the files.
    if (newChecks || code === 'same, not recorded' || !sameTimes || !sameInputTimes) this.toRecord.push(task);
    return 0;
  }

  /** The reason, unless what is there was left by an attempt that was killed before the journal told of its start. */
  private unlessMarked(name: string, reason: 'no record' | 'output changed'): number {
    return this.hasMarker(name) ? INCOMPLETE : reasonCode(reason);
  }

  private hasMarker(name: string): boolean {
    const marker = markerPath(name);
    return marker !== null && this.present.stat(marker) !== null;
  }

  /** False where an output that is not temp is missing, or a directory output is empty. */
  private outputsAreThere(rule: PlannedRule, i: number): boolean {
    const { outputs } = rule.rule;
    const task = rule.firstTask + i;
    let there = true;
    for (let o = 0; o < outputs.length; o++) {
      const { directory, temp } = outputs[o]!;
      if (directory && !this.states.isGone(task, o) && this.isNoDirectory(rule, o, i)) this.states.forget(task, o);
      if (this.states.isGone(task, o) && (!temp || this.plan.keptTemps.has(outputId(task, o)))) there = false;
    }
    return there;
  }

  /** A file, or an empty directory. */
  private isNoDirectory(rule: PlannedRule, position: number, i: number): boolean {
    const { isDirectory } = this.states.ofOutput(rule, position);
    return isDirectory[i] === 0 || this.present.isEmptyDirectory(rule.outputTexts[position]!(i));
  }

  private hasPresentOutput(rule: PlannedRule, i: number): boolean {
    return rule.outputTexts.some((_, o) => !this.states.isGone(rule.firstTask + i, o));
  }

  /** A temp output that is gone is taken as its record left it. */
  private sameOutputs(rule: PlannedRule, i: number): boolean {
    const record = this.recordOf(rule, i);
    const outputs = this.states.ofOutputs(rule, i);
    if (!outputs.includes(null)) return firstDifference(record.outputs, outputs) === -1;
    const recorded = record.outputs.split(',');
    return outputs.every((state, o) => state === null || firstDifference(recorded[o] ?? '', [state]) === -1);
  }

  private sameOutputsByContent(rule: PlannedRule, i: number, contents: Contents): boolean {
    const recorded = this.recordOf(rule, i).outputs.split(',');
    return this.states
      .ofOutputs(rule, i)
      .every(
        (seen, o) =>
          seen === null || holdsByContent(recorded[o] ?? '', [{ path: rule.outputTexts[o]!(i), seen }], contents),
      );
  }

  private sameInputs(rule: PlannedRule, i: number): boolean {
    return firstDifference(this.recordOf(rule, i).inputs, this.inputStates(rule, i)) === -1;
  }

  private sameInputsByContent(rule: PlannedRule, i: number, contents: Contents): boolean {
    return holdsByContent(this.recordOf(rule, i).inputs, this.seenInputs(rule, i), contents);
  }

  private compareCode(rule: PlannedRule, i: number): ReturnType<CodeNow['compare']> {
    const record = this.recordOf(rule, i);
    return this.code.compare(rule.rule, splitFingerprint(record.fingerprint).code, record);
  }

  /** Of a task that has one. */
  private recordOf(rule: PlannedRule, i: number): SuccessRecord {
    return this.present.records!.get(rule.outputTexts[0]!(i))!;
  }

  private seenInputs(rule: PlannedRule, i: number): SeenPath[] {
    const seen: SeenPath[] = [];
    for (const input of rule.inputs) {
      if (input.input.ancient) continue;
      forEachPath(input, i, (path) => seen.push({ path: input.pathText(path), seen: this.inputState(input, path) }));
    }
    return seen;
  }

  /** The states of the inputs that count, in order; a temp input that is gone stands as its producer recorded it. */
  private inputStates(rule: PlannedRule, i: number): Seen[] {
    const states: Seen[] = [];
    for (const input of rule.inputs) {
      if (input.input.ancient) continue;
      forEachPath(input, i, (path) => states.push(this.inputState(input, path)));
    }
    return states;
  }

  private inputState(input: PlannedInput, path: number): Seen {
    const position = input.producerOutputs[path]!;
    if (position < 0)
      return this.states.ofSource(input, path) ?? (this.mayBeGone(input, path) ? 'gone by nature' : null);
    const producer = input.producers[path]!;
    const rule = ruleOf(this.plan, producer);
    const i = producer - rule.firstTask;
    const state = stateAt(this.states.ofOutput(rule, position), i);
    if (!rule.rule.outputs[position]!.temp) return state;
    const recorded = recordedStates(this.present.records?.get(rule.outputTexts[0]!(i)), position);
    if (state && !recorded.some((r) => sameFile(r, state))) return state;
    return recorded.length > 0 ? recorded : (state ?? this.standIns.get(producer) ?? null);
  }

  /** Of a source file, or a file inside a directory output. That of a temp one that is gone went with it. */
  private mayBeGone(input: PlannedInput, path: number): boolean {
    const producer = input.producers[path]!;
    if (producer === -1) return true;
    const position = outputRead(this.plan, input, path);
    return ruleOf(this.plan, producer).rule.outputs[position]!.temp && this.states.isGone(producer, position);
  }

  private upstreamRuns(rule: PlannedRule, i: number): boolean {
    for (const input of rule.inputs) {
      if (!input.hasProducer || input.input.ancient) continue;
      const { members, producers } = input;
      if (members.kind === 'map') {
        const producer = producers[members.pathOf(i)]!;
        if (producer >= 0 && this.reasons[producer] !== 0) return true;
        continue;
      }
      const group = members.groupOf(i);
      for (let m = members.offsets[group]!; m < members.offsets[group + 1]!; m++) {
        const producer = producers[members.members[m]!]!;
        if (producer >= 0 && this.reasons[producer] !== 0) return true;
      }
    }
    return false;
  }

  private passesChecks(rule: PlannedRule, i: number): boolean {
    const checked = rule.rule.outputs.flatMap(({ checks }, o): CheckedOutput[] => {
      const isThere = !this.states.isGone(rule.firstTask + i, o);
      return checks.length > 0 && isThere ? [{ rule: rule.rule, output: o, path: rule.outputTexts[o]!(i) }] : [];
    });
    // All of them, also behind one that fails: `wfc why` tells of each.
    this.unchecked.push(...checked.filter(({ path }) => !this.present.checks.has(path)));
    return checked.every(({ path }) => this.present.checks.get(path) !== false);
  }

  /** Make's rule, where all state is lost: complete if no input is newer than an output. */
  private reasonByTimes(task: number, rule: PlannedRule, i: number): number {
    const outputs = this.states.ofOutputs(rule, i);
    if (this.hasMarker(rule.outputTexts[0]!(i))) return INCOMPLETE;
    // Temp outputs that nobody reads were never there, as far as anybody can tell.
    if (outputs.every((o) => o === null) && !this.isRead(task)) return MISSING;
    if (this.upstreamRuns(rule, i)) return UPSTREAM;
    const inputs = this.inputStates(rule, i);
    const files = inputs.flatMap((s) => (s === null || s === 'gone by nature' ? [] : Array.isArray(s) ? s : [s]));
    const times = [...files, ...this.code.files(rule.rule)];
    const newest = times.reduce((max, { mtimeMs }) => Math.max(max, mtimeMs), 0);
    const oldest = outputs.reduce((min, o) => Math.min(min, o?.mtimeMs ?? min), Number.POSITIVE_INFINITY);
    if (inputs.includes(null) || newest > oldest) return reasonCode('input newer');
    if (!this.passesChecks(rule, i)) return reasonCode('check failed');
    // As make looks through an intermediate file that is gone: it is as old as what it would be made from.
    if (outputs.includes(null)) this.standIns.set(task, { mtimeMs: newest, size: 0 });
    this.toRecord.push(task);
    return 0;
  }

  /** Whether any path that a task reads is made by this one. */
  private isRead(task: number): boolean {
    if (this.read === null) {
      this.read = new Uint8Array(this.plan.taskCount);
      for (const { inputs } of this.plan.rules)
        for (const { producers } of inputs)
          for (const producer of producers) if (producer >= 0) this.read[producer] = 1;
    }
    return this.read[task] === 1;
  }

  private remakeTemps(): void {
    const { plan, reasons } = this;
    const tasks: number[] = [];
    if (!plan.rules.some((r) => r.rule.outputs.some((o) => o.temp))) return;
    forEachTaskInOrder(plan, (task) => tasks.push(task));
    for (const task of tasks.reverse()) {
      if (reasons[task] === 0) continue;
      const rule = ruleOf(plan, task);
      for (const input of rule.inputs) {
        if (!input.hasProducer) continue;
        forEachPath(input, task - rule.firstTask, (path) => {
          const producer = input.producers[path]!;
          if (producer < 0 || reasons[producer] !== 0) return;
          if (this.states.isGone(producer, outputRead(plan, input, path))) reasons[producer] = TEMP_NEEDED;
        });
      }
    }
  }

  private missingSources(): Map<number, string> {
    const missing = new Map<number, string>();
    for (const rule of this.plan.rules) {
      const sources = rule.inputs.filter((input) => input.producers.includes(-1));
      if (sources.length === 0) continue;
      for (let i = 0; i < rule.space.size; i++) {
        const task = rule.firstTask + i;
        if (this.reasons[task] === 0) continue;
        for (const input of sources) {
          forEachPath(input, i, (path) => {
            if (input.producers[path] !== -1 || missing.has(task) || this.states.ofSource(input, path)) return;
            missing.set(task, input.pathText(path));
          });
        }
      }
    }
    return missing;
  }
}
