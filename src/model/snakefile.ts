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
  /** What `code` of its commands may name and does not stand there yet, by name: to be written beside the spec. */
  readonly beside: Readonly<Record<string, string>>;
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
  /** What it is, where JSON can say it; a string may name wildcards. */
  readonly value?: Json;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface SnakeResource {
  readonly value: string;
  readonly line: number;
  readonly number: boolean;
}

export interface SnakeReference {
  readonly ref: 'input' | 'output' | 'params' | 'wildcards' | 'threads' | 'resources' | 'log' | 'config' | 'rule';
  readonly index?: number | null;
  readonly name?: string | null;
  /** Of an input or output: the number of its argument, where others of the rule have names and it may have none. */
  readonly argument?: number;
  /** The whole of input or output for who takes one path as well as a list. */
  readonly flat?: true;
  /** In a shell: one word, whatever it holds. */
  readonly word?: true;
}

/** A piece of a command: text of it, what becomes a placeholder, or a value to be written as its language does. */
export type SnakeToken = string | SnakeReference | { readonly value: Json };

export type SnakeLanguage = 'shell' | 'python3' | 'Rscript' | 'julia';

export type SnakeCommand =
  | {
      readonly kind: SnakeLanguage | 'none';
      readonly line: number;
      readonly tokens: readonly SnakeToken[];
      /** What it imports at its top, without the standard library. */
      readonly modules: readonly string[];
      /** Files that count as the command does. */
      readonly code: readonly string[];
      /** The path of a script that wildcards choose. */
      readonly script: readonly SnakeToken[];
    }
  | { readonly kind: 'unknown'; readonly line: number; readonly message: string; readonly hint: string | null };

export interface SnakeRule extends SnakePlace {
  readonly name: string;
  readonly input: readonly SnakeArgument[];
  readonly output: readonly SnakeArgument[];
  /** At most one. */
  readonly log: readonly (SnakeItem & { readonly name: string | null; readonly line: number })[];
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
