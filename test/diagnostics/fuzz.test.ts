import { appendFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fuzz, fuzzSoup } from './fuzz.ts';

// By hand, for more, with figures in a file:
// WFC_FUZZ_SEED=7 WFC_FUZZ_COUNT=200000 WFC_FUZZ_LOG=fuzz.log npx vitest run test/diagnostics/fuzz --testTimeout 3600000
const seed = Number(process.env.WFC_FUZZ_SEED ?? 1);
const count = Number(process.env.WFC_FUZZ_COUNT ?? 2000);

it.each([
  ['no spec, however broken, makes compiling throw, hang or point outside its text', fuzz],
  ['no text, whatever it is made of, makes compiling throw, hang or point outside its text', fuzzSoup],
])('%s', (_, generate) => {
  const before = process.cpuUsage();
  const failures = generate(seed, count);
  const kinds = new Map(failures.map((f) => [f.problem.replace(/\d+/g, 'N').split('\n').slice(0, 4).join('\n'), f]));
  note(generate.name, process.cpuUsage(before).user / 1e6, failures.length, [...kinds.values()]);
  expect([...kinds.values()]).toEqual([]);
});

function note(generator: string, seconds: number, failures: number, kinds: readonly object[]): void {
  if (process.env.WFC_FUZZ_LOG === undefined) return;
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const line = { generator, seed, inputs: count, cpuSeconds: Math.round(seconds), peakMiB, failures, kinds };
  appendFileSync(process.env.WFC_FUZZ_LOG, `${JSON.stringify(line)}\n`);
}
