import type { Location } from '../../model/source.ts';
import type { Column, Relation } from '../../model/workflow.ts';
import { disagreement } from './space.ts';
import { placeOfRow } from './values.ts';

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

/** null where none of the key's columns stands in the column's table: then nothing was meant to determine it. */
export function whyUndetermined(relation: Relation, key: readonly Column[], column: Column): Witness | null {
  const factor = relation.factors[column.factor];
  const known = key.filter((c) => c.factor === column.factor);
  if (factor?.kind !== 'table' || known.length === 0) return null;
  const rows = disagreement(factor, known, column);
  if (!rows) return null;
  const valueAt = (c: Column, row: number): string => c.values[factor.declaredCells[factor.columns.indexOf(c)]![row]!]!;
  return {
    known: known.map((c) => ({ name: c.name, value: valueAt(c, rows[0]) })),
    name: column.name,
    values: [valueAt(column, rows[0]), valueAt(column, rows[1])],
    places: [placeOfRow(column, rows[0]), placeOfRow(column, rows[1])],
  };
}
