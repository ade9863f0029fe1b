import { expect, it } from 'vitest';
import { type AttemptHistory, readAttempts } from '../../src/resume/attempts.ts';
import { experiment } from '../support/experiment.ts';
import { HOG, HOG_OF_A_THREAD } from '../support/memory.ts';

it('the record of a task that takes seconds tells the most memory that its processes took, of a short one none', async () => {
  const node = `'${process.execPath}'`;
  const e = experiment(
    `rules:
  one: {output: one, run: "${node} hog.cjs 200; touch {output}"}
  two: {output: two, run: "${node} hog.cjs 100 & ${node} hog.cjs 100; wait; touch {output}"}
  threads: {output: threads, run: "${node} thread.cjs 200; touch {output}"}
  short: {output: short, run: "touch {output}"}
`,
    { 'hog.cjs': HOG, 'thread.cjs': HOG_OF_A_THREAD },
  );
  expect((await e.run('-j 4')).status).toBe(0);
  const journal = e.read(e.files('.wfc/journal')[0]!);
  const history: AttemptHistory = { last: new Map(), failedStarts: [] };
  readAttempts(history, journal, null);
  for (const task of ['one', 'two', 'threads']) {
    const { peakMiB } = history.last.get(task)!;
    expect(peakMiB, task).toBeGreaterThan(190);
    expect(peakMiB, task).toBeLessThan(400);
  }
  expect(/^done\tshort\t.*/m.exec(journal)![0].split('\t')).toHaveLength(8);
});
