import { styleText } from 'node:util';
import type { Diagnostic } from '../model/diagnostic.ts';
import { type Location, lineAndColumn } from '../model/source.ts';

export { countOf, countTasks, formatCount } from '../model/counts.ts';

/** How to write for a person: with colour on a terminal, plainly elsewhere. */
export interface Style {
  readonly colour: boolean;
}

type Paint = Parameters<typeof styleText>[0];

export function paint(style: Style, format: Paint, text: string): string {
  return style.colour ? styleText(format, text, { validateStream: false }) : text;
}

/** Control characters but tab and line feed, those that turn the direction of text, and separators of lines. */
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text from a spec or a log never reaches the terminal raw: control characters are shown, not obeyed. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (c) =>
    c.charCodeAt(0) < 0x20
      ? String.fromCharCode(0x2400 + c.charCodeAt(0))
      : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What `--json` prints: an object, or a line of a stream of them. JSON itself leaves alone much that a terminal obeys. */
export function jsonText(value: unknown, layout: 'indented' | 'one line' = 'indented'): string {
  return JSON.stringify(value, null, layout === 'indented' ? 2 : 0).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `file:line:column error: message`, the line, an underline, and what to write instead. */
export function renderDiagnostic(diagnostic: Diagnostic, style: Style): string {
  const { severity, message, location, hint, notes = [] } = diagnostic;
  const label = paint(style, severity === 'error' ? ['bold', 'red'] : ['bold', 'yellow'], severity);
  const lines = [`${location ? `${paint(style, 'bold', place(location))} ` : ''}${label}: ${printable(message)}`];
  if (location) lines.push(...excerpt(location, style));
  for (const note of notes ?? []) {
    lines.push(`  ${place(note.location)} ${paint(style, 'dim', 'note')}: ${printable(note.message)}`);
    lines.push(...excerpt(note.location, style));
  }
  if (hint) lines.push(`  ${paint(style, 'cyan', 'hint')}: ${printable(hint)}`);
  return lines.join('\n');
}

function place(location: Location): string {
  const { line, column } = lineAndColumn(location.source, location.start);
  return printable(
    location.source.file.startsWith('--') ? location.source.file : `${location.source.file}:${line}:${column}`,
  );
}

const MAX_EXCERPT = 120;

/** The source line and a run of carets below what is meant. */
function excerpt(location: Location, style: Style): string[] {
  const { column, lineText } = lineAndColumn(location.source, location.start);
  if (lineText.trim() === '') return [];
  const from = column > MAX_EXCERPT - 20 ? column - 40 : 0;
  const shown = printable(lineText.slice(from, from + MAX_EXCERPT)).replaceAll('\t', ' ');
  const length = Math.max(
    1,
    Math.min(location.end - location.start, lineText.length - column + 1, from + MAX_EXCERPT - column + 1),
  );
  const gap = ' '.repeat(displayWidth(printable(lineText.slice(from, column - 1))));
  const underline = '^'.repeat(Math.max(1, displayWidth(printable(lineText.slice(column - 1, column - 1 + length)))));
  return [`    ${shown}`, `    ${gap}${paint(style, 'red', underline)}`];
}

/** Columns that a text takes on a terminal: wide characters take two, combining ones none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const c of text) {
    if (/\p{Mark}/u.test(c)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        c,
      )
        ? 2
        : 1;
  }
  return width;
}

/** What fits into so many columns; codes of colour take no room, and none is cut in two. */
export function cut(line: string, columns: number): string {
  let room = columns;
  return line.replace(/\u001b\[[\d;]*m|[\s\S]/gu, (part) => {
    if (part.length > 1 && part.startsWith('\u001b')) return part;
    room -= displayWidth(part);
    return room >= 0 ? part : '';
  });
}

/** A diagnostic as `--json` gives it; line and column are 1-based. */
export function diagnosticJson({ severity, message, location, hint }: Diagnostic): object {
  const at = location ? lineAndColumn(location.source, location.start) : null;
  return {
    severity,
    file: location?.source.file ?? null,
    line: at?.line ?? null,
    column: at?.column ?? null,
    message,
    hint: hint ?? null,
  };
}

/** `4.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  // Rounded first, so that no `60 s` is left over.
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Columns of text, the first right-aligned numbers. */
export function table(rows: readonly (readonly string[])[], alignRight: readonly boolean[]): string {
  const widths = alignRight.map((_, c) => Math.max(...rows.map((r) => (r[c] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, c) => (alignRight[c] ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
