import { distance } from 'fastest-levenshtein';

/** More names than this are not searched: suggestions must not cost more than the spec itself. */
const MAX_NAMES = 5000;

/**
 * The known name that `word` was most likely meant to be, or null where none is near. Of a dotted name (`model.width`)
 * one end is enough.
 */
export function closest(word: string, known: Iterable<string>, most = likelySlips(word)): string | null {
  let best: string | null = null;
  let bestSlips = most + 1;
  let part: string | null = null;
  let count = 0;
  for (const name of known) {
    if (++count > MAX_NAMES) break;
    if (name.endsWith(`.${word}`) || name.startsWith(`${word}.`)) part ??= name;
    if (Math.abs(name.length - word.length) >= bestSlips) continue;
    const n = slips(word, name);
    if (n < bestSlips && n < Math.max(word.length, name.length)) {
      best = name;
      bestSlips = n;
    }
  }
  return best ?? part;
}

/** How many slips of the hand lead from one word to the other; two neighbours swapped are one. */
function slips(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  if (x === y) return 0;
  const n = distance(x, y);
  return n === 2 && x.length === y.length && isSwap(x, y) ? 1 : n;
}

function isSwap(a: string, b: string): boolean {
  const at = [...a].findIndex((c, i) => c !== b[i]);
  return a.slice(0, at) + a.charAt(at + 1) + a.charAt(at) + a.slice(at + 2) === b;
}

/** How many slips a word is likely to hold: short words are soon other words. */
function likelySlips(word: string): number {
  return word.length <= 4 ? 1 : word.length <= 8 ? 2 : 3;
}

/** `did you mean "x"?`, or '' where there is nothing to suggest. */
export function didYouMean(name: string | null): string {
  return name === null ? '' : `did you mean "${name}"?`;
}
