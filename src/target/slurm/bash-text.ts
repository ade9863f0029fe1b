import type { Column, PathPattern } from '../../model/workflow.ts';

/** A literal text inside double quotes. bash(1), QUOTING. */
export function insideQuotes(text: string): string {
  return text.replace(/[\\"$`]/g, '\\$&');
}

/** A text that a rule's row carries for each task: a param as it is written in some place, or a text of its own. */
export interface RowText {
  /** What it is, for who reads the functions. */
  readonly key: string;
  readonly textOf: (taskIndex: number) => string;
}

/** The first of them follows the list's id in the calls of `wfc_paths_…` and `wfc_bind_…`. */
export const FIRST_FIELD = 2;

/** The texts of a rule's rows: each is a field of the table and a positional parameter of the rule's functions. */
export class RowTexts {
  readonly texts: RowText[] = [];
  private readonly byKey = new Map<string, number>();

  /** The positional parameter that holds this text: no variables, since elements call these functions for every task. */
  field(key: string, textOf: (taskIndex: number) => string): number {
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const field = this.texts.push({ key, textOf }) - 1 + FIRST_FIELD;
    this.byKey.set(key, field);
    return field;
  }
}

/** A path pattern as a word in double quotes, its params as positional parameters. */
export function pathWord(pattern: PathPattern, fieldOf: (column: Column, pad: number) => number): string {
  const segments = pattern.segments.map((segment) =>
    segment
      .map((part) => (typeof part === 'string' ? insideQuotes(part) : `\${${fieldOf(part.column, part.pad)}}`))
      .join(''),
  );
  return `"${pattern.absolute ? '/' : ''}${segments.join('/')}"`;
}
