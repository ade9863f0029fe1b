import type { Cell } from '../../io/files/result-file.ts';

/** A number that reads the same as text and as a number: no leading zeros, so that 01022500 stays text. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/;

/** The columns that the files have together, in order of appearance, and which of them hold numbers alone. */
export class FileColumns {
  private readonly params: ReadonlySet<string>;
  private readonly numeric = new Map<string, boolean>();
  /** Columns named like a param that hold something else somewhere. */
  private readonly differing = new Set<string>();

  constructor(params: ReadonlySet<string>) {
    this.params = params;
  }

  /** Note the columns of a row; `paramValue` gives the params of its file. */
  see(row: ReadonlyMap<string, Cell>, paramValue: (param: string) => string): void {
    for (const [name, cell] of row) {
      if (this.params.has(name) && String(cell) !== paramValue(name)) this.differing.add(name);
      const isNumber = typeof cell === 'number' || cell === '' || cell === null || NUMBER.test(String(cell));
      this.numeric.set(name, (this.numeric.get(name) ?? true) && isNumber);
    }
  }

  /** Names in the files. A column that only repeats a param is left out. */
  names(): string[] {
    return [...this.numeric.keys()].filter((name) => !this.params.has(name) || this.differing.has(name));
  }

  /** What a column is called in the table: one that differs from the param of its name is called NAME.file. */
  heading(name: string): string {
    return this.params.has(name) ? `${name}.file` : name;
  }

  /** A cell as JSON: numbers where the whole column holds numbers. */
  json(name: string, cell: Cell | undefined): Cell {
    if (cell === undefined || (cell === '' && this.numeric.get(name))) return null;
    return typeof cell === 'string' && this.numeric.get(name) ? Number(cell) : cell;
  }
}

/** Whether all values of a param read as numbers. */
export function areNumbers(values: readonly string[]): boolean {
  return values.every((v) => NUMBER.test(v));
}

/** One line of RFC 4180, ended. */
export function csvLine(cells: readonly (Cell | undefined)[]): string {
  return `${cells.map(csvCell).join(',')}\n`;
}

function csvCell(cell: Cell | undefined): string {
  const text = cell === undefined || cell === null ? '' : String(cell);
  return /[",\n\r]/.test(text) || /^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
