import type { Disk } from '../io/files/disk.ts';
import type { PlannedRule } from '../model/plan.ts';
import { type Problem, problem } from '../model/problem.ts';
import { leastBytes } from '../model/workflow.ts';
import type { FileState } from '../resume/record.ts';

/** What stands at the outputs of a task that succeeded, in order; or what is wrong with the first with which something is. */
export function lookAtOutputs(disk: Disk, rule: PlannedRule, index: number): readonly FileState[] | Problem {
  const states: FileState[] = [];
  for (let o = 0; o < rule.outputTexts.length; o++) {
    const path = rule.outputTexts[o]!(index);
    const state = disk.stat(path);
    if (state === null) return missing(path, disk.linkTarget(path));
    const found = outputProblem(disk, rule, o, path, state);
    if (found !== null) return found;
    states.push(state);
  }
  return states;
}

function missing(path: string, link: string | null): Problem {
  if (link === null) return problem('output_missing', path);
  // It stands in a journal.
  return problem('output_dangling', `${path} -> ${link.replace(/[\u0000-\u001f\u007f]/g, '?')}`);
}

function outputProblem(disk: Disk, { rule }: PlannedRule, o: number, path: string, state: FileState): Problem | null {
  const output = rule.outputs[o]!;
  if (output.directory && !state.isDirectory) return problem('output_no_directory', path);
  if (!output.directory && state.isDirectory) return problem('output_is_directory', path);
  if (output.directory && disk.isEmptyDirectory(path)) return problem('output_directory_empty', path);
  const least = leastBytes(output);
  if (state.size >= least) return null;
  return least === 1 ? problem('output_empty', path) : problem('output_too_small', state.size, least, path);
}
