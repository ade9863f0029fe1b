import type { SnakeItem, SnakeRule } from '../model/snakefile.ts';
import { findClasses, sameSet, uniqueName, type VariableClass } from './classes.ts';
import type { Jobs } from './jobs.ts';
import { rowsOf } from './patterns.ts';

export interface Axis {
  readonly name: string;
  readonly values: readonly string[];
  /** The pattern of glob_wildcards() that the values come from, its wildcard named as the param; null: a list. */
  readonly glob: string | null;
}

export interface AxisTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The params and tables of the spec, and which of them a name in the Snakefile became. */
export interface Axes {
  readonly params: readonly Axis[];
  readonly tables: readonly AxisTable[];
  /** Every param and column. */
  readonly names: ReadonlySet<string>;
  /** `rule` and wildcard to param. */
  wildcard(rule: SnakeRule, name: string): string;
  /** A name in an expand() to the param that is gathered. */
  expanded(item: SnakeItem, name: string): string;
}

/** Fit params and tables to the jobs. Whether they mean the same is checked later, task by task. */
export function fitAxes(jobs: Jobs): Axes {
  return new Fitter(jobs).fit();
}

class Fitter {
  private readonly jobs: Jobs;
  private readonly classes: VariableClass[];
  private readonly taken: Set<string>;
  private readonly tables: AxisTable[] = [];
  /** Classes that are columns of a table. */
  private readonly tabled = new Map<VariableClass, AxisTable>();
  private readonly fresh = new Map<string, Axis>();
  private readonly expandNames = new Map<SnakeItem, Map<string, string>>();
  /** Params in the order in which gathered paths want them. */
  private readonly order: string[] = [];

  constructor(jobs: Jobs) {
    this.jobs = jobs;
    this.classes = findClasses(jobs);
    this.taken = new Set(this.classes.map((c) => c.name));
  }

  fit(): Axes {
    const items = this.expandItems();
    for (const { rule, item } of items) if (isZip(item)) this.fitZip(rule, item);
    for (const { rule, item } of items) if (!isZip(item)) this.fitProduct(rule, item);
    const params = this.params();
    const wildcards = new Map(
      this.classes.flatMap((c) =>
        c.variables.filter((v) => v.item === null).map((v) => [`${v.rule.name} ${v.name}`, c.name] as const),
      ),
    );
    return {
      params,
      tables: this.tables,
      names: new Set([...params.map((p) => p.name), ...this.tables.flatMap((t) => t.columns)]),
      wildcard: (rule, name) => wildcards.get(`${rule.name} ${name}`)!,
      expanded: (item, name) => this.expandNames.get(item)!.get(name)!,
    };
  }

  /** All expand() of the rules that run, the largest first: its order of params counts most. */
  private expandItems(): { rule: SnakeRule; item: SnakeItem }[] {
    const { goal, jobs } = this.jobs;
    const rules = [...new Set([goal, ...jobs.map((j) => j.rule)])];
    const items = rules.flatMap((rule) =>
      rule.input.flatMap((a) => a.items.filter((i) => i.expand).map((item) => ({ rule, item }))),
    );
    const size = ({ item }: { item: SnakeItem }): number =>
      item.expand!.values.reduce((product, [, values]) => product * values.length, 1);
    return items.sort((a, b) => size(b) - size(a));
  }

  private classOf(rule: SnakeRule, item: SnakeItem, name: string): VariableClass {
    return this.classes.find((c) => c.variables.some((v) => v.rule === rule && v.item === item && v.name === name))!;
  }

  private inKey(rule: SnakeRule, { variables }: VariableClass): boolean {
    return variables.some((v) => v.rule === rule && v.item === null);
  }

  private fitProduct(rule: SnakeRule, item: SnakeItem): void {
    const names = new Map<string, string>();
    for (const [name, values] of item.expand!.values) {
      const found = this.classOf(rule, item, name);
      const fits = sameSet(found.values, [...new Set(values)]) && !this.inKey(rule, found) && !this.tabled.has(found);
      const param = fits ? found.name : this.freshAxis(`${rule.name}_${name}`, [...new Set(values)]);
      names.set(name, param);
      if (!this.order.includes(param)) this.order.push(param);
    }
    this.expandNames.set(item, names);
  }

  private freshAxis(wanted: string, values: readonly string[]): string {
    const key = JSON.stringify([wanted, values]);
    const known = this.fresh.get(key);
    if (known) return known.name;
    const name = uniqueName(wanted, this.taken);
    this.taken.add(name);
    this.fresh.set(key, { name, values, glob: null });
    return name;
  }

  private fitZip(rule: SnakeRule, item: SnakeItem): void {
    const names = item.expand!.values.map(([name]) => name);
    const rows = distinctRows(rowsOf(item).map((row) => names.map((name) => row.get(name)!)));
    const classes = names.map((name) => this.classOf(rule, item, name));
    const table = this.fitsTable(rule, classes, rows)
      ? this.sharedTable(classes, rows)
      : this.freshTable(rule, names, rows);
    this.expandNames.set(item, new Map(names.map((name, i) => [name, table.columns[i]!])));
  }

  private fitsTable(rule: SnakeRule, classes: readonly VariableClass[], rows: readonly string[][]): boolean {
    if (new Set(classes).size < classes.length || classes.some((c) => this.inKey(rule, c))) return false;
    const known = classes.map((c) => this.tabled.get(c));
    if (known.some((t) => t !== known[0])) return false;
    if (known[0] && JSON.stringify([known[0].columns, known[0].rows]) !== tableKey(classes, rows)) return false;
    if (!classes.every((c, i) => sameSet(c.values, [...new Set(rows.map((r) => r[i]!))]))) return false;
    const pairs = new Set(rows.map((r) => JSON.stringify(r)));
    return this.jobs.jobs.every((job) => {
      const own = classes.map((c) => c.variables.find((v) => v.rule === job.rule && v.item === null));
      if (own.some((v) => v === undefined)) return true;
      return pairs.has(JSON.stringify(own.map((v) => job.wildcards.get(v!.name))));
    });
  }

  private sharedTable(classes: readonly VariableClass[], rows: readonly string[][]): AxisTable {
    const known = this.tabled.get(classes[0]!);
    if (known) return known;
    const table = this.newTable(
      classes.map((c) => c.name),
      rows,
    );
    for (const c of classes) this.tabled.set(c, table);
    return table;
  }

  private freshTable(rule: SnakeRule, names: readonly string[], rows: readonly string[][]): AxisTable {
    const columns = names.map((name) => {
      const column = uniqueName(`${rule.name}_${name}`, this.taken);
      this.taken.add(column);
      return column;
    });
    return this.newTable(columns, rows);
  }

  private newTable(columns: readonly string[], rows: readonly string[][]): AxisTable {
    const name = uniqueName(columns.join('_and_'), this.taken);
    this.taken.add(name);
    const table: AxisTable = { name, columns, rows };
    this.tables.push(table);
    return table;
  }

  /** The axes that something uses, in order. */
  private params(): Axis[] {
    const used = new Set([...this.expandNames.values()].flatMap((names) => [...names.values()]));
    const axes = this.classes
      .filter((c) => !this.tabled.has(c) && (used.has(c.name) || c.variables.some((v) => v.item === null)))
      .map((c): Axis => ({ name: c.name, values: c.values, glob: globOf(c) }));
    const all = [...axes, ...this.fresh.values()];
    const place = (name: string): number => {
      const at = this.order.indexOf(name);
      return at < 0 ? this.order.length : at;
    };
    return all.sort((a, b) => place(a.name) - place(b.name));
  }
}

function isZip(item: SnakeItem): boolean {
  return item.expand?.combinator === 'zip' && item.expand.values.length > 1;
}

function distinctRows(rows: readonly string[][]): string[][] {
  const seen = new Map(rows.map((row) => [JSON.stringify(row), row]));
  return [...seen.values()];
}

function tableKey(classes: readonly VariableClass[], rows: readonly string[][]): string {
  return JSON.stringify([classes.map((c) => c.name), rows]);
}

/** A glob of wfc's knows its own param only, within one component of the path. */
function globOf({ variables, values, name }: VariableClass): string | null {
  const from = variables.find((v) => v.glob !== null && sameSet(v.values, values))?.glob;
  if (!from || values.some((v) => v.includes('/'))) return null;
  const pattern = from.replace(/\{\w+[^{}]*\}/, `{${name}}`);
  const folders = pattern.split('/').slice(0, -1).join('/');
  return /[{}]/.test(folders) ? null : pattern;
}
