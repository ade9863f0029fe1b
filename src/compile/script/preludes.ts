/** What stands before the text of a script, from templates/script/: it binds the script's placeholders. */
import { PRELUDES } from './preludes.generated.ts';
import { type ScriptLanguage, scanScript } from './regions.ts';

export interface ScriptBinding {
  readonly variable: string;
  readonly kind: 'string' | 'list' | 'number';
}

export function withPrelude(language: ScriptLanguage, user: string, bindings: readonly ScriptBinding[]): string {
  const names = bindings.map((b) => b.variable).join(', ');
  switch (language) {
    case 'python3': {
      const begin = pythonPreludeOffset(user);
      // After "from __future__ import division;" the rest of the line moves to a line of its own.
      const lineEnd = begin > 0 && user[begin - 1] !== '\n' ? '\n' : '';
      const line = `[${names}] = wfc_bind([${bindings.map(({ kind }) => `'${kind}'`).join(', ')}])`;
      return `${user.slice(0, begin)}${lineEnd}${withBindings(PRELUDES.py, [line])}${user.slice(begin)}`;
    }
    case 'Rscript': {
      const lines = bindings.map((b) => `  assign("${b.variable}", ${b.kind}(), envir = globalenv())`);
      return withBindings(PRELUDES.R, lines) + user;
    }
    case 'julia': {
      const lines = bindings.map((b) => `    global ${b.variable} = ${JULIA[b.kind]}`);
      return withBindings(PRELUDES.jl, lines) + user;
    }
    case 'node': {
      // A directive counts only at the top.
      const strict = /^(?:\s|\/\/.*\n|\/\*[\s\S]*?\*\/)*(["'])use strict\1/.test(user) ? `'use strict';\n` : '';
      const values = bindings.map((b) => NODE[b.kind]).join(', ');
      return strict + filled(filled(withoutHead(PRELUDES.cjs), NAMES, names), VALUES, values) + user;
    }
  }
}

/** How each kind is read from the arguments. */
type Readers = Readonly<Record<ScriptBinding['kind'], string>>;

const JULIA: Readers = {
  string: 'next()',
  number: 'parse(Int, next())',
  list: 'String[next() for _ in 1:parse(Int, next())]',
};

const NODE: Readers = {
  string: 'next()',
  number: 'Number(next())',
  list: 'Array.from({ length: Number(next()) }, next)',
};

/** The marks of the files, where the bindings are put in: a whole line, or inside of one. */
const LINE = /^.*wfc: bindings\n/m;
const NAMES = /\/\* wfc: names \*\//;
const VALUES = /\/\* wfc: values \*\//;

function withBindings(prelude: string, lines: readonly string[]): string {
  return filled(withoutHead(prelude), LINE, lines.map((line) => `${line}\n`).join(''));
}

function filled(text: string, mark: RegExp, filling: string): string {
  if (!mark.test(text)) throw new Error(`internal error: a prelude without its mark ${mark}`);
  return text.replace(mark, () => filling);
}

/** A file without its head, the comment that says what it is. */
function withoutHead(prelude: string): string {
  return prelude.slice(prelude.indexOf('\n\n') + 2);
}

/** Where the first statement begins that is neither the docstring nor `from __future__ import`. */
function pythonPreludeOffset(user: string): number {
  const regions = scanScript('python3', user);
  let offset = 0;
  let at = 0;
  for (let first = true; ; first = false) {
    while (at < user.length && (/\s/.test(user[at]!) || regions[at] === 'comment')) at++;
    const isDocstring = first && regions[at] === 'string';
    if (!isDocstring && !/^from\s+__future__\s+import\b/.test(user.slice(at, at + 200))) return offset;
    let depth = 0;
    for (; at < user.length; at++) {
      if (regions[at] !== 'code') continue;
      const unit = user[at]!;
      if (depth === 0 && (unit === '\n' || unit === ';')) break;
      if (unit === '\\') at++;
      else if ('([{'.includes(unit)) depth++;
      else if (')]}'.includes(unit)) depth--;
      // An expression that begins with a string is no docstring.
      if (isDocstring && !/[\s\\]/.test(unit)) return offset;
    }
    if (at >= user.length) return user.length;
    at += 1;
    if (user[at - 1] === ';') at += /^[ \t]*/.exec(user.slice(at))![0].length;
    offset = at;
  }
}
