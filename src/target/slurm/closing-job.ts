import { extraValues, quoteForSbatch } from '../../compile/rules/sbatch-flags.ts';
import type { SiteOptions } from './site-options.ts';

import type { Stage } from './stage-types.ts';

/** What the closing job asks for; it runs on one CPU. */
export interface ClosingRequest {
  readonly memoryMiB: number;
  readonly timeSeconds: number;
}

/**
 * It reads the journals of all stages, one at a time. Measured with 81,912 tasks, all but one of one stage: 110 MiB, and 39 s
 * on a machine with five times its work; this asks for 340 MiB and 12 min, for longer paths and slow file systems.
 */
export function closingRequest(stages: readonly Stage[], maxTimeSeconds: number | null): ClosingRequest {
  const counts = stages.map((stage) => stage.tasks.length);
  const largest = Math.max(0, ...counts);
  const tasks = counts.reduce((sum, count) => sum + count, 0);
  const minutes = 5 + Math.ceil(tasks / 12_000);
  return {
    memoryMiB: 100 + Math.ceil(largest / 3_500) * 10,
    // A job that asks for more than its partition gives would wait for ever.
    timeSeconds: Math.min(minutes * 60, maxTimeSeconds ?? Number.POSITIVE_INFINITY),
  };
}

/** Who pays for it and where it may run, by long name: all else would only make it wait. sbatch(1). */
const KEPT = ['account', 'clusters', 'comment', 'partition', 'qos', 'reservation', 'wckey'];

/** The flags of a profile that hold for the closing job: those of all jobs, and those of its own. */
export function closingFlags({ flags, extra, mail }: Pick<SiteOptions, 'flags' | 'extra' | 'mail'>): string[] {
  const all = new Map([...flags, ...extraValues(extra)]);
  const kept = KEPT.flatMap((name) => (all.has(name) ? `--${name}=${quoteForSbatch(all.get(name)!)}` : []));
  if (mail === null) return kept;
  const types = mail.on.map((event) => event.toUpperCase());
  return [...kept, `--mail-user=${quoteForSbatch(mail.to)} --mail-type=${types.join(',')}`];
}
