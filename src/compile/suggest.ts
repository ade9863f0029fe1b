import { distance } from 'fastest-levenshtein';

/** The known name that `word` was most likely meant to be, or null where none is near. */
export function closest(word: string, known: Iterable<string>, most = likelySlips(word)): string | null {
  let best: string | null = null;
  let bestDistance = most + 1;
  for (const name of known) {
    if (Math.abs(name.length - word.length) >= bestDistance) continue;
    const d = name.toLowerCase() === word.toLowerCase() ? 0 : distance(word, name);
    if (d < bestDistance && d < Math.max(word.length, name.length)) {
      best = name;
      bestDistance = d;
    }
  }
  return best;
}

/** How many letters of a word may be wrong: two swapped ones count as two. */
function likelySlips(word: string): number {
  return word.length <= 3 ? 1 : word.length <= 8 ? 2 : 3;
}

/** `did you mean "x"?`, or '' where there is nothing to suggest. */
export function didYouMean(name: string | null): string {
  return name === null ? '' : `did you mean "${name}"?`;
}
