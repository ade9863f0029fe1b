/**
 * Commands of bash: just enough of the grammar to know where a keyword is one, where `)` ends a pattern and not a
 * `$(…)`, and where a value would be computed or taken for a name. Source: bash(1), SHELL GRAMMAR, REDIRECTION.
 */

import { ArgumentChecks } from './arguments.ts';
import { lexConditional } from './conditional.ts';
import type { Closer, Cursor } from './cursor.ts';
import { complaints } from './errors.ts';
import { lexDoubleParens, refuseHolesSince } from './expansions.ts';
import { lexHereOperator, lexLineEnd } from './heredocs.ts';
import { lexBlanks, lexGap, lexWord } from './words.ts';

const KEYWORD = /[A-Za-z[\]{}!]+/y;
const REDIRECTION = /(?:\d+|\{[A-Za-z_]\w*\})?(?:<<<|<<-?|<>|<&|>>|>&|>\||<(?!\()|>(?!\())|&>>?/y;

/** A compound command that is open, and what closes it. */
interface Open {
  readonly opener: string;
  readonly closer: '}' | 'fi' | 'done';
  readonly at: number;
}

const CLOSERS: Readonly<Record<string, Open['closer']>> = { '{': '}', if: 'fi', do: 'done' };

/**
 * Commands up to (not including) what ends them: the end of the range, `)`, or for a case clause `;;`, `;&`, `;;&` or
 * `esac`.
 */
export function lexCommands(c: Cursor, closer: Closer): void {
  const open: Open[] = [];
  for (;;) {
    lexBlanks(c);
    if (c.done || (closer === ')' && c.peek() === ')')) break;
    if (closer === 'clause' && (c.match(/;[;&]/y) !== '' || keyword(c) === 'esac')) break;
    lexCommandStart(c, open);
  }
  const unclosed = open.at(-1);
  if (unclosed) {
    c.stop(
      unclosed.at,
      complaints.unterminated(`"${unclosed.opener}"`, `"${unclosed.closer}"`),
      unclosed.opener.length,
    );
  }
}

/** The word at the position where it could be a keyword: no quotes, no expansions. */
function keyword(c: Cursor): string {
  const word = c.match(KEYWORD);
  const next = c.peek(word.length);
  return next === '' || ' \t\n;&|()<>'.includes(next) ? word : '';
}

/** One operator, keyword, compound or simple command. */
function lexCommandStart(c: Cursor, open: Open[]): void {
  const unit = c.peek();
  if (unit === '\n') {
    if (c.outerHereDocs > 0) c.stop(c.at, complaints.hereDocInside());
    lexLineEnd(c);
  } else if (unit === ')') c.stop(c.at, complaints.stray(')'));
  else if (unit === '(') lexParens(c);
  else if (c.match(REDIRECTION) !== '') lexSimple(c);
  else if (unit === ';' || unit === '&' || unit === '|') c.take(c.match(/;;&|;;|;&|;|&&|&|\|\||\|&|\|/y).length);
  else lexKeyword(c, open);
}

/** `( commands )` or `(( expression ))`. */
function lexParens(c: Cursor): void {
  const opened = c.at;
  const firstPiece = c.pieces.length;
  if (c.match(/\((?:\\\n)+\(/y) !== '') c.stop(c.at, complaints.splitOperator());
  const double = c.peek(1) === '(';
  if (double && c.attempt(() => lexDoubleParens(c, '(('))) return;
  c.take(1);
  lexCommands(c, ')');
  if (c.done) c.stop(opened, complaints.unterminated('(', ')'));
  c.take(1);
  if (double) refuseHolesSince(c, firstPiece);
}

function lexKeyword(c: Cursor, open: Open[]): void {
  const word = keyword(c);
  switch (word) {
    case '{':
    case 'if':
    case 'do':
      open.push({ opener: word, closer: CLOSERS[word]!, at: c.at });
      c.take(word.length);
      return;
    case '}':
    case 'fi':
    case 'done':
      if (open.pop()?.closer !== word) c.stop(c.at, complaints.stray(word), word.length);
      c.take(word.length);
      return;
    case 'then':
    case 'else':
    case 'elif':
    case 'while':
    case 'until':
    case '!':
      c.take(word.length);
      return;
    case 'time':
      c.take(word.length);
      lexBlanks(c);
      c.take(c.match(/-p(?=[ \t\n])/y).length);
      return;
    case 'coproc':
      c.take(word.length);
      lexBlanks(c);
      c.take(c.match(/[A-Za-z_]\w*(?=[ \t]+(?:[{(]|\[\[|(?:while|until|if|for|case|select)[ \t\n]))/y).length);
      return;
    case 'case':
      lexCase(c);
      return;
    case 'for':
    case 'select':
      lexFor(c, word);
      return;
    case 'function':
      lexFunction(c);
      return;
    case '[[':
      lexConditional(c);
      return;
    default:
      lexSimple(c);
  }
}

/** `case word in (pattern | pattern) commands ;; … esac`. */
function lexCase(c: Cursor): void {
  const opened = c.at;
  const malformed = (): never =>
    c.stop(opened, complaints.malformed('case', 'case WORD in PATTERN) COMMANDS ;; esac'), 4);
  c.take(4);
  lexBlanks(c);
  if (lexWord(c, { list: (p) => complaints.listElsewhere(p, '"case"') }).value === '') malformed();
  lexGap(c, true);
  if (keyword(c) !== 'in') malformed();
  c.take(2);
  for (;;) {
    lexGap(c, true);
    if (c.done) c.stop(opened, complaints.unterminated('"case"', '"esac"'), 4);
    if (keyword(c) === 'esac') break;
    if (c.peek() === '(') c.take(1);
    lexPatterns(c, malformed);
    lexCommands(c, 'clause');
    if (c.done) c.stop(opened, complaints.unterminated('"case"', '"esac"'), 4);
    c.take(c.match(/;;&|;;|;&/y).length);
  }
  c.take(4);
}

/** `pattern | pattern)`. */
function lexPatterns(c: Cursor, malformed: () => never): void {
  for (;;) {
    lexBlanks(c);
    const word = lexWord(c, { list: (p) => complaints.listElsewhere(p, 'a pattern of "case"') });
    if (word.start === word.end) malformed();
    lexBlanks(c);
    const unit = c.peek();
    if (unit !== '|' && unit !== ')') malformed();
    c.take(1);
    if (unit === ')') return;
  }
}

/** `for name in words`, `for ((…))`, `select name in words`, up to the `;` or line end before `do`. */
function lexFor(c: Cursor, word: 'for' | 'select'): void {
  const opened = c.at;
  c.take(word.length);
  lexBlanks(c);
  if (word === 'for' && c.startsWith('((')) {
    if (!c.attempt(() => lexDoubleParens(c, '(('))) c.stop(opened, complaints.unterminated('for ((', '))'), 3);
    return;
  }
  refuseName(c, lexWord(c).holes);
  lexGap(c, true);
  if (keyword(c) !== 'in') return;
  c.take(2);
  for (let more = true; more; ) {
    lexBlanks(c);
    const word = lexWord(c);
    more = word.end > word.start;
  }
}

/** `function name` or `function name ()`. */
function lexFunction(c: Cursor): void {
  c.take('function'.length);
  lexBlanks(c);
  refuseName(c, lexWord(c).holes);
  lexBlanks(c);
  c.take(c.match(/\([ \t]*\)/y).length);
}

function refuseName(c: Cursor, holes: ReturnType<typeof lexWord>['holes']): void {
  for (const { placeholder } of holes) c.failAt(placeholder, complaints.name(placeholder));
}

/** A redirection with its target; false where none begins here. */
function lexRedirection(c: Cursor): boolean {
  const operator = c.match(REDIRECTION);
  if (operator === '') return false;
  const opened = c.at;
  if (/<<-?$/.test(operator) && !operator.endsWith('<<<')) {
    c.take(operator.length - (operator.endsWith('-') ? 3 : 2));
    lexHereOperator(c);
    return true;
  }
  c.take(operator.length);
  lexBlanks(c);
  const place = operator.endsWith('<<<') ? '"<<<"' : 'a redirection';
  const word = lexWord(c, { list: (p) => complaints.listElsewhere(p, place) });
  if (word.start === word.end) c.stop(opened, complaints.missingWord(operator), operator.length);
  return true;
}

const KEYWORDS =
  /^(?:\{|\}|!|\[\[|if|then|elif|else|fi|for|select|case|esac|while|until|do|done|function|time|coproc)$/;

/** Assignments, redirections, a command's name and its arguments; or the head of `name () …`. */
function lexSimple(c: Cursor): void {
  const checks = new ArgumentChecks(c);
  const words: (string | null)[] = [];
  c.commands.push(words);
  for (let first = true; ; first = false) {
    lexBlanks(c);
    if (lexRedirection(c)) continue;
    const unit = c.peek();
    if (unit === '(') {
      if (!checks.named) c.stop(c.at, complaints.unexpected('('));
      lexFunctionParens(c, checks);
      return;
    }
    if (unit === '' || '\n;&|)'.includes(unit)) return;
    const word = lexWord(c, checks.place());
    if (word.start === word.end) c.stop(c.at, complaints.unexpected(c.shown()));
    if (first && c.code.slice(word.start, word.end).includes('\\\n') && KEYWORDS.test(word.value ?? '')) {
      c.stop(word.start, complaints.splitOperator(), word.end - word.start);
    }
    checks.check(word);
    if (!word.assignment || words.length > 0) words.push(word.value);
  }
}

/** `()` after a function's name. */
function lexFunctionParens(c: Cursor, checks: ArgumentChecks): void {
  const parens = c.match(/\([ \t]*\)/y);
  if (parens === '' || checks.argumentCount > 0) c.stop(c.at, complaints.unexpected('('));
  refuseName(c, checks.nameHoles);
  c.take(parens.length);
}
