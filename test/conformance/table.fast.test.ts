import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** First cells of the table. */
function rows(): string[] {
  const lines = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8').split('\n');
  return lines.filter((line) => /^\| (?!behaviour |---)/.test(line)).map((line) => line.split(' | ')[0]!.slice(2));
}

/** Names of the tests in this folder, but this one. */
function tests(): string[] {
  const files = readdirSync(import.meta.dirname).filter(
    (name) => name.endsWith('.test.ts') && name !== 'table.fast.test.ts',
  );
  return files.flatMap((name) => {
    const text = readFileSync(join(import.meta.dirname, name), 'utf8');
    return [...text.matchAll(/^it\('((?:[^'\\]|\\.)*)'/gm)].map((match) => match[1]!.replace(/\\(.)/g, '$1'));
  });
}

it('each row of the table is a test, and each test a row', () => {
  expect(rows().length).toBeGreaterThan(45);
  expect(rows().toSorted()).toEqual(tests().toSorted());
  expect(new Set(rows()).size).toBe(rows().length);
});

it('each row says what Snakemake does and what wfc does', () => {
  const lines = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8').split('\n');
  for (const line of lines.filter((l) => l.startsWith('| '))) expect(line.split(' | '), line).toHaveLength(4);
});
