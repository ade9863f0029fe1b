import type {
  Snakefile,
  SnakeLanguage,
  SnakeParam,
  SnakeReference,
  SnakeRule,
  SnakeToken,
} from '../model/snakefile.ts';
import { constantIn, joinTexts, readLines, TEMPORARY_FOLDER, textIn, touchIn, valuePieces } from './languages.ts';
import { layOut } from './layout.ts';
import { uniqueName } from './names.ts';
import type { Axes } from './params/axes.ts';
import { isList, writtenOut } from './patterns.ts';
import { joinPieces, literal, NotConvertible, type Piece } from './pieces.ts';
import { megabytesOf, minutesOf } from './resources.ts';

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

/** Config keys that commands of the spec name. */
export type UsedConfig = Set<string>;

/** The text of `run`, with wfc's placeholders. */
export function writeCommand(rule: SnakeRule, options: CommandOptions, used: UsedConfig): string {
  const { command } = rule;
  if (command.kind === 'unknown') throw new NotConvertible(command.message, command.hint ?? undefined);
  const { kind, tokens } = command;
  const text = kind === 'none' ? '' : new CommandWriter(rule, kind, options, used).write(tokens);
  const laidOut = kind === 'shell' ? layOut(text, options.axes.names) : text;
  return [laidOut, ...touches(rule, command.kind, options.layout)].filter((line) => line !== '').join('\n') || 'true';
}

/** touch(): the output is made, or its time set, when the command has succeeded. */
function touches(rule: SnakeRule, kind: SnakeLanguage | 'none', layout: Layout): string[] {
  let index = 0;
  const touched: string[] = [];
  for (const { name, items } of rule.output)
    for (const { flags } of items.flatMap(writtenOut)) {
      const place = layout.outputIsOne ? '' : name === null ? `[${index}]` : `.${layout.outputNames.get(name)}`;
      if (flags.includes('touch')) touched.push(`{output${place}}`);
      index++;
    }
  if (touched.length === 0) return [];
  return touchIn(kind === 'none' ? 'shell' : kind, [...new Set(touched)]);
}

class CommandWriter {
  private readonly rule: SnakeRule;
  private readonly options: CommandOptions;
  private readonly used: UsedConfig;
  private readonly language: SnakeLanguage;
  /** Shell variables, and the params that they hold. */
  private readonly variables = new Map<string, string>();
  private isInSingleQuotes = false;

  constructor(rule: SnakeRule, language: SnakeLanguage, options: CommandOptions, used: UsedConfig) {
    this.rule = rule;
    this.options = options;
    this.used = used;
    this.language = language;
  }

  write(tokens: readonly SnakeToken[]): string {
    const pieces = tokens.flatMap((t): readonly Piece[] => {
      if (typeof t === 'string') {
        if ((t.match(/'/g)?.length ?? 0) % 2 === 1) this.isInSingleQuotes = !this.isInSingleQuotes;
        return [literal(t)];
      }
      if ('value' in t) return valuePieces(t.value, this.language, literal);
      return this.reference(t);
    });
    const variables = [...this.variables].flatMap(([name, param]) => [
      literal(`${name}=`),
      `{${param}}`,
      literal('\n'),
    ]);
    return joinPieces([...this.prefix(), ...variables, ...pieces], this.language, this.options.axes.names);
  }

  private prefix(): Piece[] {
    const { prefix } = this.options.snakefile;
    // wfc sets these itself.
    const isOurs = /^\s*(set -[euo]+( pipefail)?;?\s*)*$/.test(prefix);
    return this.language !== 'shell' || isOurs ? [] : [literal(`${prefix.trim()}\n`)];
  }

  private reference(ref: SnakeReference): readonly Piece[] {
    switch (ref.ref) {
      case 'params':
        return this.writeParam(this.param(ref), ref.word);
      case 'config':
        return [this.constant(ref.name!, ref.word)];
      case 'resources':
        return [this.resource(ref.name!)];
      case 'input':
        return [this.isLong(ref) ? readLines(this.language, this.common(ref)) : this.common(ref)];
      default:
        return [this.common(ref)];
    }
  }

  /** Inputs that may be too many for a command line, in a script that can read a list of them. */
  private isLong({ index, name, argument }: SnakeReference): boolean {
    if (this.language === 'shell' || !this.options.layout.manyInputs || (index ?? null) !== null) return false;
    if ((name ?? null) === null && argument === undefined) return true;
    const given = this.rule.input[argument ?? this.rule.input.findIndex((a) => a.name === name)];
    return given !== undefined && (given.items.length > 1 || given.items.some((item) => item.expand ?? item.rows));
  }

  private common({ ref, index = null, name = null, argument }: SnakeReference): string {
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
        if (name === null && argument !== undefined) return `{${ref}.${unnamedArgument(argument, names)}}`;
        const [only, ...others] = ref === 'input' ? this.rule.input : this.rule.output;
        // A mapping of one path is a list; a shell takes the path.
        if (
          this.language === 'shell' &&
          name === null &&
          (index ?? 0) === 0 &&
          others.length === 0 &&
          only?.name != null
        )
          if (!only.many) return `{${ref}.${names.get(only.name)}}`;
        const isOne = name === null && (ref === 'input' ? layout.inputIsOne : layout.outputIsOne);
        const given = name === null ? undefined : this.rule[ref].find((a) => a.name === name);
        const isFirst = isOne || (given?.many === true && !isList(this.rule, given));
        const place = index === null || (isFirst && index === 0) ? '' : `[${index}]`;
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

  private param({ name = null, index = null, word }: SnakeReference): SnakeParam {
    const { params } = this.rule;
    const found = name === null ? params[index ?? 0] : params.find((p) => p.name === name);
    if (!found || (name === null && index === null && params.length !== 1))
      throw new NotConvertible(`{params${name === null ? '' : `.${name}`}} is not one of the params of the rule`);
    const isKnown =
      found.text !== null || found.wildcard !== null || ('value' in found && (word || this.language !== 'shell'));
    if (found.why !== undefined) throw new NotConvertible(`param "${found.name ?? index}" ${found.why}`);
    if (!isKnown)
      throw new NotConvertible(
        `param "${found.name ?? index}" is a function or a nested value`,
        'write what it depends on as placeholders in the command',
      );
    return found;
  }

  private wildcard(name: string): string {
    return this.common({ ref: 'wildcards', name });
  }

  private writeParam(
    { name, text, literal: code, config, wildcard, value, type, inShell }: SnakeParam,
    word?: true,
  ): readonly Piece[] {
    if (wildcard !== null) return [this.wildcard(wildcard)];
    if (config !== null && this.options.snakefile.config[config]) return [this.constant(config, word)];
    if (type !== undefined && this.language !== 'shell')
      return [constantIn(this.language, type, this.wildcard(/\w+/.exec(text!)![0]))];
    const write = (given: string): readonly Piece[] => this.withWildcards(given);
    if (this.language === 'shell' && !word && inShell === 'syntax')
      throw new NotConvertible(`param "${name}" holds shell syntax, which differs from job to job`);
    if (this.language === 'shell' && !word && inShell === 'words')
      return wildcardPieces(text!).flatMap((piece, i) => [i % 2 === 0 ? literal(piece) : this.words(piece)]);
    if (this.language === 'shell' && !word)
      return wildcardPieces(text!).map((piece, i) => (i % 2 === 0 ? literal(piece) : this.wildcard(piece)));
    // As Python wrote it: 1.0 is not 1.
    if (this.language === 'python3' && code !== null && !/\{\s*\w/.test(code)) return [literal(code)];
    if (value === undefined) return write(text!);
    return valuePieces(value, this.language, literal, write);
  }

  /** What Snakemake makes a part of the command's text, and may be several words: a variable that is not quoted. */
  private words(name: string): Piece {
    if (this.isInSingleQuotes) return this.wildcard(name);
    const param = this.options.axes.wildcard(this.rule, name);
    const variable = uniqueName(`${param}_words`, this.options.axes.names);
    this.variables.set(variable, param);
    return literal(`$\{${variable}}`);
  }

  private withWildcards(text: string): readonly Piece[] {
    const parts = wildcardPieces(text)
      .map((piece, i) => (i % 2 === 1 ? this.wildcard(piece) : literal(textIn(piece, this.language))))
      .filter(
        (part, _, all) => typeof part === 'string' || all.length === 1 || part.literal !== textIn('', this.language),
      );
    return joinTexts(parts, this.language, literal);
  }

  private constant(key: string, word?: true): Piece {
    const constant = this.options.snakefile.config[key];
    if (!constant || !key.split('.').every((word) => /^[A-Za-z_][\w-]*$/.test(word)))
      throw new NotConvertible(`config "${key}" is no plain text or number of the config, or its name is no word`);
    this.used.add(key);
    if (this.language !== 'shell') return constantIn(this.language, constant.type, `{config.${key}}`);
    return word || /^[\w./:=+-]+$/.test(constant.text) ? `{config.${key}}` : `{config.${key}:raw}`;
  }

  private resource(name: string): Piece {
    const known = resourcePlaceholder(name);
    if (known !== null) return known;
    const derived = derivedResource(name, this.rule.resources, this.language);
    if (derived !== null) return literal(derived);
    const given = this.rule.resources[name];
    if (!given) throw new NotConvertible(`resource "${name}" is not set by rule "${this.rule.name}"`);
    return literal(this.language === 'shell' || given.number ? given.value : textIn(given.value, this.language));
  }
}

function resourcePlaceholder(name: string): string | null {
  return name === 'mem_mb' || name === 'mem_mib' ? '{resources.mem_mb}' : null;
}

/** What Snakemake works out of others: the folder for temporary files, minutes, megabytes. */
function derivedResource(name: string, resources: SnakeRule['resources'], language: SnakeLanguage): string | null {
  if (name === 'tmpdir' && !resources.tmpdir) return TEMPORARY_FOLDER[language];
  const { runtime, disk, disk_mb: diskMb } = resources;
  if (name === 'runtime' && runtime && !runtime.number) return minutesOf(runtime.value);
  if (name === 'disk_mb' && disk && !diskMb) return megabytesOf(disk.value);
  if (name === 'disk_mib' && (disk ?? diskMb)) {
    const megabytes = disk ? megabytesOf(disk.value) : diskMb!.value;
    return megabytes === null ? null : String(Math.ceil((Number(megabytes) * 1e6) / 1024 ** 2));
  }
  return null;
}

/** Text, wildcard, text, …: a param is filled as a path is. */
function wildcardPieces(text: string): string[] {
  return text.split(/\{\s*(\w+)\s*(?:,[^{}]*)?\}/);
}

/** What an input or output without a name is called among those that have one. */
export function unnamedArgument(number: number, names: { has(name: string): boolean }): string {
  return uniqueName(`unnamed_${number + 1}`, names);
}
