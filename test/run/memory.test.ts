import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { emptyAttempts, readAttempts } from '../../src/resume/attempts.ts';
import { experiment } from '../support/experiment.ts';
import { HOG, HOG_OF_A_THREAD } from '../support/memory.ts';

it('the journal tells the most memory that the processes of a task took that ran for seconds, and of a short one none', async () => {
  const node = `'${process.execPath}'`;
  const e = experiment(
    `rules:
  one: {output: one, run: "${node} hog.cjs 200; touch {output}"}
  two: {output: two, run: "${node} hog.cjs 100 & ${node} hog.cjs 100; wait; touch {output}"}
  threads: {output: threads, run: "${node} thread.cjs 200; touch {output}"}
  short: {output: short, run: "touch {output}"}
  failed: {output: failed, run: "${node} hog.cjs 200; exit 3"}
`,
    { 'hog.cjs': HOG, 'thread.cjs': HOG_OF_A_THREAD },
  );
  expect((await e.run('-j 5 -k')).status).toBe(1);
  const journal = e.read(e.files('.wfc/journal')[0]!);
  const history = emptyAttempts();
  readAttempts(history, journal, null);
  for (const task of ['one', 'two', 'threads', 'failed']) {
    const { peakMiB } = history.last.get(task)!;
    expect(peakMiB, task).toBeGreaterThan(190);
    expect(peakMiB, task).toBeLessThan(400);
  }
  const { peakMiB } = history.last.get('failed')!;
  const status = await e.wfc('status --json');
  expect(JSON.parse(status.stdout).failures).toMatchObject([{ task: 'failed', peakMiB }]);
  expect((await e.wfc('status')).stdout).toContain(`exit status 3 (on ${hostname()}, took ${peakMiB} MiB)`);
  expect(/^done\tshort\t.*/m.exec(journal)![0].split('\t')).toHaveLength(8);
});

it('of a script that an interpreter with its modules imported runs, it tells the memory, too', async () => {
  const e = experiment(`
rules:
  one:
    shell: python3
    preload: json
    output: one
    run: |
      import time
      held = b'x' * (200 << 20)
      time.sleep(3)
      open({output}, 'w')
`);
  expect((await e.run()).status).toBe(0);
  const history = emptyAttempts();
  readAttempts(history, e.read(e.files('.wfc/journal')[0]!), null);
  expect(history.last.get('one')!.peakMiB).toBeGreaterThan(190);
});
