import { forEachPath, type PlannedRule } from '../../model/plan.ts';
import { type Problem, problem } from '../../model/problem.ts';
import type { SeenPath } from '../../resume/contents.ts';
import type { Disk } from '../surroundings.ts';

/** The inputs of a task whose state counts, and the first of all that is not there. */
export function lookAtInputs(
  disk: Disk,
  rule: PlannedRule,
  index: number,
): { readonly seen: readonly SeenPath[]; readonly missing: Problem | null } {
  const seen: SeenPath[] = [];
  let missing: Problem | null = null;
  for (const input of rule.inputs) {
    forEachPath(input, index, (at) => {
      const path = input.pathText(at);
      const state = disk.stat(path);
      // A source file that went meanwhile, or a path that its task did not make inside its directory output.
      if (state === null) missing ??= problem(input.producers[at]! < 0 ? 'source_missing' : 'input_missing', path);
      if (!input.input.ancient) seen.push({ path, seen: state });
    });
  }
  return { seen, missing };
}
