import type { PlannedRule } from '../../model/plan.ts';
import { type Problem, problem } from '../../model/problem.ts';
import { statesText } from '../../resume/record.ts';
import type { Disk } from '../surroundings.ts';

/**
 * What wfc notes of a task's checkpoint, in `.wfc/checkpoints/`: which command and which inputs it is of, so that no attempt
 * ever goes on from what another one has left. One line, tab-separated, closed by a mark:
 *
 *     VERSION FINGERPRINT INPUTS CONTINUED ATTEMPT
 *
 * The same in templates/attempt/checkpoint.sh.
 */
export interface CheckpointNote {
  /** As a record has it: of the command, and of the code that runs. */
  readonly fingerprint: string;
  /** See `inputsOfNote`. */
  readonly inputs: string;
  /** How often the task has gone on since it last failed, or began. */
  readonly continued: number;
  /** Number of the last attempt that began, counted from 1. */
  readonly attempt: number;
}

/** What an attempt at a task with a checkpoint begins from. */
export interface CheckpointStart {
  /** As it stands there now: of this attempt. */
  readonly note: CheckpointNote;
  /** See `statesText`: what the checkpoint was. */
  readonly states: string;
  /** What was removed, since another command or other inputs had left it. */
  readonly removed: readonly string[];
}

/** What follows from an attempt that was warned and did not succeed. */
export type Continuation = { readonly kind: 'goes on' } | { readonly kind: 'failed'; readonly problem: Problem };

/** Checkpoints of tasks, and what wfc notes of them. The same in templates/attempt/checkpoint.sh. */
export class Checkpoints {
  private readonly disk: Disk;

  constructor(disk: Disk) {
    this.disk = disk;
  }

  /** null where the rule has none. `inputs`: see `statesText`. */
  begin(rule: PlannedRule, index: number, fingerprint: string, states: string): CheckpointStart | null {
    if (rule.checkpointTexts === null) return null;
    const paths = pathsOf(rule, index);
    const inputs = inputsOfNote(states);
    const known = this.readNote(rule, index);
    const isOurs = known === null || (known.fingerprint === fingerprint && known.inputs === inputs);
    const removed = isOurs ? [] : paths.filter((path) => this.disk.stat(path) !== null);
    if (!isOurs) for (const path of paths) this.disk.remove(path);
    const last = known !== null && isOurs ? known : { continued: 0, attempt: 0 };
    const note = { fingerprint, inputs, continued: last.continued, attempt: last.attempt + 1 };
    this.writeNote(rule, index, note);
    for (const path of paths) this.disk.makeParent(path);
    return { note, states: this.statesOf(paths), removed };
  }

  /** After an attempt that was warned, and ended without success. */
  judge(rule: PlannedRule, index: number, { note, states }: CheckpointStart, limitSeconds: number): Continuation {
    const paths = pathsOf(rule, index);
    // Or it would go on for ever, from nowhere to nowhere.
    const isThere = paths.some((path) => this.disk.stat(path) !== null);
    if (!isThere || this.statesOf(paths) === states)
      return { kind: 'failed', problem: problem('no_checkpoint', limitSeconds, paths[0]!) };
    if (note.continued >= rule.rule.checkpoint!.continues)
      return { kind: 'failed', problem: problem('time_limit', limitSeconds) };
    return { kind: 'goes on' };
  }

  /** How often the task has gone on, with this time. */
  goOn(rule: PlannedRule, index: number, { note }: CheckpointStart): number {
    this.writeNote(rule, index, { ...note, continued: note.continued + 1 });
    return note.continued + 1;
  }

  /** It failed: whoever tries again goes on from what is there, as often as from the start. */
  fail(rule: PlannedRule, index: number, { note }: CheckpointStart): void {
    if (note.continued > 0) this.writeNote(rule, index, { ...note, continued: 0 });
  }

  /** Its record is written: the checkpoint has served. */
  succeed(rule: PlannedRule, index: number): void {
    if (rule.rule.checkpoint!.keep) return;
    for (const path of pathsOf(rule, index)) this.disk.remove(path);
    this.disk.remove(rule.checkpointTexts!.note(index));
  }

  private statesOf(paths: readonly string[]): string {
    return statesText(paths.map((path) => this.disk.statFiles(path)));
  }

  private readNote(rule: PlannedRule, index: number): CheckpointNote | null {
    const path = rule.checkpointTexts!.note(index);
    return this.disk.exists(path) ? parseNote(this.disk.read(path)) : null;
  }

  private writeNote(rule: PlannedRule, index: number, note: CheckpointNote): void {
    const path = rule.checkpointTexts!.note(index);
    this.disk.write(`${path}.new`, noteText(note));
    this.disk.rename(`${path}.new`, path);
  }
}

function pathsOf(rule: PlannedRule, index: number): string[] {
  return rule.checkpointTexts!.paths.map((text) => text(index));
}

const VERSION = '1';
const MARK = '.';

/** null for what is torn, or of another version. */
function parseNote(text: string): CheckpointNote | null {
  const [version, fingerprint = '', inputs = '', continued = '', attempt = '', mark] = text.trimEnd().split('\t');
  if (version !== VERSION || mark !== MARK || !/^\d+$/.test(continued) || !/^\d+$/.test(attempt)) return null;
  return { fingerprint, inputs, continued: Number(continued), attempt: Number(attempt) };
}

function noteText({ fingerprint, inputs, continued, attempt }: CheckpointNote): string {
  return `${[VERSION, fingerprint, inputs, continued, attempt, MARK].join('\t')}\n`;
}

/** `statesText` in whole seconds: programs round the fraction differently, and a note is read by others than wrote it. */
function inputsOfNote(states: string): string {
  if (states.startsWith('#')) return states.replace(/:[0-9a-f]{32}:/, ':');
  return states.replace(/\.\d{9}:/g, ':');
}
