/** What is wrong with a text before it is a spec: its encoding, its syntax. See report.ts. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Location, SourceText } from '../../model/source.ts';
import { error, listWords } from './words.ts';

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
