import type { Diagnostic } from '../../model/diagnostic.ts';
import type { ParamPart, PathPattern, Relation } from '../../model/workflow.ts';
import { isBlank, placeOf } from '../params/values.ts';
import * as report from '../report/report.ts';
import { valueProblem } from './paths.ts';

/** Bad values that are shown of one param. */
const MOST_VALUES = 3;

/** A value that can't be part of a path is an error where a path uses it. Returns whether all can. */
export function checkValuesInPaths(
  patterns: readonly PathPattern[],
  relation: Relation,
  diagnostics: Diagnostic[],
): boolean {
  let sound = true;
  for (const pattern of patterns) {
    for (const part of pattern.segments.flat())
      if (typeof part !== 'string') sound = checkValues(part, pattern, relation, diagnostics) && sound;
  }
  return sound;
}

function checkValues(
  { column, pad }: ParamPart,
  pattern: PathPattern,
  relation: Relation,
  diagnostics: Diagnostic[],
): boolean {
  const unpadded = pad > 0 ? column.values.find((v) => !/^[-+]?\d+$/.test(v)) : undefined;
  if (unpadded !== undefined) diagnostics.push(report.padNotInteger(pattern.location, column.name, unpadded));
  const isAxis = relation.factors[column.factor]?.kind === 'axis';
  let shown = 0;
  for (let id = 0; id < column.values.length && shown < MOST_VALUES; id++) {
    const value = column.values[id]!;
    const problem = valueProblem(value, column.allowsSlash);
    if (problem === null || isBlank(column, id)) continue;
    shown++;
    const place = placeOf(column, id);
    const diagnostic = report.badValueInPath(pattern.location, column.name, value, problem, isAxis, place);
    // A bad value is news once, not in each rule that uses it.
    if (!diagnostics.some((d) => d.message === diagnostic.message)) diagnostics.push(diagnostic);
  }
  return shown === 0 && unpadded === undefined;
}
