import type { Diagnostic } from '../../model/diagnostic.ts';
import type { PlannedResult } from '../../model/plan.ts';
import type { Result, Workflow } from '../../model/workflow.ts';
import { Space } from '../params/space.ts';
import * as report from '../report/report.ts';
import { pathWriter } from '../rules/paths.ts';
import { closest } from '../text/suggest.ts';
import type { Linked } from './link.ts';

/** Find the task that makes each file of each result: none may be a file that no task makes, a folder or temporary. */
export function linkResults(workflow: Workflow, linked: Linked, diagnostics: Diagnostic[]): PlannedResult[] {
  return workflow.results.flatMap((result) => linkResult(result, workflow, linked, diagnostics) ?? []);
}

function linkResult(
  result: Result,
  { relation }: Workflow,
  { index, rules }: Linked,
  diagnostics: Diagnostic[],
): PlannedResult | null {
  const { name, pattern } = result;
  const paths = new Space(relation, pattern.columns);
  const pathText = pathWriter(pattern, paths);
  const makers = new Int32Array(paths.size).fill(-1);
  let unfit: 'directory' | 'temp' | null = null;
  index.match(pattern, paths, (path, { ref, task, meeting }) => {
    if (meeting === 'below-file') return;
    makers[path] = task;
    if (meeting === 'same' && ref.output.directory) unfit = 'directory';
    else if (ref.output.temp) unfit ??= 'temp';
  });
  const missing = makers.indexOf(-1);
  if (missing >= 0 || paths.size === 0) {
    const known = rules.flatMap(({ rule }) => rule.outputs.map((output) => output.pattern.text));
    const text = paths.size === 0 ? pattern.text : pathText(missing);
    diagnostics.push(report.resultNotMade(pattern.location, name, text, closest(pattern.text, known)));
    return null;
  }
  if (unfit !== null) {
    diagnostics.push(report.resultUnfit(pattern.location, name, pattern.text, unfit));
    return null;
  }
  return { result, paths, pathText, makers };
}
