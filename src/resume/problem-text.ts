import { detailCount, FAILURE_WORDS, type FailureCode, type Problem, problem } from '../model/problem.ts';

/** As a journal has it: `exit_status:3`. The inverse of `parseProblem`. */
export function problemText({ code, details }: Problem): string {
  return code === 'other' ? details[0]! : [code, ...details].join(':');
}

/** What a journal says of a failure, also in the words that stood there once. */
export function parseProblem(text: string): Problem {
  const [code = '', ...parts] = text.split(':');
  if (!isCode(code)) return fromFormerWords(text) ?? problem('other', text);
  const count = detailCount(code);
  if (parts.length < count) return problem('other', text);
  return { code, details: count === 0 ? [] : [...parts.slice(0, count - 1), parts.slice(count - 1).join(':')] };
}

function isCode(text: string): text is FailureCode {
  return text !== 'other' && Object.hasOwn(FAILURE_WORDS, text);
}

/** What journals held before they held codes. */
const FORMER_WORDS: readonly (readonly [RegExp, FailureCode])[] = [
  [/^exit status (\d+)$/, 'exit_status'],
  [/^exit status (\d+), as if killed by SIGPIPE/, 'broken_pipe'],
  [/^exit status (\d+), as if killed by SIG(\w+)$/, 'signal'],
  [/^time limit: stopped after (\d+) s$/, 'time_limit'],
  [/^out of memory$/, 'out_of_memory'],
  [/^the shell that ran it was lost$/, 'shell_lost'],
  [/^it succeeded, but its output is missing: (.*)$/, 'output_missing'],
  [/^it succeeded, but its output is a link that leads to nothing: (.*)$/, 'output_dangling'],
  [/^its output should be a directory: (.*)$/, 'output_no_directory'],
  [/^its output is a directory, and "directory: true" is not set: (.*)$/, 'output_is_directory'],
  [/^its output directory is empty: (.*)$/, 'output_directory_empty'],
  [/^its output is empty: (.*)$/, 'output_empty'],
  [/^its output has ([\d,]+) of at least ([\d,]+) bytes?: (.*)$/, 'output_too_small'],
  [/^its output is protected: to make it anew, run chmod -R u\+w (.*), or remove it$/, 'output_protected'],
  [/^can't make room for its output: (.*)$/, 'no_room'],
  [/^its source file (.*) does not exist$/, 'source_missing'],
  [/^its input is missing: (.*)$/, 'input_missing'],
];

/** The only place that knows them; null for words that were never those of a failure. */
function fromFormerWords(text: string): Problem | null {
  // In elements of arrays alone; elsewhere it was told as it is now.
  if (text === 'killed by signal 9') return problem('signal', 137, 'KILL');
  for (const [pattern, code] of FORMER_WORDS) {
    const found = pattern.exec(text);
    if (found) return { code, details: code === 'output_too_small' ? withoutSeparators(found) : found.slice(1) };
  }
  return null;
}

/** wfc itself wrote `27,270` bytes. */
function withoutSeparators([, bytes = '', least = '', path = '']: readonly string[]): string[] {
  return [bytes.replaceAll(',', ''), least.replaceAll(',', ''), path];
}
