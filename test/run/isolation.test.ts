import { execa } from 'execa';
import { expect, it } from 'vitest';
import { experiment, isAlive } from '../support/experiment.ts';

/** `first` does something to its shell; `second` then runs on the same worker (-j1). */
const pair = (first: string, second: string): string => `
rules:
  first:
    output: first
    run: |
      ${first.split('\n').join('\n      ')}
      touch "$OLDPWD_OR_HERE/first"
    env: {OLDPWD_OR_HERE: "{config.here}"}
  second:
    input: first
    output: second
    run: |
      ${second.split('\n').join('\n      ')}
      touch {output}
`;

it.each([
  ['a changed folder', 'cd /', '[[ -e wfc.yml ]]'],
  ['exported and plain variables', 'export LEAK=1; PLAIN=1', '[[ -z "${LEAK-}" && -z "${PLAIN-}" ]]'],
  ['functions and aliases', 'touched() { :; }; ls() { exit 1; }', 'ls; ! declare -F touched'],
  ['traps', "trap 'echo trapped' EXIT DEBUG USR1", '[[ -z "$(trap -p EXIT DEBUG USR1)" ]]'],
  [
    'set and shopt options',
    'set +eu +o pipefail; set -f; shopt -s nullglob',
    '[[ $- == *e*u* && $- != *f* ]]; ! shopt -q nullglob',
  ],
  ['the umask and limits', 'umask 077; ulimit -n 50', '[[ $(umask) != 0077 && $(ulimit -n) != 50 ]]'],
  ['positional parameters and IFS', 'set -- a b c; IFS=:', "[[ $# == 0 && $IFS == $' \\t\\n' ]]"],
  ['open descriptors', 'exec 7>other; exec >/dev/null', '[[ ! -e /proc/self/fd/7 ]]; echo visible'],
])('%s of one task never reach the next', async (_, first, second) => {
  const e = experiment('');
  e.write('wfc.yml', `wfc: 1\nconfig: {here: "${e.folder}"}\n${pair(first, second)}`);
  const { status, stderr } = await e.run('-j1');
  expect(stderr).not.toContain('failed');
  expect(status).toBe(0);
});

it('closes the descriptors of wfc itself to a task', async () => {
  const e = experiment('rules: {one: {output: a, run: "ls /proc/self/fd > {output}"}}\n');
  await e.run();
  const { stdout } = await execa('bash', ['-c', 'ls /proc/self/fd']);
  expect(e.read('a').trim()).toBe(stdout);
});

it('ends what a task leaves in the background when the task ends', async () => {
  const e = experiment(`
rules:
  one:
    output: a
    run: |
      (while :; do date > late; sleep 0.01; done) &
      echo $! > child
      touch {output}
`);
  expect((await e.run()).status).toBe(0);
  expect(isAlive(Number(e.read('child')))).toBe(false);
});

it('gives tasks an empty standard input', async () => {
  const e = experiment('rules: {one: {output: a, run: "cat > {output}"}}\n');
  expect((await e.run()).status).toBe(0);
  expect(e.read('a')).toBe('');
});

it.each([
  ['an unset variable', 'echo "$NOT_SET"'],
  ['a failing part of a pipe', 'false | true'],
  ['a failing line before the last', 'false\n      true'],
  ['a failure inside $(…) that is assigned', 'x=$(false)'],
])('%s fails a task', async (_, command) => {
  const e = experiment(`
rules:
  one:
    output: a
    run: |
      touch {output}
      ${command}
`);
  expect((await e.run()).status).toBe(1);
});

it('the options of the shell that wfc was started from do not reach tasks', async () => {
  const e = experiment('rules: {one: {output: a, run: "echo 1 > a; echo 2 > a; ls none* || true"}}\n');
  const env = { SHELLOPTS: 'errexit:noclobber:noexec', BASHOPTS: 'failglob' };
  expect((await e.run('', { env })).status).toBe(0);
});

it('a command that is all comments runs, and fails for its output only', async () => {
  const e = experiment('rules: {one: {output: a, run: "# nothing yet"}}\n');
  expect((await e.run()).stderr).toContain('it succeeded, but its output is missing: a');
});
