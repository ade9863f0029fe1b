import type { Graph } from '../../model/graph.ts';
import { nodeLines, shapeLabels } from './labels.ts';

/** A graph in the language of Graphviz. */
export function renderDot(graph: Graph): string {
  const lines = [
    `digraph ${quoted([graph.name])} {`,
    '  rankdir=TB;',
    '  node [shape=box, style=rounded, fontname="sans-serif", fontsize=12];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...graph.nodes.map((node, i) => `  n${i} [label=${quoted(nodeLines(node, graph.kind))}];`),
    ...graph.edges.map((edge) => {
      const labels = shapeLabels(edge);
      return `  n${edge.from} -> n${edge.to}${labels.length > 0 ? ` [label=${quoted(labels)}]` : ''};`;
    }),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * A string of the language, its lines centred. A backslash begins an escape (`\N` is the node's name), and `&` an HTML
 * entity, even in a plain string. Source: graphviz.org/docs/attr-types/escString and .../doc/info/lang.html.
 */
function quoted(lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    line.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('&', '&amp;').replace(/\s/g, ' '),
  );
  return `"${escaped.join('\\n')}"`;
}
