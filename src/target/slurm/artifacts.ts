import { createHash } from 'node:crypto';
import Handlebars from 'handlebars';
import { quoteForSbatch } from '../../compile/rules/sbatch-flags.ts';
import { countOf, countTasks } from '../../model/counts.ts';
import { type Plan, type PlannedRule, ruleOf, tempPaths } from '../../model/plan.ts';
import { neverReasons } from '../../model/slurm-reasons.ts';
import { hasRanks } from '../../plan/resources.ts';
import { fingerprints } from '../../resume/fingerprint.ts';
import { bundle } from '../bundle.ts';
import { environmentFunctions, functionsNamedIn } from '../environment.ts';
import { bashLiteral, oneLine, preloadPrograms } from '../functions.ts';
import { sourceSpecLines, specLines } from '../spec-lines.ts';
import { closingFlags, closingRequest } from './closing-job.ts';
import { indexRanges } from './index-ranges.ts';
import { jobName } from './job-names.ts';
import { leadSeconds } from './reserve.ts';
import { type RuleArtifacts, ruleArtifacts } from './rule-functions.ts';
import type { SiteOptions } from './site-options.ts';
import { gpusPerNode } from './stage-types.ts';
import type { Packing, SiteLimits, Stage } from './stages.ts';
import type { NameParts } from './task-names.ts';

export interface ArtifactOptions {
  readonly stages: readonly Stage[];
  readonly included: Uint8Array;
  readonly limits: SiteLimits;
  readonly packing: Packing;
  /** By rule, seconds that its tasks took before, as far as the stages go by that. */
  readonly durations: ReadonlyMap<string, number>;
  readonly site: SiteOptions;
  /** From the artifacts folder to the spec's folder, as a path; `..`s where it lies below it. */
  readonly specFolder: string;
  /** Texts of templates, by path. */
  readonly templates: (name: string) => string;
  /** What `wfc resume` is to know of the command line, as the text of `options.json`. */
  readonly options: string;
  /** For the manifest: what values come from what rules make, and who waits for them; nothing where none do. */
  readonly staged: object;
}

/** A file of the artifacts, by its path in their folder. */
export interface ArtifactFile {
  readonly path: string;
  readonly content: string;
  readonly executable: boolean;
}

export interface Artifacts {
  /** Names the content: the same spec, limits and packing give the same id. */
  readonly id: string;
  readonly files: readonly ArtifactFile[];
}

/** Write the static set of scripts: deterministic, byte for byte. */
export function renderArtifacts(plan: Plan, options: ArtifactOptions): Artifacts {
  const { stages, included } = options;
  const used = new Set<PlannedRule>();
  for (const stage of stages) for (const task of stage.tasks) used.add(ruleOf(plan, task));
  const commands = specLines([...used].map(({ rule }) => rule));
  const rules = new Map([...used].map((rule) => [rule, ruleArtifacts(plan, rule, included, commands.rules)]));
  const files: ArtifactFile[] = [];
  const add = (path: string, content: string, executable = false): void => {
    files.push({ path, content, executable });
  };
  const head =
    '# The rules of this workflow as bash functions: made by wfc from the spec, read by runner.sh.\n# shellcheck shell=bash disable=SC2034,SC2128,SC2154,SC2178\n';
  const ordered = [...rules].sort(([a], [b]) => a.rule.index - b.rule.index);
  const environment = environmentFunctions(ordered.map(([{ rule }]) => rule));
  const functions = ordered.map(([, r]) => r.functions);
  const before = [head, ...(environment === '' ? [] : [environment]), ...sourceSpecLines(commands, '"$wfc_artifacts"')];
  add('rules.sh', `${[...before, functions.join('\n\n')].join('\n')}\n`);
  if (commands.text !== '') add(commands.path, commands.text);
  for (const [{ rule }, { lists }] of ordered) {
    if (rule.command.script) add(`scripts/${rule.name}.${rule.command.script.extension}`, rule.command.script.text);
    for (const { path, lines } of lists) add(path, lines.map((l) => `${l}\n`).join(''));
  }
  for (const stage of stages) {
    const { table, index } = stageTable(plan, stage, rules);
    add(`tables/${stage.name}.tsv`, table);
    add(`tables/${stage.name}.index`, index);
  }
  if (hasPrelude(options.site)) add('prelude.sh', preludeText(options.site));
  if (options.site.notify) add('notify.sh', notifyText(plan.workflow.name, options.site.notify.command));
  // Of all tasks, as at the end of a local run: the closing job of an earlier submission may have been lost.
  const temps = tempPaths(plan);
  if (temps.length > 0) add('tables/temps.txt', temps.map((t) => `${t}\n`).join(''));
  add('options.json', options.options);
  const id = contentId(files, options);
  add('runner.sh', bundle('runner.sh', options.templates));
  for (const path of preloadPrograms(ordered.map(([{ rule }]) => rule))) add(path, options.templates(path));
  add('close-lib.sh', bundle('close-lib.sh', options.templates));
  const scripts = new ScriptWriter(plan, id, options);
  const names = Object.fromEntries(ordered.map(([{ rule }, artifacts]) => [rule.name, artifacts.names]));
  for (const [s, stage] of stages.entries()) if (!stage.local) add(`${stage.name}.sh`, scripts.stage(stage, s));
  add('close.sh', scripts.close());
  add('submit.sh', scripts.submit(), true);
  add(
    'manifest.json',
    `${JSON.stringify(
      scripts.manifest(
        names,
        files.map((f) => f.path),
      ),
      null,
      2,
    )}\n`,
  );
  return { id, files };
}

/** Over all that is compiled: files by path and length, so that none can pass for a part of another. */
function contentId(files: readonly ArtifactFile[], { stages, limits, packing, site }: ArtifactOptions): string {
  const digest = createHash('sha256');
  for (const { path, content } of files) {
    // A comment more in the spec moves commands to other lines, and makes them no others.
    const text = path.startsWith('commands/') ? content.replace(/\n+/g, '\n') : content;
    digest.update(`${path}\n${text.length}\n`).update(text);
  }
  const rest = [stages.map(stageText), limits, packing, [...site.flags], site.extra, site.maxRunning, site.mail];
  return digest.update(JSON.stringify(rest)).digest('hex').slice(0, 10);
}

function stageText({ name, waits, timeSeconds, request }: Stage): unknown {
  return [name, waits, timeSeconds, request.resources, [...request.flags], request.extra];
}

/** The rows of a stage's tasks, element after element, and where each element's rows stand. */
function stageTable(
  plan: Plan,
  stage: Stage,
  rules: ReadonlyMap<PlannedRule, RuleArtifacts>,
): { table: string; index: string } {
  const fingerprintOf = new Map([...rules.keys()].map((rule) => [rule, fingerprints(rule)]));
  const last = stage.indices.at(-1) ?? -1;
  const places: string[] = new Array<string>(last + 1).fill('0 0 0 0');
  const parts: string[] = [];
  let line = 1;
  let byte = 0;
  stage.indices.forEach((index, e) => {
    const [from, to] = [stage.offsets[e]!, stage.offsets[e + 1]!];
    let part = '';
    for (let t = from; t < to; t++) {
      const rule = ruleOf(plan, stage.tasks[t]!);
      const i = stage.tasks[t]! - rule.firstTask;
      const { rows: texts, listOf } = rules.get(rule)!;
      part += `${rule.rule.name}\t${fingerprintOf.get(rule)!(i)}\t${listOf(i)}`;
      for (const text of texts) part += `\t${text.textOf(i)}`;
      part += '\n';
    }
    const bytes = Buffer.byteLength(part);
    places[index] = `${line} ${to - from} ${byte} ${bytes}`;
    parts.push(part);
    line += to - from;
    byte += bytes;
  });
  return { table: parts.join(''), index: places.map((p) => `${p}\n`).join('') };
}

function hasPrelude({ modules, prelude }: SiteOptions): boolean {
  return modules.length + prelude.length > 0;
}

/** In a file of its own: what the profile writes can't reach into what wfc writes. */
function preludeText({ modules, prelude }: SiteOptions): string {
  const loads = modules.map((name) => `wfc_load_module ${bashLiteral(name) || "''"}`);
  const lines = [...loads, ...prelude].map((line) => `${line}\n`).join('');
  return `# What the profile asks for before the tasks of an element: its modules and its prelude, under set -e.\n# shellcheck shell=bash\n${functionsNamedIn(loads)}${lines}`;
}

/** Like the prelude in a file of its own. */
function notifyText(name: string, command: string): string {
  return `# What the profile asks for when all is over, with the summary on its standard input.\n# shellcheck shell=bash\nexport WFC_NAME=${bashLiteral(name) || "''"}\n${command}\n`;
}

/** `1-02:03:04`, as sbatch --time takes it. */
function slurmTime(seconds: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  const clock = `${two(Math.floor((seconds % 86_400) / 3600))}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return days > 0 ? `${days}-${clock}` : clock;
}

class ScriptWriter {
  private readonly plan: Plan;
  private readonly id: string;
  private readonly options: ArtifactOptions;

  constructor(plan: Plan, id: string, options: ArtifactOptions) {
    this.plan = plan;
    this.id = id;
    this.options = options;
  }

  private fill(template: string, values: object): string {
    return Handlebars.compile(this.options.templates(`slurm/${template}`), { noEscape: true, strict: true })(values);
  }

  private jobName(stage: string): string {
    return jobName(stage, this.plan.workflow.name, this.id);
  }

  private isLast(stage: number): boolean {
    return !this.options.stages.some((s) => s.waits.some((w) => w.stage === stage && w.kind === 'counterpart'));
  }

  stage(stage: Stage, s: number): string {
    const { stages } = this.options;
    const names = (same: boolean): string =>
      stage.sources
        .filter((x) => x.sameElement === same)
        .map((x) => stages[x.stage]!.name)
        .join(' ');
    const count = countTasks(stage.tasks.length);
    return this.fill('stage.sh.hbs', {
      title: `Stage ${s + 1} of ${stages.length} of ${oneLine(this.plan.workflow.name)}: ${stage.rules.slice(0, 5).join(', ')}${stage.rules.length > 5 ? ' …' : ''}; ${count} in ${countOf(stage.indices.length, 'element')}.`,
      why: `${stage.why}.`,
      waits: stage.waits.map((w) => ({
        what:
          w.kind === 'counterpart'
            ? `the element of the same index of ${stages[w.stage]!.name}`
            : `all of ${stages[w.stage]!.name}`,
        why: w.why,
      })),
      directives: this.directives(stage),
      srun: srunLines(stage.request.resources, stage.lanes),
      prelude: hasPrelude(this.options.site),
      name: stage.name,
      lanes: stage.lanes,
      // An element that ends with 0 lets its counterpart go at once; it then runs what its inputs allow. Elsewhere a
      // failure shows in Slurm's accounting.
      stageExit: this.isLast(s) ? 1 : 0,
      sameElement: names(true),
      allElements: names(false),
    });
  }

  private directives(stage: Stage): string[] {
    const { site } = this.options;
    const { cpus, memoryMiB, gpuType, nodes, ranksPerNode } = stage.request.resources;
    const { lanes } = stage;
    const gpus = gpusPerNode(stage);
    const throttle = site.maxRunning === null ? '' : `%${site.maxRunning}`;
    const flags = new Map([...site.flags, ...stage.request.flags]);
    const rules = this.plan.workflow.rules.filter(({ name }) => stage.rules.includes(name));
    return [
      `--job-name=${this.jobName(stage.name.replace(/^\d+-/, ''))}`,
      `--array=${indexRanges(stage.indices)}${throttle}`,
      hasRanks(stage.request.resources) ? `--nodes=${nodes} --ntasks-per-node=${ranksPerNode}` : '--nodes=1 --ntasks=1',
      `--cpus-per-task=${cpus * lanes}`,
      ...(memoryMiB === null ? [] : [`--mem=${memoryMiB * lanes}M`]),
      ...(stage.timeSeconds === null ? [] : [`--time=${slurmTime(stage.timeSeconds)}`]),
      ...(gpus === 0 ? [] : [`--gres=gpu:${gpuType === null ? '' : `${gpuType}:`}${gpus}`]),
      ...[...flags].map(flagText),
      ...site.extra,
      ...stage.request.extra,
      `--requeue --open-mode=append --signal=B:USR1@${leadSeconds(rules)}`,
    ];
  }

  close(): string {
    const { site, stages, limits } = this.options;
    const { memoryMiB, timeSeconds } = closingRequest(stages, limits.maxTimeSeconds);
    return this.fill('close.sh.hbs', {
      workflow: oneLine(this.plan.workflow.name),
      directives: [
        `--job-name=${this.jobName('close')}`,
        '--nodes=1 --ntasks=1 --cpus-per-task=1',
        `--mem=${memoryMiB}M --time=${slurmTime(timeSeconds)}`,
        ...closingFlags(site),
      ],
      stages: stages.map((s) => ({ name: s.name, elements: s.indices.length })),
    });
  }

  submit(): string {
    const { stages, specFolder } = this.options;
    return this.fill('submit.sh.hbs', {
      workflow: oneLine(this.plan.workflow.name),
      tasks: countTasks(stages.reduce((n, s) => n + s.tasks.length, 0)),
      elements: countOf(
        stages.reduce((n, s) => n + s.indices.length, 0),
        'array element',
      ),
      calls: countOf(stages.filter((s) => !s.local).length + 1, 'sbatch call'),
      id: this.id,
      prelude: hasPrelude(this.options.site),
      specFolder: `'${specFolder.replaceAll("'", "'\\''")}'`,
      never: neverReasons(),
      local: stages.filter((s) => s.local).map(({ name }) => ({ name })),
      stages: stages.flatMap((stage, s) =>
        stage.local
          ? []
          : {
              number: s + 1,
              comment: `${countTasks(stage.tasks.length)} in ${countOf(stage.indices.length, 'element')}`,
              script: `${stage.name}.sh`,
              options: dependencyOption(stage),
              held: stage.waits.length === 0,
            },
      ),
    });
  }

  manifest(names: Readonly<Record<string, NameParts>>, files: readonly string[]): object {
    const { stages, limits, packing, durations } = this.options;
    return {
      wfc: 1,
      id: this.id,
      name: this.plan.workflow.name,
      limits,
      packing,
      durations: Object.fromEntries(durations),
      tasks: stages.reduce((n, s) => n + s.tasks.length, 0),
      stages: stages.map((stage) => ({
        name: stage.name,
        rules: stage.rules,
        elements: stage.indices.length,
        tasks: stage.tasks.length,
        cpus: stage.request.resources.cpus,
        memoryMiB: stage.request.resources.memoryMiB,
        gpus: gpusPerNode(stage),
        nodes: stage.request.resources.nodes,
        ranksPerNode: stage.request.resources.ranksPerNode,
        timeSeconds: stage.timeSeconds,
        isTimeCut: stage.isTimeCut,
        waits: stage.waits.map((w) => ({ stage: stages[w.stage]!.name, kind: w.kind, why: w.why })),
        why: stage.why,
        local: stage.local,
      })),
      ...this.options.staged,
      names,
      files: [...files, 'manifest.json'],
    };
  }
}

function flagText([name, value]: readonly [string, string]): string {
  return value === 'true' ? `--${name}` : `--${name}=${quoteForSbatch(value)}`;
}

/**
 * What an `srun` of a task goes by: the task's own share, not the whole element, which the other lanes use, too. From 22.05 on
 * srun no longer listens to SLURM_CPUS_PER_TASK. Source: srun(1), INPUT ENVIRONMENT VARIABLES.
 */
function srunLines({ cpus, memoryMiB, tasksPerGpu }: Stage['request']['resources'], lanes: number): string[] {
  if (lanes === 1) return cpus === 1 ? [] : [`export SRUN_CPUS_PER_TASK=${cpus}`];
  const memory = memoryMiB === null ? '' : ` SLURM_MEM_PER_NODE=${memoryMiB}`;
  return [
    '# For an srun of a task: its own share of the element.',
    'unset SLURM_TRES_PER_TASK',
    `export SLURM_EXACT=1 SLURM_CPUS_PER_TASK=${cpus} SRUN_CPUS_PER_TASK=${cpus}${memory}`,
    // By itself a step has its GPU alone, and that of the next lane would wait for its end.
    ...(tasksPerGpu > 1 ? ['export SLURM_OVERLAP=1'] : []),
  ];
}

/** Counterparts: `aftercorr` or, for those whose element failed, the end of the whole array. Source: sbatch(1), --dependency. */
function dependencyOption({ waits }: Stage): string {
  if (waits.length === 0) return '--hold';
  const [first] = waits;
  if (first!.kind === 'counterpart') {
    const job = `$job_${first!.stage + 1}`;
    return `--dependency="aftercorr:${job}?afterany:${job}"`;
  }
  return `--dependency="afterany${waits.map((w) => `:$job_${w.stage + 1}`).join('')}"`;
}
