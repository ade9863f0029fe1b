/** What all diagnostics are made with. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Location } from '../../model/source.ts';

export type Notes = readonly { readonly message: string; readonly location: Location }[];

export function error(location: Location | null, message: string, hint?: string, notes?: Notes): Diagnostic {
  return { severity: 'error', location, message, hint: hint === '' ? undefined : hint, notes };
}

/** Two places, the later one first: it is the second that is one too many. */
export function inOrder(a: Location, b: Location): [Location, Location] {
  return a.start >= b.start ? [a, b] : [b, a];
}

export function warning(location: Location | null, message: string, hint?: string): Diagnostic {
  return { severity: 'warning', location, message, hint };
}

export function listWords(words: readonly string[], last: 'or' | 'and' = 'or'): string {
  if (words.length <= 1) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

/** At most `most` of the names, quoted, and how many more there are. */
export function someOf(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map((n) => `"${n}"`);
  return names.length > most ? `${shown.join(', ')} and ${names.length - most} more` : listWords(shown, 'and');
}
