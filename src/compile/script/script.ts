import type { Placeholder, Template, TemplateError } from '../../model/template.ts';
import { HOLE, readTemplate } from '../bash/cursor.ts';
import { canonical } from '../bash/errors.ts';
import type { ScriptText } from '../text/template.ts';
import type { ScriptLanguage } from './regions.ts';
import { type Region, scanScript } from './regions.ts';

export interface ScriptBinding {
  readonly variable: string;
  readonly kind: 'string' | 'list' | 'number';
}

export interface Script {
  /** The whole file to run: prelude and the user's text. */
  readonly text: string;
  /**
   * Each variable once, in the order of the command-line arguments: a string or a number is one argument, a list is its
   * count and then its elements. A number is a decimal integer.
   */
  readonly bindings: readonly ScriptBinding[];
  /**
   * The user's text with placeholders as `{input}`, literal `{` doubled, blanks at line ends (outside of strings) and
   * empty lines at the end dropped. Equal texts mean the same; the opposite does not hold. Goes into a fingerprint.
   */
  readonly significant: string;
  /** In source order. Where there are any, `text` is of no use. */
  readonly errors: readonly TemplateError[];
}

/**
 * Rewrite a script: a placeholder becomes a variable that the prelude binds from the command line before the user's
 * text begins. Run as `python3 FILE arguments…` (Rscript, julia, node alike) with the spec's folder as the working
 * directory. The prelude makes that folder importable: Python's `sys.path`, Julia's `LOAD_PATH`, node's `require` and
 * `import()` as if the file stood there; R's `source` goes by the working directory anyhow. It takes the arguments away
 * (`sys.argv`, `ARGS`, `process.argv`), except in R, where commandArgs() cannot be changed.
 */
export function rewriteScript(
  language: ScriptLanguage,
  template: Template,
  bindingOf: (p: Placeholder) => ScriptBinding,
): Script {
  const { code, placeholders, offsets } = readTemplate(template);
  const regions = scanScript(language, code);
  const bindings = new Map<string, ScriptBinding>();
  const errors: TemplateError[] = [];
  const written: string[] = [];
  const canonicals: string[] = [];
  for (let at = code.indexOf(HOLE); at >= 0; at = code.indexOf(HOLE, at + 1)) {
    const placeholder = placeholders.get(at);
    if (!placeholder) {
      errors.push({ start: offsets[at]!, end: offsets[at]! + 1, message: 'the script holds a NUL character' });
      written.push('');
      canonicals.push('');
    } else if (regions[at] === 'comment') {
      const text = template.source.slice(placeholder.start, placeholder.end);
      written.push(text);
      canonicals.push(doubleBraces(text));
    } else {
      const binding = bindingOf(placeholder);
      const complaint = checkPlace(language, placeholder, code, at, regions[at] ?? 'code');
      if (complaint) errors.push({ start: placeholder.start, end: placeholder.end, ...complaint });
      bindings.set(binding.variable, binding);
      written.push(binding.variable);
      canonicals.push(canonical(placeholder));
    }
  }
  const bound = [...bindings.values()];
  return {
    text: withPrelude(language, fillHoles(code, written), bound),
    bindings: bound,
    significant: fillHoles(doubleBraces(stripLineEnds(code, regions)), canonicals),
    errors,
  };
}

function fillHoles(code: string, fillings: readonly string[]): string {
  let next = 0;
  return code.replaceAll(HOLE, () => fillings[next++] ?? '');
}

/** Tells the literal text `{input}` from the placeholder. */
function doubleBraces(text: string): string {
  return text.replaceAll('{', '{{');
}

/** Drop blanks before line ends, but not in a string, nor after a backslash, where a blank changes the meaning. */
function stripLineEnds(code: string, regions: readonly Region[]): string {
  return code
    .replace(/(?<![ \t])[ \t]+(?=\n|$)/g, (run: string, at: number) =>
      regions[at] === 'string' || code[at - 1] === '\\' ? run : '',
    )
    .replace(/\n+$/, '');
}

/** A placeholder is a variable: it stands where a variable may stand, or it is an error. */
function checkPlace(
  language: ScriptLanguage,
  placeholder: Placeholder,
  code: string,
  at: number,
  region: Region,
): { message: string; hint: string } | null {
  const name = canonical(placeholder);
  const near = `${code[at - 1] ?? ''}${code[at + 1] ?? ''}`;
  if (region === 'string') return inString(language, name);
  if (/["'`]/.test(near)) {
    return {
      message: `${name} stands next to a quote: in a ${language} script it is a variable`,
      hint: JOIN[language](name),
    };
  }
  if (/[\w\0]/.test(near) || (language === 'node' && near.includes('$'))) {
    return {
      message: `${name} touches a name or a number: in a ${language} script it is a variable`,
      hint: JOIN[language](name),
    };
  }
  return null;
}

/** A script with its strings and comments, as parseTemplate takes it. */
export function scriptText(language: ScriptLanguage, text: string): ScriptText {
  return { regions: scanScript(language, text), inString: (placeholder) => inString(language, placeholder) };
}

/** How to get a value into a string: by a variable that the language itself puts in. */
const BIND: Readonly<Record<ScriptLanguage, (name: string) => string>> = {
  python3: (name) => `value = ${name}  and then  f"…{value}…"`,
  Rscript: (name) => `value <- ${name}  and then  paste0("…", value, "…")`,
  julia: (name) => `value = ${name}  and then  "…$value…"`,
  node: (name) => `const value = ${name};  and then  \`…\${value}…\``,
};

function inString(language: ScriptLanguage, name: string): { message: string; hint: string } {
  const own = language === 'python3' ? "Python's own" : 'a literal';
  return {
    message: `${name} stands inside a string: in a ${language} script it is a variable, not text`,
    hint: `write ${name} in place of the string, or first  ${BIND[language](name)};  {${name}} is ${own} ${name}`,
  };
}

const JOIN: Readonly<Record<ScriptLanguage, (name: string) => string>> = {
  python3: (name) => `join it: "…" + ${name} + "…"`,
  Rscript: (name) => `join it: paste0("…", ${name}, "…")`,
  julia: (name) => `join it: string("…", ${name}, "…")`,
  node: (name) => `join it: "…" + ${name} + "…"`,
};

function withPrelude(language: ScriptLanguage, user: string, bindings: readonly ScriptBinding[]): string {
  switch (language) {
    case 'python3': {
      const begin = pythonPreludeOffset(user);
      // After "from __future__ import division;" the rest of the line moves to a line of its own.
      const lineEnd = begin > 0 && user[begin - 1] !== '\n' ? '\n' : '';
      return `${user.slice(0, begin)}${lineEnd}${pythonPrelude(bindings)}${user.slice(begin)}`;
    }
    case 'Rscript':
      return `${rPrelude(bindings)}${user}`;
    case 'julia':
      return `${juliaPrelude(bindings)}${user}`;
    case 'node':
      return `${nodePrelude(user, bindings)}${user}`;
  }
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

/**
 * The arguments are also put into the environment: multiprocessing (spawn, forkserver) imports this file again in
 * processes that have other arguments. In pieces, as Linux limits one variable to 128 KiB.
 */
function pythonPrelude(bindings: readonly ScriptBinding[]): string {
  return `# Written by wfc: binds the placeholders of the script below.
def wfc_bind(kinds):
    import os
    import sys
    if __name__ == '__main__':
        values = sys.argv[1:]
        del sys.argv[1:]
        here = os.path.dirname(os.path.realpath(sys.argv[0]))
        if sys.path and os.path.realpath(sys.path[0]) == here:
            del sys.path[0]
        sys.path.insert(0, os.getcwd())
        kept = ' '.join([str(len(value)) for value in values]) + ':' + ''.join(values)
        for n in range(0, len(kept), 30000):
            os.environ['WFC_SCRIPT_%d' % (n // 30000)] = kept[n:n + 30000]
    else:
        kept = ''
        n = 0
        while 'WFC_SCRIPT_%d' % n in os.environ:
            kept += os.environ['WFC_SCRIPT_%d' % n]
            n += 1
        lengths, _, kept = kept.partition(':')
        values = []
        for length in lengths.split():
            values.append(kept[:int(length)])
            kept = kept[int(length):]
    bound = []
    for kind in kinds:
        if kind == 'list':
            count = int(values.pop(0))
            bound.append(values[:count])
            del values[:count]
        elif kind == 'number':
            bound.append(int(values.pop(0)))
        else:
            bound.append(values.pop(0))
    return bound


[${bindings.map((b) => b.variable).join(', ')}] = wfc_bind([${bindings.map((b) => `'${b.kind}'`).join(', ')}])
del wfc_bind
# End of what wfc wrote.
`;
}

function rPrelude(bindings: readonly ScriptBinding[]): string {
  const lines = bindings.map((b) => `  assign("${b.variable}", ${b.kind}(), envir = globalenv())\n`).join('');
  return `# Written by wfc: binds the placeholders of the script below.
local({
  values <- commandArgs(trailingOnly = TRUE)
  at <- 0
  string <- function() {
    at <<- at + 1
    values[[at]]
  }
  number <- function() as.numeric(string())
  list <- function() vapply(seq_len(number()), function(n) string(), "")
${lines}})
# End of what wfc wrote.
`;
}

function juliaPrelude(bindings: readonly ScriptBinding[]): string {
  const next = { string: 'next()', number: 'parse(Int, next())', list: 'String[next() for _ in 1:parse(Int, next())]' };
  const lines = bindings.map((b) => `    global ${b.variable} = ${next[b.kind]}\n`).join('');
  return `# Written by wfc: binds the placeholders of the script below.
pushfirst!(LOAD_PATH, pwd())
let values = copy(ARGS)
    empty!(ARGS)
    next() = popfirst!(values)
${lines}end
# End of what wfc wrote.
`;
}

/** The file reads itself again under a name in the spec's folder: `require` and `import()` look from there then. */
function nodePrelude(user: string, bindings: readonly ScriptBinding[]): string {
  const strict = /^(?:\s|\/\/.*\n|\/\*[\s\S]*?\*\/)*(["'])use strict\1/.test(user) ? `'use strict';\n` : '';
  const next = { string: 'next()', number: 'Number(next())', list: 'Array.from({ length: Number(next()) }, next)' };
  const values = bindings.map((b) => next[b.kind]).join(', ');
  return `${strict}// Written by wfc: binds the placeholders of the script below.
if (module.filename === __filename && module.wfc === undefined) {
  const path = require('node:path');
  module.wfc = process.argv.splice(2);
  module.filename = path.join(process.cwd(), path.basename(__filename));
  module.paths = module.constructor._nodeModulePaths(process.cwd());
  module._compile(require('node:fs').readFileSync(__filename, 'utf8'), module.filename);
  return;
}
const [${bindings.map((b) => b.variable).join(', ')}] = ((values) => {
  const next = () => values.shift();
  return [${values}];
})(module.wfc);
delete module.wfc;
// End of what wfc wrote.
`;
}
