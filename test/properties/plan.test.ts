import fc from 'fast-check';
import { dump } from 'js-yaml';
import { expect, it } from 'vitest';
import { PathBytes } from '../../src/compile/rules/path-bytes.ts';
import { forEachDependency, forEachTaskInOrder, inputPaths, type Plan } from '../../src/model/plan.ts';
import { problemOf } from '../diagnostics/fuzz.ts';
import { mutate, randomFrom } from '../diagnostics/mutations.ts';
import { render } from '../make/make.ts';
import { compileText } from '../schema/compile-text.ts';
import { patience } from '../support/waiting.ts';
import { trials } from './executors.ts';
import { meaningOf, richSpec, richText } from './rich-specs.ts';

/** All that a plan says, as text. */
function spelled(plan: Plan): string {
  const lines: string[] = [];
  forEachTaskInOrder(plan, (task, rule) => {
    const i = task - rule.firstTask;
    const needs: number[] = [];
    forEachDependency(plan, task, (producer) => needs.push(producer));
    lines.push(
      JSON.stringify([
        task,
        plan.needed[task],
        rule.outputTexts.map((text) => text(i)),
        rule.inputs.map((input) => inputPaths(input, i)),
        needs,
      ]),
    );
  });
  return lines.join('\n');
}

it(
  'a plan and its scripts are the same each time; tasks come after what they need; each output has one maker',
  () => {
    let planned = 0;
    fc.assert(
      fc.property(richSpec, (spec) => {
        const text = richText(spec);
        const { plan } = compileText(text);
        if (!plan) return;
        planned++;
        const again = compileText(text).plan!;
        expect(spelled(again)).toBe(spelled(plan));
        expect(render(again)).toEqual(render(plan));
        const seen = new Set<number>();
        forEachTaskInOrder(plan, (task) => {
          expect(seen.has(task)).toBe(false);
          forEachDependency(plan, task, (producer) => expect(seen.has(producer)).toBe(true));
          seen.add(task);
        });
        expect(seen.size).toBe(meaningOf(spec).tasks.length);
        const outputs = plan.rules.flatMap(({ outputTexts, space }) =>
          outputTexts.flatMap((text) => Array.from({ length: space.size }, (_, i) => text(i))),
        );
        expect(new Set(outputs).size).toBe(outputs.length);
        const written = plan.rules.flatMap(({ rule, space }) =>
          rule.outputs.flatMap(({ pattern }) => {
            const paths = new PathBytes(pattern, space);
            return Array.from({ length: space.size }, (_, i) => {
              const length = paths.write(i);
              return paths.bytes.toString('utf8', 0, length);
            });
          }),
        );
        expect(written).toEqual(outputs);
      }),
      trials(400),
    );
    expect(planned).toBeGreaterThan(trials(400).numRuns / 4);
  },
  patience(200),
);

it(
  'a random spec with mistakes gives a plan or diagnostics, and never throws',
  () => {
    fc.assert(
      fc.property(richSpec, fc.nat(), fc.boolean(), (spec, seed, asYaml) => {
        const text = asYaml ? dump(JSON.parse(richText(spec))) : richText(spec);
        const mutant = mutate(text, randomFrom(seed));
        expect(problemOf(mutant), mutant).toBeNull();
      }),
      trials(1000),
    );
  },
  patience(200),
);
