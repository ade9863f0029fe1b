import { distance } from 'fastest-levenshtein';

/** The known name that `word` was most likely meant to be, or null where none is near. */
export function closest(word: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
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

/** `did you mean "x"?`, or '' where there is nothing to suggest. */
export function didYouMean(name: string | null): string {
  return name === null ? '' : `did you mean "${name}"?`;
}
