import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transcript } from './cases.ts';
import { makeOddFiles, ODD_FILES } from './odd-files.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wfc-files-'));
  makeOddFiles(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Bytes that an editor or git might change are made here; the answers are goldens like those in cases/.
describe('a spec that is no text, or is not there', () => {
  it.each(Object.keys(ODD_FILES))('%s', async (name) => {
    const text = await transcript(ODD_FILES[name]!.args, join(folder, name));
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'files', `${name}.txt`));
  });
});
