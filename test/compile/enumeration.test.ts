import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { NO_OVERRIDES } from '../../src/compile/context.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { forEachDependency, inputPaths, type Plan, taskNameOf } from '../../src/model/plan.ts';
import { inMemory } from '../schema/compile-text.ts';
import { allRows, enumerate, type NaivePlan, type SmallSpec } from './naive.ts';
import { smallSpec, specText } from './small-specs.ts';

const files = inMemory({});

function compileSmall(spec: SmallSpec): { plan: Plan | null; errors: Diagnostic[] } {
  const { plan, diagnostics } = compile(
    { file: 'spec.json', text: specText(spec) },
    { files, overrides: NO_OVERRIDES },
  );
  return { plan, errors: diagnostics.filter((d) => d.severity === 'error') };
}

/** What the compiler says, in the naive enumeration's terms. */
function spellOut(plan: Plan): NaivePlan {
  const tasks: NaivePlan['tasks'] = [];
  const edges = new Set<string>();
  const needed: string[] = [];
  for (const rule of plan.rules) {
    for (let i = 0; i < rule.space.size; i++) {
      const task = rule.firstTask + i;
      const name = taskNameOf(plan, task);
      const inputs = rule.inputs.map((input) => inputPaths(input, i));
      tasks.push({ name, inputs, outputs: rule.outputTexts.map((text) => text(i)) });
      forEachDependency(plan, task, (producer) => edges.add(`${name} <- ${taskNameOf(plan, producer)}`));
      if (plan.needed[task] === 1) needed.push(name);
    }
  }
  return { tasks, edges: [...edges].sort(), needed, collisions: [] };
}

/** Mistakes that random specs make by nature; each is checked against the naive enumeration. */
function isExpected(error: Diagnostic, spec: SmallSpec, naive: NaivePlan): boolean {
  if (/nothing to run|gathers no path/.test(error.message)) return allRows(spec).length === 0;
  if (/two tasks would write|would write .* twice/.test(error.message)) return naive.collisions.length > 0;
  if (/lies (below|inside)/.test(error.message))
    return naive.tasks.some((a) => naive.tasks.some((b) => isBelow(a.outputs, b.outputs)));
  if (/wait for each other/.test(error.message)) return true;
  // A gathered param that its own key determines, or that another input's literal made needless.
  return (
    /gathered/.test(error.message) || /pads integers/.test(error.message) || /stands? in no output/.test(error.message)
  );
}

function isBelow(paths: readonly string[], others: readonly string[]): boolean {
  return paths.some((p) => others.some((o) => p.startsWith(`${o}/`)));
}

describe('the compiler against a naive enumeration', () => {
  it('finds the same tasks, inputs, edges and needed tasks, in the same order', () => {
    let planned = 0;
    let edges = 0;
    fc.assert(
      fc.property(smallSpec, (spec) => {
        const naive = enumerate(spec);
        const { plan, errors } = compileSmall(spec);
        if (!plan) {
          for (const error of errors)
            expect(isExpected(error, spec, naive), `${error.message}\n${specText(spec)}`).toBe(true);
          return;
        }
        expect(naive.collisions, specText(spec)).toEqual([]);
        const found = spellOut(plan);
        expect(found.tasks, specText(spec)).toEqual(naive.tasks);
        expect(found.edges, specText(spec)).toEqual(naive.edges);
        expect(found.needed, specText(spec)).toEqual(naive.needed);
        planned++;
        edges += naive.edges.length;
      }),
      { numRuns: 3000, seed: 20220419 },
    );
    // The property is worth something only if most specs get through and have edges.
    expect(planned).toBeGreaterThan(1500);
    expect(edges).toBeGreaterThan(5000);
  });
});
