import { readdirSync, readFileSync } from 'node:fs';

const STATUS = /VmHWM:\s*(\d+) kB.*VmRSS:\s*(\d+) kB.*Threads:\s*(\d+)/s;

/**
 * At least so much memory did these processes and all that descend from them take together at a moment, in KiB: what they
 * take now, or the most that any one of them ever took. 0 where nobody can tell (they have ended, or there is no /proc).
 */
export function memoryOfTrees(roots: readonly number[]): number {
  let sum = 0;
  let highest = 0;
  const processes = [...roots];
  for (const id of processes) {
    try {
      const status = STATUS.exec(readFileSync(`/proc/${id}/status`, 'latin1'));
      // One that has ended and is not waited for yet.
      if (status === null) continue;
      highest = Math.max(highest, Number(status[1]));
      sum += Number(status[2]);
      processes.push(...childrenOf(id, Number(status[3])));
    } catch {
      // It has ended meanwhile.
    }
  }
  return Math.max(sum, highest);
}

/** The task that a worker runs is the newest of its children; undefined where there is none. */
export function newestChild(id: number): number | undefined {
  try {
    return childrenOf(id, 1).at(-1);
  } catch {
    return undefined;
  }
}

/** The children of processes, of those that live. */
export function childrenOfAll(ids: readonly number[]): number[] {
  return ids.flatMap((id) => {
    try {
      return childrenOf(id, 0);
    } catch {
      return [];
    }
  });
}

/** A child belongs to the thread that started it. */
function childrenOf(id: number, threads: number): number[] {
  const folder = `/proc/${id}/task`;
  const ids = threads === 1 ? [String(id)] : readdirSync(folder);
  return ids.flatMap((thread) => {
    const text = readFileSync(`${folder}/${thread}/children`, 'latin1').trimEnd();
    return text === '' ? [] : text.split(' ').map(Number);
  });
}
