import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import {
  Scheduler,
  TASK_BLOCKED,
  TASK_DONE,
  TASK_FAILED,
  TASK_IDLE,
  TASK_RUNNING,
} from '../../src/execute/scheduler.ts';
import { forEachDependency, type Plan } from '../../src/model/plan.ts';
import { inMemory } from '../schema/compile-text.ts';

/** A rule of a random experiment: whether it has a task per value of `p`, and which earlier rules it reads. */
interface RandomRule {
  readonly keyed: boolean;
  readonly reads: readonly number[];
}

const randomRules = fc
  .array(fc.record({ keyed: fc.boolean(), reads: fc.uniqueArray(fc.nat(), { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 7,
  })
  .map((rules) =>
    rules.map((r, i): RandomRule => ({ ...r, reads: i === 0 ? [] : [...new Set(r.reads.map((n) => n % i))] })),
  );

/** `keyed` rules map over `p`, others gather it; a keyed rule that reads an unkeyed one is a broadcast. */
function planOf(rules: readonly RandomRule[], values: number): Plan {
  const path = (i: number): string => (rules[i]!.keyed ? `r${i}/{p}` : `r${i}`);
  const body = rules.map((rule, i) => {
    const gathers = !rule.keyed && rule.reads.some((r) => rules[r]!.keyed);
    return [i, { input: rule.reads.map(path), output: path(i), run: 'true', ...(gathers ? { gather: 'p' } : {}) }];
  });
  const params = { p: Array.from({ length: values }, (_, v) => v) };
  const text = JSON.stringify({ wfc: 1, params, rules: Object.fromEntries(body.map(([i, r]) => [`rule${i}`, r])) });
  const { plan, diagnostics } = compile(
    { file: 'random.json', text },
    {
      files: inMemory({}),
      overrides: { settings: [], configs: [], goals: null },
    },
  );
  if (!plan) throw new Error(JSON.stringify(diagnostics.map((d) => d.message)));
  return plan;
}

it('lets every task go as soon as, and only when, all that it depends on is done; a failure blocks what hangs on it', () => {
  const chance = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(randomRules, fc.integer({ min: 1, max: 4 }), chance, (rules, values, dice) => {
      const plan = planOf(rules, values);
      let rolls = 0;
      const roll = (): number => dice[rolls++ % dice.length]!;
      const runs = Uint8Array.from({ length: plan.taskCount }, () => (roll() < 0.8 ? 1 : 0));
      const needs = Array.from({ length: plan.taskCount }, (_, task) => {
        const all = new Set<number>();
        forEachDependency(plan, task, (producer) => runs[producer] === 1 && all.add(producer));
        return [...all];
      });
      const scheduler = new Scheduler(plan, runs);
      const { state } = scheduler;
      const running: number[] = [];
      const mayStart = (t: number): boolean =>
        runs[t] === 1 && state[t]! < TASK_RUNNING && needs[t]!.every((n) => state[n] === TASK_DONE);
      for (;;) {
        const startable = [...runs.keys()].filter(mayStart);
        expect(scheduler.hasReady).toBe(startable.length > 0);
        if (startable.length > 0 && (running.length === 0 || roll() < 0.6)) {
          const task = scheduler.start(() => true);
          expect(startable).toContain(task);
          running.push(task);
        } else if (running.length > 0) {
          const [task] = running.splice(Math.floor(roll() * running.length) % running.length, 1);
          scheduler.finish(task!, roll() < 0.2 ? 'failed' : 'done');
        } else break;
      }
      const isLost = (t: number): boolean => needs[t]!.some((n) => state[n] === TASK_FAILED || isLost(n));
      for (const task of runs.keys()) {
        if (runs[task] === 0) expect(state[task]).toBe(TASK_IDLE);
        else if (isLost(task)) expect(state[task]).toBe(TASK_BLOCKED);
        else expect([TASK_DONE, TASK_FAILED]).toContain(state[task]);
      }
      const count = (s: number): number => state.filter((x) => x === s).length;
      const sums = { total: 0, done: 0, failed: 0, blocked: 0, running: 0 };
      for (const rule of scheduler.countsByRule())
        for (const key of ['total', 'done', 'failed', 'blocked', 'running'] as const) sums[key] += rule[key];
      expect(sums).toEqual(scheduler.counts());
      expect(scheduler.counts()).toEqual({
        total: runs.filter((r) => r === 1).length,
        done: count(TASK_DONE),
        failed: count(TASK_FAILED),
        blocked: count(TASK_BLOCKED),
        running: 0,
      });
    }),
    { numRuns: 200 },
  );
});
