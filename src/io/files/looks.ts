import { availableParallelism } from 'node:os';
import type { FileState } from '../../resume/record.ts';
import { countWanted, type PathList, type PendingLooks } from '../../resume/states.ts';
import type { LookThreads } from './look-threads.ts';
import { emptyWindow, FOUND, lookTogether, MAX_PATHS, putPath } from './look-window.ts';

/** What is asked of a `Disk`. */
interface Places {
  /** What stands before paths that do not begin with `/`. */
  readonly prefix: string;
  stat(path: string): FileState | null;
  snapshot(path: string): FileState | null;
  isKnownMissing(path: string): boolean;
  /** Whether there is any path that is. */
  readonly knowsMissing: boolean;
  countsFiles(path: string): boolean;
}

/** After so many looks it is known how long one takes. */
const FEW = 64;
/** A look that takes longer than this many milliseconds may wait for another machine, or for a disk. */
const WAITING_MS = 0.05;
/** A thread takes about 40 ms of a processor to start: each is to save more than that. */
const WORTH_MS = 100;
/** Looks that wait at the same time: what a server of files takes well from one machine. */
const MOST_WAITING = 24;

/**
 * Begin to look at many paths. The first ones singly; then it is known how long a look takes, and where it pays, threads
 * look at the rest side by side: as many as there are processors, or more where looks wait. What they see is told as soon
 * as somebody waits for it.
 *
 * @param threads those that were started before, since it was known that there is much to look at
 */
export function beginLooks(disk: Places, lists: readonly PathList[], threads: LookThreads): PendingLooks {
  const looks = new Looks(disk, lists, threads);
  try {
    lists.forEach((list, l) => {
      for (let i = 0; i < list.size; i++) if (list.wanted[i] === 1) looks.take(l, i);
    });
  } catch (error) {
    threads.end();
    throw error;
  }
  return looks;
}

class Looks implements PendingLooks {
  private readonly disk: Places;
  private readonly lists: readonly PathList[];
  private readonly threads: LookThreads;
  private left = 0;
  /** Milliseconds that the last few looks took. */
  private took: number[] = [];
  private waits = waitsSoFar();
  private together: Together | null = null;

  constructor(disk: Places, lists: readonly PathList[], threads: LookThreads) {
    this.disk = disk;
    this.lists = lists;
    this.threads = threads;
    for (const list of lists) this.left += countWanted(list);
  }

  take(l: number, i: number): void {
    this.left--;
    const list = this.lists[l]!;
    if (this.disk.knowsMissing && this.disk.isKnownMissing(list.path(i))) list.tell(i, null);
    else if (this.together !== null) this.together.add(l, i);
    else {
      const began = performance.now();
      list.tell(i, this.disk.snapshot(list.path(i)));
      this.took.push(performance.now() - began);
      if (this.took.length === FEW) this.considerThreads();
    }
  }

  finish(): void {
    try {
      this.together?.look();
    } finally {
      this.threads.end();
    }
  }

  private considerThreads(): void {
    // The median: other work on the machine makes a few of them look long.
    const lookMs = this.took.sort((a, b) => a - b)[FEW / 2]!;
    this.took = [];
    const waits = waitsSoFar();
    // On a machine that has too much to do they take long, too, and threads would make it worse: but they do not wait.
    const areWaiting = lookMs > WAITING_MS && waits - this.waits >= FEW / 2;
    this.waits = waits;
    const most = areWaiting ? MOST_WAITING : availableParallelism() - 1;
    const count = Math.min(most, Math.floor((this.left * lookMs) / WORTH_MS));
    if (count > 0 || this.threads.count > 0) this.together = new Together(this.disk, this.lists, this.threads, count);
  }
}

/** How often the process has let go of a processor to wait for something: getrusage(2), ru_nvcsw. */
function waitsSoFar(): number {
  return process.resourceUsage().voluntaryContextSwitches;
}

const NO_PREFIX = Buffer.alloc(0);
const SLASH = 0x2f;

/** What threads look at now. */
class Together {
  private readonly disk: Places;
  private readonly lists: readonly PathList[];
  private readonly threads: LookThreads;
  private readonly prefix: Buffer;
  /** Of each path in the window its list, and its place in that. */
  private readonly listOf = new Int32Array(MAX_PATHS);
  private readonly placeOf = new Int32Array(MAX_PATHS);
  private count = 0;

  constructor(disk: Places, lists: readonly PathList[], threads: LookThreads, threadCount: number) {
    this.disk = disk;
    this.lists = lists;
    this.threads = threads;
    this.prefix = Buffer.from(disk.prefix);
    threads.start(threadCount);
  }

  add(l: number, i: number): void {
    if (!this.put(l, i)) {
      this.look();
      // No file has so long a path: the file system says so.
      if (!this.put(l, i)) this.lists[l]!.tell(i, this.disk.stat(this.lists[l]!.path(i)));
    }
  }

  private put(l: number, i: number): boolean {
    const { pathBytes } = this.lists[l]!;
    const length = pathBytes.write(i);
    const { bytes } = pathBytes;
    const prefix = bytes[0] === SLASH ? NO_PREFIX : this.prefix;
    if (!putPath(this.threads.window, this.count, prefix, bytes, length)) return false;
    this.listOf[this.count] = l;
    this.placeOf[this.count] = i;
    this.count++;
    return true;
  }

  /** Look at what is left of the window, and tell of all that is in it. */
  look(): void {
    const { disk, count } = this;
    if (count === 0) return;
    const { window } = this.threads;
    lookTogether(window, count);
    for (let at = 0; at < count; at++) {
      const { tell, path } = this.lists[this.listOf[at]!]!;
      const i = this.placeOf[at]!;
      const kind = window.found[at];
      if (kind === FOUND.nothing) tell(i, null);
      else if (kind === FOUND.trouble || (kind === FOUND.folder && disk.countsFiles(path(i))))
        tell(i, disk.stat(path(i)));
      else tell(i, { mtimeMs: window.mtimeMs[at]!, size: window.size[at]!, isDirectory: kind === FOUND.folder });
    }
    emptyWindow(window);
    this.count = 0;
  }
}
