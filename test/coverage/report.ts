/**
 * Lines of src/ that the tests ran, in vitest's processes or in those that they started: `npm run coverage`. A line counts
 * where a statement begins in it, as istanbul counts lines; it is covered if any statement that begins there ran.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allGeneratedPositionsFor, TraceMap } from '@jridgewell/trace-mapping';
import { childCoverage } from './children.ts';

const root = process.cwd();
/** `npm run coverage` fails below this share of lines, in percent. */
const LEAST = 90;

interface Place {
  /** From 1. */
  readonly line: number;
  readonly column: number;
}
/** Coverage of one file as istanbul writes it. */
interface FileCoverage {
  readonly path: string;
  readonly statementMap: Readonly<Record<string, { readonly start: Place }>>;
  readonly s: Readonly<Record<string, number>>;
}
/** V8's counts of a script: ranges are nested, the inner ones behind the outer ones. */
interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
  }[];
}

/** A file of the built CLI, and which of its characters any process ran. */
class Chunk {
  readonly covered: Uint8Array;
  private readonly counts: Float64Array;
  private readonly lineStarts: number[] = [0];
  private readonly map: TraceMap;
  private readonly sources: readonly string[];

  constructor(file: string) {
    const text = readFileSync(file, 'utf8');
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) this.lineStarts.push(i + 1);
    this.covered = new Uint8Array(text.length);
    this.counts = new Float64Array(text.length);
    this.map = new TraceMap(readFileSync(`${file}.map`, 'utf8'));
    this.sources = this.map.sources.map((source) => resolve(dirname(file), source ?? ''));
  }

  add({ functions }: ScriptCoverage): void {
    this.counts.fill(0);
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges) this.counts.fill(count, startOffset, endOffset);
    }
    for (let i = 0; i < this.counts.length; i++) if (this.counts[i]! > 0) this.covered[i] = 1;
  }

  /** Whether what stands at a place of a source ran; null where it is no part of this chunk. */
  ran(path: string, { line, column }: Place): boolean | null {
    const at = this.sources.indexOf(path);
    if (at < 0) return null;
    const places = allGeneratedPositionsFor(this.map, { source: this.map.sources[at]!, line, column });
    return places.length === 0 ? null : places.some((p) => this.covered[this.lineStarts[p.line - 1]! + p.column] === 1);
  }
}

function readChunks(folder: string): Chunk[] {
  const dist = join(folder, 'dist');
  const mapped = new Set(readdirSync(dist));
  const names = [...mapped].filter((name) => mapped.has(`${name}.map`));
  const chunks = new Map(names.map((name) => [name, new Chunk(join(dist, name))]));
  for (const name of readdirSync(join(folder, 'counts'))) {
    for (const script of scriptsIn(join(folder, 'counts', name))) {
      if (!script.url.startsWith('file:')) continue;
      const path = fileURLToPath(script.url);
      if (path.includes('/wfc-built-')) chunks.get(path.slice(path.lastIndexOf('/') + 1))?.add(script);
    }
  }
  return [...chunks.values()];
}

function scriptsIn(file: string): readonly ScriptCoverage[] {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { result: ScriptCoverage[] }).result;
  } catch {
    // Some tests kill what writes it, or fill its disk.
    return [];
  }
}

/** Lines with a statement, and those of them that ran. */
function linesOf({ path, statementMap, s }: FileCoverage, chunks: readonly Chunk[]): Map<number, boolean> {
  const lines = new Map<number, boolean>();
  for (const [id, { start }] of Object.entries(statementMap)) {
    const ran = (s[id] ?? 0) > 0 || chunks.some((chunk) => chunk.ran(path, start) === true);
    lines.set(start.line, ran || (lines.get(start.line) ?? false));
  }
  return lines;
}

/** `3-5, 9` */
function ranges(lines: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < lines.length; ) {
    let j = i;
    while (lines[j + 1] === lines[j]! + 1) j++;
    parts.push(i === j ? `${lines[i]}` : `${lines[i]}-${lines[j]}`);
    i = j + 1;
  }
  return parts.join(', ');
}

function report(): void {
  const files = Object.values(
    JSON.parse(readFileSync(join(root, 'coverage/coverage-final.json'), 'utf8')) as Record<string, FileCoverage>,
  );
  const chunks = childCoverage === null ? [] : readChunks(childCoverage);
  let [all, covered] = [0, 0];
  for (const file of files.sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const lines = linesOf(file, chunks);
    const missed = [...lines].filter(([, ran]) => !ran).map(([line]) => line);
    all += lines.size;
    covered += lines.size - missed.length;
    if (missed.length === 0) continue;
    const share = `${percent(lines.size - missed.length, lines.size)} %`.padStart(8);
    process.stdout.write(`${share}  ${relative(root, file.path)}: ${ranges(missed.sort((a, b) => a - b))}\n`);
  }
  process.stdout.write(`${percent(covered, all)} % of ${all} lines of src/ ran\n`);
  if ((100 * covered) / all < LEAST) process.exitCode = 1;
}

function percent(part: number, whole: number): string {
  return ((100 * part) / whole).toFixed(1);
}

report();
