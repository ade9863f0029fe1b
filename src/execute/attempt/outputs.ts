import type { PlannedRule } from '../../model/plan.ts';
import { type Problem, problem } from '../../model/problem.ts';
import { leastBytes } from '../../model/workflow.ts';
import type { FileState } from '../../resume/record.ts';
import type { Disk, Markers, Surroundings } from '../surroundings.ts';

/** What an attempt does with the outputs of its task. */
export class Outputs {
  private readonly disk: Disk;
  private readonly markers: Markers;

  constructor({ disk, markers }: Surroundings) {
    this.disk = disk;
    this.markers = markers;
  }

  /** An attempt starts from nothing: an old output must not pass for a new one. What can't be removed, or null. */
  makeRoom(rule: PlannedRule, index: number): Problem | null {
    for (const text of rule.outputTexts) {
      // One that counts as missing may still be in the way: an empty folder, a link that leads nowhere.
      if (!this.disk.remove(text(index))) return problem('no_room', text(index));
      this.disk.makeParent(text(index));
    }
    return null;
  }

  /** They are being made. Their folders are there. */
  mark(rule: PlannedRule, index: number): void {
    this.markers.set(rule.outputTexts[0]!(index));
  }

  /** They are whole, and a record says so. */
  unmark(rule: PlannedRule, index: number): void {
    this.markers.remove(rule.outputTexts[0]!(index));
  }

  /** See `lookAtOutputs`. */
  look(rule: PlannedRule, index: number): readonly FileState[] | Problem {
    return lookAtOutputs(this.disk, rule, index);
  }

  protect(rule: PlannedRule, index: number): void {
    rule.rule.outputs.forEach((output, o) => {
      if (output.protected) this.disk.protect(rule.outputTexts[o]!(index));
    });
  }

  remove(rule: PlannedRule, index: number): void {
    for (const text of rule.outputTexts) this.disk.remove(text(index));
    this.unmark(rule, index);
  }

  /** What is half-done goes, as far as that is still possible: by the journal, it counts as not finished anyway. */
  discard(rule: PlannedRule, index: number): void {
    try {
      for (const text of rule.outputTexts) this.disk.remove(text(index));
    } catch {
      // What is wrong with the disk is told by the first error.
    }
  }
}

/** What stands at the outputs of a task that succeeded, in order; or what is wrong with the first with which something is. */
function lookAtOutputs(disk: Disk, rule: PlannedRule, index: number): readonly FileState[] | Problem {
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
