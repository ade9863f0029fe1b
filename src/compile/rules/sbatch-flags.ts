/**
 * Flags of sbatch, as they stand on `#SBATCH` lines. How sbatch reads such a line is as seen with 22.05.8: words end at
 * blanks outside quotes, both kinds of quotes may begin inside a word, `\` makes the next character plain inside quotes
 * and outside (but no blank), and `#` outside quotes begins a comment.
 */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { RuleTasks } from '../../model/plan.ts';
import type { Location } from '../../model/source.ts';
import type { ValueTemplate } from '../../model/workflow.ts';
import { valueParts } from '../../plan/resources.ts';
import * as report from '../report/report.ts';
import { closest } from '../text/suggest.ts';

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
  else if (!/^[a-z]/.test(name)) return;
  // A plugin of the site may add options: those that sbatch may know after all are no errors.
  else if (longName(name) === null) diagnostics.push(report.unknownFlag(location, name, closest(name, SBATCH_OPTIONS)));
}

/** The flags of an entry of `extra`. */
export function checkExtra(text: string, location: Location, diagnostics: Diagnostic[]): void {
  const words = sbatchWords(text);
  if (words === null) diagnostics.push(report.openQuoteInFlag(location, text));
  for (const word of words ?? []) {
    const flag = word.replace(/=.*$/, '');
    const own = ownFlag(flag);
    if (own !== null) diagnostics.push(report.wfcsOwnFlag(location, own));
    else if (flag.startsWith('--') && longName(flag.slice(2)) === null) {
      // What is near to no option is a plugin's own: `extra` takes it without a word.
      const near = closest(flag.slice(2), SBATCH_OPTIONS);
      if (near !== null) diagnostics.push(report.unknownFlag(location, flag.slice(2), near));
    }
  }
}

/** Long names of the flags in entries of `extra`. */
export function extraFlags(entries: readonly string[]): string[] {
  return entries
    .flatMap((entry) => sbatchWords(entry) ?? [])
    .flatMap((word) => {
      if (word.startsWith('--')) return longName(word.slice(2).replace(/=.*$/, '')) ?? [];
      const short = Object.entries(SHORT_FORMS).find(([form]) => word.startsWith(form));
      return short ? short[1] : [];
    });
}

/** What one job is asked for, by long names, and where from. */
export interface AskedFlags {
  /** The user's own. */
  readonly flags: ReadonlySet<string>;
  /** The rule asks for memory, so that wfc sets --mem. */
  readonly memory: boolean;
  /** The rule asks for GPUs, so that wfc sets --gres. */
  readonly gpus: boolean;
}

/** Two flags that sbatch refuses together, or of which the second would replace what wfc sets; null for none. */
export function clashingFlags({ flags, memory, gpus }: AskedFlags): { first: string; second: string } | null {
  const own = new Set(['cpus-per-task', ...(memory ? ['mem'] : [])]);
  for (const group of EXCLUSIVE) {
    const asked = group.filter((name) => own.has(name) || flags.has(name));
    if (asked.length > 1) return { first: asked[0]!, second: asked[1]! };
  }
  const second = gpus ? GPU_FLAGS.find((name) => flags.has(name)) : undefined;
  return second === undefined ? null : { first: 'gres=gpu', second };
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

/** Of each group sbatch takes one. Slurm's slurm_opt.c, from 20.11 on. */
const EXCLUSIVE: readonly (readonly string[])[] = [
  ['mem', 'mem-per-cpu', 'mem-per-gpu'],
  ['cpus-per-task', 'cpus-per-gpu'],
  ['exclusive', 'oversubscribe'],
  ['core-spec', 'thread-spec'],
  ...['gpus-per-task', 'gpus-per-socket', 'ntasks-per-node', 'tres-per-task'].map((name) => ['ntasks-per-gpu', name]),
];

/** Ask for GPUs, as `gpus` of a rule does; the later --gres replaces the one before. */
const GPU_FLAGS = ['gres', 'gpus', 'gpus-per-node', 'gpus-per-socket', 'gpus-per-task'];

/** Of those flags that exclude others, and that the closing job takes over. */
const SHORT_FORMS: Readonly<Record<string, string>> = {
  '-s': 'oversubscribe',
  '-S': 'core-spec',
  '-G': 'gpus',
  '-A': 'account',
  '-M': 'clusters',
  '-p': 'partition',
  '-q': 'qos',
};

/** All long options of sbatch, of Slurm 20.11 to 26.05. */
const SBATCH_OPTIONS = (
  'account acctg-freq array autocomplete batch bb bbf begin chdir cluster cluster-constraint clusters comment ' +
  'consolidate-segments constraint container container-id container-type context contiguous core-spec ' +
  'cores-per-socket cpu-freq cpus-per-gpu cpus-per-task deadline delay-boot dependency distribution error exclude ' +
  'exclusive export export-file external extra extra-node-info get-user-env gid gpu-bind gpu-freq gpus gpus-per-node ' +
  'gpus-per-socket gpus-per-task gres gres-flags help hint hold ignore-pbs input job-name kill-on-invalid-dep ' +
  'licenses mail-type mail-user mcs-label mem mem-bind mem-per-cpu mem-per-gpu mem-update mincpus network nice ' +
  'no-kill no-requeue nodefile nodelist nodes ntasks ntasks-per-core ntasks-per-gpu ntasks-per-node ' +
  'ntasks-per-socket ntasks-per-tres oom-kill-step open-mode output overcommit oversubscribe parsable partition ' +
  'power prefer priority profile propagate qos quiet reboot requeue reservation resources resv-ports segment share ' +
  'signal sockets-per-node spread-job spread-segments stepmgr switches tasks-per-node test-only thread-spec ' +
  'threads-per-core time time-min tmp tres-bind tres-per-task uid usage use-min-nodes verbose version wait ' +
  'wait-all-nodes wckey wrap'
).split(' ');

/** The option that a long name means to sbatch, which takes a beginning that only one has; null for none. */
function longName(name: string): string | null {
  if (name === 'share') return 'oversubscribe';
  if (SBATCH_OPTIONS.includes(name)) return name;
  const begun = SBATCH_OPTIONS.filter((option) => option.startsWith(name));
  return begun.length === 1 ? begun[0]! : null;
}

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
export function sbatchWords(line: string): string[] | null {
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

/** Values that entries of `extra` give to flags, by their long names; of `--flag` alone the next word, as sbatch reads it. */
export function extraValues(entries: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const entry of entries) {
    const words = sbatchWords(entry) ?? [];
    words.forEach((word, w) => {
      const [name] = extraFlags([quoteForSbatch(word)]);
      if (name === undefined) return;
      const value = word.startsWith('--') ? /=(.*)$/s.exec(word)?.[1] : word.slice(2) || undefined;
      found.set(name, value ?? words[w + 1] ?? '');
    });
  }
  return found;
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
