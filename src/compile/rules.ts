import { Located, mergeNodes } from '../model/located.ts';
import { locationInside, type Node, type ScalarNode } from '../model/source.ts';
import type {
  Check as CheckSpec,
  Defaults,
  InputPattern,
  OutputPattern,
  Resources as ResourcesSpec,
  Rule as RuleSpec,
} from '../model/spec.generated.ts';
import {
  type Check,
  type Column,
  type Input,
  type Output,
  type PathPattern,
  type Relation,
  type ResourceTemplates,
  type Rule,
  type Slot,
  sumsFiles,
} from '../model/workflow.ts';
import type { RuleScope } from './bindings.ts';
import { CommandCompiler, compileCheck, compileValue, SCRIPT_EXTENSIONS } from './command.ts';
import type { Constants } from './config.ts';
import { type Context, reservedFile } from './context.ts';
import { assemblePath, parsePath, valueProblem } from './paths.ts';
import { determinedColumns } from './relation.ts';
import * as report from './report.ts';
import { refuseShellWord } from './shell-words.ts';
import { closest } from './suggest.ts';
import { parseTemplate } from './template.ts';
import { isBlank, placeOf, useColumn } from './values.ts';
import { whyUndetermined } from './witness.ts';

export interface RuleOptions {
  readonly relation: Relation;
  readonly constants: Constants;
  readonly context: Context;
}

/** Bad values that are shown of one param. */
const MOST_VALUES = 3;

/** One declared pattern with the slot name it was written under. */
interface Declared<T> {
  readonly value: T;
  readonly name: string;
}

/** Resolve every name in one rule. Mistakes are reported; the result is then not to be used. */
export function normalizeRule(
  name: ScalarNode,
  spec: Located<RuleSpec>,
  defaults: Located<Defaults> | undefined,
  index: number,
  options: RuleOptions,
): Rule | null {
  return new RuleNormalizer(
    name,
    defaults ? new Located<RuleSpec>(mergeNodes(defaults.node, spec.node)) : spec,
    options,
  ).build(index);
}

class RuleNormalizer {
  private readonly name: ScalarNode;
  private readonly spec: Located<RuleSpec>;
  private readonly options: RuleOptions;

  constructor(name: ScalarNode, spec: Located<RuleSpec>, options: RuleOptions) {
    this.name = name;
    this.spec = spec;
    this.options = options;
  }

  build(index: number): Rule | null {
    const { relation, constants, context } = this.options;
    const before = context.diagnostics.filter((d) => d.severity === 'error').length;
    const outputs = this.outputs();
    const key = this.key(outputs.list);
    const keyed = new Set([...key, ...determinedColumns(relation, key)]);
    const gather = this.gather(key);
    const gathered = new Set([...keyed, ...gather, ...determinedColumns(relation, [...key, ...gather])]);
    const inputs = this.inputs(key, keyed, gathered, gather);
    const scope: RuleScope = {
      ruleName: this.name.text,
      columns: relation.columns,
      mapped: keyed,
      whyNot: (column) => whyUndetermined(relation, key, column),
      constants,
      inputSlots: inputs.slots,
      outputSlots: outputs.slots,
      isGathered: (slot) => inputs.list.slice(slot.start, slot.end).some((i) => i.gathered),
    };
    const shell = this.spec.get('shell')?.text ?? 'bash';
    if (shell !== 'bash') this.warnOfLiteralPlaceholders(shell);
    const command = new CommandCompiler(scope, context.diagnostics).compile({
      run: this.spec.get('run')!.scalar,
      shell: shell === '' ? 'bash' : shell,
      env: (this.spec.get('env')?.entries() ?? []).map(({ key: k, value }) => ({ name: k.text, value: value.scalar })),
      modules: (this.spec.get('modules')?.items() ?? []).map((m) => m.scalar),
      conda: this.spec.get('conda')?.scalar ?? null,
      container: this.spec.get('container')?.scalar ?? null,
    });
    const container = this.spec.get('container')?.scalar;
    if (container) refuseShellWord(container.text, container, context.diagnostics);
    const resources = this.resources(scope);
    const log = this.log(key, keyed);
    // The default log holds the values of the outputs, and no others.
    const declaredLog = this.spec.get('log') && log ? [log] : [];
    this.checkValuesInPaths([...inputs.list, ...outputs.list].map((x) => x.pattern).concat(declaredLog));
    const errors = context.diagnostics.filter((d) => d.severity === 'error').length;
    if (errors > before || !log) return null;
    return {
      name: this.name.text,
      index,
      inputs: inputs.list,
      outputs: outputs.list,
      inputSlots: inputs.slots,
      outputSlots: outputs.slots,
      key,
      gather,
      command,
      shell,
      resources,
      retries: Number(this.spec.get('retries')?.text ?? 0),
      local: this.spec.get('local')?.value === true,
      log,
      hasOwnLog: this.spec.get('log') !== undefined,
      location: this.name.location,
      runLocation: this.spec.get('run')!.location,
    };
  }

  /** `shell: python` takes a file as it is: a placeholder in it was most likely meant to be filled. */
  private warnOfLiteralPlaceholders(shell: string): void {
    if (Object.hasOwn(SCRIPT_EXTENSIONS, shell)) return;
    const run = this.spec.get('run')!.scalar;
    const { template } = parseTemplate(run.text, new Set(this.options.relation.columns.keys()));
    const token = template.tokens.find((t) => t.kind === 'placeholder');
    if (!token) return;
    const location = locationInside(run, token.start, token.end - token.start);
    this.options.context.diagnostics.push(
      report.literalPlaceholder(location, run.text.slice(token.start, token.end), shell),
    );
  }

  // --- outputs and the key ---

  private outputs(): { list: Output[]; slots: Map<string, Slot> } {
    const { list, slots } = this.declared(this.spec.get('output')?.node, (node) =>
      this.output(new Located<OutputPattern>(node)),
    );
    return { list: list.map((d) => d.value), slots };
  }

  private output(spec: Located<OutputPattern>): Output | null {
    const options = spec.kind === 'mapping';
    const path = options ? spec.get('path')! : spec;
    const pattern = this.path(path.scalar);
    if (!pattern) return null;
    const output: Output = {
      pattern,
      directory: options && spec.get('directory')?.value === true,
      temp: options && spec.get('temp')?.value === true,
      protected: options && spec.get('protected')?.value === true,
      checks: options ? (spec.get('check')?.items() ?? []).map((c) => this.check(c.as())) : [],
    };
    if (sumsFiles(output) && !output.directory) {
      this.options.context.diagnostics.push(report.filesOfNoDirectory(spec.get('check')!.location));
    }
    if (output.temp && output.protected) this.options.context.diagnostics.push(report.tempAndProtected(spec.location));
    return output;
  }

  private check(spec: Located<CheckSpec>): Check {
    const { constants, context, relation } = this.options;
    if (spec.kind === 'scalar') return { kind: spec.text === 'files' ? 'files' : 'nonempty' };
    const minBytes = spec.as<{ min_bytes: number }>().get('min_bytes');
    if (minBytes) return { kind: 'min_bytes', bytes: Number(minBytes.text) };
    const sha256 = spec.as<{ sha256: string }>().get('sha256');
    if (sha256) {
      // A hash of digits alone is a number to the schema, and passes it whatever its length.
      if (!/^[0-9a-f]{64}$/i.test(sha256.text)) {
        context.diagnostics.push(report.badFormat(sha256.location, '"sha256"', 'a-fA-F'));
      }
      return { kind: 'sha256', hash: sha256.text.toLowerCase() };
    }
    const run = spec.as<{ run: string }>().get('run')!.scalar;
    this.reserveNamed(run);
    return {
      kind: 'run',
      command: compileCheck(run, constants, new Set(relation.columns.keys()), context.diagnostics),
    };
  }

  /** What a check names and what is there, such as `check.py`, is read by it. */
  private reserveNamed(check: ScalarNode): void {
    const { files, reserved } = this.options.context;
    for (const { 0: word, index } of check.text.matchAll(/[^\s'"`;|&<>(){}=]+/g)) {
      if (files.kind(word) !== 'file') continue;
      reserved.push(reservedFile(word, locationInside(check, index, word.length), 'a file that a check names'));
    }
  }

  /** The params in the outputs, in order of the relation; every output must carry all of them. */
  private key(outputs: readonly Output[]): Column[] {
    const { relation, context } = this.options;
    const all = new Set(outputs.flatMap((o) => o.pattern.columns));
    const key = relation.factors.flatMap((f) => f.columns.filter((c) => all.has(c)));
    for (const { pattern } of outputs) {
      const carried = new Set([...pattern.columns, ...determinedColumns(relation, pattern.columns)]);
      const missing = key.filter((c) => !carried.has(c));
      if (missing.length > 0) {
        const names = missing.map((c) => c.name);
        context.diagnostics.push(report.outputLacksKey(pattern.location, pattern.text, names, this.name.text));
      }
    }
    return key;
  }

  // --- inputs and gather ---

  private gather(key: readonly Column[]): Column[] {
    const { relation, context } = this.options;
    const columns: Column[] = [];
    for (const item of this.spec.get('gather')?.items() ?? []) {
      const column = relation.columns.get(item.text);
      if (!column)
        context.diagnostics.push(
          report.unknownParam(item.location, item.text, closest(item.text, relation.columns.keys())),
        );
      else if (key.includes(column)) context.diagnostics.push(report.gatherInKey(item.location, item.text));
      else if (columns.includes(column)) context.diagnostics.push(report.gatherTwice(item.location, item.text));
      else columns.push(column);
      if (column) useColumn(column, context.diagnostics);
    }
    return columns;
  }

  private inputs(
    key: readonly Column[],
    keyed: ReadonlySet<Column>,
    gathered: ReadonlySet<Column>,
    gather: readonly Column[],
  ): { list: Input[]; slots: Map<string, Slot> } {
    const { context } = this.options;
    const isGathered = (pattern: PathPattern): boolean => pattern.columns.some((c) => !keyed.has(c));
    const { list, slots } = this.declared(
      this.spec.get('input')?.node,
      (node) => this.input(new Located<InputPattern>(node), isGathered),
      (input) => input.gathered,
    );
    const inputs = list.map((d) => d.value);
    // With a gather that names no param, what is left to gather can't be told.
    const unknown = (this.spec.get('gather')?.items() ?? []).some((g) => !this.options.relation.columns.has(g.text));
    for (const { pattern } of unknown ? [] : inputs) {
      const free = pattern.columns.filter((c) => !gathered.has(c));
      if (free.length > 0) {
        const wanted = [...gather, ...free].map((c) => c.name);
        const why = whyUndetermined(this.options.relation, [...key, ...gather], free[0]!);
        const names = free.map((c) => c.name);
        context.diagnostics.push(report.inputParamFree(pattern.location, names, this.name.text, wanted, why));
      }
    }
    for (const item of this.spec.get('gather')?.items() ?? []) {
      const column = gather.find((c) => c.name === item.text);
      if (column && inputs.length === list.length && !this.isUsed(column, inputs, keyed, gather)) {
        context.diagnostics.push(report.gatherUnused(item.location, item.text));
      }
    }
    return { list: inputs, slots };
  }

  /** Whether an input names a gathered param, or a column that only it determines. */
  private isUsed(
    column: Column,
    inputs: readonly Input[],
    keyed: ReadonlySet<Column>,
    gather: readonly Column[],
  ): boolean {
    if (inputs.some((i) => i.pattern.columns.includes(column))) return true;
    const others = [...keyed, ...gather.filter((c) => c !== column)];
    const without = new Set([...others, ...determinedColumns(this.options.relation, others)]);
    return inputs.some((i) => i.pattern.columns.some((c) => !without.has(c)));
  }

  private input(spec: Located<InputPattern>, isGathered: (p: PathPattern) => boolean): Input | null {
    const options = spec.kind === 'mapping';
    const pattern = this.path((options ? spec.get('path')! : spec).scalar);
    return (
      pattern && { pattern, ancient: options && spec.get('ancient')?.value === true, gathered: isGathered(pattern) }
    );
  }

  // --- what inputs and outputs share ---

  /** Read a pattern, a list of patterns, or a mapping of names to either; `slots` tells which placeholder means which. */
  private declared<T>(
    node: Node | undefined,
    read: (node: Node) => T | null,
    isMany: (value: T) => boolean = () => false,
  ): { list: Declared<T>[]; slots: Map<string, Slot> } {
    const list: Declared<T>[] = [];
    const slots = new Map<string, Slot>();
    if (!node) return { list, slots };
    const add = (name: string, one: Node): void => {
      const start = list.length;
      const isList = one.kind === 'sequence';
      for (const item of isList ? one.items : [one]) {
        const value = read(item);
        if (value !== null) list.push({ value, name });
      }
      const values = list.slice(start).map((d) => d.value);
      slots.set(name, { name, start, end: list.length, many: isList || values.some(isMany) });
    };
    const named = node.kind === 'mapping' && !node.entries.has('path');
    if (!named) add('', node);
    else for (const [name, entry] of node.entries) add(name, entry.value);
    if (named) slots.set('', { name: '', start: 0, end: list.length, many: true });
    return { list, slots };
  }

  private path(node: ScalarNode): PathPattern | null {
    const { relation, constants, context } = this.options;
    return parsePath(node, { columns: relation.columns, constants, context });
  }

  /** A value that can't be part of a path is an error where a path uses it. */
  private checkValuesInPaths(patterns: readonly PathPattern[]): void {
    const { diagnostics } = this.options.context;
    for (const pattern of patterns) {
      for (const part of pattern.segments.flat()) {
        if (typeof part === 'string') continue;
        const { column, pad } = part;
        const unpadded = pad > 0 ? column.values.find((v) => !/^[-+]?\d+$/.test(v)) : undefined;
        if (unpadded !== undefined) diagnostics.push(report.padNotInteger(pattern.location, column.name, unpadded));
        let shown = 0;
        for (let id = 0; id < column.values.length && shown < MOST_VALUES; id++) {
          const value = column.values[id]!;
          const problem = valueProblem(value, column.allowsSlash);
          if (problem === null || isBlank(column, id)) continue;
          shown++;
          const isAxis = this.options.relation.factors[column.factor]?.kind === 'axis';
          const diagnostic = report.badValueInPath(
            pattern.location,
            column.name,
            value,
            problem,
            isAxis,
            placeOf(column, id),
          );
          // A bad value is news once, not in each rule that uses it.
          if (!diagnostics.some((d) => d.message === diagnostic.message)) diagnostics.push(diagnostic);
        }
      }
    }
  }

  // --- log and resources ---

  /** The declared log, or `.wfc/logs/RULE/site=01022500/seed=3.log`: a folder a param, so that none holds them all. */
  private log(key: readonly Column[], keyed: ReadonlySet<Column>): PathPattern | null {
    const { context, relation } = this.options;
    const declared = this.spec.get('log');
    if (!declared) {
      const parts = [
        `.wfc/logs/${this.name.text}`,
        ...key.flatMap((column) => [`/${column.name}=`, { column, pad: 0 }]),
        '.log',
      ];
      return assemblePath(parts, this.name.location, context);
    }
    const pattern = this.path(declared.scalar);
    if (!pattern) return null;
    const carried = new Set([...pattern.columns, ...determinedColumns(relation, pattern.columns)]);
    const missing = key.filter((c) => !carried.has(c)).map((c) => c.name);
    if (missing.length > 0) context.diagnostics.push(report.logLacksKey(pattern.location, missing, this.name.text));
    const foreign = pattern.columns.find((c) => !keyed.has(c));
    if (foreign) {
      const written = new RegExp(`\\{${foreign.name}[:}]`).exec(declared.text);
      const location = written
        ? locationInside(declared.scalar, written.index, foreign.name.length + 2)
        : pattern.location;
      context.diagnostics.push(
        report.paramNotInKey(location, foreign.name, this.name.text, whyUndetermined(relation, key, foreign)),
      );
    }
    return pattern;
  }

  private resources(scope: RuleScope): ResourceTemplates {
    const { diagnostics } = this.options.context;
    const spec = this.spec.get('resources')?.as<ResourcesSpec>();
    const value = (located: Located<unknown> | undefined) =>
      located ? compileValue(located.scalar, scope, diagnostics) : null;
    const slurm = spec?.get('slurm');
    const flags = (slurm?.entries() ?? []).filter(({ key }) => key.text !== 'extra');
    return {
      cpus: value(spec?.get('cpus')),
      mem: value(spec?.get('mem')),
      time: value(spec?.get('time')),
      gpus: value(spec?.get('gpus')),
      slurm: new Map(flags.map(({ key, value: v }) => [key.text, value(v as Located<unknown>)!])),
      slurmExtra: (slurm?.get('extra')?.items() ?? []).map((v) => value(v)!),
    };
  }
}
