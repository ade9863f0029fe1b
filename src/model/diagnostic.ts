import type { Location } from './source.ts';

/** A mistake of the user's, said in their words. Bugs are thrown errors instead. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** Where the culprit stands; null for a mistake on the command line or in the surroundings. */
  readonly location: Location | null;
  /** What to write instead. */
  readonly hint?: string | undefined;
  /** Other places that belong to it, such as the second producer. */
  readonly notes?: readonly { readonly message: string; readonly location: Location }[] | undefined;
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === 'error');
}
