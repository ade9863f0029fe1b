/** What is wrong with config, params and tables. See report.ts. */
import { countOf } from '../../model/counts.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Location } from '../../model/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { error, someOf, warning } from './words.ts';

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

/** `missing`: the folder that is not there. */
export const globEmpty = (location: Location, pattern: string, missing: string | null): Diagnostic =>
  error(
    location,
    `no file matches ${pattern}${missing === null ? '' : `: there is no folder ${missing}`}`,
    "copy the files there, or correct the pattern: paths count from the spec's folder, and files that tasks produce do not count",
  );

export const globOfOutputs = (location: Location, pattern: string, maker: string, folder: string): Diagnostic =>
  error(
    location,
    `${pattern} matches only files that rule "${maker}" names one by one, and a glob takes none of these`,
    `write what "${maker}" names in their place, as a list or by its params; where only its command knows which files there will be, write its output as {path: ${folder}, directory: true}`,
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

export const badSampleCount = (location: Location, count: string): Diagnostic =>
  error(location, `"count" is ${count}, and must be a whole number above 0`, 'write how many rows to draw: count: 200');

export const badBounds = (location: Location, column: string, kind: string, words: string): Diagnostic =>
  error(
    location,
    `"${kind}" of column "${column}" needs a lower and a higher number: ${words}`,
    kind === 'integers' ? 'write {integers: [2, 8]}; both may be drawn' : `write {${kind}: [0.001, 0.1]}`,
  );

export const tooManySobolColumns = (location: Location, count: number, most: number): Diagnostic =>
  error(
    location,
    `"method: sobol" can draw ${most} columns, and here are ${count}`,
    'write  method: random,  which draws any number',
  );

export const repeatedSample = (location: Location, table: string, repeated: number): Diagnostic =>
  warning(
    location,
    countOf(
      repeated,
      `row of table "${table}" is drawn that is there already; it counts once`,
      `rows of table "${table}" are drawn that are there already; they count once`,
    ),
    'name a column for the numbers of rows, as in  index: trial,  to keep each as a task of its own',
  );

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
