import type { Input, ParamPart, PathPattern, Relation, Rule, StagedSource, WaitingRule } from '../../model/workflow.ts';
import type { Context } from '../context.ts';
import { Space } from '../params/space.ts';
import * as report from '../report/report.ts';
import { pathPattern, pathWriter } from './paths.ts';
import type { ProducedPaths } from './produced.ts';
import type { NormalizedRule } from './rules.ts';

interface Waits {
  readonly rule: Rule;
  readonly sources: Set<StagedSource>;
  readonly reads: Set<string>;
  readonly mayMake: (path: string) => boolean;
}

/** Tells rules whose tasks are known from those that wait for files which give values. */
export class StagedRules {
  private readonly waits: Waits[] = [];
  private readonly produced: ProducedPaths;
  private readonly relation: Relation;
  private readonly context: Context;

  constructor(produced: ProducedPaths, relation: Relation, context: Context) {
    this.produced = produced;
    this.relation = relation;
    this.context = context;
  }

  /** Take a rule that waits by what it names; false for any other. */
  take({ rule, sources }: NormalizedRule): boolean {
    if (sources.length === 0) return false;
    this.wait(rule, sources);
    return true;
  }

  /** What may read an output of a rule that waits, waits too: whether a task makes it, nobody knows. */
  spread(readable: readonly Rule[]): { readonly rules: readonly Rule[]; readonly waiting: readonly WaitingRule[] } {
    if (this.waits.length === 0) return { rules: readable, waiting: [] };
    let rules = readable;
    for (let before = -1; before !== this.waits.length; ) {
      before = this.waits.length;
      rules = rules.filter((rule) => {
        const read = this.readBy(rule);
        if (read.length === 0) return true;
        this.wait(rule, []);
        return false;
      });
    }
    for (const waits of this.waits) for (const { rule } of this.readBy(waits.rule)) waits.reads.add(rule.name);
    this.spreadSources();
    this.reportCycles(rules);
    const { staged } = this.context.holes;
    const waiting = this.waits
      .map(({ sources, ...waits }) => ({
        ...waits,
        sources: staged.filter((source) => sources.has(source)),
        mayRead: readsAnyOf(waits.rule.inputs),
      }))
      .sort((a, b) => a.rule.location.start - b.rule.location.start);
    return { rules: rules.map((rule, index) => ({ ...rule, index })), waiting };
  }

  /** Whether paths are not known yet, or a rule that waits may make some. */
  mayMake(pattern: PathPattern): boolean {
    if (pattern.columns.some(({ name }) => this.context.holes.waits.has(name))) return true;
    return this.waits.some(({ mayMake }) => this.mayRead({ pattern }, mayMake));
  }

  private wait(rule: Rule, sources: readonly StagedSource[]): void {
    const mayMake = this.produced.makes(rule.name, this.relation.columns);
    this.waits.push({ rule, sources: new Set(sources), reads: new Set(), mayMake });
  }

  private readBy(rule: Rule): Waits[] {
    return this.waits.filter(({ mayMake }) => rule.inputs.some((input) => this.mayRead(input, mayMake)));
  }

  private mayRead({ pattern }: Pick<Input, 'pattern'>, mayMake: (path: string) => boolean): boolean {
    const { absolute, segments, location } = pattern;
    // A param that waits stands as itself here: a text that is no value of any other.
    const known = (part: string | ParamPart): string | ParamPart =>
      typeof part !== 'string' && this.context.holes.waits.has(part.column.name) ? `{${part.column.name}}` : part;
    const rest = pathPattern(
      absolute,
      segments.map((segment) => segment.map(known)),
      location,
    );
    const space = new Space(this.relation, rest.columns);
    const path = pathWriter(rest, space);
    for (let i = 0; i < space.size; i++) if (mayMake(path(i))) return true;
    return false;
  }

  private spreadSources(): void {
    for (let isChanged = true; isChanged; ) {
      isChanged = false;
      for (const { sources, reads } of this.waits) {
        const before = sources.size;
        for (const other of this.waits) {
          if (reads.has(other.rule.name)) for (const source of other.sources) sources.add(source);
        }
        isChanged ||= sources.size > before;
      }
    }
  }

  /** A file that gives values, and that only rules make which wait for it. */
  private reportCycles(rules: readonly Rule[]): void {
    const { diagnostics, holes } = this.context;
    const known = rules.map((rule) => this.produced.makes(rule.name, this.relation.columns));
    const told = new Set<StagedSource>();
    for (const source of holes.staged.filter(({ isKnown }) => !isKnown)) {
      // What must be there before it is: a set that is read on while it grows.
      const before = new Set<StagedSource>();
      const makers = new Set<Waits>();
      const add = ({ path }: StagedSource): void => {
        if (known.some((makes) => makes(path))) return;
        for (const waits of this.waits.filter(({ mayMake }) => mayMake(path))) {
          makers.add(waits);
          for (const other of waits.sources) before.add(other);
        }
      };
      add(source);
      for (const other of before) add(other);
      if (!before.has(source) || told.has(source)) continue;
      for (const other of before) told.add(other);
      const cycle = [...makers].map(({ rule }) => rule);
      diagnostics.push(report.stagedCycle(source, cycle));
    }
  }
}

/** Whether a path may be one of these inputs, whatever their params hold. */
function readsAnyOf(inputs: readonly Input[]): (path: string) => boolean {
  const patterns = inputs.map(({ pattern: { absolute, segments } }) => {
    const part = (p: string | ParamPart): string =>
      typeof p === 'string' ? p.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : p.column.allowsSlash ? '.+' : '[^/]+';
    return new RegExp(`^${absolute ? '/' : ''}${segments.map((s) => s.map(part).join('')).join('/')}$`);
  });
  return (path) => patterns.some((pattern) => pattern.test(path));
}
