import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

const called = vi.hoisted(() => new Set<string>());

vi.mock('../../src/compile/report/report.ts', async (original) => {
  const report = await original<Record<string, (...args: unknown[]) => unknown>>();
  return Object.fromEntries(
    Object.entries(report).map(([name, make]) => [
      name,
      (...args: unknown[]) => {
        called.add(name);
        return make(...args);
      },
    ]),
  );
});

import { argumentsOf, CASES, caseNames, wfc } from './cases.ts';
import { makeOddFiles, ODD_FILES } from './odd-files.ts';

/** Constructors that no case can reach by reading a spec. */
const ELSEWHERE = new Map([
  ['fileTooLarge', 'needs a file of 400 MiB'],
  ['schemaViolation', 'kept for keywords that the schema does not use yet'],
  ['yamlSyntax', 'kept for syntax errors that no trap explains'],
]);

it('every kind of diagnostic is shown by a case', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wfc-coverage-'));
  try {
    makeOddFiles(folder);
    for (const name of caseNames()) await wfc(argumentsOf(name), CASES);
    for (const [name, { args }] of Object.entries(ODD_FILES)) await wfc(args, join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const report = await import('../../src/compile/report/report.ts');
  const kinds = Object.keys(report).filter((name) => name !== 'listWords' && name !== 'someOf');
  expect(kinds.filter((name) => !called.has(name) && !ELSEWHERE.has(name))).toEqual([]);
  expect([...ELSEWHERE.keys()].filter((name) => called.has(name) || !kinds.includes(name))).toEqual([]);
});

it('every golden has its case', () => {
  const cases = new Set(caseNames().map((name) => name.replace(/\.\w+$/, '.txt')));
  const goldens = readdirSync(CASES).filter((name) => name.endsWith('.txt'));
  expect(goldens.filter((name) => !cases.has(name))).toEqual([]);
});
