import {
  type Location,
  type MappingEntry,
  type MappingNode,
  type Node,
  plainValue,
  type ScalarNode,
} from './source.ts';

type ItemOf<T> = T extends readonly (infer I)[] ? I : never;
type ValueIn<T> = T extends object ? (T extends readonly unknown[] ? never : T[keyof T]) : never;

/**
 * A part of a spec that has passed its JSON Schema: the schema's type `T` beside the node it was read from, so that the
 * exact text and place of everything stay at hand.
 */
export class Located<T> {
  readonly node: Node;

  constructor(node: Node) {
    this.node = node;
  }

  /** The value as the schema sees it; numbers and booleans have lost their text here. */
  get value(): T {
    return plainValue(this.node) as T;
  }

  /** The exact text of a scalar; '' for anything else. */
  get text(): string {
    return this.node.kind === 'scalar' ? this.node.text : '';
  }

  get scalar(): ScalarNode {
    if (this.node.kind !== 'scalar') throw new Error('internal error: a scalar was expected here');
    return this.node;
  }

  get location(): Location {
    return this.node.location;
  }

  get kind(): Node['kind'] {
    return this.node.kind;
  }

  get<K extends keyof NonNullable<T> & string>(key: K): Located<NonNullable<NonNullable<T>[K]>> | undefined {
    const entry = this.node.kind === 'mapping' ? this.node.entries.get(key) : undefined;
    return entry && new Located(entry.value);
  }

  /** The elements of a list; a lone value is a list of one. */
  items(): Located<ItemOf<T>>[] {
    const nodes = this.node.kind === 'sequence' ? this.node.items : [this.node];
    return nodes.map((node) => new Located(node));
  }

  /** The entries of a mapping, in order. */
  entries(): { key: ScalarNode; value: Located<NonNullable<ValueIn<T>>> }[] {
    if (this.node.kind !== 'mapping') return [];
    return [...this.node.entries.values()].map(({ key, value }) => ({ key, value: new Located(value) }));
  }

  as<U>(): Located<U> {
    return new Located<U>(this.node);
  }
}

/** `over` merged onto `under`: maps deeply, all else replaced. */
export function mergeNodes(under: Node, over: Node): Node {
  if (under.kind !== 'mapping' || over.kind !== 'mapping') return over;
  const entries = new Map<string, MappingEntry>(under.entries);
  for (const [key, entry] of over.entries) {
    const below = under.entries.get(key);
    entries.set(key, below ? { key: entry.key, value: mergeNodes(below.value, entry.value) } : entry);
  }
  const merged: MappingNode = { kind: 'mapping', location: over.location, entries, size: over.size };
  return merged;
}
