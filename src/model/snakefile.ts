/**
 * What `templates/import/snakefile.py` says of a Snakefile: its rules with all Python already evaluated. Field names are
 * those of its JSON.
 */
export interface Snakefile {
  readonly rules: readonly SnakeRule[];
  readonly problems: readonly SnakeProblem[];
  readonly notes: readonly SnakeNote[];
  /** Scalars of the config by dotted key, as Python would write them. */
  readonly config: Readonly<Record<string, { readonly text: string; readonly type: 'str' | 'int' | 'float' | 'bool' }>>;
  /** Regular expressions by wildcard name. */
  readonly wildcardConstraints: Readonly<Record<string, string>>;
  /** What shell.prefix() puts before each command. */
  readonly prefix: string;
  readonly files: readonly string[];
}

export interface SnakePlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface SnakeNote extends SnakePlace {
  readonly message: string;
}

export interface SnakeProblem extends SnakeNote {
  readonly hint: string | null;
}

/** A piece of a path: text, a wildcard of the rule with its constraint, or a name that expand() fills. */
export type SnakePart = string | { readonly w: string; readonly c: string | null } | { readonly e: string };

export interface SnakeItem {
  readonly parts: readonly SnakePart[];
  readonly flags: readonly ('ancient' | 'directory' | 'protected' | 'temp' | 'touch')[];
  readonly expand?: SnakeExpand;
}

export interface SnakeExpand {
  readonly combinator: 'product' | 'zip';
  /** Name, values, and the pattern of glob_wildcards() that they come from. */
  readonly values: readonly (readonly [string, readonly string[], string | null])[];
}

/** One argument of `input` or `output`. */
export interface SnakeArgument {
  readonly name: string | null;
  /** Written as a list, or made by a function such as expand(). */
  readonly many: boolean;
  readonly line: number;
  readonly items: readonly SnakeItem[];
}

export interface SnakeParam {
  readonly name: string | null;
  readonly line: number;
  /** As it would stand in a shell command; null where it is a function or a nested value. */
  readonly text: string | null;
  /** As Python would write it; null as above. */
  readonly literal: string | null;
  /** The dotted key where the param is just a value of the config. */
  readonly config: string | null;
  /** The x of `lambda wildcards: wildcards.x`. */
  readonly wildcard: string | null;
}

export interface SnakeResource {
  readonly value: string;
  readonly line: number;
  readonly number: boolean;
}

export interface SnakeReference {
  readonly ref: 'input' | 'output' | 'params' | 'wildcards' | 'threads' | 'resources' | 'log' | 'config' | 'rule';
  readonly index: number | null;
  readonly name: string | null;
}

export type SnakeCommand =
  | { readonly kind: 'shell' | 'none'; readonly line: number; readonly tokens: (string | SnakeReference)[] }
  | {
      readonly kind: 'python';
      readonly line: number;
      readonly tokens: (string | SnakeReference)[];
      /** What it imports at its top, without the standard library. */
      readonly modules: readonly string[];
    }
  | { readonly kind: 'unknown'; readonly line: number; readonly message: string; readonly hint: string | null };

export interface SnakeRule extends SnakePlace {
  readonly name: string;
  readonly input: readonly SnakeArgument[];
  readonly output: readonly SnakeArgument[];
  /** At most one. */
  readonly log: readonly (SnakeItem & { readonly line: number })[];
  readonly constraints: Readonly<Record<string, string>>;
  /** `threads` among them. */
  readonly resources: Readonly<Record<string, SnakeResource>>;
  readonly retries: number | null;
  readonly modules: readonly string[];
  readonly conda: string | null;
  readonly container: string | null;
  readonly defaultTarget: boolean;
  readonly params: readonly SnakeParam[];
  readonly command: SnakeCommand;
}
