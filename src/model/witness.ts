import type { Location } from './source.ts';

/** Why a key does not determine a column of a table that it names: two rows that agree in the key, but not in it. */
export interface Witness {
  /** The key's columns in that table, with their value in both rows. */
  readonly known: readonly { readonly name: string; readonly value: string }[];
  readonly name: string;
  /** The column's value in each of the rows. */
  readonly values: readonly [string, string];
  /** Where the rows stand. */
  readonly places: readonly [Location, Location];
}
