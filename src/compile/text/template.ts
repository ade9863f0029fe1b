import {
  PLACEHOLDER_ROOTS,
  type Placeholder,
  type PlaceholderRoot,
  type Template,
  type TemplateError,
  type Token,
} from '../../model/template.ts';
import type { Region } from '../script/regions.ts';
import { closest, didYouMean } from './suggest.ts';

const ROOTS: ReadonlySet<string> = new Set(PLACEHOLDER_ROOTS);

/** `{{word}}` writes a literal `{word}`. */
const ESCAPED = /\{\{([A-Za-z_]\w*)\}\}/y;
/** `{name` and the one character that makes it a placeholder or an error, never text. */
const OPENING = /\{([A-Za-z_]\w*)([}.[:+\-*/%|])/y;
/** A whole placeholder: name, `.name`s, `[n]`, `:format`. */
const WHOLE = /\{([A-Za-z_]\w*)((?:\.[A-Za-z_][\w-]*)*)(?:\[(\d+)\])?(?::([\w-]+))?\}/y;
/** The shape of a placeholder whose name is unknown; an error only where it is `{word}` or close to a known name. */
const LOOKALIKE = /\{([A-Za-z_]\w*)(?:(?:\.\w+)*(?:\[\d+\])?(?::\w+)?)\}/y;

/** Where strings and comments are in a script that is taken for a template, and what is wrong with a name in a string. */
export interface ScriptText {
  /** Of each UTF-16 unit. */
  readonly regions: readonly Region[];
  readonly inString: (placeholder: string) => { message: string; hint: string };
}

function matchAt(pattern: RegExp, text: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset;
  return pattern.exec(text);
}

/**
 * Split a text into literal runs and placeholders.
 *
 * What is one: `{`, then a declared param or a root, then one of `}` `.` `[` `:` `+` `-` `*` `/` `%` `|` is a
 * placeholder or an error, never text. `{{word}}` is a literal `{word}`. An unknown `{word}` is an error. `${word}` is
 * the shell's own and stands for itself, unless `word` is declared: then it is an error, since both readings are likely.
 * All else stands for itself. In the strings of a script only declared names are wfc's, in its comments none.
 *
 * @param params names of the declared params and table columns
 */
export function parseTemplate(
  text: string,
  params: ReadonlySet<string>,
  script?: ScriptText,
): { template: Template; errors: TemplateError[] } {
  const tokens: Token[] = [];
  const errors: TemplateError[] = [];
  let literal = '';
  let literalStart = 0;
  let at = 0;

  const flush = (end: number): void => {
    if (literal !== '') tokens.push({ kind: 'text', text: literal, start: literalStart, end });
    literal = '';
  };
  const keep = (end: number, replacement: string): void => {
    if (literal === '') literalStart = at;
    literal += replacement;
    at = end;
  };

  /** In place of a mistake, as long as that is: offsets hold, and what reads on meets a word. */
  const fill = (end: number): void => keep(end, 'x'.repeat(end - at));

  while (at < text.length) {
    const brace = text.indexOf('{', at);
    if (brace < 0) {
      keep(text.length, text.slice(at));
      break;
    }
    if (brace > at) keep(brace, text.slice(at, brace));

    const region = script?.regions[at] ?? 'code';
    const escapedEnd = escapedWord(text, at, params, region);
    if (escapedEnd !== null) {
      // A token of its own, so that offsets within all others count as in the source.
      flush(at);
      tokens.push({ kind: 'text', text: text.slice(at + 1, escapedEnd - 1), start: at, end: escapedEnd });
      at = escapedEnd;
      continue;
    }
    const afterDollar = at > 0 && text[at - 1] === '$';
    const opening = matchAt(OPENING, text, at);
    const name = opening?.[1] ?? '';
    if (opening && (params.has(name) || ROOTS.has(name))) {
      const parsed = parsePlaceholder(text, at, params, afterDollar);
      if ('message' in parsed) {
        if (region === 'comment') {
          keep(at + 1, '{');
          continue;
        }
        errors.push(region === 'string' ? { ...parsed, ...script!.inString(`{${name}}`) } : parsed);
        fill(Math.max(parsed.end, at + 1));
      } else {
        flush(at);
        tokens.push({ kind: 'placeholder', placeholder: parsed, start: parsed.start, end: parsed.end });
        at = parsed.end;
      }
      continue;
    }
    const unknown = afterDollar || region !== 'code' ? null : unknownPlaceholder(text, at, params);
    if (unknown) {
      errors.push(unknown);
      fill(unknown.end);
      continue;
    }
    keep(at + 1, '{');
  }
  flush(text.length);
  return { template: { source: text, tokens }, errors };
}

/**
 * One past a `{{word}}` at the offset, or null. `{{inputs[0]}}` is one too where `{inputs[0]}` would be an error, as
 * there would be no other way to write it.
 */
function escapedWord(text: string, at: number, params: ReadonlySet<string>, region: Region): number | null {
  const word = matchAt(ESCAPED, text, at)?.[1];
  // Doubled braces in a string are the language's own, too: f"{{{x}}}".
  if (region !== 'code') return word !== undefined && (params.has(word) || ROOTS.has(word)) ? ESCAPED.lastIndex : null;
  if (word !== undefined) return ESCAPED.lastIndex;
  if (text[at + 1] !== '{') return null;
  const name = matchAt(OPENING, text, at + 1)?.[1] ?? '';
  if (params.has(name) || ROOTS.has(name)) return null;
  const inner = unknownPlaceholder(text, at + 1, params);
  return inner && text[inner.end] === '}' ? inner.end + 1 : null;
}

function parsePlaceholder(
  text: string,
  start: number,
  params: ReadonlySet<string>,
  afterDollar: boolean,
): Placeholder | TemplateError {
  const whole = matchAt(WHOLE, text, start);
  const name = /^\{([A-Za-z_]\w*)/.exec(text.slice(start, start + 200))?.[1] ?? '';
  if (!whole && afterDollar) {
    return {
      start: start - 1,
      end: start + 1 + name.length,
      message: `"\${${name}" reads as the shell's variable and as wfc's {${name}}`,
      hint: `give the shell's variable another name than ${name}`,
    };
  }
  if (!whole) {
    const subscript = /^\{(\w+)\[["']?([A-Za-z_][\w.-]*)["']?\]\}/.exec(text.slice(start, start + 200));
    if (subscript) {
      const [all, root, key] = subscript;
      const hint = params.has(name) ? `write {${name}}` : `write {${root}.${key}}`;
      return { start, end: start + all.length, message: `"${all}" is not a placeholder that wfc knows`, hint };
    }
    const close = text.indexOf('}', start);
    const end = close < 0 || close - start > 200 ? start + 1 + name.length : close + 1;
    return {
      start,
      end,
      message: `"${text.slice(start, end)}" is not a placeholder that wfc knows`,
      hint: `arithmetic and filters are not available; write {${name}} alone, or {{${name}}} for a literal {${name}}`,
    };
  }
  const end = start + whole[0].length;
  if (afterDollar) {
    return {
      start: start - 1,
      end,
      message: `"\${${name}}" reads as the shell's variable and as wfc's {${name}}`,
      hint: `write {${name}} for wfc's value, or $\{{${name}}} for the shell's variable`,
    };
  }
  const dotted = (whole[2] ?? '').slice(1);
  const index = whole[3] === undefined ? null : Number(whole[3]);
  const format = whole[4] ?? null;
  const problem = checkParts({ root: name, isParam: params.has(name), dotted, index, format });
  if (problem) return { start, end, ...problem };
  return {
    root: params.has(name) ? 'param' : (name as PlaceholderRoot),
    name: params.has(name) ? name : dotted,
    index,
    format,
    start,
    end,
  };
}

interface Parts {
  root: string;
  isParam: boolean;
  dotted: string;
  index: number | null;
  format: string | null;
}

/** Which of `.name`, `[n]` and `:format` each root takes. */
function checkParts({ root, isParam, dotted, index, format }: Parts): { message: string; hint: string } | null {
  if (isParam) {
    if (dotted !== '' || index !== null) {
      return { message: `{${root}} is a param: it has no parts`, hint: `write {${root}}` };
    }
    if (format !== null && !/^0[1-9]\d?$/.test(format)) {
      return {
        message: `":${format}" is not a format of a param`,
        hint: `{${root}:04} pads an integer with zeros to four digits`,
      };
    }
    return null;
  }
  switch (root as PlaceholderRoot) {
    case 'input':
      if (dotted.includes('.')) return { message: `{input.${dotted}} has too many parts`, hint: 'write {input.name}' };
      if (format !== null && format !== 'list') {
        return {
          message: `":${format}" is not a format of input`,
          hint: 'write {input}, or {input:list} for a file of paths',
        };
      }
      if (format === 'list' && index !== null) {
        return { message: '":list" goes with the whole list', hint: 'write {input:list}' };
      }
      return null;
    case 'output':
      if (dotted.includes('.'))
        return { message: `{output.${dotted}} has too many parts`, hint: 'write {output.name}' };
      if (format !== null) return { message: `":${format}" is not a format of output`, hint: 'write {output}' };
      return null;
    case 'config':
      if (dotted === '') return { message: '{config} needs a key', hint: 'write {config.key}' };
      if (index !== null) return { message: '{config.key} has no [n]', hint: `write {config.${dotted}}` };
      if (format !== null && format !== 'raw') {
        return {
          message: `":${format}" is not a format of config`,
          hint: `write {config.${dotted}} or {config.${dotted}:raw}`,
        };
      }
      return null;
    case 'resources': {
      const fields = ['cpus', 'mem_mb', 'gpus', 'time_s', 'nodes', 'ranks_per_node'];
      if (!fields.includes(dotted) || index !== null || format !== null) {
        const near = closest(dotted, fields);
        return {
          message: `"{resources${dotted === '' ? '' : `.${dotted}`}}" is not a resource`,
          hint: near
            ? `did you mean {resources.${near}}?`
            : 'there are {resources.cpus}, .mem_mb, .gpus, .time_s, .nodes and .ranks_per_node',
        };
      }
      return null;
    }
    case 'checkpoint':
      if (dotted !== '' || format !== null) {
        return {
          message: `"{${root}${dotted === '' ? '' : `.${dotted}`}${format === null ? '' : `:${format}`}}" is no part of a checkpoint`,
          hint: 'write {checkpoint}, or {checkpoint[0]} of a list',
        };
      }
      return null;
    case 'rule':
    case 'attempt':
    case 'log':
    case 'file':
      if (dotted !== '' || index !== null || format !== null) {
        return { message: `{${root}} has no parts`, hint: `write {${root}}` };
      }
      return null;
  }
}

/** What Snakemake's words are called here; null for any other text. Formats and subscripts are part of them. */
function snakemakeWord(text: string, start: number, params: ReadonlySet<string>): TemplateError | null {
  const whole = matchAt(/\{(wildcards|params|threads|snakemake)((?:[.[][^{}\s:]*)?)(?::[^{}\s]*)?\}/y, text, start);
  if (!whole || params.has(whole[1]!)) return null;
  const [all, word, path] = whole as unknown as [string, string, string];
  return {
    start,
    end: start + all.length,
    message: `"${all}" is Snakemake's`,
    hint: `${here(word, path.replace(/[[\]"']/g, '.').replace(/^\.+|\.+$|(?<=\.)\.+/g, ''), params)}; for a literal ${all} write {${all}}`,
  };
}

function here(word: string, key: string, params: ReadonlySet<string>): string {
  const declared = params.has(key) ? '' : `, with "${key}:" under "params:" at the top`;
  switch (word) {
    case 'threads':
      return 'write {resources.cpus}';
    case 'wildcards':
      return key === '' ? 'write the params one by one, as in {site}' : `write {${key}}${declared}`;
    case 'params':
      if (/^\d*$/.test(key)) return 'write the value itself, or {config.key}';
      if (params.has(key)) return `write {${key}}`;
      return `write the value itself, or {config.${key}} with "config: {${key}: …}" at the top`;
    default: {
      const [root = '', ...rest] = key.split('.');
      if (root === 'wildcards' || root === 'params' || root === 'threads') return here(root, rest.join('.'), params);
      const index = rest.length === 1 && /^\d+$/.test(rest[0]!) ? `[${rest[0]}]` : rest.map((r) => `.${r}`).join('');
      return ROOTS.has(root) ? `write {${root}${index}}` : 'write {input}, {output}, {config.key} or a param';
    }
  }
}

/** A `{word}` that names nothing, or a longer form whose name is one slip away from a known one. */
function unknownPlaceholder(text: string, start: number, params: ReadonlySet<string>): TemplateError | null {
  const foreign = snakemakeWord(text, start, params);
  if (foreign) return foreign;
  const whole = matchAt(LOOKALIKE, text, start);
  if (!whole) return null;
  const name = whole[1] ?? '';
  const bare = whole[0] === `{${name}}`;
  const near = closest(name, [...params, ...PLACEHOLDER_ROOTS], bare ? undefined : 1);
  if (!bare && (near === null || name.length < 4)) return null;
  const suggestion = didYouMean(near === null ? null : whole[0].replace(name, near));
  return {
    start,
    end: start + whole[0].length,
    unknownName: true,
    message: `"${whole[0]}" names no param, table column or placeholder`,
    hint: `${suggestion}${suggestion === '' ? '' : ' '}for a literal ${whole[0]} write {${whole[0]}}`,
  };
}
