/** Rows of texts, by the params that they are values of. */
export interface Relation {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Relations that share columns, each such group joined to one: the rows that agree with all of it. */
export function joinAll<T extends Relation>(relations: readonly T[]): { joined: Relation; parts: readonly T[] }[] {
  const open = [...relations];
  const found: { joined: Relation; parts: readonly T[] }[] = [];
  while (open.length > 0) {
    const parts = [open.shift()!];
    let joined: Relation = distinct(parts[0]!);
    for (;;) {
      const next = open.findIndex((r) => r.columns.some((c) => joined.columns.includes(c)));
      if (next < 0) break;
      const [part] = open.splice(next, 1);
      parts.push(part!);
      joined = join(joined, part!);
    }
    found.push({ joined, parts });
  }
  return found;
}

function join(left: Relation, right: Relation): Relation {
  const shared = right.columns.filter((c) => left.columns.includes(c));
  const added = right.columns.filter((c) => !left.columns.includes(c));
  const groups = new Map<string, string[][]>();
  for (const row of right.rows) {
    const key = keyIn(right, row, shared);
    const group = groups.get(key);
    const rest = added.map((c) => row[right.columns.indexOf(c)]!);
    if (group) group.push(rest);
    else groups.set(key, [rest]);
  }
  const rows = left.rows.flatMap((row) =>
    (groups.get(keyIn(left, row, shared)) ?? []).map((rest) => [...row, ...rest]),
  );
  return distinct({ columns: [...left.columns, ...added], rows });
}

/** The rows with the columns of these names, each once. */
export function project(relation: Relation, columns: readonly string[]): Relation {
  const at = columns.map((c) => relation.columns.indexOf(c));
  return distinct({ columns, rows: relation.rows.map((row) => at.map((i) => row[i]!)) });
}

function distinct({ columns, rows }: Relation): Relation {
  return { columns, rows: [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()] };
}

function keyIn({ columns }: Relation, row: readonly string[], wanted: readonly string[]): string {
  return JSON.stringify(wanted.map((c) => row[columns.indexOf(c)]!));
}

/** Columns that others determine. */
export interface Determined {
  readonly by: readonly string[];
  readonly names: readonly string[];
}

/**
 * `relation` with a row for each of `needed` that none of its own agrees with. What is determined stays so; what else that
 * leaves open is as in the first row.
 */
export function withRows(relation: Relation, needed: Relation, determined: readonly Determined[]): Relation {
  const known = new Set(project(relation, needed.columns).rows.map((row) => JSON.stringify(row)));
  const [first] = relation.rows;
  const missing = distinct(needed).rows.filter((row) => !known.has(JSON.stringify(row)));
  const added = missing.map((row) => {
    const made = relation.columns.map((c, i) => {
      const at = needed.columns.indexOf(c);
      return at < 0 ? (first?.[i] ?? 'none') : row[at]!;
    });
    for (const { by, names } of determined) {
      const key = keyIn(relation, made, by);
      const known = relation.rows.find((other) => keyIn(relation, other, by) === key);
      for (const at of names.filter((name) => !needed.columns.includes(name)).map((n) => relation.columns.indexOf(n)))
        made[at] = known?.[at] ?? made[at]!;
    }
    return made;
  });
  return { columns: relation.columns, rows: [...relation.rows, ...added] };
}

/** In the order of values of its columns, as `orders` tells them; columns without an order keep theirs. */
export function sorted(relation: Relation, orders: ReadonlyMap<string, readonly string[]>): Relation {
  const places = relation.columns.map((c) => new Map(orders.get(c)?.map((value, i) => [value, i])));
  const rows = [...relation.rows].sort((a, b) => {
    for (const [i, place] of places.entries()) {
      const difference = (place.get(a[i]!) ?? 0) - (place.get(b[i]!) ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  });
  return { columns: relation.columns, rows };
}
