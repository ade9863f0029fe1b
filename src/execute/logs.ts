import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Disk } from '../io/files/disk.ts';
import type { StateFolder } from '../io/state/state-folder.ts';
import type { Plan } from '../model/plan.ts';

/** Where one attempt writes its output and errors. */
export interface AttemptLog {
  /** The log's path, from the spec's folder. */
  readonly path: string;
  /** Whether it was there before the attempt. */
  readonly wasThere: boolean;
  /** Whether all goes straight to it. */
  readonly isDirect: boolean;
  /** The worker's scratch file, which becomes the log once the task has run for a second; null where there is none, or not any more. */
  scratch: string | null;
}

/** Logs are kept where something was written; a short task's output becomes its log only then. */
export class TaskLogs {
  private readonly disk: Disk;
  private readonly work: string;
  /** Per rule, whether its tasks write straight to their log; the others to a scratch file that may become it. */
  private readonly direct: readonly boolean[];
  private readonly mayBeThere: boolean;

  constructor(plan: Plan, disk: Disk, { root, work }: StateFolder) {
    this.disk = disk;
    this.work = work;
    // A log of the user's may lie on another file system, where no scratch file can be moved to.
    const outside = plan.rules.map(({ rule }) => !rule.log.text.startsWith('.wfc/'));
    this.direct = plan.rules.map(
      ({ rule }, r) => outside[r]! || rule.command.bindings.some((b) => b.source.kind === 'log'),
    );
    this.mayBeThere = existsSync(join(root, 'logs')) || outside.includes(true);
  }

  /** Where worker n's tasks write. */
  scratchFile(worker: number): string {
    return join(this.work, `output-${worker}`);
  }

  /** The output that did not pass its check in the attempt of worker n that has just failed; null where none is known. Once. */
  takeFailedCheck(worker: number): string | null {
    const file = `${this.scratchFile(worker)}.check`;
    if (!existsSync(file)) return null;
    const path = readFileSync(file, 'utf8').trimEnd();
    rmSync(file);
    return path;
  }

  /** The log of an attempt to come; `number` counts from 1. */
  open(path: string, ruleIndex: number, number: number): AttemptLog {
    const wasThere = number > 1 || (this.mayBeThere && existsSync(this.disk.absolute(path)));
    const isDirect = wasThere || this.direct[ruleIndex]!;
    if (isDirect) this.disk.makeParent(path);
    return { path, wasThere, isDirect, scratch: null };
  }

  append(log: AttemptLog, line: string): void {
    appendFileSync(log.scratch ?? this.disk.absolute(log.path), line);
  }

  /** A task that takes long gets its log at once, so that one can follow it. */
  show(log: AttemptLog): void {
    if (log.scratch !== null && existsSync(log.scratch)) this.move(log);
  }

  /** Its path, where something was written; else there is no log. */
  close(log: AttemptLog): string | null {
    const file = log.scratch ?? this.disk.absolute(log.path);
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size === 0) {
      // A scratch file goes, too: what the task left behind may still write to it, and the next task gets its own.
      rmSync(file, { force: true });
      return null;
    }
    if (log.scratch !== null) this.move(log);
    return log.path;
  }

  private move(log: AttemptLog): void {
    this.disk.makeParent(log.path);
    renameSync(log.scratch!, this.disk.absolute(log.path));
    log.scratch = null;
  }
}
