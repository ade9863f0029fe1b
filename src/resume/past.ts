import { PathBytes } from '../compile/rules/path-bytes.ts';
import { forEachTaskInOrder, type Plan } from '../model/plan.ts';
import type { Trust } from './contents.ts';
import { fingerprints } from './fingerprint.ts';
import type { RecordLine } from './journal/record-line.ts';
import type { Records } from './journal/records.ts';

/** What records say of the needed tasks of a plan, as far as that needs no look at any file. */
export class PastTasks {
  private readonly records: Records | null;
  /** Per task, that of its name among the names in journals; -1 for none. */
  private readonly numbers: Int32Array;
  /** Per task, 1 where its record has the fingerprint of now. */
  private readonly sameCommand: Uint8Array;

  constructor(plan: Plan, { records, trust }: { readonly records: Records | null; readonly trust: Trust }) {
    this.records = records;
    this.numbers = new Int32Array(plan.taskCount).fill(-1);
    this.sameCommand = new Uint8Array(plan.taskCount);
    if (records === null || records.size === 0) return;
    const names = plan.rules.map(({ rule, space }) => new PathBytes(rule.outputs[0]!.pattern, space));
    const fingerprintOf = plan.rules.map((rule) => fingerprints(rule));
    forEachTaskInOrder(plan, (task, { rule, firstTask }) => {
      const name = names[rule.index]!;
      const length = name.write(task - firstTask);
      this.numbers[task] = records.names.findBytes(name.bytes, length);
      const line = trust === 'times' ? undefined : this.line(task);
      if (line?.hasCommand(fingerprintOf[rule.index]!(task - firstTask))) this.sameCommand[task] = 1;
    });
  }

  /** The record of a task; undefined where it has none. */
  line(task: number): RecordLine | undefined {
    return this.records?.line(this.numbers[task]!);
  }

  hasSameCommand(task: number): boolean {
    return this.sameCommand[task] === 1;
  }
}
