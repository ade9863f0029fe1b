import type { MappingEntry, Node } from '../../model/source.ts';
import { type Holes, nodeAt, noteHole, STAND_IN } from '../text/holes.ts';
import type { Fault } from './errors.ts';
import { escapePointer, pointerParts } from './pointer.ts';

/** What falls with one part may fall with the next: a param without "to" goes as a whole. */
const MOST_ROUNDS = 20;

/**
 * A spec as far as it fits its schema: a misspelt key under the name that was likely meant, and without what does not
 * fit. The rest can then be read on, so that its mistakes show in the same go. Rules may lack `output` or `run`
 * afterwards, the spec `rules`. Null where nothing is left.
 */
export function repair(
  root: Node,
  found: readonly Fault[],
  faultsOf: (root: Node) => readonly Fault[],
  holes: Holes,
): Node | null {
  let repaired = root;
  let faults = found.filter(matters);
  for (let round = 0; faults.length > 0; round++) {
    if (round === MOST_ROUNDS || faults.some((f) => f.pointer === '' && f.kind === 'value')) return null;
    repaired = withoutFaults(repaired, faults, holes);
    faults = faultsOf(repaired).filter(matters);
  }
  return repaired;
}

/** A name that is none stays: nothing can refer to it. */
function matters({ kind, pointer }: Fault): boolean {
  if (kind === 'missing key') return pointer !== '' && !/^\/rules\/[^/]*$/.test(pointer);
  return kind !== 'bad name';
}

function withoutFaults(root: Node, faults: readonly Fault[], holes: Holes): Node {
  const dropped = new Set<string>();
  const replaced = new Set<string>();
  const renamed = new Map<string, string>();
  for (const fault of faults) {
    const parts = wholePart(pointerParts(fault.pointer), root);
    if (fault.kind === 'unknown key') {
      const place = `${fault.pointer}/${escapePointer(fault.key)}`;
      const mapping = nodeAt(root, pointerParts(fault.pointer));
      const isFree = mapping?.kind === 'mapping' && fault.meant !== null && !mapping.entries.has(fault.meant);
      const isFirst = [...renamed].every(
        ([other, meant]) => meant !== fault.meant || parentOf(other) !== fault.pointer,
      );
      if (isFree && isFirst) renamed.set(place, fault.meant!);
      else dropped.add(place);
    } else {
      const isCell = parts[0] === 'tables' && parts.length === 4;
      (isCell ? replaced : dropped).add(parts.map((part) => `/${escapePointer(part)}`).join(''));
    }
  }
  for (const pointer of [...dropped, ...replaced]) noteHole(holes, root, pointerParts(pointer));
  return rebuilt(root, '', { dropped, replaced, renamed });
}

/** An entry of `exclude` means nothing without one of its parts, nor does a cell of a table. */
function wholePart(parts: string[], root: Node): string[] {
  if (parts[0] === 'exclude') return parts.slice(0, 2);
  if (parts[0] === 'tables' && nodeAt(root, parts.slice(0, 2))?.kind === 'sequence') return parts.slice(0, 4);
  return parts;
}

function parentOf(pointer: string): string {
  return pointer.slice(0, pointer.lastIndexOf('/'));
}

/** By JSON pointers. */
interface Edits {
  readonly dropped: ReadonlySet<string>;
  /** Cells of tables, which get a stand-in: a row without one would be another mistake. */
  readonly replaced: ReadonlySet<string>;
  readonly renamed: ReadonlyMap<string, string>;
}

function rebuilt(node: Node, pointer: string, edits: Edits): Node {
  const { dropped, renamed } = edits;
  if (edits.replaced.has(pointer)) {
    return { kind: 'scalar', location: node.location, text: STAND_IN, style: 'quoted', size: 1 };
  }
  if (node.kind === 'sequence') {
    const items = node.items.flatMap((item, i) =>
      dropped.has(`${pointer}/${i}`) ? [] : rebuilt(item, `${pointer}/${i}`, edits),
    );
    return { ...node, items };
  }
  if (node.kind !== 'mapping') return node;
  const entries = new Map<string, MappingEntry>();
  for (const [key, entry] of node.entries) {
    const place = `${pointer}/${escapePointer(key)}`;
    if (dropped.has(place)) continue;
    const name = renamed.get(place) ?? key;
    entries.set(name, {
      key: { ...entry.key, text: name },
      value: rebuilt(entry.value, place, edits),
    });
  }
  return { ...node, entries };
}
