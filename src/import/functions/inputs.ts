import type { SnakeArgument, SnakeItem, SnakePart } from '../../model/snakefile.ts';
import type { Jobs } from '../jobs/job.ts';
import { safeName } from '../names.ts';
import { pathsOf, textOf, writtenOut } from '../patterns.ts';
import type { LaterLists } from '../staged/lists.ts';
import { isGiven, type Place, type RuleChoices } from './choices.ts';
import { liftList, liftPath } from './lift.ts';
import { type Factored, factor } from './texts.ts';

/** More paths than these of one argument are gathered, not written one by one. */
const MOST_WRITTEN = 4;

/** What became of a function: arguments, or why not, in words. */
export type ResolvedInput = readonly SnakeArgument[] | { readonly why: string };

/** Arguments without functions that stand for the same paths, job by job. */
export async function resolveInput(
  choices: RuleChoices,
  place: Place,
  makers: Jobs['makers'],
  later: LaterLists,
): Promise<ResolvedInput> {
  return new InputResolver(choices, place, makers, later).resolve();
}

class InputResolver {
  private readonly choices: RuleChoices;
  private readonly place: Place;
  private readonly makers: Jobs['makers'];
  private readonly later: LaterLists;
  /** What the function gave, by job. */
  private readonly given: readonly (readonly SnakeArgument[])[];
  private readonly reads: readonly string[];

  constructor(choices: RuleChoices, place: Place, makers: Jobs['makers'], later: LaterLists) {
    this.later = later;
    this.choices = choices;
    this.place = place;
    this.makers = makers;
    const outcomes = choices.jobs.map((job) => job.answer!.input[place.index]!);
    this.given = outcomes.map((outcome) => (isGiven(outcome) ? outcome.value : []));
    this.reads = choices.readsOf(outcomes);
  }

  async resolve(): Promise<ResolvedInput> {
    for await (const answers of this.choices.answers()) {
      const said = answers.map(({ input }) => input[this.place.index]).map((o) => (isGiven(o) ? o.value : null));
      const isRight = this.choices.jobs.every(
        ({ wildcards }, i) => said[i] && pathsText(said[i]!, wildcards) === pathsText(this.given[i]!, wildcards),
      );
      const arguments_ = isRight ? this.combine(said as (readonly SnakeArgument[])[]) : null;
      if (arguments_) return arguments_;
    }
    const written = this.combine(this.given.map((list, i) => this.writtenFor(list, this.choices.jobs[i]!.wildcards)));
    if (written) return written;
    const empty = this.choices.jobs.findIndex((_, i) => this.given[i]!.some((a) => a.items.length === 0));
    if (empty < 0) return { why: 'gives paths that neither a pattern nor a table can say' };
    const values = [...this.choices.jobs[empty]!.wildcards].map(([name, value]) => `${name}=${value}`).join(' ');
    return { why: `gives no path for ${values}, and some for others, which no rule of a spec can do` };
  }

  /** With the wildcards that stand in texts which a function gave filled in. */
  private writtenFor(
    given: readonly SnakeArgument[],
    wildcards: ReadonlyMap<string, string>,
  ): readonly SnakeArgument[] {
    return given.map((argument) => ({
      ...argument,
      items: argument.items.flatMap((item) =>
        pathsOf(item, wildcards).map((path) => ({
          parts: [path],
          // What makes it is known by now.
          flags: item.flags.filter((flag) => !flag.startsWith('made-by:')),
        })),
      ),
    }));
  }

  /** One list of arguments out of those of all jobs. */
  private combine(said: readonly (readonly SnakeArgument[])[]): readonly SnakeArgument[] | null {
    const shapesBy = (shape: (a: SnakeArgument) => unknown): number =>
      new Set(said.map((s) => JSON.stringify(s.map(shape)))).size;
    // One path for some jobs, a list for others: a list for all.
    const isListed = shapesBy((a) => a.name) === 1 && said[0]!.every((a) => a.name !== null);
    const lists = isListed || shapesBy((a) => [a.name, a.many]) === 1 ? said : said.map((s) => [flattened(s)]);
    const found: SnakeArgument[] = [];
    for (const [at, argument] of lists[0]!.entries()) {
      const items = this.items(
        lists.map((list) => list[at]!.items),
        argument.name,
      );
      if (items === null) return null;
      found.push({ ...argument, many: lists.some((list) => list[at]!.many), items });
    }
    return found;
  }

  /** `ofJobs`: the items of one argument, by job. */
  private items(ofJobs: readonly (readonly SnakeItem[])[], name: string | null): readonly SnakeItem[] | null {
    if (new Set(ofJobs.map((items) => JSON.stringify(items))).size === 1) return ofJobs[0]!;
    const written = ofJobs.map((items) => items.flatMap(writtenOut));
    const counts = new Set(written.map((items) => items.length));
    const wanted = name ?? this.place.wanted;
    const isLater = written.flat().some(({ parts }) => this.later.in(textOf(parts)) !== undefined);
    if (counts.size === 1 && written[0]!.length <= MOST_WRITTEN && !isLater) {
      const found = written[0]!.map((_, at) =>
        this.item(
          written.map((items) => items[at]!),
          wanted,
        ),
      );
      return found.every((item) => item !== null) ? found : null;
    }
    return this.gathered(written, wanted);
  }

  /** One path a job. */
  private item(ofJobs: readonly SnakeItem[], wanted: string): SnakeItem | null {
    const { choices } = this;
    const { flags } = ofJobs[0]!;
    const texts = ofJobs.map((item) => JSON.stringify(item.parts));
    if (new Set(texts).size === 1) return ofJobs[0]!;
    const more = { reads: this.reads, inPath: true, from: this.place.from };
    const paths = ofJobs.map((item, i) => pathsOf(item, choices.jobs[i]!.wildcards)[0]!);
    const lifted = liftPath(paths, choices, this.makers, more);
    if (lifted) return { parts: lifted, flags };
    const distinct = [...new Map(ofJobs.map((item, i) => [texts[i]!, item.parts]))];
    const factored = this.factored(distinct.map(([, parts]) => parts));
    if (!factored) return null;
    const values = new Map(distinct.map(([text], i) => [text, factored.middles[i]!]));
    const column = choices.determine(
      texts.map((text) => values.get(text)!),
      safeName(wanted),
      more,
    );
    return { parts: [...factored.before, { w: column, c: null }, ...factored.after], flags };
  }

  /** Any number of paths a job, at least one. */
  private gathered(ofJobs: readonly (readonly SnakeItem[])[], wanted: string): readonly SnakeItem[] | null {
    const { choices } = this;
    if (ofJobs.some((items) => items.length === 0)) return null;
    const { flags } = ofJobs[0]![0]!;
    const more = { reads: this.reads, inPath: true, from: this.place.from };
    const paths = ofJobs.map((items, i) => items.flatMap((item) => pathsOf(item, choices.jobs[i]!.wildcards)));
    const lifted = liftList(paths, choices, this.makers, more, this.later);
    if (lifted) return [{ ...lifted, flags }];
    if (paths.flat().some((path) => this.later.in(path))) return this.byMaker(ofJobs, wanted);
    const patterns = new Map<string, readonly SnakePart[]>();
    for (const { parts } of ofJobs.flat()) patterns.set(JSON.stringify(parts), parts);
    const factored = this.factored([...patterns.values()]);
    if (!factored) return null;
    const values = new Map([...patterns.keys()].map((text, i) => [text, factored.middles[i]!]));
    const column = safeName(wanted);
    const rows = choices.rowsBy(
      ofJobs.map((items) => items.map(({ parts }) => [values.get(JSON.stringify(parts))!])),
      [column],
      more,
    );
    return [{ parts: [...factored.before, { e: column }, ...factored.after], flags, rows }];
  }

  /** Paths as a table lists them stay whole. */
  private factored(patterns: readonly (readonly SnakePart[])[]): Factored | null {
    const texts = patterns.flatMap(([text, ...others]) =>
      others.length === 0 && typeof text === 'string' ? [text] : [],
    );
    const isListed = texts.length === patterns.length && this.choices.cells.have(texts);
    return isListed ? { before: [], middles: texts, after: [] } : factor(patterns);
  }

  /** What several outputs make, each for itself. */
  private byMaker(ofJobs: readonly (readonly SnakeItem[])[], wanted: string): readonly SnakeItem[] | null {
    const { jobs } = this.choices;
    const outputs = ofJobs.map((items, i) =>
      items.map((item) => this.makers.get(pathsOf(item, jobs[i]!.wildcards)[0]!)?.output ?? null),
    );
    const all = [...new Set(outputs.flat())];
    if (all.length === 1) return null;
    const found = all.map((output) =>
      this.items(
        ofJobs.map((items, i) => items.filter((_, at) => outputs[i]![at] === output)),
        wanted,
      ),
    );
    return found.every((items) => items !== null) ? found.flat() : null;
  }
}

function pathsText(given: readonly SnakeArgument[], wildcards: ReadonlyMap<string, string>): string {
  return JSON.stringify(
    given.map(({ name, many, items }) => [name, many, items.flatMap((item) => pathsOf(item, wildcards))]),
  );
}

function flattened(given: readonly SnakeArgument[]): SnakeArgument {
  return { name: null, many: true, line: given[0]?.line ?? 1, items: given.flatMap((a) => a.items) };
}
