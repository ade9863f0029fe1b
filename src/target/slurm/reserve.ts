/**
 * What a job asks for beyond the time limits of its tasks, so that Slurm never stops a task before its own limit. In
 * seconds.
 */
import type { Rule } from '../../model/workflow.ts';

/**
 * How long before a job's limit it is told, at least: `--signal=B:USR1@60`. The runner stops its tasks, and tidies up after
 * them.
 */
export const SIGNAL_LEAD_SECONDS = 60;
/** Of that, for the runner alone. */
const TIDYING_SECONDS = 20;
/** sbatch(1), --signal: "the signal may be sent up to 60 seconds earlier than specified". */
const SIGNAL_EARLINESS_SECONDS = 60;
/** `wfc_wait_seconds` of templates/slurm/element.sh: an element waits so long, in all, for files and records that are late. */
const LATE_FILES_SECONDS = 60;
/** The runner's own: modules and the prelude, tables and journals, the looks at files. */
const OWN_WORK_SECONDS = 60;
/** Between SIGTERM and SIGKILL for a task at its limit: `_wfc_stop_task` in templates/attempt/watch.sh. Once an attempt. */
const GRACE_SECONDS = 10;

export const RESERVE_SECONDS = SIGNAL_LEAD_SECONDS + SIGNAL_EARLINESS_SECONDS + LATE_FILES_SECONDS + OWN_WORK_SECONDS;

/** The same for a job with tasks of these rules: those with a checkpoint have the time to save that they ask for. */
export function leadSeconds(rules: readonly Rule[]): number {
  const patience = rules.flatMap(({ checkpoint }) => checkpoint?.warnSeconds ?? []);
  return Math.max(SIGNAL_LEAD_SECONDS, ...patience.map((seconds) => seconds + TIDYING_SECONDS));
}

export function reserveSeconds(rules: readonly Rule[]): number {
  return RESERVE_SECONDS + leadSeconds(rules) - SIGNAL_LEAD_SECONDS;
}

/** The longest that a task may take, all its attempts one after another. */
export function attemptsSeconds(limitSeconds: number, retries: number): number {
  return (limitSeconds + GRACE_SECONDS) * (1 + retries);
}
