import { basename } from 'node:path';
import { lineAndColumn } from '../model/source.ts';
import type { Rule } from '../model/workflow.ts';
import { bashLiteral, commandBody, ruleFunctionName } from './functions.ts';

/** Commands as bash functions in a file that has the spec's name, each line of theirs where the spec has it. */
export interface SpecLines {
  /** `commands/wfc.yml`: bash's own errors name it with the line, `…/commands/wfc.yml: line 9: fit: command not found`. */
  readonly path: string;
  /** '' where it would hold nothing. */
  readonly text: string;
  /** Rules whose command it holds. */
  readonly rules: ReadonlySet<Rule>;
}

const HEAD = '# Commands of the spec, each line where the spec has it, so that errors of bash name that line.';

/**
 * Left out, and without a line of their own, are commands whose lines are not those of the spec: folded ones, texts in
 * quotes with `\n`, those that share a line with another, and scripts of other languages, which are files of their own.
 */
export function specLines(rules: readonly Rule[]): SpecLines {
  const held = new Set<Rule>();
  const file = rules[0]?.runLocation.source.file ?? '';
  const lines: string[] = [];
  const places = rules
    .filter((rule) => rule.runLocation.source.file === file && keepsLines(rule))
    .map((rule) => ({ rule, first: lineAndColumn(rule.runLocation.source, rule.runLocation.start).line }))
    .sort((a, b) => a.first - b.first);
  for (const { rule, first } of places) {
    if (lines.length >= first) continue;
    const isOpen = held.size > 0;
    if (isOpen && lines.length < first - 1) lines.push('}');
    const closing = isOpen && lines.length === first - 1 && lines.at(-1) !== '}' ? '}; ' : '';
    while (lines.length < first - 1) lines.push('');
    const body = commandBody(rule.command.body).split('\n');
    const head = [`${closing}${ruleFunctionName(rule)}() {`, ...rule.command.setup.map((line) => `${line};`)].join(' ');
    lines.push(`${head} ${body[0]}`, ...body.slice(1));
    held.add(rule);
  }
  if (held.size > 0) lines.push('}', '');
  if (lines[0] === '') lines[0] = HEAD;
  return { path: `commands/${basename(file)}`, text: lines.join('\n'), rules: held };
}

/** Whether the lines of a command are those that the spec has between its first and its last one. */
function keepsLines({ command, runLocation: { source, start, end } }: Rule): boolean {
  const { body, setup, container, script } = command;
  if (container !== null || script !== null || setup.some((line) => line.includes('\n'))) return false;
  const written = source.text.slice(start, end).trimEnd();
  return commandBody(body).split('\n').length === written.split('\n').length;
}

/** Bash that reads the file, where it lies in the folder that `folder` (bash) names. */
export function sourceSpecLines({ path, text }: SpecLines, folder: string): string[] {
  return text === '' ? [] : [`# shellcheck source=/dev/null\nsource ${folder}/${bashLiteral(path)}\n`];
}
