import { expect, it } from 'vitest';
import { experiment, timeless } from '../support/experiment.ts';

const FLAKY = `
rules:
  flaky:
    output: out.txt
    retries: 2
    run: |
      echo {attempt} >> calls
      echo "try {attempt}"
      [[ ! -e {output} ]] || { echo "the last attempt's output is here"; exit 9; }
      echo {attempt} > {output}
      ((  {attempt} >= LAST ))
`;

it('tries again up to `retries` times, counts {attempt}, and removes outputs in between', async () => {
  const e = experiment(FLAKY.replace('LAST', '3'));
  expect((await e.run()).status).toBe(0);
  expect(e.calls()).toEqual(['1', '2', '3']);
  expect(e.read('out.txt')).toBe('3\n');
});

it('appends the attempts to one log', async () => {
  const e = experiment(FLAKY.replace('LAST', '3'));
  await e.run();
  const [log] = e.files('.wfc/logs');
  expect(timeless(e.read(log!))).toBe(
    'try 1\nwfc: attempt 2, NOW, run 000001\ntry 2\nwfc: attempt 3, NOW, run 000001\ntry 3\n',
  );
});

it('fails after the last attempt, says how many there were, and shows what the last one wrote', async () => {
  const e = experiment(FLAKY.replace('LAST', '9'));
  const { status, stderr } = await e.run();
  expect(status).toBe(1);
  expect(e.calls()).toEqual(['1', '2', '3']);
  expect(stderr).toContain('flaky: exit status 1 (attempt 1; trying again)');
  expect(stderr).toContain('failed flaky: exit status 1, after 3 attempts');
  expect(stderr).toContain('  | try 3\n');
  expect(stderr).not.toContain('  | try 2\n');
});

it('counts attempts from 1 again in the next run', async () => {
  const e = experiment(FLAKY.replace('LAST', '9'));
  await e.run();
  e.calls();
  await e.run();
  expect(e.calls()).toEqual(['1', '2', '3']);
});
