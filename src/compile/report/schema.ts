/** What does not fit the schema of a spec or a profile. See report.ts. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Location } from '../../model/source.ts';
import { didYouMean, suggestKey } from '../text/suggest.ts';
import { error, listWords } from './words.ts';

const RESOURCES = ['cpus', 'mem', 'time', 'gpus', 'nodes', 'ranks_per_node'];
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
    mail: ['to', 'on'],
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
        : pattern.startsWith('^[A-Za-z_]')
          ? 'write the name of a module as import takes it, or of a package as library() does: utils, not utils.py or code/utils'
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

export const notOneOf = (location: Location, where: string, found: string, known: readonly string[]): Diagnostic =>
  error(location, `${where} can't be ${found}`, `known are ${listWords(known, 'and')}`);

/** @param limit of entries, if `isList`, else of keys */
export const wrongCount = (location: Location, where: string, limit: number, isList: boolean): Diagnostic =>
  error(
    location,
    `${where} takes ${limit === 1 ? 'one' : limit} ${isList ? 'entries' : limit === 1 ? 'key' : 'keys'}`,
    isList ? 'as in [0.001, 0.1]' : 'leave the others out',
  );

export const tooSmall = (location: Location, where: string, limit: number): Diagnostic =>
  error(location, `${where} must be at least ${limit}`);

export const schemaViolation = (location: Location, where: string, message: string): Diagnostic =>
  error(location, `${where} ${message}`);
