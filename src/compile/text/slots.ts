import type { Node } from '../../model/source.ts';
import type { Slot } from '../../model/workflow.ts';

/** What a rule declares as its inputs or outputs. */
export interface DeclaredFiles<T> {
  readonly list: readonly T[];
  /** Which placeholder means which: ranges of the list by name, '' for all. */
  readonly slots: Map<string, Slot>;
  /** Names of slots with a pattern that could not be read, and is left out of the list; '' where there is any. */
  readonly unread: ReadonlySet<string>;
}

/** Read a pattern, a list of patterns, or a mapping of names to either. */
export function readFiles<T>(
  node: Node | undefined,
  read: (node: Node) => T | null,
  isMany: (value: T) => boolean = () => false,
): DeclaredFiles<T> {
  const list: T[] = [];
  const slots = new Map<string, Slot>();
  const unread = new Set<string>();
  if (!node) return { list, slots, unread };
  const add = (name: string, one: Node): void => {
    const start = list.length;
    const isList = one.kind === 'sequence';
    for (const item of isList ? one.items : [one]) {
      const value = read(item);
      if (value !== null) list.push(value);
      else unread.add(name).add('');
    }
    slots.set(name, { name, start, end: list.length, many: isList || list.slice(start).some(isMany) });
  };
  const named = node.kind === 'mapping' && !node.entries.has('path');
  if (!named) add('', node);
  else for (const [name, entry] of node.entries) add(name, entry.value);
  if (named) slots.set('', { name: '', start: 0, end: list.length, many: true });
  return { list, slots, unread };
}
