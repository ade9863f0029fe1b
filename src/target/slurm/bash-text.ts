import type { Column, PathPattern } from '../../model/workflow.ts';

/** A literal text inside double quotes. bash(1), QUOTING. */
export function insideQuotes(text: string): string {
  return text.replace(/[\\"$`]/g, '\\$&');
}

/** A text that a rule's row carries for each task: a param as it is written in some place, or a text of its own. */
export interface RowText {
  /** Bash name of the variable. */
  readonly variable: string;
  readonly textOf: (taskIndex: number) => string;
}

/** The texts of a rule's rows: each is a field of the table and a variable in the rule's functions. */
export class RowTexts {
  readonly texts: RowText[] = [];
  private readonly byKey = new Map<string, RowText>();

  /** The variable that holds this text; made at the first use. */
  variable(key: string, textOf: (taskIndex: number) => string): string {
    let text = this.byKey.get(key);
    if (!text) {
      const wanted = `wfc_v_${key.replace(/\W/g, '_')}`;
      const taken = new Set(this.texts.map((t) => t.variable));
      let variable = wanted;
      for (let n = 2; taken.has(variable); n++) variable = `${wanted}_${n}`;
      text = { variable, textOf };
      this.byKey.set(key, text);
      this.texts.push(text);
    }
    return text.variable;
  }
}

/** A path pattern as a word in double quotes, its params as variables. */
export function pathWord(pattern: PathPattern, variableOf: (column: Column, pad: number) => string): string {
  const segments = pattern.segments.map((segment) =>
    segment
      .map((part) => (typeof part === 'string' ? insideQuotes(part) : `\${${variableOf(part.column, part.pad)}}`))
      .join(''),
  );
  return `"${pattern.absolute ? '/' : ''}${segments.join('/')}"`;
}
