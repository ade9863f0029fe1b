/** Sampled columns: the same for ever, prefixes of each other, and as even as their method says. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Distribution, type Sample, unitPoints, valueAt } from '../../src/compile/params/sample.ts';
import { compileText } from '../schema/compile-text.ts';

const METHODS: readonly Sample['method'][] = ['random', 'sobol', 'lhs'];
const LOG: Distribution = { kind: 'loguniform', low: 1e-5, high: 0.1, texts: ['1e-5', '1e-1'] };
const UNIFORM: Distribution = { kind: 'uniform', low: -1, high: 0.5, texts: ['-1', '0.5'] };
const INTEGERS: Distribution = { kind: 'integers', low: 2, high: 8, texts: ['2', '8'] };
const CHOICE: Distribution = { kind: 'choice', texts: ['lstm', 'gru', 'mlp'] };

const points = (sample: Sample, name: string, dimension: number): number[] =>
  Array.from({ length: sample.count }, (_, row) => unitPoints(sample, name, dimension)(row));

// Written down once. What was computed with such values is found again by them: they may never change.
it.each([
  [
    'random',
    [
      '0.000174281 0.142845 3 gru',
      '0.00601975 -0.726768 3 gru',
      '0.0000258495 -0.193016 4 mlp',
      '0.0000124609 -0.994363 8 gru',
    ],
  ],
  [
    'sobol',
    [
      '0.000813656 0.164527 2 gru',
      '0.0813656 -0.585473 6 lstm',
      '0.00813656 -0.210473 4 mlp',
      '0.0000813656 -0.960473 8 gru',
    ],
  ],
  [
    'lhs',
    [
      '0.000204321 -0.339289 2 gru',
      '0.049533 -0.181692 4 lstm',
      '0.00126798 0.326746 7 mlp',
      '0.0000105654 -0.998591 7 mlp',
    ],
  ],
] as const)('%s draws the values that it has always drawn', (method, rows) => {
  const sample = { method, count: rows.length, seed: '7' };
  const drawn = rows.map((_, row) =>
    [LOG, UNIFORM, INTEGERS, CHOICE].map((d, c) => valueAt(d, unitPoints(sample, `c${c}`, c)(row))).join(' '),
  );
  expect(drawn).toEqual(rows);
});

it('the points of sobol are those of the published sequence, shifted', () => {
  // The first of dimensions 0, 1, 2 and 23, of scipy.stats.qmc.Sobol(24, scramble=False), times 64.
  const published = [
    [0, 32, 48, 16, 24, 56, 40, 8],
    [0, 32, 16, 48, 24, 56, 8, 40],
    [0, 32, 16, 48, 40, 8, 56, 24],
    [0, 32, 16, 48, 56, 24, 40, 8],
  ];
  const sample: Sample = { method: 'sobol', count: 8, seed: 's' };
  const unshifted = [0, 1, 2, 23].map((dimension) => {
    const bits = points(sample, 'a', dimension).map((point) => point * 2 ** 32);
    return bits.map((point) => ((point ^ bits[0]!) >>> 0) / 2 ** 26);
  });
  expect(unshifted).toEqual(published);
});

it('more rows, and other columns, leave the rows of random and sobol as they were', () => {
  const drawn = fc.record({
    method: fc.constantFrom<Sample['method'][]>('random', 'sobol'),
    count: fc.integer({ min: 1, max: 40 }),
    more: fc.integer({ min: 1, max: 40 }),
    seed: fc.string(),
    dimension: fc.integer({ min: 0, max: 23 }),
  });
  fc.assert(
    fc.property(drawn, ({ method, count, more, seed, dimension }) => {
      const few = points({ method, count, seed }, 'x', dimension);
      expect(points({ method, count: count + more, seed }, 'x', dimension).slice(0, count)).toEqual(few);
      expect(few.every((point) => point >= 0 && point < 1)).toBe(true);
    }),
  );
});

it('lhs has one row in each part, and other seeds and columns other rows', () => {
  for (const count of [1, 2, 7, 100]) {
    const parts = points({ method: 'lhs', count, seed: '0' }, 'x', 0).map((point) => Math.floor(point * count));
    expect([...parts].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
  }
  for (const method of METHODS) {
    const of = (seed: string, name: string, dimension = 0): number[] =>
      points({ method, count: 9, seed }, name, dimension);
    expect(of('1', 'x')).not.toEqual(of('2', 'x'));
    expect(of('1', 'x')).not.toEqual(of('1', 'y', 1));
  }
});

it('every 2 to the n rows of sobol have one in each of as many parts of each column', () => {
  for (let dimension = 0; dimension < 24; dimension++) {
    const parts = points({ method: 'sobol', count: 64, seed: 'q' }, 'x', dimension).map((point) =>
      Math.floor(point * 64),
    );
    expect(new Set(parts).size).toBe(64);
  }
});

it('values lie within their bounds, have six digits at most, and follow their distribution', () => {
  const bounds = fc.record({
    low: fc.double({ min: 1e-9, max: 1e6, noNaN: true }),
    factor: fc.double({ min: 1.000001, max: 1e9, noNaN: true }),
    point: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    kind: fc.constantFrom('uniform' as const, 'loguniform' as const),
  });
  fc.assert(
    fc.property(bounds, ({ low, factor, point, kind }) => {
      const high = low * factor;
      const text = valueAt({ kind, low, high, texts: [String(low), String(high)] }, point);
      const value = Number(text);
      expect(value).toBeGreaterThanOrEqual(low);
      expect(value).toBeLessThanOrEqual(high);
      const digits = text
        .replace(/e.*/, '')
        .replace(/^[-0.]+|\./g, '')
        .replace(/0+$/, '');
      expect(digits.length <= 6 || value === low || value === high, text).toBe(true);
      const exact = kind === 'uniform' ? low + (high - low) * point : low * (high / low) ** point;
      expect(Math.abs(value - exact)).toBeLessThanOrEqual(6e-6 * exact);
    }),
  );
  const all = Array.from({ length: 70 }, (_, i) => valueAt(INTEGERS, i / 70));
  expect(new Set(all)).toEqual(new Set(['2', '3', '4', '5', '6', '7', '8']));
  expect(['2', '8'].map((text) => all.filter((other) => other === text).length)).toEqual([10, 10]);
  expect([0, 0.34, 0.99].map((point) => valueAt(CHOICE, point))).toEqual(['lstm', 'gru', 'mlp']);
});

it('a sampled table is a table: its index determines the other columns, --set filters its rows', () => {
  const spec = `wfc: 1
config: {n: 6}
tables:
  search: {sample: {count: "{config.n}", seed: x}, columns: {lr: {uniform: [0, 1]}}, index: trial}
rules:
  fit: {output: "fits/{trial:03}", run: "echo {lr} > {output}"}
`;
  const { plan, diagnostics } = compileText(spec, {});
  expect(diagnostics).toEqual([]);
  const texts = plan!.rules[0]!.outputTexts[0]!;
  expect(plan!.rules[0]!.space.size).toBe(6);
  expect([texts(0), texts(5)]).toEqual(['fits/000', 'fits/005']);
});
