import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Escalation } from '../../model/plan.ts';

/**
 * `.wfc/escalated.tsv`: what tasks may use since `wfc resume --escalate`. A line a change, `TASK MEMORY_MIB TIME_SECONDS
 * CAUSE` separated by tabs and closed by a mark; '' leaves what the spec says, and the last line of a task counts. CAUSE is
 * the attempt that ran out. A line can be removed by hand. Only under the lock.
 */
export function escalationFile(stateRoot: string): string {
  return join(stateRoot, 'escalated.tsv');
}

/** By the name of the task. */
export function readEscalations(stateRoot: string): Map<string, Escalation> {
  const escalations = new Map<string, Escalation>();
  let text: string;
  try {
    text = readFileSync(escalationFile(stateRoot), 'utf8');
  } catch {
    return escalations;
  }
  for (const line of text.split('\n')) {
    const [task, memory, time, cause, mark] = line.split('\t');
    if (mark !== '.') continue;
    const before = escalations.get(task!);
    escalations.set(task!, {
      memoryMiB: memory === '' ? (before?.memoryMiB ?? null) : Number(memory),
      timeSeconds: time === '' ? (before?.timeSeconds ?? null) : Number(time),
      cause: cause!,
    });
  }
  return escalations;
}

export function appendEscalations(stateRoot: string, escalations: ReadonlyMap<string, Escalation>): void {
  const lines = [...escalations].map(
    ([task, { memoryMiB, timeSeconds, cause }]) => `${task}\t${memoryMiB ?? ''}\t${timeSeconds ?? ''}\t${cause}\t.\n`,
  );
  if (lines.length > 0) appendFileSync(escalationFile(stateRoot), lines.join(''));
}
