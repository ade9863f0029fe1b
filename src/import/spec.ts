import type { SpecFiles } from '../compile/context.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { SnakeArgument, Snakefile, SnakeItem, SnakeRule, SnakeToken } from '../model/snakefile.ts';
import { type Layout, unnamedArgument, writeCommand } from './commands.ts';
import { commentedMapping, commentLines } from './comments.ts';
import type { Job, Jobs } from './jobs/job.ts';
import { localRules } from './local.ts';
import { rulesThatShareLogs } from './logs.ts';
import type { Axes, Axis, AxisTable } from './params/axes.ts';
import { isList, writtenOut } from './patterns.ts';
import { NotConvertible } from './pieces.ts';
import type { Places } from './places.ts';
import { resourcesOf } from './resources.ts';
import type { Site } from './site/site.ts';
import type { LaterAxis, LaterTable } from './staged/fit.ts';
import { listingRule } from './staged/listing.ts';
import { patternOf, targetsOf } from './targets.ts';
import { entry, flowText, Verbatim, type Yaml } from './yaml.ts';

export interface SpecText {
  readonly text: string;
  /** Rules whose command could not be converted: they fail, and say so. */
  readonly unfinished: readonly string[];
  /** Those of them whose command a function of Python may be. */
  readonly forPython: readonly string[];
  /** Files that count as the commands of some rule do. */
  readonly code: ReadonlySet<string>;
  readonly diagnostics: readonly Diagnostic[];
}

interface Options {
  readonly snakefile: Snakefile;
  readonly jobs: Jobs;
  readonly axes: Axes;
  readonly site: Pick<Site, 'defaults' | 'from'>;
  readonly places: Places;
  readonly files: Pick<SpecFiles, 'kind'>;
}

/** Bytes of paths from which a run block reads them from a file: well below what wfc puts on a command line. */
const MANY_BYTES = 64 * 1024;

/** Write the spec: params and tables as fitted, and the rules that the targets need. */
export function writeSpec(options: Options): SpecText {
  const { snakefile, jobs, axes, site } = options;
  const writer = new RuleWriter(options);
  const rules = snakefile.rules.filter((rule) => jobs.jobs.some((job) => job.rule === rule));
  writer.share(rules);
  const listings = axes.later.tables.filter(({ isListed }) => isListed);
  const ruleLines = rules.flatMap((rule) => [
    '',
    ...writer.write(rule),
    ...listings
      .filter(({ list }) => list.rule!.name === rule.name)
      .flatMap((table) => ['', ...listingRule(table, (name) => axes.wildcard(rule, name))]),
  ]);
  const config = { ...Object.fromEntries(axes.constants), ...configOf(snakefile, writer.usedConfig) };
  const lines = [
    `# Made from ${snakefile.files[0]} by "wfc import snakefile"; "wfc plan" shows the tasks.`,
    'wfc: 1',
    ...(Object.keys(config).length > 0 ? ['config:', ...commentedMapping(config, snakefile.configComments, '  ')] : []),
    ...(axes.params.length + axes.later.axes.length > 0
      ? [
          'params:',
          ...axes.params.flatMap((axis) => axisLines(axis, snakefile.configComments)),
          ...axes.later.axes.flatMap(laterAxisLines),
        ]
      : []),
    ...(axes.tables.length + axes.later.tables.length > 0
      ? ['tables:', ...axes.tables.flatMap(tableLines), ...axes.later.tables.flatMap(laterLines)]
      : []),
    ...entry('targets', targetsOf(options), ''),
    ...defaultLines(site, writer.shared),
    'rules:',
    ...ruleLines.slice(1),
    '',
  ];
  const { unfinished, forPython, code, diagnostics } = writer;
  return { text: lines.join('\n'), unfinished, forPython, code, diagnostics };
}

function defaultLines({ defaults, from }: Options['site'], shared: { readonly [key: string]: Yaml }): string[] {
  const all = { ...shared, ...defaults };
  if (Object.keys(all).length === 0) return [];
  return entry('defaults', all, '', from === '' ? '' : `of ${from}`);
}

function axisLines(axis: Axis, configComments: Snakefile['configComments']): string[] {
  const { name, source } = axis;
  const key = source?.config ?? null;
  const comments = key === null ? (source?.comments ?? []) : (configComments[key] ?? []);
  return [
    ...commentLines(comments, '  '),
    ...entry(name, axisValues(axis), '  ', key === null || key === name ? '' : `${key} of the config`),
  ];
}

function tableLines({ name, columns, rows, comments, inPath, csv }: AxisTable): string[] {
  if (csv !== undefined)
    return [
      ...commentLines(comments, '  '),
      ...entry(name, { csv, ...(inPath ? { path: new Verbatim('true') } : {}) }, '  '),
    ];
  const indent = inPath ? '      ' : '    ';
  return [
    ...commentLines(comments, '  '),
    `  ${name}:`,
    ...(inPath ? ['    path: true', '    rows:'] : []),
    ...rows.map((row) => `${indent}- ${flowRow(columns, row)}`),
  ];
}

function flowRow(columns: readonly string[], row: readonly string[]): string {
  return flowText(Object.fromEntries(columns.map((c, i) => [c, row[i]!])));
}

function laterAxisLines(axis: LaterAxis): string[] {
  const comment = axis.list.rule ? `made by rule "${axis.list.rule.name}"` : '';
  return entry(axis.name, axisValues(axis), '  ', comment);
}

function laterLines({ name, csv, list, isListed, rows }: LaterTable): string[] {
  const rule = `rule "${list.rule!.name}"`;
  const inPath = rows.some((row) => row.some((value) => value.includes('/')));
  const table = { csv, ...(inPath ? { path: new Verbatim('true') } : {}) };
  return entry(name, table, '  ', isListed ? `what ${rule} makes, listed by rule "${name}"` : `made by ${rule}`);
}

/** `{from: 0, to: 29}`, `{glob: …}`, `{lines: …}`, or the values. */
function axisValues({ values, glob, lines }: Pick<Axis, 'values' | 'glob' | 'lines'>): Yaml {
  if (glob !== null) return { glob };
  if (lines !== null) return { lines };
  const list: Yaml = isRange(values) ? rangeOf(values) : values;
  if (!values.some((v) => v.includes('/'))) return list;
  return { values: values, path: new Verbatim('true') };
}

function isRange(values: readonly string[]): boolean {
  if (values.length < 4 || !values.every((v) => /^(0|-?[1-9]\d{0,9})$/.test(v))) return false;
  const step = Number(values[1]) - Number(values[0]);
  return step > 0 && values.every((v, i) => Number(v) === Number(values[0]) + i * step);
}

function rangeOf(values: readonly string[]): Yaml {
  const step = Number(values[1]) - Number(values[0]);
  return { from: values[0]!, to: values.at(-1)!, ...(step === 1 ? {} : { step: String(step) }) };
}

function configOf({ config }: Snakefile, used: ReadonlySet<string>): { [key: string]: Yaml } {
  const tree: { [key: string]: Yaml } = {};
  for (const key of used) {
    const words = key.split('.');
    let at = tree;
    for (const word of words.slice(0, -1)) {
      at[word] ??= {};
      at = at[word] as { [key: string]: Yaml };
    }
    at[words.at(-1)!] = config[key]!.text;
  }
  return tree;
}

function isKey(flag: string): boolean {
  return flag !== 'nonempty' && !flag.startsWith('sha256:');
}

/** What ensure() asks of an output. */
function checksOf(flags: readonly string[]): { [key: string]: Yaml } {
  const checks = flags
    .filter((flag) => !isKey(flag))
    .map((flag): Yaml => (flag === 'nonempty' ? flag : { sha256: flag.replace('sha256:', '') }));
  return checks.length === 0 ? {} : { check: checks.length === 1 ? checks[0]! : checks };
}

class RuleWriter {
  readonly usedConfig = new Set<string>();
  readonly unfinished: string[] = [];
  readonly forPython: string[] = [];
  readonly code = new Set<string>();
  readonly diagnostics: Diagnostic[] = [];
  private readonly options: Options;
  /** Keys of `defaults`. */
  readonly shared: { [key: string]: Yaml } = {};
  private readonly local: ReadonlySet<SnakeRule>;
  private readonly sharingLogs: ReadonlySet<SnakeRule>;

  constructor(options: Options) {
    this.options = options;
    const { local, refused } = localRules(options.jobs);
    this.local = local;
    this.sharingLogs = rulesThatShareLogs(options.jobs.jobs);
    for (const rule of this.sharingLogs)
      this.diagnostics.push(
        options.places.warning(
          { file: rule.file, line: rule.log[0]!.line },
          `the log of rule "${rule.name}" is left out, since other tasks write it, too: each has one of its own, see wfc logs`,
        ),
      );
    for (const rule of refused) {
      const why = 'it reads what tasks of the cluster make, and local tasks come before them';
      this.diagnostics.push(options.places.warning(rule, `rule "${rule.name}" does not stay local: ${why}`));
    }
  }

  write(rule: SnakeRule): string[] {
    const { axes } = this.options;
    const gathered = [...new Set(rule.input.flatMap((a) => a.items.flatMap((item) => this.gathered(rule, item))))];
    const inputs = namesOf(rule.input);
    const outputs = namesOf(rule.output);
    // What expand() makes in an output is an output each.
    const output = rule.output.map((a) => ({ ...a, items: a.items.flatMap(writtenOut) }));
    const layout = {
      inputNames: inputs,
      outputNames: outputs,
      inputIsOne: isOne(rule, rule.input, this.asList(rule, 'input')),
      outputIsOne: isOne(rule, rule.output, this.asList(rule, 'output')),
      manyInputs: this.hasManyInputs(rule),
    };
    const command = this.command(rule, layout);
    const log = this.sharingLogs.has(rule) ? [] : rule.log;
    const parts: { [key: string]: Yaml } = {
      ...(gathered.length > 0 ? { gather: gathered } : {}),
      ...(rule.input.length > 0 ? { input: this.paths(rule, rule.input, inputs, this.asList(rule, 'input')) } : {}),
      output: this.paths(rule, output, outputs, this.asList(rule, 'output')),
      ...(log.length > 0 ? { log: patternOf(rule, log[0]!, axes) } : {}),
      ...(this.local.has(rule) ? { local: new Verbatim('true') } : {}),
      ...this.environment(rule),
      ...this.interpreter(rule),
      run: command,
    };
    const head = `  ${rule.name}:  # ${rule.file}:${rule.line}`;
    return [
      ...commentLines(rule.comments, '  '),
      head,
      ...Object.entries(parts).flatMap(([key, value]) => entry(key, value, '    ')),
    ];
  }

  private environment(rule: SnakeRule): { [key: string]: Yaml } {
    const { resources: asked, warnings } = resourcesOf(rule, (name) => this.options.axes.wildcard(rule, name));
    // One CPU is what a task has unless told.
    const { cpus, ...others } = asked;
    const resources = cpus === '1' && !this.hasDefaultCpus() ? others : asked;
    for (const { line, message } of warnings)
      this.diagnostics.push(this.options.places.warning({ file: rule.file, line }, message));
    const { tmpdir } = rule.resources;
    return {
      ...(tmpdir && /^[\w./~-]+$/.test(tmpdir.value) ? { env: { TMPDIR: tmpdir.value } } : {}),
      ...(Object.keys(resources).length > 0 ? { resources } : {}),
      ...(rule.retries ? { retries: new Verbatim(String(rule.retries)) } : {}),
      ...(rule.modules.length > 0 ? { modules: rule.modules } : {}),
      ...(rule.conda !== null && !('conda' in this.shared) ? { conda: rule.conda } : {}),
      ...(rule.container !== null && !('container' in this.shared) ? { container: rule.container } : {}),
    };
  }

  private hasDefaultCpus(): boolean {
    const { resources = {} } = this.options.site.defaults;
    return Object.hasOwn(resources as object, 'cpus');
  }

  /** What all rules have alike stands once; not where there are rules of the import's own. */
  share(rules: readonly SnakeRule[]): void {
    if (rules.length < 3 || this.options.axes.later.tables.length > 0) return;
    for (const key of ['conda', 'container'] as const) {
      const [first] = rules.map((rule) => rule[key]);
      if (first && rules.every((rule) => rule[key] === first)) this.shared[key] = first;
    }
  }

  /** A rule of several tasks imports once a worker. */
  private interpreter(rule: SnakeRule): { [key: string]: Yaml } {
    const { name, command } = rule;
    if (command.kind === 'unknown' || command.kind === 'none' || this.unfinished.includes(name)) return {};
    const jobs = this.options.jobs.jobs.filter((job) => job.rule === rule);
    const isPreloaded = command.modules.length > 0 && jobs.length > 1;
    const scripts = chosenScripts(command.script, jobs);
    const missing = scripts.filter((file) => this.options.files.kind(file) === null);
    if (missing.length > 0) {
      const message = `there is no file ${missing.join(', ')}, which rule "${name}" needs: name it under code: when there is`;
      this.diagnostics.push(this.options.places.warning({ file: rule.file, line: command.line }, message));
    }
    const code = [...command.code, ...scripts.filter((file) => !missing.includes(file))];
    for (const file of code) this.code.add(file);
    return {
      ...(command.kind === 'shell' ? {} : { shell: command.kind }),
      ...(isPreloaded ? { preload: command.modules } : {}),
      ...(code.length > 0 ? { code } : {}),
    };
  }

  private command(rule: SnakeRule, layout: Layout): string {
    try {
      return writeCommand(rule, { ...this.options, layout }, this.usedConfig);
    } catch (error) {
      if (!(error instanceof NotConvertible)) throw error;
      const line = rule.command.line;
      this.unfinished.push(rule.name);
      // What it reads may be there when the task runs.
      const fails = rule.params.some((param) => /^fails: (?!FileNotFoundError)/.test(param.why ?? ''));
      if (isInline(rule) && !fails) this.forPython.push(rule.name);
      this.diagnostics.push(this.options.places.error({ file: rule.file, line }, error.message, error.hint));
      const words = `not converted from ${rule.file}:${line}: ${error.message}`;
      return `echo '${words.replace(/['{}]/g, ' ')}' >&2\nexit 1`;
    }
  }

  private gathered(rule: SnakeRule, item: SnakeItem): string[] {
    const names = [...(item.expand?.values ?? []).map(([name]) => name), ...(item.rows?.names ?? [])];
    return names
      .map((name) => this.options.axes.expanded(rule, item, name))
      .filter((name) => !name.startsWith('config.'));
  }

  private isGathered(rule: SnakeRule, given: readonly SnakeArgument[]): boolean {
    const items = given.flatMap((a) => a.items);
    return items.length === 1 && this.gathered(rule, items[0]!).length > 0;
  }

  private hasManyInputs(rule: SnakeRule): boolean {
    const { jobs } = this.options.jobs;
    return jobs.some((job) => job.rule === rule && job.inputs.reduce((sum, p) => sum + p.length + 1, 0) > MANY_BYTES);
  }

  /** A run block that uses the whole of `input` has a list there, also of one path. */
  private asList({ command }: SnakeRule, root: 'input' | 'output'): boolean {
    if (command.kind !== 'python3') return false;
    return command.tokens.some(
      (t) => typeof t !== 'string' && 'ref' in t && t.ref === root && !t.flat && (t.index ?? t.name ?? null) === null,
    );
  }

  private paths(
    rule: SnakeRule,
    given: readonly SnakeArgument[],
    names: ReadonlyMap<string | null, string>,
    asList: boolean,
  ): Yaml {
    const items = (argument: SnakeArgument): Yaml[] => argument.items.map((item) => this.path(rule, item));
    if (names.size === 0) {
      const all = given.flatMap(items);
      // What is gathered is a list, however it is written.
      return isOne(rule, given, asList) || this.isGathered(rule, given) ? all[0]! : all;
    }
    return Object.fromEntries(
      given.map((argument, i) => {
        const paths = items(argument);
        const name = argument.name === null ? unnamedArgument(i, names) : names.get(argument.name)!;
        return [name, isList(rule, argument) && !this.isGathered(rule, [argument]) ? paths : paths[0]!];
      }),
    );
  }

  private path(rule: SnakeRule, item: SnakeItem): Yaml {
    const path = patternOf(rule, item, this.options.axes);
    const flags = item.flags.filter((flag) => !/^(touch|subworkflow|made-by:.*)$/.test(flag));
    if (flags.length === 0) return path;
    return {
      path,
      ...checksOf(flags),
      ...Object.fromEntries(flags.filter(isKey).map((flag) => [flag, new Verbatim('true')])),
    };
  }
}

/** The command stands in the spec, and calls no script or function of Python. */
export function isInline({ command }: SnakeRule): boolean {
  return (
    command.kind !== 'unknown' && command.kind !== 'none' && command.code.length === 0 && command.script.length === 0
  );
}

/** The scripts that wildcards choose for these jobs. */
function chosenScripts(script: readonly SnakeToken[], jobs: readonly Job[]): string[] {
  if (script.length === 0) return [];
  const paths = jobs.map(({ wildcards }) =>
    script.map((t) => (typeof t === 'string' ? t : 'ref' in t ? wildcards.get(t.name!) : '')).join(''),
  );
  return [...new Set(paths)];
}

function isOne(rule: SnakeRule, given: readonly SnakeArgument[], asList: boolean): boolean {
  return given.length === 1 && given[0]!.name === null && !isList(rule, given[0]!) && !asList;
}

/** The names of arguments as the spec writes them: `path` would be read as the path of a pattern. */
function namesOf(given: readonly SnakeArgument[]): Map<string, string> {
  return new Map(given.flatMap(({ name }) => (name === null ? [] : [[name, name === 'path' ? 'path_' : name]])));
}
