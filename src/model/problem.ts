/**
 * How an attempt at a task failed: the words of each code. What stands in braces are its details, in this order; all but the
 * last hold no colon. Journals hold code and details alone (`output_too_small:3:5:out/a.csv`), and all that tells of a failure,
 * in TypeScript as in bash, takes the words from here: see `failureWordsFunction` in src/target/failure-words.ts.
 */
export const FAILURE_WORDS = {
  exit_status: 'exit status {status}',
  /** By the status that a shell gives of it; `name` without SIG. */
  signal: 'exit status {status}, as if killed by SIG{name}',
  broken_pipe:
    'exit status {status}, as if killed by SIGPIPE: a later command of a pipe ended before it had read all (head, grep -q)',
  /** Its own, not the job's. */
  time_limit: 'time limit: stopped after {seconds} s',
  /** Of a task with a checkpoint. */
  no_checkpoint: 'warned before its time limit of {seconds} s, it saved nothing new: {path}',
  /** The kernel ended it for want of memory. */
  out_of_memory: 'out of memory',
  shell_lost: 'the shell that ran it was lost',
  output_missing: 'it succeeded, but its output is missing: {path}',
  /** `link`: `PATH -> TARGET`. */
  output_dangling: 'it succeeded, but its output is a link that leads to nothing: {link}',
  output_no_directory: 'its output should be a directory: {path}',
  output_is_directory: 'its output is a directory, and "directory: true" is not set: {path}',
  output_directory_empty: 'its output directory is empty: {path}',
  output_empty: 'its output is empty: {path}',
  output_too_small: 'its output has {bytes} of at least {min} bytes: {path}',
  check_failed: 'its output does not pass its check: {path}',
  // What follows keeps a task from its start.
  output_protected: 'its output is protected: to make it anew, run chmod -R u+w {path}, or remove it',
  no_room: "can't make room for its output: {path}",
  /** What no task makes. */
  source_missing: 'its source file {path} does not exist',
  input_missing: 'its input is missing: {path}',
  cannot_write: "can't write {path}",
  needs_nodes: 'it asks for {nodes} nodes, and this is one: run it through Slurm',
  /** Told by a wfc that knows more codes, or in words that nobody knows any more. */
  other: '{text}',
} as const;
export type FailureCode = keyof typeof FAILURE_WORDS;

/** Names of what stands in braces. */
type Details<Words extends string> = Words extends `${string}{${string}}${infer Rest}`
  ? [string | number, ...Details<Rest>]
  : [];

/** What went wrong with an attempt at a task. */
export interface Problem {
  readonly code: FailureCode;
  /** As many as its words have braces. */
  readonly details: readonly string[];
}

export function problem<Code extends FailureCode>(
  code: Code,
  ...details: Details<(typeof FAILURE_WORDS)[Code]>
): Problem {
  return { code, details: details.map(String) };
}

export function problemWords({ code, details }: Problem): string {
  return fill(FAILURE_WORDS[code], details);
}

/** What is told of a problem where failures are listed: its code, its words, and these without what differs from task to task. */
export function toldProblem(what: Problem): {
  readonly code: FailureCode;
  readonly reason: string;
  readonly shortReason: string;
} {
  const { code, details } = what;
  const reason = problemWords(what);
  // Behind the colon stands a path, or how long it took.
  const short = code === 'other' ? reason.replace(/: .*/, '') : fill(FAILURE_WORDS[code].replace(/: .*/, ''), details);
  return { code, reason, shortReason: short };
}

function fill(words: string, details: readonly string[]): string {
  let next = 0;
  return words.replace(BRACES, () => details[next++]!);
}

const BRACES = /\{\w+\}/g;

/** How many details there are. */
export function detailCount(code: FailureCode): number {
  return FAILURE_WORDS[code].match(BRACES)?.length ?? 0;
}
