/** One text that a person wrote, and the tree of what stands where in it. */
export interface SourceText {
  /** As the user would name it: a path relative to where wfc was called, or `--set`. */
  readonly file: string;
  readonly text: string;
}

/** A range of a source text. Offsets are UTF-16 units, `end` exclusive. */
export interface Location {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

export type Node = ScalarNode | SequenceNode | MappingNode;

interface NodeBase {
  readonly location: Location;
  /** Nodes below and including this one, each alias counted as what it stands for. */
  size: number;
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar';
  /** Exactly what the spec wrote, quotes and escapes resolved: `01022500` keeps its zero. */
  readonly text: string;
  readonly style: 'plain' | 'quoted' | 'block';
}

export interface SequenceNode extends NodeBase {
  readonly kind: 'sequence';
  readonly items: Node[];
}

export interface MappingNode extends NodeBase {
  readonly kind: 'mapping';
  readonly entries: Map<string, MappingEntry>;
}

export interface MappingEntry {
  readonly key: ScalarNode;
  readonly value: Node;
}

/** 1-based line and column (in UTF-16 units) of an offset. */
export function lineAndColumn(source: SourceText, offset: number): { line: number; column: number; lineText: string } {
  const before = source.text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let i = before.indexOf('\n'); i >= 0; i = before.indexOf('\n', i + 1)) line++;
  const lineEnd = source.text.indexOf('\n', lineStart);
  const lineText = source.text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd).replace(/\r$/, '');
  return { line, column: offset - lineStart + 1, lineText };
}

/** A location of `length` units that begins at the node's own text offset `offset`; the node's where that can't be told. */
export function locationInside(node: ScalarNode, offset: number, length: number): Location {
  const { source, start, end } = node.location;
  const written = source.text.slice(start, end);
  if (node.style === 'block') {
    const at = offsetInBlock(written, node.text, offset);
    return at === null ? node.location : { source, start: start + at, end: start + at + length };
  }
  const shift = node.style === 'quoted' ? 1 : 0;
  const plain = node.style === 'quoted' ? written.slice(1, -1) : written;
  if (plain !== node.text) return node.location;
  return { source, start: start + shift + offset, end: start + shift + offset + length };
}

/** Block scalars drop the indent of each line: walk both texts line by line. Folded ones change lines, and give null. */
function offsetInBlock(written: string, text: string, offset: number): number | null {
  const writtenLines = written.split('\n');
  const textLines = text.split('\n');
  const lineIndex = text.slice(0, offset).split('\n').length - 1;
  const column = offset - (text.lastIndexOf('\n', offset - 1) + 1);
  const line = writtenLines[lineIndex];
  const wanted = textLines[lineIndex];
  if (line === undefined || wanted === undefined || !line.replace(/\r$/, '').endsWith(wanted)) return null;
  let before = 0;
  for (let i = 0; i < lineIndex; i++) before += (writtenLines[i] ?? '').length + 1;
  return before + line.replace(/\r$/, '').length - wanted.length + column;
}

const INTEGER = /^[-+]?\d+$|^0o[0-7]+$|^0x[\da-fA-F]+$/;
const FLOAT = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/;

/** Whether a scalar is one of YAML's ways to write nothing (YAML 1.2 core schema, 10.3.2). */
export function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.style === 'plain' && /^(|~|null|Null|NULL)$/.test(node.text);
}

/**
 * The plain value of a node, as the JSON Schema sees it: numbers and booleans by YAML 1.2's core schema, so that `no`
 * is the text no. Only for checking: what reaches a task is always `ScalarNode.text`. Mappings have no prototype, so
 * that a key `__proto__` is a key like any other.
 */
export function plainValue(node: Node): unknown {
  switch (node.kind) {
    case 'scalar':
      return scalarValue(node);
    case 'sequence':
      return node.items.map(plainValue);
    case 'mapping': {
      const value = Object.create(null) as Record<string, unknown>;
      for (const [key, entry] of node.entries) value[key] = plainValue(entry.value);
      return value;
    }
  }
}

function scalarValue(node: ScalarNode): string | number | boolean | null {
  if (node.style !== 'plain') return node.text;
  if (isNull(node)) return null;
  if (/^(true|True|TRUE)$/.test(node.text)) return true;
  if (/^(false|False|FALSE)$/.test(node.text)) return false;
  if (INTEGER.test(node.text) || FLOAT.test(node.text)) {
    const value = Number(node.text);
    return Number.isFinite(value) ? value : node.text;
  }
  return node.text;
}
