/**
 * Where strings and comments are in a script: enough of the lexical grammar of each language to tell them from code.
 * A string that is never closed is the interpreter's to report; it ends here where the language would end it.
 */
export type ScriptLanguage = 'python3' | 'Rscript' | 'julia' | 'node';

export type Region = 'code' | 'string' | 'comment';

/** The end of a string or comment that begins at the offset, or null where none does. */
type Scan = (code: string, at: number) => { end: number; region: Region } | null;

const WORD = /[A-Za-z_]\w*/y;

/** The region of each UTF-16 unit of the script. */
export function scanScript(language: ScriptLanguage, code: string): readonly Region[] {
  const regions: Region[] = new Array(code.length).fill('code');
  for (let at = 0; at < code.length; ) {
    const found = SCANS[language](code, at);
    if (found) regions.fill(found.region, at, found.end);
    at = found ? found.end : skipPlain(code, at);
  }
  return regions;
}

/** One past a word or a single unit: a string's prefix is looked for at the begin of a word only. */
function skipPlain(code: string, at: number): number {
  return at + Math.max(1, match(WORD, code, at).length);
}

function match(pattern: RegExp, code: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(code)?.[0] ?? '';
}

/** One past the closer, from inside the string; at most one past the line's end where lines end it. */
function endOfString(
  code: string,
  from: number,
  closer: string,
  options: { line?: boolean; expression?: (at: number) => number | null } = {},
): number {
  for (let at = from; at < code.length; ) {
    if (code[at] === '\\' && at + 1 < code.length) at += 2;
    else if (code.startsWith(closer, at)) return at + closer.length;
    else if (options.line && code[at] === '\n') return at;
    else at = options.expression?.(at) ?? at + 1;
  }
  return code.length;
}

/** One past the bracket that closes an expression inside a string; null where it does not. */
function endOfExpression(scan: Scan, code: string, from: number, closer: string): number | null {
  let depth = 0;
  for (let at = from; at < code.length; ) {
    const found = scan(code, at);
    if (found) {
      at = found.end;
      continue;
    }
    const unit = code[at]!;
    if (unit === closer && depth === 0) return at + 1;
    if ('([{'.includes(unit)) depth++;
    if (')]}'.includes(unit)) depth--;
    if (depth < 0) return null;
    at = skipPlain(code, at);
  }
  return null;
}

function lineComment(code: string, at: number): { end: number; region: Region } {
  const end = code.indexOf('\n', at);
  return { end: end < 0 ? code.length : end, region: 'comment' };
}

/** Python reference, 2.4 String and Bytes literals; f-strings nest as of Python 3.12. */
const scanPython: Scan = (code, at) => {
  if (code[at] === '#') return lineComment(code, at);
  const open = match(/(?:[rbuft]|[rbft]{2})?(?:"""|'''|"|')/iy, code, at);
  if (open === '') return null;
  const quotes = open.replace(/^[a-z]+/i, '');
  const formatted = /^[rb]?[ft]/i.test(open);
  const expression = (inner: number): number | null => {
    if (code[inner] !== '{') return null;
    return code[inner + 1] === '{' ? inner + 2 : endOfExpression(scanPython, code, inner + 1, '}');
  };
  const end = endOfString(code, at + open.length, quotes, {
    line: quotes.length === 1,
    ...(formatted ? { expression } : {}),
  });
  return { end, region: 'string' };
};

/** R Language Definition, 10.3; raw strings as in ?Quotes. A name in backticks counts as a string. */
const scanR: Scan = (code, at) => {
  if (code[at] === '#') return lineComment(code, at);
  const raw = match(/[rR]["']-*[([{]/y, code, at);
  if (raw !== '') {
    const bracket = { '(': ')', '[': ']', '{': '}' }[raw.at(-1)!]!;
    const closer = `${bracket}${'-'.repeat(raw.length - 3)}${raw[1]}`;
    const end = code.indexOf(closer, at + raw.length);
    return { end: end < 0 ? code.length : end + closer.length, region: 'string' };
  }
  if (!'"\'`'.includes(code[at]!)) return null;
  return { end: endOfString(code, at + 1, code[at]!), region: 'string' };
};

/** Julia manual, Strings, Metaprogramming (non-standard string literals), Running External Programs. */
const scanJulia: Scan = (code, at) => {
  if (code.startsWith('#=', at)) return { end: endOfNestedComment(code, at), region: 'comment' };
  if (code[at] === '#') return lineComment(code, at);
  // Elsewhere ' transposes.
  if (code[at] === "'") {
    const character = match(/'(?:\\[^\n]{1,10}?|[^\\'\n\0]{1,2})'/y, code, at);
    const transposes = at > 0 && /[\w)\]}'.]/.test(code[at - 1]!);
    return character === '' || transposes ? null : { end: at + character.length, region: 'string' };
  }
  const open = match(/(?:[A-Za-z_]\w*)?(?:"""|"|```|`)/y, code, at);
  if (open === '') return null;
  const quotes = open.replace(/^\w+/, '');
  const expression = (inner: number): number | null =>
    code.startsWith('$(', inner) ? endOfExpression(scanJulia, code, inner + 2, ')') : null;
  const end = endOfString(code, at + open.length, quotes, open === quotes ? { expression } : {});
  return { end, region: 'string' };
};

function endOfNestedComment(code: string, at: number): number {
  let depth = 0;
  for (let next = at; next < code.length; next++) {
    if (code.startsWith('#=', next)) depth++;
    else if (code.startsWith('=#', next)) depth--;
    else continue;
    next++;
    if (depth === 0) return next + 1;
  }
  return code.length;
}

/** ECMAScript, 12 Lexical Grammar. A `/` begins a regular expression where no operand ends before it. */
const scanNode: Scan = (code, at) => {
  if (code.startsWith('//', at)) return lineComment(code, at);
  if (code.startsWith('/*', at)) {
    const end = code.indexOf('*/', at + 2);
    return { end: end < 0 ? code.length : end + 2, region: 'comment' };
  }
  const unit = code[at]!;
  if (unit === '/') {
    const before = code.slice(Math.max(0, at - 200), at).trimEnd();
    const divides =
      /[\w$)\]}\0"'`]$/.test(before) &&
      !/\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield)$/.test(before);
    const regex = divides ? '' : match(/\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y, code, at);
    return regex === '' ? null : { end: at + regex.length, region: 'string' };
  }
  if (unit === '"' || unit === "'") return { end: endOfString(code, at + 1, unit, { line: true }), region: 'string' };
  if (unit !== '`') return null;
  const expression = (inner: number): number | null =>
    code.startsWith('${', inner) ? endOfExpression(scanNode, code, inner + 2, '}') : null;
  return { end: endOfString(code, at + 1, '`', { expression }), region: 'string' };
};

const SCANS: Readonly<Record<ScriptLanguage, Scan>> = {
  python3: scanPython,
  Rscript: scanR,
  julia: scanJulia,
  node: scanNode,
};
