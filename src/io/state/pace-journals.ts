import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { paceOf, type WriterPace } from '../../resume/journal/pace.ts';

/** What one attempt at an element of a job array did. */
export interface ElementPace extends WriterPace {
  readonly stage: string;
  readonly index: number;
  /** Seconds since 1970 at which it wrote its last line. */
  readonly ended: number;
}

/** How quick the writers of a folder's journals were, oldest first. */
export interface PaceJournals {
  readonly runs: readonly WriterPace[];
  /** `queued`: seconds since 1970 at which all of it was; NaN where it does not tell. Only those that began. */
  readonly submissions: readonly { readonly queued: number; readonly elements: readonly ElementPace[] }[];
}

/** Read what the journals of a folder tell of the time that tasks took, and of what lies between them. */
export function readPaceJournals(folder: string): PaceJournals {
  if (!existsSync(folder)) return { runs: [], submissions: [] };
  const names = readdirSync(folder).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  return {
    runs: names
      .filter((name) => /^\d+-.*\.tsv$/.test(name))
      .map((name) => paceOf(readFileSync(join(folder, name), 'utf8'))),
    submissions: names
      .filter((name) => /^\d+-slurm-[^.]*$/.test(name))
      .map((name) => readSubmission(join(folder, name)))
      .filter(({ elements }) => elements.length > 0),
  };
}

function readSubmission(folder: string): PaceJournals['submissions'][number] {
  const elements = readdirSync(folder).flatMap((name): ElementPace[] => {
    const [, stage, index] = /^([^.]+)\.(\d+)\.(?:.*\.)?tsv$/.exec(name) ?? [];
    if (stage === undefined) return [];
    const file = join(folder, name);
    const pace = paceOf(readFileSync(file, 'utf8'));
    if (Number.isNaN(pace.began)) return [];
    return [{ ...pace, stage, index: Number(index), ended: statSync(file).mtimeMs / 1000 }];
  });
  const jobs = statSync(join(folder, 'jobs.tsv'), { throwIfNoEntry: false });
  return { queued: jobs ? jobs.mtimeMs / 1000 : Number.NaN, elements };
}
