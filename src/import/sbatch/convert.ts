import type { Diagnostic } from '../../model/diagnostic.ts';
import { PLACEHOLDER_ROOTS } from '../../model/template.ts';
import { escapeLiteral, NotConvertible } from '../pieces.ts';
import type { Places } from '../places.ts';
import { entry, Verbatim, type Yaml } from '../yaml.ts';
import { type Asked, askedBy } from './flags.ts';
import { writtenPaths } from './outputs.ts';
import { arrayOf, type SbatchScript, type ScriptLine } from './script.ts';
import {
  type Fields,
  type Found,
  findValues,
  mentions,
  type ReadLines,
  type ScriptValues,
  splitLine,
} from './values.ts';

export interface SbatchOptions {
  readonly places: Places;
  /** The lines of a text file, from the spec's folder; null where it can't be read. Without blank ones at its end. */
  readonly readLines: ReadLines;
}

export interface ConvertedArray {
  /** null where the array can't be told, so that no spec would be right. */
  readonly spec: string | null;
  /** null where the script says nothing of its site. */
  readonly profile: string | null;
  readonly tasks: number;
  readonly diagnostics: readonly Diagnostic[];
}

const INDEX = 'SLURM_ARRAY_TASK_ID';

/**
 *  script ──askedBy──▶ resources, site        ┐
 *         ──findValues──▶ variables by index  ├──▶ params ──writtenPaths──▶ outputs ──▶ spec
 *         ──arrayOf──▶ indices                ┘
 *
 * The commands stay as they are, but for what wfc itself does: what is set from the index is set from params.
 */
export function convertArray(script: SbatchScript, { places, readLines }: SbatchOptions): ConvertedArray {
  const diagnostics: Diagnostic[] = [];
  const place = (line: number): { file: string; line: number } => ({ file: script.file, line });
  const fail = (line: number, message: string, hint: string): ConvertedArray => ({
    ...{ spec: null, profile: null, tasks: 0 },
    diagnostics: [...diagnostics, places.error(place(line), message, hint)],
  });
  const asked = askedBy(script.flags);
  for (const { line, message } of asked.left) diagnostics.push(places.warning(place(line), message));
  const flag = script.flags.find(({ name }) => name === 'array');
  if (!flag)
    return fail(1, 'it has no line "#SBATCH --array"', 'one job is one rule: "wfc init" shows how it is written');
  const array = arrayOf(flag.value);
  if (!array) return fail(flag.line, `--array=${flag.value} can't be read`, 'write the indices, as in --array=1-300');
  if (script.body.length === 0) return fail(flag.line, 'there are no commands', 'name the script that holds them');
  const values = findValues(script.body, readLines);
  const table = tableOf(script, values, array.indices, readLines);
  if ('missing' in table) {
    const { index, line } = table.missing;
    return fail(line, `element ${index} of the array has no value here`, 'is the array as long as its file?');
  }
  const writer = new RuleText(script, { asked, values, table, places });
  const spec = writer.write();
  const profile = profileText(asked, array.atATime);
  return { spec, profile, tasks: array.indices.length, diagnostics: [...diagnostics, ...writer.diagnostics] };
}

// --- params ---

interface Table {
  /** By variable of the script, or INDEX, the param. In the order of the columns. */
  readonly params: ReadonlyMap<string, string>;
  readonly rows: readonly (readonly string[])[];
  /** How it is written under `params` or `tables`. */
  readonly lines: readonly string[];
}

function tableOf(
  { body }: SbatchScript,
  { found, fields, definitions }: ScriptValues,
  indices: readonly number[],
  readLines: ReadLines,
): Table | { readonly missing: { readonly index: number; readonly line: number } } {
  const rest = body.filter(({ line }) => !definitions.has(line));
  const uses = (variable: string): boolean => rest.some(({ text }) => mentions(text, variable));
  const columns: { variable: string; valueAt: (index: number) => string | undefined; line: number }[] = [];
  for (const one of found) {
    const cuts = fields.filter(({ of }) => of === one.variable);
    if (cuts.length === 0 || uses(one.variable)) columns.push(one);
    for (const cut of cuts) columns.push(...columnsOf(cut, one.valueAt));
  }
  const texts = columns.map(({ valueAt }) => indices.map((index) => valueAt(index)));
  for (const [c, { line }] of columns.entries()) {
    const at = texts[c]!.findIndex((text) => text === undefined || text === '');
    if (at >= 0) return { missing: { index: indices[at]!, line } };
  }
  const rows = indices.map((_, i) => texts.map((column) => column[i]!));
  const areShort = rows.every((row) => row.every((text) => /^[\w.+=,@%-]+$/.test(text)));
  const areDistinct = new Set(rows.map((row) => row.join('\0'))).size === rows.length;
  const isIndexUsed = columns.length === 0 || usesIndex(rest, readLines) || !areShort || !areDistinct;
  const params = paramNames([...(isIndexUsed ? [INDEX] : []), ...columns.map(({ variable }) => variable)]);
  const all = isIndexUsed ? rows.map((row, i) => [String(indices[i]!), ...row]) : rows;
  return { params, rows: all, lines: tableLines([...params.values()], all, found[0] ?? null, readLines) };
}

function columnsOf({ parts, separator, line }: Fields, lineAt: (index: number) => string | undefined) {
  return parts.map(({ variable, at }, p) => ({
    variable,
    line,
    // As of `read`, the last takes what is left.
    valueAt: (index: number): string | undefined => {
      const text = lineAt(index);
      if (text === undefined) return undefined;
      const words = splitLine(text, separator);
      const isRest = parts.length > 1 && p === parts.length - 1;
      return isRest ? words.slice(at).join(separator === 'blank' ? ' ' : separator) : words[at];
    },
  }));
}

/** Whether the commands, or a script that they call, look at the index themselves. */
function usesIndex(rest: readonly ScriptLine[], readLines: ReadLines): boolean {
  if (rest.some(({ text }) => text.includes(INDEX))) return true;
  const called = rest.flatMap(({ text }) => text.match(/[\w./-]+\.(?:py|R|sh|jl|m)\b/g) ?? []);
  return [...new Set(called)].some((path) => readLines(path)?.some((line) => line.includes(INDEX)) === true);
}

function paramNames(variables: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>(PLACEHOLDER_ROOTS);
  for (const variable of variables) {
    let name = variable === INDEX ? 'task' : variable.toLowerCase();
    while (taken.has(name)) name += '_value';
    taken.add(name);
    names.set(variable, name);
  }
  return names;
}

/** One param: an axis, from its file where that holds just its values. Several: rows, or the CSV file that holds just them. */
function tableLines(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  source: Found | null,
  readLines: ReadLines,
): string[] {
  const path = source?.file?.path ?? '';
  const lines = source?.file ? (readLines(path)?.map((line) => line.trim()) ?? []) : [];
  if (names.length > 1) {
    const row = (values: readonly string[]): Yaml => Object.fromEntries(names.map((name, i) => [name, values[i]!]));
    const texts = rows.map((values) => `    - ${entry('row', row(values), '')[0]!.replace(/^row: /, '')}`);
    const separator = path.endsWith('.tsv') ? '\t' : ',';
    const isCsv = /\.[ct]sv$/.test(path) && !lines.some((line) => line.includes('"'));
    const isWhole = isCsv && [names, ...rows].map((values) => values.join(separator)).join('\n') === lines.join('\n');
    return ['tables:', ...(isWhole ? entry('tasks', { csv: path }, '  ') : ['  tasks:', ...texts])];
  }
  const values = rows.map(([value]) => value!);
  const isWhole = lines.join('\n') === values.join('\n');
  return ['params:', ...entry(names[0]!, isWhole ? { lines: path } : (rangeOf(values) ?? values), '  ')];
}

function rangeOf(values: readonly string[]): Yaml | null {
  const [first, second] = values.map(Number);
  const step = values.length > 2 ? second! - first! : 0;
  if (step <= 0 || !values.every((v, i) => v === String(first! + i * step))) return null;
  const number = (n: number): Verbatim => new Verbatim(String(n));
  return {
    from: number(first!),
    to: number(first! + (values.length - 1) * step),
    ...(step === 1 ? {} : { step: number(step) }),
  };
}

// --- the rule ---

interface Parts {
  readonly asked: Asked;
  readonly values: ScriptValues;
  readonly table: Table;
  readonly places: Places;
}

class RuleText {
  readonly diagnostics: Diagnostic[] = [];
  private readonly script: SbatchScript;
  private readonly parts: Parts;

  constructor(script: SbatchScript, parts: Parts) {
    this.script = script;
    this.parts = parts;
  }

  write(): string {
    const { asked, table } = this.parts;
    const given = asked.name ?? this.script.file.replace(/.*\/|\.\w+$/g, '');
    const name = given.replace(/\W+/g, '_').replace(/^(?=\d)|^$/, 'task');
    const setup = this.setup();
    const { run, outputs } = this.commands(setup.lines);
    const hasIndex = table.params.has(INDEX);
    const rule: { [key: string]: Yaml } = {
      output: outputs,
      ...setup.keys,
      ...(hasIndex ? { env: { [INDEX]: `{${table.params.get(INDEX)!}}` } } : {}),
      code: 'auto',
      run,
      ...(Object.keys(asked.resources).length > 0 ? { resources: asked.resources } : {}),
    };
    return [
      `# Made from ${this.script.file} by "wfc import sbatch"; "wfc plan" shows the tasks. Each runs under set -euo pipefail.`,
      'wfc: 1',
      `name: ${name}`,
      ...table.lines,
      'rules:',
      `  ${name}:`,
      ...Object.entries(rule).flatMap(([key, value]) => entry(key, value, '    ')),
      '',
    ].join('\n');
  }

  /** Modules and the environment that the commands are run in; the other lines. */
  private setup(): { keys: { [key: string]: Yaml }; lines: readonly ScriptLine[] } {
    const { definitions } = this.parts.values;
    const rest = this.script.body.filter(({ line }) => !definitions.has(line));
    const changesModules = rest.some(({ text }) => /^\s*(?:module|ml) (?!load\b|add\b)/.test(text));
    const keys: { [key: string]: Yaml } = {};
    const modules: string[] = [];
    const lines = rest.filter(({ text }) => {
      const loaded = /^(?:module (?:load|add)|ml load) ([\w./+ -]+?)\s*$/.exec(text);
      if (loaded && !changesModules) {
        modules.push(...loaded[1]!.split(/\s+/));
        return false;
      }
      const activated = /^(?:conda|source|mamba) activate ([\w./-]+)\s*$/.exec(text);
      if (activated) {
        keys.conda = activated[1]!;
        return false;
      }
      const isOfConda =
        /conda(?:\.sh|\s+shell\.\w+\s+hook|\s+init)/.test(text) && /^\s*(?:source|\.|eval|conda)\s/.test(text);
      return (
        !isOfConda &&
        !/^\s*cd\s+"?\$\{?SLURM_SUBMIT_DIR\}?"?\s*$/.test(text) &&
        !/^\s*set -[eux]+\s*(-o pipefail)?\s*$/.test(text)
      );
    });
    return { keys: { ...(modules.length > 0 ? { modules } : {}), ...keys }, lines };
  }

  private commands(lines: readonly ScriptLine[]): { run: string; outputs: Yaml } {
    const { table, places, asked, values } = this.parts;
    const written = writtenPaths(lines, table.params).filter(({ pattern }) => this.isOneEach(pattern));
    const texts = new Map(lines.map(({ text, line }) => [line, this.plain(text, line)]));
    written.forEach(({ word, line }, w) => {
      const placeholder = written.length === 1 ? '{output}' : `{output[${w}]}`;
      texts.set(line, texts.get(line)!.replace(this.plain(word, line), placeholder));
    });
    const set = [
      ...values.found.map(({ variable }) => variable),
      ...values.fields.flatMap((f) => f.parts.map((p) => p.variable)),
    ];
    const assignments = set.flatMap((variable) => {
      const param = table.params.get(variable);
      return param !== undefined && lines.some(({ text }) => mentions(text, variable))
        ? [`${variable}={${param}}`]
        : [];
    });
    const body = [...texts.values()].map((text) => (asked.hasRanks ? text : text.replace(/^(\s*)srun (?!-)/, '$1')));
    while (body[0]?.trim() === '') body.shift();
    for (const { text, line } of lines) {
      const word = /\$\{?(SLURM_(?!ARRAY_TASK_ID|CPUS_PER_TASK)\w+)/.exec(text);
      if (word)
        this.diagnostics.push(
          places.warning(
            { file: this.script.file, line },
            `${word[1]} is not what it was here: tasks may share an element, and have none at all on this machine`,
          ),
        );
    }
    if (written.length > 0) {
      const one = ({ pattern, isDirectory }: (typeof written)[number]): Yaml =>
        isDirectory ? { path: pattern, directory: new Verbatim('true') } : pattern;
      return {
        run: [...assignments, ...body].join('\n'),
        outputs: written.length === 1 ? one(written[0]!) : written.map(one),
      };
    }
    this.diagnostics.push(
      places.warning(
        { file: this.script.file, line: lines.at(-1)?.line ?? 1 },
        'what a task writes can\'t be told from the commands: the spec has a mark for each task that succeeded; name its files as "output" instead',
      ),
    );
    const [, key] = [...table.params.entries()][0]!;
    const all = table.params.has(INDEX)
      ? `{${key}}`
      : [...table.params.values()].map((param) => `{${param}}`).join('_');
    return { run: [...assignments, ...body, 'touch {output}'].join('\n'), outputs: `done/${all}` };
  }

  /** A line of the script as wfc reads it back. */
  private plain(text: string, line: number): string {
    try {
      const escaped = escapeLiteral(text, new Set(this.parts.table.params.values()));
      return escaped.replace(/\$(?:SLURM_CPUS_PER_TASK\b|\{SLURM_CPUS_PER_TASK(?::-\w+)?\})/g, '{resources.cpus}');
    } catch (error) {
      if (!(error instanceof NotConvertible)) throw error;
      this.diagnostics.push(this.parts.places.error({ file: this.script.file, line }, error.message, error.hint));
      return text;
    }
  }

  /** Whether each task has a path of its own by this pattern. */
  private isOneEach(pattern: string): boolean {
    const { params, rows } = this.parts.table;
    const names = [...params.values()];
    const paths = rows.map((row) => pattern.replace(/\{(\w+)\}/g, (_, name: string) => row[names.indexOf(name)] ?? ''));
    return new Set(paths).size === rows.length;
  }
}

// --- the profile ---

function profileText({ site, extra }: Asked, atATime: number | null): string | null {
  const slurm: { [key: string]: Yaml } = { ...site, ...(extra.length > 0 ? { extra } : {}) };
  const lines = [
    ...(Object.keys(slurm).length > 0 ? entry('slurm', slurm, '') : []),
    ...(atATime === null ? [] : entry('packing', { max_running: new Verbatim(String(atATime)) }, '')),
  ];
  return lines.length === 0 ? null : [...lines, ''].join('\n');
}
