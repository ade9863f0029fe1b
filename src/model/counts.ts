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
