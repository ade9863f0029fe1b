/** What is compared of a failure. */
export interface ToldFailure {
  readonly code: string;
  /** In words. */
  readonly reason: string;
  /** In words, without what differs from task to task. */
  readonly shortReason: string;
  /** The last lines of the task's log; null where there is none. */
  readonly logEnd: readonly string[] | null;
}

/** Failures that look alike. */
export interface FailureKind<T extends ToldFailure> {
  readonly rule: string;
  /** Without what differs from task to task. */
  readonly reason: string;
  /** Of the first one's log; null where there is no log of them. */
  readonly lastLine: string | null;
  readonly failures: T[];
}

/** Failures of a rule for one reason whose logs end alike are one kind; the largest first. */
export function failureKinds<T extends ToldFailure>(
  failures: readonly T[],
  ruleOf: (failure: T) => string,
): FailureKind<T>[] {
  const kinds = new Map<string, FailureKind<T>>();
  for (const failure of failures) {
    const rule = ruleOf(failure);
    const reason = failure.shortReason;
    const lastLine = failure.logEnd?.findLast((line) => line.trim() !== '')?.trim() ?? null;
    // Numbers differ from task to task where the log tells the same.
    const key = [rule, failure.code, reason, lastLine?.replace(/\d+/g, '0') ?? ''].join('\n');
    const kind = kinds.get(key);
    if (kind) kind.failures.push(failure);
    else kinds.set(key, { rule, reason, lastLine, failures: [failure] });
  }
  return [...kinds.values()].sort((a, b) => b.failures.length - a.failures.length);
}
