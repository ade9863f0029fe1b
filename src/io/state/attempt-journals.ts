import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type AttemptHistory, emptyAttempts, readAttempts } from '../../resume/attempts.ts';
import { forEachJournal } from './journal.ts';

/** Times and places of all attempts that the journals of a folder tell of. */
export function readAttemptJournals(folder: string): AttemptHistory {
  const history = emptyAttempts();
  if (!existsSync(folder)) return history;
  forEachJournal(folder, (bytes, submission) =>
    readAttempts(history, bytes.toString(), submission === null ? null : queuedSeconds(submission)),
  );
  return history;
}

/** submit.sh writes the ids of its jobs as it queues them; null where it did not come so far. */
function queuedSeconds(submission: string): number | null {
  const jobs = statSync(join(submission, 'jobs.tsv'), { throwIfNoEntry: false });
  return jobs ? jobs.mtimeMs / 1000 : null;
}
