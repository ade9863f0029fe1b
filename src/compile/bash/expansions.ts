/**
 * Quotes and expansions of bash, and what a placeholder inside each becomes. Source: bash(1), QUOTING, EXPANSION
 * (Parameter Expansion, Command Substitution, Arithmetic Expansion); tried on bash itself in test/compile/bash.test.ts.
 */
import { type Cursor, HOLE, type HolePiece } from './cursor.ts';
import { complaints } from './errors.ts';

/** What surrounds an expansion: it decides whether bash would split the value and what quotes mean. */
export type Surroundings = 'bare' | 'double' | 'hereDoc' | 'arithmetic';

const BARE = { before: '"', after: '"' };
const AS_IS = { before: '', after: '' };
const REOPENED = { before: `'"`, after: `"'` };
/** Units that mean nothing inside double quotes or a here-document. */
const PLAIN_QUOTED = /[^"\\$`\0]+/y;
const PLAIN_HERE = /[^\\$`\0]+/y;

/** Count a placeholder to the word that it is a part of. */
function join(c: Cursor, hole: HolePiece): void {
  c.word?.holes.push(hole);
}

/** A placeholder outside of quotes. It belongs to the word, which checks later that a list stands alone. */
export function lexBareHole(c: Cursor): void {
  join(c, c.takeHole(BARE));
}

/** `'…'`: closed before a placeholder and opened again. */
export function lexSingleQuotes(c: Cursor): void {
  const opened = c.at;
  c.take(1);
  while (!c.done && c.peek() !== "'") {
    if (c.peek() === HOLE) join(c, c.takeSingle(REOPENED, 'text in single quotes'));
    else c.take(c.match(/[^'\0]+/y).length);
  }
  if (c.done) c.stop(opened, complaints.unterminated('single quote', "'"));
  c.take(1);
}

/** `"…"` of a word. A list is let through here; the word checks that it stands alone. */
export function lexDoubleQuotes(c: Cursor): void {
  lexQuoted(c, () => join(c, c.takeHole(AS_IS)));
}

function lexQuoted(c: Cursor, lexHole: () => void): void {
  const opened = c.at;
  c.take(1);
  while (!c.done && c.peek() !== '"') {
    if (c.peek() === HOLE) lexHole();
    else if (!lexActive(c, 'double')) c.take(c.match(PLAIN_QUOTED).length);
  }
  if (c.done) c.stop(opened, complaints.unterminated('double quote', '"'));
  c.take(1);
}

/** The text of an unquoted here-document: `$`, backticks and backslashes act, quotes do not. */
export function lexHereText(c: Cursor): void {
  while (!c.done) {
    if (c.peek() === HOLE) c.takeSingle(AS_IS, 'a here-document');
    else if (!lexActive(c, 'hereDoc')) c.take(c.match(PLAIN_HERE).length);
  }
}

/** `\x`, `$…` or backticks at the position; false where there is none of them. */
function lexActive(c: Cursor, surroundings: Surroundings): boolean {
  if (c.peek() === '\\') c.takeEscaped();
  else if (c.peek() === '$') lexDollar(c, surroundings);
  else if (c.peek() === '`') lexBackticks(c);
  else return false;
  return true;
}

/** Everything that a `$` can begin. */
export function lexDollar(c: Cursor, surroundings: Surroundings): void {
  const next = c.peek(1);
  if (next === '\\' && c.peek(2) === '\n') c.stop(c.at, complaints.splitOperator());
  if (next === HOLE) c.stop(c.at + 1, complaints.dollar(c.placeholderAt(c.at + 1)));
  if (next === '(') {
    if (c.peek(2) === '(' && c.attempt(() => lexDoubleParens(c, '$(('))) return;
    lexSubstitution(c, '$(');
  } else if (next === '{') lexBraces(c, surroundings);
  else if (next === '[') {
    const opened = c.at;
    c.take(2);
    if (!lexArithmetic(c, ']')) c.stop(opened, complaints.unterminated('$[', ']'), 2);
    c.take(1);
  } else if (next === "'" && surroundings === 'bare') {
    const opened = c.at;
    c.take(2);
    c.takeThrough("'", opened + 1, complaints.ansiQuote, true);
  } else if (next === '"' && surroundings === 'bare') {
    c.take(1);
    lexQuoted(c, () => c.refuseHole(complaints.localeQuote));
  } else if (next !== '' && '$!#?*@-'.includes(next)) c.take(2);
  else c.take(1);
}

/** `$(…)`, `<(…)`, `>(…)`: commands of their own. `$((` comes here when it does not end in `))`. */
export function lexSubstitution(c: Cursor, opener: '$(' | '<(' | '>('): void {
  const opened = c.at;
  const firstPiece = c.pieces.length;
  c.take(2);
  if (c.match(/(?:\\\n)+\(/y) !== '') c.stop(c.at, complaints.splitOperator(), 2);
  const looksArithmetic = opener === '$(' && c.peek() === '(';
  const outerWord = c.word;
  c.word = null;
  c.nested(() => {
    c.lexCommands(c, ')');
    if (c.done) c.stop(opened, complaints.unterminated(opener, ')'), 2);
  });
  c.word = outerWord;
  c.take(1);
  if (looksArithmetic) refuseHolesSince(c, firstPiece);
}

/** `((` that is not arithmetic by our reading. Where bash read it otherwise, a value would be computed: refuse. */
export function refuseHolesSince(c: Cursor, firstPiece: number): void {
  for (const piece of c.pieces.slice(firstPiece)) {
    if (piece.kind === 'hole') c.failAt(piece.placeholder, complaints.doubleParen(piece.placeholder));
  }
}

/**
 * Backticks. Bash first removes backslashes up to the closing one, then reads what is left as commands: without a
 * backslash the text is what it seems, with one a placeholder is refused.
 */
export function lexBackticks(c: Cursor): void {
  const opened = c.at;
  let close = opened + 1;
  while (close < c.end && c.code[close] !== '`') close += c.code[close] === '\\' ? 2 : 1;
  if (close >= c.end) c.stop(opened, complaints.unterminated('backtick', '`'));
  const inner = c.code.slice(opened + 1, close);
  c.take(1);
  if (!inner.includes(HOLE)) c.take(inner.length);
  else if (inner.includes('\\')) {
    while (c.at < close) {
      if (c.peek() === HOLE) c.refuseHole(complaints.backtickEscape);
      else c.take(1);
    }
  } else {
    const { end, insideBackticks, word } = c;
    c.end = close;
    c.insideBackticks = true;
    c.word = null;
    c.nested(() => c.lexCommands(c, 'end'));
    Object.assign(c, { end, insideBackticks, word });
  }
  c.take(1);
}

/** `$((…))` or `((…))` with the position on its first unit; false where it does not end in `))`. */
export function lexDoubleParens(c: Cursor, opener: '$((' | '(('): boolean {
  c.take(opener.length);
  if (!lexArithmetic(c, ')') || c.peek(1) !== ')') return false;
  c.take(2);
  return true;
}

/**
 * An expression, up to (not including) its closer; false where the closer is missing. A placeholder is an integer
 * there: a name or a subscript in a value would be computed by bash, and `$(…)` in it would run.
 *
 * @param closer `)` of `((…))`, `]` of a subscript or `$[…]`, `}` of `${x:offset:length}`
 */
export function lexArithmetic(c: Cursor, closer: ')' | ']' | '}'): boolean {
  const open: string[] = [];
  const begin = c.at;
  let quoted = false;
  while (!c.done) {
    const unit = c.peek();
    if (unit === HOLE) lexInteger(c, begin, closer === ']' || open.includes(']'));
    else if (unit === '"') {
      quoted = !quoted;
      c.take(1);
    } else if (lexActive(c, 'arithmetic')) continue;
    else if (quoted) c.take(1);
    else if (unit === "'") {
      const opened = c.at;
      c.take(1);
      c.takeThrough("'", opened, complaints.arithmeticQuote);
    } else if (open.length === 0 && unit === closer) return true;
    else {
      if (unit === '(') open.push(')');
      else if (unit === '[') open.push(']');
      else if (unit === open.at(-1)) open.pop();
      c.take(1);
    }
  }
  return false;
}

/**
 * One integer. After a sign a blank is put in, as `3 -{x}` with -5 would read `3 --5`; not in a subscript, where it
 * would change the key of an associative array.
 */
function lexInteger(c: Cursor, begin: number, inSubscript: boolean): void {
  const placeholder = c.placeholderAt(c.at);
  const left = c.at > begin && c.code[c.at - 1] === '"' ? c.at - 2 : c.at - 1;
  const before = left >= begin ? c.code[left]! : '';
  const signed = before === '-' || before === '+';
  const next = c.peek(1);
  const glued = /[0-9\0]/.test(before) || /[0-9\0]/.test(next) || (signed && inSubscript);
  if (glued) c.failAt(placeholder, complaints.integerGlued(placeholder));
  c.takeSingle({ before: signed ? ' ' : '', after: '', integer: true }, 'arithmetic');
}

const PARAMETER = /(?:[!#]?(?:[A-Za-z_]\w*|\d+|[@*])|[@*#?$!-])/y;
/** `${x:-…}` and its kin: the word stands for itself. `${x#…}` and its kin: the word is a pattern. */
const VALUE_OPERATOR = /:?[-=?+]/y;
const PATTERN_OPERATOR = /##?|%%?|\/[/#%]?/y;

/** `${…}`. */
function lexBraces(c: Cursor, surroundings: Surroundings): void {
  const opened = c.at;
  c.take(2);
  c.take(c.match(PARAMETER).length);
  if (c.peek() === '[') {
    c.take(1);
    if (!lexArithmetic(c, ']')) c.stop(opened, complaints.unterminated('${', '}'), 2);
    c.take(1);
  }
  const value = c.match(VALUE_OPERATOR);
  const pattern = value === '' ? c.match(PATTERN_OPERATOR) : '';
  if (c.peek() === HOLE) c.refuseHole(complaints.name);
  if (value === '' && pattern === '' && c.peek() === ':') {
    c.take(1);
    if (!lexArithmetic(c, '}')) c.stop(opened, complaints.unterminated('${', '}'), 2);
  } else {
    c.take(value.length + pattern.length);
    const kind = value !== '' ? 'value' : pattern !== '' ? 'pattern' : 'other';
    // Outside of quotes the quotes of the word do not reach the result of ${x:=word} and ${x/pattern/word}.
    const splits = surroundings === 'bare' && (value.endsWith('=') || pattern.startsWith('/'));
    lexBraceWord(c, opened, surroundings, splits ? 'splits' : kind);
  }
  c.take(1);
}

type BraceWord = 'value' | 'pattern' | 'splits' | 'other';

/** The word after the operator, up to `}`. */
function lexBraceWord(c: Cursor, opened: number, surroundings: Surroundings, kind: BraceWord): void {
  const place = '${…}';
  const around = bracePlace(surroundings, kind);
  const refuse = (): void =>
    c.refuseHole(kind === 'splits' ? complaints.splitResult : (p) => complaints.expansion(p, place));
  while (!c.done && c.peek() !== '}') {
    const unit = c.peek();
    if (unit === HOLE) {
      if (around === null) refuse();
      else join(c, c.takeSingle(around, place));
    } else if (unit === '"') {
      // Its quotes are there already; only a here-document and arithmetic read them otherwise.
      const keepsQuotes = surroundings === 'bare' || surroundings === 'double';
      lexQuoted(c, () => {
        if (keepsQuotes && around !== null) join(c, c.takeSingle(AS_IS, place));
        else refuse();
      });
    } else if (unit === "'") {
      const quote = c.at;
      c.take(1);
      c.takeThrough("'", quote, (p) => complaints.expansion(p, `\${…'…'…}`));
    } else if (!lexActive(c, surroundings)) c.take(1);
  }
  if (c.done) c.stop(opened, complaints.unterminated('${', '}'), 2);
}

/** What a placeholder in such a word becomes; null where wfc cannot tell on every bash. */
function bracePlace(
  surroundings: Surroundings,
  kind: BraceWord,
): { before: string; after: string; integer?: boolean } | null {
  if (kind === 'other' || kind === 'splits') return null;
  switch (surroundings) {
    case 'bare':
      return BARE;
    case 'double':
      // Quotes of its own make a value literal in a pattern; a plain word is inside the outer quotes already.
      return kind === 'pattern' ? BARE : AS_IS;
    case 'hereDoc':
      return kind === 'pattern' ? null : AS_IS;
    case 'arithmetic':
      return kind === 'pattern' ? null : { ...AS_IS, integer: true };
  }
}
