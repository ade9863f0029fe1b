import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { SuccessRecord } from '../resume/record.ts';

/**
 * The journal: what happened to tasks, one line an event, one file a writer, only ever appended to. A task is named by
 * the path of its first output, which outlives edits of the spec. Fields are separated by tabs and every line is closed
 * by a mark, so that a torn last line is seen and ignored.
 *
 *     started TASK ATTEMPT SECONDS PROCESS_GROUP
 *     done    TASK FINGERPRINT CHECKS DURATION_SECONDS INPUTS OUTPUTS
 *     failed  TASK ATTEMPT STATUS REASON
 *     interrupted TASK
 */
const MARK = '.';

/** What all journals together say. */
export interface History {
  /** By task, its last success. */
  readonly records: Map<string, SuccessRecord>;
  /** Tasks with a start after their last success, and no end. */
  readonly unfinished: Set<string>;
}

/** Read all journals of a folder, oldest first; null where there is no folder. */
export function readJournals(folder: string): History | null {
  if (!existsSync(folder)) return null;
  const history: History = { records: new Map(), unfinished: new Set() };
  for (const text of journalTexts(folder)) readInto(history, text);
  return history;
}

/** The journals of local runs, and those of each submission to Slurm, a folder with a file an attempt at an element. */
function* journalTexts(folder: string): Generator<string> {
  for (const name of numbered(folder, /^\d+-.*\.tsv$|^\d+-slurm-[^.]*$/)) {
    if (name.endsWith('.tsv')) yield readFileSync(join(folder, name), 'utf8');
    else yield* submissionTexts(join(folder, name));
  }
}

/** In the order in which the attempts began; what one wrote of a task, a later one may have done anew. */
function submissionTexts(folder: string): string[] {
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.tsv') && name !== 'jobs.tsv')
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  const began = (text: string): number => Number(/^run\t([\d.]+)\t/.exec(text)?.[1] ?? 0);
  return texts.sort((a, b) => began(a) - began(b));
}

function journalFiles(folder: string): string[] {
  return numbered(folder, /^\d+-.*\.tsv$/);
}

function numbered(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1));
}

function readInto({ records, unfinished }: History, text: string): void {
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    const line = text.slice(start, end);
    start = end + 1;
    if (!line.endsWith(`\t${MARK}`)) continue;
    const fields = line.split('\t');
    const task = fields[1]!;
    switch (fields[0]) {
      case 'started':
        unfinished.add(task);
        break;
      case 'done':
        if (fields.length !== 8) break;
        records.set(task, {
          fingerprint: fields[2]!,
          checks: fields[3]!,
          durationSeconds: Number(fields[4]),
          inputs: fields[5]!,
          outputs: fields[6]!,
        });
        unfinished.delete(task);
        break;
      case 'failed':
      case 'interrupted':
        // Its outputs were removed: there is nothing that could be taken for complete.
        records.delete(task);
        unfinished.delete(task);
        break;
    }
  }
}

/** Appends to a journal of its own, once a turn of the event loop; `close` makes the lines durable. */
export class JournalWriter {
  private readonly file: number;
  private buffer: string[] = [];
  private timer: NodeJS.Immediate | null = null;
  private readonly path: string;
  /** What went wrong in a write of that kind: thrown at the next call, where somebody can hear it. */
  private problem: unknown = null;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    const last = numbered(folder, /^\d+-/).at(-1);
    const number = last ? Number.parseInt(last, 10) + 1 : 1;
    const name = `${String(number).padStart(6, '0')}-${hostname().replace(/[^\w.-]/g, '_')}-${process.pid}.tsv`;
    this.path = join(folder, name);
    this.file = openSync(this.path, 'ax');
    // Durable before the first task: an output without a record is then known for incomplete, whatever happens.
    syncFolder(folder);
    syncFolder(dirname(folder));
  }

  started(task: string, attempt: number, processGroup: number): void {
    this.write(['started', task, attempt, Math.floor(Date.now() / 1000), processGroup]);
  }

  done(task: string, record: SuccessRecord): void {
    const { fingerprint, checks, durationSeconds, inputs, outputs } = record;
    this.write(['done', task, fingerprint, checks, durationSeconds.toFixed(3), inputs, outputs]);
  }

  failed(task: string, attempt: number, status: number | null, reason: string): void {
    this.write(['failed', task, attempt, status ?? '', reason]);
  }

  interrupted(task: string): void {
    this.write(['interrupted', task]);
  }

  private write(fields: readonly (string | number)[]): void {
    this.buffer.push(`${fields.join('\t')}\t${MARK}\n`);
    this.timer ??= setImmediate(() => this.flushLater());
    if (this.buffer.length >= 4096) this.flush();
  }

  private flushLater(): void {
    try {
      this.flush();
    } catch (error) {
      this.problem = error;
    }
  }

  flush(): void {
    if (this.problem !== null) throw this.problem;
    if (this.timer) clearImmediate(this.timer);
    this.timer = null;
    if (this.buffer.length === 0) return;
    const lines = this.buffer.join('');
    this.buffer = [];
    writeAll(this.file, lines);
  }

  close(): void {
    this.flush();
    fsyncSync(this.file);
    const { size } = fstatSync(this.file);
    closeSync(this.file);
    // A run that did nothing leaves nothing to merge.
    if (size === 0) rmSync(this.path);
  }
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  // A short write is possible when the disk is full: go on until all is written or the error shows.
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } catch {
    // Some file systems can't sync a folder; then they decide themselves when it is durable.
  } finally {
    closeSync(descriptor);
  }
}

/** Merge all journals into one that holds each task's last success; only under the lock. */
export function compactJournals(folder: string, history: History): void {
  const names = journalFiles(folder);
  if (names.length < 2) return;
  const lines: string[] = [];
  for (const [task, r] of history.records) {
    lines.push(
      ['done', task, r.fingerprint, r.checks, r.durationSeconds.toFixed(3), r.inputs, r.outputs, MARK].join('\t'),
    );
  }
  for (const task of history.unfinished) lines.push(['started', task, 1, 0, 0, MARK].join('\t'));
  const number = names.at(-1)!.split('-')[0]!;
  const merged = join(folder, `${number}-merged.tsv`);
  const file = openSync(`${merged}.new`, 'w');
  writeAll(file, lines.map((l) => `${l}\n`).join(''));
  fsyncSync(file);
  closeSync(file);
  // Rename before removing: whatever stops us here, the records are in one place at least.
  renameSync(`${merged}.new`, merged);
  for (const name of names) if (join(folder, name) !== merged) rmSync(join(folder, name));
}
