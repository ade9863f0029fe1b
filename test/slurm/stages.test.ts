import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { NO_OVERRIDES } from '../../src/compile/context.ts';
import { forEachDependency, type Plan, taskNameOf } from '../../src/model/plan.ts';
import { attemptsSeconds, RESERVE_SECONDS } from '../../src/target/slurm/reserve.ts';
import { type Packing, planStages, type SiteLimits, type Stage } from '../../src/target/slurm/stages.ts';
import { smallSpec, specText } from '../compile/small-specs.ts';
import { inMemory } from '../schema/compile-text.ts';

const files = inMemory({});
const PACKING: Packing = { tasksPerElement: 'auto', fuse: 'auto', lanes: 1 };
const LIMITS: SiteLimits = { maxArraySize: 1001, maxSubmit: 1000, maxTimeSeconds: null };

function planOf(text: string): Plan | null {
  return compile({ file: 'spec.json', text }, { files, overrides: NO_OVERRIDES }).plan;
}

function stagesOf(
  plan: Plan,
  limits: SiteLimits = LIMITS,
  packing: Packing = PACKING,
  durations: ReadonlyMap<string, number> = new Map(),
): Stage[] {
  return planStages(plan, { included: plan.needed, limits, packing, durations });
}

/** Every needed task stands in exactly one element; where each stands. */
function places(plan: Plan, stages: readonly Stage[]): Map<number, { stage: number; index: number; position: number }> {
  const found = new Map<number, { stage: number; index: number; position: number }>();
  stages.forEach((stage, s) => {
    stage.indices.forEach((index, e) => {
      for (let t = stage.offsets[e]!; t < stage.offsets[e + 1]!; t++) {
        expect(found.has(stage.tasks[t]!)).toBe(false);
        found.set(stage.tasks[t]!, { stage: s, index, position: t });
      }
    });
  });
  for (let task = 0; task < plan.taskCount; task++)
    expect(found.has(task), taskNameOf(plan, task)).toBe(plan.needed[task] === 1);
  return found;
}

/** All elements that have ended for certain when element `index` of a stage begins: by its waits, and by theirs. */
function endedBefore(
  stages: readonly Stage[],
  stage: number,
  index: number,
  memo: Map<string, Set<string>>,
): Set<string> {
  const key = `${stage}.${index}`;
  const known = memo.get(key);
  if (known) return known;
  const ended = new Set<string>();
  memo.set(key, ended);
  for (const wait of stages[stage]!.waits) {
    const other = stages[wait.stage]!;
    // An element without a counterpart waits for the whole array.
    const counterpart = wait.kind === 'counterpart' && other.indices.includes(index);
    for (const i of counterpart ? [index] : other.indices) {
      ended.add(`${wait.stage}.${i}`);
      for (const before of endedBefore(stages, wait.stage, i, memo)) ended.add(before);
    }
  }
  return ended;
}

/** Each task begins after all that it depends on: earlier in its element, or in an element that has ended. */
function expectOrder(plan: Plan, stages: readonly Stage[]): number {
  const at = places(plan, stages);
  const memo = new Map<string, Set<string>>();
  let edges = 0;
  for (const [task, place] of at) {
    forEachDependency(plan, task, (producer) => {
      const from = at.get(producer)!;
      edges++;
      const words = `${taskNameOf(plan, producer)} before ${taskNameOf(plan, task)}`;
      if (from.stage === place.stage) {
        expect(from.index, words).toBe(place.index);
        expect(from.position, words).toBeLessThan(place.position);
      } else if (!stages[from.stage]!.local) {
        expect(endedBefore(stages, place.stage, place.index, memo).has(`${from.stage}.${from.index}`), words).toBe(
          true,
        );
      }
    });
  }
  return edges;
}

function expectLimits(stages: readonly Stage[], limits: SiteLimits): void {
  const queued = stages.filter((s) => !s.local);
  expect(queued.reduce((n, s) => n + s.indices.length, 0)).toBeLessThan(limits.maxSubmit);
  for (const stage of queued) expect(stage.indices.at(-1)!).toBeLessThan(limits.maxArraySize);
}

/** The same spec with every other rule asking for more, so that not all of them fuse. */
function withRequests(text: string): string {
  const spec = JSON.parse(text) as { rules: Record<string, object> };
  Object.values(spec.rules).forEach((rule, i) => {
    if (i % 2 === 1) Object.assign(rule, { resources: { cpus: 2, time: '10m' } });
  });
  return JSON.stringify(spec);
}

/** The same spec with several ranks for every other rule. */
function withRanks(text: string): string {
  const spec = JSON.parse(text) as { rules: Record<string, object> };
  Object.values(spec.rules).forEach((rule, i) => {
    if (i % 2 === 1) Object.assign(rule, { resources: { nodes: 2, ranks_per_node: 4 } });
  });
  return JSON.stringify(spec);
}

/** The same spec with seconds as the limit of every rule, another for every other one. */
function withSeconds(text: string): string {
  const spec = JSON.parse(text) as { rules: Record<string, object> };
  Object.values(spec.rules).forEach((rule, i) => {
    Object.assign(rule, { resources: { time: `${1 + (i % 3) * 20}s` } });
  });
  return JSON.stringify(spec);
}

/** Fits of two params, and a table of each model's. */
function sweep(time: string | null): Plan {
  const resources = time === null ? {} : { resources: { time } };
  return planOf(
    JSON.stringify({
      wfc: 1,
      params: { model: ['a', 'b', 'c'], seed: { from: 0, to: 121 } },
      rules: {
        fit: { output: 'fit/{model}/{seed}', run: 'true', ...resources },
        score: { input: 'fit/{model}/{seed}', output: 'score/{model}/{seed}', run: 'true', ...resources },
        table: { gather: 'seed', input: 'score/{model}/{seed}', output: 'table/{model}', run: 'true', ...resources },
      },
    }),
  )!;
}

/** Of each stage its elements, and the tasks of the largest. */
function sizes(stages: readonly Stage[]): [number, number][] {
  return stages.map(({ indices, offsets }) => [
    indices.length,
    Math.max(...[...offsets].slice(1).map((end, e) => end - offsets[e]!)),
  ]);
}

describe('the stages of a submission', () => {
  it.each([
    ['fused', (text: string) => text, PACKING],
    ['with different requests', withRequests, PACKING],
    ['never fused', withRequests, { ...PACKING, fuse: 'never' as const }],
    ['two tasks an element', withRequests, { ...PACKING, tasksPerElement: 2 }],
    ['with several ranks', withRanks, { ...PACKING, lanes: 3 }],
    ['tasks of seconds', withSeconds, PACKING],
    ['tasks of seconds in lanes', withSeconds, { ...PACKING, lanes: 3 }],
  ])('hold each task once, after all that it depends on: %s', (_, change, packing) => {
    let edges = 0;
    fc.assert(
      fc.property(smallSpec, (spec) => {
        const plan = planOf(change(specText(spec)));
        if (!plan) return;
        const stages = stagesOf(plan, LIMITS, packing);
        edges += expectOrder(plan, stages);
        expectLimits(stages, LIMITS);
      }),
      { numRuns: 400, seed: 7 },
    );
    expect(edges).toBeGreaterThan(500);
  });

  it('keep to a small site: fewer elements, the same order', () => {
    const small: SiteLimits = { maxArraySize: 7, maxSubmit: 40, maxTimeSeconds: null };
    fc.assert(
      fc.property(smallSpec, (spec) => {
        const plan = planOf(specText(spec));
        if (!plan) return;
        const stages = stagesOf(plan, small);
        expectOrder(plan, stages);
        expectLimits(stages, small);
      }),
      { numRuns: 200, seed: 8 },
    );
  });

  it('are few for hundreds of rules with one task each, whatever their graph', () => {
    const graph = fc.array(fc.array(fc.nat(5), { maxLength: 3 }), { minLength: 60, maxLength: 300 });
    fc.assert(
      fc.property(graph, (needs) => {
        const rules = needs.map((back, i) => [
          `r${i}`,
          {
            input: [...new Set(back.map((b) => `o${Math.max(0, i - 1 - b * b)}`))].filter((o) => o !== `o${i}`),
            output: `o${i}`,
            run: 'true',
          },
        ]);
        const plan = planOf(JSON.stringify({ wfc: 1, rules: Object.fromEntries(rules) }))!;
        const stages = stagesOf(plan);
        expectOrder(plan, stages);
        expectLimits(stages, LIMITS);
        expect(stages.length).toBeLessThan(8);
      }),
      { numRuns: 60, seed: 9 },
    );
  });

  it('take many tasks an element where they take seconds, by their limit or by what they took before', () => {
    // 366 fits and 366 scores. Where nothing says how long they take, there are many elements to run side by side.
    expect(sizes(stagesOf(sweep(null)))).toEqual([
      [366, 2],
      [3, 1],
    ]);
    // 2 s in all for a fit and its score: 122 of them make four minutes, 32 one. With four lanes a whole model will do.
    expect(sizes(stagesOf(sweep('1s')))).toEqual([
      [12, 64],
      [1, 3],
    ]);
    const lanes = { ...PACKING, lanes: 4 };
    expect(sizes(stagesOf(sweep('1s'), LIMITS, lanes))).toEqual([[3, 245]]);
    // What they took goes before what they may take.
    const took = new Map([
      ['fit', 0.1],
      ['score', 0.05],
    ]);
    expect(sizes(stagesOf(sweep('20s'), LIMITS, PACKING, took))[0]).toEqual([3, 245]);
    expect(sizes(stagesOf(sweep('1s'), LIMITS, PACKING, new Map([['fit', 600]])))[0]).toEqual([366, 2]);
    // One that takes minutes keeps an element of its own.
    expect(sizes(stagesOf(sweep('2m')))[0]).toEqual([366, 2]);
    // Whoever says how many gets that many.
    expect(sizes(stagesOf(sweep('1s'), LIMITS, { ...PACKING, tasksPerElement: 1 }))[0]).toEqual([366, 2]);
  });

  it('never ask for long because tasks were quick before: their limits count, too', () => {
    const took = new Map([
      ['fit', 0.1],
      ['score', 0.1],
    ]);
    expect(sizes(stagesOf(sweep('10m'), LIMITS, PACKING, took))[0]).toEqual([92, 8]);
    expect(sizes(stagesOf(sweep('2h'), LIMITS, PACKING, took))[0]).toEqual([366, 2]);
  });

  it('give each task of several ranks an element, as long as so many can be queued, and nothing beside it', () => {
    const ranked = (count: number, rules = {}): Stage[] => {
      const resources = { nodes: 2, time: '1h' };
      const seed = { from: 1, to: count };
      const fit = { output: 'fits/{seed}', run: 'srun ./fit', resources };
      return stagesOf(planOf(JSON.stringify({ wfc: 1, params: { seed }, rules: { fit, ...rules } }))!, LIMITS, {
        ...PACKING,
        lanes: 4,
        tasksPerElement: 20,
      });
    };
    const [few] = ranked(500);
    expect([few!.indices.length, few!.timeSeconds, few!.why]).toEqual([
      ...[500, attemptsSeconds(3600, 0) + RESERVE_SECONDS, 'several ranks: an element for each task'],
    ]);
    const [many] = ranked(1200);
    expect([many!.indices.length, many!.why]).toEqual([
      400,
      'several ranks, and more tasks than can be queued: one after another',
    ]);
    const score = { input: 'fits/{seed}', output: 'scores/{seed}', run: './score {input}' };
    const again = { ...score, resources: { nodes: 2, time: '1h' } };
    for (const rules of [{ score }, { again }]) {
      const [fits, next] = ranked(90, rules);
      expect([fits!.rules, fits!.indices.length]).toEqual([['fit'], 90]);
      expect(next!.rules).toEqual(Object.keys(rules));
    }
  });

  it('run local rules before the submission, and wait for none of them', () => {
    const plan = planOf(
      JSON.stringify({
        wfc: 1,
        params: { p: ['a', 'b'] },
        rules: {
          fetch: { output: 'raw/{p}', run: 'true', local: true },
          use: { input: 'raw/{p}', output: 'out/{p}', run: 'true' },
        },
      }),
    )!;
    const stages = stagesOf(plan);
    expect(stages.map((s) => [s.local, s.waits.length, s.tasks.length])).toEqual([
      [true, 0, 2],
      [false, 0, 2],
    ]);
    expect(stages[1]!.sources).toEqual([{ stage: 0, sameElement: false }]);
  });
});
