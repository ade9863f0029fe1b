/**
 * How paths are named in a Makefile, and what stands in for those that make can't name. Tried on GNU make 4.3: as
 * targets, as prerequisites, behind `|` and in grouped targets.
 */

/** Words that begin a directive where they begin a line. GNU make manual, Quick Reference. */
const DIRECTIVES =
  /^(define|endef|undefine|ifdef|ifndef|ifeq|ifneq|else|endif|include|-include|sinclude|load|-load|override|export|unexport|private|vpath)$/;

/** The path as a word of a rule, or null where no spelling is safe in every place. */
export function makeName(path: string): string | null {
  if (/^[\w./+,@^-]+$/.test(path) && !/^\.[A-Z_]+$/.test(path)) return DIRECTIVES.test(path) ? null : path;
  // No blanks, wildcards (also % of pattern rules), `;`, `|`, `&`, `=`, `~`, backslashes, or parentheses of archives.
  if (!/^[\w./+,@^{}'"`!<>$#:\u0080-\uffff-]+$/.test(path) || /^\.[A-Z_]+$/.test(path)) return null;
  return path.replaceAll('$', '$$$$').replace(/[#:]/g, '\\$&');
}

/** The folder of stand-ins, from the spec's folder. */
const STAMPS = '.wfc/stamps';

/**
 * The file that stands in for a path: its name is safe for make, and differs for different paths. templates/make/task.sh
 * writes the same names.
 */
export function standIn(path: string): string {
  let rest = path;
  let root = '';
  if (rest.startsWith('/')) {
    root = '@root/';
    rest = rest.slice(1);
  }
  for (; rest.startsWith('../'); rest = rest.slice(3)) root += '@up/';
  let encoded = '';
  for (const byte of Buffer.from(rest)) {
    const c = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9_./+,^-]/.test(c) ? c : `@${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  // A name that ends with `@` is no folder of another: there each `@` has two digits or a word behind it.
  return `${STAMPS}/${root}${encoded}@`;
}

/** What stands in for the code files of a rule: see the head of tasks.mk. Written by templates/make/make.sh. */
export function codeStandIn(rule: string): string {
  return `${STAMPS}/@code/${rule}@`;
}

/** A text as a word of a recipe: for the shell, then for make. */
export function recipeWord(text: string): string {
  const word = /^[\w./:@%+,^-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  return word.replaceAll('$', '$$$$');
}
