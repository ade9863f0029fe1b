import type { Located } from '../../model/located.ts';
import type { ScalarNode } from '../../model/source.ts';
import type { Spec } from '../../model/spec.generated.ts';
import type { Column, Relation, Result } from '../../model/workflow.ts';
import type { Context } from '../context.ts';
import type { Constants } from '../params/config.ts';
import { useColumn } from '../params/values.ts';
import * as report from '../report/report.ts';
import { closest } from '../text/suggest.ts';
import { parsePath } from './paths.ts';

export interface ResultOptions {
  readonly relation: Relation;
  readonly constants: Constants;
  readonly context: Context;
}

type ResultSpec = NonNullable<NonNullable<Spec['results']>[string]>;

/** The numbers that the experiment is about; those whose path or repeats can't be read are left out. */
export function normalizeResults(spec: Located<Spec>, options: ResultOptions): Result[] {
  return (spec.get('results')?.entries() ?? []).flatMap(({ key, value }) => readResult(key, value, options) ?? []);
}

function readResult(key: ScalarNode, spec: Located<ResultSpec>, options: ResultOptions): Result | null {
  const { relation, constants, context } = options;
  const path = spec.get('path');
  const pattern = path && parsePath(path.scalar, { columns: relation.columns, constants, context });
  const over: Column[] = [];
  for (const item of spec.get('over')?.items() ?? []) {
    const column = relation.columns.get(item.text);
    if (!column && context.holes.anyName) continue;
    if (!column) {
      const near = closest(item.text, relation.columns.keys());
      context.diagnostics.push(report.unknownParam(item.location, item.text, near));
    } else {
      useColumn(column, context.diagnostics);
      // What the path does not name has no files of its own to repeat.
      if (pattern && !pattern.columns.includes(column))
        context.diagnostics.push(report.repeatNotInPath(item.location, key.text, column.name, pattern.text));
      else if (!over.includes(column)) over.push(column);
    }
  }
  const goal = spec.get('goal')?.text;
  if (!pattern || (goal !== 'min' && goal !== 'max')) return null;
  return { name: key.text, pattern, column: spec.get('column')?.text ?? key.text, goal, over, location: key.location };
}
