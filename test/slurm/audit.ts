/** What journals of submissions tell afterwards: what ran again although it had succeeded, and what was forgotten. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRunLine } from '../../src/resume/history.ts';

interface AttemptFile {
  readonly path: string;
  readonly submission: number;
  readonly beganSeconds: number;
  readonly lines: readonly string[];
}

/** Attempts at elements, oldest first; a task belongs to one element a submission, so that its events are in order. */
function attemptFiles(folder: string, afterSubmission: number): AttemptFile[] {
  const journals = join(folder, '.wfc/journal');
  const files = readdirSync(journals)
    .filter((name) => /^\d+-slurm-[^.]*$/.test(name) && Number.parseInt(name, 10) > afterSubmission)
    .flatMap((submission) =>
      readdirSync(join(journals, submission))
        .filter((name) => name.endsWith('.tsv') && name !== 'jobs.tsv')
        .map((name): AttemptFile => {
          const path = join(journals, submission, name);
          const lines = readFileSync(path, 'utf8')
            .split('\n')
            .filter((line) => line.endsWith('\t.'));
          const beganSeconds = Number(
            parseRunLine((lines[0] ?? '').split('\t'))?.writerBegan ?? Number.POSITIVE_INFINITY,
          );
          return { path, submission: Number.parseInt(submission, 10), beganSeconds, lines };
        }),
    );
  return files.sort((a, b) => a.submission - b.submission || a.beganSeconds - b.beganSeconds);
}

/** Looks at the journals again and again while they grow; see `look`. */
export class JournalAudit {
  /** Starts of tasks whose last attempt had a record of success, and that had no cause to run again. */
  readonly rerunsAfterSuccess: string[] = [];
  /** Tasks with a record of success at one look that had none at a later one, nor had they run meanwhile. */
  readonly lostRecords: string[] = [];
  private readonly folder: string;
  private readonly mayRunAgain: (task: string, succeeded: ReadonlySet<string>) => boolean;
  private succeeded: ReadonlySet<string> = new Set();
  private starts: ReadonlyMap<string, number> = new Map();
  /** What is known for good: no attempt of these submissions goes on. */
  private settled = { submission: 0, succeeded: new Set<string>(), starts: new Map<string, number>(), reruns: 0 };

  /** `mayRunAgain` is asked of a task that starts anew after a success, with all that had succeeded by then. */
  constructor(folder: string, mayRunAgain: (task: string, succeeded: ReadonlySet<string>) => boolean) {
    this.folder = folder;
    this.mayRunAgain = mayRunAgain;
  }

  look(): void {
    const succeeded = new Set(this.settled.succeeded);
    const starts = new Map(this.settled.starts);
    this.rerunsAfterSuccess.length = this.settled.reruns;
    for (const { path, lines } of attemptFiles(this.folder, this.settled.submission)) {
      for (const line of lines) {
        const [kind, task = '', attempt] = line.split('\t');
        // Refused before its start: it keeps its record.
        if (kind === 'failed' && attempt === '0') continue;
        if (kind === 'done') succeeded.add(task);
        else if (kind === 'failed' || kind === 'interrupted') succeeded.delete(task);
        if (kind !== 'started') continue;
        starts.set(task, (starts.get(task) ?? 0) + 1);
        if (succeeded.has(task) && !this.mayRunAgain(task, succeeded))
          this.rerunsAfterSuccess.push(`${task} in ${path}`);
      }
    }
    for (const task of this.succeeded)
      if (!succeeded.has(task) && starts.get(task) === this.starts.get(task)) this.lostRecords.push(task);
    this.succeeded = succeeded;
    this.starts = starts;
  }

  /** All has ended, and these tasks have been undone: they have a cause to run again. */
  undo(tasks: ReadonlySet<string>): void {
    this.look();
    const succeeded = new Set([...this.succeeded].filter((task) => !tasks.has(task)));
    const submission = attemptFiles(this.folder, this.settled.submission).at(-1)?.submission ?? 0;
    this.settled = {
      submission: Math.max(submission, this.settled.submission),
      succeeded,
      starts: new Map(this.starts),
      reruns: this.rerunsAfterSuccess.length,
    };
    this.succeeded = succeeded;
  }
}
