import {
  COLLECTION_STYLE,
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml';
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Location, MappingNode, Node, ScalarNode, SequenceNode, SourceText } from '../../model/source.ts';
import * as report from '../report/report.ts';
import { explainSyntax } from './syntax-errors.ts';

/** Aliases may repeat a part of the spec; past this many nodes they are taken for an alias bomb. */
const MAX_EXPANDED_NODES = 4_000_000;

/** What may stand between the last entry of a collection and its bracket, and the bracket. */
const CLOSER = /(?:[\s,:?]|(?<=\s)#[^\n]*)*[\]}]/y;

type Open =
  | { kind: 'document' }
  | { kind: 'sequence'; node: SequenceNode; anchor: string; flow: boolean }
  | { kind: 'mapping'; node: MappingNode; anchor: string; flow: boolean; key: ScalarNode | null | 'bad' };

/**
 * Parse YAML or JSON (which YAML 1.2 includes) into a tree that keeps the text of every scalar and the place of every
 * node. Syntax errors, duplicate keys, tags, several documents, alias bombs and an empty text come back as diagnostics.
 */
export function parseSource(
  source: SourceText,
  empty = report.emptySpec,
): { root: Node | null; diagnostics: Diagnostic[] } {
  let events: Event[];
  try {
    events = parseEvents(source.text, { filename: source.file, maxDepth: 100 });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return { root: null, diagnostics: explainSyntax(source, error.reason, error.mark?.position ?? 0) };
  }
  const built = new TreeBuilder(source).build(events);
  const isEmpty = !built.root && built.diagnostics.length === 0;
  return isEmpty
    ? { ...built, diagnostics: [empty({ source, start: 0, end: Math.min(1, source.text.length) })] }
    : built;
}

class TreeBuilder {
  private readonly diagnostics: Diagnostic[] = [];
  private readonly anchors = new Map<string, Node>();
  private readonly stack: Open[] = [];
  private root: Node | null = null;
  private documents = 0;
  private lastOffset = 0;
  /** Nodes that aliases stand for; aliases of aliases count what they stand for each time. */
  private expanded = 0;
  /** A part is missing, so that what follows from the rest would mislead. */
  private incomplete = false;
  private readonly source: SourceText;

  constructor(source: SourceText) {
    this.source = source;
  }

  build(events: readonly Event[]): { root: Node | null; diagnostics: Diagnostic[] } {
    for (const event of events) {
      switch (event.type) {
        case EVENT_ID.DOCUMENT:
          this.documents++;
          if (this.documents === 2) this.diagnostics.push(report.severalDocuments(this.documentMark()));
          this.stack.push({ kind: 'document' });
          break;
        case EVENT_ID.SEQUENCE: {
          this.checkTag(event);
          const node: SequenceNode = { kind: 'sequence', location: this.at(event.start), items: [], size: 1 };
          if (event.style === COLLECTION_STYLE.FLOW) this.lastOffset = event.start + 1;
          this.stack.push({
            kind: 'sequence',
            node,
            anchor: this.slice(event.anchorStart, event.anchorEnd),
            flow: event.style === COLLECTION_STYLE.FLOW,
          });
          break;
        }
        case EVENT_ID.MAPPING: {
          this.checkTag(event);
          const node: MappingNode = { kind: 'mapping', location: this.at(event.start), entries: new Map(), size: 1 };
          if (event.style === COLLECTION_STYLE.FLOW) this.lastOffset = event.start + 1;
          this.stack.push({
            kind: 'mapping',
            node,
            anchor: this.slice(event.anchorStart, event.anchorEnd),
            flow: event.style === COLLECTION_STYLE.FLOW,
            key: null,
          });
          break;
        }
        case EVENT_ID.SCALAR: {
          this.checkTag(event);
          const node = this.scalar(event);
          if (event.anchorStart >= 0) this.anchors.set(this.slice(event.anchorStart, event.anchorEnd), node);
          this.add(node);
          break;
        }
        case EVENT_ID.ALIAS: {
          const name = this.slice(event.anchorStart, event.anchorEnd);
          const location = { source: this.source, start: event.anchorStart - 1, end: event.anchorEnd };
          const node = this.anchors.get(name);
          if (!node) {
            this.diagnostics.push(report.unknownAnchor(location, name));
            this.incomplete = true;
          }
          this.lastOffset = location.end;
          this.expanded += node?.size ?? 0;
          if (this.expanded > MAX_EXPANDED_NODES) {
            this.diagnostics.push(report.aliasBomb(location, MAX_EXPANDED_NODES));
            return { root: null, diagnostics: this.diagnostics };
          }
          this.add(node ?? { kind: 'scalar', location, text: '', style: 'quoted', size: 1 });
          break;
        }
        case EVENT_ID.POP:
          this.close();
          break;
      }
    }
    return { root: this.incomplete ? null : this.root, diagnostics: this.diagnostics };
  }

  /** The line `---` that begins the document after the last value. */
  private documentMark(): Location {
    const mark = this.source.text.indexOf('\n---', this.lastOffset - 1);
    return mark < 0 ? this.at(this.lastOffset) : { source: this.source, start: mark + 1, end: mark + 4 };
  }

  private close(): void {
    const open = this.stack.pop();
    if (!open || open.kind === 'document') return;
    if (open.flow) this.lastOffset = this.pastCloser();
    const location = { ...open.node.location, end: Math.max(this.lastOffset, open.node.location.end) };
    const node = Object.assign(open.node, { location });
    if (open.anchor !== '') this.anchors.set(open.anchor, node);
    this.add(node);
  }

  /** One past the bracket that closes a collection, which the parser does not tell of. */
  private pastCloser(): number {
    CLOSER.lastIndex = this.lastOffset;
    return CLOSER.test(this.source.text) ? CLOSER.lastIndex : this.lastOffset;
  }

  private add(node: Node): void {
    const open = this.stack.at(-1);
    if (!open || open.kind === 'document') {
      if (this.documents === 1) this.root = node;
      return;
    }
    if (open.kind === 'sequence') {
      open.node.items.push(node);
      open.node.size += node.size;
      return;
    }
    if (open.key === null) {
      if (node.kind !== 'scalar') this.diagnostics.push(report.keyNotText(node.location));
      open.key = node.kind === 'scalar' ? node : 'bad';
      return;
    }
    const key = open.key;
    open.key = null;
    if (key === 'bad') return;
    const first = open.node.entries.get(key.text);
    if (first) {
      this.diagnostics.push(report.duplicateKey(key.location, key.text, first.key.location));
      return;
    }
    open.node.entries.set(key.text, { key, value: node });
    open.node.size += node.size;
  }

  private scalar(event: ScalarEvent): ScalarNode {
    const empty = event.valueStart < 0;
    const quoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
    const block = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;
    const shift = quoted ? 1 : 0;
    const start = empty ? this.lastOffset : event.valueStart - shift;
    const end = empty ? this.lastOffset : event.valueEnd + shift;
    this.lastOffset = end;
    const written = this.source.text.slice(start, end);
    if (!quoted && !block && /^\/[/*]/.test(written) && written.includes('\n')) {
      // A comment of another language and the line below it, taken for one text.
      const line = { source: this.source, start, end: start + written.search(/\s*\n/) };
      this.diagnostics.push(report.wrongComment(line));
      this.incomplete = true;
    }
    return {
      kind: 'scalar',
      location: { source: this.source, start, end },
      text: empty ? '' : getScalarValue(this.source.text, event),
      style: block ? 'block' : quoted ? 'quoted' : 'plain',
      size: 1,
    };
  }

  private checkTag(event: { tagStart: number; tagEnd: number }): void {
    if (event.tagStart < 0) return;
    const tag = this.slice(event.tagStart, event.tagEnd);
    if (tag === '!!str') return;
    this.diagnostics.push(report.yamlTag({ source: this.source, start: event.tagStart, end: event.tagEnd }, tag));
  }

  private slice(start: number, end: number): string {
    return start < 0 ? '' : this.source.text.slice(start, end);
  }

  private at(offset: number): Location {
    return { source: this.source, start: offset, end: Math.min(offset + 1, this.source.text.length) };
  }
}
