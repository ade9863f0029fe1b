/** Which rules wait for values that other rules make. */
import { expect, it } from 'vitest';
import { compileText, type InMemory, planOf } from './compile-text.ts';

const SPEC = `
wfc: 1
params:
  site: {lines: lists/sites.txt}
  lr: [1, 2]
  model: [gru, lstm]
tables: {gauges: {csv: gauges.csv}}
rules:
  sites: {output: lists/sites.txt, run: "true"}
  gauges: {output: gauges.csv, run: "true"}
  fit: {output: "fits/{site}/{lr}.txt", run: "true"}
  gathers: {gather: site, input: "fits/{site}/{lr}.txt", output: "all/{lr}.txt", run: "true"}
  reads: {input: fits/B/2.txt, output: read.txt, run: "true"}
  not_read: {input: fits/B/3.txt, output: other.txt, run: "true"}
  names: {output: names.txt, run: "echo {km}"}
  sizes: {output: "sizes/{lr}.txt", run: "true", resources: {cpus: "{km}"}}
  lone: {output: "lone/{lr}.txt", run: "true"}
  tied: {output: "tied/{model}.txt", run: "true"}
`;

const SITES = { known: ['lists/sites.txt'], files: { 'lists/sites.txt': 'A\nB\n' } };

function waiting(options?: InMemory, spec = SPEC): Record<string, string[]> {
  return Object.fromEntries(
    planOf(spec, options).staged.waiting.map(({ rule, sources }) => [rule.name, sources.map(({ path }) => path)]),
  );
}

it('those wait that name what is not known in outputs, inputs, gather, commands or resources, and what may read them', () => {
  const [sites, gauges] = [['lists/sites.txt'], ['gauges.csv']];
  expect(waiting()).toEqual({ fit: sites, gathers: sites, reads: sites, names: gauges, sizes: gauges });
  expect(planOf(SPEC).rules.map(({ rule }) => rule.name)).toEqual(['sites', 'gauges', 'not_read', 'lone', 'tied']);
  expect(waiting(SITES)).toEqual({ names: gauges, sizes: gauges });
  expect(planOf(SPEC, SITES).rules.find(({ rule }) => rule.name === 'reads')!.inputs[0]!.hasProducer).toBe(true);
});

it('what exclude ties to a param that waits, waits too', () => {
  expect(waiting({}, SPEC.replace('rules:', 'exclude: [{site: A, model: gru}]\nrules:'))).toMatchObject({
    tied: ['lists/sites.txt'],
  });
});

it('--set needs no list', () => {
  expect(Object.keys(waiting({ set: ['site=A,B'] }))).toEqual(['names', 'sizes']);
  expect(planOf(SPEC, { set: ['site=A'] }).rules.find(({ rule }) => rule.name === 'fit')!.space.size).toBe(2);
});

it('targets need what they wait for, and nothing else', () => {
  const needed = (goals: string[]): string[] => {
    const { rules, needed: of, staged } = planOf(SPEC, { goals });
    const names = rules.filter(({ firstTask, space }) => of.subarray(firstTask, firstTask + space.size).includes(1));
    return [...names.map(({ rule }) => rule.name), ...staged.waiting.map(({ rule }) => `(${rule.name})`)];
  };
  expect(needed(['lone'])).toEqual(['lone']);
  expect(needed(['gathers'])).toEqual(['sites', '(fit)', '(gathers)']);
  expect(needed(['all/1.txt'])).toEqual(['sites', '(fit)', '(gathers)']);
  expect(needed(['reads'])).toEqual(['sites', '(fit)', '(reads)']);
  expect(compileText(SPEC, { goals: ['all/3.txt'] }).diagnostics).toMatchObject([{ severity: 'error' }]);
});

it('a source file that only reads like an output stays one', () => {
  const spec = `
wfc: 1
params: {site: {lines: sites.txt}, other: {lines: other.txt}}
rules: {a: {output: "{site}.txt", run: "true"}, b: {output: "{other}.csv", run: "true"}}
`;
  const files = { 'sites.txt': 'A\n', 'other.txt': 'B\n' };
  expect(planOf(spec, { files }).taskCount + Object.keys(waiting({ files }, spec)).length).toBe(2);
  expect(planOf(spec, { files, known: ['other.txt'] }).taskCount).toBe(2);
});
