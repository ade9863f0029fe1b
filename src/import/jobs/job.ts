import type { SnakeAnswer, SnakeItem, SnakePart, SnakeRule } from '../../model/snakefile.ts';

/** One job of Snakemake's: a rule with values for its wildcards. */
export interface Job {
  readonly rule: SnakeRule;
  readonly wildcards: ReadonlyMap<string, string>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What the functions of the rule gave for it; null where it has none. */
  readonly answer: SnakeAnswer | null;
}

/** An output of a rule that is a path. */
export interface Maker {
  readonly rule: SnakeRule;
  readonly output: readonly SnakePart[];
  /** Tells the wildcards of a path. */
  readonly regex: RegExp;
}

/** All that the targets need, as Snakemake would work it out. */
export interface Jobs {
  /** The rule that is asked for: the first one, which has no output, or a rule with outputs but no wildcards. */
  readonly goal: SnakeRule;
  readonly jobs: readonly Job[];
  /** The job of the goal, which is none of `jobs` where it has no output. */
  readonly goalJob: Job;
  readonly links: readonly Link[];
  /** Each input to what makes it, null for a source file, or one in a folder that a checkpoint makes. */
  readonly makers: ReadonlyMap<string, Maker | null>;
  /** The inputs in such folders. */
  readonly inside: ReadonlySet<string>;
}

/** An item of a rule's input, and an output that some of its paths were found to be. */
export interface Link {
  readonly consumer: SnakeRule;
  readonly item: SnakeItem;
  readonly producer: SnakeRule;
  readonly output: readonly SnakePart[];
}

/** An output, and what decides which paths it may be. */
export interface Producer extends Maker {
  /** Wildcards of the rule. */
  readonly names: readonly string[];
  /** Regular expressions by wildcard, of the rule and of all rules. */
  readonly constraints: Readonly<Record<string, string>>;
  /** Without them; null where there are none. */
  readonly free: RegExp | null;
}
