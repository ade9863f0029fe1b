import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import {
  detailCount,
  FAILURE_WORDS,
  type FailureCode,
  type Problem,
  problem,
  problemWords,
} from '../../src/model/problem.ts';
import { parseProblem, problemText } from '../../src/resume/problem-text.ts';
import { failureWordsFunction } from '../../src/target/failure-words.ts';

const CODES = Object.keys(FAILURE_WORDS) as FailureCode[];

/** The last detail of each holds what a path may. */
function sample(code: FailureCode): Problem {
  const details = Array.from({ length: detailCount(code) }, (_, i) => String(i + 3));
  if (details.length > 0) details[details.length - 1] = 'a b: 100%/é\\:{path}';
  return { code, details };
}

describe('what went wrong, as a journal has it', () => {
  it.each(CODES)('%s is read as it was written', (code) => {
    const written = problemText(sample(code));
    expect(parseProblem(written)).toEqual(sample(code));
    expect(written).not.toMatch(/[\t\n]/);
  });

  it.each([
    ['exit status 3', problem('exit_status', 3)],
    ['exit status 139, as if killed by SIGSEGV', problem('signal', 139, 'SEGV')],
    ['killed by signal 9', problem('signal', 137, 'KILL')],
    [
      'exit status 141, as if killed by SIGPIPE: a later command of a pipe ended before it had read all (head, grep -q)',
      problem('broken_pipe', 141),
    ],
    ['time limit: stopped after 60 s', problem('time_limit', 60)],
    ['out of memory', problem('out_of_memory')],
    ['the shell that ran it was lost', problem('shell_lost')],
    ['it succeeded, but its output is missing: a: b', problem('output_missing', 'a: b')],
    ['it succeeded, but its output is a link that leads to nothing: a -> b', problem('output_dangling', 'a -> b')],
    ['its output should be a directory: a', problem('output_no_directory', 'a')],
    ['its output is a directory, and "directory: true" is not set: a', problem('output_is_directory', 'a')],
    ['its output directory is empty: a', problem('output_directory_empty', 'a')],
    ['its output is empty: a', problem('output_empty', 'a')],
    ['its output has 2 of at least 1 byte: a', problem('output_too_small', 2, 1, 'a')],
    ['its output has 2,000 of at least 3,000 bytes: a', problem('output_too_small', 2000, 3000, 'a')],
    ['its output is protected: to make it anew, run chmod -R u+w a, or remove it', problem('output_protected', 'a')],
    ["can't make room for its output: a", problem('no_room', 'a')],
    ['its source file a does not exist', problem('source_missing', 'a')],
    ['its input is missing: a', problem('input_missing', 'a')],
    ['nobody knows: these', problem('other', 'nobody knows: these')],
    ['a_code_of_later: 3', problem('other', 'a_code_of_later: 3')],
    ['signal:3', problem('other', 'signal:3')],
  ])('the former words are read as a code: %s', (words, meant) => {
    expect(parseProblem(words)).toEqual(meant);
  });

  it('bash tells each in the same words, and former words as they are', async () => {
    const all = [...CODES.map(sample), problem('other', 'killed by signal 9'), problem('other', 'exit status 3: x')];
    const script = `${failureWordsFunction()}for each; do _wfc_find_words "$each"; printf '%s\\0' "$_wfc_words"; done`;
    const { stdout } = await execa('bash', ['-uc', script, 'bash', ...all.map(problemText)]);
    expect(stdout.split('\0').slice(0, -1)).toEqual(all.map(problemWords));
  });

  it('its words have all details, in order', () => {
    expect(problemWords(problem('output_too_small', 3, 5, 'a{path}'))).toBe(
      'its output has 3 of at least 5 bytes: a{path}',
    );
    expect(problemWords(problem('signal', 137, 'KILL'))).toBe('exit status 137, as if killed by SIGKILL');
  });
});
