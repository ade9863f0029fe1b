import type { Graph } from '../../model/graph.ts';
import { nodeLines, shapeLabels } from './labels.ts';

/** A flowchart of Mermaid, as Markdown viewers draw it. */
export function renderMermaid(graph: Graph): string {
  const lines = [
    'flowchart TD',
    ...graph.nodes.map((node, i) => `  n${i}[${quoted(nodeLines(node, graph.kind))}]`),
    ...graph.edges.map((edge) => {
      const labels = shapeLabels(edge);
      return `  n${edge.from} -->${labels.length > 0 ? `|${quoted(labels)}|` : ''} n${edge.to}`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Text in quotes, in which `#60;` is the character 60. Everything but letters, digits and a few signs is written so: quotes
 * would end the text, `<` begin markup, and `style …: #` on one line is taken for a style. Source: mermaid's
 * docs/syntax/flowchart.md, "Entity codes to escape characters", and encodeEntities in its utils.ts.
 */
function quoted(lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    line.replace(/\s/g, ' ').replace(/[^\p{L}\p{M}\p{N} _.,=+/-]/gu, (c) => `#${c.codePointAt(0)};`),
  );
  return `"${escaped.join('<br/>')}"`;
}
