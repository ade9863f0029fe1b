import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attemptHead } from '../io/files/log-file.ts';
import { inputPaths, type Plan, type PlannedRule } from '../model/plan.ts';
import type { Slot } from '../model/workflow.ts';
import { type AttemptValues, bindingValue, commandPath } from '../plan/values.ts';
import { environmentFunctions } from '../target/environment.ts';
import {
  bashLiteral,
  checkFunctionName,
  needsProgram,
  renderRuleFunctions,
  ruleFunctionName,
} from '../target/functions.ts';
import { sourceSpecLines, specLines } from '../target/spec-lines.ts';
import type { AttemptLog } from './logs.ts';

/** What the bash of one attempt depends on, besides its task. */
export interface AttemptSource {
  /** Counted from 1. */
  readonly number: number;
  readonly log: AttemptLog;
  /** Ids of the GPUs that it may use; null for a task that asks for none. */
  readonly gpus: readonly string[] | null;
}

/** Writes the files that workers read, and the bash that runs an attempt. */
export class TaskSources {
  /** Functions of all rules. */
  readonly functionsFile: string;
  private readonly specFolder: string;
  private readonly work: string;
  private readonly rules: readonly RuleText[];
  private readonly run: string;
  private hasLists = false;

  /** `run`: the number of the run's journal. */
  constructor(plan: Plan, { specFolder, work, run }: { specFolder: string; work: string; run: string }) {
    this.run = run;
    this.specFolder = specFolder;
    this.work = work;
    rmSync(work, { recursive: true, force: true });
    mkdirSync(join(work, 'scripts'), { recursive: true });
    this.functionsFile = join(work, 'functions.sh');
    const rules = plan.rules.map((r) => r.rule);
    const commands = specLines(rules);
    mkdirSync(join(work, 'commands'));
    writeFileSync(join(work, commands.path), commands.text);
    const functions = [
      environmentFunctions(rules),
      ...sourceSpecLines(commands, '.wfc/local'),
      ...rules.map((rule) => renderRuleFunctions(rule, commands.rules)),
    ];
    writeFileSync(this.functionsFile, functions.join('\n'));
    for (const { rule } of plan.rules) {
      const { script } = rule.command;
      if (script) writeFileSync(join(specFolder, scriptPath(rule)), script.text);
    }
    this.rules = plan.rules.map(ruleText);
  }

  /** The bash that runs one attempt: its variables, then the rule's function. ASCII only. */
  attempt(rule: PlannedRule, index: number, attempt: AttemptSource): string {
    const { number, log, gpus } = attempt;
    const text = this.rules[rule.rule.index]!;
    const seconds = (Date.now() / 1000).toFixed(3);
    let source = `wfc_started ${bashLiteral(rule.outputTexts[0]!(index))} ${number} ${seconds}\n`;
    if (log.isDirect) source += `exec >>${bashLiteral(commandPath(log.path))} 2>&1\n`;
    if (log.wasThere) source += `echo ${bashLiteral(attemptHead(number, this.run, new Date()))}\n`;
    if (gpus !== null) source += `export CUDA_VISIBLE_DEVICES=${bashLiteral(gpus.join(','))}\n`;
    const values: AttemptValues = {
      attempt: number,
      log: log.path,
      listFile: (slot) => this.listFile(rule, slot, index),
    };
    for (const binding of rule.rule.command.bindings) {
      source += `${binding.variable}=${bashLiteral(bindingValue(rule, binding, index, values))}\n`;
    }
    source += text.call;
    for (const { output, check } of text.checks) {
      source += `\n_wfc_verify ${bashLiteral(rule.outputTexts[output]!(index))} ${check}`;
    }
    return source;
  }

  /** Write the file that `{input:list}` names: one path a line, each line ended. */
  private listFile(rule: PlannedRule, slot: Slot, index: number): string {
    const path = `.wfc/local/lists/${rule.rule.name}-${index}${slot.name === '' ? '' : `-${slot.name}`}.txt`;
    if (!this.hasLists) mkdirSync(join(this.work, 'lists'), { recursive: true });
    this.hasLists = true;
    const paths = rule.inputs.slice(slot.start, slot.end).flatMap((input) => inputPaths(input, index));
    writeFileSync(join(this.specFolder, path), paths.map((p) => `${p}\n`).join(''));
    return path;
  }
}

/** What all attempts at a rule's tasks have in common. */
interface RuleText {
  /** The call of its function, and what stands before. */
  readonly call: string;
  /** Outputs whose checks take a program, with the function that checks. */
  readonly checks: readonly { readonly output: number; readonly check: string }[];
}

function ruleText({ rule }: PlannedRule): RuleText {
  const checks = rule.outputs.flatMap((_, o) =>
    needsProgram(rule, o) ? [{ output: o, check: checkFunctionName(rule, o) }] : [],
  );
  const script = rule.command.script ? `wfc_script=${bashLiteral(scriptPath(rule))}\n` : '';
  const call = ruleFunctionName(rule);
  // A command that ends with `exit 0`, or that changes the folder, must not get round its checks.
  return { call: script + (checks.length > 0 ? `(_wfc_stop_gently; ${call})` : call), checks };
}

function scriptPath(rule: PlannedRule['rule']): string {
  return `.wfc/local/scripts/${rule.name}.${rule.command.script!.extension}`;
}
