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

export function endedCount({ done, failed, blocked }: Counts): number {
  return done + failed + blocked;
}
