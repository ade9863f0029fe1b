/** Tables: what is read without the library is what the library reads; and a table's rows that tell values apart. */
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tupleIds } from '../../src/compile/params/space.ts';
import { type CsvCell, locateCell, readCsv } from '../../src/compile/text/csv.ts';

function records(text: string, delimiter: ',' | '\t'): { record: readonly CsvCell[]; lineStart: number }[] {
  const found: { record: readonly CsvCell[]; lineStart: number }[] = [];
  expect(
    readCsv({ file: 't.csv', text }, delimiter, (record, lineStart) => found.push({ record, lineStart })),
  ).toBeNull();
  return found;
}

const pieces = fc.constantFrom(
  'a',
  'bc',
  '1',
  ' ',
  '  ',
  ',',
  '\t',
  '\f',
  '\n',
  '\n\n',
  '\u00a0',
  '\u000b',
  '\u2003',
  '\ufeff',
  'é',
  "'",
);
const texts = fc.array(pieces, { maxLength: 30 }).map((list) => list.join(''));

it('a text without quotes is read as the library reads it, and each cell is found where it stands', () => {
  fc.assert(
    fc.property(texts, fc.constantFrom<',' | '\t'>(',', '\t'), (text, delimiter) => {
      const options = { delimiter, trim: true, skip_empty_lines: true, relax_column_count: true };
      const read = records(text, delimiter);
      expect(read.map(({ record }) => record.map((cell) => cell ?? ''))).toEqual(
        parse(text, { ...options, record_delimiter: '\n' }),
      );
      for (const { record, lineStart } of read) {
        for (const [c, cell] of record.entries()) {
          const { start } = locateCell({ file: 't.csv', text }, lineStart, record, c);
          expect(text.slice(start, start + (cell ?? '').length)).toBe(cell ?? '');
        }
      }
    }),
    { numRuns: 2000 },
  );
});

it('a text with quotes or carriage returns goes through the library', () => {
  expect(records('a,b\r\n"1,\n2", "say ""x"""\r\n', ',').map(({ record }) => record)).toEqual([
    ['a', 'b'],
    ['1,\n2', 'say "x"'],
  ]);
});

const cells = fc.constantFrom('', ' ', '""', ' "" ', '"a"', 'b', '"x,\n y"', '"say ""no"""', "'");
const ends = fc.constantFrom('\n', '\r\n', '\r', '\n\n');
const rows = fc.array(fc.tuple(fc.array(cells, { minLength: 2, maxLength: 4 }), ends), { maxLength: 6 });

it('quotes around nothing are an empty text, and nothing is no cell, whatever ends the lines and stands beside them', () => {
  fc.assert(
    fc.property(rows, fc.constantFrom<',' | '\t'>(',', '\t'), (list, delimiter) => {
      const text = list.map(([row, end]) => row.join(delimiter) + end).join('');
      const expected = list.map(([row]) =>
        row.map((written) => {
          const cell = written.trim();
          return cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell || null;
        }),
      );
      // A row of blanks between tabs is a line of blanks, which is skipped.
      const isBlankLine = (row: readonly CsvCell[]): boolean =>
        delimiter === '\t' && row.every((cell) => cell === null);
      const read = records(text, delimiter).map(({ record }) => record);
      expect(read.filter((row) => !isBlankLine(row))).toEqual(expected.filter((row) => !isBlankLine(row)));
    }),
    { numRuns: 2000 },
  );
});

it('tuples are numbered in order of appearance, whether an array or a map finds them', () => {
  const rows = fc.array(fc.tuple(fc.nat(3), fc.nat(2), fc.constantFrom(0, 5, 4000)), { maxLength: 12 });
  fc.assert(
    fc.property(rows, (list) => {
      const cells = [0, 1, 2].map((c) => Int32Array.from(list, (row) => row[c]!));
      const { count, ofRow, firstRow } = tupleIds(cells);
      const names = list.map((row) => row.join());
      const distinct = [...new Set(names)];
      expect(count).toBe(distinct.length);
      expect([...ofRow]).toEqual(names.map((name) => distinct.indexOf(name)));
      expect([...firstRow]).toEqual(distinct.map((name) => names.indexOf(name)));
    }),
  );
});
