import type { RuleTasks, Tuples } from '../../model/plan.ts';
import type { Column, Output, PathPattern, Rule, Segment } from '../../model/workflow.ts';
import { pathWriter } from '../rules/paths.ts';
import { type PlacedPath, placed, placedText, type SpecPlace } from '../text/place.ts';
import { type SegmentJoin, SegmentJoiner, SegmentTexts, segmentKey } from './join.ts';

/** One output pattern of a rule, and the tasks that write to it. */
export interface OutputRef {
  readonly tasks: RuleTasks;
  readonly rule: Rule;
  readonly output: Output;
  readonly position: number;
  readonly kind: 'output';
}

/** What an index needs of a pattern: an output, or what is looked up as one. */
export interface Indexed {
  readonly tasks: Pick<RuleTasks, 'space' | 'firstTask'>;
  readonly output: Pick<Output, 'pattern' | 'directory'>;
}

/** An output that a path may come from, component by component. */
interface Hit<R> {
  readonly ref: R;
  readonly joins: readonly SegmentJoin[];
  readonly relation: Meeting;
}

/** `same`: the path itself. `inside`: below a directory output. `below-file`: below an output that is a file. */
export type Meeting = 'same' | 'inside' | 'below-file';

interface TrieNode<R> {
  readonly literals: Map<string, TrieNode<R>>;
  readonly patterns: Map<string, { texts: SegmentTexts; node: TrieNode<R> }>;
  readonly outputs: R[];
}

const newNode = <R>(): TrieNode<R> => ({ literals: new Map(), patterns: new Map(), outputs: [] });

/** What a path, or each path of a pattern, was found to be. */
export interface Match<R = OutputRef> {
  readonly ref: R;
  /** Global task id. */
  readonly task: number;
  readonly meeting: Meeting;
}

/**
 * All output patterns by path component. A pattern of an input meets only the outputs whose components can be equal, so
 * linking takes one walk per input, not one per pair. Outputs whose text can't be read back to one task (two params
 * side by side, values with slashes) are listed path by path instead.
 */
export class OutputIndex<R extends Indexed = OutputRef> {
  private readonly place: SpecPlace;
  private readonly root = newNode<R>();
  /** Of the spec's folder; most paths lie below. */
  private readonly folder: TrieNode<R>;
  /** Whether an output lies elsewhere, or may: then each walk begins at the root. */
  private hasElsewhere = false;
  private readonly joiner = new SegmentJoiner();
  /** By the one way to write a path; see `placedText`. */
  private readonly listed = new Map<string, Match<R>>();
  /** Pairs of outputs that write one path, found while listing. */
  readonly collisions: { first: Match<R>; second: Match<R>; path: string }[] = [];

  constructor(place: SpecPlace) {
    this.place = place;
    this.folder = place.folder.reduce<TrieNode<R>>(literalChild, this.root);
  }

  add(ref: R): void {
    const { pattern } = ref.output;
    if (!this.isReadable(pattern)) {
      this.list(ref);
      return;
    }
    const { isBelow, segments } = placed(pattern, this.place);
    let node = isBelow ? this.folder : this.root;
    this.hasElsewhere ||= !isBelow;
    for (const segment of segments) {
      const texts = this.joiner.textsOf(segment);
      node = texts.literal !== null ? literalChild(node, texts.literal) : patternChild(node, segment, texts);
    }
    node.outputs.push(ref);
  }

  private isReadable(pattern: PathPattern): boolean {
    return (
      pattern.columns.every((c) => !c.allowsSlash) &&
      pattern.segments.every((s) => this.joiner.textsOf(s).isInjective() === true)
    );
  }

  private list(ref: R): void {
    const write = this.placedWriter(ref.output.pattern, ref.tasks.space);
    for (let i = 0; i < ref.tasks.space.size; i++) {
      const path = write(i);
      const match: Match<R> = { ref, task: ref.tasks.firstTask + i, meeting: 'same' };
      const first = this.listed.get(path);
      if (first) this.collisions.push({ first, second: match, path });
      else this.listed.set(path, match);
    }
  }

  get hasListed(): boolean {
    return this.listed.size > 0;
  }

  /** A function from a tuple to the one way to write a path of a pattern. */
  private placedWriter(pattern: PathPattern, space: Tuples): (tuple: number) => string {
    const { isBelow, segments } = placed(pattern, this.place);
    const write = pathWriter({ ...pattern, absolute: !isBelow, segments }, space);
    // Where the values lead is told by their text: a look at the disk for each path would take too long.
    const byText = { ...this.place, isFolder: () => false };
    return isBelow ? write : (tuple) => placedText(write(tuple), byText);
  }

  /** Where a path comes from, however it is written: the task that writes it, or a directory that holds it. */
  findPath(path: string): Match<R>[] {
    return this.findPlaced(placedText(path, this.place));
  }

  private findPlaced(path: string): Match<R>[] {
    const isBelow = !path.startsWith('/');
    const segments = path
      .split('/')
      .slice(isBelow ? 0 : 1)
      .map((p) => [p]);
    const matches = this.listedMatches(path);
    const hits = this.walk({ isBelow, segments });
    if (hits === 'unknown') throw new Error('internal error: a literal path is always comparable');
    for (const hit of hits) {
      const task = new HitReader(hit, []).task([]);
      if (task >= 0) matches.push({ ref: hit.ref, task: hit.ref.tasks.firstTask + task, meeting: hit.relation });
    }
    return matches;
  }

  private listedMatches(path: string): Match<R>[] {
    if (this.listed.size === 0) return [];
    const matches: Match<R>[] = [];
    const exact = this.listed.get(path);
    if (exact) matches.push(exact);
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const above = this.listed.get(path.slice(0, slash));
      if (above) matches.push({ ...above, meeting: above.ref.output.directory ? 'inside' : 'below-file' });
    }
    return matches;
  }

  /** For each path of a pattern, visit the outputs that it comes from. */
  match(pattern: PathPattern, space: Tuples, visit: (tuple: number, match: Match<R>) => void): void {
    const comparable = pattern.columns.every((c) => !c.allowsSlash) && !this.hasListed;
    const hits = comparable ? this.walk(placed(pattern, this.place)) : 'unknown';
    if (hits === 'unknown') {
      const write = this.placedWriter(pattern, space);
      for (let t = 0; t < space.size; t++) for (const m of this.findPlaced(write(t))) visit(t, m);
      return;
    }
    const readers = pattern.columns.map((c) => space.reader(c));
    const ids = new Int32Array(readers.length);
    for (const hit of hits) {
      if (isOneToOne(hit, space)) {
        for (let t = 0; t < space.size; t++)
          visit(t, { ref: hit.ref, task: hit.ref.tasks.firstTask + t, meeting: hit.relation });
        continue;
      }
      const reader = new HitReader(hit, pattern.columns);
      for (let t = 0; t < space.size; t++) {
        for (let c = 0; c < readers.length; c++) ids[c] = readers[c]!(t);
        const task = reader.task(ids);
        if (task >= 0) visit(t, { ref: hit.ref, task: hit.ref.tasks.firstTask + task, meeting: hit.relation });
      }
    }
  }

  private walk({ isBelow, segments: wanted }: PlacedPath): Hit<R>[] | 'unknown' {
    const hits: Hit<R>[] = [];
    // An output elsewhere may lead into the folder by its values: the folder's own components are compared with it then.
    const fromFolder = isBelow && !this.hasElsewhere;
    const whole = isBelow && !fromFolder ? [...this.place.folder.map((name) => [name]), ...wanted] : wanted;
    const segments = whole.map((s) =>
      s.length === 1 && typeof s[0] === 'string' ? literalTexts(s[0]) : this.joiner.textsOf(s),
    );
    let unknown = false;
    const visit = (node: TrieNode<R>, depth: number, joins: readonly SegmentJoin[]): void => {
      const atEnd = depth === segments.length;
      for (const ref of node.outputs) {
        hits.push({ ref, joins, relation: atEnd ? 'same' : ref.output.directory ? 'inside' : 'below-file' });
      }
      if (atEnd) return;
      const texts = segments[depth]!;
      const descend = (to: SegmentTexts, next: TrieNode<R>): void => {
        const join = this.joiner.join(texts, to);
        if (join === 'unknown') unknown = true;
        else if (join !== 'never')
          visit(next, depth + 1, join.from.length + join.to.length === 0 ? joins : [...joins, join]);
      };
      if (texts.literal !== null) {
        const next = node.literals.get(texts.literal);
        if (next) visit(next, depth + 1, joins);
      } else {
        for (const [literal, next] of node.literals) descend(literalTexts(literal), next);
      }
      for (const { texts: to, node: next } of node.patterns.values()) {
        if (texts.literal === null) {
          descend(to, next);
          continue;
        }
        const combination = to.find(texts.literal);
        if (combination >= 0)
          visit(next, depth + 1, [...joins, { from: [], to: to.columns, table: Int32Array.of(combination) }]);
      }
    };
    visit(fromFolder ? this.folder : this.root, 0, []);
    return unknown ? 'unknown' : hits;
  }
}

/** Each path comes from the task of its own values, and the tuples of the same columns come in the same order: the relation's. */
function isOneToOne({ ref, joins }: Hit<Indexed>, { columns }: Tuples): boolean {
  const key = ref.tasks.space.columns;
  const joined = new Set(joins.flatMap((join) => join.to));
  return (
    key.length === columns.length &&
    key.every((column) => columns.includes(column) && joined.has(column)) &&
    joins.every((join) => join.table === null)
  );
}

function literalChild<R>({ literals }: TrieNode<R>, literal: string): TrieNode<R> {
  const next = literals.get(literal) ?? newNode<R>();
  literals.set(literal, next);
  return next;
}

function patternChild<R>({ patterns }: TrieNode<R>, segment: Segment, texts: SegmentTexts): TrieNode<R> {
  const key = segmentKey(segment);
  const next = patterns.get(key)?.node ?? newNode<R>();
  patterns.set(key, { texts, node: next });
  return next;
}

function literalTexts(literal: string): SegmentTexts {
  return new SegmentTexts([literal]);
}

/** Turns value ids of a path's params into the task that writes the path. */
class HitReader {
  private readonly joins: readonly { join: SegmentJoin; fromAt: number[]; toAt: number[] }[];
  private readonly given: Column[];
  private readonly ids: Int32Array;
  private readonly find: (ids: ArrayLike<number>) => number;

  constructor(hit: Hit<Indexed>, columns: readonly Column[]) {
    this.given = [...new Set(hit.joins.flatMap((j) => j.to))];
    this.joins = hit.joins.map((join) => ({
      join,
      fromAt: join.from.map((c) => columns.indexOf(c)),
      toAt: join.to.map((c) => this.given.indexOf(c)),
    }));
    this.ids = new Int32Array(this.given.length);
    this.find = hit.ref.tasks.space.finder(this.given);
  }

  /** Index of the task within its rule, -1 for none. */
  task(from: ArrayLike<number>): number {
    this.ids.fill(-1);
    for (const { join, fromAt, toAt } of this.joins) {
      if (join.table === null) {
        for (let i = 0; i < toAt.length; i++) if (!this.take(toAt[i]!, from[fromAt[i]!]!)) return -1;
        continue;
      }
      let combination = 0;
      for (let i = 0; i < fromAt.length; i++)
        combination = combination * join.from[i]!.values.length + from[fromAt[i]!]!;
      let rest = join.table[combination]!;
      if (rest < 0) return -1;
      for (let i = toAt.length - 1; i >= 0; i--) {
        const radix = join.to[i]!.values.length;
        if (!this.take(toAt[i]!, rest % radix)) return -1;
        rest = Math.floor(rest / radix);
      }
    }
    return this.find(this.ids);
  }

  /** One param may stand in several components: all must agree. */
  private take(at: number, id: number): boolean {
    if (this.ids[at]! >= 0 && this.ids[at] !== id) return false;
    this.ids[at] = id;
    return true;
  }
}
