import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReportHeader } from '../../src/model/report-data.ts';
import { Data } from '../../src/page/data.ts';
import {
  endsOf,
  linesOf,
  mostAtOnce,
  rowsByRule,
  runningByRule,
  timeTicks,
  wholeRange,
} from '../../src/page/timeline-rows.ts';

interface Task {
  readonly start: number;
  readonly seconds: number;
}

/** Tasks of one rule without params; times in milliseconds since 1970. */
function dataOf(tasks: readonly Task[]): Data {
  const header: ReportHeader = {
    name: '',
    specFile: '',
    specText: '',
    choices: [],
    madeAtSeconds: 0,
    originSeconds: 0,
    startUnitSeconds: 0.001,
    preload: null,
    results: [],
    rules: [{ name: 'r', first: 0, count: tasks.length, params: [], determined: [], output: null, log: null }],
    values: {},
    hosts: [''],
    slurmIds: [''],
    resources: [{ cpus: 1, memoryMiB: null, timeSeconds: null, gpus: 0 }],
    failures: [],
    blocks: [],
    waiting: [],
    columns: [],
  };
  const columns: Record<string, Uint32Array | Float32Array> = {
    start: Uint32Array.from(tasks, (t) => t.start),
    duration: Float32Array.from(tasks, (t) => t.seconds),
  };
  return new Data(header, (name) =>
    name.startsWith('failed/') ? null : (columns[name] ?? new Uint32Array(tasks.length)),
  );
}

const someTasks = fc.array(
  fc.record({
    start: fc.integer({ min: 0, max: 60_000 }),
    seconds: fc.integer({ min: 1, max: 2000 }).map((n) => n / 100),
  }),
  { minLength: 1, maxLength: 60 },
);

describe('the timeline', () => {
  it('counts each task for as long as it ran, however short beside a part', () => {
    fc.assert(
      fc.property(someTasks, fc.integer({ min: 1, max: 50 }), (tasks, bins) => {
        const data = dataOf(tasks);
        const ends = endsOf(data);
        const range = wholeRange(data, ends)!;
        const all = Uint32Array.from(tasks.keys());
        const running = runningByRule(data, ends, all, range, bins).get(0)!;
        const width = (range.to - range.from) / bins;
        const drawn = running.slice(0, bins).reduce((sum, n) => sum + n * width, 0);
        expect(drawn).toBeCloseTo(
          tasks.reduce((sum, t) => sum + t.seconds, 0),
          3,
        );
        expect(Math.max(...running)).toBeLessThanOrEqual(mostAtOnce(data, ends) + 1e-3 * tasks.length);
      }),
    );
  });

  it('draws no two tasks of a line over each other, in as many lines as tasks ran at a time', () => {
    fc.assert(
      fc.property(someTasks, (tasks) => {
        const data = dataOf(tasks);
        const ends = endsOf(data);
        const sorted = rowsByRule(data, ends)[0]!.tasks;
        const lines = linesOf(data, ends, sorted, 255)!;
        const freeFrom: number[] = [];
        sorted.forEach((task, i) => {
          expect(data.start[task]! + 0.0021).toBeGreaterThanOrEqual(freeFrom[lines[i]!] ?? 0);
          freeFrom[lines[i]!] = ends[task]!;
        });
        expect(Math.max(...lines) + 1).toBe(mostAtOnce(data, ends));
        if (freeFrom.length > 1) expect(linesOf(data, ends, sorted, freeFrom.length - 1)).toBeNull();
      }),
    );
  });

  it('names the most that ran at a time in a part, whatever the width of the screen', () => {
    fc.assert(
      fc.property(someTasks, fc.double({ min: 0, max: 1, noNaN: true }), (tasks, share) => {
        const data = dataOf(tasks);
        const ends = endsOf(data);
        const { from, to } = wholeRange(data, ends)!;
        const left = from + share * (to - from);
        const some = [...tasks.keys()].filter((task) => task % 3 > 0);
        const seen = some.filter((task) => ends[task]! >= left);
        const starts = seen.map((task) => Math.max(left, data.start[task]!));
        const running = starts.map(
          (start) => seen.filter((task, i) => starts[i]! <= start && ends[task]! > start + 0.002).length,
        );
        expect(mostAtOnce(data, ends, some, left)).toBe(Math.max(0, ...running));
      }),
    );
  });

  it('has a few round times on its axis, from milliseconds to ten years', () => {
    for (let seconds = 0.05; seconds < 3e8; seconds *= 3) {
      const { ticks } = timeTicks({ from: 0.25, to: 0.25 + seconds }, 1_700_000_000, 10);
      expect(ticks.length).toBeLessThanOrEqual(11);
      for (const tick of ticks) expect(tick).toBeGreaterThanOrEqual(1_700_000_000.25 - 1e-6);
    }
  });
});
