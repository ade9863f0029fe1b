/** `wfc resume --escalate` on this machine: twice the time for just the tasks that ran out of it. */
import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';

/** `fit` of i=1 is done, i=2 does not end in the second that it has, but in two; i=3 fails. */
const SPEC = `
tables: {times: [{i: 1, seconds: 100}, {i: 2, seconds: 1}, {i: 3, seconds: 100}]}
rules:
  fit:
    output: "{i}.txt"
    run: |
      echo "{i} {resources.time_s}" >> calls
      [[ {i} != 3 || -e mended ]]
      [[ {i} != 2 || {resources.time_s} -gt 1 ]] || sleep 1000
      touch {output}
    resources: {time: "{seconds}s"}
`;

it('doubles the time of what ran out of it, and of nothing else; it stays so, and says so', async () => {
  const e = experiment(SPEC);
  expect((await e.run('-k')).stderr).toContain('failed fit i=2: time limit: stopped after 1 s');
  expect(e.calls()).toEqual(['1 100', '2 1', '3 100']);
  const dry = await e.wfc('resume --escalate -n');
  expect(dry.stderr).toContain('fit i=2: 2.0 s of time (1.0 s was not enough)');
  expect(e.has('.wfc/escalated.tsv')).toBe(false);
  e.write('mended', '');
  const resumed = await e.wfc('resume --escalate');
  expect([resumed.status, resumed.stderr]).toEqual([0, expect.stringContaining('fit i=2: 2.0 s of time')]);
  expect(e.calls()).toEqual(['2 2', '3 100']);
  expect(e.read('.wfc/escalated.tsv')).toMatch(/^2\.txt\t\t2\t[\d.]+\/\/1\t\.\n$/);
  // Nothing is stale for it, and the next run of that task has it still.
  expect((await e.run()).stderr).toContain('nothing to do');
  await e.run('--force fit');
  expect(e.calls()).toEqual(['1 100', '2 2', '3 100']);
});

it('without --escalate it asks for the same; with nothing that ran out it says so', async () => {
  const e = experiment(SPEC);
  await e.run('-k');
  e.calls();
  expect((await e.wfc('resume -k')).status).toBe(1);
  expect(e.calls()).toEqual(['2 1', '3 100']);
  const other = experiment(SPEC, { '.wfc/escalated.tsv': '2.txt\t\t5\t\t.\n1.txt\t\tto' });
  expect((await other.run('-k')).status).toBe(1);
  expect(other.calls()).toEqual(['1 100', '2 5', '3 100']);
  expect((await other.wfc('resume --escalate -n')).stderr).toContain(
    'no task that is to run is known to have run out of memory or time',
  );
});

it('once escalated, a task is not given more before it has run with that', async () => {
  const e = experiment(SPEC);
  await e.run('-k');
  e.edit('wfc.yml', '[[ {i} != 3 || -e mended ]]', '[[ -e mended ]]');
  // The first of the two fails at once, so that without -k the other does not start.
  await e.wfc('resume --escalate -j 1 --force 3.txt');
  const again = await e.wfc('resume --escalate -n');
  expect(again.stderr).toContain('fit i=2: 2.0 s of time, and has not run with that yet');
});

it('keeps within the profile, and names a task that has the most there is', async () => {
  const e = experiment(SPEC, { 'profiles/default.yml': 'limits: {max_time: 3s}\n' });
  e.edit('wfc.yml', ' || {resources.time_s} -gt 1', '');
  await e.run('-k --set i=2');
  await e.wfc('resume --escalate');
  expect((await e.wfc('resume --escalate -n')).stderr).toContain('fit i=2: 3.0 s of time (2.0 s was not enough)');
  e.write('.wfc/escalated.tsv', '2.txt\t\t3\t\t.\n');
  await e.wfc('resume');
  expect((await e.wfc('resume --escalate -n')).stderr).toContain(
    'fit i=2: ran out of time, and has the most that the profile allows: 3.0 s',
  );
  expect(e.calls()).toEqual(['2 1', '2 2', '2 3']);
});

it('a task that was stopped at the limit of its job gets more time; one that was cancelled or preempted does not', async () => {
  const e = experiment(SPEC, { mended: '' });
  const journal = (cause: string): void => {
    const start = 'started\t2.txt\t1\t1000\t77\t.';
    e.write(
      '.wfc/journal/000001-slurm-x/1-fit.1.tsv',
      `run\t1000.5\tn1\t77_1\t.\n${start}\ninterrupted\t2.txt\t${cause}\t1100\t.\nend\t1\t.\n`,
    );
  };
  journal('job_limit');
  expect((await e.wfc('resume --local --escalate -n')).stderr).toContain(
    'fit i=2: 2.0 s of time (1.0 s was not enough)',
  );
  for (const cause of ['cancelled', 'interrupted']) {
    journal(cause);
    expect((await e.wfc('resume --local --escalate -n')).stderr).toContain('no task that is to run is known to have');
  }
});
