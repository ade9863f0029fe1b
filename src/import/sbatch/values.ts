/**
 * What the index of an element stands for in a hand-written array: a line of a file, an entry of a bash array, and fields
 * of a line. Recognised are the forms that people write, each a command of its own on its line; all else stays as it is.
 */
import type { ScriptLine } from './script.ts';

/** A variable of the script that is set from the index. */
export interface Found {
  /** In bash. */
  readonly variable: string;
  /** Its value for an element; undefined where there is none. */
  readonly valueAt: (index: number) => string | undefined;
  /** Where the values are lines of a file: the file, and the number of the line less the index. */
  readonly file: { readonly path: string; readonly shift: number } | null;
  readonly line: number;
}

/** Fields that are cut out of a variable. */
export interface Fields {
  readonly of: string;
  readonly separator: 'blank' | string;
  /** Counted from 0, with the variable that takes it. */
  readonly parts: readonly { readonly variable: string; readonly at: number }[];
  readonly line: number;
}

export interface ScriptValues {
  readonly found: readonly Found[];
  readonly fields: readonly Fields[];
  /** Lines that did nothing but define what was found, by number. */
  readonly definitions: ReadonlySet<number>;
}

/** An array of bash, and the file whose lines it holds. */
interface BashArray {
  readonly name: string;
  readonly values: readonly string[];
  readonly path: string | null;
}

export type ReadLines = (path: string) => readonly string[] | null;

const NAME = '[A-Za-z_]\\w*';
const ID = '\\$?\\{?SLURM_ARRAY_TASK_ID\\}?';
/** The index, or the index and a number; two groups. */
const INDEX = `(?:\\$\\(\\(\\s*${ID}\\s*(?:([+-])\\s*(\\d+)\\s*)?\\)\\)|${ID})`;
const FILE = '([\\w./+@=-]+)';
const LINE_OF_FILE = [
  `sed -n ${INDEX}p ${FILE}`,
  `sed -n ${INDEX}\\{p;q\\} ${FILE}`,
  `sed ${INDEX}q;d ${FILE}`,
  `awk NR==${INDEX} ${FILE}`,
  `awk -v \\w+=${INDEX} NR==\\w+ ${FILE}`,
  `head -n ?${INDEX} ${FILE} \\| tail -n? ?-?1`,
].map((form) => new RegExp(`^${form}$`));

export function findValues(body: readonly ScriptLine[], readLines: ReadLines): ScriptValues {
  const found: Found[] = [];
  const fields: Fields[] = [];
  const definitions = new Set<number>();
  const arrays = new Map<string, BashArray & { line: number }>();
  for (const { text, line } of body) {
    const array = arrayOf(text, readLines);
    if (array) {
      arrays.set(array.name, { ...array, line });
      continue;
    }
    const one = lineOfFile(text, line, readLines) ?? entryOfArray(text, line, arrays);
    if (one) {
      found.push(one);
      definitions.add(line);
      continue;
    }
    const cut = fieldsOf(text, line);
    if (cut && found.some(({ variable }) => variable === cut.of)) {
      fields.push(cut);
      definitions.add(line);
    }
  }
  for (const [name, { line }] of arrays) {
    const others = body.filter((other) => other.line !== line && !definitions.has(other.line));
    if (!others.some((other) => mentions(other.text, name))) definitions.add(line);
  }
  return { found, fields, definitions };
}

/** Whether a line uses a variable. */
export function mentions(text: string, variable: string): boolean {
  return new RegExp(`\\$\\{?[#!]?${variable}\\b`).test(text);
}

/** `X=$(…)` or the same in backticks, without quotes: what is read there holds no blanks that quotes would keep. */
function commandOf(text: string): { variable: string; command: string } | null {
  const match = new RegExp(`^\\s*(?:export |local )?(${NAME})=(?:"?\\$\\((.*)\\)"?|"?\`(.*)\`"?)\\s*(?:#.*)?$`).exec(
    text,
  );
  if (!match) return null;
  const command = (match[2] ?? match[3]!).replace(/["']/g, '').replace(/\s+/g, ' ').trim();
  const piped = new RegExp(`^cat ${FILE} \\| (sed .*|awk .*|head -n ?\\S+)((?: \\|.*)?)$`).exec(command);
  return { variable: match[1]!, command: piped ? `${piped[2]} ${piped[1]}${piped[3]}` : command.replace(' < ', ' ') };
}

function shiftOf(sign: string | undefined, by: string | undefined): number {
  return by === undefined ? 0 : sign === '-' ? -Number(by) : Number(by);
}

function lineOfFile(text: string, line: number, readLines: ReadLines): Found | null {
  const set = commandOf(text);
  if (!set) return null;
  for (const form of LINE_OF_FILE) {
    const match = form.exec(set.command);
    if (!match) continue;
    const [, sign, by, path] = match;
    const lines = readLines(path!);
    if (lines === null) return null;
    const shift = shiftOf(sign, by);
    const valueAt = (index: number): string | undefined => lines[index + shift - 1]?.trim();
    return { variable: set.variable, valueAt, file: { path: path!, shift }, line };
  }
  return null;
}

/** `NAMES=(a b "c d")`, `mapfile -t NAMES < FILE`, `NAMES=($(cat FILE))`. */
function arrayOf(text: string, readLines: ReadLines): BashArray | null {
  const mapped = new RegExp(`^\\s*(?:mapfile|readarray) -t (${NAME})\\s*<\\s*"?${FILE}"?\\s*$`).exec(text);
  if (mapped) return withValues(mapped[1]!, readLines(mapped[2]!), mapped[2]!);
  const all = new RegExp(`^\\s*(?:declare -a )?(${NAME})=\\((.*)\\)\\s*(?:#.*)?$`).exec(text);
  if (!all) return null;
  const cat = new RegExp(`^\\s*\\$\\((?:cat |<\\s*)${FILE}\\)\\s*$`).exec(all[2]!);
  if (cat)
    return withValues(all[1]!, readLines(cat[1]!)?.flatMap((l) => l.split(/\s+/).filter((w) => w !== '')) ?? null);
  const words = all[2]!.match(/"[^"$`\\]*"|'[^']*'|[^\s"'$`\\(){}*?[\]]+/g) ?? [];
  // What bash would expand is no list of values.
  if (words.join('').replace(/\s/g, '') !== all[2]!.replace(/\s/g, '')) return null;
  return withValues(
    all[1]!,
    words.map((word) => word.replace(/^(["'])(.*)\1$/, '$2')),
  );
}

function withValues(name: string, values: readonly string[] | null, path: string | null = null): BashArray | null {
  return values === null || values.length === 0 ? null : { name, values, path };
}

/** `X=${NAMES[$SLURM_ARRAY_TASK_ID]}` */
function entryOfArray(text: string, line: number, arrays: ReadonlyMap<string, BashArray>): Found | null {
  const plain = `${ID}\\s*(?:([+-])\\s*(\\d+))?`;
  const form = `^\\s*(?:export )?(${NAME})="?\\$\\{(${NAME})\\[(?:\\$\\(\\(\\s*)?${plain}\\s*(?:\\)\\))?\\]\\}"?\\s*(?:#.*)?$`;
  const match = new RegExp(form).exec(text);
  const array = match && arrays.get(match[2]!);
  if (!match || !array) return null;
  const shift = shiftOf(match[3], match[4]);
  const { values, path } = array;
  const file = path === null ? null : { path, shift: shift + 1 };
  return { variable: match[1]!, valueAt: (index) => values[index + shift], file, line };
}

/** `read -r LR SEED <<< "$LINE"`, `LR=$(echo $LINE | cut -d, -f1)`, `LR=$(echo $LINE | awk '{print $1}')`. */
function fieldsOf(text: string, line: number): Fields | null {
  const read = new RegExp(
    `^\\s*(?:IFS=\\$?["']?(\\\\t|[,;:|\\t])["']? )?read (?:-r )?((?:${NAME}\\s+)*${NAME})\\s*<<<\\s*"?\\$\\{?(${NAME})\\}?"?\\s*$`,
  ).exec(text);
  if (read) {
    const parts = read[2]!.split(/\s+/).map((variable, at) => ({ variable, at }));
    return { of: read[3]!, separator: separatorOf(read[1]), parts, line };
  }
  const set = commandOf(text);
  if (!set) return null;
  const source = `echo \\$\\{?(${NAME})\\}?`;
  const cut = new RegExp(`^${source} \\| cut -d ?(\\S| ) ?-f ?(\\d+)$`).exec(set.command);
  const awk = new RegExp(`^${source} \\| awk (?:-F ?(\\S+) )?\\{ ?print \\$(\\d+) ?\\}$`).exec(set.command);
  const match = cut ?? awk;
  if (!match) return null;
  const parts = [{ variable: set.variable, at: Number(match[3]) - 1 }];
  return { of: match[1]!, separator: match[2] === ' ' ? ' ' : separatorOf(match[2]), parts, line };
}

function separatorOf(text: string | undefined): string {
  return text === undefined ? 'blank' : text === '\\t' ? '\t' : text;
}

/** The parts of a line, as bash, cut and awk make them. */
export function splitLine(text: string, separator: string): string[] {
  return separator === 'blank' ? text.trim().split(/\s+/) : text.split(separator).map((part) => part.trim());
}
