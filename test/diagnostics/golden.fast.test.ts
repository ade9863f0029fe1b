import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { argumentsOf, CASES, caseNames, transcript } from './cases.ts';

// A wording changed on purpose: npx vitest run test/diagnostics -u, then read the diff.
describe('wfc says of each mistake where it is, what it is, and what to write', () => {
  it.each(caseNames())('%s', async (name) => {
    const text = await transcript(argumentsOf(name), CASES);
    await expect(text).toMatchFileSnapshot(join(CASES, name.replace(/\.\w+$/, '.txt')));
  });
});
