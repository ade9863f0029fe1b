import { dirname, resolve } from 'node:path';
import { parseSource } from '../compile/text/source.ts';
import { readSpec, readUtf8 } from '../io/files/spec-file.ts';
import type { MappingNode, Node } from '../model/source.ts';

/** More values than these help nobody. */
const MOST_VALUES = 500;

/** The names in a spec, for completion: as far as they can be told from its text, also where it has mistakes. */
export class SpecWords {
  private readonly root: Node | null;
  private readonly folder: string;

  /** @param file null: the spec of the working directory */
  constructor(file: string | null) {
    const spec = readSpec(file ?? undefined);
    const found = 'diagnostics' in spec ? null : spec;
    this.root = found ? parseSource(found.source).root : null;
    this.folder = found?.folder ?? dirname(resolve('x'));
  }

  rules(): string[] {
    return keysOf(this.at('rules'));
  }

  params(): string[] {
    return [...keysOf(this.at('params')), ...this.tables().flatMap((table) => table.columns)];
  }

  constants(): string[] {
    const flat = (node: Node | null, prefix: string): string[] =>
      entriesOf(node).flatMap(([key, value]) =>
        value.kind === 'mapping' ? flat(value, `${prefix}${key}.`) : [prefix + key],
      );
    return flat(this.at('config'), '');
  }

  /** Values of a param that are written out, or stand in a file of lines. */
  valuesOf(param: string): string[] {
    const column = this.tables().find((table) => table.columns.includes(param));
    if (column) return [...new Set(column.rows.flatMap((row) => texts(child(row, param))))].slice(0, MOST_VALUES);
    const declared = child(this.at('params'), param);
    const values = child(declared, 'values') ?? declared;
    if (values?.kind === 'sequence') return texts(values).slice(0, MOST_VALUES);
    const [lines] = texts(child(declared, 'lines'));
    if (lines !== undefined) return this.lines(lines).slice(0, MOST_VALUES);
    const [[from], [to]] = [texts(child(declared, 'from')), texts(child(declared, 'to'))];
    if (child(declared, 'step') || !/^-?\d+$/.test(from ?? '') || !/^-?\d+$/.test(to ?? '')) return [];
    const count = Math.min(MOST_VALUES, Number(to) - Number(from) + 1);
    return Array.from({ length: Math.max(0, count) }, (_, i) => String(Number(from) + i));
  }

  private lines(file: string): string[] {
    const read = readUtf8(resolve(this.folder, file));
    return 'text' in read
      ? read.text
          .split('\n')
          .map((l) => l.trim())
          .filter((l) => l !== '')
      : [];
  }

  private tables(): { columns: string[]; rows: readonly Node[] }[] {
    return entriesOf(this.at('tables')).map(([, table]) => {
      const rows = child(table, 'rows') ?? table;
      if (rows.kind === 'sequence') return { columns: keysOf(rows.items[0] ?? null), rows: rows.items };
      const [file] = texts(child(table, 'csv'));
      const header = file === undefined ? '' : (this.lines(file)[0] ?? '');
      const names = header.split(/[,\t]/).map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
      return { columns: names.filter((name) => name !== ''), rows: [] };
    });
  }

  private at(key: string): Node | null {
    return child(this.root, key);
  }
}

function entriesOf(node: Node | null): [string, Node][] {
  return node?.kind === 'mapping' ? [...(node as MappingNode).entries].map(([key, { value }]) => [key, value]) : [];
}

function keysOf(node: Node | null): string[] {
  return entriesOf(node).map(([key]) => key);
}

function child(node: Node | null, key: string): Node | null {
  return node?.kind === 'mapping' ? (node.entries.get(key)?.value ?? null) : null;
}

function texts(node: Node | null): string[] {
  if (node?.kind === 'scalar') return [node.text];
  return node?.kind === 'sequence' ? node.items.flatMap(texts) : [];
}
