/**
 * Flags of sbatch, as they stand on `#SBATCH` lines. How sbatch reads such a line is as seen with 22.05.8: words end at
 * blanks outside quotes, both kinds of quotes may begin inside a word, `\` makes the next character plain inside quotes
 * and outside (but no blank), and `#` outside quotes begins a comment.
 */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { RuleTasks } from '../model/plan.ts';
import type { Location } from '../model/source.ts';
import type { ValueTemplate } from '../model/workflow.ts';
import * as report from './report.ts';
import { valueParts } from './resources.ts';

/** What stands in a line of a batch script stays in that line. Returns whether it does. */
export function checkLine(location: Location, name: string, text: string, diagnostics: Diagnostic[]): boolean {
  const isOneLine = !/[\u0000-\u001f\u007f]/.test(text);
  if (!isOneLine) diagnostics.push(report.controlInValue(location, name, text));
  return isOneLine;
}

/** A flag by its long name, without dashes. */
export function checkFlagName(name: string, location: Location, diagnostics: Diagnostic[]): void {
  const own = ownFlag(`--${name}`);
  if (own !== null) diagnostics.push(report.wfcsOwnFlag(location, own));
}

/** The flags of an entry of `extra`. */
export function checkExtra(text: string, location: Location, diagnostics: Diagnostic[]): void {
  const words = sbatchWords(text);
  if (words === null) diagnostics.push(report.openQuoteInFlag(location, text));
  for (const word of words ?? []) {
    const own = ownFlag(word.replace(/=.*$/, ''));
    if (own !== null) diagnostics.push(report.wfcsOwnFlag(location, own));
  }
}

/** Flags of sbatch that wfc sets by what a job is for, with their short forms. sbatch(1). */
const OWN_FLAGS: Readonly<Record<string, string>> = {
  '--array': '-a',
  '--chdir': '-D',
  '--cpus-per-task': '-c',
  '--dependency': '-d',
  '--error': '-e',
  '--hold': '-H',
  '--input': '-i',
  '--job-name': '-J',
  '--mem': '',
  '--no-requeue': '',
  '--nodes': '-N',
  '--ntasks': '-n',
  '--open-mode': '',
  '--output': '-o',
  '--parsable': '',
  '--requeue': '',
  '--signal': '',
  '--test-only': '',
  '--time': '-t',
  '--wait': '-W',
  '--wrap': '',
};

function ownFlag(flag: string): string | null {
  const isOwn = (long: string): boolean => {
    // sbatch takes the beginning of a long name for the whole: --arr.
    if (flag.startsWith('--')) return flag.length > 3 && long.startsWith(flag);
    // A short form may have its value right behind it: -N2.
    return OWN_FLAGS[long] !== '' && flag.startsWith(OWN_FLAGS[long]!);
  };
  return Object.keys(OWN_FLAGS).find(isOwn) ?? null;
}

/** The words that sbatch reads on a line; null where a quote stays open. */
function sbatchWords(line: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quote === null && c === ' ') {
      if (word !== null) words.push(word);
      word = null;
    } else if (quote === null && c === '#') break;
    else if (c === '\\' && i + 1 < line.length && (quote !== null || line[i + 1] !== ' '))
      word = (word ?? '') + line[++i];
    else if (c === quote) quote = null;
    else if (quote === null && (c === '"' || c === "'")) {
      quote = c;
      word ??= '';
    } else word = (word ?? '') + c;
  }
  if (quote !== null) return null;
  return word === null ? words : [...words, word];
}

/** A value as part of a word: plain where that is safe, else in double quotes. */
export function quoteForSbatch(value: string): string {
  return /^[\w.:,=@%+/-]*$/.test(value) ? value : `"${value.replace(/[\\"]/g, '\\$&')}"`;
}

/** An entry of `extra` for one task. Its values are values: none adds a word, closes a quote, or begins a comment. */
export function extraText(entry: ValueTemplate, tasks: RuleTasks, taskIndex: number): string {
  let quote: string | null = null;
  let line = '';
  for (const { text, isValue } of valueParts(entry, tasks, taskIndex)) {
    if (!isValue) quote = quoteAfter(text, quote);
    if (!isValue) line += text;
    else line += quote === null ? quoteForSbatch(text) : text.replace(/[\\"']/g, '\\$&');
  }
  return line;
}

/** The quote that is open behind a text. */
function quoteAfter(text: string, before: string | null): string | null {
  let quote = before;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '\\') i++;
    else if (c === quote) quote = null;
    else if (quote === null && (c === '"' || c === "'")) quote = c;
  }
  return quote;
}
