import type { SnakeList, SnakePart, SnakeRule } from '../../model/snakefile.ts';
import type { Jobs } from '../jobs/job.ts';
import { fillParts, outputItems, wildcardsOfRule } from '../patterns.ts';

/** What one rule makes and other rules take values from: one list for each job of the rule. */
export interface LaterList {
  readonly kind: SnakeList['kind'];
  readonly delimiter: string | null;
  readonly code: string | null;
  /** Who makes it; null for files that are to be brought. */
  readonly rule: SnakeRule | null;
  /** Wildcards of the rule. */
  readonly by: readonly string[];
  /** With wildcards of the rule, and with the names where files have the values in their paths. */
  readonly path: readonly SnakePart[];
  /** The begin of `path` that is a directory output of the rule, or a file; null where it is none of its outputs. */
  readonly output: readonly SnakePart[] | null;
  readonly names: readonly string[];
  /** Values of `by`, then those of `names`; all made up but the former. */
  readonly rows: readonly (readonly string[])[];
}

/** A column of a list. */
export interface LaterColumn {
  readonly list: LaterList;
  /** Among its names. */
  readonly at: number;
}

/** All lists of a Snakefile that are known only later. */
export class LaterLists {
  readonly all: readonly LaterList[];
  /** Of each made-up value the column that it is of, and its row. */
  private readonly columns = new Map<string, LaterColumn & { readonly row: readonly string[] }>();

  constructor(lists: readonly SnakeList[], { goal, jobs, goalJob }: Pick<Jobs, 'goal' | 'jobs' | 'goalJob'>) {
    const rules = new Map([goal, ...jobs.map((job) => job.rule)].map((rule) => [rule.name, rule]));
    const told = [...lists, ...[goalJob, ...jobs].flatMap((job) => job.answer?.lists ?? [])];
    const found = new Map<string, { list: LaterList; rows: Map<string, readonly string[]> }>();
    for (const one of told) {
      const list = listOf(one, (one.rule !== null && rules.get(one.rule)) || null);
      const key = JSON.stringify([
        list.rule?.name,
        list.kind,
        list.delimiter,
        list.code,
        list.path.map((p) => (isName(p) ? '' : p)),
      ]);
      const known = found.get(key);
      if (!known) found.set(key, { list, rows: new Map() });
      // A later one may know more columns.
      else if (list.names.length > known.list.names.length) known.list = list;
      const rows = found.get(key)!.rows;
      const by = list.by.map((name) => one.wildcards[name]!);
      for (const [i, row] of one.rows.entries()) rows.set(JSON.stringify([by, i]), [...by, ...row]);
    }
    this.all = [...found.values()].map(({ list, rows }) => ({
      ...list,
      rows: [...rows.values()].filter((row) => row.length === list.by.length + list.names.length),
    }));
    for (const list of this.all)
      for (const row of list.rows)
        for (const at of list.names.keys()) this.columns.set(row[list.by.length + at]!, { list, at, row });
  }

  /** The column that a value is made up for; undefined for any other. */
  find(value: string): (LaterColumn & { readonly row: readonly string[] }) | undefined {
    return this.columns.get(value);
  }

  /** A made-up value that stands in a text; undefined where none does. */
  in(text: string): (LaterColumn & { readonly row: readonly string[] }) | undefined {
    for (const [value, column] of this.columns) if (text.includes(value)) return column;
    return undefined;
  }
}

function isName(part: SnakePart): boolean {
  return typeof part !== 'string' && 'e' in part;
}

/** One list with its path in terms of the rule's wildcards. */
function listOf({ kind, delimiter, code, path, names, wildcards, rows }: SnakeList, rule: SnakeRule | null): LaterList {
  const by = rule ? wildcardsOfRule(rule) : [];
  const values = new Map(Object.entries(wildcards));
  const outputs = rule ? outputItems(rule) : [];
  const item = outputs.find(({ parts, flags }) => {
    const text = fillParts(parts, values).replace(/\/$/, '');
    return path === text || (flags.includes('directory') && path.startsWith(`${text}/`));
  });
  const begin = item ? fillParts(item.parts, values).replace(/\/$/, '').length : 0;
  // A directory may be written with a slash at its end.
  const output = item?.parts.map((p, i, all) =>
    typeof p === 'string' && i === all.length - 1 ? p.replace(/\/$/, '') : p,
  );
  const rest = kind === 'glob' ? namedParts(path.slice(begin)) : [path.slice(begin)];
  const parts = [...(output ?? []), ...rest].filter((part) => part !== '');
  return { kind, delimiter, code, rule, by, path: parts, output: output ?? null, names, rows };
}

function namedParts(text: string): SnakePart[] {
  return text.split(/\{(\w+)\}/).map((piece, i): SnakePart => (i % 2 === 0 ? piece : { e: piece }));
}

/** Its path, with names in braces. */
export function pathOfList({ path }: LaterList): string {
  return path.map((p) => (typeof p === 'string' ? p : `{${'w' in p ? p.w : p.e}}`)).join('');
}

/** Where a list lies, for a person. */
export function placeOfList(list: LaterList): string {
  const text = pathOfList(list);
  if (list.kind === 'glob') return text;
  if (list.kind === 'computed') return `what is computed with ${text}`;
  return `${list.kind === 'lines' ? 'the lines' : 'the columns'} of ${text}`;
}
