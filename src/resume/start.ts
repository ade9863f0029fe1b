/** Where tasks ran. */
export interface Place {
  readonly host: string;
  /** `1234_5`, an element of a job array; '' for a run on this machine or by make. */
  readonly slurmId: string;
}

/** Where and how an attempt ran. */
export interface AttemptPlace extends Place {
  /** When its writer began, as its journal has it: with the rest it tells an attempt from all others. '' where not known. */
  readonly writerBegan: string;
}

/** An attempt that began. */
export interface Start extends AttemptPlace {
  readonly attempt: number;
  /** Since 1970; whole where its writer knew no more. */
  readonly seconds: number;
  /** Leader of the task's processes on its host; 0 where not known. */
  readonly processGroup: number;
}
