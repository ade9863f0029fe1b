/** A command of bash in lines, as a person reads it. */
import { rewriteBash } from '../compile/bash/rewrite.ts';
import { parseTemplate } from '../compile/text/template.ts';

/** Marks of templates/import/breaks.py: a backslash ended a line of the source; a string ended and the next began. */
const CONTINUED = '\ue002';
const JOINED = '\ue003';
const MARKS = /[\ue002\ue003]/g;

/** Lines up to this long need no breaks. */
const LONG = 100;
/** More lines than these are tried all or none. */
const MOST_TRIED = 200;

/**
 * A command that may hold marks, without them: broken where its source was, and without the indentation that all lines have.
 * Where bash would read another command, that stays as it was.
 */
export function layOut(command: string, params: ReadonlySet<string>): string {
  const isSame = (candidate: string): boolean => meaning(candidate, params) === meant && meant !== null;
  const flat = command.replace(MARKS, '');
  const meant = meaning(flat, params);
  const broken = attempt(breaksOf(command), flat, isSame, (chosen) => withBreaks(command, chosen));
  const lines = broken.split('\n');
  const dedented = attempt(
    lines.map((_, i) => i),
    broken,
    isSame,
    (chosen) => withoutIndent(lines, chosen),
  );
  return dedented.replace(/^\n+|\n+$/g, '');
}

/** What bash reads; null where wfc can't tell. */
function meaning(command: string, params: ReadonlySet<string>): string | null {
  const { template, errors } = parseTemplate(command, params);
  if (errors.length > 0) return null;
  const read = rewriteBash(template, () => ({ variable: 'x', many: false }));
  return read.errors.length > 0 ? null : read.significant;
}

/** Make all changes, or else those of them that one after the other leave the meaning as it is. */
function attempt(
  changes: readonly number[],
  unchanged: string,
  isSame: (candidate: string) => boolean,
  make: (chosen: ReadonlySet<number>) => string,
): string {
  const all = make(new Set(changes));
  if (all === unchanged || isSame(all)) return all;
  const chosen = new Set<number>();
  for (const change of changes.length > MOST_TRIED ? [] : changes) {
    chosen.add(change);
    if (!isSame(make(chosen))) chosen.delete(change);
  }
  const some = make(chosen);
  return isSame(some) ? some : unchanged;
}

/** Offsets of the marks where a line is to break. */
function breaksOf(command: string): number[] {
  let start = 0;
  return command.split('\n').flatMap((line) => {
    const begin = start;
    start += line.length + 1;
    const isLong = line.replace(MARKS, '').length > LONG;
    return [...line.matchAll(MARKS)]
      .filter(({ 0: mark, index }) => {
        if (mark === CONTINUED) return true;
        const around = `${line[index - 1] ?? ''}${line[index + 1] ?? ''}`;
        return isLong && /\s/.test(around) && line.slice(index + 1).trim() !== '' && line.slice(0, index).trim() !== '';
      })
      .map(({ index }) => begin + index);
  });
}

function withBreaks(command: string, chosen: ReadonlySet<number>): string {
  return command.replace(MARKS, (mark, at: number) => {
    if (!chosen.has(at)) return '';
    const blank = /\s/.test(command[at - 1] ?? '') ? '' : ' ';
    if (mark === JOINED) return `${blank}\\\n${command[at + 1] === ' ' ? ' ' : '  '}`;
    // The blanks that part two words may stand in the next line alone, and go with its indentation.
    return `${/\s/.test(command[at + 1] ?? '') ? blank : ''}\\\n`;
  });
}

/** Lines without the indentation that they share; the first of them may begin where its quotes open. */
function withoutIndent(lines: readonly string[], chosen: ReadonlySet<number>): string {
  const first = lines.findIndex((line) => line.trim() !== '');
  const shared = indentOf(lines[first] ?? '') || hangingIndent(lines);
  return lines
    .map((line, i) => {
      if (!chosen.has(i)) return line;
      if (line.trim() === '') return '';
      return line.slice(Math.min(shared, indentOf(line))).replace(/(?<!\\)[ \t]+$/, '');
    })
    .join('\n');
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** The blanks that all lines begin with which begin with any; but for two, where they are within a command. */
function hangingIndent(lines: readonly string[]): number {
  const indents = lines.map((line) => (line.trim() === '' ? 0 : indentOf(line)));
  const least = Math.min(...indents.filter((indent) => indent > 0));
  if (!Number.isFinite(least)) return 0;
  const isWithin = lines.some((_, i) => i > 0 && indents[i] === least && /(\\|\||&&)\s*$/.test(lines[i - 1]!));
  return isWithin ? Math.max(0, least - 2) : least;
}
