import type { SnakeRule } from '../model/snakefile.ts';
import type { Job } from './jobs/job.ts';
import { fillParts } from './patterns.ts';

/** Rules whose logs are files that other tasks write, too: a task of a spec has a log of its own. */
export function rulesThatShareLogs(jobs: readonly Job[]): ReadonlySet<SnakeRule> {
  const seen = new Set<string>();
  const sharing = new Set<SnakeRule>();
  for (const { rule, wildcards } of jobs) {
    const [log] = rule.log;
    if (!log) continue;
    const path = fillParts(log.parts, wildcards);
    if (seen.has(path)) sharing.add(rule);
    seen.add(path);
  }
  return sharing;
}
