import type { Graph } from '../../model/graph.ts';

export interface Rails {
  /** Per node: the row that it stands in, and the rails below it. Each column takes two characters. */
  readonly rows: readonly { readonly at: string; readonly below: string }[];
  readonly columns: number;
}

/**
 * The rails of a graph as `git log --graph` draws them, producers above: a rail runs from each node down to its last
 * consumer. null where they would take more than `maxColumns`.
 */
export function railRows({ nodes, edges }: Graph, maxColumns: number): Rails | null {
  const producers: number[][] = nodes.map(() => []);
  const consumersLeft = new Int32Array(nodes.length);
  for (const { from, to } of edges) {
    // A rail goes down: an edge to a rule above, of rules that feed each other, is told in words alone.
    if (from >= to) continue;
    producers[to]!.push(from);
    consumersLeft[from]!++;
  }
  const rails: (number | null)[] = [];
  const rows: Rails['rows'][number][] = [];
  let columns = 0;
  for (let node = 0; node < nodes.length; node++) {
    const joined = new Map<number, 'goes on' | 'ends'>();
    for (const producer of producers[node]!)
      joined.set(rails.indexOf(producer), --consumersLeft[producer]! > 0 ? 'goes on' : 'ends');
    const column = columnFor(rails, joined);
    const at = nodeRow(rails, joined, column);
    for (const [rail, fate] of joined) if (fate === 'ends') rails[rail] = null;
    rails[column] = consumersLeft[node]! > 0 ? node : null;
    while (rails.at(-1) === null) rails.pop();
    columns = Math.max(columns, rails.length, column + 1);
    if (columns > maxColumns) return null;
    rows.push({ at, below: rails.map((rail) => (rail === null ? ' ' : '│')).join(' ') });
  }
  return { rows, columns };
}

/** In place of a producer's rail that ends here, so that a chain is one straight line; else the first free column. */
function columnFor(rails: readonly (number | null)[], joined: ReadonlyMap<number, 'goes on' | 'ends'>): number {
  const ending = [...joined].flatMap(([rail, fate]) => (fate === 'ends' ? [rail] : []));
  if (ending.length > 0) return Math.min(...ending);
  const free = rails.indexOf(null);
  return free < 0 ? rails.length : free;
}

function nodeRow(
  rails: readonly (number | null)[],
  joined: ReadonlyMap<number, 'goes on' | 'ends'>,
  column: number,
): string {
  const first = Math.min(column, ...joined.keys());
  const last = Math.max(column, ...joined.keys());
  let row = '';
  for (let c = 0; c < Math.max(rails.length, column + 1); c++) {
    const fate = joined.get(c);
    if (c === column) row += '●';
    else if (fate === 'goes on') row += c === first ? '├' : c === last ? '┤' : '┼';
    else if (fate === 'ends') row += c === first ? '╰' : c === last ? '╯' : '┴';
    else if (rails[c] !== null && rails[c] !== undefined) row += '│';
    else row += c > first && c < last ? '─' : ' ';
    row += c >= first && c < last ? '─' : ' ';
  }
  return row;
}
