import { createHash } from 'node:crypto';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { locationInside, type ScalarNode } from '../../model/source.ts';
import type { Placeholder, Template } from '../../model/template.ts';
import type { Binding, Command, SpecSource, ValueSource, ValueTemplate } from '../../model/workflow.ts';
import { SOURCE_TRAITS } from '../../plan/sources.ts';
import { rewriteBash } from '../bash/rewrite.ts';
import type { Context } from '../context.ts';
import type { Constants } from '../params/config.ts';
import { useColumn } from '../params/values.ts';
import * as report from '../report/report.ts';
import type { Region, ScriptLanguage } from '../script/regions.ts';
import { rewriteScript, scriptText } from '../script/script.ts';
import { isTold, mayBeConfig } from '../text/holes.ts';
import { closest } from '../text/suggest.ts';
import { parseTemplate, type ScriptText } from '../text/template.ts';
import { BindingTable, canonical, type Resolved, type RuleScope, resolvePlaceholder } from './bindings.ts';
import type { NamingText } from './code-files.ts';

export const SCRIPT_EXTENSIONS: Readonly<Record<ScriptLanguage, string>> = {
  python3: 'py',
  Rscript: 'R',
  julia: 'jl',
  node: 'cjs',
};

export interface CommandParts {
  /** null where it, or its language, can't be told. */
  readonly run: ScalarNode | null;
  readonly shell: string;
  readonly env: readonly { readonly name: string; readonly value: ScalarNode }[];
  readonly modules: readonly ScalarNode[];
  readonly conda: ScalarNode | null;
  readonly container: ScalarNode | null;
  /** Names of modules. */
  readonly preload: readonly string[];
}

/** The interpreters that can be kept up with their modules imported. */
export const PRELOADING: ReadonlySet<string> = new Set(['python3', 'Rscript']);

/** Compiles the commands of one rule, gathering their variables in one table. */
export class CommandCompiler {
  /** What was compiled, for those who look which files it names. */
  naming: NamingText | null = null;
  private readonly bindings = new BindingTable();
  private readonly scope: RuleScope;
  private readonly diagnostics: Diagnostic[];

  constructor(scope: RuleScope, diagnostics: Diagnostic[]) {
    this.scope = scope;
    this.diagnostics = diagnostics;
  }

  compile(parts: CommandParts): Command {
    const setup: string[] = [];
    const significant: unknown[] = [parts.shell];
    for (const module of parts.modules) {
      setup.push(`wfc_load_module ${this.bashWord(module)}`);
      significant.push(['module', module.text]);
    }
    if (parts.conda) {
      setup.push(`wfc_activate_conda ${this.bashWord(parts.conda)}`);
      significant.push(['conda', parts.conda.text]);
    }
    for (const { name, value } of parts.env) {
      setup.push(`export ${name}=${this.bashWord(value)}`);
      significant.push(['env', name, value.text]);
    }
    if (parts.container) significant.push(['container', parts.container.text]);
    const container = parts.container ? this.bashWord(parts.container) : null;
    const preload = PRELOADING.has(parts.shell) ? parts.preload : [];
    const preloadId = preload.length === 0 ? null : idOf(setup, container, preload);
    const main = this.main(parts, preloadId === null ? '' : `wfc_preloaded ${preloadId} ${preload.join(',')} `);
    significant.push(main.significant);
    return {
      setup,
      container,
      body: main.body,
      script: main.script,
      preloadId,
      bindings: this.bindings.all(),
      significant: JSON.stringify(significant),
    };
  }

  /** @param starter what a script's interpreter is started by, if not by itself */
  private main({ run, shell }: CommandParts, starter: string): Pick<Command, 'body' | 'script' | 'significant'> {
    if (!run) return { body: '', script: null, significant: '' };
    if (shell === 'bash') {
      const { text, map } = this.spliceRaw(run);
      const { template, errors } = parseCommand(text, new Set(this.scope.columns.keys()));
      this.report(errors, run, map);
      const command = rewriteBash(template, (p) => this.variable(p, run, map));
      this.report(command.errors, run, map);
      for (const p of command.integers) this.bindInteger(p, run, map);
      this.naming = { shell, text, commands: command.commands };
      return { body: command.text, script: null, significant: command.significant };
    }
    if (Object.hasOwn(SCRIPT_EXTENSIONS, shell)) {
      const language = shell as ScriptLanguage;
      this.naming = { shell, text: run.text, commands: [] };
      const template = this.parse(run, run.text, (at) => at, scriptText(language, run.text));
      const script = rewriteScript(language, template, (p) => {
        const { variable, binding } = this.variable(p, run, (at) => at);
        const isNumber = binding !== null && SOURCE_TRAITS[binding.source.kind].isNumber;
        return { variable, kind: binding?.many ? 'list' : isNumber ? 'number' : 'string' };
      });
      this.report(script.errors, run, (at) => at);
      const args = script.bindings.map((b) =>
        b.kind === 'list' ? `"\${#${b.variable}[@]}" "\${${b.variable}[@]}"` : `"\${${b.variable}}"`,
      );
      return {
        body: starter + [shell, '"${wfc_script}"', ...args].join(' '),
        script: { text: script.text, extension: SCRIPT_EXTENSIONS[language] },
        significant: script.significant,
      };
    }
    return {
      body: `${shell} "\${wfc_script}"`,
      script: { text: run.text.endsWith('\n') ? run.text : `${run.text}\n`, extension: 'txt' },
      significant: run.text,
    };
  }

  /** A text with placeholders as one bash word: literal parts in single quotes, values as quoted expansions. */
  private bashWord(node: ScalarNode): string {
    const template = this.parse(node, node.text, (at) => at);
    const words = template.tokens.map((token) => {
      if (token.kind === 'text') return quoteBash(token.text);
      const { variable, binding } = this.variable(token.placeholder, node, (at) => at);
      if (binding?.many) {
        this.diagnostics.push(
          report.listInText(locationInside(node, token.start, token.end - token.start), canonical(token.placeholder)),
        );
      }
      return `"\${${variable}}"`;
    });
    return words.length === 0 ? "''" : words.join('');
  }

  private parse(node: ScalarNode, text: string, map: (at: number) => number, script?: ScriptText): Template {
    const { template, errors } = parseTemplate(text, new Set(this.scope.columns.keys()), script);
    this.report(errors, node, map);
    return template;
  }

  private report(
    errors: readonly { start: number; end: number; message: string; hint?: string | undefined }[],
    node: ScalarNode,
    map: (at: number) => number,
  ): void {
    for (const e of errors) {
      if (isTold(e, this.scope.holes)) continue;
      const start = map(e.start);
      this.diagnostics.push(report.template(locationInside(node, start, Math.max(1, map(e.end) - start)), e));
    }
  }

  /** The variable that stands for a placeholder; a mistake is reported once and given a name all the same. */
  private variable(
    p: Placeholder,
    node: ScalarNode,
    map: (at: number) => number,
  ): { variable: string; many: boolean; binding: Binding | null } {
    const resolved = this.resolve(p, node, map);
    if (!resolved) return { variable: 'wfc_unknown', many: false, binding: null };
    const binding = this.bindings.bind(p, resolved);
    return { variable: binding.variable, many: binding.many, binding };
  }

  private readonly reported = new Set<string>();

  private resolve(p: Placeholder, node: ScalarNode, map: (at: number) => number): Resolved | null {
    const start = map(p.start);
    const location = locationInside(node, start, Math.max(1, map(p.end) - start));
    const resolved = resolvePlaceholder(p, this.scope, location);
    if (resolved === null) return null;
    if ('source' in resolved) {
      if (resolved.source.kind === 'param') useColumn(resolved.source.column, this.diagnostics);
      return resolved;
    }
    const key = `${location.source.file}:${location.start}:${resolved.message}`;
    if (!this.reported.has(key)) this.diagnostics.push(resolved);
    this.reported.add(key);
    return null;
  }

  private bindInteger(p: Placeholder, node: ScalarNode, map: (at: number) => number): void {
    const resolved = this.resolve(p, node, map);
    if (!resolved) return;
    const bad = notInteger(resolved.source);
    if (bad !== null) {
      const start = map(p.start);
      const location = locationInside(node, start, Math.max(1, map(p.end) - start));
      this.diagnostics.push(report.notInteger(location, canonical(p), bad));
    }
    this.bindings.bind(p, resolved, true);
  }

  /** Put the text of `{config.key:raw}` in, before anything else is read. `map` leads back to offsets as written. */
  private spliceRaw(run: ScalarNode): { text: string; map: (at: number) => number } {
    const splices: { at: number; written: number; put: number }[] = [];
    let text = '';
    let last = 0;
    for (const match of run.text.matchAll(/(?<!\{)\{config\.([\w.-]+):raw\}/g)) {
      const constant = this.scope.constants.get(match[1]!);
      if (!constant && !mayBeConfig(this.scope.holes, match[1]!)) {
        const location = locationInside(run, match.index, match[0].length);
        this.diagnostics.push(
          report.unknownConfig(location, match[1]!, closest(match[1]!, this.scope.constants.keys())),
        );
      }
      text += run.text.slice(last, match.index);
      splices.push({ at: text.length, written: match[0].length, put: constant?.text.length ?? 0 });
      text += constant?.text ?? '';
      last = match.index + match[0].length;
    }
    text += run.text.slice(last);
    const map = (at: number): number => {
      let shift = 0;
      for (const s of splices) {
        if (at < s.at) break;
        if (at < s.at + s.put) return s.at + shift;
        shift += s.written - s.put;
      }
      return at + shift;
    };
    return { text, map };
  }
}

/** Tasks with the same share an interpreter: what it has imported depends on what was set up before. */
function idOf(setup: readonly string[], container: string | null, modules: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([setup, container, modules]))
    .digest('hex')
    .slice(0, 12);
}

/** A command in bash, whose comments are left alone: only bash's own rules tell where they are. */
function parseCommand(text: string, params: ReadonlySet<string>): ReturnType<typeof parseTemplate> {
  const parsed = parseTemplate(text, params);
  if (parsed.errors.length === 0 || !text.includes('#')) return parsed;
  const { comments } = rewriteBash(parsed.template, () => ({ variable: 'wfc_any', many: false }));
  const isComment = ({ start }: { start: number }): boolean => comments.some((c) => c.start <= start && start < c.end);
  if (!parsed.errors.some(isComment)) return parsed;
  const regions = new Array<Region>(text.length).fill('code');
  for (const { start, end } of comments) regions.fill('comment', start, end);
  return parseTemplate(text, params, { regions, inString: (placeholder) => ({ message: placeholder, hint: '' }) });
}

/** A value of this source that is no integer; null where all are. */
function notInteger(source: ValueSource): string | null {
  if (SOURCE_TRAITS[source.kind].isNumber) return null;
  const isInteger = (text: string): boolean => /^[-+]?\d+$/.test(text);
  if (source.kind === 'param') return source.column.values.find((v) => !isInteger(v)) ?? null;
  if (source.kind === 'constant') return isInteger(source.text) ? null : source.text;
  return 'a text';
}

/** A text as one bash word that stands for exactly itself. */
export function quoteBash(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A `check: {run: …}`: bash with `{file}` and constants; the file comes in `wfc_file`. */
export function compileCheck(
  node: ScalarNode,
  constants: Constants,
  columns: ReadonlySet<string>,
  { diagnostics, holes }: Pick<Context, 'diagnostics' | 'holes'>,
): { command: string; naming: NamingText } {
  const { template, errors } = parseTemplate(node.text, columns);
  const assignments = new Map<string, string>();
  const command = rewriteBash(template, (p) => {
    const location = locationInside(node, p.start, p.end - p.start);
    if (p.root === 'file') return { variable: 'wfc_file', many: false };
    const constant = p.root === 'config' ? constants.get(p.name) : undefined;
    if (p.root !== 'config') diagnostics.push(report.onlyFileInCheck(location, canonical(p)));
    else if (!constant && !mayBeConfig(holes, p.name))
      diagnostics.push(report.unknownConfig(location, p.name, closest(p.name, constants.keys())));
    const variable = `wfc_config__${p.name.replace(/\W/g, '_')}`;
    assignments.set(variable, quoteBash(constant?.text ?? ''));
    return { variable, many: false };
  });
  for (const e of [...errors, ...command.errors].filter((e) => !isTold(e, holes)))
    diagnostics.push(report.template(locationInside(node, e.start, e.end - e.start), e));
  for (const p of command.integers) {
    const constant = constants.get(p.name);
    // Told already.
    if (p.root === 'config' && !constant) continue;
    const location = locationInside(node, p.start, p.end - p.start);
    if (!constant || notInteger({ kind: 'constant', text: constant.text }) !== null) {
      diagnostics.push(report.notInteger(location, canonical(p), constant?.text ?? 'a path'));
    }
    assignments.set(
      `wfc_config__${p.name.replace(/\W/g, '_')}_int`,
      quoteBash(constant?.text.replace(/^([-+]?)0+(?=\d)/, '$1') ?? ''),
    );
  }
  return {
    command: [...[...assignments].map(([name, value]) => `${name}=${value}`), command.text].join('\n'),
    naming: { shell: 'bash', text: node.text, commands: command.commands },
  };
}

/** A text whose placeholders wfc fills per task, as in `resources`; null where that can't be done. */
export function compileValue(node: ScalarNode, scope: RuleScope, diagnostics: Diagnostic[]): ValueTemplate | null {
  const { template, errors } = parseTemplate(node.text, new Set(scope.columns.keys()));
  for (const e of errors.filter((e) => !isTold(e, scope.holes)))
    diagnostics.push(report.template(locationInside(node, e.start, e.end - e.start), e));
  const sources = new Map<number, SpecSource>();
  let placeholders = 0;
  template.tokens.forEach((token, i) => {
    if (token.kind === 'text') return;
    placeholders++;
    const location = locationInside(node, token.start, token.end - token.start);
    const resolved = resolvePlaceholder(token.placeholder, scope, location);
    if (resolved === null) return;
    if ('source' in resolved && resolved.source.kind === 'param') useColumn(resolved.source.column, diagnostics);
    if (!('source' in resolved)) diagnostics.push(resolved);
    else if (resolved.source.kind === 'param' || resolved.source.kind === 'constant') sources.set(i, resolved.source);
    else diagnostics.push(report.onlyParamsHere(location, canonical(token.placeholder)));
  });
  if (errors.length > 0 || sources.size < placeholders) return null;
  return { template, sources, location: node.location };
}
