import { expect, it } from 'vitest';
import { HOG, HOG_OF_A_THREAD } from '../support/memory.ts';
import { Submission } from './runner-fixture.ts';

const node = `'${process.execPath}'`;

it('the journal tells the most memory that the processes of a task took that ran for seconds, and of a short one none', async () => {
  const tasks = [
    { out: 'one', run: `${node} hog.cjs 200; : >"$out"` },
    { out: 'two', run: `${node} hog.cjs 100 & ${node} hog.cjs 100; wait; : >"$out"` },
    { out: 'threads', run: `${node} thread.cjs 200; : >"$out"` },
    { out: 'short', run: 'echo >"$out"' },
    { out: 'after', options: 'from=one', run: 'cp "$in" "$out"' },
  ];
  const s = new Submission({
    main: { settings: 'wfc_lanes=4', elements: [tasks] },
    next: { settings: 'wfc_all_elements=(main)', elements: [[{ out: 'last', options: 'from=one', run: ': >"$out"' }]] },
  });
  s.write('hog.cjs', HOG);
  s.write('thread.cjs', HOG_OF_A_THREAD);
  expect((await s.run('main')).status).toBe(0);
  const records = () => s.journal('main').filter((f) => f[0] === 'done');
  const first = records();
  for (const task of ['one', 'two', 'threads']) {
    const peak = Number(first.find((f) => f[1] === task)![7]);
    expect(peak, task).toBeGreaterThan(190);
    expect(peak, task).toBeLessThan(400);
  }
  for (const task of ['short', 'after']) expect(first.find((f) => f[1] === task)).toHaveLength(7);
  // Written again as they were.
  expect((await s.run('main')).output).toContain('5 were complete');
  expect(records().sort()).toEqual(first.sort());
  // Another element reads them.
  expect((await s.run('next')).status).toBe(0);
  expect((await s.close('main=1 next=1')).output).toMatch(/in all +6 +6 /);
});

it('so it does of a task that failed, which blocks others as any failure', async () => {
  const s = new Submission({
    main: { elements: [[{ out: 'a', run: `${node} hog.cjs 200; exit 3` }]] },
    next: { settings: 'wfc_all_elements=(main)', elements: [[{ out: 'b', options: 'from=a', run: ': >"$out"' }]] },
  });
  s.write('hog.cjs', HOG);
  expect((await s.run('main')).status).toBe(1);
  expect(Number(s.field('main', 'failed', 'a', 5))).toBeGreaterThan(190);
  await s.run('next');
  expect(s.events('next')).toEqual(['blocked b']);
  expect((await s.close('main=1 next=1')).output).toMatch(/1 task failed[\s\S]*exit status 3/);
});
