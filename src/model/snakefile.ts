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
  /** Lines of comment on keys of the config, by dotted key. */
  readonly configComments: Readonly<Record<string, readonly string[]>>;
  /** Regular expressions by wildcard name. */
  readonly wildcardConstraints: Readonly<Record<string, string>>;
  /** The sections that say them; rule null: those of all rules. */
  readonly placesOfConstraints: readonly (SnakePlace & { readonly rule: string | null })[];
  /** The clauses of `ruleorder`, each from the rule that comes first. */
  readonly ruleOrder: readonly (readonly string[])[];
  /** What shell.prefix() puts before each command. */
  readonly prefix: string;
  readonly files: readonly string[];
  /** Lists that its Python asked for while it was read, and that are known only later. */
  readonly lists: readonly SnakeList[];
  /** Whether there may be more of them, of checkpoints. */
  readonly isLater: boolean;
  /** Files of values that its Python has read, such as tables, from the folder of the spec. */
  readonly readFiles: readonly string[];
  /** What runs when all is over. */
  readonly hooks: readonly SnakeHook[];
  /** What `code` of its commands may name and does not stand there yet, by name: to be written beside the spec. */
  readonly beside: Readonly<Record<string, string>>;
}

/** What `onsuccess` or `onerror` runs, where it is nothing but commands. */
export interface SnakeHook {
  readonly when: 'onsuccess' | 'onerror';
  /** Of bash. */
  readonly commands: readonly string[];
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
  /**
   * `sha256:HEX` and `nonempty` are what ensure() asks; `made-by:RULE` says which rule makes an input, `subworkflow` that
   * another workflow does.
   */
  readonly flags: readonly (
    | 'ancient'
    | 'directory'
    | 'protected'
    | 'temp'
    | 'touch'
    | 'subworkflow'
    | 'nonempty'
    | `sha256:${string}`
    | `made-by:${string}`
  )[];
  readonly expand?: SnakeExpand;
  /** The names that `{e}` parts stand for, where what they are differs by job. */
  readonly rows?: SnakeRows;
}

/**
 * What functions gave, where no pattern says it: by the values of some wildcards of the rule, rows of values of names. They
 * become a table of the spec.
 */
export interface SnakeRows {
  readonly by: readonly string[];
  readonly names: readonly string[];
  /** By the values of `by`, as JSON. */
  readonly rows: ReadonlyMap<string, readonly (readonly string[])[]>;
  /** Stands in paths, where a value may hold a slash. */
  readonly inPath: boolean;
  /** Which function it was, in words. */
  readonly from: string;
}

export interface SnakeExpand {
  readonly combinator: 'product' | 'zip';
  /** Name, values, the pattern of glob_wildcards() that they come from, and where they stand. */
  readonly values: readonly (readonly [string, readonly string[], string | null, (SnakeSource | null)?])[];
}

/** Where a list of values stands in a Snakefile: a dotted key of the config, or a name of its Python. */
export interface SnakeSource {
  readonly config: string | null;
  readonly name: string | null;
  /** What stands above it there, for people. */
  readonly comments: readonly string[];
}

/** One argument of `input` or `output`. */
export interface SnakeArgument {
  readonly name: string | null;
  /** Written as a list, or made by a function such as expand(). */
  readonly many: boolean;
  readonly line: number;
  readonly items: readonly SnakeItem[];
  /** A function gives it: its name, null for a lambda. Then there are no items. */
  readonly function?: string | null;
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
  /** As for an argument. */
  readonly function?: string | null;
  /** What Python makes of the text, where it hangs on wildcards; a string unless told. `json`: whatever that says. */
  readonly type?: 'int' | 'float' | 'bool' | 'json';
  /** What a value of it is for a shell that gets it as a part of the command's text; one word unless told. */
  readonly inShell?: 'words' | 'syntax';
  /** Why the function could not be converted. */
  readonly why?: string;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface SnakeResource {
  readonly value: string;
  readonly line: number;
  readonly number: boolean;
  /** As for an argument. */
  readonly function?: string | null;
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
  /** The rule of the Snakefile that it is a part of, where it is one of several: its functions are called by that name. */
  readonly calls?: string;
  /** What can't be converted of it, and matters only where it is needed. */
  readonly problems: readonly SnakeProblem[];
  /** What stands above it, and its docstring. */
  readonly comments: readonly string[];
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
  /** Runs where Snakemake itself runs, not in a job of a cluster. */
  readonly local: boolean;
  readonly params: readonly SnakeParam[];
  /** Values that a job's wildcards determine, one row each; their names stand where wildcards stand. */
  readonly determined?: readonly SnakeRows[];
  readonly command: SnakeCommand;
}

/** The functions of a rule, asked for a job. */
export interface SnakeCall {
  readonly rule: string;
  readonly wildcards: Readonly<Record<string, string>>;
  /** Where it makes text of wildcards, they stand for themselves: what comes is a pattern. */
  readonly marked: boolean;
}

/**
 * What a function gave and which wildcards it looked at, none where that can't be told; or how it failed. `hint`: it did not
 * fail, but what becomes of a list in it can't be followed; the message goes on after its name.
 */
export type SnakeOutcome<T> =
  | { readonly value: T; readonly reads: readonly string[] }
  | { readonly error: { readonly line: number; readonly message: string; readonly hint?: string } };

/** What is known only later: files of a pattern, or what a file holds. Made-up values stand in for it. */
export interface SnakeList {
  /**
   * `lines`: one value a line. `csv`, `tsv`: a header names the columns. `columns`: their names are numbers, from 0.
   * `computed`: what `code` gives.
   */
  readonly kind: 'glob' | 'lines' | 'csv' | 'tsv' | 'columns' | 'computed';
  /** Of `columns`; null for the others. */
  readonly delimiter: string | null;
  /** Of `computed`: Python that reads the file of which `path` is the path, and gives `values`; null for the others. */
  readonly code: string | null;
  /** Of `glob`, a pattern with names in braces. */
  readonly path: string;
  /** Of the values in each row. */
  readonly names: readonly string[];
  /** Made up, and nowhere else. */
  readonly rows: readonly (readonly string[])[];
  /** Which rule makes it; null for nobody. */
  readonly rule: string | null;
  readonly wildcards: Readonly<Record<string, string>>;
}

/** What the functions of a rule give, each section's in their order. */
export interface SnakeAnswer {
  /** unpack() makes several arguments of one. */
  readonly input: readonly SnakeOutcome<readonly SnakeArgument[]>[];
  readonly params: readonly SnakeOutcome<SnakeValue>[];
  readonly resources: Readonly<Record<string, SnakeOutcome<SnakeAmount>>>;
  readonly lists: readonly SnakeList[];
  /** The checkpoints that must have run before. */
  readonly asked: readonly { readonly rule: string; readonly wildcards: Readonly<Record<string, string>> }[];
}

export interface SnakeValue {
  readonly value: unknown;
  /** As it would stand in a shell command; null for a mapping. */
  readonly text: string | null;
  /** As Python would write it. */
  readonly literal: string;
}

export interface SnakeAmount {
  readonly value: number | string | null;
  /** A second attempt would get another. */
  readonly grows: boolean;
}

export type CallFunctions = (calls: readonly SnakeCall[]) => Promise<readonly SnakeAnswer[]>;
