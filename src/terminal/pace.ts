/** Tasks a second, of late: over some time, and over so many ends that one task more or less does not sway it. */
export class Pace {
  private readonly windowMs: number;
  /** Where the count of tasks that ran to an end changed; the first is what the rate is taken from. */
  private readonly steps: { readonly at: number; readonly ended: number }[];

  constructor(windowSeconds: number, at: number, ended: number) {
    this.windowMs = windowSeconds * 1000;
    this.steps = [{ at, ended }];
  }

  /** `now` in milliseconds; 0 as long as none has ended. */
  rate(ended: number, now: number): number {
    const { steps } = this;
    if (ended !== steps.at(-1)!.ended) steps.push({ at: now, ended });
    while (steps.length > 2 && now - steps[1]!.at > this.windowMs && ended - steps[1]!.ended >= ENDS) steps.shift();
    const first = steps[0]!;
    return now > first.at ? Math.max(0, ((ended - first.ended) / (now - first.at)) * 1000) : 0;
  }
}

const ENDS = 10;
