/** How evenly sampled rows fill their space, by the measure of scipy.stats.qmc, beside its own samples. */
import { execFileSync, spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { type Sample, unitPoints } from '../../src/compile/params/sample.ts';

const PYTHON = '/usr/bin/python3';
const isMissing = spawnSync(PYTHON, ['-c', 'import scipy.stats.qmc']).status !== 0;

/** Centered L2 discrepancy (0: perfectly even) of ours, and of five samples of scipy's with the same method. */
const MEASURE = `
import json, sys
from scipy.stats import qmc
given = json.load(sys.stdin)
count, columns = len(given["rows"]), len(given["rows"][0])
engine = {"random": None, "sobol": qmc.Sobol, "lhs": qmc.LatinHypercube}[given["method"]]
def scipys(seed):
    import numpy
    return engine(columns, seed=seed).random(count) if engine else numpy.random.default_rng(seed).random((count, columns))
print(json.dumps([qmc.discrepancy(given["rows"]), [qmc.discrepancy(scipys(seed)) for seed in range(5)]]))
`;

/** 256 points in five columns, so measured. */
function measured(method: Sample['method'], seed: string): { ours: number; scipys: number[] } {
  const sample = { method, count: 256, seed };
  const columns = [0, 1, 2, 3, 4].map((c) => unitPoints(sample, `c${c}`, c));
  const rows = Array.from({ length: sample.count }, (_, row) => columns.map((point) => point(row)));
  const text = execFileSync(PYTHON, ['-c', MEASURE], { input: JSON.stringify({ method, rows }), encoding: 'utf8' });
  const [ours, scipys] = JSON.parse(text) as [number, number[]];
  return { ours, scipys };
}

it.skipIf(isMissing && process.env.CI !== 'true')(
  `samples are as even as those of scipy, and sobol's the most${isMissing ? ': scipy is not installed (Debian: python3-scipy)' : ''}`,
  () => {
    const seeds = ['1', '2', '3'];
    const of = (method: Sample['method']): number[] =>
      seeds.map((seed) => {
        const { ours, scipys } = measured(method, seed);
        expect(ours, `${method} with seed ${seed}, beside ${scipys.join(' ')}`).toBeLessThan(1.5 * Math.max(...scipys));
        return ours;
      });
    const [random, sobol, lhs] = [of('random'), of('sobol'), of('lhs')];
    expect(Math.max(...sobol)).toBeLessThan(Math.min(...lhs));
    expect(Math.max(...lhs)).toBeLessThan(Math.min(...random));
  },
);
