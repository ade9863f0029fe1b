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
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  doneLine,
  emptyHistory,
  type FailedAttempt,
  failedLine,
  type History,
  historyLines,
  interruptedLine,
  journalLine,
  NewerJournal,
  parseRunLine,
  runLine,
} from '../../resume/history.ts';
import { readInto } from '../../resume/journal/read-journal.ts';
import type { SuccessRecord } from '../../resume/record.ts';
import type { AttemptPlace } from '../../resume/start.ts';
import type { WrittenCause } from '../../resume/stop.ts';
import { hostName } from './host.ts';

/** Read all journals of a folder, oldest first; null where there is no folder. */
export function readJournals(folder: string): History | null {
  if (!existsSync(folder)) return null;
  const history = emptyHistory();
  forEachJournal(folder, (bytes) => readInto(history, bytes));
  return history;
}

/**
 * The journals of local runs, and those of each submission to Slurm, a folder with a file an attempt at an element; oldest
 * first. `submission` is that folder, null for others.
 */
export function forEachJournal(folder: string, read: (bytes: Buffer, submission: string | null) => void): void {
  for (const name of numbered(folder, /^\d+-.*\.tsv$|^\d+-slurm-[^.]*$/)) {
    const path = join(folder, name);
    const isRun = name.endsWith('.tsv');
    const journals = isRun ? [{ file: path, bytes: readFileSync(path) }] : submissionJournals(path);
    for (const { file, bytes } of journals) named(file, () => read(bytes, isRun ? null : path));
  }
}

/** Of a journal that a later wfc wrote, its name is told. */
function named<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof NewerJournal) error.path = file;
    throw error;
  }
}

/** `000007` of a run's or a submission's journal: these count both. */
export function runNumber(journal: string): string {
  return basename(journal).split('-')[0]!;
}

/** Names and sizes of all that `readJournals` reads: it changes with every line. */
export function journalSignature(folder: string): string {
  if (!existsSync(folder)) return '';
  const files = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name];
    return readdirSync(join(folder, entry.name))
      .filter((name) => name.endsWith('.tsv'))
      .map((name) => join(entry.name, name));
  });
  return files.map((name) => `${name}:${statSync(join(folder, name), { throwIfNoEntry: false })?.size}`).join('\n');
}

/**
 * In the order in which the attempts at each element began; what one wrote of a task, a later one may have done anew. The
 * clocks of nodes may differ: how often Slurm had started the element before counts first.
 */
function submissionJournals(folder: string): { readonly file: string; readonly bytes: Buffer }[] {
  const journals = readdirSync(folder)
    .filter((name) => name.endsWith('.tsv') && name !== 'jobs.tsv')
    .map((name) => {
      const file = join(folder, name);
      const bytes = readFileSync(file);
      return { file, bytes, restarts: restartsOf(name), began: named(file, () => beganSeconds(bytes)) };
    });
  return journals.sort((a, b) => a.restarts - b.restarts || a.began - b.began);
}

/** Of `STAGE.INDEX.SLURMID.RESTARTS.PROCESS.HOST.tsv`; 0 for `STAGE.INDEX.tsv`, which the first attempt wrote. */
function restartsOf(name: string): number {
  return Number(/^[^.]+\.\d+\.[^.]+\.(\d+)\./.exec(name)?.[1] ?? 0);
}

/** 0 where the first line does not tell. */
function beganSeconds(bytes: Buffer): number {
  const first = bytes.toString('utf8', 0, bytes.indexOf('\n')).split('\t');
  return first[0] === 'run' ? Number(parseRunLine(first)?.writerBegan ?? 0) : 0;
}

/** Of the next run or submission. */
export function nextNumber(folder: string): number {
  const last = existsSync(folder) ? numbered(folder, /^\d+-/).at(-1) : undefined;
  return last ? Number.parseInt(last, 10) + 1 : 1;
}

function journalFiles(folder: string): string[] {
  return numbered(folder, /^\d+-.*\.tsv$/);
}

function numbered(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1));
}

/** Appends to a journal of its own, once a turn of the event loop; `close` makes the lines durable. */
export class JournalWriter {
  private readonly file: number;
  private buffer: string[] = [];
  private timer: NodeJS.Immediate | null = null;
  private isEmpty = true;
  private readonly path: string;
  /** What went wrong in a write of that kind: thrown at the next call, where somebody can hear it. */
  private problem: unknown = null;

  /** Runs and submissions are counted by it. */
  readonly number: number;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.number = nextNumber(folder);
    const name = `${String(this.number).padStart(6, '0')}-${hostName()}-${process.pid}.tsv`;
    this.path = join(folder, name);
    this.file = openSync(this.path, 'ax');
    // Durable before the first task: an output without a record is then known for incomplete, whatever happens.
    syncFolder(folder);
    syncFolder(dirname(folder));
  }

  /** Where tasks of this run write themselves that they have started: the line must come after the writer's own. */
  openForTasks(): string {
    this.head();
    this.flush();
    return this.path;
  }

  /** Leader of the processes of a task's attempt; 0 as long as it has not written that it started. */
  processGroup(task: string, attempt: number): number {
    const history = emptyHistory();
    readInto(history, readFileSync(this.path));
    const start = history.unfinished.get(task);
    return start?.attempt === attempt ? start.processGroup : 0;
  }

  done(task: string, record: SuccessRecord): void {
    this.write(doneLine(task, record));
  }

  failed(task: string, failure: Omit<FailedAttempt, keyof AttemptPlace>): void {
    this.write(failedLine(task, failure));
  }

  interrupted(task: string, cause: WrittenCause): void {
    this.write(interruptedLine(task, { cause, endSeconds: Math.floor(Date.now() / 1000) }));
  }

  private head(): void {
    const writerBegan = (Date.now() / 1000).toFixed(3);
    if (this.isEmpty) this.buffer.push(runLine({ writerBegan, host: hostName(), slurmId: '' }));
    this.isEmpty = false;
  }

  private write(line: string): void {
    this.head();
    this.buffer.push(line);
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
    // Whoever removes the state of a run that goes on takes its records away: that is told, never passed over.
    if (fstatSync(this.file).nlink === 0) throw new RemovedJournal(this.path);
    writeAll(this.file, lines);
  }

  close(): void {
    if (!this.isEmpty) this.write(journalLine('end', 0));
    this.flush();
    fsyncSync(this.file);
    const { size } = fstatSync(this.file);
    closeSync(this.file);
    // A run that did nothing leaves nothing to merge.
    if (size === 0) rmSync(this.path);
  }
}

/** The journal of a run that goes on was removed: its records are lost. */
class RemovedJournal extends Error {
  readonly code = 'ESTALE';
  readonly path: string;

  constructor(path: string) {
    super('the journal was removed');
    this.path = path;
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
  const number = names.at(-1)!.split('-')[0]!;
  const merged = join(folder, `${number}-merged.tsv`);
  const file = openSync(`${merged}.new`, 'w');
  writeAll(file, [...historyLines(history)].join(''));
  fsyncSync(file);
  closeSync(file);
  // Rename before removing: whatever stops us here, the records are in one place at least.
  renameSync(`${merged}.new`, merged);
  for (const name of names) if (join(folder, name) !== merged) rmSync(join(folder, name));
}
