/**
 * Every mistake that wfc can tell a user of, one constructor each: the wording stands here and nowhere else.
 * Messages say what is wrong in the user's words; hints say what to write instead.
 */
import type { Diagnostic } from '../model/diagnostic.ts';
import { type Location, lineAndColumn, type SourceText } from '../model/source.ts';
import type { Witness } from './params/witness.ts';
import { didYouMean, suggestKey } from './text/suggest.ts';

type Notes = readonly { readonly message: string; readonly location: Location }[];

function error(location: Location | null, message: string, hint?: string, notes?: Notes): Diagnostic {
  return { severity: 'error', location, message, hint: hint === '' ? undefined : hint, notes };
}

/** Two places, the later one first: it is the second that is one too many. */
function inOrder(a: Location, b: Location): [Location, Location] {
  return a.start >= b.start ? [a, b] : [b, a];
}

function warning(location: Location | null, message: string, hint?: string): Diagnostic {
  return { severity: 'warning', location, message, hint };
}

export function listWords(words: readonly string[], last: 'or' | 'and' = 'or'): string {
  if (words.length <= 1) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

/** At most `most` of the names, quoted, and how many more there are. */
export function someOf(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map((n) => `"${n}"`);
  return names.length > most ? `${shown.join(', ')} and ${names.length - most} more` : listWords(shown, 'and');
}

// --- reading the text ---

/** A spec may be written as JSON, which YAML includes: its mistakes are told in its own terms. */
function languageOf({ source }: Location): 'JSON' | 'YAML' {
  return source.file.endsWith('.json') ? 'JSON' : 'YAML';
}

/** A text as YAML takes it whole: in the quotes that it does not hold itself. */
function inQuotes(text: string): string {
  if (!/["\\]/.test(text)) return `"${text}"`;
  return `'${text.replaceAll("'", "''")}'`;
}

const belowRun = (key: string): string =>
  /^run\b/.test(key) ? ', or put the command on a line of its own below "run: |"' : '';

export const yamlSyntax = (location: Location, reason: string): Diagnostic =>
  error(location, `this is not valid ${languageOf(location)}: ${reason}`);

export const needsQuotes = (location: Location, text: string, key = ''): Diagnostic =>
  error(
    location,
    /^[\w./-]/.test(text)
      ? 'a value that holds "{" needs quotes inside brackets'
      : `a value that begins with "${text[0]}" needs quotes in YAML`,
    `write ${inQuotes(text)}${belowRun(key)}`,
  );

export const goesOnAfterQuote = (location: Location, text: string, key: string): Diagnostic =>
  error(
    location,
    'this value begins with a quote and goes on after the closing one',
    `put all of it in quotes: ${text.startsWith('"') ? `'${text.replaceAll("'", "''")}'` : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`}${belowRun(key)}`,
  );

export const colonInValue = (location: Location, value: string): Diagnostic =>
  error(
    location,
    'a value that holds ": " needs quotes in YAML',
    `write ${inQuotes(value)}, or put it on a line of its own below "run: |"`,
  );

export const tabIndent = (location: Location): Diagnostic =>
  error(location, 'YAML is indented with spaces, and here is a tab', 'replace the tab by spaces');

export const badIndent = (
  location: Location,
  indent: number,
  levels: readonly number[],
  isEntry: boolean,
): Diagnostic => {
  const spaces = (n: number): string => (n === 1 ? '1 space' : `${n} spaces`);
  const aligned = levels.includes(indent);
  return error(
    location,
    isEntry && aligned
      ? 'a list entry ("- ") can\'t stand among "key: value" lines'
      : `this line is indented by ${spaces(indent)}, which fits no line above it`,
    isEntry && aligned
      ? 'indent it below the key that it belongs to'
      : `lines that belong together begin in one column: here ${listWords(levels.map(String))} spaces would do`,
  );
};

export const missingBlank = (location: Location, key: string, value: string): Diagnostic =>
  error(location, `a space is missing after "${key}:"`, `write ${key}: ${value}`);

export const missingBlankAfterDash = (location: Location): Diagnostic =>
  error(location, 'a space is missing after "-"', 'list entries are written "- entry"');

export const missingColon = (location: Location, key: string, value: string): Diagnostic =>
  error(location, `a ":" is missing after "${key}"`, `write ${key}:${value === '' ? '' : ` ${value}`}`);

export const wrongComment = (location: Location): Diagnostic =>
  languageOf(location) === 'JSON'
    ? error(location, 'JSON has no comments', 'remove it, or write the file as YAML, where comments begin with "#"')
    : error(location, 'comments begin with "#" in YAML', 'write # in front of it');

export const unclosed = (location: Location, opener: string): Diagnostic => {
  const closer = opener === '[' ? ']' : opener === '{' ? '}' : opener;
  return error(
    location,
    /["']/.test(opener) ? 'this quote is never closed' : `this "${opener}" is never closed`,
    `a ${closer} is missing`,
  );
};

export const missingComma = (location: Location, token: string): Diagnostic =>
  error(
    location,
    `a comma is missing before ${/^["']/.test(token) ? token : `"${token}"`}`,
    'entries in brackets are separated by commas',
  );

export const missingEntry = (location: Location): Diagnostic =>
  error(location, 'there is no entry before this comma', 'remove one of the commas');

export const badEscape = (location: Location): Diagnostic =>
  error(
    location,
    'this backslash means nothing in double quotes',
    'write \\\\ for a backslash, or put the value in single quotes',
  );

export const tooDeep = (location: Location): Diagnostic =>
  error(location, 'values are nested more than 100 deep here', 'is this the right file?');

export const strayText = (location: Location): Diagnostic =>
  error(
    location,
    "this stands after the end of the file's values",
    languageOf(location) === 'JSON' ? 'remove it' : 'remove it, or indent it like the lines above',
  );

/** How to make a file UTF-8 whose encoding is known. */
function conversion(encoding: string, file: string): string {
  const name = /^[\w./+-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
  return `iconv -f ${encoding} -t UTF-8 ${name} > converted`;
}

/** `meant`: the character that the byte stands for in the one-byte encoding of Windows; null for none. */
export const invalidUtf8 = (source: SourceText, offset: number, meant: string | null): Diagnostic =>
  error(
    { source, start: offset, end: offset + 1 },
    `the file is not valid UTF-8 here${meant === null ? '' : `; as Latin-1 (Windows-1252) this is "${meant}"`}`,
    meant === null ? 'save it as UTF-8' : `save it as UTF-8, as in:  ${conversion('WINDOWS-1252', source.file)}`,
  );

export const cutCharacter = (source: SourceText, offset: number): Diagnostic =>
  error(
    { source, start: offset, end: offset + 1 },
    'the file ends in the middle of a character',
    'it was cut off: copy or download it again',
  );

export const utf16 = (file: string, encoding: string): Diagnostic =>
  error(
    { source: { file, text: '' }, start: 0, end: 0 },
    `the file is in ${encoding}, and wfc reads UTF-8`,
    `save it as UTF-8, as in:  ${conversion(encoding, file)}`,
  );

export const controlCharacter = (source: SourceText, offset: number): Diagnostic =>
  error(
    { source, start: offset, end: offset + 1 },
    'the file holds a control character here (is it a text file?)',
    'remove it',
  );

export const severalDocuments = (location: Location): Diagnostic =>
  error(location, 'the file holds more than one YAML document', 'remove the line "---" and what follows it');

export const emptySpec = (location: Location): Diagnostic =>
  error(location, 'the spec is empty', 'begin with "wfc: 1" and "rules:"; see examples/');

export const emptyConfigFile = (location: Location): Diagnostic =>
  error(location, 'the config file is empty', 'write "key: value" lines, or leave --config out');

export const unknownAnchor = (location: Location, name: string): Diagnostic =>
  /^\w+$/.test(name)
    ? error(
        location,
        `there is no anchor &${name} before this alias`,
        `set it with &${name} earlier, or write "*${name}" in quotes for the text`,
      )
    : needsQuotes(location, `*${name}`);

export const aliasBomb = (location: Location, nodes: number): Diagnostic =>
  error(
    location,
    `with this alias, the aliases of the file stand for more than ${nodes.toLocaleString('en')} values`,
    'write params as ranges or files instead of repeating aliases',
  );

export const keyNotText = (location: Location): Diagnostic =>
  error(location, 'a key must be a text', 'a key that begins with "{" or "[" needs quotes in YAML');

export const duplicateKey = (location: Location, key: string, first: Location): Diagnostic =>
  error(location, `the key "${key}" stands here a second time`, 'remove or rename one of the two', [
    { message: 'the first one', location: first },
  ]);

export const yamlTag = (location: Location, tag: string): Diagnostic =>
  error(
    location,
    `YAML tags such as ${tag} are not used here`,
    'remove it; wfc keeps the text of every value as it is written',
  );

export const nullValue = (location: Location, text: string, key: string | undefined): Diagnostic =>
  text === ''
    ? error(
        location,
        key === undefined ? 'an entry of this list is empty' : `"${key}" has no value`,
        'write a value, "" for an empty text, or remove the line',
      )
    : error(location, `${text} means "no value" in YAML`, `write "${text}" in quotes for the text, or remove it`);

// --- the schema ---

const RESOURCES = ['cpus', 'mem', 'time', 'gpus'];
const SLURM_FLAGS = [
  'partition',
  'account',
  'qos',
  'constraint',
  'nodelist',
  'exclude',
  'gres',
  'reservation',
  'slurm',
];

/** Where a key of a rule belongs that stands one level too high, or is not needed here at all. */
function misplacedKey(key: string): string {
  if (/^(needs|depends|depends_on|dependencies|after|requires)$/i.test(key)) {
    return 'rules depend on each other by paths alone: name the file under "input:"';
  }
  if (/^(params|wildcards|vars)$/i.test(key)) return 'params are declared once, for all rules: "params:" at the top';
  if (/^(foreach|for_each|expand|matrix)$/i.test(key))
    return 'a rule has a task for each value of the params in its outputs';
  if (SLURM_FLAGS.includes(key)) return `write resources: {slurm: {${key === 'slurm' ? 'partition' : key}: …}}`;
  const resource = suggestKey(key, RESOURCES);
  return resource ? `write resources: {${resource}: …}` : '';
}

/** Interpreters of the files that Snakemake's "script:" takes. */
const INTERPRETERS: Readonly<Record<string, string>> = { py: 'python3', R: 'Rscript', r: 'Rscript', jl: 'julia' };

/** What a rule's key of Snakemake's is here; '' for others. `value`: its text, null where it has none. */
function snakemakeKey(key: string, value: string | null): string {
  switch (key) {
    case 'script': {
      const file = value ?? 'train.py';
      const program = INTERPRETERS[/\.(\w+)$/.exec(file)?.[1] ?? ''] ?? 'bash';
      return `write  run: ${program} ${file} {input} {output}  and  code: ${file}; the script reads its arguments`;
    }
    case 'notebook':
      return `write the command itself, as in  run: jupyter nbconvert --execute --to notebook ${value ?? 'x.ipynb'}`;
    case 'wrapper':
    case 'cwl':
      return 'write the command itself under "run:"';
    case 'threads':
      return `write resources: {cpus: ${value ?? '…'}}`;
    case 'wildcard_constraints':
      return 'remove it: a param has the values that "params:" gives it, and no others';
    case 'benchmark':
      return 'remove it: "wfc report" shows the time and memory of every task';
    case 'envmodules':
      return 'write modules: [name, …]';
    case 'localrule':
      return 'write local: true';
    case 'message':
    case 'priority':
    case 'group':
    case 'cache':
    case 'version':
    case 'default_target':
      return 'remove it: wfc has nothing like it';
    default:
      return '';
  }
}

/** Where a key of a profile belongs that stands one level too high. */
function misplacedProfileKey(key: string): string {
  const sections: Readonly<Record<string, readonly string[]>> = {
    slurm: SLURM_FLAGS,
    limits: ['max_array_size', 'max_submit', 'max_time', 'max_mem', 'max_cpus', 'max_gpus'],
    packing: ['tasks_per_element', 'fuse', 'lanes', 'max_running'],
    local: ['jobs', 'cpus', 'mem', 'gpus'],
  };
  for (const [section, keys] of Object.entries(sections)) {
    const meant = suggestKey(key, keys);
    if (meant) return `write ${section}: {${meant}: …}`;
  }
  return '';
}

export const unknownKey = (
  location: Location,
  key: string,
  where: string,
  known: readonly string[],
  value: string | null,
): Diagnostic => {
  const shown = known.filter((k) => !k.startsWith('$'));
  const all = `known ${shown.length === 1 ? 'is' : 'are'} ${listWords(shown, 'and')}`;
  const misplaced = where.startsWith('rule ')
    ? misplacedKey(key)
    : where === 'the profile'
      ? misplacedProfileKey(key)
      : '';
  const hint =
    key === '<<'
      ? 'YAML\'s merge keys are not available; write what rules share under "defaults:"'
      : (where.startsWith('rule ') && snakemakeKey(key, value)) ||
        didYouMean(suggestKey(key, known)) ||
        misplaced ||
        all;
  return error(location, `unknown key "${key}" in ${where}`, hint);
};

export const missingKey = (location: Location, key: string, where: string): Diagnostic =>
  error(location, `"${key}" is missing in ${where}`, key === 'wfc' ? 'begin the spec with "wfc: 1"' : `add "${key}:"`);

export const commandInShell = (location: Location, command: string): Diagnostic =>
  error(
    location,
    '"shell" names the language of a command, and this is the command itself',
    command.trim().includes('\n') ? 'call this key "run"' : `write  run: ${command.trim()}`,
  );

export const badName = (location: Location, name: string, where: string): Diagnostic => {
  if (name === 'path') {
    return error(
      location,
      '"path" can\'t be a name here',
      'a mapping with "path" is one pattern with its options; choose another name',
    );
  }
  if (where.includes('slurm')) {
    return error(
      location,
      `"${name}" is not a long option of sbatch`,
      `they have small letters and "-", such as "partition"; "extra: [--flag]" takes anything else`,
    );
  }
  const repaired = name.replace(/\W+/g, '_').replace(/^(?=\d)/, '_');
  return error(
    location,
    name === '' ? 'a name is missing here' : `"${name}" is not a name`,
    `${name === '' || repaired === '_' ? '' : `write ${repaired}: `}names are made of letters, digits and underscores, a digit not first`,
  );
};

export const badFormat = (location: Location, where: string, pattern: string): Diagnostic =>
  error(
    location,
    `${where} has the wrong form`,
    pattern.includes('a-fA-F')
      ? 'a SHA-256 is 64 hex digits'
      : pattern === '^-'
        ? 'a flag begins with "-"'
        : `it must match ${pattern}`,
  );

export const wrongConst = (location: Location, where: string, wanted: unknown): Diagnostic => {
  if (where !== '"wfc"') return error(location, `${where} must be ${wanted}`);
  const written = location.source.text.slice(location.start, location.end);
  return /^["']1["']$/.test(written)
    ? error(location, '"wfc" must be the number 1, not a text', 'remove the quotes')
    : error(location, 'this version of wfc reads version 1 of the spec language', 'write wfc: 1');
};

/** What may stand in a place, by the title of its schema or by its name. */
const FORMS: Readonly<Record<string, string>> = {
  Spec: 'a spec begins with "wfc: 1" and has "rules:"',
  Param:
    'write a list, or one of {from: 0, to: 9}, {lines: FILE}, {glob: PATTERN}, {values: […]}, {linspace: …}, {logspace: …}',
  Table: 'write a list of rows, such as [{model: lstm, lr: 0.1}], or {csv: FILE}',
  TableRow: 'a row names its params: {model: lstm, lr: 0.1}',
  Exclude: 'an entry names params and values: {model: gru, factor: [160, 320]}',
  Check: 'write nonempty, {min_bytes: 1}, {sha256: …} or {run: "test -s {file}"}; for a directory output also files',
  Input: 'write a path, or a path with options: {path: a.csv, ancient: true}',
  Inputs: 'write a path, a list of paths, or names: {data: a.csv, model: m.bin}',
  Output: 'write a path, or a path with options: {path: a.csv, temp: true}',
  Code: 'write auto, a path, or a list of paths, such as [train.py, lib/model.py]',
  Outputs: 'write a path, a list of paths, or names: {data: a.csv, model: m.bin}',
  Env: 'write NAME: value lines',
  Resources: 'write {cpus: 4, mem: 2G, time: 10m}',
  Rule: 'a rule has at least "output:" and "run:"',
  Defaults: 'write what all rules share, such as {resources: {cpus: 4}}',
  '"run"': 'write the command as one text',
  '"config"': 'write key: value lines',
  '"params"': 'write NAME: [value, …] lines',
  '"tables"': 'write NAME: {csv: FILE} lines',
  '"exclude"': 'write a list of entries: [{model: gru}]',
  '"rules"': 'write NAME: lines, with "output:" and "run:" below each',
  ProfileFile: 'a profile has the parts slurm, limits, packing, modules, prelude and local',
  SlurmFlags: 'write flags of sbatch by their long names, such as {account: lab, partition: short}',
  Limits: 'write such as {max_submit: 5000, max_time: 12h}',
  PackingOptions: 'write such as {lanes: 4, max_running: 50}',
  LocalOptions: 'write such as {jobs: 8, mem: 48G}',
};

export const wrongType = (
  location: Location,
  where: string,
  wanted: readonly string[],
  found: string,
  form: string,
): Diagnostic => {
  const text = /^(?:the text )?"(.*)"$/.exec(found)?.[1] ?? '';
  const stuck = wanted.includes('a mapping') ? /^([A-Za-z_]\w*):(\S.*)$/.exec(text) : null;
  const number = /^[-+\d.]+$/.test(text) || /^(true|false)$/.test(text);
  const hint = stuck
    ? `a space is missing: write ${stuck[1]}: ${stuck[2]}`
    : found.startsWith('the text') && number && wanted.some((w) => /number|true/.test(w))
      ? 'remove the quotes'
      : (FORMS[form] ?? FORMS[where.replace(/ of .*$/, '')]);
  return error(location, `${where} must be ${listWords(wanted)}, not ${found}`, hint);
};

export const wrongForm = (location: Location, where: string, form: string): Diagnostic =>
  error(location, `${where} has none of the forms that it may have`, FORMS[form]);

export const emptyCollection = (location: Location, where: string): Diagnostic =>
  error(location, `${where} is empty`, 'add an entry');

export const tooSmall = (location: Location, where: string, limit: number): Diagnostic =>
  error(location, `${where} must be at least ${limit}`);

export const schemaViolation = (location: Location, where: string, message: string): Diagnostic =>
  error(location, `${where} ${message}`);

// --- config, params, tables ---

export const configFileShape = (location: Location, inside: boolean): Diagnostic =>
  inside
    ? error(location, 'a config value must be a text or a mapping', 'write "key: value"')
    : error(location, 'a config file must be a mapping of names to values', 'write "key: value" lines');

export const configKeyUnused = (location: Location, key: string, near: string | null): Diagnostic =>
  warning(
    location,
    `the spec has no config key "${key}", so nothing uses this`,
    didYouMean(near) || 'declare it under "config:", or name it as {config.…}',
  );

export const unknownConfig = (location: Location, key: string, near: string | null): Diagnostic =>
  error(
    location,
    `config has no key "${key}"`,
    near ? `did you mean {config.${near}}?` : `add "${key}:" under "config:"`,
  );

export const paramInConfig = (location: Location, key: string, param: string, declared: Location): Diagnostic =>
  error(
    location,
    `config "${key}" holds ${param}, but constants name no params`,
    `write ${param} in the path itself, after {config.${key}}`,
    [{ message: 'the constant', location: declared }],
  );

export const configCycle = (location: Location, keys: readonly string[]): Diagnostic =>
  error(location, `these config values name each other: ${keys.join(' → ')}`, 'write one of them out');

export const unknownSetting = (location: Location, key: string, near: string | null): Diagnostic =>
  error(
    location,
    `the spec has no param, table column or config key "${key}"`,
    didYouMean(near) || 'declare it under "params:" or "config:"',
  );

export const reservedName = (location: Location, name: string): Diagnostic =>
  error(location, `"${name}" can't be the name of a param: {${name}} has a meaning of its own`, 'choose another name');

export const nameClash = (location: Location, name: string, first: Location): Diagnostic =>
  error(location, `there are two params named "${name}"`, 'params and table columns share their names; rename one', [
    { message: 'the first one', location: first },
  ]);

export const unknownParam = (location: Location, name: string, near: string | null): Diagnostic =>
  error(location, `there is no param "${name}"`, didYouMean(near) || 'add it under "params:"');

export const badRangeNumber = (location: Location, name: string): Diagnostic =>
  error(location, `the range of param "${name}" needs plain decimal numbers`, 'write {from: 0, to: 1, step: 0.1}');

export const emptyRange = (location: Location, name: string, zeroStep: boolean): Diagnostic =>
  error(
    location,
    zeroStep
      ? `the step of param "${name}" is 0`
      : `the range of param "${name}" holds no value: its step leads away from "to"`,
    zeroStep ? 'write a step other than 0' : 'swap "from" and "to", or change the sign of "step"',
  );

export const axisTooLong = (location: Location, name: string, count: number, limit: number): Diagnostic =>
  error(
    location,
    `param "${name}" would have ${count.toLocaleString('en')} values; the limit is ${limit.toLocaleString('en')}`,
    'is "step" too small?',
  );

export const logspaceNotPositive = (location: Location, name: string): Diagnostic =>
  error(
    location,
    `logspace of param "${name}" needs two values above 0`,
    '"from" and "to" are the values themselves, not exponents: {from: 0.001, to: 0.1, count: 3}',
  );

export const unreadableFile = (location: Location, path: string, problem: string, hint?: string): Diagnostic =>
  error(location, `can't read ${path}: ${problem}`, hint ?? "paths count from the spec's folder");

export const globPlaceholder = (
  location: Location,
  name: string,
  pattern: string,
  other: string | null,
): Diagnostic => {
  if (other === null) {
    const wanted = pattern.includes('*') ? pattern.replace(/\*+/, `{${name}}`) : `data/{${name}}.csv`;
    return error(
      location,
      `the glob of param "${name}" does not name {${name}}`,
      `write {${name}} where its values stand, as in "${wanted}"`,
    );
  }
  return error(
    location,
    other === name
      ? `the glob of param "${name}" names {${name}} twice`
      : `the glob of param "${name}" names {${other}}`,
    other === name
      ? `write {${name}} once`
      : `only {${name}} itself may stand here; use a table for values that vary together`,
  );
};

export const globNotUtf8 = (location: Location, path: string): Diagnostic =>
  error(location, `the name of a file is not valid UTF-8: ${path}`, 'rename it; wfc writes paths as UTF-8 text');

export const globEmpty = (location: Location, pattern: string): Diagnostic =>
  error(
    location,
    `no file matches ${pattern}`,
    "paths count from the spec's folder; files that tasks produce do not count",
  );

export const emptyAxis = (location: Location, name: string): Diagnostic =>
  error(location, `"${name}" has no values, so there is nothing to run`, 'add at least one');

export const duplicateValue = (location: Location, name: string, value: string, first: Location): Diagnostic =>
  error(
    location,
    `param "${name}" has the value "${value}" twice`,
    'remove one; two tasks would write the same files',
    first.start === location.start ? undefined : [{ message: 'the first one', location: first }],
  );

export const controlInValue = (location: Location, name: string, value: string): Diagnostic =>
  error(
    location,
    `the value ${JSON.stringify(value)} of "${name}" holds a line break or another control character`,
    'a value is one line of text; put longer texts into files, and their paths here',
  );

export const unknownColumn = (location: Location, column: string, table: string, near: string | null): Diagnostic =>
  error(
    location,
    `the first row of table "${table}" has no "${column}"`,
    didYouMean(near) || 'all rows name the same params',
  );

export const missingColumn = (location: Location, column: string, table: string): Diagnostic =>
  error(location, `this row of table "${table}" lacks "${column}"`, 'all rows name the same params');

export const duplicateRow = (location: Location, table: string): Diagnostic =>
  warning(location, `table "${table}" has this row twice`, 'remove one; it counts once');

export const setValueNotInTable = (
  location: Location,
  column: string,
  value: string,
  near: string | null,
): Diagnostic =>
  error(
    location,
    `no row of the table has ${column} = "${value}"`,
    didYouMean(near) || '--set on a table column keeps the rows with these values',
  );

export const setLeavesNoRow = (location: Location, column: string): Diagnostic =>
  error(location, `no row of the table has this "${column}" beside the other values of --set`, 'check the table');

export const badCsv = (location: Location, kind: 'open quote' | 'text after quote' | 'quote inside'): Diagnostic => {
  switch (kind) {
    case 'open quote':
      return error(location, 'this quote is never closed', 'a " is missing; inside quotes, write "" for a quote');
    case 'text after quote':
      return error(
        location,
        'a value ends at this quote, and text follows',
        'inside quotes, write "" for a quote; or leave the quotes out',
      );
    case 'quote inside':
      return error(
        location,
        'a quote stands inside a value that does not begin with one',
        'put the whole value in quotes, and write "" for a quote in it: "12"" pipe"',
      );
  }
};

const SEPARATORS: Readonly<Record<string, string>> = { ';': '";"', '|': '"|"', '\t': 'tabs', ',': 'commas' };

/** `plain`: besides the separator, the file holds neither quotes nor commas. */
export const csvSeparator = (location: Location, found: string, plain: boolean): Diagnostic => {
  const { file } = location.source;
  const renamed = found === '\t' ? file.replace(/(\.\w*)?$/, '.tsv') : file.replace(/(\.\w*)?$/, '.csv');
  const hint =
    found === '\t' || found === ','
      ? `name it ${renamed}: .tsv files are read by tabs, all others by commas`
      : plain
        ? `convert it, as in:  tr '${found}' , < ${file} > ${file.replace(/(\.\w*)?$/, '-commas.csv')}`
        : 'save it with commas between the values, with points in decimal numbers (0.17), and in double quotes what holds a comma';
  return error(
    location,
    `this file has ${SEPARATORS[found]} between its values, and wfc reads ${file.endsWith('.tsv') ? 'tabs' : 'commas'} here`,
    hint,
  );
};

export const csvWithoutHeader = (location: Location, path: string): Diagnostic =>
  error(location, `${path} is empty`, 'the first line of a CSV file names its columns');

export const csvColumnCount = (
  location: Location,
  found: number,
  wanted: number,
  missing: readonly string[],
): Diagnostic =>
  error(
    location,
    `this row has ${found} ${found === 1 ? 'value' : 'values'}, the header has ${wanted}`,
    missing.length > 0
      ? `${someOf(missing)} ${missing.length === 1 ? 'is' : 'are'} missing`
      : 'put values that hold a comma in double quotes',
  );

export const csvEmptyCell = (location: Location, column: string): Diagnostic =>
  error(
    location,
    `the value of "${column}" is empty in this row`,
    'write a value, "" for an empty text, or leave the row out',
  );

export const emptyInSetting = (location: Location, key: string): Diagnostic =>
  error(location, `--set ${key}: a value is empty here`, 'write a value, "" for an empty text, or remove a comma');

export const excludeNoSuchValue = (location: Location, name: string, value: string, near: string | null): Diagnostic =>
  warning(
    location,
    `this exclude matches nothing: "${name}" never has the value "${value}"`,
    didYouMean(near) || 'values are compared as text: 1.0 is not 1',
  );

export const excludeMatchesNothing = (location: Location): Diagnostic =>
  warning(location, 'this exclude matches nothing: no row has these values together');

export const emptyRelation = (location: Location | null = null): Diagnostic =>
  error(location, 'no combination of params is left, so there is nothing to run', 'check "exclude" and --set');

// --- rules ---

export const template = (location: Location, problem: { message: string; hint?: string | undefined }): Diagnostic =>
  error(location, problem.message, problem.hint);

/** `shell: python` and the like: what was most likely meant. */
const NEAR_SHELLS: Readonly<Record<string, string>> = {
  python: 'python3',
  R: 'Rscript',
  r: 'Rscript',
  sh: 'bash',
  zsh: 'bash',
  nodejs: 'node',
  javascript: 'node',
};

export const literalPlaceholder = (location: Location, placeholder: string, shell: string): Diagnostic => {
  const program = shell.split('/').at(-1)!;
  const near = Object.hasOwn(NEAR_SHELLS, program) ? NEAR_SHELLS[program] : undefined;
  return warning(
    location,
    `${placeholder} stays as it is: only bash, python3, Rscript, julia and node scripts have placeholders`,
    near ? `did you mean shell: ${near}?` : `hand it over in "env:", such as {VALUE: "${placeholder}"}`,
  );
};

export const condaFile = (location: Location, file: string): Diagnostic =>
  warning(
    location,
    '"conda" names an environment that is there, and this is a file',
    `make one of it once, as in  conda env create --file ${file} --prefix envs/x  and write conda: envs/x`,
  );

export const placeholderNotInPath = (location: Location, placeholder: string): Diagnostic =>
  error(location, `${placeholder} can't stand in a path`, 'a path takes params and {config.key}');

export const badPath = (location: Location, problem: string): Diagnostic =>
  error(
    location,
    `this path holds ${problem}`,
    problem.includes('..') ? 'write the path without it: a/../b is b' : 'write the path without it',
  );

/** A word of a path that a shell would expand, and what stands before and behind it there. */
export const shellWordInPath = (location: Location, word: string, before: string, rest: string): Diagnostic => {
  const message = `paths are taken as they are: this would be a file or folder that is called ${word}`;
  const name = /^\$\{?([A-Za-z_]\w*)/.exec(word)?.[1] ?? (word === '~' ? 'HOME' : '');
  const value = name === '' ? `"${word}"` : `"$${name}"`;
  if (word.startsWith('~') && word !== '~')
    return error(location, message, `write the absolute path; a file that is called so is ./${word}`);
  if (location.source.file === '--goal')
    return error(location, message, `let the shell put it in: --goal ${before}${value}${rest}`);
  const key = name === '' ? 'place' : name.toLowerCase();
  const declared = `with "config: {${key}: …}", which --set ${key}=${value} replaces`;
  return error(
    location,
    message,
    before === ''
      ? `write the absolute path, or {config.${key}}${rest.includes('\0') ? '/…' : rest} ${declared}`
      : `write what it stands for, or {config.${key}} in its place ${declared}`,
  );
};

export const shellWordInValue = (location: Location, name: string, value: string, place: Location): Diagnostic =>
  error(
    location,
    `paths are taken as they are: with the value ${JSON.stringify(value)} of "${name}", this one would begin with ${value.slice(0, 1)}`,
    `write the absolute path before {${name}}, or ./{${name}} for files that are called so`,
    [{ message: 'the value', location: place }],
  );

export const emptyPath = (location: Location): Diagnostic =>
  error(location, 'this path names no file', 'write a file name');

export const badValueInPath = (
  location: Location,
  name: string,
  value: string,
  problem: string,
  isAxis: boolean,
  place: Location,
): Diagnostic =>
  error(
    location,
    `the value ${JSON.stringify(value)} of "${name}" can't be part of a path: ${problem}`,
    problem.includes('holds "/"') && isAxis
      ? `to allow "/", write ${name}: {values: […], path: true}`
      : 'change the value, or name another param in the path',
    [{ message: 'the value', location: place }],
  );

export const padNotInteger = (location: Location, name: string, value: string): Diagnostic =>
  error(location, `{${name}:04} pads integers with zeros, and "${value}" is none`, `write {${name}}`);

export const outputLacksKey = (
  location: Location,
  path: string,
  missing: readonly string[],
  rule: string,
): Diagnostic => {
  const params = listWords(
    missing.map((m) => `{${m}}`),
    'and',
  );
  return error(
    location,
    `"${path}" lacks ${params}: several tasks of rule "${rule}" would write it`,
    `all outputs of a rule name the same params; add ${params}`,
  );
};

export const logLacksKey = (location: Location, missing: readonly string[], rule: string): Diagnostic => {
  const params = listWords(
    missing.map((m) => `{${m}}`),
    'and',
  );
  return error(
    location,
    `this log lacks ${params}: several tasks of rule "${rule}" would write it`,
    `add ${params} to the path`,
  );
};

export const gatherInKey = (location: Location, name: string): Diagnostic =>
  error(
    location,
    `"${name}" can't be gathered: it stands in the rule's outputs`,
    'remove it here, or from the outputs',
  );

export const gatherTwice = (location: Location, name: string): Diagnostic =>
  error(location, `"${name}" is gathered twice`, 'remove one');

export const gatherUnused = (location: Location, name: string): Diagnostic =>
  error(location, `"${name}" is gathered, but no input names {${name}}`, 'remove it here, or name it in an input');

/** `site=01 has lr 0.17 and 0.29 (t.csv:2, t.csv:3)` */
function twoRows({ known, name, values, places }: Witness): string {
  const key = known.map((k) => `${k.name}=${k.value}`).join(' ');
  const rows = places.map(({ source, start }) => `${source.file}:${lineAndColumn(source, start).line}`);
  return `${key} has ${name} ${values[0]} and ${values[1]} (${[...new Set(rows)].join(', ')})`;
}

/** `why`: of a table whose rows agree in the key and not in this param. */
export const inputParamFree = (
  location: Location,
  free: readonly string[],
  rule: string,
  wanted: readonly string[],
  why: Witness | null,
): Diagnostic => {
  const gather = `to read them all, add to the rule:  gather: [${wanted.join(', ')}]`;
  if (why) {
    const message = `this input has several paths for one task of rule "${rule}": ${twoRows(why)}`;
    return error(location, message, `correct the table; or ${gather}`);
  }
  const params = listWords(
    free.map((m) => `{${m}}`),
    'and',
  );
  const verb = free.length > 1 ? 'stand' : 'stands';
  return error(
    location,
    `${params} ${verb} in no output of rule "${rule}", so this input has many values for one task`,
    gather,
  );
};

export const paramNotInKey = (location: Location, name: string, rule: string, why: Witness | null): Diagnostic =>
  why
    ? error(
        location,
        `{${name}} has no single value for a task of rule "${rule}": ${twoRows(why)}`,
        `correct the table, or add {${name}} to the output's path`,
      )
    : error(
        location,
        `{${name}} stands in no output of rule "${rule}", so it has no single value for a task`,
        `add {${name}} to the output's path`,
      );

export const tempAndProtected = (location: Location): Diagnostic =>
  error(location, 'an output is either temp or protected', 'remove one of the two');

export const filesOfNoDirectory = (location: Location): Diagnostic =>
  error(
    location,
    'the check "files" looks at the files in a directory, and this output is a file',
    'write directory: true beside it, or check: nonempty',
  );

export const noInputs = (location: Location, rule: string): Diagnostic =>
  error(location, `rule "${rule}" has no input`, 'add "input:" to the rule');

export const unknownSlot = (
  location: Location,
  kind: 'input' | 'output',
  name: string,
  near: string | null,
  names: readonly string[],
): Diagnostic =>
  error(
    location,
    `the rule has no ${kind} named "${name}"`,
    near
      ? `did you mean {${kind}.${near}}?`
      : names.length > 0
        ? `there are ${listWords(names, 'and')}`
        : `write {${kind}}, or give the ${kind}s names: "${kind}: {${name}: …}"`,
  );

export const indexOnOne = (location: Location, kind: string, name: string): Diagnostic => {
  const whole = `${kind}${name === '' ? '' : `.${name}`}`;
  return error(
    location,
    `{${whole}} is one path, not a list`,
    `write {${whole}}, or "${kind}: [path]" for a list of one`,
  );
};

export const indexTooLarge = (location: Location, list: string, index: number, count: number): Diagnostic =>
  error(
    location,
    `there is no ${list}[${index}]: the list has ${count} ${count === 1 ? 'path' : 'paths'}`,
    count === 0 ? 'the list is empty' : `counting begins at 0: the last is {${list}[${count - 1}]}`,
  );

export const fileOnlyInCheck = (location: Location): Diagnostic =>
  error(location, '{file} has a meaning in "check" only', 'write {input} or {output}');

export const onlyFileInCheck = (location: Location, placeholder: string): Diagnostic =>
  error(
    location,
    `${placeholder} has no meaning in "check"`,
    'write {file} for the output that is checked, or {config.key}',
  );

export const onlyParamsHere = (location: Location, placeholder: string): Diagnostic =>
  error(location, `${placeholder} can't stand here`, 'resources take params and {config.key}');

export const listInText = (location: Location, placeholder: string): Diagnostic =>
  error(location, `${placeholder} is a list, and one text is wanted here`, 'choose one, as in {input[0]}');

export const notInteger = (location: Location, placeholder: string, value: string): Diagnostic =>
  error(
    location,
    `${placeholder} stands in bash arithmetic and must be an integer, but one value is "${value}"`,
    'use another program for the calculation, such as python3 or awk',
  );

export const badResource = (location: Location, name: string, value: string): Diagnostic => {
  const hints: Readonly<Record<string, string>> = {
    cpus: 'write a whole number from 1, such as 4',
    mem: 'write a number and a unit, such as 500M or 4G',
    time: 'write a number and a unit, such as 90s, 10m, 2h or 1-12:00:00',
    gpus: 'write a number, such as 1, or a type and a number, such as a100:2',
  };
  const written = location.source.text.slice(location.start, location.end);
  const kind = name.replace(/^max_/, '');
  const unitless = /^[\d.]+$/.test(value) && (kind === 'mem' || kind === 'time');
  const what = written.includes('{') ? `"${value}", from ${written},` : `"${value}"`;
  return error(location, unitless ? `${what} has no unit` : `${what} is no value for "${name}"`, hints[kind]);
};

export const inputTooLong = (location: Location, task: string, placeholder: string, bytes: number): Diagnostic =>
  error(
    location,
    `${placeholder} of task ${task} is ${Math.ceil(bytes / 1024)} KiB of paths; a command line holds 128 KiB`,
    `write ${placeholder.replace('}', ':list}')}: the path of a file with one input a line`,
  );

export const indexPastGathered = (location: Location, placeholder: string, task: string, count: number): Diagnostic =>
  error(
    location,
    `${placeholder} does not exist for task ${task}: it gathers ${count} ${count === 1 ? 'path' : 'paths'}`,
    'counting begins at 0',
  );

export const bashSyntax = (location: Location, message: string): Diagnostic =>
  error(location, `bash can't read this command: ${message}`, 'try the command in a terminal first');

// --- the graph ---

export const tooManyTasks = (
  location: Location | null,
  rule: string | null,
  count: number,
  sizes: readonly { name: string; count: number }[],
  limit: number,
): Diagnostic => {
  const product = sizes.map((s) => `${s.name} (${s.count.toLocaleString('en')})`).join(' × ');
  const what = rule === null ? 'the spec' : `rule "${rule}"`;
  const reason = product === '' ? '' : `: ${product}`;
  return error(
    location,
    `${what} would have ${count.toLocaleString('en')} tasks or more${reason}; the limit is ${limit.toLocaleString('en')}`,
    'narrow an axis, or link params row by row in a table',
  );
};

export const gatherTooLarge = (location: Location, rule: string, count: number, limit: number): Diagnostic =>
  error(
    location,
    `this input of rule "${rule}" stands for ${count.toLocaleString('en')} paths or more; the limit is ${limit.toLocaleString('en')}`,
    'gather in two steps',
  );

export const twoProducers = (
  location: Location,
  path: string,
  first: string,
  second: string,
  other: Location,
): Diagnostic => {
  const [place, before] = inOrder(location, other);
  const sameRule = first.split(' ')[0] === second.split(' ')[0];
  return error(
    place,
    first === second ? `two tasks would write ${path}` : `two tasks would write ${path}: ${first}, and ${second}`,
    sameRule ? 'keep the params apart in the path, as in {a}_{b}' : 'write to another path in one of the rules',
    location === other ? undefined : [{ message: 'the other output', location: before }],
  );
};

export const outputTwice = (location: Location, path: string, other: Location): Diagnostic => {
  const [place, before] = inOrder(location, other);
  return error(place, `a task would write ${path} twice`, 'name each output once', [
    { message: 'the first one', location: before },
  ]);
};

export const outputInsideOutput = (
  location: Location,
  path: string,
  directory: boolean,
  producer: string,
  other: Location,
): Diagnostic =>
  error(
    location,
    directory
      ? `${path} lies inside the directory that another task makes: ${producer}`
      : `${path} lies below a path that is a file: the output of ${producer}`,
    'write to a folder of its own',
    [{ message: directory ? 'the directory output' : 'the output that is a file', location: other }],
  );

export const inputBelowOutput = (location: Location, path: string, producer: string, other: Location): Diagnostic =>
  error(
    location,
    `${path} lies below a path that is a file: the output of ${producer}, which would take the place of the folder`,
    'read from, or write to, a folder of its own; or write {path: …, directory: true} for an output that is a folder',
    [{ message: 'the output that is a file', location: other }],
  );

type Meeting = 'same' | 'inside' | 'below-file';

/** What a task writes and how it meets what is reserved: `own` is its own path, `path` the reserved one. */
interface Overwriting {
  readonly kind: 'output' | 'log';
  readonly task: string;
  readonly own: string;
  readonly path: string;
  readonly meeting: Meeting;
}

interface ReservedWords {
  readonly what: string;
  readonly location: Location | null;
}

const namedHere = ({ location }: ReservedWords): Notes =>
  location === null ? [] : [{ message: 'it is named here', location }];

export const overwritesReserved = (
  location: Location,
  { kind, task, own, path, meeting }: Overwriting,
  reserved: ReservedWords,
): Diagnostic => {
  const message =
    meeting === 'same'
      ? kind === 'log'
        ? `the log of task ${task} would be appended to ${path}, ${reserved.what}`
        : `task ${task} would write over ${path}, ${reserved.what}`
      : meeting === 'inside'
        ? `task ${task} makes the directory ${own} anew, and in it lies ${path}, ${reserved.what}`
        : `task ${task} would write a file ${own} in place of the folder, in which ${path} lies, ${reserved.what}`;
  return error(location, message, 'write to another path', namedHere(reserved));
};

export const insideReserved = (
  location: Location,
  kind: 'output' | 'log',
  path: string,
  above: string,
  reserved: ReservedWords,
): Diagnostic =>
  error(
    location,
    `${path} lies below ${above}, ${reserved.what}`,
    kind === 'log' && above === '.wfc'
      ? 'leave "log" out, and wfc chooses a path in .wfc/logs/; or write to another path'
      : 'write to another path',
    namedHere(reserved),
  );

export const logInOutput = (
  location: Location,
  path: string,
  meeting: Meeting,
  producer: string,
  other: Location,
): Diagnostic =>
  error(
    location,
    meeting === 'same'
      ? `the log ${path} is an output, too: of ${producer}`
      : meeting === 'inside'
        ? `the log ${path} lies in the directory that ${producer} makes, and goes with it`
        : `the log ${path} lies below a path that is a file: the output of ${producer}`,
    'give the log a path of its own, as in logs/…',
    [{ message: 'the output', location: other }],
  );

export const twoLogs = (
  location: Location,
  path: string,
  first: string,
  second: string,
  other: Location,
): Diagnostic => {
  const [place, before] = inOrder(location, other);
  return error(
    place,
    `two tasks would write the log ${path}: ${first}, and ${second}`,
    'give each its own, with the name of the rule and its params in the path',
    location === other ? undefined : [{ message: 'the other log', location: before }],
  );
};

export const belowLog = (location: Location, path: string, task: string, log: Location): Diagnostic =>
  error(location, `${path} lies below a path that is a file: the log of ${task}`, 'give the log a path of its own', [
    { message: 'the log', location: log },
  ]);

export const logRead = (location: Location, path: string, task: string, log: Location): Diagnostic =>
  error(
    location,
    `this input is a log, to which ${task} appends: ${path}`,
    'give the log another path; what a task reads must be an output, such as "cmd | tee {output}" writes',
    [{ message: 'the log', location: log }],
  );

export const cycle = (location: Location, tasks: readonly string[], places: Notes): Diagnostic => {
  const shown = tasks.length > 8 ? [...tasks.slice(0, 7), '…', tasks.at(-1)!] : tasks;
  return error(
    location,
    tasks.length === 2
      ? `task ${tasks[0]} reads its own output`
      : `these tasks wait for each other: ${shown.join(' needs ')}`,
    tasks.length === 2
      ? 'read another file, or write to another path'
      : 'one of them must read another file, or write to another path',
    places,
  );
};

export const unknownTarget = (
  location: Location | null,
  target: string,
  near: string | null,
  rules: readonly string[],
): Diagnostic =>
  error(
    location,
    `no rule is named "${target}", and no task makes it`,
    didYouMean(near) || (rules.length === 1 ? `the only rule is "${rules[0]}"` : `the rules are ${someOf(rules)}`),
  );

const MOST_CODE = 3;

export const codeUnseen = (
  location: Location,
  rule: string,
  paths: readonly string[],
  declared: readonly string[],
): Diagnostic => {
  const shown = paths.slice(0, MOST_CODE);
  const more = paths.length - shown.length;
  const all = more > 0 ? `${shown.join(', ')} and ${more} more` : listWords(shown, 'and');
  const list = paths.length <= MOST_CODE ? ` (or code: [${[...declared, ...paths].join(', ')}])` : '';
  return warning(
    location,
    `rule "${rule}" uses ${all}, and an edit of ${paths.length > 1 ? 'them' : 'it'} makes nothing stale`,
    declared.length > 0
      ? `add to the rule:  code: [auto, ${declared.join(', ')}]${list}`
      : `add to the rule, or under "defaults:":  code: auto${list}`,
  );
};

export const codeParam = (location: Location, path: string, param: string): Diagnostic =>
  error(
    location,
    `{${param}} can't stand in "code": all tasks of a rule have the same code`,
    `read the file as an input: input: {script: "${path}"}, and {input.script} in the command`,
  );

export const codeProduced = (location: Location, path: string): Diagnostic =>
  error(
    location,
    `${path} is made by a task, and code is what you wrote yourself`,
    'name it under "input:", so that it is made first',
  );

export const codeFolder = (location: Location, path: string): Diagnostic =>
  error(location, `${path} is a folder, and code is files`, 'name the files in it that count');

export const codeMissing = (location: Location, path: string, near: string | null): Diagnostic =>
  error(location, `there is no file ${path}`, didYouMean(near) || "paths count from the spec's folder");

export const nearOutput = (location: Location, path: string, output: string, rule: string): Diagnostic =>
  warning(
    location,
    `no task makes ${path}, and it does not exist`,
    `did you mean ${output}, which rule "${rule}" makes?`,
  );

// --- files and the command line ---

export const noSpec = (names: readonly string[]): Diagnostic =>
  error(
    null,
    `there is no spec here: none of ${listWords(names)}`,
    'name it, as in "wfc plan experiment.yml", change to its folder, or begin one: wfc init',
  );

export const specIsFolder = (path: string, inside: string | null): Diagnostic =>
  error(null, `${path} is a folder, not a spec`, inside ? `did you mean ${inside}?` : 'name the spec file in it');

export const notAFile = (path: string): Diagnostic => error(null, `can't read ${path}: it is a folder`);

export const cantRead = (path: string, problem: string): Diagnostic => error(null, `can't read ${path}: ${problem}`);

/** What somebody may have meant who names a spec that is not there; `goal` and `setting` as words of a shell. */
export type MeantBySpec =
  | { readonly kind: 'rule' | 'nearRule' | 'output'; readonly spec: string; readonly goal: string }
  | { readonly kind: 'setting'; readonly setting: string }
  | { readonly kind: 'file'; readonly file: string };

/** @param command as it is typed: `wfc run` */
export const specNotThere = (path: string, meant: MeantBySpec, command: string): Diagnostic =>
  error(null, `can't read ${path}: there is no such file`, meantHint(meant, command));

function meantHint(meant: MeantBySpec, command: string): string {
  switch (meant.kind) {
    case 'rule':
      return `${meant.spec} has a rule of this name: ${command} --goal ${meant.goal}`;
    case 'nearRule':
      return `did you mean the rule "${meant.goal}"? ${command} --goal ${meant.goal}`;
    case 'output':
      return `it is an output of ${meant.spec}: ${command} --goal ${meant.goal}`;
    case 'setting':
      return `to choose values: ${command} --set ${meant.setting}`;
    case 'file':
      return didYouMean(meant.file);
  }
}

export const fileTooLarge = (path: string, bytes: number): Diagnostic =>
  error(null, `can't read ${path}: it has ${Math.round(bytes / 1024 / 1024)} MiB`, 'is this the right file?');

export const badSetting = (text: string): Diagnostic =>
  error(
    null,
    text.startsWith('=') ? `--set ${text}: a name is missing before "="` : `--set ${text}: a "=" is missing`,
    'write --set key=value',
  );

export const unknownForce = (text: string, near: string | null): Diagnostic =>
  error(
    null,
    `--force ${text}: no rule has this name, and no task makes this path`,
    didYouMean(near) || '"wfc plan" lists the rules',
  );

// --- profiles ---

export const wfcsOwnFlag = (location: Location, flag: string): Diagnostic =>
  error(
    location,
    `wfc itself sets ${flag} in every job`,
    ['--time', '--mem', '--cpus-per-task'].includes(flag)
      ? 'it follows from the resources of the rules: write resources: {cpus: 4, mem: 2G, time: 10m} there'
      : flag === '--array'
        ? 'to run fewer elements at a time write packing: {max_running: …}'
        : 'remove it',
  );

export const unknownFlag = (location: Location, name: string, near: string | null): Diagnostic =>
  warning(
    location,
    `sbatch has no option --${name}`,
    didYouMean(near) || `if a plugin of this site adds it, write extra: [--${name}=…]`,
  );

const FROM: Readonly<Record<string, string>> = {
  mem: ' (from "mem" of the rule)',
  'cpus-per-task': ' (which wfc sets in every job)',
  'gres=gpu': ' (from "gpus" of the rule)',
};

/** `profile`: its file, where one of the two stands there; null where both stand in one place. */
export const clashingFlags = (
  location: Location | null,
  { first, second }: { first: string; second: string },
  profile: string | null,
): Diagnostic =>
  error(
    location,
    `sbatch takes --${first}${FROM[first] ?? ''} or --${second}, not both${profile === null ? '' : `; the profile ${profile} has its part in this`}`,
    first === 'mem'
      ? `leave out --${second}: "mem" is the memory of a task`
      : first === 'cpus-per-task'
        ? `leave out --${second}, and write resources: {cpus: …}`
        : first === 'gres=gpu'
          ? `leave out --${second}; or leave out "gpus", and write all that you need there, as in gres: "gpu:1,lscratch:10"`
          : 'leave out one of them',
  );

export const openQuoteInFlag = (location: Location, text: string): Diagnostic =>
  error(
    location,
    `a quote in ${JSON.stringify(text)} is never closed, and sbatch would refuse the line`,
    'close it, or write \\ before it',
  );

export const unknownProfile = (name: string, near: string | null, folders: readonly string[]): Diagnostic =>
  error(
    null,
    `--profile ${name}: there is no ${name}.yml, .yaml or .json in ${listWords(folders)}`,
    didYouMean(near) || `a file elsewhere is named by its path, as in --profile ./${name}.yml`,
  );

export const moreMistakes = (count: number): Diagnostic =>
  error(null, `and ${count.toLocaleString('en')} more, not shown here`);
