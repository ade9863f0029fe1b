import { type Region, scanScript } from '../compile/script/regions.ts';
import { parseTemplate } from '../compile/text/template.ts';
import type { Snakefile, SnakeParam, SnakeReference, SnakeRule } from '../model/snakefile.ts';
import type { Axes } from './axes.ts';

/** Where a rule's inputs and outputs stand in the spec. */
export interface Layout {
  /** Names as the spec writes them, by name in the Snakefile. */
  readonly inputNames: ReadonlyMap<string, string>;
  readonly outputNames: ReadonlyMap<string, string>;
  /** Written as one path: `{input[0]}` is `{input}` then. */
  readonly inputIsOne: boolean;
  readonly outputIsOne: boolean;
  /** The inputs of some task are too many for a command line. */
  readonly manyInputs: boolean;
}

export interface CommandOptions {
  readonly snakefile: Snakefile;
  readonly axes: Axes;
  readonly layout: Layout;
}

/** What can't be written in a spec; the caller knows the place. */
export class NotConvertible extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Config keys that commands of the spec name. */
export type UsedConfig = Set<string>;

/** The text of `run`, with wfc's placeholders. */
export function writeCommand(rule: SnakeRule, options: CommandOptions, used: UsedConfig): string {
  const { command } = rule;
  if (command.kind === 'unknown') throw new NotConvertible(command.message, command.hint ?? undefined);
  const writer = new CommandWriter(rule, options, used);
  const text = command.kind === 'none' ? '' : writer.write(command.tokens, command.kind);
  return [text, ...touches(rule, command.kind, options.layout)].filter((line) => line !== '').join('\n') || 'true';
}

/** touch(): the output is made, or its time set, when the command has succeeded. */
function touches(rule: SnakeRule, kind: 'shell' | 'python' | 'none', layout: Layout): string[] {
  let index = 0;
  const touched: string[] = [];
  for (const { name, items } of rule.output)
    for (const { flags } of items) {
      const place = layout.outputIsOne ? '' : name === null ? `[${index}]` : `.${layout.outputNames.get(name)}`;
      if (flags.includes('touch')) touched.push(`{output${place}}`);
      index++;
    }
  if (touched.length > 0 && kind === 'python')
    throw new NotConvertible('touch() beside a run block is not converted', 'touch the file in the block');
  return touched.length > 0 ? [`touch ${[...new Set(touched)].join(' ')}`] : [];
}

class CommandWriter {
  private readonly rule: SnakeRule;
  private readonly options: CommandOptions;
  private readonly used: UsedConfig;

  constructor(rule: SnakeRule, options: CommandOptions, used: UsedConfig) {
    this.rule = rule;
    this.options = options;
    this.used = used;
  }

  write(tokens: readonly (string | SnakeReference)[], kind: 'shell' | 'python'): string {
    const pieces = tokens.flatMap((t): readonly Piece[] =>
      typeof t === 'string' ? [literal(t)] : kind === 'shell' ? this.inShell(t) : this.inPython(t),
    );
    return joinPieces(kind === 'shell' ? [...this.prefix(), ...pieces] : pieces, kind, this.options.axes.names);
  }

  private prefix(): Piece[] {
    const { prefix } = this.options.snakefile;
    // wfc sets these itself.
    return /^\s*(set -[euo]+( pipefail)?;?\s*)*$/.test(prefix) ? [] : [literal(`${prefix.trim()}\n`)];
  }

  private inShell(ref: SnakeReference): readonly Piece[] {
    switch (ref.ref) {
      case 'params':
        return this.paramInShell(this.param(ref));
      case 'config': {
        const constant = this.constant(ref.name!);
        return [/^[\w./:=+-]+$/.test(constant.text) ? `{config.${ref.name}}` : `{config.${ref.name}:raw}`];
      }
      case 'resources': {
        const known = resourcePlaceholder(ref.name!);
        return [known ?? literal(this.resource(ref.name!))];
      }
      default:
        return [this.common(ref)];
    }
  }

  private inPython(ref: SnakeReference): readonly Piece[] {
    switch (ref.ref) {
      case 'params':
        return this.paramInPython(this.param(ref));
      case 'config': {
        const { type } = this.constant(ref.name!);
        const placeholder = `{config.${ref.name}}`;
        // Constants are text; Python had a number here.
        if (type === 'str') return [placeholder];
        return [type === 'bool' ? `(${placeholder} == "True")` : `${type}(${placeholder})`];
      }
      case 'resources': {
        const known = resourcePlaceholder(ref.name!);
        if (known !== null) return [known];
        const { number, value } = this.rule.resources[ref.name!] ?? { number: true, value: this.resource(ref.name!) };
        return [literal(number ? value : JSON.stringify(value))];
      }
      case 'input':
        if (ref.index === null && ref.name === null && this.options.layout.manyInputs)
          return ['open({input:list}).read().splitlines()'];
        return [this.common(ref)];
      default:
        return [this.common(ref)];
    }
  }

  private common({ ref, index, name }: SnakeReference): string {
    const { layout, axes } = this.options;
    switch (ref) {
      case 'wildcards': {
        const param = axes.wildcard(this.rule, name!);
        if (param === undefined) throw new NotConvertible(`rule "${this.rule.name}" has no wildcard "${name}"`);
        return `{${param}}`;
      }
      case 'input':
      case 'output': {
        const names = ref === 'input' ? layout.inputNames : layout.outputNames;
        if (name !== null && !names.has(name)) throw new NotConvertible(`no ${ref} of the rule is named "${name}"`);
        const isOne = name === null && (ref === 'input' ? layout.inputIsOne : layout.outputIsOne);
        const place = index === null || (isOne && index === 0) ? '' : `[${index}]`;
        return `{${ref}${name === null ? '' : `.${names.get(name)}`}${place}}`;
      }
      case 'threads':
        return '{resources.cpus}';
      case 'log':
        return '{log}';
      case 'rule':
        return '{rule}';
      default:
        throw new Error(`internal error: ${ref} is written elsewhere`);
    }
  }

  private param({ name, index }: SnakeReference): SnakeParam {
    const { params } = this.rule;
    const found = name === null ? params[index ?? 0] : params.find((p) => p.name === name);
    if (!found || (name === null && index === null && params.length !== 1))
      throw new NotConvertible(`{params${name === null ? '' : `.${name}`}} is not one of the params of the rule`);
    if (found.text === null && found.wildcard === null)
      throw new NotConvertible(
        `param "${found.name ?? index}" is a function or a nested value`,
        'write what it depends on as placeholders in the command',
      );
    return found;
  }

  private wildcard(name: string): string {
    return this.common({ ref: 'wildcards', name, index: null });
  }

  private paramInShell({ text, config, wildcard }: SnakeParam): readonly Piece[] {
    if (wildcard !== null) return [this.wildcard(wildcard)];
    if (config !== null && this.options.snakefile.config[config])
      return this.inShell({ ref: 'config', name: config, index: null });
    return wildcardPieces(text!).map((piece, i) => (i % 2 === 0 ? literal(piece) : this.wildcard(piece)));
  }

  private paramInPython({ text, literal: code, config, wildcard }: SnakeParam): readonly Piece[] {
    if (wildcard !== null) return [this.wildcard(wildcard)];
    if (config !== null && this.options.snakefile.config[config])
      return this.inPython({ ref: 'config', name: config, index: null });
    const pieces = wildcardPieces(text!);
    if (pieces.length === 1) return [literal(code ?? JSON.stringify(text))];
    if (code?.startsWith('[')) throw new NotConvertible('a list of texts with wildcards is not converted');
    const parts = pieces
      .map((piece, i) => (i % 2 === 1 ? this.wildcard(piece) : literal(JSON.stringify(piece))))
      .filter((part) => typeof part === 'string' || part.literal !== '""');
    return parts.length === 1 ? parts : ['(', ...parts.flatMap((part, i) => (i > 0 ? [' + ', part] : [part])), ')'];
  }

  private constant(key: string): Snakefile['config'][string] {
    const constant = this.options.snakefile.config[key];
    if (!constant || !key.split('.').every((word) => /^[A-Za-z_][\w-]*$/.test(word)))
      throw new NotConvertible(`config "${key}" is no plain text or number of the config, or its name is no word`);
    this.used.add(key);
    return constant;
  }

  private resource(name: string): string {
    const given = this.rule.resources[name];
    if (!given) throw new NotConvertible(`resource "${name}" is not set by rule "${this.rule.name}"`);
    return given.value;
  }
}

/** A placeholder with what stands around it, or text that must not be taken for one. */
type Piece = string | { readonly literal: string };

function literal(text: string): Piece {
  return { literal: text };
}

/** Texts are joined before they are escaped: a brace may end one, and a word begin the next. */
function joinPieces(pieces: readonly Piece[], kind: 'shell' | 'python', params: ReadonlySet<string>): string {
  const plain = pieces.map((piece) => (typeof piece === 'string' ? piece : piece.literal)).join('');
  const regions = kind === 'python' ? scanScript('python3', plain) : null;
  let written = '';
  let open = '';
  let at = 0;
  const close = (): void => {
    const begin = at;
    written += escapeLiteral(open, params, (offset) => regions?.[begin + offset] ?? 'code');
    at += open.length;
    open = '';
  };
  for (const piece of pieces) {
    if (typeof piece !== 'string') {
      open += piece.literal;
      continue;
    }
    close();
    written += piece;
    at += piece.length;
  }
  close();
  return written;
}

/** `{word` with all that could make it a placeholder, and a `$` before it. */
const LIKE_PLACEHOLDER = /\$?\{[A-Za-z_]\w*(?:(?:\.\w+)*(?:\[\d+\])?(?::\w+)?\}|[.[:+\-*/%|])/g;

/** Text that wfc reads back as it is: what it would take for a placeholder is written `{{word}}`. */
export function escapeLiteral(
  text: string,
  params: ReadonlySet<string>,
  regionAt: (offset: number) => Region = () => 'code',
): string {
  return text.replace(LIKE_PLACEHOLDER, (found, offset: number) => {
    const region = regionAt(offset);
    if (readsAs(found, found, params, region)) return found;
    const dollar = found.startsWith('$') ? '$' : '';
    const escaped = `${dollar}{${found.slice(dollar.length)}}`;
    if (found.endsWith('}') && readsAs(escaped, found, params, region)) return escaped;
    throw new NotConvertible(
      `"${found}" would be a placeholder in a spec, where this word is a param or one of wfc's own`,
      'give it another name, or put a blank behind the brace',
    );
  });
}

function readsAs(written: string, text: string, params: ReadonlySet<string>, region: Region): boolean {
  const regions = Array.from(written, () => region);
  const { template, errors } = parseTemplate(written, params, { regions, inString: () => ({ message: '', hint: '' }) });
  const read = template.tokens.map((t) => (t.kind === 'text' ? t.text : '\0')).join('');
  return errors.length === 0 && read === text;
}

function resourcePlaceholder(name: string): string | null {
  return name === 'mem_mb' || name === 'mem_mib' ? '{resources.mem_mb}' : null;
}

/** Text, wildcard, text, …: a param is filled as a path is. */
function wildcardPieces(text: string): string[] {
  return text.split(/\{\s*(\w+)\s*(?:,[^{}]*)?\}/);
}
