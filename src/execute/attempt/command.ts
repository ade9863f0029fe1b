import { constants } from 'node:os';
import { attemptHead } from '../../io/files/log-file.ts';
import { shippedText } from '../../io/files/shipped.ts';
import type { ProgramSignal, ShellSource } from '../../io/programs/shell-pool.ts';
import { LOCAL_WORK } from '../../io/state/state-folder.ts';
import { inputPaths, type Plan, type PlannedRule } from '../../model/plan.ts';
import type { Slot } from '../../model/workflow.ts';
import { type AttemptValues, commandPath, type TaskValue, taskValue } from '../../plan/values.ts';
import { environmentFunctions } from '../../target/environment.ts';
import {
  bashLiteral,
  checkFunctionName,
  needsProgram,
  preloadPrograms,
  renderRuleFunctions,
  ruleFunctionName,
} from '../../target/functions.ts';
import { sourceSpecLines, specLines } from '../../target/spec-lines.ts';
import type { Clock, Disk } from '../surroundings.ts';
import { type AttemptLog, scratchFile } from './log.ts';
import { type ShellWay, shellWays } from './way.ts';

/** What the bash of one attempt depends on, besides its task. */
export interface AttemptSource {
  /** Counted from 1. */
  readonly number: number;
  readonly log: AttemptLog;
  /** Ids of the GPUs that it may use; null for a task that asks for none. */
  readonly gpus: readonly string[] | null;
}

/** Functions of all rules, a file that each shell reads once. */
export const FUNCTIONS_FILE = `${LOCAL_WORK}/functions.sh`;

/** Of programs that end by these, bash says nothing. */
const QUIET_SIGNALS: ReadonlySet<number> = new Set([constants.signals.SIGINT, constants.signals.SIGPIPE]);

export interface CommandOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** The number of the run's journal. */
  readonly run: string;
}

/** Writes the files that shells read, and the bash that runs an attempt: its task's command, and then its checks. */
export class TaskCommands {
  private readonly options: CommandOptions;
  private readonly rules: readonly RuleText[];
  private readonly ways: readonly ShellWay[];
  /** Names of rules whose command is in the file that has the lines of the spec. */
  private readonly inSpecLines: ReadonlySet<string>;

  constructor(plan: Plan, options: CommandOptions) {
    this.options = options;
    const { disk } = options;
    const { ways, functions: findPrograms } = shellWays(plan);
    this.ways = ways;
    const rules = plan.rules.map(({ rule }, r) => ({ ...rule, command: { ...rule.command, body: ways[r]!.body } }));
    const commands = specLines(rules);
    disk.write(`${LOCAL_WORK}/${commands.path}`, commands.text);
    const functions = [
      environmentFunctions(rules),
      ...sourceSpecLines(commands, LOCAL_WORK),
      ...rules.map((rule) => renderRuleFunctions(rule, commands.rules)),
      findPrograms,
    ];
    this.inSpecLines = new Set(rules.filter((rule) => commands.rules.has(rule)).map(({ name }) => name));
    disk.write(FUNCTIONS_FILE, functions.join('\n'));
    for (const { rule } of plan.rules) {
      const { script } = rule.command;
      if (script) disk.write(scriptPath(rule), script.text);
    }
    // Where a container shows them, too: it shows the spec's folder, and not that of wfc.
    for (const path of preloadPrograms(rules)) disk.write(`${LOCAL_WORK}/${path}`, shippedText(`templates/${path}`));
    this.rules = plan.rules.map(ruleText);
  }

  /** The bash that runs one attempt: its variables, then the rule's function. ASCII only. */
  attempt(rule: PlannedRule, index: number, attempt: AttemptSource): ShellSource {
    const { number, log, gpus } = attempt;
    const text = this.rules[rule.rule.index]!;
    const now = this.options.clock.date();
    const seconds = (now.getTime() / 1000).toFixed(3);
    let source = `wfc_started ${bashLiteral(rule.outputTexts[0]!(index))} ${number} ${seconds}\n`;
    if (log.isDirect) source += `exec >>${bashLiteral(commandPath(log.path))} 2>&1\n`;
    if (log.wasThere) source += `echo ${bashLiteral(attemptHead(number, this.options.run, now))}\n`;
    if (gpus !== null) source += `export CUDA_VISIBLE_DEVICES=${bashLiteral(gpus.join(','))}\n`;
    const values: AttemptValues = {
      attempt: number,
      log: log.path,
      listFile: (slot) => this.listFile(rule, slot, index),
    };
    const assignments = text.variables.map(
      ({ variable, value }) => `${variable}=${bashLiteral(value(index, values))}\n`,
    );
    const how = this.howFor(rule, attempt, assignments);
    for (const assignment of assignments) source += how === 'here' ? `local ${assignment}` : assignment;
    source += text.call;
    for (const { output, check } of text.checks) {
      source += `\n_wfc_verify ${bashLiteral(rule.outputTexts[output]!(index))} ${check}`;
    }
    return { text: source, how };
  }

  /** What bash writes where a signal ends a program that it waits for. Source: notify_of_job_status() in bash, jobs.c. */
  signalWords({ rule }: PlannedRule, status: number, { file, line, processId, words }: ProgramSignal): string {
    const { lineOfProgram, program } = this.ways[rule.index]!;
    if (processId === null) return QUIET_SIGNALS.has(status - 128) ? '' : `${words}\n`;
    const head = this.inSpecLines.has(rule.name) ? 0 : 1 + rule.command.setup.length;
    const id = String(processId).padStart(5);
    return `${file}: line ${line + head + lineOfProgram}: ${id} ${words.padEnd(24)}${program}\n`;
  }

  private howFor({ rule }: PlannedRule, { log, gpus }: AttemptSource, values: readonly string[]): ShellSource['how'] {
    const { how } = this.ways[rule.index]!;
    if (how !== 'here') return how;
    // These change their shell; and so might who writes to one of its descriptors by name.
    const isHarmless = gpus === null && !log.isDirect && !values.some((value) => /\/(?:dev|proc)\//.test(value));
    return isHarmless ? how : 'subshell';
  }

  /** Write the file that `{input:list}` names: one path a line, each line ended. */
  private listFile(rule: PlannedRule, slot: Slot, index: number): string {
    const path = `${LOCAL_WORK}/lists/${rule.rule.name}-${index}${slot.name === '' ? '' : `-${slot.name}`}.txt`;
    const paths = rule.inputs.slice(slot.start, slot.end).flatMap((input) => inputPaths(input, index));
    this.options.disk.write(path, paths.map((p) => `${p}\n`).join(''));
    return path;
  }
}

/** The output that did not pass its check in the attempt that has just failed in a shell; null where none is known. Once. */
export function takeFailedCheck(disk: Disk, shell: number): string | null {
  const file = `${scratchFile(shell)}.check`;
  if (!disk.exists(file)) return null;
  const path = disk.read(file).trimEnd();
  disk.unlink(file);
  return path;
}

/** What all attempts at a rule's tasks have in common. */
interface RuleText {
  readonly variables: readonly { readonly variable: string; readonly value: TaskValue }[];
  /** The call of its function, and what stands before. */
  readonly call: string;
  /** Outputs whose checks take a program, with the function that checks. */
  readonly checks: readonly { readonly output: number; readonly check: string }[];
}

function ruleText(planned: PlannedRule): RuleText {
  const { rule } = planned;
  const variables = rule.command.bindings.map((binding) => ({
    variable: binding.variable,
    value: taskValue(planned, binding),
  }));
  const checks = rule.outputs.flatMap((_, o) =>
    needsProgram(rule, o) ? [{ output: o, check: checkFunctionName(rule, o) }] : [],
  );
  const { signal } = rule.checkpoint ?? {};
  const warned = signal ? `_wfc_warn_signal=${signal.slice(3)}\n_wfc_stop_gently\n` : '';
  const script = rule.command.script ? `wfc_script=${bashLiteral(scriptPath(rule))}\n` : '';
  const call = ruleFunctionName(rule);
  // A command that ends with `exit 0`, or that changes the folder, must not get round its checks.
  return { variables, call: warned + script + (checks.length > 0 ? `(_wfc_stop_gently; ${call})` : call), checks };
}

function scriptPath(rule: PlannedRule['rule']): string {
  return `${LOCAL_WORK}/scripts/${rule.name}.${rule.command.script!.extension}`;
}
