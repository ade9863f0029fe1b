import Handlebars from 'handlebars';
import { countTasks } from '../../model/counts.ts';
import {
  forEachPath,
  forEachTaskInOrder,
  outputId,
  type Plan,
  type PlannedInput,
  type PlannedRule,
  ruleOf,
} from '../../model/plan.ts';
import { fingerprints } from '../../resume/fingerprint.ts';
import { bundle } from '../bundle.ts';
import { environmentFunctions } from '../environment.ts';
import { oneLine } from '../functions.ts';
import type { ArtifactFile } from '../slurm/artifacts.ts';
import { type RuleArtifacts, ruleArtifacts } from '../slurm/rule-functions.ts';
import { type SpecLines, sourceSpecLines, specLines } from '../spec-lines.ts';
import { codeStandIn, makeName, recipeWord, standIn } from './names.ts';

export interface MakeOptions {
  /** Per task, 1 where the Makefile knows it. */
  readonly included: Uint8Array;
  /** From the Makefile's folder to the spec's folder, as a path. */
  readonly specFolder: string;
  /** From the spec's folder to the Makefile's folder, for the comment that says how to start it. */
  readonly place: string;
  /** What it does not hold, and why: a line each; nothing unless told. */
  readonly waits?: readonly string[];
  /** Texts of templates, by path. */
  readonly templates: (name: string) => string;
}

export interface MakeArtifacts {
  readonly files: readonly ArtifactFile[];
}

/** Write a Makefile and its scripts: deterministic, byte for byte. */
export function renderMake(plan: Plan, options: MakeOptions): MakeArtifacts {
  return new MakeWriter(plan, options).write();
}

/** What a stand-in has to do with its path. See the head of tasks.mk. */
type StandInKind = 'file' | 'directory' | 'once';

class MakeWriter {
  private readonly plan: Plan;
  private readonly options: MakeOptions;
  private readonly artifacts = new Map<PlannedRule, RuleArtifacts>();
  /** Functions that modules, conda and containers need; '' for none. */
  private readonly environment: string;
  private readonly commands: SpecLines;
  private readonly standIns = new Map<string, { kind: StandInKind; path: string }>();
  /** Per output, 1 where a task that is included reads it; by rule and output, then task index. */
  private readonly consumed = new Map<PlannedRule, Uint8Array[]>();
  /** Paths inside directory outputs, by their name in tasks.mk. */
  private readonly inside = new Map<string, string>();

  constructor(plan: Plan, options: MakeOptions) {
    this.plan = plan;
    this.options = options;
    for (const rule of plan.rules) {
      this.consumed.set(
        rule,
        rule.outputTexts.map(() => new Uint8Array(rule.space.size)),
      );
    }
    const used = plan.rules.filter((rule) => this.indices(rule).length > 0);
    this.commands = specLines(used.map(({ rule }) => rule));
    for (const rule of used) this.artifacts.set(rule, ruleArtifacts(plan, rule, options.included, this.commands.rules));
    this.environment = environmentFunctions([...this.artifacts.keys()].map(({ rule }) => rule));
  }

  write(): MakeArtifacts {
    const { plan, options } = this;
    this.findConsumed();
    const files: ArtifactFile[] = [];
    const add = (path: string, content: string, executable = false): void => {
      files.push({ path, content, executable });
    };
    const temps = this.temps();
    const tasks = this.tasksFile();
    const count = options.included.reduce((n, i) => n + i, 0);
    const place = `${options.place.replace(/\/$/, '')}/`;
    add(
      'Makefile',
      Handlebars.compile(options.templates('make/Makefile.hbs'), { noEscape: true, strict: true })({
        workflow: comment(plan.workflow.name),
        tasks: countTasks(count),
        waits: (options.waits ?? []).map(comment),
        place: comment(`${place}Makefile`),
        folder: comment(options.place),
        specFolder: recipeWord(options.specFolder),
        all: this.allName(),
        hasTemps: temps.length > 0,
      }),
    );
    add('tasks.mk', tasks);
    add('make.sh', bundle('make.sh', options.templates));
    add('task.sh', bundle('task.sh', options.templates));
    const functions = [...this.artifacts.values()].map((r) => r.functions).join('\n\n');
    const before = [
      RULES_HEAD,
      ...(this.environment === '' ? [] : [this.environment]),
      ...sourceSpecLines(this.commands, '"$wfc_artifacts"'),
    ];
    add('rules.sh', `${[...before, functions].join('\n')}\n`);
    if (this.commands.text !== '') add(this.commands.path, this.commands.text);
    for (const [{ rule }, { lists }] of this.artifacts) {
      if (rule.command.script) add(`scripts/${rule.name}.${rule.command.script.extension}`, rule.command.script.text);
      for (const { path, lines } of lists) add(path, lines.map((l) => `${l}\n`).join(''));
    }
    if (temps.length > 0) add('tables/temps.txt', temps.map((t) => `${t}\n`).join(''));
    const code = [...this.artifacts.keys()].flatMap(({ rule }) =>
      rule.code.map((path) => `${codeStandIn(rule.name)}\t${path}\n`),
    );
    if (code.length > 0) add('tables/code.tsv', code.join(''));
    if (this.standIns.size > 0) {
      const rows = [...this.standIns].map(([name, { kind, path }]) => `${kind}\t${name}\t${path}\n`);
      add('tables/stand-ins.tsv', rows.join(''));
    }
    return { files };
  }

  private indices(rule: PlannedRule): number[] {
    const indices: number[] = [];
    for (let i = 0; i < rule.space.size; i++) if (this.options.included[rule.firstTask + i] === 1) indices.push(i);
    return indices;
  }

  private findConsumed(): void {
    for (const rule of this.artifacts.keys()) {
      for (const input of rule.inputs) {
        if (!input.hasProducer) continue;
        for (const i of this.indices(rule)) {
          forEachPath(input, i, (path) => {
            const output = this.outputOf(input, path);
            if (output) this.consumed.get(output.rule)![output.position]![output.index] = 1;
          });
        }
      }
    }
  }

  /** Where an input comes from, if a task makes it. */
  private outputOf(
    input: PlannedInput,
    path: number,
  ): { rule: PlannedRule; index: number; position: number; inside: boolean } | null {
    const task = input.producers[path]!;
    if (task < 0 || this.options.included[task] !== 1) return null;
    const rule = ruleOf(this.plan, task);
    const position = input.producerOutputs[path]!;
    const inside = position < 0;
    return {
      rule,
      index: task - rule.firstTask,
      position: inside ? this.plan.findPath(input.pathText(path))!.output : position,
      inside,
    };
  }

  // --- names ---

  /** Whether the outputs of a task have stand-ins; all of them, or none. */
  private hasStandIns(rule: PlannedRule, i: number): boolean {
    return (
      rule.rule.outputs.some((o) => o.directory) ||
      rule.outputTexts.some((text) => makeName(text(i)) === null) ||
      this.runsForItself(rule, i)
    );
  }

  /** A task whose outputs are all gone after each run, and that no other task asks for. */
  private runsForItself(rule: PlannedRule, i: number): boolean {
    return rule.rule.outputs.every((_, o) => this.isTemp(rule, i, o) && this.consumed.get(rule)![o]![i] === 0);
  }

  private isTemp(rule: PlannedRule, i: number, o: number): boolean {
    return rule.rule.outputs[o]!.temp && !this.plan.keptTemps.has(outputId(rule.firstTask + i, o));
  }

  /** An output as tasks.mk names it. */
  private outputName(rule: PlannedRule, i: number, o: number): string {
    const path = rule.outputTexts[o]!(i);
    if (!this.hasStandIns(rule, i)) return makeName(path)!;
    const kind = this.runsForItself(rule, i) ? 'once' : rule.rule.outputs[o]!.directory ? 'directory' : 'file';
    return this.standInFor(path, kind);
  }

  private standInFor(path: string, kind: StandInKind): string {
    const name = standIn(path);
    this.standIns.set(name, { kind, path });
    return name;
  }

  /** An input as tasks.mk names it: two names for a path inside a directory output. */
  private inputNames(input: PlannedInput, path: number): string[] {
    const output = this.outputOf(input, path);
    const text = input.pathText(path);
    if (!output) return [makeName(text) ?? this.standInFor(text, 'file')];
    const name = this.outputName(output.rule, output.index, output.position);
    if (!output.inside) return [name];
    const own = makeName(text);
    if (own === null) return [name];
    this.inside.set(own, name);
    return [name, own];
  }

  /** `all`, unless that is a path of the workflow. */
  private allName(): string {
    for (let name = 'all'; ; name = `wfc-${name}`) if (!this.isPath(name)) return name;
  }

  private isPath(name: string): boolean {
    if (this.plan.findPath(name)) return true;
    return this.plan.rules.some(({ inputs }) =>
      inputs.some(({ input }) => input.pattern.segments.length === 1 && input.pattern.text === name),
    );
  }

  // --- tasks.mk ---

  private tasksFile(): string {
    const all: string[] = [];
    const secondary: string[] = [];
    const sections: string[] = [];
    let lines: string[] = [];
    let current: PlannedRule | null = null;
    const fingerprintOf = new Map([...this.artifacts.keys()].map((rule) => [rule, fingerprints(rule)]));
    forEachTaskInOrder({ ...this.plan, needed: this.options.included }, (task, rule) => {
      if (rule !== current) {
        sections.push(lines.join(''));
        lines = [`\n# ${rule.rule.name}\n`];
        current = rule;
      }
      const i = task - rule.firstTask;
      const targets = rule.outputTexts.map((_, o) => this.outputName(rule, i, o));
      targets.forEach((name, o) => {
        const temp = this.isTemp(rule, i, o);
        if (this.runsForItself(rule, i) || (!temp && this.consumed.get(rule)![o]![i] === 0)) all.push(name);
        else if (temp) secondary.push(name);
        // Named by a target, and read by other tasks: still a goal of its own, as any output is.
      });
      const { rows, listOf } = this.artifacts.get(rule)!;
      const words = [
        rule.rule.name,
        fingerprintOf.get(rule)!(i),
        listOf(i),
        ...rows.map((r) => recipeWord(r.textOf(i))),
      ];
      const run = this.hasStandIns(rule, i) ? '$W -s' : '$W';
      lines.push(
        `${targets.join(' ')}${targets.length > 1 ? ' &' : ''}:${this.prerequisites(rule, i)}\n\t@${run} ${words.join(' ')}\n`,
      );
    });
    sections.push(lines.join(''));
    const inside = [...this.inside].map(([own, name]) => `${own}: ${name} ;\n`);
    return [
      this.environment === '' ? TASKS_HEAD : TASKS_HEAD + BASH_FUNCTIONS,
      `.PHONY: ${this.allName()}\n.DEFAULT_GOAL := ${this.allName()}\n`,
      `${this.allName()}:${wordList(all)}\n`,
      secondary.length > 0
        ? `\n# Temp: made only for a task that must run, and removed at the end.\n.SECONDARY:${wordList(secondary)}\n`
        : '',
      ...sections,
      inside.length > 0 ? `\n# Files inside directory outputs\n${inside.join('')}` : '',
    ].join('');
  }

  private prerequisites(rule: PlannedRule, i: number): string {
    const names = new Set<string>();
    const ancient = new Set<string>();
    for (const input of rule.inputs) {
      forEachPath(input, i, (path) => {
        for (const name of this.inputNames(input, path)) (input.input.ancient ? ancient : names).add(name);
      });
    }
    if (rule.rule.code.length > 0) names.add(codeStandIn(rule.rule.name));
    return wordList([...names]) + (ancient.size > 0 ? ` |${wordList([...ancient])}` : '');
  }

  private temps(): string[] {
    const paths: string[] = [];
    for (const rule of this.artifacts.keys()) {
      rule.rule.outputs.forEach((output, o) => {
        if (!output.temp) return;
        for (const i of this.indices(rule)) if (this.isTemp(rule, i, o)) paths.push(rule.outputTexts[o]!(i));
      });
    }
    return paths;
  }
}

/** Words behind a blank; many of them a line each. */
function wordList(words: readonly string[]): string {
  if (words.length === 0) return '';
  return words.length <= 6 ? ` ${words.join(' ')}` : ` \\\n  ${words.join(' \\\n  ')}`;
}

function comment(text: string): string {
  return oneLine(text).replaceAll('\\', '/');
}

const RULES_HEAD =
  '# The rules of this workflow as bash functions: made by wfc from the spec, read by task.sh.\n# shellcheck shell=bash disable=SC2034,SC2128,SC2154,SC2178\n';

/** It costs a process a task, so only where functions are needed. */
const BASH_FUNCTIONS = '# Other shells drop the functions that a bash exports, such as `module`.\nSHELL := bash\n\n';

const TASKS_HEAD = `# The tasks: what each makes, from what, and the row that task.sh runs (rule, fingerprint, group of its lists, values).
# Read by make in the spec's folder; started by Makefile, never by itself.
#
# Names that begin with .wfc/stamps/ are stand-ins: for paths that make can't name (blanks, wildcards, ; | & = % ~ \\ ( )),
# which are spelled there with @ and two hexadecimal digits, and for directories, whose own time changes with what is
# put into them. A stand-in of a file has the time of the file, that of a directory the time when its task ended; make.sh
# removes it where the file is gone, so that make sees by stand-ins what it would see by the files themselves. Those in
# .wfc/stamps/@code/ are of a rule's code: make.sh makes one newer where what its files hold is another.
ifndef wfc_task
$(error start make with the Makefile beside this file)
endif
.SUFFIXES:
.DELETE_ON_ERROR:
# Options of the shell that make was started from are no part of an experiment.
unexport SHELLOPTS BASHOPTS
W := $(wfc_task)

`;
