import type { Witness } from '../../model/witness.ts';
import type { Column, Relation } from '../../model/workflow.ts';
import { disagreement } from './space.ts';
import { placeOfRow } from './values.ts';

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
