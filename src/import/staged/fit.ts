import type { SnakeItem, SnakeRule } from '../../model/snakefile.ts';
import type { Relation } from '../functions/tables.ts';
import type { Jobs } from '../jobs/job.ts';
import { uniqueName } from '../names.ts';
import { sameSet, type VariableClass } from '../params/classes.ts';
import { fillParts } from '../patterns.ts';
import { type LaterColumn, type LaterList, type LaterLists, placeOfList } from './lists.ts';

/** A param whose values a rule makes, or somebody brings. */
export interface LaterAxis {
  readonly name: string;
  /** Made up. */
  readonly values: readonly string[];
  /** A pattern; null where the values stand in `lines`. */
  readonly glob: string | null;
  readonly lines: string | null;
  readonly list: LaterList;
}

/** A table that a rule makes. */
export interface LaterTable extends Relation {
  readonly name: string;
  readonly csv: string;
  readonly list: LaterList;
  /** Which names of the list its last columns are. */
  readonly usedAt: readonly number[];
  /** By a rule of the spec's own; else it is an output of a rule of the Snakefile. */
  readonly isListed: boolean;
}

/** What is known only later, as params and tables. */
export interface Later {
  readonly axes: readonly LaterAxis[];
  readonly tables: readonly LaterTable[];
  /** What can't be said in a spec, in words; more may come while names are asked for. */
  readonly problems: readonly string[];
  /** The param that a class is in a rule, or in what a target names. */
  nameIn(rule: SnakeRule, item: SnakeItem | null, className: string): string;
}

interface Fitting {
  readonly jobs: Jobs;
  readonly classes: readonly VariableClass[];
  readonly lists: LaterLists;
  /** What functions gave that holds made-up values, by classes. */
  readonly relations: readonly Relation[];
  readonly taken: Set<string>;
}

/** Whether values of a class are made up. */
export function isLater({ values }: VariableClass, lists: LaterLists): boolean {
  return values.some((value) => lists.find(value) !== undefined);
}

export function fitLater(fitting: Fitting): Later {
  return new LaterFitter(fitting).fit();
}

class LaterFitter {
  private readonly jobs: Jobs;
  private readonly classes: readonly VariableClass[];
  private readonly lists: LaterLists;
  private readonly relations: readonly Relation[];
  private readonly taken: Set<string>;
  private readonly problems: string[] = [];
  private readonly axes: LaterAxis[] = [];
  private readonly tables: LaterTable[] = [];
  /** Of classes that are a column of a list, what they are called in the spec. */
  private readonly names = new Map<string, string>();
  private readonly columns = new Map<string, LaterColumn>();
  /** Of lists by wildcards: by class that is one of these wildcards, the column of its table. */
  private readonly keys = new Map<LaterList, Map<string, string>>();
  private readonly waiting = new Map<SnakeRule, Set<LaterList>>();

  constructor({ jobs, classes, lists, relations, taken }: Fitting) {
    this.jobs = jobs;
    this.classes = classes;
    this.lists = lists;
    this.relations = relations;
    this.taken = taken;
  }

  fit(): Later {
    for (const found of this.classes) this.takeClass(found);
    for (const list of this.lists.all) this.takeList(list);
    this.spread();
    return {
      axes: this.axes,
      tables: this.tables,
      problems: this.problems,
      nameIn: (rule, item, name) => this.nameIn(rule, item, name),
    };
  }

  private takeClass({ name, values }: VariableClass): void {
    const found = values.map((value) => this.lists.find(value));
    const [first] = found;
    if (found.every((f) => f === undefined)) return;
    const column = found.find((f) => f !== undefined)!;
    if (!first || found.some((f) => f?.list !== first.list || f.at !== first.at)) {
      this.problems.push(`{${name}} has values of ${placeOfList(column.list)}, and others`);
      return;
    }
    const all = [...new Set(first.list.rows.map((row) => row[first.list.by.length + first.at]!))];
    if (!sameSet(all, [...values]))
      this.problems.push(`{${name}} has only some of the values of ${placeOfList(first.list)}`);
    const same = [...this.columns].find(([, c]) => c.list === first.list && c.at === first.at);
    this.columns.set(name, { list: first.list, at: first.at });
    this.names.set(name, same ? this.names.get(same[0])! : name);
  }

  /** The class that a column of a list is. */
  private className(list: LaterList, at: number): string | null {
    return [...this.columns].find(([, c]) => c.list === list && c.at === at)?.[0] ?? null;
  }

  private takeList(list: LaterList): void {
    const used = list.names.flatMap((_, at) => this.className(list, at) ?? []);
    if (used.length === 0) return;
    const rule = list.rule?.name ?? 'files';
    const isPlain = list.by.length === 0 && (list.output !== null || list.rule === null);
    const path = fillParts(list.path, new Map(), new Map(list.names.map((name) => [name, `{${used[0]}}`])));
    const values = list.rows.map((row) => row[list.by.length]!);
    const places = list.path.filter((p) => typeof p !== 'string' && 'e' in p).length;
    if (isPlain && list.kind === 'lines') this.axes.push({ name: used[0]!, values, glob: null, lines: path, list });
    else if (isPlain && list.kind === 'glob' && places === 1)
      this.axes.push({ name: used[0]!, values, glob: path, lines: null, list });
    else if (list.rule === null)
      this.problems.push(`${placeOfList(list)} has several names, and a glob of a spec has one`);
    else if (list.by.length > 0 && list.output === null)
      this.problems.push(`${placeOfList(list)} is no output of rule "${rule}"`);
    else if (isPlain && list.kind === (/\.tsv$/i.test(path) ? 'tsv' : 'csv')) {
      for (const name of used) this.rename(name, list.names[this.columns.get(name)!.at]!);
      const at = used.map((name) => this.columns.get(name)!.at);
      this.tables.push({
        name: this.unique(`${rule}_table`),
        csv: path,
        list,
        usedAt: at,
        isListed: false,
        columns: at.map((i) => list.names[i]!),
        rows: list.rows.map((row) => at.map((i) => row[i]!)),
      });
    } else this.listed(list, used);
  }

  /** A column is called as the file calls it. */
  private rename(name: string, column: string): void {
    this.names.set(name, column);
    if (name !== column && this.taken.has(column))
      this.problems.push(`"${column}" is a column of a file that a rule makes, and another wildcard has that name`);
    this.taken.add(column);
  }

  private unique(wanted: string): string {
    const name = uniqueName(wanted, this.taken);
    this.taken.add(name);
    return name;
  }

  /** A table that a rule of its own makes of what another rule has made. */
  private listed(list: LaterList, used: readonly string[]): void {
    const { by, rows, rule } = list;
    const name = this.unique(`${rule!.name}_list`);
    const key = by.map((wildcard) => this.unique(`${rule!.name}_${wildcard}`));
    const at = used.map((one) => by.length + this.columns.get(one)!.at);
    this.tables.push({
      name,
      csv: `${name}.csv`,
      list,
      usedAt: at.map((i) => i - by.length),
      isListed: true,
      columns: [...key, ...used.map((one) => this.names.get(one)!)],
      rows: rows.map((row) => [...row.slice(0, by.length), ...at.map((i) => row[i]!)]),
    });
    const wanted = this.jobs.jobs.filter((job) => job.rule.name === rule!.name).length;
    const known = new Set(rows.map((row) => JSON.stringify(row.slice(0, by.length)))).size;
    if (wanted !== known)
      this.problems.push(`only some of what rule "${rule!.name}" makes is listed, and a spec lists all or none`);
    this.keys.set(list, this.keyClasses(list, key));
  }

  /** The classes that hold the wildcards of a list wherever its values are, and the columns that these are. */
  private keyClasses(list: LaterList, key: readonly string[]): Map<string, string> {
    const found = new Map<string, string>();
    const take = ({ columns, rows }: Relation): void => {
      const own = columns.filter((c) => this.columns.get(c)?.list === list);
      if (own.length === 0) return;
      for (const [c, column] of columns.entries()) {
        if (this.columns.has(column)) continue;
        const at = key.findIndex((_, k) =>
          rows.every((row) => this.lists.find(row[columns.indexOf(own[0]!)]!)?.row[k] === row[c]),
        );
        if (at >= 0) found.set(column, key[at]!);
      }
    };
    for (const relation of this.relations) {
      take(relation);
      const other = relation.columns.find((c) => !this.columns.has(c) && !found.has(c));
      const isOurs = relation.columns.some((c) => this.columns.get(c)?.list === list);
      if (isOurs && other !== undefined)
        this.problems.push(
          `what ${placeOfList(list)} gives hangs on {${other}}, which rule "${list.rule!.name}" does not know`,
        );
    }
    const rules = new Set(this.jobs.jobs.map((job) => job.rule));
    for (const rule of rules) {
      const own = this.classes.flatMap((c) => {
        const variable = c.variables.find((v) => v.rule === rule && v.item === null);
        return variable ? [{ name: c.name, variable }] : [];
      });
      const jobs = this.jobs.jobs.filter((job) => job.rule === rule);
      take({
        columns: own.map(({ name }) => name),
        rows: jobs.map(({ wildcards }) => own.map(({ variable }) => wildcards.get(variable.name)!)),
      });
    }
    return found;
  }

  /** Which rules wait for which lists: those with their values, and those that read what these make. */
  private spread(): void {
    const ofClass = new Map(this.classes.map((c) => [c, this.columns.get(c.name)?.list]));
    const wait = (rule: SnakeRule, list: LaterList): void => {
      this.waiting.set(rule, (this.waiting.get(rule) ?? new Set()).add(list));
    };
    for (const [found, list] of ofClass) if (list) for (const { rule } of found.variables) wait(rule, list);
    for (let isChanged = true; isChanged; ) {
      isChanged = false;
      for (const { consumer, producer } of this.jobs.links)
        for (const list of this.waiting.get(producer) ?? []) {
          isChanged ||= !this.waiting.get(consumer)?.has(list);
          wait(consumer, list);
        }
    }
  }

  private nameIn(rule: SnakeRule, item: SnakeItem | null, name: string): string {
    if (this.names.has(name)) return this.names.get(name)!;
    const isAsked = rule === this.jobs.goal && rule.output.length === 0;
    const makers = this.jobs.links.filter((link) => link.item === item).map(({ producer }) => producer);
    const lists = (isAsked ? makers : [rule]).flatMap((one) => [...(this.waiting.get(one) ?? [])]);
    const found = new Set(lists.flatMap((list) => this.keys.get(list)?.get(name) ?? []));
    if (found.size > 1)
      this.problems.push(`rule "${rule.name}" waits for several lists by {${name}}, which no rule of a spec can do`);
    return [...found][0] ?? name;
  }
}
