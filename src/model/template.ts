/**
 * Text with placeholders, after parsing. One shape serves paths, commands, environment values and scripts; what a
 * placeholder turns into (a path's text, a quoted bash expansion, a Python variable) is decided by whoever renders it.
 */

/** What a placeholder may begin with, besides the name of a param. */
export const PLACEHOLDER_ROOTS = [
  'input',
  'output',
  'config',
  'resources',
  'rule',
  'attempt',
  'log',
  'checkpoint',
  'file',
] as const;
export type PlaceholderRoot = (typeof PLACEHOLDER_ROOTS)[number];

export interface Placeholder {
  /** `param` for `{site}`, otherwise the root's own name. */
  readonly root: 'param' | PlaceholderRoot;
  /**
   * For a param its name (`site`); for `config` and `resources` the key after the dot (`epochs`, `a.b`, `mem_mb`);
   * for `input` and `output` the name after the dot (`data`), '' where none is written; for the rest ''.
   */
  readonly name: string;
  /** The n of `{input[n]}` or `{checkpoint[n]}`, counted from 0 over paths after gathering; null where none is written. */
  readonly index: number | null;
  /** What follows the colon: `04`, `list`, `raw`; null where none is written. */
  readonly format: string | null;
  /** Offsets into the template's text (UTF-16 units): of `{`, and one past `}`. */
  readonly start: number;
  readonly end: number;
}

/** A run of literal text; `start` and `end` are its offsets as written (longer than `text` for `{{word}}`). */
export interface Literal {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export type Token =
  | ({ readonly kind: 'text' } & Literal)
  | ({ readonly kind: 'placeholder'; readonly placeholder: Placeholder } & { start: number; end: number });

/** A mistake inside a template, by its offsets there. The caller turns it into a diagnostic of the spec. */
export interface TemplateError {
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly hint?: string | undefined;
  /** It is a name that nothing declares. */
  readonly unknownName?: boolean;
}

export interface Template {
  readonly source: string;
  readonly tokens: readonly Token[];
}
