import type { SnakeRule } from '../model/snakefile.ts';
import type { Jobs } from './jobs/job.ts';

/** Rules of `localrules` that can be local here, and those that can't: what is local reads only what is local, or sources. */
export function localRules({ jobs, links }: Jobs): {
  readonly local: ReadonlySet<SnakeRule>;
  readonly refused: readonly SnakeRule[];
} {
  const wanted = [...new Set(jobs.map((job) => job.rule))].filter((rule) => rule.local);
  const local = new Set(wanted);
  for (let before = -1; before !== local.size; ) {
    before = local.size;
    for (const { consumer, producer } of links) if (!local.has(producer)) local.delete(consumer);
  }
  return { local, refused: wanted.filter((rule) => !local.has(rule)) };
}
