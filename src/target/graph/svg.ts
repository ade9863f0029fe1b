import type { Graph } from '../../model/graph.ts';
import { ruleColour } from '../../model/rule-colours.ts';
import { nodeLines } from './labels.ts';
import {
  FONT_PIXELS,
  LABEL_PIXELS,
  LINE_HEIGHT,
  type Placed,
  type PlacedText,
  type Point,
  placeGraph,
} from './layout.ts';

/** Beside the picture's own colours, those of a page that it is part of. */
const STYLE = `
.wfc-graph{--wfc-ground:#fff;--wfc-box:#fbfbfc;--wfc-line:#c9ced6;--wfc-edge:#8a93a0;--wfc-ink:#1d2430;--wfc-faint:#5c6675;font-family:system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans",sans-serif;font-size:${FONT_PIXELS}px}
@media (prefers-color-scheme:dark){.wfc-graph{--wfc-ground:#14171c;--wfc-box:#1d2229;--wfc-line:#3a424e;--wfc-edge:#7d8795;--wfc-ink:#e6e9ee;--wfc-faint:#a3adba}}
.wfc-graph .box{fill:var(--wfc-box);stroke:var(--wfc-line)}
.wfc-graph .edge{fill:none;stroke:var(--wfc-edge);stroke-width:1.3}
.wfc-graph .tip{fill:var(--wfc-edge)}
.wfc-graph text{fill:var(--wfc-ink);text-anchor:middle}
.wfc-graph .name{font-weight:600}
.wfc-graph .more,.wfc-graph .label text{fill:var(--wfc-faint)}
.wfc-graph .label text{font-size:${LABEL_PIXELS}px}
.wfc-graph .label rect,.wfc-graph .ground{fill:var(--wfc-ground)}
`;

/** A graph as one SVG element, without fonts, scripts or links; in light or dark as its reader likes. */
export function renderSvg(graph: Graph): string {
  const placed = placeGraph(graph);
  const [width, height] = [number(placed.width), number(placed.height)];
  const title = `${graph.name}: ${graph.kind === 'rules' ? 'rules and their tasks' : 'tasks'}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="wfc-graph" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="wfc-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0.8 7.4 4 0 7.2z"/></marker></defs>',
    `<rect class="ground" width="${width}" height="${height}"/>`,
    ...placed.edges.map(({ points }) => `<path class="edge" d="${curve(points)}" marker-end="url(#wfc-tip)"/>`),
    ...placed.edges.flatMap(({ label }) => (label ? [labelElement(label)] : [])),
    ...graph.nodes.map((_, i) => boxElement(graph, i, placed)),
    '</svg>\n',
  ].join('\n');
}

function boxElement(graph: Graph, i: number, { nodes }: Placed): string {
  const box = nodes[i]!;
  const node = graph.nodes[i]!;
  const left = number(box.x - box.width / 2);
  const top = number(box.y - box.height / 2);
  const colour = ruleColour(node.ruleNumber);
  const texts = box.lines.map((line, l) => textElement(line, box, l, FONT_PIXELS, l === 0 ? 'name' : 'more'));
  return [
    `<g data-rule="${escapeXml(node.rule)}">`,
    `<title>${escapeXml(nodeLines(node, graph.kind).join('\n'))}</title>`,
    `<rect class="box" x="${left}" y="${top}" width="${box.width}" height="${box.height}" rx="6"/>`,
    `<rect x="${left}" y="${number(box.y - box.height / 2 + 6)}" width="3" height="${box.height - 12}" fill="${colour}"/>`,
    ...texts,
    '</g>',
  ].join('');
}

function labelElement(label: PlacedText): string {
  const corner = `x="${number(label.x - label.width / 2)}" y="${number(label.y - label.height / 2)}"`;
  const texts = label.lines.map((line, l) => textElement(line, label, l, LABEL_PIXELS, null));
  return `<g class="label"><rect ${corner} width="${label.width}" height="${label.height}"/>${texts.join('')}</g>`;
}

function textElement(line: string, box: PlacedText, l: number, pixels: number, kind: string | null): string {
  // The baseline lies about a third of the size below the middle of a line.
  const y = box.y + (l - (box.lines.length - 1) / 2) * pixels * LINE_HEIGHT + pixels * 0.35;
  return `<text${kind ? ` class="${kind}"` : ''} x="${number(box.x)}" y="${number(y)}">${escapeXml(line)}</text>`;
}

/** A smooth line: through the middles between the points, bent towards the points. */
function curve(points: readonly Point[]): string {
  const at = ({ x, y }: Point): string => `${number(x)} ${number(y)}`;
  const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const first = points[0]!;
  const last = points.at(-1)!;
  const bends = points.slice(1, -1).map((point, i) => {
    const next = points[i + 2]!;
    return `Q${at(point)} ${at(next === last ? last : middle(point, next))}`;
  });
  return `M${at(first)}${bends.join('')}${bends.length === 0 ? `L${at(last)}` : ''}`;
}

/** A tenth of a pixel is enough. */
function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Text for XML and HTML, in elements and in attributes of double quotes; what XML 1.0 forbids becomes a picture of it. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replace(/[\u0000-\u0008\u000b-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/\p{Cs}|[\ufffe\uffff]/gu, '\ufffd');
}
