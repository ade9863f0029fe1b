import fc from 'fast-check';
import { columnOrder, type SmallRule, type SmallSpec } from './naive.ts';

/** Values that several params share, so that different params can give the same text. */
const VALUES = ['1', '2', '10', '11', '01', 'a', 'b', 'a-1', 'x_y'];

const integers = fc.uniqueArray(fc.constantFrom('0', '1', '2', '12'), { minLength: 1, maxLength: 3 });

function tableOf(names: readonly string[], values: readonly string[]): fc.Arbitrary<Record<string, string>[]> {
  const row = fc.record(Object.fromEntries(names.map((n) => [n, fc.constantFrom(...values)])));
  return fc.uniqueArray(row, { minLength: 1, maxLength: 4, selector: (r) => JSON.stringify(names.map((n) => r[n])) });
}

/** Columns that `known` determine: rows of a table that agree in what is known agree in these. */
export function determined(spec: SmallSpec, known: ReadonlySet<string>): Set<string> {
  const all = new Set(known);
  for (const table of Object.values(spec.tables)) {
    const columns = Object.keys(table[0]!);
    const given = columns.filter((c) => known.has(c));
    if (given.length === 0) continue;
    for (const column of columns) {
      const byGiven = new Map<string, string>();
      const agrees = table.every((row) => {
        const key = JSON.stringify(given.map((g) => row[g]));
        const before = byGiven.get(key) ?? row[column]!;
        byGiven.set(key, before);
        return before === row[column];
      });
      if (agrees) all.add(column);
    }
  }
  return all;
}

/** How the params of an output stand in its path: a folder each, joined by a mark, or side by side. */
const joinStyle = fc.constantFrom('/', '/', '_', '-', '');

function outputPattern(
  rule: string,
  key: readonly string[],
  style: string,
  pads: ReadonlySet<string>,
  suffix: string,
): string {
  const params = key.map((k) => (pads.has(k) ? `{${k}:02}` : `{${k}}`));
  return key.length === 0 ? `${rule}.${suffix}` : `${rule}/${params.join(style)}${style === '/' ? '/' : '.'}${suffix}`;
}

/** Random small specs: axes and tables, excludes, rules that read each other's outputs by param, by literal, by gather. */
export const smallSpec: fc.Arbitrary<SmallSpec> = smallSpecs(VALUES, ['1', '2', 'a', 'b']);

/** The same with these values of params, and of table columns. */
export function smallSpecs(values: readonly string[], cells: readonly string[]): fc.Arbitrary<SmallSpec> {
  const axis = fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
  return fc
    .record({
      params: fc.record({ p: axis, q: axis, n: integers }, { requiredKeys: [] }),
      withTable: fc.boolean(),
      table: tableOf(['t', 'u', 'v'], cells),
      dice: fc.array(fc.nat(1000), { minLength: 150, maxLength: 150 }),
      ruleCount: fc.integer({ min: 1, max: 4 }),
      styles: fc.array(joinStyle, { minLength: 4, maxLength: 4 }),
    })
    .map(({ params, withTable, table, dice, ruleCount, styles }) => {
      let at = 0;
      const roll = (sides: number): number => dice[at++ % dice.length]! % sides;
      const spec: SmallSpec = {
        params,
        tables: withTable ? { arms: table } : {},
        exclude: [],
        rules: {},
        targets: null,
      };
      const columns = columnOrder(spec);
      const valuesOf = (c: string): string[] => spec.params[c] ?? [...new Set(table.map((row) => row[c]!))];
      for (let e = roll(3); e > 0 && columns.length > 0; e--) {
        const entry: Record<string, string[]> = {};
        for (let i = 0; i <= roll(2); i++) {
          const column = columns[roll(columns.length)]!;
          entry[column] = [valuesOf(column)[roll(valuesOf(column).length)]!];
        }
        spec.exclude.push(entry);
      }
      for (let r = 0; r < ruleCount; r++) {
        const name = `r${r}`;
        const key = columns.filter(() => roll(2) === 0);
        const pads = new Set(key.filter((k) => k === 'n' && roll(3) === 0));
        const output = [outputPattern(name, key, styles[r]!, pads, 'out')];
        if (roll(4) === 0) output.push(outputPattern(`${name}b`, key, '/', pads, 'out'));
        const rule: SmallRule = { output, input: [], gather: [] };
        const known = determined(spec, new Set(key));
        for (const earlier of Object.values(spec.rules)) {
          if (roll(3) === 0) continue;
          const gather = new Set(rule.gather);
          rule.input.push(
            readFrom(earlier.output[roll(earlier.output.length)]!, known, gather, columns, valuesOf, roll),
          );
          rule.gather = [...gather];
        }
        if (roll(4) === 0) rule.input.push('source.txt');
        spec.rules[name] = rule;
      }
      if (roll(3) === 0) {
        const rules = Object.values(spec.rules);
        spec.targets = [rules[roll(rules.length)]!.output[0]!];
      }
      return spec;
    });
}

/** An input on another rule's output: each param kept, gathered, written out as a literal, or replaced by another param. */
function readFrom(
  pattern: string,
  known: ReadonlySet<string>,
  gather: Set<string>,
  columns: readonly string[],
  valuesOf: (column: string) => string[],
  roll: (sides: number) => number,
): string {
  return pattern.replace(/\{(\w+)(:0\d)?\}/g, (whole, name: string) => {
    const literal = (): string => {
      const value = valuesOf(name)[roll(valuesOf(name).length)]!;
      return whole.includes(':') ? value.padStart(2, '0') : value;
    };
    if (roll(6) === 0) return literal();
    if (roll(8) === 0) {
      const other = columns[roll(columns.length)]!;
      if (known.has(other)) return `{${other}}`;
      gather.add(other);
      return `{${other}}`;
    }
    if (known.has(name)) return whole;
    if (roll(3) === 0) return literal();
    gather.add(name);
    return whole;
  });
}

/** The spec as JSON text, every rule with a command: what `extra` gives for it goes over the rest. */
export function specText(
  spec: SmallSpec,
  extra: (name: string, rule: SmallRule) => object = () => ({ run: 'true' }),
): string {
  const rules = Object.fromEntries(
    Object.entries(spec.rules).map(([name, rule]) => [
      name,
      {
        ...(rule.input.length > 0 ? { input: rule.input } : {}),
        output: rule.output,
        ...(rule.gather.length > 0 ? { gather: rule.gather } : {}),
        ...extra(name, rule),
      },
    ]),
  );
  const { params, tables, exclude, targets } = spec;
  return JSON.stringify({ wfc: 1, params, tables, exclude, rules, ...(targets ? { targets } : {}) });
}
