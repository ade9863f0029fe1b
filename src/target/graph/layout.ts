import { Graph as Layout, layout } from '@dagrejs/dagre';
import type { Graph } from '../../model/graph.ts';
import { nodeLines, shapeLabels } from './labels.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** In pixels; x and y are centres. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export interface PlacedText extends Box {
  readonly lines: readonly string[];
}

/** Where everything lies, in order of the graph's nodes and edges. */
export interface Placed {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedText[];
  readonly edges: readonly { readonly points: readonly Point[]; readonly label: PlacedText | null }[];
}

export const FONT_PIXELS = 13;
export const LABEL_PIXELS = 11;
/** Lines of a text lie so far apart, in units of its size. */
export const LINE_HEIGHT = 1.35;
const MARGIN = 12;
/** A longer line is cut; the whole of it shows when one points at the box. */
const MAX_LINE = 44;

/** A rule that reads what other tasks of it make has a loop at its right side, so far out. */
const LOOP = 24;

type TextBox = Omit<PlacedText, 'x' | 'y'>;

/** Place boxes in layers, producers above. */
export function placeGraph(graph: Graph): Placed {
  const boxes = graph.nodes.map((node) => textBox(nodeLines(node, graph.kind), FONT_PIXELS, { x: 14, y: 8 }));
  const labels = graph.edges.map((edge) => {
    const lines = shapeLabels(edge);
    return lines.length === 0 ? null : textBox(lines, LABEL_PIXELS, { x: 4, y: 2 });
  });
  const drawing = layOut(graph, boxes, labels);
  const size = drawing.graph() as { readonly width: number; readonly height: number };
  const width = Math.max(MARGIN * 2, size.width);
  const centres = boxes.map((_, i) => drawing.node(String(i)) as Point);
  // The first value belongs to the left; the layout knows no order, and as often as not gives it mirrored.
  const isMirrored = areMirrored(graph, centres);
  const pointOf = ({ x, y }: Point): Point => ({ x: isMirrored ? width - x : x, y });
  const nodes = boxes.map((box, i) => ({ ...box, ...pointOf(centres[i]!) }));
  const edges = graph.edges.map(({ from, to }, i): Placed['edges'][number] => {
    const label = labels[i] ?? null;
    if (from === to) return loopOf(nodes[from]!, label);
    const placed = drawing.edge(String(from), String(to)) as unknown as Point & { readonly points: readonly Point[] };
    return { points: placed.points.map(pointOf), label: label && { ...label, ...pointOf(placed) } };
  });
  return { width, height: Math.max(MARGIN * 2, size.height), nodes, edges };
}

function layOut({ kind, edges }: Graph, boxes: readonly TextBox[], labels: readonly (TextBox | null)[]): Layout {
  const drawing = new Layout();
  const gaps = kind === 'tasks' ? { nodesep: 18, ranksep: 40 } : { nodesep: 36, ranksep: 30 };
  drawing.setGraph({ rankdir: 'TB', edgesep: 14, marginx: MARGIN, marginy: MARGIN, ...gaps });
  const widths = boxes.map((box) => box.width);
  edges.forEach(({ from, to }, i) => {
    const { width, height } = labels[i] ?? { width: 0, height: 0 };
    // The layout keeps room for a loop at both sides, so that the box stays in its middle.
    if (from === to) widths[from]! += 2 * (LOOP + width);
    else drawing.setEdge(String(from), String(to), { width, height, labelpos: 'c' });
  });
  boxes.forEach(({ height }, i) => void drawing.setNode(String(i), { width: widths[i]!, height }));
  layout(drawing);
  return drawing;
}

function loopOf(box: PlacedText, label: TextBox | null): Placed['edges'][number] {
  const right = box.x + box.width / 2;
  const points = [
    { x: right, y: box.y - 8 },
    { x: right + LOOP, y: box.y - 18 },
    { x: right + LOOP, y: box.y + 18 },
    { x: right, y: box.y + 8 },
  ];
  return { points, label: label && { ...label, x: right + LOOP + label.width / 2, y: box.y } };
}

/** Whether tasks of one rule lie from right to left more often than from left to right. */
function areMirrored({ nodes }: Graph, centres: readonly Point[]): boolean {
  let leftwards = 0;
  for (let i = 1; i < nodes.length; i++)
    if (nodes[i]!.rule === nodes[i - 1]!.rule) leftwards += Math.sign(centres[i - 1]!.x - centres[i]!.x);
  return leftwards > 0;
}

function textBox(lines: readonly string[], pixels: number, padding: Point): TextBox {
  const cut = lines.map((line) => {
    const characters = [...line];
    return characters.length > MAX_LINE ? `${characters.slice(0, MAX_LINE - 1).join('')}…` : line;
  });
  return {
    lines: cut,
    // The first line of a box is bold.
    width:
      Math.ceil(Math.max(...cut.map((line, l) => textUnits(line) * (l === 0 ? 1.08 : 1))) * pixels) + padding.x * 2,
    height: Math.ceil(cut.length * pixels * LINE_HEIGHT) + padding.y * 2,
  };
}

/** About how wide a text is in a sans-serif font, in units of its size: no font is at hand to measure with. */
function textUnits(text: string): number {
  let units = 0;
  for (const c of text) {
    if (/\p{M}/u.test(c)) continue;
    if (/[iljtfrI.,:;'|! ()[\]/-]/.test(c)) units += 0.36;
    else if (/[mwMW@%]/.test(c)) units += 0.92;
    else if (/[A-Z]/.test(c)) units += 0.7;
    else if (c < '\u1100') units += 0.6;
    else units += 1.05;
  }
  return units;
}
