import { Located, mergeNodes } from '../../model/located.ts';
import { locationInside, type ScalarNode } from '../../model/source.ts';
import type {
  Check as CheckSpec,
  Defaults,
  InputPattern,
  OutputPattern,
  Resources as ResourcesSpec,
  Rule as RuleSpec,
} from '../../model/spec.generated.ts';
import {
  type Check,
  type Column,
  type Input,
  type Output,
  type PathPattern,
  type ResourceTemplates,
  type Rule,
  type StagedSource,
  sumsFiles,
  type ValueTemplate,
} from '../../model/workflow.ts';
import { determinedColumns } from '../params/space.ts';
import { hasBlanks, useColumn } from '../params/values.ts';
import { whyUndetermined } from '../params/witness.ts';
import * as report from '../report/report.ts';
import { holesOfRule } from '../text/holes.ts';
import { refuseShellWord } from '../text/shell-words.ts';
import { type DeclaredFiles, readFiles } from '../text/slots.ts';
import { closest } from '../text/suggest.ts';
import { parseTemplate } from '../text/template.ts';
import type { RuleScope } from './bindings.ts';
import { normalizeCheck } from './checks.ts';
import { ruleCode } from './code.ts';
import type { NamingText } from './code-files.ts';
import { CommandCompiler, compileValue, PRELOADING, SCRIPT_EXTENSIONS } from './command.ts';
import type { Unpreloaded } from './heavy-imports.ts';
import type { RuleOptions } from './options.ts';
import { ruleCheckpoint, ruleLog } from './own-paths.ts';
import { checkValuesInPaths } from './path-values.ts';
import { parsePath, pathPattern } from './paths.ts';
import { checkFlagName } from './sbatch-flags.ts';

/** A rule as far as it can be read. */
export interface NormalizedRule {
  readonly rule: Rule;
  /** Whether its tasks and its edges can be told: its command may hold mistakes all the same. */
  readonly canBePlanned: boolean;
  /** The files that must be there before its tasks can be told; none for most. */
  readonly sources: readonly StagedSource[];
  /** Its script, where it could be preloaded and is not. */
  readonly unpreloaded: Unpreloaded | null;
}

/** Resolve every name in one rule. Mistakes are reported; the result is then only good for finding further ones. */
export function normalizeRule(
  name: ScalarNode,
  spec: Located<RuleSpec>,
  defaults: Located<Defaults> | undefined,
  index: number,
  options: RuleOptions,
): NormalizedRule {
  return new RuleNormalizer(
    name,
    spec,
    defaults ? new Located<RuleSpec>(mergeNodes(defaults.node, spec.node)) : spec,
    options,
  ).build(index);
}

class RuleNormalizer {
  private readonly name: ScalarNode;
  /** Without the defaults. */
  private readonly own: Located<RuleSpec>;
  private readonly spec: Located<RuleSpec>;
  private readonly options: RuleOptions;
  /** Its texts that name files: the command first. */
  private readonly naming: { readonly node: ScalarNode; readonly naming: NamingText }[] = [];

  constructor(name: ScalarNode, own: Located<RuleSpec>, spec: Located<RuleSpec>, options: RuleOptions) {
    this.name = name;
    this.own = own;
    this.spec = spec;
    this.options = options;
  }

  build(index: number): NormalizedRule {
    const { relation, constants, context } = this.options;
    const { holes } = context;
    const forgiven = holes.forgiven;
    const outputs = this.outputs();
    // What depends on the key can't be told where the outputs can't be read.
    const outputsKnown = !this.lacks('output') && outputs.unread.size === 0 && outputs.list.length > 0;
    const { key, isCarried } = this.key(outputs.list);
    const gather = this.gather(key);
    const keyed = outputsKnown
      ? new Set([...key, ...determinedColumns(relation, key), ...this.strays()])
      : new Set([...relation.columns.values()].filter((c) => !gather.includes(c)));
    const gathered = new Set([...keyed, ...gather, ...determinedColumns(relation, [...key, ...gather])]);
    const inputs = this.inputs(key, keyed, gathered, gather);
    const mapped = outputsKnown ? keyed : new Set(relation.columns.values());
    const own = { ...this.options, name: this.name, key, mapped };
    const checkpoint = this.lacks('checkpoint') ? 'unread' : ruleCheckpoint(this.spec.get('checkpoint')?.as(), own);
    const scope: RuleScope = {
      ruleName: this.name.text,
      columns: relation.columns,
      mapped,
      whyNot: (column) => whyUndetermined(relation, key, column),
      constants,
      inputSlots: inputs.slots,
      outputSlots: outputs.slots,
      holes: context.holes,
      unreadInputs: this.lacks('input') ? null : inputs.unread,
      unreadOutputs: this.lacks('output') || !this.spec.get('output') ? null : outputs.unread,
      checkpoint,
      isGathered: (slot) => inputs.list.slice(slot.start, slot.end).some((i) => i.gathered),
    };
    const run = this.lacks('shell') ? null : (this.spec.get('run')?.scalar ?? null);
    const shell = this.spec.get('shell')?.text ?? 'bash';
    if (run && shell !== 'bash') this.warnOfLiteralPlaceholders(run, shell);
    const compiler = new CommandCompiler(scope, context.diagnostics);
    const command = compiler.compile({
      run,
      shell: shell === '' ? 'bash' : shell,
      env: (this.spec.get('env')?.entries() ?? []).map(({ key: k, value }) => ({ name: k.text, value: value.scalar })),
      modules: (this.spec.get('modules')?.items() ?? []).map((m) => m.scalar),
      conda: this.spec.get('conda')?.scalar ?? null,
      container: this.spec.get('container')?.scalar ?? null,
      // Whoever is warned, and may go on, has an interpreter of its own: what it takes to start is nothing beside such a task.
      preload: checkpoint === null ? (this.spec.get('preload')?.items() ?? []).map((m) => m.text) : [],
    });
    this.checkPreload(shell);
    const conda = this.spec.get('conda');
    if (conda && /\.ya?ml$/.test(conda.text)) context.diagnostics.push(report.condaFile(conda.location, conda.text));
    const container = this.spec.get('container')?.scalar;
    if (container) refuseShellWord(container.text, container, context.diagnostics);
    if (run && compiler.naming) this.naming.unshift({ node: run, naming: compiler.naming });
    const texts = { inputs: inputs.list, naming: this.lacks('code') ? [] : this.naming };
    const code = ruleCode(this.name.text, this.spec.get('code'), texts, this.options);
    const resources = this.resources(scope);
    const log = ruleLog(this.spec.get('log'), own);
    // The default log holds the values of the outputs, and no others.
    const paths = [...inputs.list, ...outputs.list].map((x) => x.pattern).concat(log?.isDeclared ? [log.path] : []);
    if (checkpoint !== null && checkpoint !== 'unread') paths.push(...checkpoint.paths);
    const valuesFit = checkValuesInPaths(paths, relation, context.diagnostics);
    const rule: Rule = {
      name: this.name.text,
      index,
      inputs: inputs.list.filter((i) => inputs.sound.has(i)),
      outputs: outputs.list,
      inputSlots: inputs.slots,
      outputSlots: outputs.slots,
      key,
      gather,
      // Slots count all inputs.
      command: inputs.sound.size === inputs.list.length ? command : { ...command, bindings: [] },
      code,
      shell,
      resources,
      retries: Number(this.spec.get('retries')?.text ?? 0),
      checkpoint: checkpoint === 'unread' ? null : checkpoint,
      local: this.spec.get('local')?.value === true,
      log: log?.path ?? pathPattern(false, [], this.name.location),
      hasOwnLog: this.spec.get('log') !== undefined,
      location: this.name.location,
      runLocation: (run ?? this.name).location,
    };
    const canBePlanned = outputsKnown && isCarried && !this.lacks('directory') && log !== null && valuesFit;
    const couldPreload = PRELOADING.has(shell) && !this.spec.get('preload') && !this.lacks('preload');
    const unpreloaded = couldPreload && run && compiler.naming ? { rule, run, naming: compiler.naming } : null;
    // A name that is not known may be that of a column.
    const unread = holes.forgiven > forgiven ? holes.unread : [];
    const sources = new Set([...columnsOf(rule).flatMap((c) => holes.waits.get(c.name) ?? []), ...unread]);
    const isSure = !columnsOf(rule).some((c) => this.isUnsure(c));
    return { rule, unpreloaded, canBePlanned: canBePlanned && isSure, sources: [...sources] };
  }

  /** Whether a key of the rule holds what could not be read. */
  private lacks(key: string): boolean {
    return holesOfRule(this.options.context.holes, this.name.text).has(key);
  }

  private isUnsure(column: Column): boolean {
    return this.options.context.holes.unsure.has(column.name) || hasBlanks(column);
  }

  /** Columns of which nobody knows what determines them. */
  private strays(): Column[] {
    const { columns } = this.options.relation;
    return [...this.options.context.holes.strays.keys()].flatMap((name) => columns.get(name) ?? []);
  }

  /** `shell: python` takes a file as it is: a placeholder in it was most likely meant to be filled. */
  private warnOfLiteralPlaceholders(run: ScalarNode, shell: string): void {
    if (Object.hasOwn(SCRIPT_EXTENSIONS, shell)) return;
    const { template } = parseTemplate(run.text, new Set(this.options.relation.columns.keys()));
    const token = template.tokens.find((t) => t.kind === 'placeholder');
    if (!token) return;
    const location = locationInside(run, token.start, token.end - token.start);
    this.options.context.diagnostics.push(
      report.literalPlaceholder(location, run.text.slice(token.start, token.end), shell),
    );
  }

  /** What `defaults` say is for the rules that it fits. */
  private checkPreload(shell: string): void {
    const preload = this.own.get('preload');
    if (!preload || this.lacks('shell')) return;
    const { diagnostics } = this.options.context;
    if (!PRELOADING.has(shell)) diagnostics.push(report.preloadOfShell(preload.location, shell));
  }

  // --- outputs and the key ---

  private outputs(): DeclaredFiles<Output> {
    return readFiles(this.spec.get('output')?.node, (node) => this.output(new Located<OutputPattern>(node)));
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
    return normalizeCheck(spec, this.options, (node, naming) => this.naming.push({ node, naming }));
  }

  /** The params in the outputs, in order of the relation; every output must carry all of them. */
  private key(outputs: readonly Output[]): { key: Column[]; isCarried: boolean } {
    const { relation, context } = this.options;
    const all = new Set(outputs.flatMap((o) => o.pattern.columns));
    const key = relation.factors.flatMap((f) => f.columns.filter((c) => all.has(c)));
    let isCarried = true;
    for (const { pattern } of outputs) {
      const carried = new Set([...pattern.columns, ...determinedColumns(relation, pattern.columns)]);
      const missing = key.filter((c) => !carried.has(c));
      if (missing.length > 0) {
        const names = missing.map((c) => c.name);
        context.diagnostics.push(report.outputLacksKey(pattern.location, pattern.text, names, this.name.text));
        isCarried = false;
      }
    }
    return { key, isCarried };
  }

  // --- inputs and gather ---

  private gather(key: readonly Column[]): Column[] {
    const { relation, context } = this.options;
    const columns: Column[] = [];
    for (const item of this.spec.get('gather')?.items() ?? []) {
      const column = relation.columns.get(item.text);
      if (!column && context.holes.anyName) {
        context.holes.forgiven++;
        continue;
      }
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
  ): DeclaredFiles<Input> & { sound: ReadonlySet<Input> } {
    const { context, relation } = this.options;
    const isGathered = (pattern: PathPattern): boolean => pattern.columns.some((c) => !keyed.has(c));
    const files = readFiles(
      this.spec.get('input')?.node,
      (node) => this.input(new Located<InputPattern>(node), isGathered),
      (input) => input.gathered,
    );
    const named = this.spec.get('gather')?.items() ?? [];
    // With a gather that names no param, what is left to gather can't be told.
    const isGatherKnown = !this.lacks('gather') && named.every((g) => relation.columns.has(g.text));
    const sound = new Set<Input>();
    for (const input of files.list) {
      const { pattern } = input;
      const free = pattern.columns.filter((c) => !gathered.has(c));
      if (free.length === 0) sound.add(input);
      else if (isGatherKnown) {
        const wanted = [...gather, ...free].map((c) => c.name);
        const why = whyUndetermined(relation, [...key, ...gather], free[0]!);
        const names = free.map((c) => c.name);
        context.diagnostics.push(report.inputParamFree(pattern.location, names, this.name.text, wanted, why));
      }
    }
    for (const item of files.unread.size === 0 && !this.lacks('input') ? named : []) {
      const column = gather.find((c) => c.name === item.text);
      if (column && !this.isUsed(column, files.list, keyed, gather)) {
        context.diagnostics.push(report.gatherUnused(item.location, item.text));
      }
    }
    return { ...files, sound };
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

  private path(node: ScalarNode): PathPattern | null {
    const { relation, constants, context } = this.options;
    return parsePath(node, { columns: relation.columns, constants, context });
  }

  // --- resources ---

  private resources(scope: RuleScope): ResourceTemplates {
    const { diagnostics } = this.options.context;
    const spec = this.spec.get('resources')?.as<ResourcesSpec>();
    const value = (located: Located<unknown> | undefined): ValueTemplate | null => {
      const template = located ? compileValue(located.scalar, scope, diagnostics) : null;
      const sources = [...(template?.sources.values() ?? [])];
      return sources.some((s) => s.kind === 'param' && this.isUnsure(s.column)) ? null : template;
    };
    const known = <T>(x: T | null): T[] => (x === null ? [] : [x]);
    const slurm = spec?.get('slurm');
    const flags = (slurm?.entries() ?? []).filter(({ key }) => key.text !== 'extra');
    for (const { key } of flags) checkFlagName(key.text, key.location, diagnostics);
    return {
      cpus: value(spec?.get('cpus')),
      mem: value(spec?.get('mem')),
      time: value(spec?.get('time')),
      gpus: value(spec?.get('gpus')),
      nodes: value(spec?.get('nodes')),
      ranksPerNode: value(spec?.get('ranks_per_node')),
      slurm: new Map(
        flags.flatMap(({ key, value: v }) => known(value(v as Located<unknown>)).map((t) => [key.text, t] as const)),
      ),
      slurmExtra: (slurm?.get('extra')?.items() ?? []).flatMap((v) => known(value(v))),
    };
  }
}

/** All columns that say something of a rule's tasks: what they are, and what they read. */
function columnsOf({ key, gather, inputs }: Rule): Column[] {
  return [...key, ...gather, ...inputs.flatMap((i) => i.pattern.columns)];
}
