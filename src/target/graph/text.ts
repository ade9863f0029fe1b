import type { Graph, GraphEdge, GraphNode } from '../../model/graph.ts';
import { countLabel, shapeLabels } from './labels.ts';
import { type Rails, railRows } from './rails.ts';

const WIDTH = 80;
/** Columns that rails may take: beside more of them nothing can be read. Tasks need room for their params. */
const MAX_RAIL_COLUMNS = { rules: 16, tasks: 4 };

/** A graph for the terminal: rails from producers down to consumers, or where they would be too many, a tree. */
export function renderText(graph: Graph): string {
  const rails = railRows(graph, MAX_RAIL_COLUMNS[graph.kind]);
  const body = rails === null ? treeLines(graph) : railLines(graph, rails);
  return `${body.map((line) => line.trimEnd()).join('\n')}\n`;
}

// --- rails ---

function railLines(graph: Graph, { rows, columns }: Rails): string[] {
  const nameWidth = Math.max(0, ...graph.nodes.map((n) => n.rule.length));
  const countWidth = Math.max(0, ...graph.nodes.map((n) => countLabel(n.tasks).length));
  const incoming = edgesByConsumer(graph);
  return graph.nodes.flatMap((node, i) => {
    const { at, below } = rows[i]!;
    const lead = (rail: string): string => `${rail.padEnd(columns * 2)} `;
    const [head = '', ...rest] =
      graph.kind === 'rules'
        ? [`${node.rule.padEnd(nameWidth)}  ${countLabel(node.tasks).padStart(countWidth)}`]
        : wrap(taskWords(node), WIDTH - columns * 2 - 1);
    const details = graph.kind === 'rules' ? incoming[i]!.flatMap((edge) => edgeLines(graph, edge, columns)) : [];
    const spacer = i < graph.nodes.length - 1 ? [below] : [];
    return [lead(at) + head, ...[...rest, ...details].map((line) => lead(below) + line), ...spacer];
  });
}

function edgeLines(graph: Graph, edge: GraphEdge, columns: number): string[] {
  const producer = edge.from === edge.to ? 'itself' : graph.nodes[edge.from]!.rule;
  return shapeLabels(edge).flatMap((label) =>
    wrap(`  ← ${producer}: ${label}`.split(/(?<=\S) /), WIDTH - columns * 2 - 1, '      '),
  );
}

// --- tree ---

/** From what nothing depends on, down to what it needs; what was shown before is not shown again. */
function treeLines(graph: Graph): string[] {
  const incoming = edgesByConsumer(graph);
  const isNeeded = new Set(graph.edges.filter((e) => e.from !== e.to).map((e) => e.from));
  const roots = graph.nodes.flatMap((_, i) => (isNeeded.has(i) ? [] : [i]));
  // Rules that feed each other in a ring have no end to begin at.
  const shown = new Set<number>();
  const lines: string[] = [];
  for (const root of [...roots, ...graph.nodes.keys()]) {
    if (shown.has(root)) continue;
    const open: TreeEntry[] = [{ node: root, lead: '', branch: '', edge: null }];
    for (let entry = open.pop(); entry; entry = open.pop()) {
      const { node, lead, branch, edge } = entry;
      const children = incoming[node]!.filter((e) => e.from !== node);
      const isKnown = shown.has(node) && children.length > 0;
      shown.add(node);
      const words = [...nodeWords(graph, graph.nodes[node]!), ...(edge ? shapeLabels(edge) : [])];
      if (isKnown) words.push('(above)');
      const below = branch === '' ? '' : branch === '└─ ' ? '   ' : '│  ';
      const [head = '', ...rest] = wrap(words, WIDTH - lead.length - branch.length, '    ');
      lines.push(lead + branch + head, ...rest.map((line) => lead + below + line));
      if (isKnown) continue;
      children.forEach((_, i) => {
        const child = children[children.length - 1 - i]!;
        open.push({ node: child.from, lead: lead + below, branch: i === 0 ? '└─ ' : '├─ ', edge: child });
      });
    }
  }
  return lines;
}

interface TreeEntry {
  readonly node: number;
  readonly lead: string;
  readonly branch: '' | '├─ ' | '└─ ';
  readonly edge: GraphEdge | null;
}

// --- words ---

function nodeWords(graph: Graph, node: GraphNode): string[] {
  return graph.kind === 'rules' ? [node.rule, `(${countLabel(node.tasks)})`] : taskWords(node);
}

function taskWords({ rule, params }: GraphNode): string[] {
  return [rule, ...params.map(([name, value]) => `${name}=${value}`)];
}

function edgesByConsumer(graph: Graph): GraphEdge[][] {
  const incoming: GraphEdge[][] = graph.nodes.map(() => []);
  for (const edge of graph.edges) incoming[edge.to]!.push(edge);
  return incoming;
}

/** Words in lines of at most `width` characters, unless one word is longer; all lines but the first begin with `indent`. */
function wrap(words: readonly string[], width: number, indent = '  '): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length > width) {
      lines.push(line);
      line = indent + word;
    } else line = longer;
  }
  lines.push(line);
  return lines;
}
