/** Values as the languages of commands write them. */
import { quoteBash } from '../compile/rules/command.ts';
import type { Json, Snakefile, SnakeLanguage } from '../model/snakefile.ts';
import type { Piece } from './pieces.ts';

type Literal = (text: string) => Piece;

export function textIn(text: string, language: SnakeLanguage): string {
  switch (language) {
    case 'shell':
      return quoteBash(text);
    case 'julia':
      return JSON.stringify(text).replaceAll('$', '\\$');
    default:
      return JSON.stringify(text);
  }
}

/** A constant of the config, or a value by job, which is text here, as what it was in Python. */
export function constantIn(
  language: Exclude<SnakeLanguage, 'shell'>,
  type: Snakefile['config'][string]['type'] | 'json',
  placeholder: string,
): string {
  if (type === 'str') return placeholder;
  if (type === 'json')
    return language === 'Rscript' ? `from_json(${placeholder})` : `__import__("json").loads(${placeholder})`;
  if (type === 'bool') return `(${placeholder} == "True")`;
  switch (language) {
    case 'python3':
      return `${type}(${placeholder})`;
    case 'Rscript':
      return `as.numeric(${placeholder})`;
    case 'julia':
      return `parse(${type === 'int' ? 'Int' : 'Float64'}, ${placeholder})`;
  }
}

/** The paths of `{input}`, or of one by name, from the file that lists them. */
export function readLines(language: SnakeLanguage, placeholder: string): string {
  const list = placeholder.replace('}', ':list}');
  if (language === 'Rscript') return `readLines(${list})`;
  return language === 'julia' ? `readlines(${list})` : `open(${list}).read().splitlines()`;
}

/** Lines that make files which are not there, and set the times of others. */
export function touchIn(language: SnakeLanguage, placeholders: readonly string[]): string[] {
  const list = placeholders.join(', ');
  switch (language) {
    case 'shell':
      return [`touch ${placeholders.join(' ')}`];
    case 'python3':
      return ['from pathlib import Path', `for path in [${list}]:`, '    Path(path).touch()'];
    case 'Rscript':
      return [
        `for (path in c(${list})) if (!file.exists(path) || !Sys.setFileTime(path, Sys.time())) file.create(path)`,
      ];
    case 'julia':
      return [`foreach(touch, [${list}])`];
  }
}

/** The folder for temporary files. */
export const TEMPORARY_FOLDER: Readonly<Record<SnakeLanguage, string>> = {
  shell: '$' + '{TMPDIR:-/tmp}',
  python3: '__import__("tempfile").gettempdir()',
  Rscript: 'dirname(tempdir())',
  julia: 'tempdir()',
};

/** Texts and placeholders as one text. */
export function joinTexts(parts: readonly Piece[], language: SnakeLanguage, literal: Literal): readonly Piece[] {
  if (parts.length === 1 || language === 'shell') return parts;
  const [open, sign] = { python3: ['(', ' + '], Rscript: ['paste0(', ', '], julia: ['(', ' * '] }[language];
  return [
    literal(open!),
    ...between(
      parts.map((part) => [part]),
      literal(sign!),
    ),
    literal(')'),
  ];
}

const WORDS: Readonly<Record<SnakeLanguage, readonly [none: string, yes: string, no: string]>> = {
  shell: ["''", 'True', 'False'],
  python3: ['None', 'True', 'False'],
  Rscript: ['NULL', 'TRUE', 'FALSE'],
  julia: ['nothing', 'true', 'false'],
};

/** Mappings that take more letters than these have a line for each key. */
const WIDE = 90;

/**
 * @param write a text that may hold what becomes a placeholder, at the top of the value or of a list there
 * @param depth how deep in calls and mappings it stands
 */
export function valuePieces(
  value: Json,
  language: SnakeLanguage,
  literal: Literal,
  write = (text: string): readonly Piece[] => [literal(textIn(text, language))],
  depth = 1,
): readonly Piece[] {
  const [none, yes, no] = WORDS[language];
  if (value === null) return [literal(none)];
  if (typeof value === 'boolean') return [literal(value ? yes : no)];
  if (typeof value === 'number') return [literal(String(value))];
  if (typeof value === 'string') return write(value);
  const inner = (one: Json): readonly Piece[] =>
    valuePieces(one, language, literal, typeof one === 'string' && isList(value) ? write : undefined, depth + 1);
  if (isList(value)) {
    const items = between(value.map(inner), literal(language === 'shell' ? ' ' : ', '));
    const [open, close] = { shell: ['', ''], python3: ['[', ']'], Rscript: ['c(', ')'], julia: ['Any[', ']'] }[
      language
    ];
    return [literal(open!), ...items, literal(close!)];
  }
  if (language === 'shell') return [literal(quoteBash(JSON.stringify(value)))];
  const [open, sign, close] = {
    python3: ['{', ': ', '}'],
    Rscript: ['list(', ' = ', ')'],
    julia: ['Dict{Any, Any}(', ' => ', ')'],
  }[language];
  const pairs = Object.entries(value).map(([key, one]) => [literal(textIn(key, language) + sign), ...inner(one)]);
  if (JSON.stringify(value).length <= WIDE) return [literal(open!), ...between(pairs, literal(', ')), literal(close!)];
  const line = (level: number): string => `\n${'  '.repeat(level)}`;
  const items = between(pairs, literal(`,${line(depth + 1)}`));
  return [literal(`${open}${line(depth + 1)}`), ...items, literal(line(depth) + close)];
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function between(items: readonly (readonly Piece[])[], separator: Piece): readonly Piece[] {
  return items.flatMap((item, i) => (i === 0 ? item : [separator, ...item]));
}
