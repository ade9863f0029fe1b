/**
 * Why a task runs: a short, fixed list, in order of precedence. A task's reason is its index here; 0 means that it is
 * complete and does not run.
 */
export const REASONS = [
  'complete',
  'forced',
  'output missing',
  'output incomplete',
  'no record',
  'output changed',
  'check failed',
  'command changed',
  'code changed',
  'upstream runs',
  'input changed',
  'input newer',
  'temp needed',
] as const;
export type Reason = (typeof REASONS)[number];

/** What each reason means, as `wfc why` says it. README.md beside this file says it, too. */
export const REASON_MEANINGS: Readonly<Record<Exclude<Reason, 'complete'>, string>> = {
  forced: '--force names it',
  'output missing': 'an output does not exist, or an output directory is empty',
  'output incomplete': 'the last attempt did not finish',
  'no record': 'the output exists, but no record says that wfc made it',
  'output changed': 'the output is not as the task left it',
  'check failed': 'an output does not pass its check',
  'command changed': 'the command, its values, its environment or its set of inputs is another',
  'code changed': 'a file of its code is not as it was when the task ran',
  'input changed': 'an input is not as it was when the task ran',
  'input newer': 'there are no records, and an input is newer than an output',
  'upstream runs': 'a task that it depends on runs',
  'temp needed': 'a temp output is gone, and a task that runs needs it',
};

export const reasonCode = (reason: Reason): number => REASONS.indexOf(reason);
