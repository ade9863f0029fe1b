import { describe, expect, it } from 'vitest';
import { runGraph } from '../../src/execute/run-graph.ts';
import type { ElementPace } from '../../src/io/state/pace-journals.ts';
import { paceOf } from '../../src/resume/journal/pace.ts';
import { paceFrom, USUAL_PACE } from '../../src/session/forecast/pace.ts';
import { simulateLocal } from '../../src/session/forecast/simulate-local.ts';
import { planOf } from '../schema/compile-text.ts';

const lines = (...rows: string[]): string => rows.map((row) => `${row.split(' ').join('\t')}\t.\n`).join('');
const started = (task: string, seconds: number | string): string => `started ${task} 1 ${seconds} 0`;
const done = (task: string, seconds: number): string => `done ${task} f c ${seconds} i o`;

/** Tasks one after another in two lanes, so many seconds each, a start so long after an end. */
function twoLanes(count: number, seconds: number, gap: number): string[] {
  const rows = ['run 2 100.000 host ', started('0', '100.010'), started('1', '100.110')];
  for (let n = 0; n < count; n++) {
    rows.push(done(String(n), seconds));
    rows.push(started(String(n + 2), (100.01 + 0.1 * (n & 1) + ((n >> 1) + 1) * (seconds + gap)).toFixed(3)));
  }
  return rows;
}

describe('what lies between tasks is learned from the journal of the last run', () => {
  it('from the end of one to the start of the next, also where two ended before one started', () => {
    const rows = twoLanes(12, 1, 0.05);
    // A start may be written behind the next end.
    [rows[4], rows[5]] = [rows[5]!, rows[4]!];
    const pace = paceOf(lines(...rows));
    expect(pace).toMatchObject({ began: 100, parallel: 2, isWhole: false });
    expect(pace.took.size).toBe(12);
    expect(pace.gaps).toHaveLength(12);
    for (const gap of pace.gaps) expect(gap).toBeCloseTo(0.05, 5);
  });

  it('a failure, whose end nobody wrote, and a start by the second tell nothing', () => {
    const rows = [...twoLanes(2, 1, 0.05), 'failed 2 1 1 exit_status:1', started('9', '102.300')];
    expect(paceOf(lines(...rows)).gaps).toHaveLength(2);
    const bySecond = ['run 2 100.5 host ', started('a', 100), done('a', 1), started('b', 102), done('b', 1)];
    expect(paceOf(lines(...bySecond))).toMatchObject({ gaps: [], isWhole: true });
    const merged = ['run 2 0 host ', started('a', '1.5'), 'run 2 0 host ', done('b', 1)];
    expect(paceOf(lines(...merged))).toMatchObject({ parallel: 0, gaps: [] });
  });

  it('what was stopped had run for so long, at least: to its last line, or to some seconds before the one that is written', () => {
    const rows = [
      'run 2 100.0 host ',
      started('a', '100.25'),
      started('b', '100.5'),
      done('a', 1.5),
      started('c', '102.1'),
    ];
    const stopped = (...more: string[]) =>
      [...paceOf(lines(...rows, ...more)).stopped].map(([, s]) => Number(s.toFixed(2)));
    expect(stopped('interrupted b interrupted 109')).toEqual([5.5]);
    expect(stopped('interrupted b interrupted 101')).toEqual([1.6]);
    expect(stopped('interrupted b time_limit 109')).toEqual([]);
    const bySecond = ['run 2 100.5 host ', started('a', 100), 'interrupted a interrupted 107'];
    expect([...paceOf(lines(...bySecond)).stopped]).toEqual([['a', 4]]);
  });

  it('and a forecast takes it, or what is usual where too few tell', () => {
    const plan = planOf('wfc: 1\nrules: {a: {output: a, run: x}}');
    const runs = [paceOf(lines(...twoLanes(12, 1, 0.05))), paceOf(lines(...twoLanes(3, 1, 0.7)))];
    const pace = paceFrom(plan, { runs, submissions: [] });
    expect(pace.betweenSeconds).toBeCloseTo(0.05, 5);
    expect(pace.parallelOf.get('0')).toBe(2);
    expect(paceFrom(plan, { runs: runs.slice(1), submissions: [] }).betweenSeconds).toBe(USUAL_PACE.betweenSeconds);
  });
});

it('what a task waited for imports is no part of its duration, and each lane waits for them once', () => {
  const plan = planOf(`wfc: 1
params: {n: [1, 2, 3, 4, 5]}
defaults: {shell: python3}
rules:
  a: {output: "a/{n}", preload: [json], run: "x"}
  b: {output: "b/{n}", run: "x"}
`);
  const id = plan.rules[0]!.rule.command.preloadId!;
  const began = [started('b/1', '100.1'), started('a/1', '100.2'), started('a/2', '100.3')];
  const ended = [`preload ${id} 3`, done('b/1', 4), `preload ${id} 3`, done('a/1', 3.5), done('a/2', 3.6)];
  const run = paceOf(lines('run 2 100.0 host ', ...began, ...ended));
  const pace = paceFrom(plan, { runs: [run], submissions: [] });
  expect([...pace.importOf]).toEqual([
    ['a/1', 3],
    ['a/2', 3],
  ]);
  const runs = new Uint8Array(plan.taskCount).fill(1);
  const seconds = new Float64Array(plan.taskCount).fill(1);
  const limits = { cpus: 2, memoryMiB: 1000, gpus: [] };
  const work = { runs, graph: runGraph(plan, runs), targets: runs, maxParallel: 2, limits };
  const { makespan } = simulateLocal(plan, { ...work, pace: { ...pace, betweenSeconds: 0 } }, seconds);
  expect(makespan).toBe(5 + 3);
});

describe('what Slurm takes is learned from the last submission', () => {
  const plan = planOf('wfc: 1\nrules: {a: {output: a, run: x}}');
  const element = (stage: string, index: number, began: number, ended: number, took: number[]): ElementPace => ({
    ...paceOf(''),
    ...{ stage, index, began, ended },
    took: new Map(took.map((seconds, task) => [`${stage}/${index}/${task}`, seconds])),
  });

  it('until an element begins, since its array was let go or a place was free; what it takes besides its tasks', () => {
    const elements = [
      element('1-a', 0, 101, 112, [5, 2, 1, 1, 1, 0.3]),
      element('1-a', 1, 101, 107, [5.8]),
      element('1-a', 2, 108, 114, [5.8]),
      element('2-b', 0, 115, 121, [5.8]),
    ];
    const pace = paceFrom(plan, { runs: [], submissions: [{ queued: 100, elements }] });
    expect(pace.room).toBe(2);
    expect(pace.element.startSeconds).toBe(1);
    // Six tasks leave 0.7 s, one 0.2 s.
    expect(pace.element.ownSeconds).toBeCloseTo(0.1, 5);
    expect(pace.element.betweenSeconds).toBeCloseTo(0.1, 5);
    const short = elements.map((one) => ({ ...one, took: new Map([...one.took].slice(0, 2)), ended: one.began + 6 }));
    const ofShort = paceFrom(plan, { runs: [], submissions: [{ queued: 100, elements: short.slice(1) }] });
    expect(ofShort.element.betweenSeconds).toBe(USUAL_PACE.element.betweenSeconds);
  });

  it('elements that waited for none of their own make no room known', () => {
    const elements = [element('1-a', 0, 101, 107, [5.8]), element('1-a', 1, 103, 109, [5.8])];
    const pace = paceFrom(plan, { runs: [], submissions: [{ queued: 100, elements }] });
    expect(pace.room).toBeNull();
    expect(paceFrom(plan, { runs: [], submissions: [] })).toMatchObject({ element: USUAL_PACE.element, room: null });
  });
});
