import { expect, it } from 'vitest';
import { runGraph } from '../../src/execute/run-graph.ts';
import { paceOf, usualOf } from '../../src/resume/journal/pace.ts';
import { USUAL_PACE } from '../../src/session/forecast/pace.ts';
import { simulateLocal } from '../../src/session/forecast/simulate-local.ts';
import { planOf } from '../schema/compile-text.ts';
import { experiment } from '../support/experiment.ts';

it('a list that is to be made anew counts as it stands, after what makes it; one that nobody made is told not to be in it', async () => {
  const e = experiment(`params: {site: {lines: sites.txt}}
rules:
  sites: {output: sites.txt, run: "seq {config.count} > {output}"}
  fit: {output: "fits/{site}", run: "echo {config.effort} > {output}"}
config: {count: 3, effort: 1}
`);
  const forecastOf = async (words = '') => {
    const { stdout } = await e.wfc(`plan --forecast --json ${words}`.trim());
    return (JSON.parse(stdout) as { forecast: { tasks: number; assumed?: string[] } }).forecast;
  };
  expect((await e.wfc('plan --forecast')).stdout).toMatch(
    /^ {2}not in it +fit waits for sites.txt, which sites makes$/m,
  );
  expect(await forecastOf()).toMatchObject({ tasks: 1 });
  expect((await e.wfc('run')).status).toBe(0);
  // The list is stale, and the fits are as well: four tasks, where only one is known to run.
  const both = '--set count=4 --set effort=2';
  expect(await forecastOf(both)).toMatchObject({ tasks: 4, assumed: ['sites.txt'] });
  const { stdout } = await e.wfc(`plan --forecast ${both}`);
  expect(stdout).toMatch(/^ {2}assumed +sites.txt: 3 values of site, as before$/m);
  expect(stdout).toMatch(/^ +1 {2}sites .*\n +3 {2}fit /m);
  expect(await forecastOf('--set effort=2')).not.toHaveProperty('assumed');
});

/**
 * What a forecast goes through is the schedule of a run: with the times that this very run measured, it comes to what the
 * run took. So nothing depends on how quick the machine is: a slow one lengthens what was measured, and where wfc itself
 * was held up, the journal shows that, too, and it counts on both sides.
 */
it('goes through the schedule of a run: with the times of its own journal it takes as long as the run took', async () => {
  const text = `params: {site: {from: 1, to: 4}, size: [1, 2, 4]}
rules:
  prep: {output: "p/{site}", run: "sleep 0.2; touch {output}"}
  fit: {input: "p/{site}", output: "f/{site}/{size}", run: "sleep \\"$(({size} / 2)).$(({size} % 2 * 5))\\"; touch {output}"}
  all: {gather: [site, size], input: "f/{site}/{size}", output: all, run: "sleep 0.3; touch {output}"}
`;
  const e = experiment(text);
  expect((await e.wfc('run -j3')).status).toBe(0);
  const [journal] = e.files('.wfc/journal');
  const { took, gaps, began, parallel } = paceOf(e.read(journal!));
  expect([took.size, parallel]).toEqual([17, 3]);
  const plan = planOf(`wfc: 1\n${text}`);
  const seconds = new Float64Array(plan.taskCount);
  for (const [name, measured] of took) seconds[plan.findPath(name)!.task] = measured;
  const runs = seconds.map((x) => Number(x > 0));
  const tasks = Uint8Array.from(runs);
  const place = { maxParallel: 3, limits: { cpus: 3, memoryMiB: 1000, gpus: [] } };
  const pace = { ...USUAL_PACE, betweenSeconds: Math.max(0, usualOf(gaps)) };
  const work = { runs: tasks, graph: runGraph(plan, tasks), targets: tasks, pace, ...place };
  const { makespan } = simulateLocal(plan, work, seconds);
  const real = endOf(e.read(journal!)) - began;
  const heldUp = gaps.filter((gap) => gap > 0.1).reduce((sum, gap) => sum + gap, 0);
  // A start is written when the shell of its lane is up, which a loaded machine delays.
  expect(makespan).toBeLessThan(1.2 * real + 0.5);
  expect(makespan).toBeGreaterThan(0.8 * (real - heldUp) - 0.5);
});

/** When the last task ended: its start, and what it took. */
function endOf(journal: string): number {
  const fields = journal.split('\n').map((line) => line.split('\t'));
  const start = fields.findLast(([kind, task]) => kind === 'started' && task === 'all')!;
  const done = fields.findLast(([kind, task]) => kind === 'done' && task === 'all')!;
  return Number(start[3]) + Number(done[4]);
}
