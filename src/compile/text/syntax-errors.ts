import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Location, SourceText } from '../../model/source.ts';
import * as report from '../report/report.ts';

/** One line of a source; `start` is its offset. */
interface Line {
  readonly start: number;
  readonly text: string;
}

/**
 * What a person did wrong where the YAML parser gave up. The parser says what it wanted ("bad indentation of a mapping
 * entry"); the mistake is nearly always one of a dozen traps, which the line itself shows.
 *
 * @param reason as js-yaml words it
 * @param offset where the parser stood
 */
export function explainSyntax(source: SourceText, reason: string, offset: number): Diagnostic[] {
  const plainly = (): Diagnostic[] => [report.yamlSyntax(at(source, offset, offset + 1), reason)];
  if (lineAt(source, offset).text.length > LONGEST_LINE) return plainly();
  const placeholders = unquotedPlaceholders(source, offset);
  if (placeholders.length > 0) return placeholders;
  const explained = byReason(source, reason, offset);
  return explained ? [explained] : plainly();
}

/** Longer lines are made by programs; the patterns below would take long over them. */
const LONGEST_LINE = 4000;

function byReason(source: SourceText, reason: string, offset: number): Diagnostic | null {
  const line = lineAt(source, offset);
  if (/tab characters/.test(reason) || (/bad indentation/.test(reason) && /^ *\t/.test(line.text))) {
    const tab = line.start + line.text.indexOf('\t');
    return report.tabIndent(at(source, tab, tab + 1));
  }
  if (/maxDepth/.test(reason)) return report.tooDeep(at(source, offset, offset + 1));
  if (/non-printable/.test(reason)) return report.controlCharacter(source, offset);
  if (/escape sequence|hexadecimal/.test(reason)) {
    const backslash = source.text.lastIndexOf('\\', offset);
    return report.badEscape(at(source, backslash, backslash + 2));
  }
  if (/but found ','/.test(reason)) return report.missingEntry(at(source, offset, offset + 1));
  if (/missed comma/.test(reason)) return missedComma(source, offset);
  if (/deficient indentation|unexpected end of the (stream|document)/.test(reason)) {
    const open = findOpen(source, offset);
    if (open) return report.unclosed(open, source.text[open.start]!);
  }
  return specialValue(source, line, offset) ?? blockMistake(source, line, reason, offset);
}

// --- values that YAML reads as something else ---

/** `{site}` with what may stand inside. */
const PLACEHOLDER = String.raw`\{[A-Za-z_]\w*(?:[.:]\w+)*(?:\[\d+\])?\}`;
const BLOCK_VALUE = new RegExp(
  String.raw`^([ \t]*(?:- +)*(?:[\w.-]+ *: +)?(?:- +)?)(${PLACEHOLDER}[^\s,\]}#][^\n]*?)[ \t\r]*$`,
);
const FLOW_VALUE = new RegExp(
  String.raw`(?<=[[,{:]\s*)((?:[^\s[\],{}"':#]*${PLACEHOLDER})+[^\s,\]{}]*)(?=\s*[,\]}])`,
  'g',
);

/** `input: {site}/x` and `[out/{site}.csv, b]`: all of them, where the parser stopped at one. */
function unquotedPlaceholders(source: SourceText, offset: number): Diagnostic[] {
  const line = lineAt(source, offset);
  const found = (start: number, text: string): Diagnostic =>
    report.needsQuotes(at(source, start, start + text.length), text);
  const trap = (l: Line): Diagnostic[] => {
    const match = l.text.length <= LONGEST_LINE ? BLOCK_VALUE.exec(l.text) : null;
    return match && match[1]!.trim() !== '' ? [found(l.start + match[1]!.length, match[2]!)] : [];
  };
  if (trap(line).length > 0) return allLines(source).flatMap(trap);
  if (!/[[{]/.test(line.text)) return [];
  const flow = [...line.text.matchAll(FLOW_VALUE)];
  const lone = new RegExp(`^${PLACEHOLDER}$`);
  if (flow.every((m) => lone.test(m[1]!))) return [];
  return flow.map((m) => found(line.start + m.index, m[1]!));
}

const VALUE = /^(\s*(?:- +)*)([\w.-]+ *: +)?(\S.*?)\s*$/;

/** A plain value that begins with a character of YAML's own, or goes on after a closing quote or bracket. */
function specialValue(source: SourceText, line: Line, offset: number): Diagnostic | null {
  const match = VALUE.exec(line.text);
  if (!match) return null;
  const [, indent = '', key = '', value = ''] = match;
  const start = line.start + indent.length + key.length;
  if ((key === '' && indent.trim() === '') || offset < start) return null;
  const place = at(source, start, start + value.length);
  if (/^["']/.test(value)) {
    const close = closingQuote(value);
    return close > 0 && close < value.length - 1 ? report.goesOnAfterQuote(place, value, key) : null;
  }
  if (/^([@`%&*!]|[[{]|[|>]\s*\S)/.test(value)) return report.needsQuotes(place, value, key);
  return null;
}

/** Index of the quote that closes the one at index 0, -1 for none. */
function closingQuote(text: string): number {
  const match = /^"(?:[^"\\]|\\.)*"|^'(?:[^']|'')*'/.exec(text);
  return match ? match[0].length - 1 : -1;
}

// --- lists and mappings in brackets ---

function missedComma(source: SourceText, offset: number): Diagnostic | null {
  const { text } = source;
  const open = findOpen(source, offset);
  const character = text[offset] ?? '';
  const token = /^[^\s,[\]{}]*/.exec(text.slice(offset, offset + 200))![0];
  if (/[@`%]/.test(character)) return report.needsQuotes(at(source, offset, offset + token.length), token);
  if (open) {
    const wanted = text[open.start] === '[' ? ']' : '}';
    const goesOn = !/^[[{]\s*$/.test(restOfLine(source, open.start));
    const laterLine = lineAt(source, open.start).start !== lineAt(source, offset).start;
    const mismatch = /[\]}]/.test(character) && character !== wanted;
    if (mismatch || /["']/.test(text[open.start]!) || (laterLine && goesOn && character === ':')) {
      return report.unclosed(open, text[open.start]!);
    }
  }
  if (character === ':') {
    const before = /(?:"[^"\n]*"|'[^'\n]*'|[^\s,[\]{}]+)\s*$/.exec(text.slice(Math.max(0, offset - 200), offset));
    if (before) {
      const start = offset - before[0].length;
      return report.missingComma(at(source, start, start + before[0].trimEnd().length), before[0].trimEnd());
    }
  }
  return report.missingComma(at(source, offset, offset + Math.max(1, token.length)), token || character);
}

const LINES_BACK = 400;

/** The quote or bracket before an offset that was most likely meant to be closed: the nearest one that is open. */
function findOpen(source: SourceText, offset: number): Location | null {
  let closers = 0;
  let line: Line | null = lineAt(source, offset);
  let text = line.text.slice(0, offset - line.start);
  for (let i = 0; line !== null && i < LINES_BACK; i++) {
    const { quote, brackets } = scanLine(text);
    if (quote >= 0) return at(source, line.start + quote, line.start + quote + 1);
    for (const { at: column, open } of brackets.reverse()) {
      if (!open) closers++;
      else if (closers > 0) closers--;
      else return at(source, line.start + column, line.start + column + 1);
    }
    line = line.start === 0 ? null : lineAt(source, line.start - 1);
    text = line?.text ?? '';
  }
  return null;
}

/** The brackets of a line outside quotes and comments, and a quote that begins a value and is not closed (-1: none). */
function scanLine(text: string): { quote: number; brackets: { at: number; open: boolean }[] } {
  const brackets: { at: number; open: boolean }[] = [];
  if (text.length > LONGEST_LINE) return { quote: -1, brackets };
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '#' && (i === 0 || /\s/.test(text[i - 1]!))) break;
    if (/["']/.test(c) && /(^|[:,[{-])\s*$/.test(text.slice(0, i))) {
      const close = closingQuote(text.slice(i));
      if (close < 0) return { quote: i, brackets };
      i += close;
    } else if (/[[{]/.test(c)) brackets.push({ at: i, open: true });
    else if (/[\]}]/.test(c)) brackets.push({ at: i, open: false });
  }
  return { quote: -1, brackets };
}

// --- keys and indentation ---

function blockMistake(source: SourceText, line: Line, reason: string, offset: number): Diagnostic | null {
  const nearest = lineAbove(source, line);
  const above = nearest && nearest.text.length <= LONGEST_LINE ? nearest : null;
  for (const l of above ? [above, line] : [line]) {
    const comment = /^\s*(\/\/|\/\*)/.exec(l.text);
    if (comment) return report.wrongComment(wholeLine(source, l));
    const stuck = /^(\s*(?:- +)*)([A-Za-z_][\w-]*):(?=[^\s:/])(?!.*: )(.*?)\s*$/.exec(l.text);
    if (stuck)
      return keyDiagnostic(source, l, stuck[1]!, stuck[2]!, (place) =>
        report.missingBlank(place, stuck[2]!, stuck[3]!),
      );
    const slash = /^(\s*(?:- +)*)(run|input|output|log):([./]\S.*?|[./])\s*$/.exec(l.text);
    if (slash)
      return keyDiagnostic(source, l, slash[1]!, slash[2]!, (place) =>
        report.missingBlank(place, slash[2]!, slash[3]!),
      );
    const bare = /^(\s*(?:- +)*)([A-Za-z_][\w-]*)\s*$/.exec(l.text);
    if (bare && l === above && indentOf(line) > indentOf(l)) {
      return keyDiagnostic(source, l, bare[1]!, bare[2]!, (place) => report.missingColon(place, bare[2]!, ''));
    }
  }
  const dash = /^(\s*-)(?=[^\s-])/.exec(line.text);
  if (dash)
    return report.missingBlankAfterDash(at(source, line.start + dash[1]!.length - 1, line.start + dash[1]!.length));
  const colon = /^(\s*(?:- +)*[\w.-]+ *: +)(.*?)(: |:$)/.exec(line.text.trimEnd());
  if (colon && offset - line.start >= colon[1]!.length) {
    const start = line.start + colon[1]!.length + colon[2]!.length;
    const value = line.text.trim().replace(/^(- +)*[\w.-]+ *: +/, '');
    return report.colonInValue(at(source, start, start + 1), value);
  }
  if (/expected ':'|multiline key/.test(reason)) {
    const words = /^(\s*)(\S+)\s*(.*?)\s*$/.exec(line.text);
    if (words && !line.text.includes(':')) {
      return keyDiagnostic(source, line, words[1]!, words[2]!, (place) =>
        report.missingColon(place, words[2]!, words[3]!),
      );
    }
  }
  if (/end of the stream/.test(reason)) return report.strayText(wholeLine(source, line));
  if (!/indentation/.test(reason)) return null;
  const first = /^(\s*)(\S+)/.exec(line.text);
  if (!first) return null;
  const place = at(source, line.start + first[1]!.length, line.start + first[0].length);
  const levels = [...new Set(linesAbove(source, line).map(indentOf))].sort((a, b) => a - b);
  return report.badIndent(place, first[1]!.length, levels, /^- /.test(first[2]! + line.text.slice(first[0].length)));
}

function keyDiagnostic(
  source: SourceText,
  line: Line,
  indent: string,
  key: string,
  make: (place: Location) => Diagnostic,
): Diagnostic {
  const start = line.start + indent.length;
  return make(at(source, start, start + key.length));
}

// --- lines ---

function at(source: SourceText, start: number, end: number): Location {
  const from = Math.max(0, Math.min(start, source.text.length));
  return { source, start: from, end: Math.max(from, Math.min(end, source.text.length)) };
}

function lineAt({ text }: SourceText, offset: number): Line {
  // lastIndexOf takes a negative index for 0.
  const start = offset <= 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', start);
  return { start, text: text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '') };
}

function allLines({ text }: SourceText): Line[] {
  let start = 0;
  return text.split('\n').map((line) => {
    const here = { start, text: line.replace(/\r$/, '') };
    start += line.length + 1;
    return here;
  });
}

function restOfLine(source: SourceText, offset: number): string {
  const line = lineAt(source, offset);
  return line.text.slice(offset - line.start);
}

function wholeLine(source: SourceText, { start, text }: Line): Location {
  const indent = text.length - text.trimStart().length;
  return at(source, start + indent, start + text.trimEnd().length);
}

function indentOf({ text }: Line): number {
  return text.length - text.trimStart().length;
}

/** The last line above that is not blank. */
function lineAbove(source: SourceText, line: Line): Line | null {
  return linesAbove(source, line)[0] ?? null;
}

/** The lines above, nearest first, without blank ones and comments, up to a line without indent. */
function linesAbove(source: SourceText, line: Line): Line[] {
  const lines: Line[] = [];
  let next = line;
  while (next.start > 0 && lines.length < LINES_BACK) {
    next = lineAt(source, next.start - 1);
    if (next.text.trim() === '' || next.text.trimStart().startsWith('#')) continue;
    lines.push(next);
    if (indentOf(next) === 0) break;
  }
  return lines;
}
