import type { Diagnostic } from '../../model/diagnostic.ts';
import { isNull, type MappingEntry, type MappingNode, type Node } from '../../model/source.ts';
import * as report from '../report/report.ts';
import { escapePointer } from './pointer.ts';

export type PlaceholderIn = (node: MappingNode, pointer: string) => string | null;

export interface Blank {
  readonly pointer: string;
  readonly diagnostic: Diagnostic;
}

/** Always a mistake, and always the same words, whatever the schema wants there. */
export function findBlanks(
  node: Node,
  pointer: string,
  entry: MappingEntry | null,
  placeholderIn: PlaceholderIn,
): Blank[] {
  switch (node.kind) {
    case 'scalar': {
      if (!isNull(node)) return [];
      const location = node.text === '' && entry ? entry.key.location : node.location;
      return [{ pointer, diagnostic: report.nullValue(location, node.text, entry?.key.text) }];
    }
    case 'sequence':
      return node.items.flatMap((item, i) => findBlanks(item, `${pointer}/${i}`, null, placeholderIn));
    case 'mapping': {
      const placeholder = placeholderIn(node, pointer);
      if (placeholder !== null) {
        return [{ pointer, diagnostic: report.needsQuotes(node.location, placeholder, entry?.key.text) }];
      }
      return [...node.entries].flatMap(([key, e]) =>
        findBlanks(e.value, `${pointer}/${escapePointer(key)}`, e, placeholderIn),
      );
    }
  }
}
