import type { PathPattern } from '../../model/workflow.ts';
import { FIRST_FIELD } from './bash-text.ts';

/**
 * How the name of a task (its first output's path) is made from its row in a stage's table: texts, and positions of the
 * row's values, counted from 0 behind `RULE FINGERPRINT LIST`. Part of the manifest, so that what a submission runs can be
 * told from its own files when the spec has been edited since.
 */
export type NameParts = readonly (string | number)[];

export function nameParts(
  pattern: PathPattern,
  fieldOf: (column: PathPattern['columns'][number], pad: number) => number,
): NameParts {
  const parts: (string | number)[] = [pattern.absolute ? '/' : ''];
  const add = (part: string | number): void => {
    const last = parts.at(-1);
    if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part;
    else parts.push(part);
  };
  pattern.segments.forEach((segment, s) => {
    if (s > 0) add('/');
    for (const part of segment) {
      add(typeof part === 'string' ? part : fieldOf(part.column, part.pad) - FIRST_FIELD);
    }
  });
  return parts;
}

/** The name of the task in a row of a stage's table; null where the row is torn or of an unknown rule. */
export function nameOfRow(row: string, names: Readonly<Record<string, NameParts>>): string | null {
  const [rule, , , ...values] = row.split('\t');
  const parts = rule === undefined ? undefined : names[rule];
  if (!parts) return null;
  let name = '';
  for (const part of parts) {
    const text = typeof part === 'string' ? part : values[part];
    if (text === undefined) return null;
    name += text;
  }
  return name;
}
