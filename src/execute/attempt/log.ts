import { LOCAL_WORK } from '../../io/state/state-folder.ts';
import type { Plan } from '../../model/plan.ts';
import type { Disk } from '../surroundings.ts';

/** Where one attempt writes its output and errors. */
export interface AttemptLog {
  /** The log's path, from the spec's folder. */
  readonly path: string;
  /** Whether it was there before the attempt. */
  readonly wasThere: boolean;
  /** Whether all goes straight to it. */
  readonly isDirect: boolean;
  /** Nothing of the attempt can write to it once it has ended. */
  isLeftAlone: boolean;
  /** The shell's scratch file, which becomes the log once the task has run for a second; null where there is none, or not any more. */
  scratch: string | null;
}

/** Where the tasks of shell n write, from the spec's folder. */
export function scratchFile(shell: number): string {
  return `${LOCAL_WORK}/output-${shell}`;
}

/** Logs are kept where something was written; a short task's output becomes its log only then. */
export class TaskLogs {
  private readonly disk: Disk;
  /** Per rule, whether its tasks write straight to their log; the others to a scratch file that may become it. */
  private readonly direct: readonly boolean[];
  private readonly mayBeThere: boolean;

  constructor(plan: Plan, disk: Disk) {
    this.disk = disk;
    // A log of the user's may lie on another file system, where no scratch file can be moved to.
    const outside = plan.rules.map(({ rule }) => !rule.log.text.startsWith('.wfc/'));
    this.direct = plan.rules.map(
      ({ rule }, r) =>
        // Whoever may take long, and go on, has its log at once.
        outside[r]! || rule.checkpoint !== null || rule.command.bindings.some((b) => b.source.kind === 'log'),
    );
    this.mayBeThere = disk.exists('.wfc/logs') || outside.includes(true);
  }

  /** The log of an attempt to come; `number` counts from 1. */
  open(path: string, ruleIndex: number, number: number): AttemptLog {
    const wasThere = number > 1 || (this.mayBeThere && this.disk.exists(path));
    const isDirect = wasThere || this.direct[ruleIndex]!;
    if (isDirect) this.disk.makeParent(path);
    return { path, wasThere, isDirect, isLeftAlone: false, scratch: null };
  }

  append(log: AttemptLog, line: string): void {
    this.disk.append(log.scratch ?? log.path, line);
  }

  /** A task that takes long gets its log at once, so that one can follow it. */
  show(log: AttemptLog): void {
    if (log.scratch !== null && this.disk.exists(log.scratch)) this.move(log);
  }

  /** Its path, where something was written; else there is no log. */
  close(log: AttemptLog): string | null {
    const path = log.scratch ?? log.path;
    const state = this.disk.stat(path);
    if (state === null || state.size === 0) {
      // A scratch file goes, too: what the task left behind may still write to it, and the next task gets its own.
      if (state !== null && !(log.isLeftAlone && log.scratch !== null)) this.disk.unlink(path);
      return null;
    }
    if (log.scratch !== null) this.move(log);
    return log.path;
  }

  private move(log: AttemptLog): void {
    this.disk.makeParent(log.path);
    this.disk.rename(log.scratch!, log.path);
    log.scratch = null;
  }
}
