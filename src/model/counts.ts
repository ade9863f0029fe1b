/** `27,270`. */
export function formatCount(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 element`, `27,270 elements`; `many` where an s alone does not make it. */
export function countOf(n: number, one: string, many = `${one}s`): string {
  return `${formatCount(n)} ${n === 1 ? one : many}`;
}

/** `1 task`, `27,270 tasks`. */
export function countTasks(n: number): string {
  return countOf(n, 'task');
}

/** How far a run is: tasks by state. */
export interface Counts {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly blocked: number;
  readonly running: number;
}

export interface RuleCounts extends Counts {
  readonly name: string;
}

/** Tasks that are still to end. */
export function leftCount({ total, done, failed, blocked }: Omit<Counts, 'running'>): number {
  return total - done - failed - blocked;
}
