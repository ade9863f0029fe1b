import { describe, expect, it } from 'vitest';
import { runGraph } from '../../src/execute/run-graph.ts';
import { type Plan, ruleOf } from '../../src/model/plan.ts';
import { NO_PROFILE } from '../../src/model/profile.ts';
import type { SuccessRecord } from '../../src/resume/record.ts';
import { above } from '../../src/session/forecast/cut-off.ts';
import { EndQueue } from '../../src/session/forecast/end-queue.ts';
import { forecast, type Place } from '../../src/session/forecast/forecast.ts';
import { forecastLines } from '../../src/session/forecast/forecast-lines.ts';
import { USUAL_PACE } from '../../src/session/forecast/pace.ts';
import { Random } from '../../src/session/forecast/random.ts';
import { simulateElements } from '../../src/session/forecast/simulate-elements.ts';
import { type Simulated, simulateLocal } from '../../src/session/forecast/simulate-local.ts';
import { planStages, type Stage } from '../../src/target/slurm/stages.ts';
import { planOf } from '../schema/compile-text.ts';

const SPEC = `wfc: 1
params:
  site: {from: 1, to: 20}
  size: [10, 20, 40, 80]
  seed: {from: 1, to: 5}
defaults: {resources: {cpus: 1, mem: 1G, time: 1h}}
rules:
  prep: {output: "p/{site}", run: "make {output}"}
  fit: {input: "p/{site}", output: "f/{size}/{site}/{seed}", run: "fit {input} > {output}", resources: {cpus: 2, gpus: 0.5}}
  score: {input: "f/{size}/{site}/{seed}", output: "s/{size}/{site}/{seed}", run: "score {input} > {output}"}
  all: {gather: [site, size, seed], input: "s/{size}/{site}/{seed}", output: all, run: "cat {input} > {output}"}
`;

const LIMITS = { cpus: 8, memoryMiB: 64_000, gpus: ['0', '1'] };

const NO_LISTS = { assumed: null, waiting: [] };

/** What tasks really take: a fit by its size, each with a spread of its own. */
function realSeconds(plan: Plan): Float64Array {
  const random = new Random(7);
  return Float64Array.from({ length: plan.taskCount }, (_, task) => {
    const rule = ruleOf(plan, task);
    const spread = Math.exp(0.25 * random.normal());
    if (rule.rule.name !== 'fit') return { prep: 20, score: 4, all: 30 }[rule.rule.name]! * spread;
    const size = rule.rule.key.find(({ name }) => name === 'size')!;
    return 0.5 * Number(size.values[rule.space.valueId(task - rule.firstTask, size)]) * spread;
  });
}

/** Records of these tasks, as the journal would have them. */
function recordsOf(plan: Plan, tasks: Iterable<number>, seconds: Float64Array): Map<string, SuccessRecord> {
  const records = new Map<string, SuccessRecord>();
  for (const task of tasks) {
    const { outputTexts, firstTask } = ruleOf(plan, task);
    const record = { fingerprint: '', checks: '', inputs: '', outputs: '', peakMiB: null };
    records.set(outputTexts[0]!(task - firstTask), { ...record, durationSeconds: seconds[task]! });
  }
  return records;
}

function all(plan: Plan): Uint8Array {
  return new Uint8Array(plan.taskCount).fill(1);
}

/** What a run with these durations would come to. */
function replay(plan: Plan, runs: Uint8Array, place: Place, seconds: Float64Array): Simulated {
  const targets = new Uint8Array(plan.taskCount);
  return place.kind === 'local'
    ? simulateLocal(plan, { runs, graph: runGraph(plan, runs), targets, pace: USUAL_PACE, ...place }, seconds)
    : simulateElements(plan, { targets, pace: USUAL_PACE, ...place }, seconds);
}

function stagesOf(plan: Plan, included: Uint8Array, packing = NO_PROFILE.packing): Stage[] {
  return planStages(plan, {
    included,
    limits: { maxArraySize: 1001, maxSubmit: 1000, maxTimeSeconds: null },
    packing,
  });
}

describe('after a tenth has run, what is forecast of the rest is within 20 %', () => {
  const plan = planOf(SPEC);
  const seconds = realSeconds(plan);
  const random = new Random(3);
  // A tenth of each rule: as a run gets there that goes deep first.
  const done = new Set(
    [...all(plan).keys()].filter((task) => ruleOf(plan, task).rule.name === 'prep' || random.next() < 0.1),
  );
  const last = plan.taskCount - 1;
  done.delete(last);
  const runs = all(plan).map((_, task) => Number(!done.has(task)));
  const records = recordsOf(plan, done, seconds);
  const places: [string, Place][] = [
    ['one task at a time', { kind: 'local', cores: 2, maxParallel: 1, limits: LIMITS }],
    ['eight tasks at a time', { kind: 'local', cores: 2, maxParallel: 8, limits: LIMITS }],
    [
      'elements',
      { kind: 'slurm', stages: stagesOf(plan, runs), maxRunning: null, maxElements: null, isRoomSeen: false },
    ],
    [
      'elements of lanes',
      {
        kind: 'slurm',
        stages: stagesOf(plan, runs, { ...NO_PROFILE.packing, lanes: 4 }),
        maxRunning: 3,
        maxElements: 5,
        isRoomSeen: false,
      },
    ],
  ];
  it.each(places)('for %s', (_, place) => {
    const real = replay(plan, runs, place, seconds);
    const told = forecast(plan, [{ runs, place }], { records, pace: USUAL_PACE });
    expect(Math.abs(told.makespanSeconds.middle / real.makespan - 1)).toBeLessThan(0.2);
    expect(Math.abs((told.coreHours.middle * 3600) / real.coreSeconds - 1)).toBeLessThan(0.2);
    expect(Math.abs((told.gpuHours.middle * 3600) / real.gpuSeconds - 1)).toBeLessThan(0.2);
    expect(told.makespanSeconds.low).toBeLessThan(told.makespanSeconds.middle);
    expect(told.makespanSeconds.high).toBeGreaterThan(told.makespanSeconds.middle);
    expect(told.rules.map(({ name, params }) => [name, params])).toEqual([
      ['fit', ['size']],
      ['score', []],
      ['all', []],
    ]);
    expect(told.rules[2]).toMatchObject({ basis: 'others', measured: 0 });
    expect(told.firstTarget!.task).toBe('all');
  });

  it('a size that nobody measured lies on the line of the others', () => {
    const small = [...done].filter(
      (task) => !/\/80\//.test(ruleOf(plan, task).outputTexts[0]!(task - ruleOf(plan, task).firstTask)),
    );
    const only80 = runs.map((_, task) => {
      const { rule, outputTexts, firstTask } = ruleOf(plan, task);
      return Number(rule.name === 'fit' && outputTexts[0]!(task - firstTask).startsWith('f/80/'));
    });
    const place: Place = { kind: 'local', cores: 2, maxParallel: 1, limits: LIMITS };
    const told = forecast(plan, [{ runs: only80, place }], {
      records: recordsOf(plan, small, seconds),
      pace: USUAL_PACE,
    });
    expect(told.rules[0]!.secondsEach).toBeGreaterThan(28);
    expect(told.rules[0]!.secondsEach).toBeLessThan(58);
  });
});

it('times that grow more slowly than a param have a start that is the same for all; how far a line leads is in the range', () => {
  const plan = planOf(`wfc: 1
params: {size: [1, 2, 32], seed: {from: 1, to: 8}}
rules: {fit: {output: "{size}/{seed}", run: "x"}}
`);
  const seconds = Float64Array.from({ length: 24 }, (_, task) => [12, 14, 74][task >> 3]!);
  const large = all(plan).map((_, task) => Number(task >= 16));
  const place: Place = { kind: 'local', cores: 2, maxParallel: 1, limits: LIMITS };
  const records = recordsOf(plan, [...Array(16).keys()], seconds);
  const told = forecast(plan, [{ runs: large, place }], { records, pace: USUAL_PACE });
  expect(Math.abs(told.makespanSeconds.middle / 592 - 1)).toBeLessThan(0.2);
  // A power of the size would be 26 s each.
  expect(told.makespanSeconds.low).toBeLessThan(500);
  expect(told.makespanSeconds.high).toBeGreaterThan(700);
});

it('two values of a param that may be 0 tell nothing of one far beyond them; three do', () => {
  const plan = planOf(`wfc: 1
params: {factor: [0, 5, 40, 320], seed: {from: 1, to: 3}}
rules: {fit: {output: "{factor}/{seed}", run: "x"}}
`);
  const largest = all(plan).map((_, task) => Number(task >= 9));
  const place: Place = { kind: 'local', cores: 2, maxParallel: 1, limits: LIMITS };
  const after = (measured: number, seconds: readonly number[]): number => {
    const took = Float64Array.from({ length: 12 }, (_, task) => seconds[Math.floor(task / 3)]! + (task % 3) / 50);
    const records = recordsOf(plan, [...Array(3 * measured).keys()], took);
    return forecast(plan, [{ runs: largest, place }], { records, pace: USUAL_PACE }).makespanSeconds.middle / 3;
  };
  expect(after(2, [0.9, 1.1, 0, 0])).toBeLessThan(1.3);
  expect(after(3, [1, 2, 9, 0])).toBeGreaterThan(50);
});

it('tasks that a run was stopped in would have taken longer: without them only the quick ones count', () => {
  const plan = planOf('wfc: 1\nparams: {n: {from: 1, to: 400}}\nrules: {a: {output: "{n}", run: "x"}}');
  const random = new Random(5);
  const seconds = Float64Array.from({ length: 400 }, () => 10 * Math.exp(0.5 * random.normal()));
  // All of these began together, and the run was stopped after 10 s.
  const began = [...Array(40).keys()];
  const records = recordsOf(
    plan,
    began.filter((task) => seconds[task]! < 10),
    seconds,
  );
  const runs = all(plan).map((_, task) => Number(task >= 40));
  const place: Place = { kind: 'local', cores: 2, maxParallel: 1, limits: LIMITS };
  const stoppedAfter = new Map(began.filter((task) => seconds[task]! >= 10).map((task) => [String(task + 1), 10]));
  const { makespan } = replay(plan, runs, place, seconds);
  const off = (pace: typeof USUAL_PACE): number =>
    forecast(plan, [{ runs, place }], { records, pace }).makespanSeconds.middle / makespan - 1;
  expect(off(USUAL_PACE)).toBeLessThan(-0.3);
  expect(Math.abs(off({ ...USUAL_PACE, stoppedAfter }))).toBeLessThan(0.2);
  // Where one was quick and all others were stopped, no more is made of that than they tell.
  const allStopped = new Map(began.slice(1).map((task) => [String(task + 1), 10]));
  const { middle, high } = forecast(plan, [{ runs, place }], {
    records: recordsOf(plan, [0], new Float64Array(400).fill(1)),
    pace: { ...USUAL_PACE, stoppedAfter: allStopped },
  }).makespanSeconds;
  expect(middle).toBeGreaterThan(360 * 10);
  expect(middle).toBeLessThan(360 * 40);
  expect(high).toBeLessThan(360 * 100);
});

it('mean and spread of what lies above a value, of a normal distribution', () => {
  expect(above(0, 0, 1).mean).toBeCloseTo(Math.sqrt(2 / Math.PI), 6);
  expect(above(0, 0, 1).spread).toBeCloseTo(Math.sqrt(1 - 2 / Math.PI), 6);
  expect(above(-9, 3, 2).mean).toBeCloseTo(3, 6);
  expect(above(-9, 3, 2).spread).toBeCloseTo(2, 6);
  expect(above(20, 0, 2).mean).toBeCloseTo(20.2, 1);
});

it('of a param of which only one value was measured, the range holds that others may differ', () => {
  const plan = planOf(
    'wfc: 1\nparams: {site: [a, b], seed: {from: 1, to: 50}}\nrules: {a: {output: "{site}/{seed}", run: "x"}}',
  );
  const place: Place = { kind: 'local', cores: 2, maxParallel: 1, limits: LIMITS };
  const told = (measured: readonly number[], runs: readonly number[]) =>
    forecast(plan, [{ runs: all(plan).map((_, task) => Number(runs.includes(task))), place }], {
      records: recordsOf(plan, measured, new Float64Array(100).fill(10)),
      pace: USUAL_PACE,
    });
  const tasks = [...Array(100).keys()];
  const ofOne = told(tasks.slice(0, 50), tasks.slice(50));
  const ofBoth = told([...tasks.slice(0, 25), ...tasks.slice(50, 75)], [...tasks.slice(25, 50), ...tasks.slice(75)]);
  const width = ({ makespanSeconds: { low, high } }: typeof ofOne): number => high / low;
  expect(width(ofOne)).toBeGreaterThan(1.5);
  expect(width(ofBoth)).toBeLessThan(1.25);
  expect(ofOne.rules[0]!.params).toEqual([]);
});

it('where more tasks run at a time than when they were measured, the range holds what computes and what waits', () => {
  const plan = planOf('wfc: 1\nparams: {n: {from: 1, to: 64}}\nrules: {a: {output: "{n}", run: "x"}}');
  const runs = all(plan).map((_, task) => Number(task >= 32));
  const records = recordsOf(plan, Array(32).keys(), new Float64Array(64).fill(10));
  const ofTwo = new Map(Array.from({ length: 32 }, (_, i) => [String(i + 1), 2]));
  const tell = (cores: number, maxParallel: number) => {
    const place: Place = { kind: 'local', cores, maxParallel, limits: { ...LIMITS, cpus: maxParallel } };
    const told = forecast(plan, [{ runs, place }], { records, pace: { ...USUAL_PACE, parallelOf: ofTwo } });
    return { ...told.makespanSeconds, stretch: told.stretch, lines: forecastLines(told, { ...NO_LISTS, place }) };
  };
  const crowded = tell(2, 8);
  expect(crowded.stretch).toBe(4);
  // Four rounds of 10 s, or of 40 s.
  expect(crowded.low).toBeLessThan(60);
  expect(crowded.high).toBeGreaterThan(120);
  expect(crowded.lines.join('\n')).toContain('on 2 cores, what computes takes up to 4 times as long now');
  const roomy = tell(8, 8);
  expect(roomy.stretch).toBeNull();
  expect(roomy.high).toBeLessThan(50);
  expect(tell(1, 1).lines.join('\n')).toContain('on 1 core, what computes takes down to 1/2 of that now');
});

it('where nothing has run, the limits count, and it says so; a rule without one is not counted', () => {
  const plan = planOf(`wfc: 1
params: {n: [1, 2, 3, 4]}
rules:
  a: {output: "a/{n}", run: "x", resources: {time: 1m}}
  b: {input: "a/{n}", output: "b/{n}", run: "x"}
`);
  const place: Place = { kind: 'local', cores: 2, maxParallel: 2, limits: LIMITS };
  const told = forecast(plan, [{ runs: all(plan), place }], { records: null, pace: USUAL_PACE });
  expect(Math.round(told.makespanSeconds.middle)).toBe(120);
  expect(
    forecastLines(told, { ...NO_LISTS, place }).join('\n'),
  ).toBe(`forecast on this machine, 2 tasks at a time: 8 tasks
  takes         2 min 0 s
  core-hours    0.067
  first result  after 1 min 0 s: b n=1
  held up by    a, 100 % of the way to the end: its tasks wait for room; with room for all it would take 1 min 0 s

to run  rule       each  by
     4  a     1 min 0 s  its "time", the most that a task may take: none has run yet
     4  b             ?  nothing: none has run yet, and it has no "time"; not counted`);
});

it('elements wait for what their arrays wait for, and no more run than may', () => {
  const plan = planOf(`wfc: 1
params: {n: [1, 2, 3, 4]}
rules:
  a: {output: "a/{n}", run: "x", resources: {time: 1h}}
  b: {input: "a/{n}", output: "b/{n}", run: "x", resources: {time: 1h, cpus: 2}}
  c: {gather: n, input: "b/{n}", output: c, run: "x", resources: {time: 1h}}
`);
  const stages = stagesOf(plan, all(plan), { ...NO_PROFILE.packing, tasksPerElement: 1, fuse: 'never' });
  const seconds = Float64Array.from(
    { length: plan.taskCount },
    (_, task) => [100, 100, 100, 400, 10, 10, 10, 10, 7][task]!,
  );
  const place = { kind: 'slurm', stages, maxRunning: null, maxElements: null, isRoomSeen: false } as const;
  // a4, b4, c, each with a second to start; then two of an array at a time, then one of all.
  expect(Math.round(replay(plan, all(plan), place, seconds).makespan)).toBe(420);
  expect(Math.round(replay(plan, all(plan), { ...place, maxRunning: 2 }, seconds).makespan)).toBe(521);
  expect(Math.round(replay(plan, all(plan), { ...place, maxElements: 1 }, seconds).makespan)).toBe(756);
});

it('what ends first is taken first', () => {
  const random = new Random(1);
  const ends = Array.from({ length: 300 }, () => random.next());
  const queue = new EndQueue();
  ends.forEach((end, id) => {
    queue.add(id, end);
  });
  const taken = ends.map(() => ends[queue.take()]!);
  expect(taken).toEqual(ends.toSorted((a, b) => a - b));
  expect([queue.size, queue.nextEnd]).toEqual([0, Number.POSITIVE_INFINITY]);
});
