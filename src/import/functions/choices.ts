import type { CallFunctions, SnakeAnswer, SnakeOutcome, SnakeRows, SnakeRule } from '../../model/snakefile.ts';
import type { Cells } from '../from-files.ts';
import type { Job } from '../jobs/job.ts';
import { uniqueName } from '../names.ts';
import { keyOf, wildcardsOfRule } from '../patterns.ts';

/** Where in a rule a function stands. */
export interface Place {
  /** Among the functions of its section. */
  readonly index: number;
  /** What a column of its values is called. */
  readonly wanted: string;
  /** Which function it is, in words. */
  readonly from: string;
}

/** Of values that are to be a column. */
export interface ColumnOptions {
  /** The wildcards that the function looks at. */
  readonly reads: readonly string[];
  readonly inPath: boolean;
  readonly from: string;
}

/** What the functions of one rule give for its jobs, and the names that become columns. */
export class RuleChoices {
  readonly rule: SnakeRule;
  readonly jobs: readonly Job[];
  readonly cells: Cells;
  readonly determined: SnakeRows[] = [];
  private readonly call: CallFunctions;
  private marked: readonly SnakeAnswer[] | null = null;
  private readonly names: Set<string>;

  constructor(rule: SnakeRule, jobs: readonly Job[], call: CallFunctions, cells: Cells) {
    this.cells = cells;
    this.rule = rule;
    this.jobs = jobs;
    this.call = call;
    this.names = new Set(wildcardsOfRule(rule));
  }

  get wildcards(): readonly string[] {
    return wildcardsOfRule(this.rule);
  }

  /** Two ways to say what the functions give, by job: with wildcards in patterns, and without. */
  async *answers(): AsyncGenerator<readonly SnakeAnswer[]> {
    this.marked ??= await this.call(
      this.jobs.map(({ wildcards }) => ({
        rule: this.rule.calls ?? this.rule.name,
        wildcards: Object.fromEntries(wildcards),
        marked: true,
      })),
    );
    yield this.marked;
    yield this.jobs.map((job) => job.answer!);
  }

  /** The wildcards of the rule that a function looked at for some job; all where that can't be told. */
  readsOf(outcomes: readonly SnakeOutcome<unknown>[]): readonly string[] {
    const seen = new Set(outcomes.flatMap((outcome) => (isGiven(outcome) ? outcome.reads : [])));
    const reads = this.wildcards.filter((w) => seen.has(w));
    return reads.length > 0 ? reads : this.wildcards;
  }

  /** Rows of values for each job, by the wildcards that they hang on. */
  rowsBy(
    rowsOfJobs: readonly (readonly (readonly string[])[])[],
    names: readonly string[],
    { reads, inPath, from }: ColumnOptions,
  ): SnakeRows {
    const texts = rowsOfJobs.map((rows) => JSON.stringify(rows));
    const by = this.hangsOn(texts, reads);
    const rows = new Map(this.jobs.map((job, i) => [keyOf(by, job.wildcards), rowsOfJobs[i]!]));
    return { by, names, rows, inPath, from };
  }

  /** A name for a value that each job has one of; the one there is where the same function gave the same. */
  determine(values: readonly string[], wanted: string, options: ColumnOptions): string {
    const rows = values.map((value) => [[value]]);
    const found = this.rowsBy(rows, [wanted], options);
    const id = (one: SnakeRows): string => JSON.stringify([one.by, [...one.rows]]);
    const isSame = (other: SnakeRows): boolean =>
      (other.names[0] === wanted || other.from === options.from) && id(other) === id(found);
    const at = this.determined.findIndex(isSame);
    if (at >= 0) {
      const same = this.determined[at]!;
      this.determined[at] = { ...same, inPath: same.inPath || options.inPath };
      return same.names[0]!;
    }
    const name = uniqueName(wanted, this.names);
    this.names.add(name);
    this.determined.push({ ...found, names: [name] });
    return name;
  }

  /** The wildcards that a text hangs on, as few as will do. `texts`: what it is for each job. */
  private hangsOn(texts: readonly string[], reads: readonly string[]): readonly string[] {
    const isEnough = (by: readonly string[]): boolean => {
      const seen = new Map<string, string>();
      return this.jobs.every((job, i) => {
        const key = keyOf(by, job.wildcards);
        const before = seen.get(key);
        seen.set(key, texts[i]!);
        return before === undefined || before === texts[i];
      });
    };
    let by = isEnough(reads) ? reads : this.wildcards;
    for (const name of [...by].reverse()) {
      const fewer = by.filter((n) => n !== name);
      if (isEnough(fewer)) by = fewer;
    }
    return by;
  }
}

export function isGiven<T>(outcome: SnakeOutcome<T> | undefined): outcome is { value: T; reads: readonly string[] } {
  return outcome !== undefined && 'value' in outcome;
}
