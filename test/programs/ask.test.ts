/** What wfc learns from a program that it asks, whatever that does. */
import { expect, it } from 'vitest';
import { ask } from '../../src/io/programs/ask.ts';
import { experiment } from '../support/experiment.ts';
import { PATIENCE_SECONDS } from '../support/waiting.ts';

const { env } = process;
const bash = (script: string, options: Partial<Parameters<typeof ask>[2]> = {}) =>
  ask('bash', ['-c', script], { env, timeoutSeconds: PATIENCE_SECONDS, ...options });

it('what a program says is kept as it is, on both streams, with its last line break', async () => {
  expect(await bash('echo said; echo beside >&2')).toEqual({ kind: 'said', stdout: 'said\n', stderr: 'beside\n' });
});

it('an answer of many megabytes is kept whole', async () => {
  const answer = await bash('yes 1234567 | head -n 2000000');
  expect(answer.kind === 'said' && answer.stdout.length).toBe(16_000_000);
});

it('it reads what it is given, or nothing, and need not read it', async () => {
  expect(await bash('cat', { input: 'ä\n' })).toMatchObject({ kind: 'said', stdout: 'ä\n' });
  expect(await bash('cat')).toMatchObject({ kind: 'said', stdout: '' });
  expect(await bash('exec <&-; true', { input: 'x'.repeat(1_000_000) })).toMatchObject({ kind: 'said' });
});

it('its environment is what it is given, and no more', async () => {
  process.env.WFC_TEST_OWN = 'of wfc';
  const answer = await bash('echo "$WFC_TEST_OWN-$GIVEN"', { env: { PATH: env.PATH, GIVEN: 'x' } });
  delete process.env.WFC_TEST_OWN;
  expect(answer).toMatchObject({ stdout: '-x\n' });
});

it('it answers on descriptor 3 where it prints what it likes', async () => {});

it.each([
  ['exit 3', 3],
  ['kill -KILL $$', 'SIGKILL'],
])('%s is a failure with status %s, and what was said until then', async (end, status) => {
  expect(await bash(`echo said; echo why >&2; ${end}`)).toEqual({
    kind: 'failed',
    status,
    stdout: 'said\n',
    stderr: 'why\n',
  });
});

it('one that is not there is absent, one that can not be started, too', async () => {
  const options = { env, timeoutSeconds: null };
  expect(await ask('wfc-no-such', [], options)).toEqual({
    kind: 'absent',
    problem: 'wfc-no-such is not on the PATH',
  });
  expect(await ask('/etc/passwd', [], options)).toMatchObject({
    kind: 'absent',
    problem: expect.stringContaining('EACCES'),
  });
});

// What waits here would for ever.
it.each([
  ['', 'sleep infinity'],
  [', deaf to signals', "trap '' TERM INT HUP; while :; do read -r -t 9 <> <(:); done"],
  [', and leaves a child behind that holds its pipes', 'sleep infinity & echo $! >child; echo said; exit 0'],
])('one that does not answer in time%s is silent', async (_, script) => {
  const e = experiment('');
  const answer = await bash(script, { cwd: e.folder, timeoutSeconds: 0.2 });
  if (e.has('child')) process.kill(Number(e.read('child')), 'SIGKILL');
  expect(answer).toEqual({ kind: 'silent' });
});

it('several are asked at a time: each waits for the other', async () => {
  const e = experiment('');
  const options = { cwd: e.folder };
  const meet = (own: string, other: string): string => `: >${own}; until [[ -e ${other} ]]; do sleep 0.02; done`;
  const answers = await Promise.all([bash(meet('a', 'b'), options), bash(meet('b', 'a'), options)]);
  expect(answers.map(({ kind }) => kind)).toEqual(['said', 'said']);
});
