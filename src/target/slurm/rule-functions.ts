import { type Plan, type PlannedInput, type PlannedRule, ruleOf } from '../../model/plan.ts';
import { type Column, leastBytes, type Rule, sumsFiles } from '../../model/workflow.ts';
import { formatValue } from '../../plan/format-value.ts';
import { taskResources } from '../../plan/resources.ts';
import { checksText } from '../../resume/fingerprint.ts';
import {
  bashLiteral,
  needsProgram,
  oneLine,
  renderRuleFunctions,
  ruleFunctionName,
  runsWithoutProcess,
} from '../functions.ts';
import { FIRST_FIELD, insideQuotes, pathWord, type RowText, RowTexts } from './bash-text.ts';
import { BashValues } from './bash-values.ts';
import { type NameParts, nameParts } from './task-names.ts';

/** A file of paths that a gather reads: one list for all tasks of a group. */
export interface ListFile {
  /** Relative to the artifacts folder. */
  readonly path: string;
  readonly lines: readonly string[];
}

/** What the runner needs of one rule. */
export interface RuleArtifacts {
  /** The functions of the rule: command, checks, paths, settings, variables. */
  readonly functions: string;
  readonly rows: readonly RowText[];
  /** The row's third field: the groups of its gathered inputs, or `-`. */
  readonly listOf: (taskIndex: number) => string;
  readonly lists: readonly ListFile[];
  readonly names: NameParts;
}

/** Write one rule's functions. `included` tells which tasks this submission runs: only their outputs are waited for. */
/** `elsewhere`: rules whose command another file has. */
export function ruleArtifacts(
  plan: Plan,
  rule: PlannedRule,
  included: Uint8Array,
  elsewhere: ReadonlySet<Rule>,
): RuleArtifacts {
  return new RuleWriter(plan, rule, included).write(elsewhere);
}

class RuleWriter {
  private readonly plan: Plan;
  private readonly rule: PlannedRule;
  private readonly included: Uint8Array;
  private readonly rows = new RowTexts();
  private readonly lists: ListFile[] = [];
  private readonly tasks: number[] = [];

  constructor(plan: Plan, rule: PlannedRule, included: Uint8Array) {
    this.plan = plan;
    this.rule = rule;
    this.included = included;
    for (let i = 0; i < rule.space.size; i++) if (included[rule.firstTask + i] === 1) this.tasks.push(i);
  }

  write(elsewhere: ReadonlySet<Rule>): RuleArtifacts {
    const { rule } = this;
    const { name } = rule.rule;
    const paths = this.pathsBody();
    const settings = this.settingsBody();
    const bind = this.bindBody();
    const here = this.runsHere() ? [bashFunction(`wfc_here_${name}`, this.hereBody(bind))] : [];
    const fields = this.rows.texts.map(({ key }, i) => `\${${i + FIRST_FIELD}} ${oneLine(key)}`).join(', ');
    const named = fields === '' ? [] : [`# ${fields}`];
    const gathers = rule.inputs.filter((i) => i.members.kind === 'gather');
    const own = renderRuleFunctions(rule.rule, elsewhere).trimEnd();
    const functions = [
      ...(own === '' ? [] : [own]),
      bashFunction(`wfc_paths_${name}`, [...named, ...paths]),
      bashFunction(`wfc_settings_${name}`, settings),
      bashFunction(`wfc_bind_${name}`, [...named, ...bind]),
      ...here,
    ];
    return {
      functions: functions.join('\n'),
      rows: this.rows.texts,
      listOf: (i) => (gathers.length === 0 ? '-' : gathers.map((g) => groupOf(g, i)).join(',')),
      lists: this.lists,
      names: nameParts(rule.rule.outputs[0]!.pattern, this.fieldOf),
    };
  }

  private readonly fieldOf = (column: Column, pad: number): number => {
    const read = this.rule.space.reader(column);
    return this.rows.field(pad > 0 ? `${column.name}__0${pad}` : column.name, (i) =>
      formatValue(column.values[read(i)]!, pad),
    );
  };

  // --- paths ---

  private pathsBody(): string[] {
    const { rule } = this;
    const lines = rule.inputs.some((i) => i.members.kind === 'gather') ? this.manyInputs() : this.singleInputs();
    lines.push(`wfc_outputs=(${rule.rule.outputs.map((o) => pathWord(o.pattern, this.fieldOf)).join(' ')})`);
    const summed = rule.rule.outputs.flatMap((output, o) => (sumsFiles(output) ? [`"\${wfc_outputs[${o}]}"`] : []));
    if (summed.length > 0) lines.push(`wfc_summed+=(${summed.join(' ')})`);
    lines.push(`wfc_log=${pathWord(rule.rule.log, this.fieldOf)}`);
    if (rule.rule.checkpoint !== null) {
      const { paths, note } = rule.rule.checkpoint;
      lines.push(`wfc_checkpoints=(${paths.map((path) => pathWord(path, this.fieldOf)).join(' ')})`);
      lines.push(`wfc_note=${pathWord(note, this.fieldOf)}`);
    }
    return lines;
  }

  /** Where no input gathers: in two commands, for an element calls this again and again. */
  private singleInputs(): string[] {
    const { inputs } = this.rule;
    const words = inputs.map((input) => pathWord(input.input.pattern, this.fieldOf));
    const producers = inputs.map((input, k) => this.producerOf(input, k, words[k]!));
    const areNames = inputs.length > 0 && producers.every(({ name }, k) => name === words[k]);
    const list = (parts: readonly (string | number)[]): string => `(${parts.join(' ')})`;
    return [
      `wfc_inputs=${list(words)}`,
      [
        `wfc_from=${list(areNames ? ['"${wfc_inputs[@]}"'] : producers.map(({ name }) => name))}`,
        `wfc_from_output=${list(producers.map(({ position }) => position))}`,
        `wfc_ancient=${list(inputs.map((input) => Number(input.input.ancient)))}`,
        `wfc_input_at=${list([...inputs.keys(), inputs.length])}`,
      ].join(' '),
      ...inputs.flatMap((input, k) => this.summedInput(input, k, words[k]!)),
    ];
  }

  private manyInputs(): string[] {
    const lines = [
      'wfc_inputs=() wfc_from=() wfc_from_output=() wfc_ancient=() wfc_input_at=()',
      'local wfc_groups wfc_list',
      'IFS=, read -r -a wfc_groups <<< "$1"',
    ];
    let gather = 0;
    this.rule.inputs.forEach((input, k) => {
      lines.push('wfc_input_at+=("${#wfc_inputs[@]}")');
      lines.push(...(input.members.kind === 'map' ? this.mapInput(input, k) : this.gatherInput(input, k, gather++)));
    });
    return [...lines, 'wfc_input_at+=("${#wfc_inputs[@]}")'];
  }

  private mapInput(input: PlannedInput, k: number): string[] {
    const word = pathWord(input.input.pattern, this.fieldOf);
    const { name, position } = this.producerOf(input, k, word);
    return [
      `wfc_inputs+=(${word}) wfc_from+=(${name}) wfc_from_output+=(${position}) wfc_ancient+=(${input.input.ancient ? 1 : 0})`,
      ...this.summedInput(input, k, word),
    ];
  }

  private summedInput(input: PlannedInput, k: number, word: string): string[] {
    const { members } = input;
    if (members.kind !== 'map') return [];
    const isSummed = (i: number): boolean => this.isSummed(input, members.pathOf(i));
    const some = this.tasks.some(isSummed);
    if (!some || this.tasks.every(isSummed)) return some ? [`wfc_summed+=(${word})`] : [];
    const field = this.rows.field(`summed_${k}`, (i) => (isSummed(i) ? 'yes' : 'no'));
    return [`[[ \${${field}} == no ]] || wfc_summed+=(${word})`];
  }

  /** Whether an input is a directory output whose files count, whoever makes it. */
  private isSummed({ producers, producerOutputs }: PlannedInput, path: number): boolean {
    if (producerOutputs[path]! < 0) return false;
    return sumsFiles(ruleOf(this.plan, producers[path]!).rule.outputs[producerOutputs[path]!]!);
  }

  /** The producer of a map input as bash words: the path itself, a pattern, or fields of the row. */
  private producerOf(input: PlannedInput, k: number, word: string): { name: string; position: string } {
    const seen = this.tasks.map((i) => this.producerAt(input, i));
    if (seen.every((p) => p === null)) return { name: "''", position: '0' };
    if (seen.every((p) => p?.isItself)) return { name: word, position: '0' };
    const pattern = this.producerPattern(seen);
    if (pattern) return pattern;
    const byIndex = (i: number): Producer | null => this.producerAt(input, i);
    const name = this.rows.field(`from_${k}`, (i) => byIndex(i)?.name ?? '-');
    const position = this.rows.field(`from_output_${k}`, (i) => String(byIndex(i)?.position ?? 0));
    return { name: `"\${${name}#-}"`, position: `"\${${position}}"` };
  }

  private producerAt(input: PlannedInput, i: number): Producer | null {
    if (input.members.kind !== 'map') return null;
    return this.producerOfPath(input, input.members.pathOf(i));
  }

  private producerOfPath(input: PlannedInput, path: number): Producer | null {
    const task = input.producers[path]!;
    if (task < 0 || this.included[task] === 0) return null;
    const rule = ruleOf(this.plan, task);
    const index = task - rule.firstTask;
    const name = rule.outputTexts[0]!(index);
    const position = input.producerOutputs[path]!;
    return { rule, index, name, position, isItself: position === 0 && name === input.pathText(path) };
  }

  /** One producer rule, one position, and its first output's params known here: its pattern over this rule's variables. */
  private producerPattern(seen: readonly (Producer | null)[]): { name: string; position: string } | null {
    const first = seen[0];
    if (!first || seen.some((p) => p === null || p.rule !== first.rule || p.position !== first.position)) return null;
    const { pattern } = first.rule.rule.outputs[0]!;
    const own = new Set(this.rule.rule.key);
    if (!pattern.columns.every((c) => own.has(c))) return null;
    const agrees = this.tasks.every((i, t) =>
      pattern.columns.every((c) => this.rule.space.valueId(i, c) === first.rule.space.valueId(seen[t]!.index, c)),
    );
    return agrees ? { name: pathWord(pattern, this.fieldOf), position: String(first.position) } : null;
  }

  private gatherInput(input: PlannedInput, k: number, gather: number): string[] {
    const { members } = input;
    if (members.kind === 'map') return [];
    const base = `lists/${this.rule.rule.name}-${k}`;
    const groups = [...new Set(this.tasks.map((i) => members.groupOf(i)))].sort((a, b) => a - b);
    let shape: 'none' | 'itself' | 'listed' | null = null;
    const summed = new Set<string>();
    let areAllSummed = true;
    for (const g of groups) {
      const paths = [...members.members.subarray(members.offsets[g]!, members.offsets[g + 1]!)];
      const producers = paths.map((p) => this.producerOfPath(input, p));
      for (const p of paths) {
        if (this.isSummed(input, p)) summed.add(input.pathText(p));
        else areAllSummed = false;
      }
      const own = producers.every((p) => p === null)
        ? 'none'
        : producers.every((p) => p?.isItself)
          ? 'itself'
          : 'listed';
      shape = shape === null || shape === own ? own : 'listed';
      this.lists.push({ path: `${base}-${g}.txt`, lines: paths.map((p) => input.pathText(p)) });
      this.lists.push({
        path: `${base}-${g}.from`,
        lines: producers.map((p) => `${p?.position ?? 0}\t${p?.name ?? ''}`),
      });
    }
    if (shape !== 'listed') dropLists(this.lists, '.from', base);
    const file = `"\${wfc_artifacts}/${base}-\${wfc_groups[${gather}]}.txt"`;
    const lines = [`mapfile -t wfc_list < ${file} || return`, 'wfc_inputs+=("${wfc_list[@]}")'];
    // Where only some are, they are named, whatever the task's group: which of them it reads, it is told above.
    if (summed.size > 0)
      lines.push(
        areAllSummed
          ? 'wfc_summed+=("${wfc_list[@]}")'
          : `wfc_summed+=(${[...summed].map((path) => `"${insideQuotes(path)}"`).join(' ')})`,
      );
    if (shape === 'itself') lines.push('wfc_from+=("${wfc_list[@]}") wfc_from_output+=("${wfc_list[@]/*/0}")');
    else if (shape === 'none') lines.push('wfc_from+=("${wfc_list[@]/*/}") wfc_from_output+=("${wfc_list[@]/*/0}")');
    else {
      lines.push(`mapfile -t wfc_list < ${file.replace('.txt"', '.from"')} || return`);
      lines.push('wfc_from+=("${wfc_list[@]#*$\'\\t\'}") wfc_from_output+=("${wfc_list[@]%%$\'\\t\'*}")');
    }
    lines.push(`wfc_ancient+=("\${wfc_list[@]/*/${input.input.ancient ? 1 : 0}}")`);
    return lines;
  }

  // --- settings ---

  private settingsBody(): string[] {
    const { rule } = this.rule;
    const time = this.setting('resource_time_s', (i) => taskResources(this.rule, i).timeSeconds);
    const nodes = this.setting('resource_nodes', (i) => taskResources(this.rule, i).nodes);
    const flags = (values: readonly (string | number)[]): string =>
      `(${values.map((v) => (v === '' ? "''" : v)).join(' ')})`;
    return [
      `wfc_retries=${rule.retries}`,
      `wfc_time_seconds=${time.word ?? "''"}`,
      // Who runs tasks on one node refuses those that need more.
      ...(nodes.word === 1 ? [] : [`wfc_nodes=${nodes.word}`]),
      ...(time.varies || nodes.varies ? ['wfc_settings_vary=1'] : []),
      ...checkpointSettings(rule),
      ...(this.runsHere() ? ['wfc_here=1'] : []),
      `wfc_directory=${flags(rule.outputs.map((o) => Number(o.directory)))}`,
      `wfc_temp=${flags(rule.outputs.map((o) => Number(o.temp)))}`,
      `wfc_protected=${flags(rule.outputs.map((o) => Number(o.protected)))}`,
      `wfc_min_bytes=${flags(rule.outputs.map((o) => leastBytes(o) || ''))}`,
      ...(rule.code.length === 0 ? [] : [`wfc_code=(${rule.code.map((path) => bashLiteral(path)).join(' ')})`]),
      `wfc_has_check=${flags(rule.outputs.map((_, o) => Number(needsProgram(rule, o))))}`,
      `wfc_checks_id=${bashLiteral(checksText(this.rule)) || "''"}`,
    ];
  }

  /** What all tasks have, or a field of the row. */
  private setting(
    name: string,
    of: (taskIndex: number) => number | null,
  ): { word: number | string | null; varies: boolean } {
    const values = new Set(this.tasks.map(of));
    if (values.size > 1) return { word: `\${${this.rows.field(name, (i) => String(of(i) ?? 0)) - 1}}`, varies: true };
    return { word: [...values][0] ?? null, varies: false };
  }

  // --- the command's variables ---

  private bindBody(): string[] {
    const { rule } = this.rule;
    const { tasks, rows, fieldOf } = this;
    const values = new BashValues({ rule: this.rule, tasks, rows, fieldOf });
    const lines = rule.command.bindings.flatMap((binding) => values.lines(binding));
    if (rule.command.script)
      lines.push(`wfc_script="\${wfc_artifacts}/scripts/${rule.name}.${rule.command.script.extension}"`);
    // How its shell hears the warning: see _wfc_stop_gently.
    if (rule.checkpoint) lines.push(`_wfc_warn_signal=${rule.checkpoint.signal.slice(3)}`);
    return lines.length === 0 ? [':'] : lines;
  }

  /**
   * Whether a lane runs the command in a shell that stays and has a locale of its own: beyond ASCII, bytes and characters
   * are not the same.
   */
  private runsHere(): boolean {
    const { rule } = this.rule;
    return rule.resources.gpus === null && runsWithoutProcess(rule) && !/[^\t\n -~]|\\u/i.test(rule.command.body);
  }

  /** The command with its variables, of which none outlives it. `bind`: lines that set one each. */
  private hereBody(bind: readonly string[]): string[] {
    return [...bind.map((line) => (line === ':' ? line : `local ${line}`)), ruleFunctionName(this.rule.rule)];
  }
}

function checkpointSettings({ checkpoint }: Rule): string[] {
  if (checkpoint === null) return [];
  const { continues, warnSeconds, signal, keep } = checkpoint;
  const settings = [`wfc_continues=${continues}`, `wfc_warn_seconds=${warnSeconds}`];
  return [[...settings, `wfc_warn_signal=${signal.slice(3)}`, `wfc_keeps=${Number(keep)}`].join(' ')];
}

interface Producer {
  readonly rule: PlannedRule;
  readonly index: number;
  /** Its first output's path. */
  readonly name: string;
  readonly position: number;
  /** Whether the input is the producer's name, in the same words: one file may be written in two ways. */
  readonly isItself: boolean;
}

function groupOf({ members }: PlannedInput, i: number): number {
  return members.kind === 'map' ? 0 : members.groupOf(i);
}

function dropLists(lists: ListFile[], ending: string, base: string): void {
  for (let n = lists.length - 1; n >= 0; n--)
    if (lists[n]!.path.startsWith(`${base}-`) && lists[n]!.path.endsWith(ending)) lists.splice(n, 1);
}

function bashFunction(name: string, lines: readonly string[]): string {
  return `${name}() {\n${lines.map((line) => `  ${line}`).join('\n')}\n}`;
}
