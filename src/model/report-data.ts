/**
 * What a report holds, as one block of bytes: the length of the header (32 bits, little-endian), the header as JSON in
 * UTF-8, then the columns, each beginning at a multiple of 8 bytes of the block. Columns have one number for each task, in
 * order of the rules; texts stand once, in the header. Written by `packReport`, read by the report's page.
 */
export interface ReportHeader {
  readonly name: string;
  /** As the user would name it. */
  readonly specFile: string;
  readonly specText: string;
  /** Other values than the spec's, such as `--set seed=0,1`. */
  readonly choices: readonly string[];
  readonly madeAtSeconds: number;
  /** Times of `start` count from here; since 1970. */
  readonly originSeconds: number;
  /** One step of `start`: a millisecond, or more where the runs are months apart. */
  readonly startUnitSeconds: number;
  readonly rules: readonly ReportRule[];
  /** By param, its values in order of declaration. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** '' is a host that is not known. */
  readonly hosts: readonly string[];
  /** '' is no element of a job array. */
  readonly slurmIds: readonly string[];
  readonly resources: readonly ReportResources[];
  readonly failures: readonly ReportFailure[];
  /** Per kind that `failureKinds` makes of them, in its order: blocked tasks that depend on some of it, by rule. */
  readonly blocks: readonly (readonly { readonly rule: string; readonly tasks: number }[])[];
  readonly results: readonly ReportResult[];
  /** Rules that wait for values, and for what, a sentence each. */
  readonly waiting: readonly string[];
  /** Of rules with `preload`; null where no interpreter was kept up. */
  readonly preload: ReportPreload | null;
  readonly columns: readonly ReportColumn[];
}

/** Interpreters that were kept up, and what that spared: each script would have made the imports itself. */
export interface ReportPreload {
  readonly scripts: number;
  readonly starts: number;
  /** That the imports took, together. */
  readonly seconds: number;
  readonly sparedSeconds: number;
}

export interface ReportRule {
  readonly name: string;
  /** Of its tasks in the columns. */
  readonly first: number;
  readonly count: number;
  /** Its key; the value ids of params[p] are the column `RULE/p`. */
  readonly params: readonly string[];
  /** Params that these determine; the columns go on with them. */
  readonly determined: readonly string[];
  /** Paths, as texts and positions in `params` with digits to pad to; null where a task's own params do not tell it. */
  readonly output: ReportPath | null;
  readonly log: ReportPath | null;
}

/**
 * A result of the spec. Its columns have a number for each of its files: `result/R/task`, the task that makes it;
 * `result/R/value`, NaN where its number is not in yet, Infinity where it is not finite; `result/R/setting`, the same for repeats;
 * `result/R/p`, the value ids of params[p].
 */
export interface ReportResult {
  readonly name: string;
  readonly goal: 'min' | 'max';
  /** Params that are repeats. */
  readonly over: readonly string[];
  /** Those of its path, and what they determine. */
  readonly params: readonly string[];
}

export type ReportPath = readonly (string | readonly [param: number, pad: number])[];

/** What tasks asked for, CPUs and GPUs on all their nodes together, memory of each; null: nothing. */
export interface ReportResources {
  readonly cpus: number;
  readonly memoryMiB: number | null;
  readonly timeSeconds: number | null;
  readonly gpus: number;
}

/** A task whose last attempt failed, or that stopped. */
export interface ReportFailure {
  readonly task: number;
  /** A `FailureCode`, or why it stopped: see `STOP_WORDS`. */
  readonly code: string;
  /** The code and its details in words. */
  readonly reason: string;
  /** The reason without what differs from task to task. */
  readonly shortReason: string;
  readonly attempt: number;
  /** The last lines of its log; null where there is none, or where the report is full. */
  readonly logEnd: readonly string[] | null;
}

export interface ReportColumn {
  readonly name: string;
  readonly type: 'u8' | 'u16' | 'u32' | 'f32';
  readonly length: number;
  /** In bytes, from the block's own begin. */
  readonly offset: number;
}

/** Of the column `state`, in this order. */
export const REPORT_STATES = ['done', 'running', 'pending', 'stopped', 'failed', 'blocked'] as const;
export type ReportState = (typeof REPORT_STATES)[number];

/** In the column `start`: not known. */
export const NO_START = 0xffffffff;
