import type { SnakeItem, SnakeRows, SnakeRule, SnakeSource } from '../../model/snakefile.ts';
import { commentsOf } from '../comments.ts';
import { joinAll, project, type Relation, sorted, withRows } from '../functions/tables.ts';
import type { Jobs } from '../jobs/job.ts';
import { nameInRule, uniqueName } from '../names.ts';
import { rowsOf } from '../patterns.ts';
import { fitLater, isLater, type Later } from '../staged/fit.ts';
import type { LaterLists } from '../staged/lists.ts';
import { findClasses, globOf, isInKey, rowsOfJobs, type Sharing, sameSet, type VariableClass } from './classes.ts';

export interface Axis {
  readonly name: string;
  readonly values: readonly string[];
  /** The pattern of glob_wildcards() that the values come from, its wildcard named as the param; null: a list. */
  readonly glob: string | null;
  /** Where the Snakefile lists the values. */
  readonly source: SnakeSource | null;
  /** A file that a rule makes, in which they stand; null: none. */
  readonly lines: string | null;
}

export interface AxisTable extends Relation {
  readonly name: string;
  /** Where its columns come from. */
  readonly comments: readonly string[];
  /** Values with a slash stand in paths. */
  readonly inPath: boolean;
  /** The file that holds just these rows. */
  readonly csv?: string;
}

/** What functions gave: a part of a table. */
interface Given extends Relation {
  readonly from: string;
  readonly by: readonly string[];
  readonly names: readonly string[];
  readonly inPath: boolean;
}

/** The params and tables of the spec, and which of them a name in the Snakefile became. */
export interface Axes {
  readonly params: readonly Axis[];
  /** What has one value, which no param in a path may hold, such as `../out` or `/scratch/out`: by its key in the config. */
  readonly constants: ReadonlyMap<string, string>;
  readonly tables: readonly AxisTable[];
  /** What is known only later: params and tables of which there are none above. */
  readonly later: Later;
  /** Every param and column. */
  readonly names: ReadonlySet<string>;
  /** `rule` and wildcard to param. */
  wildcard(rule: SnakeRule, name: string): string;
  /** A name in an expand() of a rule to the param that is gathered. */
  expanded(rule: SnakeRule, item: SnakeItem, name: string): string;
}

/** Fit params and tables to the jobs. Whether they mean the same is checked later, task by task. */
export function fitAxes(jobs: Jobs, lists: LaterLists, sharing: Sharing): Axes {
  return new Fitter(jobs, lists, sharing).fit();
}

class Fitter {
  private readonly jobs: Jobs;
  private readonly sharing: Sharing;
  private readonly classes: VariableClass[];
  private readonly taken: Set<string>;
  private tables: AxisTable[] = [];
  /** Classes that are columns of a table. */
  private readonly tabled = new Map<VariableClass, AxisTable>();
  private readonly fresh = new Map<string, Axis>();
  private readonly expandNames = new Map<SnakeItem, Map<string, string>>();
  /** Params in the order in which gathered paths want them. */
  private readonly order: string[] = [];
  private readonly lists: LaterLists;
  /** Of what functions gave, what holds values that are known only later. */
  private readonly given: Relation[] = [];

  constructor(jobs: Jobs, lists: LaterLists, sharing: Sharing) {
    this.jobs = jobs;
    this.lists = lists;
    this.sharing = sharing;
    this.classes = findClasses(jobs, sharing);
    this.taken = new Set(this.classes.map((c) => c.name));
  }

  fit(): Axes {
    const items = this.expandItems();
    for (const { rule, item } of items) if (isZip(item)) this.fitZip(rule, item);
    this.fitGiven();
    for (const { rule, item } of items) if (!isZip(item)) this.fitProduct(rule, item);
    const later = this.later();
    const all = this.params();
    const constants = new Map(all.filter(isConstant).map(({ name, values }) => [name, values[0]!]));
    const params = all.filter(({ name }) => !constants.has(name));
    const written = (name: string): string => (constants.has(name) ? `config.${name}` : name);
    const wildcards = new Map(
      this.classes.flatMap((c) =>
        c.variables.filter((v) => v.item === null).map((v) => [`${v.rule.name} ${v.name}`, written(c.name)] as const),
      ),
    );
    return {
      params,
      constants,
      tables: this.tables,
      later,
      names: new Set([
        ...[...params, ...later.axes].map((p) => p.name),
        ...[...this.tables, ...later.tables].flatMap((t) => t.columns),
      ]),
      wildcard: (rule, name) => later.nameIn(rule, null, wildcards.get(`${rule.name} ${name}`)!),
      expanded: (rule, item, name) => later.nameIn(rule, item, written(this.expandNames.get(item)!.get(name)!)),
    };
  }

  private later(): Later {
    const { jobs, classes, lists, given: relations, taken } = this;
    return fitLater({ jobs, classes, lists, relations, taken });
  }

  private isLater(name: string): boolean {
    const found = this.classes.find((c) => c.name === name);
    return found !== undefined && isLater(found, this.lists);
  }

  private rules(): SnakeRule[] {
    const { goal, jobs } = this.jobs;
    return [...new Set([goal, ...jobs.map((j) => j.rule)])];
  }

  /** All expand() of the rules that run, the largest first: its order of params counts most. */
  private expandItems(): { rule: SnakeRule; item: SnakeItem }[] {
    const items = this.rules().flatMap((rule) =>
      rule.input.flatMap((a) => a.items.filter((i) => i.expand).map((item) => ({ rule, item }))),
    );
    const size = ({ item }: { item: SnakeItem }): number =>
      item.expand!.values.reduce((product, [, values]) => product * values.length, 1);
    return items.sort((a, b) => size(b) - size(a));
  }

  private classOf(rule: SnakeRule, item: SnakeItem, name: string): VariableClass {
    return this.classes.find((c) => c.variables.some((v) => v.rule === rule && v.item === item && v.name === name))!;
  }

  private fitProduct(rule: SnakeRule, item: SnakeItem): void {
    const names = new Map(this.expandNames.get(item));
    const all = item.expand!.values.map(([name]) => this.classOf(rule, item, name));
    for (const [name, values, , source] of item.expand!.values) {
      const found = this.classOf(rule, item, name);
      const fits =
        sameSet(found.values, [...new Set(values)]) && !isInKey(rule, found) && this.hasProduct(rule, found, all);
      const param = fits
        ? found.name
        : this.freshAxis(rule, name, { values: [...new Set(values)], source: source ?? null });
      names.set(name, param);
      if (!this.order.includes(param)) this.order.push(param);
    }
    this.expandNames.set(item, names);
  }

  /** Whether the rows of the table that a class is a column of hold all combinations, for each key of the rule. */
  private hasProduct(rule: SnakeRule, found: VariableClass, all: readonly VariableClass[]): boolean {
    const table = this.tabled.get(found);
    if (!table) return true;
    const together = all.filter((c) => this.tabled.get(c) === table);
    const key = this.classes.filter((c) => this.tabled.get(c) === table && isInKey(rule, c));
    const count = (classes: readonly VariableClass[]): number =>
      project(
        table,
        classes.map((c) => c.name),
      ).rows.length;
    return count([...key, ...together]) === together.reduce((n, c) => n * c.values.length, count(key));
  }

  /** Tables of what functions gave, and of what it hangs on. */
  private fitGiven(): void {
    const own = this.sharing === 'own' ? this.ownRows() : [];
    const all = [...own, ...this.rules().flatMap((rule) => this.givenTo(rule))];
    const given = all.filter(({ columns }) => !columns.some((c) => this.isLater(c)));
    this.given.push(...all.filter((one) => !given.includes(one)));
    if (given.length === 0) return;
    const byName = new Map(this.classes.map((c) => [c.name, c]));
    const orders = new Map(
      this.classes.filter((c) => !c.variables.every((v) => v.isDetermined)).map((c) => [c.name, c.values]),
    );
    const before = new Set(this.tables);
    this.tables = [];
    for (const { joined, parts } of joinAll<Given | AxisTable>([...before, ...given])) {
      const own = parts.filter((part): part is Given => 'from' in part);
      if (own.length === 0) {
        this.tables.push(parts[0] as AxisTable);
        continue;
      }
      const names = new Set(own.flatMap((part) => part.names));
      const keys = joined.columns.filter((c) => !names.has(c));
      const whole = rowsOfJobs(
        this.jobs,
        this.classes.filter((c) => joined.columns.includes(c.name)),
      ).reduce((rows, needed) => withRows(rows, needed, own), joined);
      const ordered = sorted(project(whole, [...keys, ...joined.columns.filter((c) => names.has(c))]), orders);
      const known = parts.find((part): part is AxisTable => before.has(part as AxisTable));
      const table: AxisTable = {
        ...ordered,
        name: known?.name ?? this.tableName(keys),
        comments: [...(known?.comments ?? []), ...commentsOf(own)],
        inPath: own.some((part) => part.inPath && part.rows.some((row) => row.some((value) => value.includes('/')))),
      };
      this.tables.push(table);
      for (const c of table.columns) if (byName.has(c)) this.tabled.set(byName.get(c)!, table);
    }
  }

  /** The values of their jobs, of rules that have not all combinations of them. */
  private ownRows(): Given[] {
    const several = this.classes.filter((c) => c.values.length > 1);
    const combinations = (columns: readonly string[]): number =>
      several.filter((c) => columns.includes(c.name)).reduce((n, c) => n * c.values.length, 1);
    return rowsOfJobs(this.jobs, several)
      .filter(({ columns, rows }) => rows.length < combinations(columns))
      .map(({ columns, rows }) => ({ columns, rows, from: '', by: columns, names: [], inPath: true }));
  }

  /** What the functions of a rule gave, by params. */
  private givenTo(rule: SnakeRule): Given[] {
    const param = (name: string): string =>
      this.classes.find((c) => c.variables.some((v) => v.rule === rule && v.item === null && v.name === name))!.name;
    const relation = ({ by, rows, from, inPath }: SnakeRows, names: readonly string[]): Given => ({
      columns: [...by.map(param), ...names],
      rows: [...rows].flatMap(([key, list]) => list.map((row) => [...(JSON.parse(key) as string[]), ...row])),
      from,
      by: by.map(param),
      names,
      inPath,
    });
    const determined = (rule.determined ?? []).map((d) => relation(d, d.names.map(param)));
    const gathered = rule.input
      .flatMap((a) => a.items)
      .filter((item) => item.rows)
      .map((item) => {
        const names = item.rows!.names.map((name) => {
          const found = this.classOf(rule, item, name);
          if (!isInKey(rule, found)) return found.name;
          return this.nameIn(rule, name, null);
        });
        const known = this.expandNames.get(item) ?? [];
        this.expandNames.set(
          item,
          new Map([...known, ...item.rows!.names.map((name, i) => [name, names[i]!] as const)]),
        );
        return relation(item.rows!, names);
      });
    return [...determined, ...gathered];
  }

  private tableName(keys: readonly string[]): string {
    const [only] = keys;
    const name = uniqueName(
      keys.length === 1 && !only!.endsWith('s') ? `${only}s` : `by_${keys.join('_and_')}`,
      this.taken,
    );
    this.taken.add(name);
    return name;
  }

  private freshAxis(rule: SnakeRule, wanted: string, { values, source }: Pick<Axis, 'values' | 'source'>): string {
    const key = JSON.stringify([wanted, values]);
    const known = this.fresh.get(key);
    if (known) return known.name;
    const name = this.nameIn(rule, wanted, source);
    this.fresh.set(key, { name, values, glob: null, lines: null, source });
    return name;
  }

  private nameIn(rule: SnakeRule, wanted: string, source: SnakeSource | null): string {
    const name = nameInRule(wanted, rule.name, source, this.taken);
    this.taken.add(name);
    return name;
  }

  private fitZip(rule: SnakeRule, item: SnakeItem): void {
    const names = item.expand!.values.map(([name]) => name);
    const comments = [...new Set(item.expand!.values.flatMap(([, , , source]) => source?.comments ?? []))];
    const rows = distinctRows(rowsOf(item).map((row) => names.map((name) => row.get(name)!)));
    const classes = names.map((name) => this.classOf(rule, item, name));
    const known = this.expandNames.get(item) ?? [];
    if (classes.some((c) => isLater(c, this.lists))) {
      this.given.push({ columns: classes.map((c) => c.name), rows });
      this.expandNames.set(item, new Map([...known, ...names.map((name, i) => [name, classes[i]!.name] as const)]));
      return;
    }
    const table = this.fitsTable(rule, classes, rows)
      ? this.sharedTable(classes, rows, comments)
      : this.freshTable(rule, names, rows, comments);
    this.expandNames.set(item, new Map([...known, ...names.map((name, i) => [name, table.columns[i]!] as const)]));
  }

  private fitsTable(rule: SnakeRule, classes: readonly VariableClass[], rows: readonly string[][]): boolean {
    if (new Set(classes).size < classes.length || classes.some((c) => isInKey(rule, c))) return false;
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

  private sharedTable(
    classes: readonly VariableClass[],
    rows: readonly string[][],
    comments: readonly string[],
  ): AxisTable {
    const known = this.tabled.get(classes[0]!);
    if (known) return known;
    const table = this.newTable(
      classes.map((c) => c.name),
      rows,
      comments,
    );
    for (const c of classes) this.tabled.set(c, table);
    return table;
  }

  private freshTable(
    rule: SnakeRule,
    names: readonly string[],
    rows: readonly string[][],
    comments: readonly string[],
  ): AxisTable {
    return this.newTable(
      names.map((name) => this.nameIn(rule, name, null)),
      rows,
      comments,
    );
  }

  private newTable(columns: readonly string[], rows: readonly string[][], comments: readonly string[]): AxisTable {
    const name = uniqueName(columns.length > 3 ? 'settings' : columns.join('_and_'), this.taken);
    this.taken.add(name);
    const table: AxisTable = { name, columns, rows, comments, inPath: rows.some((row) => row.some(hasSlash)) };
    this.tables.push(table);
    return table;
  }

  /** The axes that something uses, in order. */
  private params(): Axis[] {
    const used = new Set([...this.expandNames.values()].flatMap((names) => [...names.values()]));
    const axes = this.classes
      .filter(
        (c) =>
          !this.tabled.has(c) &&
          !isLater(c, this.lists) &&
          (used.has(c.name) || c.variables.some((v) => v.item === null)),
      )
      .map((c): Axis => ({ name: c.name, values: c.values, glob: globOf(c), lines: null, source: sourceOf(c) }));
    const all = [...axes, ...this.fresh.values()];
    const place = (name: string): number => {
      const at = this.order.indexOf(name);
      return at < 0 ? this.order.length : at;
    };
    return all.sort((a, b) => place(a.name) - place(b.name));
  }
}

function hasSlash(value: string): boolean {
  return value.includes('/');
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

function sourceOf({ variables, values }: VariableClass): SnakeSource | null {
  return variables.find((v) => v.source !== null && sameSet(v.values, values))?.source ?? null;
}

function isConstant({ values, glob }: Axis): boolean {
  return values.length === 1 && glob === null && /(^|\/)\.{0,2}(\/|$)/.test(values[0]!);
}
