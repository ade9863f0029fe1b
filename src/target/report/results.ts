import type { PlannedResult } from '../../model/plan.ts';
import type { ReportResult } from '../../model/report-data.ts';
import type { Column } from '../../model/workflow.ts';
import { type NamedColumn, narrow } from './pack.ts';

/** A result, and what its files hold. */
export interface ResultFiles {
  readonly planned: PlannedResult;
  /** By path; NaN where there is none yet, Infinity where it is not finite. */
  readonly values: Float64Array;
  /** Per path its setting, the same for repeats. */
  readonly ofPath: Int32Array;
  /** The params of its paths and those that they determine, in order of declaration. */
  readonly columns: readonly Column[];
}

export function reportResult({ planned: { result }, columns }: ResultFiles): ReportResult {
  const { name, goal, over } = result;
  return { name, goal, over: over.map((c) => c.name), params: columns.map((c) => c.name) };
}

/** Of the files whose tasks the report has, as `rowOf` numbers these; -1 for none. See `ReportResult`. */
export function resultColumns(files: ResultFiles, r: number, rowOf: Int32Array): NamedColumn[] {
  const { planned, values, ofPath, columns } = files;
  const shown = [...planned.makers.keys()].filter((path) => rowOf[planned.makers[path]!]! >= 0);
  const numbers = (of: (path: number) => number): NamedColumn['values'] => narrow(Uint32Array.from(shown, of));
  return [
    { name: `result/${r}/task`, values: numbers((path) => rowOf[planned.makers[path]!]!) },
    { name: `result/${r}/value`, values: Float32Array.from(shown, (path) => values[path]!) },
    { name: `result/${r}/setting`, values: numbers((path) => ofPath[path]!) },
    ...columns.map((column, p) => ({ name: `result/${r}/${p}`, values: numbers(planned.paths.reader(column)) })),
  ];
}
