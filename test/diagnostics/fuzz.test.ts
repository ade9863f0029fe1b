import { expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';

// By hand, for more: WFC_FUZZ_SEED=7 WFC_FUZZ_COUNT=200000 npx vitest run test/diagnostics/fuzz --testTimeout 3600000
const seed = Number(process.env.WFC_FUZZ_SEED ?? 1);
const count = Number(process.env.WFC_FUZZ_COUNT ?? 3000);

it('no spec, however broken, makes compiling throw, hang or point outside its text', () => {
  const failures = fuzz(seed, count);
  const kinds = new Map(failures.map((f) => [f.problem.replace(/\d+/g, 'N').split('\n').slice(0, 4).join('\n'), f]));
  expect([...kinds.values()]).toEqual([]);
});
