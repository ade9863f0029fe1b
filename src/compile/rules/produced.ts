import { Located } from '../../model/located.ts';
import type { Node } from '../../model/source.ts';
import type { Spec } from '../../model/spec.generated.ts';
import type { Column } from '../../model/workflow.ts';
import type { Context } from '../context.ts';
import type { Constants } from '../params/config.ts';
import type { Holes } from '../text/holes.ts';
import { placedText, type SpecPlace } from '../text/place.ts';
import { partTexts } from './paths.ts';

export const CONFIG_REFERENCE = /\{config\.([A-Za-z_][\w.-]*)\}/g;

/** An output as the spec writes it, before any name in it is resolved. */
interface WrittenOutput {
  readonly rule: string;
  /** In the one way to write it, config put in. */
  readonly path: string;
  readonly isDirectory: boolean;
}

/** The outputs of all rules as the spec writes them: for what must be known before the params are. */
export class ProducedPaths {
  private readonly patterns: WrittenOutput[] = [];
  /** Thousands of rules may ask of thousands of outputs: most are found at once. */
  private readonly plain = new Map<string, string[]>();
  private readonly place: SpecPlace;
  private readonly holes: Holes;

  constructor(spec: Located<Spec>, constants: Constants, { files, holes }: Context) {
    this.place = files.place;
    this.holes = holes;
    for (const { key, value } of spec.get('rules')?.entries() ?? []) {
      const add = (text: string, isDirectory: boolean): void => {
        const filled = text.replace(CONFIG_REFERENCE, (whole, name: string) => constants.get(name)?.text ?? whole);
        const path = placedText(filled, this.place);
        if (isDirectory || path.includes('{')) this.patterns.push({ rule: key.text, path, isDirectory });
        else this.plain.set(path, [...(this.plain.get(path) ?? []), key.text]);
      };
      const output = value.get('output');
      if (output) collect(output.node, add);
    }
  }

  /**
   * Whether a path looks like some rule's output, or lies in a directory output; params whose values are not known yet
   * match any one component, or several where these may be paths.
   */
  isProduced(path: string, columns: ReadonlyMap<string, Column>): boolean {
    const written = placedText(path, this.place);
    if (this.plain.has(written)) return true;
    return this.patterns.some((o) => this.matcher(o, columns)(written));
  }

  /** Whether a folder is a directory output, or lies in one. */
  isInDirectory(folder: string, columns: ReadonlyMap<string, Column>): boolean {
    const written = placedText(folder, this.place);
    return this.patterns.some((o) => o.isDirectory && this.matcher(o, columns)(written));
  }

  /** A rule that names files in a folder one by one; null where none does. */
  namesFilesIn(folder: string, columns: ReadonlyMap<string, Column>): string | null {
    const written = placedText(folder, this.place);
    const plain = [...this.plain].find(([path]) => parentOf(path) === written);
    if (plain) return plain[1][0]!;
    const isIn = (o: WrittenOutput): boolean =>
      !o.isDirectory && this.matcher({ ...o, path: parentOf(o.path) }, columns)(written);
    return this.patterns.find(isIn)?.rule ?? null;
  }

  /** Whether a path may be an output of a rule, or lie in one. */
  makes(rule: string, columns: ReadonlyMap<string, Column>): (path: string) => boolean {
    const patterns = this.patterns.filter((o) => o.rule === rule).map((o) => this.matcher(o, columns));
    return (path) => {
      const written = placedText(path, this.place);
      return this.plain.get(written)?.includes(rule) === true || patterns.some((matches) => matches(written));
    };
  }

  /**
   * The same without outputs that name what is declared nowhere yet: what a file gives is no part of its own name.
   *
   * @param isDeclared whether a name is that of another param, whose values are not read yet
   */
  gives(path: string, columns: ReadonlyMap<string, Column>, isDeclared: (name: string) => boolean): boolean {
    const written = placedText(path, this.place);
    if (this.plain.has(written)) return true;
    return this.patterns.some(
      (o) =>
        namesIn(o.path).every((name) => columns.has(name) || isDeclared(name)) && this.matcher(o, columns)(written),
    );
  }

  private matcher(
    { path, isDirectory }: WrittenOutput,
    columns: ReadonlyMap<string, Column>,
  ): (path: string) => boolean {
    const params: { readonly column: Column | undefined; readonly pad: number }[] = [];
    const source = path
      .split(PARAM)
      .map((part, i) => {
        if (i % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
        const column = columns.get(nameOf(part));
        params.push({ column, pad: Number(part.split(':')[1] ?? '0') });
        const allowsSlash = column ? column.allowsSlash : this.holes.hasUnreadPaths;
        return allowsSlash ? '(.+)' : '([^/]+)';
      })
      .join('');
    const expression = new RegExp(`^${source}${isDirectory ? '(?:/.*)?' : ''}$`);
    const isValue = ({ column, pad }: (typeof params)[number], text: string): boolean =>
      column === undefined || this.holes.waits.has(column.name) || partTexts(column, pad).includes(text);
    return (written) => {
      const match = expression.exec(written);
      return match !== null && params.every((param, i) => isValue(param, match[i + 1]!));
    };
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

const PARAM = /\{(\w+(?::\d+)?)\}/;

function namesIn(path: string): string[] {
  return path.split(PARAM).flatMap((part, i) => (i % 2 === 1 ? nameOf(part) : []));
}

/** `seed` of `seed:04`. */
function nameOf(param: string): string {
  return param.split(':')[0]!;
}

function collect(node: Node, add: (text: string, isDirectory: boolean) => void): void {
  if (node.kind === 'scalar') add(node.text, false);
  else if (node.kind === 'sequence') for (const item of node.items) collect(item, add);
  else if (node.entries.has('path')) {
    const options = new Located<{ path: string; directory: boolean }>(node);
    add(options.get('path')!.text, options.get('directory')?.value === true);
  } else for (const { value } of node.entries.values()) collect(value, add);
}
