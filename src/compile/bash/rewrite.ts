import type { Placeholder, Template, TemplateError } from '../../model/template.ts';
import { lexCommands } from './commands.ts';
import { type BashSlot, Cursor, LexStop, type Range, renderSignificant, renderText } from './cursor.ts';
import { complaints } from './errors.ts';

export type { BashSlot } from './cursor.ts';

export interface BashCommand {
  /**
   * The command with every placeholder rewritten into a quoted expansion of its variable. The body of a function: it
   * belongs between `name() {` and `}` on lines of their own. Only comments, or nothing, is no body for bash: then
   * `significant` is '' and the caller writes `:` instead.
   */
  readonly text: string;
  /**
   * The command without what bash ignores (comments, blank runs between words, blank lines, trailing blanks, line
   * continuations), placeholders as `{input}`, literal `{` doubled. Equal texts mean the same to bash; the opposite
   * does not hold. Here-documents and quoted text are kept byte for byte. Goes into a fingerprint.
   */
  readonly significant: string;
  /**
   * Placeholders that stand where bash reads an integer, in source order. Their variable is `${variable}_int`, bound
   * by the caller to the value with leading zeros dropped: `-?(0|[1-9][0-9]*)`.
   */
  readonly integers: readonly Placeholder[];
  /** The words of each simple command; null for one that is known only as the command runs. */
  readonly commands: readonly (readonly (string | null)[])[];
  /** Where its comments are, in source order. */
  readonly comments: readonly Range[];
  /** In source order. Where there are any, `text` and `significant` are of no use. */
  readonly errors: readonly TemplateError[];
}

/**
 * Rewrite a command so that no value can ever be program text: every placeholder becomes an expansion of a variable,
 * quoted for the place where it stands, and a place where bash would still read, split or compute the value is an error.
 *
 * `{config.key:raw}` must have been put in before; `{input:list}` is one value. The text runs under
 * `set -euo pipefail` with bash 4.3 or later, aliases off.
 *
 * Not covered, as bash decides it while running: what a program, `eval`, `trap` or `bash -c` makes of an argument, and
 * arithmetic on a shell variable that was given a value before (`x={site}; (( x + 1 ))`).
 */
export function rewriteBash(template: Template, slotOf: (p: Placeholder) => BashSlot): BashCommand {
  const c = new Cursor(template, slotOf, lexCommands);
  try {
    const nul = c.literalNul();
    if (nul !== null) c.stop(nul, complaints.controlCharacter());
    lexCommands(c, 'end');
    const open = c.hereDocs[0];
    if (open) c.stop(open.opened, complaints.unterminatedHereDoc(open.delimiter), 2);
  } catch (error) {
    // Each level of nesting takes some stack: thousands are no command that anybody wrote.
    if (error instanceof RangeError) c.fail(c.at, complaints.tooDeep());
    else if (!(error instanceof LexStop)) throw error;
  }
  const integers = c.pieces.flatMap((p) => (p.kind === 'hole' && p.integer ? [p.placeholder] : []));
  return {
    text: renderText(c.pieces),
    significant: renderSignificant(c.pieces),
    integers,
    commands: c.commands,
    comments: c.comments,
    errors: [...c.errors].sort((a, b) => a.start - b.start),
  };
}

/** The words of each simple command of a script as it stands in a file; of one that can't be read to its end, the first. */
export function bashWords(text: string): BashCommand['commands'] {
  const template: Template = { source: text, tokens: [{ kind: 'text', text, start: 0, end: text.length }] };
  const noSlot = (): never => {
    throw new Error('internal error: a file of bash has no placeholders');
  };
  return rewriteBash(template, noSlot).commands;
}
