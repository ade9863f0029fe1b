/** Time limits on a real Slurm: a task has all of its own, and one that its job's limit stopped is told apart. */
import { afterEach, expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';
import { compile, handIn, summary } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

describeOnSlurm('time limits', { nodes: 2, cpusPerNode: 4 }, (cluster) => {
  afterEach(async () => {
    await cluster().cancelAll();
    await cluster().waitForIdleQueue();
  });

  // Slurm sends the signal that a job's limit is near as early as it likes: here three attempts of 15 s must end before.
  it('no task is stopped before its own limit: all its attempts have theirs', async () => {
    const made = experiment(`rules:
  fit:
    output: out
    run: |
      echo "attempt {attempt}" >> calls
      if (({attempt} < 4)); then sleep 100; else sleep 12; fi
      echo done > {output}
    resources: {time: 15s}
    retries: 3
`);
    await compile(cluster(), made);
    await handIn(cluster(), made);
    await cluster().waitForIdleQueue();
    expect(made.calls()).toEqual([1, 2, 3, 4].map((n) => `attempt ${n}`));
    expect(summary(made)).toMatch(/in all +1 +1 +0 +0 +0/);
  });
});
