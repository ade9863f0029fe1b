/** Paths that several threads look at: what is told of each is what stands there, also where the window is filled again. */
import { expect, it } from 'vitest';
import { emptyWindow, FOUND, lookTogether, newWindow, putPath } from '../../src/io/files/look-window.ts';
import { experiment } from '../support/experiment.ts';

it('a window that was emptied takes other paths, and tells of these alone', () => {
  const { folder } = experiment('', { a: '12345' });
  const window = newWindow();
  const prefix = Buffer.from(`${folder}/`);
  const looks = (...names: readonly string[]): number[] => {
    names.forEach((name, at) => {
      expect(putPath(window, at, prefix, Buffer.from(`${name}!`), name.length)).toBe(true);
    });
    lookTogether(window, names.length);
    const found = Array.from(window.found.subarray(0, names.length));
    emptyWindow(window);
    return found;
  };
  expect(looks('a', 'gone', '.')).toEqual([FOUND.file, FOUND.nothing, FOUND.folder]);
  expect(window.size[0]).toBe(5);
  const many = Array.from({ length: 700 }, (_, i) => (i % 2 === 0 ? 'gone' : 'a'));
  expect(looks(...many)).toEqual(many.map((name) => (name === 'a' ? FOUND.file : FOUND.nothing)));
  expect(looks('.', 'a/below')).toEqual([FOUND.folder, FOUND.trouble]);
});
