import { namesIfAny } from '../io/files/files.ts';
import { SpecWords } from '../session/spec-words.ts';
import { printable } from '../terminal/terminal.ts';
import type { RecordedCommand, RecordedOption } from './recorded.ts';

interface Candidate {
  readonly word: string;
  readonly description: string;
}

/**
 * What could stand where the last word does, one a line with its description behind a tab. Nothing where a file is meant,
 * so that the shell completes it. Called by the scripts of `wfc completion`.
 */
export function complete(commands: readonly RecordedCommand[], words: readonly string[]): string {
  const current = words.at(-1) ?? '';
  const lines = candidates(commands, words.slice(0, -1), current)
    .filter(({ word }) => word.startsWith(current))
    .map(({ word, description }) => (description === '' ? word : `${word}\t${description.replace(/\s+/g, ' ')}`));
  return lines.length === 0 ? '' : `${printable(lines.join('\n'))}\n`;
}

function candidates(commands: readonly RecordedCommand[], before: readonly string[], current: string): Candidate[] {
  const { command, rest } = find(commands, before[0] === 'help' ? before.slice(1) : before);
  if (!command) return plain(commands.map((c) => [c.name, c.description]));
  if (command.commands.length > 0) return plain(command.commands.map((c) => [c.name, c.description]));
  const option = command.options.find((o) => isNamed(o, rest.at(-1) ?? ''));
  if (option?.takesValue) return valuesOf(option, rest, current);
  if (current.startsWith('-')) return optionCandidates(command, rest);
  return positionalCandidates(command, rest, current);
}

/** The command that is written so far, and the words behind it. */
function find(
  commands: readonly RecordedCommand[],
  before: readonly string[],
): { command: RecordedCommand | null; rest: readonly string[] } {
  const command = commands.find((c) => c.name === before[0]);
  if (!command) return { command: null, rest: before };
  const inner = command.commands.length > 0 ? find(command.commands, before.slice(1)) : null;
  return inner?.command ? inner : { command, rest: before.slice(1) };
}

function plain(pairs: readonly (readonly [string, string])[]): Candidate[] {
  return pairs.map(([word, description]) => ({ word, description }));
}

function isNamed({ name, alias }: RecordedOption, word: string): boolean {
  return word === `--${name}` || (alias !== null && word === `-${alias}`);
}

const REPEATABLE = ['goal', 'set', 'config', 'force', 'configfile'];

function optionCandidates({ options }: RecordedCommand, rest: readonly string[]): Candidate[] {
  const left = options.filter((o) => REPEATABLE.includes(o.name) || !rest.some((word) => isNamed(o, word)));
  return [
    ...plain(left.map((o) => [o.name === 'color' ? '--no-color' : `--${o.name}`, o.description])),
    { word: '--help', description: 'Show help' },
  ];
}

function valuesOf({ name, choices }: RecordedOption, rest: readonly string[], current: string): Candidate[] {
  if (choices.length > 0) return plain(choices.map((c) => [c, '']));
  const spec = new SpecWords(specIn(rest));
  switch (name) {
    case 'goal':
    case 'force':
      return plain(spec.rules().map((rule) => [rule, 'rule']));
    case 'set':
      return settings(spec, current);
    case 'profile':
      return plain(profiles().map((profile) => [profile, 'profile']));
    default:
      return [];
  }
}

/** `site=`, then `site=01022500`, and `site=01022500,01030500`. */
function settings(spec: SpecWords, current: string): Candidate[] {
  const at = current.indexOf('=');
  if (at < 0) {
    const constants = spec.constants().map((key) => [`${key}=`, 'constant'] as const);
    return plain([...spec.params().map((param) => [`${param}=`, 'param'] as const), ...constants]);
  }
  const given = current.slice(0, Math.max(at, current.lastIndexOf(',')) + 1);
  const used = current.slice(at + 1).split(',');
  const values = spec.valuesOf(current.slice(0, at)).filter((v) => !used.slice(0, -1).includes(v));
  return plain(values.map((value) => [given + value, '']));
}

/** Words of why, logs, accept and table are rules, and behind a rule the params of a task. */
function positionalCandidates(command: RecordedCommand, rest: readonly string[], current: string): Candidate[] {
  const [first] = command.positionals;
  if (first && first.choices.length > 0) return plain(first.choices.map((c) => [c, '']));
  if (!['why', 'logs', 'accept', 'table'].includes(command.name)) return [];
  const spec = new SpecWords(specIn(rest));
  const rules = spec.rules();
  if (command.name !== 'accept' && rest.some((word) => rules.includes(word)))
    return settings(spec, current).filter((c) => c.description !== 'constant');
  return plain(rules.map((rule) => [rule, 'rule']));
}

/** The spec that is named on the line; null for that of the working directory. */
function specIn(rest: readonly string[]): string | null {
  const at = rest.indexOf('--spec');
  if (at >= 0 && rest[at + 1]) return rest[at + 1]!;
  return rest.find((word) => !word.startsWith('-') && /\.(ya?ml|json)$/.test(word)) ?? null;
}

function profiles(): string[] {
  return namesIfAny('profiles').flatMap((file) => /^(.+)\.(ya?ml|json)$/.exec(file)?.[1] ?? []);
}
