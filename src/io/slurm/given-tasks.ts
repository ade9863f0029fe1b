import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { GivenTo } from '../../resume/stop.ts';
import { type Submission, SubmittedTasks } from './submissions.ts';

/** What is in the queue of the elements of a submission, as far as is known. */
export interface QueueView {
  /** Whether an element of this submission is, or may be, in the queue. */
  readonly holds: (slurmId: string, submission: Submission) => boolean;
}

/**
 * To which element each task was handed last, by the scripts of the submissions. Tables are read when somebody asks, the
 * newest submission's first: it has nearly all that is not done.
 */
export class GivenTasks {
  private readonly given = new Map<string, GivenTo>();
  private readonly left: Submission[];
  private readonly queue: QueueView;
  private readonly tables: Map<string, SubmittedTasks>;

  /** @param tables what was read for earlier looks, by the folder of scripts: they never change */
  constructor(submissions: readonly Submission[], queue: QueueView, tables = new Map<string, SubmittedTasks>()) {
    this.left = [...submissions];
    this.queue = queue;
    this.tables = tables;
  }

  /** null for a task that was never handed in, or of whose submission the scripts are gone. */
  of(name: string): GivenTo | null {
    for (;;) {
      const known = this.given.get(name);
      if (known) return known;
      const submission = this.left.pop();
      if (!submission) return null;
      this.take(submission);
    }
  }

  private take(submission: Submission): void {
    const { artifacts, jobs, folder } = submission;
    if (artifacts === null || jobs.size === 0) return;
    let tables = this.tables.get(artifacts);
    if (!tables) {
      tables = new SubmittedTasks(artifacts);
      this.tables.set(artifacts, tables);
    }
    const begun = begunElements(folder);
    for (const [job, stage] of jobs) {
      for (const { index, names } of tables.elements(stage)) {
        const slurmId = `${job}_${index}`;
        const given = {
          slurmId,
          isQueued: this.queue.holds(slurmId, submission),
          hasBegun: begun.has(`${stage}.${index}`),
        };
        for (const name of names) if (!this.given.has(name)) this.given.set(name, given);
      }
    }
  }
}

/** `STAGE.I` of the elements that have a journal: `STAGE.I.tsv`, `STAGE.I.ATTEMPT.tsv`. */
function begunElements(folder: string): Set<string> {
  const begun = new Set<string>();
  for (const name of readdirSync(folder)) {
    const [, element] = /^([^.]+\.\d+)\.(?:.*\.)?tsv$/.exec(name) ?? [];
    if (element !== undefined) begun.add(element);
  }
  return begun;
}

/** Whether its closing job began, which comes when all arrays have ended. */
export function hasClosed({ folder }: Submission): boolean {
  return existsSync(join(folder, 'elements', 'close.out'));
}

/** When the last of its jobs was queued, since 1970; 0 where that is not known. */
export function queuedSeconds({ folder }: Submission): number {
  return (statSync(join(folder, 'jobs.tsv'), { throwIfNoEntry: false })?.mtimeMs ?? 0) / 1000;
}
