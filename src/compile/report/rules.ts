/** What is wrong inside a rule. See report.ts. */
import { countOf } from '../../model/counts.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { type Location, lineAndColumn } from '../../model/source.ts';
import type { Witness } from '../../model/witness.ts';

import { fractionOf } from '../../plan/quantities.ts';
import { error, listWords, warning } from './words.ts';

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

export const preloadOfShell = (location: Location, shell: string): Diagnostic =>
  error(
    location,
    `"preload" is for scripts in python3 and Rscript, and this rule's "shell" is ${shell}`,
    'write the command as a script with  shell: python3  or  shell: Rscript,  or leave "preload" out',
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
    problem.includes('holds "/"')
      ? isAxis
        ? `to allow "/", write ${name}: {values: […], path: true}`
        : 'to allow "/", write its table as {rows: […], path: true}, or {csv: FILE, path: true}'
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

export const ownPathLacksKey = (
  location: Location,
  kind: 'log' | 'checkpoint',
  missing: readonly string[],
  rule: string,
): Diagnostic => {
  const params = listWords(
    missing.map((m) => `{${m}}`),
    'and',
  );
  return error(
    location,
    `this ${kind} lacks ${params}: several tasks of rule "${rule}" would write it`,
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

/** Of a share that is none: those that are near. */
function gpusHint(value: string): string {
  const usual = 'write a number, such as 1, or a type and a number, such as a100:2';
  const fraction = fractionOf(value.replace(/^.*:/, ''));
  if (fraction === null || !(fraction > 0)) return usual;
  if (fraction > 1) return `a task takes whole GPUs, or a share of one: write ${Math.ceil(fraction)} or 1/2`;
  const below = Math.floor(1 / fraction);
  const share = (n: number): string => (n === 1 ? '1' : `1/${n}`);
  return `a share is 1/n of a GPU, which n such tasks use together: write ${share(below)} or ${share(below + 1)}`;
}

export const badResource = (location: Location, name: string, value: string): Diagnostic => {
  const hints: Readonly<Record<string, string>> = {
    cpus: 'write a whole number from 1, such as 4',
    nodes: 'write a whole number from 1, such as 2',
    ranks_per_node: 'write a whole number from 1, such as 4',
    mem: 'write a number and a unit, such as 500M or 4G',
    time: 'write a number and a unit, such as 90s, 10m, 2h or 1-12:00:00',
    gpus: gpusHint(value),
  };
  const written = location.source.text.slice(location.start, location.end);
  const kind = name.replace(/^max_/, '');
  const unitless = /^[\d.]+$/.test(value) && (kind === 'mem' || kind === 'time');
  const what = written.includes('{') ? `"${value}", from ${written},` : `"${value}"`;
  return error(location, unitless ? `${what} has no unit` : `${what} is no value for "${name}"`, hints[kind]);
};

export const localOnNodes = (location: Location, rule: string, nodes: number): Diagnostic =>
  error(
    location,
    `rule "${rule}" is "local: true" and asks for ${countOf(nodes, 'node')}, and runs on one`,
    'leave out one of the two',
  );

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
