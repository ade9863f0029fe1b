import type { SnakeArgument, SnakeItem, SnakePart, SnakeRows, SnakeRule } from '../model/snakefile.ts';

/** The wildcards of some parts, each once, in order of appearance. */
export function wildcardsOf(parts: readonly SnakePart[]): string[] {
  return [...new Set(parts.flatMap((p) => (typeof p !== 'string' && 'w' in p ? [p.w] : [])))];
}

/** The wildcards of a rule: those of its outputs, which all have the same. */
export function wildcardsOfRule(rule: SnakeRule): string[] {
  const first = rule.output.flatMap((a) => a.items)[0];
  return first ? wildcardsOf(first.parts) : [];
}

export function textOf(parts: readonly SnakePart[]): string {
  return parts.map((p) => (typeof p === 'string' ? p : `{${'w' in p ? p.w : p.e}}`)).join('');
}

/** Paths that an item stands for, given the values of the rule's wildcards. Source of the order: itertools.product, zip. */
export function pathsOf(item: SnakeItem, wildcards: ReadonlyMap<string, string>): string[] {
  const given = item.rows ? rowsFor(item.rows, wildcards) : [undefined];
  const expanded = rowsOf(item);
  return given.flatMap((own) =>
    expanded.map((row) => fillParts(item.parts, wildcards, own ? new Map([...own, ...row]) : row)),
  );
}

export function fillParts(
  parts: readonly SnakePart[],
  wildcards: ReadonlyMap<string, string>,
  row?: ReadonlyMap<string, string>,
): string {
  return parts.map((p) => (typeof p === 'string' ? p : 'w' in p ? wildcards.get(p.w)! : row!.get(p.e)!)).join('');
}

/** The rows for a job. */
export function rowsFor(
  { by, names, rows }: SnakeRows,
  wildcards: ReadonlyMap<string, string>,
): ReadonlyMap<string, string>[] {
  const found = rows.get(keyOf(by, wildcards)) ?? [];
  return found.map((row) => new Map(names.map((name, i) => [name, row[i]!])));
}

export function keyOf(by: readonly string[], wildcards: ReadonlyMap<string, string>): string {
  return JSON.stringify(by.map((name) => wildcards.get(name)!));
}

/** The rows of values that expand() fills a pattern with; one empty row where there is none. */
export function rowsOf({ expand }: SnakeItem): ReadonlyMap<string, string>[] {
  if (!expand) return [new Map()];
  if (expand.combinator === 'zip') {
    const length = Math.min(...expand.values.map(([, values]) => values.length));
    return Array.from({ length }, (_, i) => new Map(expand.values.map(([name, values]) => [name, values[i]!])));
  }
  let rows: ReadonlyMap<string, string>[] = [new Map()];
  for (const [name, values] of expand.values)
    rows = rows.flatMap((row) => values.map((value) => new Map([...row, [name, value]])));
  return rows;
}

/**
 * The regular expression that tells a path's wildcards. Source: snakemake/io.py 7.21, regex(): a wildcard is `.+` unless
 * constrained, as greedy as it can be, and stands for the same text everywhere.
 */
export function regexOf(parts: readonly SnakePart[], constraints: Readonly<Record<string, string>>): RegExp {
  const seen = new Set<string>();
  const source = parts.map((part) => {
    if (typeof part === 'string') return part.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
    if (!('w' in part)) throw new Error('internal error: expand() in an output is written out');
    if (seen.has(part.w)) return `\\k<${part.w}>`;
    seen.add(part.w);
    return `(?<${part.w}>${part.c ?? constraints[part.w] ?? '.+'})`;
  });
  return new RegExp(`^${source.join('')}$`, 's');
}

/** Outputs are written out where expand() makes them: each path is an output of its own. */
export function outputItems(rule: SnakeRule): SnakeItem[] {
  return rule.output.flatMap((a) => a.items).flatMap(writtenOut);
}

/** Whether its paths are a list: a shell has no lists, and for it a list of one path is that path. */
export function isList({ command }: SnakeRule, { many, items }: SnakeArgument): boolean {
  const isSingle = items.length === 1 && !items[0]!.expand && !items[0]!.rows;
  return many && !(isSingle && command.kind === 'shell');
}

export function writtenOut(item: SnakeItem): SnakeItem[] {
  if (!item.expand) return [item];
  return rowsOf(item).map((row) => ({
    flags: item.flags,
    parts: item.parts.map((p) => (typeof p !== 'string' && 'e' in p ? row.get(p.e)! : p)),
  }));
}

/** Whether these values make the path, and are such as the output's own constraints want. Source: rules.py, get_wildcards(). */
export function isFilledBy(
  {
    names,
    output,
    constraints,
  }: {
    readonly names: readonly string[];
    readonly output: readonly SnakePart[];
    readonly constraints: Readonly<Record<string, string>>;
  },
  path: string,
  given: ReadonlyMap<string, string>,
): boolean {
  if (names.length === 0 || !names.every((name) => given.has(name)) || fillParts(output, given) !== path) return false;
  return names.every((name) => {
    const own = output.flatMap((p) => (typeof p !== 'string' && 'w' in p && p.w === name && p.c !== null ? [p.c] : []));
    const constraint = own[0] ?? constraints[name];
    return constraint === undefined || new RegExp(`^(?:${constraint})`, 's').test(given.get(name)!);
  });
}

/** Another workflow makes it, before this one runs. */
export function isOfOther({ flags }: SnakeItem): boolean {
  return flags.includes('subworkflow');
}
