import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { FileState } from '../../resume/record.ts';
import type { PathList } from '../../resume/states.ts';
import { endLooks, FOUND, lookTogether, newWindow, putPath } from './look-window.ts';
import { shippedText } from './shipped.ts';

/** What is asked of a `Disk`. */
interface Places {
  place(path: string): string;
  stat(path: string): FileState | null;
  snapshot(path: string): FileState | null;
  isKnownMissing(path: string): boolean;
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
 * Look at many paths. The first ones singly; then it is known how long a look takes, and where it pays, threads look at
 * the rest side by side: as many as there are processors, or more where looks wait.
 */
export function statAll(disk: Places, lists: readonly PathList[]): void {
  const looks = new Looks(disk, lists);
  try {
    for (const list of lists) for (let i = 0; i < list.size; i++) if (list.wanted[i] === 1) looks.take(list, i);
    looks.finish();
  } finally {
    looks.end();
  }
}

class Looks {
  private readonly disk: Places;
  private left = 0;
  /** Milliseconds that the last few looks took. */
  private took: number[] = [];
  private waits = waitsSoFar();
  private together: Together | null = null;

  constructor(disk: Places, lists: readonly PathList[]) {
    this.disk = disk;
    for (const { wanted } of lists) for (const one of wanted) this.left += one;
  }

  take(list: PathList, i: number): void {
    this.left--;
    const path = list.path(i);
    if (this.disk.isKnownMissing(path)) list.tell(i, null);
    else if (this.together !== null) this.together.add(list, i, path);
    else {
      const began = performance.now();
      list.tell(i, this.disk.snapshot(path));
      this.took.push(performance.now() - began);
      if (this.took.length === FEW) this.considerThreads();
    }
  }

  finish(): void {
    this.together?.look();
  }

  end(): void {
    this.together?.end();
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
    if (count > 0) this.together = new Together(this.disk, count);
  }
}

/** How often the process has let go of a processor to wait for something: getrusage(2), ru_nvcsw. */
function waitsSoFar(): number {
  return process.resourceUsage().voluntaryContextSwitches;
}

/** Threads that look along, and what they are to look at next. */
class Together {
  private readonly disk: Places;
  private readonly window = newWindow();
  private readonly asked: { readonly list: PathList; readonly i: number }[] = [];

  constructor(disk: Places, threads: number) {
    this.disk = disk;
    for (let n = 0; n < threads && this.addThread(); n++);
  }

  /** False at a limit of threads: a thread that can't start takes no paths, and the others look at them. */
  private addThread(): boolean {
    // It makes little, and lets go of it at once.
    const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 32 };
    try {
      const worker = new Worker(shippedText('dist/look-worker.cjs'), {
        eval: true,
        workerData: this.window,
        resourceLimits,
      });
      worker.on('error', () => {});
      worker.unref();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_INIT_FAILED') throw error;
      return false;
    }
  }

  add(list: PathList, i: number, path: string): void {
    const place = this.disk.place(path);
    if (!putPath(this.window, this.asked.length, place)) {
      this.look();
      // No file has so long a path: the file system says so.
      if (!putPath(this.window, 0, place)) {
        list.tell(i, this.disk.stat(path));
        return;
      }
    }
    this.asked.push({ list, i });
  }

  look(): void {
    const { window, asked, disk } = this;
    if (asked.length === 0) return;
    lookTogether(window, asked.length);
    asked.forEach(({ list, i }, at) => {
      const kind = window.found[at];
      if (kind === FOUND.nothing) list.tell(i, null);
      else if (kind === FOUND.trouble || (kind === FOUND.folder && disk.countsFiles(list.path(i))))
        list.tell(i, disk.stat(list.path(i)));
      else list.tell(i, { mtimeMs: window.mtimeMs[at]!, size: window.size[at]!, isDirectory: kind === FOUND.folder });
    });
    asked.length = 0;
  }

  end(): void {
    endLooks(this.window);
  }
}
