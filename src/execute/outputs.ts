import type { Disk } from '../io/files/disk.ts';
import { countOf } from '../model/counts.ts';
import type { PlannedRule } from '../model/plan.ts';
import type { FileState } from '../resume/record.ts';

/** What stands at the outputs of a task that succeeded, in order; in words what is wrong with the first that is. */
export function lookAtOutputs(disk: Disk, rule: PlannedRule, index: number): readonly FileState[] | string {
  const states: FileState[] = [];
  for (let o = 0; o < rule.outputTexts.length; o++) {
    const path = rule.outputTexts[o]!(index);
    const state = disk.stat(path);
    if (state === null) return missingWords(path, disk.linkTarget(path));
    const problem = outputProblem(disk, rule, o, path, state);
    if (problem !== null) return problem;
    states.push(state);
  }
  return states;
}

function missingWords(path: string, link: string | null): string {
  if (link === null) return `it succeeded, but its output is missing: ${path}`;
  // It stands in a journal.
  const shown = link.replace(/[\u0000-\u001f\u007f]/g, '?');
  return `it succeeded, but its output is a link that leads to nothing: ${path} -> ${shown}`;
}

function outputProblem(disk: Disk, { rule }: PlannedRule, o: number, path: string, state: FileState): string | null {
  const output = rule.outputs[o]!;
  if (output.directory && !state.isDirectory) return `its output should be a directory: ${path}`;
  if (!output.directory && state.isDirectory)
    return `its output is a directory, and "directory: true" is not set: ${path}`;
  if (output.directory && disk.isEmptyDirectory(path)) return `its output directory is empty: ${path}`;
  for (const check of output.checks) {
    if (check.kind === 'nonempty' && state.size === 0) return `its output is empty: ${path}`;
    if (check.kind === 'min_bytes' && state.size < check.bytes)
      return `its output has ${state.size} of at least ${countOf(check.bytes, 'byte')}: ${path}`;
  }
  return null;
}
