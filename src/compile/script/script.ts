import type { Placeholder, Template, TemplateError } from '../../model/template.ts';
import { HOLE, readTemplate } from '../bash/cursor.ts';
import { canonical } from '../bash/errors.ts';
import type { ScriptText } from '../text/template.ts';
import { type ScriptBinding, withPrelude } from './preludes.ts';
import { type Region, type ScriptLanguage, scanScript } from './regions.ts';

export type { ScriptBinding } from './preludes.ts';

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
