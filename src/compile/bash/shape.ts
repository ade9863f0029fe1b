/**
 * What a command certainly is, where it is so simple that a shell may run it in a cheaper way which nobody can tell from
 * the usual one. Whatever is not surely that is `other`. Source: bash(1), SIMPLE COMMANDS, Lists, EXECUTING COMMANDS.
 */

export type CommandShape =
  /** Nothing but `HARMLESS` builtins, joined by `&&`: no process starts, and the shell is afterwards what it was before. */
  | { readonly kind: 'builtins' }
  /**
   * Simple commands one after another, the last of which is a program, if `programs` are programs, not functions: then the
   * shell has nothing left to do once that one runs. `programs` in order; `last`: where that one begins in the text.
   */
  | { readonly kind: 'program'; readonly programs: readonly string[]; readonly last: number }
  | { readonly kind: 'other' };

/** Builtins that change nothing of their shell, whatever they are given; of `printf`, see `isPlainFormat`. */
export const HARMLESS: ReadonlySet<string> = new Set([':', 'echo', 'printf', 'true']);

/** Of any bash from 4.3 to 5.3; keywords, too. Source: bash(1), SHELL BUILTIN COMMANDS, RESERVED WORDS. */
const NO_PROGRAMS: ReadonlySet<string> = new Set(
  (
    '. : [ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown echo ' +
    'enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf ' +
    'pushd pwd read readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit ' +
    'umask unalias unset wait if then elif else fi for while until do done case esac select function time coproc in'
  ).split(' '),
);

const OTHER: CommandShape = { kind: 'other' };

/** One word of a simple command, or where it redirects to. */
interface SeenWord {
  readonly start: number;
  readonly text: string;
  /** In it all is literal or the value of a placeholder: no pattern, no tilde, no braces, no variable of others. */
  readonly isPlain: boolean;
}

interface SimpleCommand {
  readonly words: readonly SeenWord[];
  /** All redirections are to or from a file, or join standard output and errors. */
  readonly hasPlainTargets: boolean;
}

/**
 * @param body a command as `rewriteBash` has written it
 * @param values names of the variables that hold one value each and are set when it runs
 */
export function commandShape(body: string, values: ReadonlySet<string>): CommandShape {
  const list = new ListReader(body, values).read();
  if (list === null) return OTHER;
  const { commands, joins } = list;
  const last = commands.at(-1)!.words[0]!;
  if (joins.every((join) => join === '&&') && commands.every(isHarmless)) return { kind: 'builtins' };
  const names = commands.map(({ words }) => words[0]!.text);
  if (NO_PROGRAMS.has(last.text)) return OTHER;
  // What goes before must leave the shell as it is: a trap, for one, would be lost with it.
  if (names.some((name) => NO_PROGRAMS.has(name) && !HARMLESS.has(name))) return OTHER;
  return { kind: 'program', programs: names.filter((name) => !HARMLESS.has(name)), last: last.start };
}

function isHarmless({ words, hasPlainTargets }: SimpleCommand): boolean {
  const [name, first] = words;
  if (!HARMLESS.has(name!.text) || !hasPlainTargets || !words.every(({ isPlain }) => isPlain)) return false;
  return name!.text !== 'printf' || (first !== undefined && isPlainFormat(first.text));
}

/** `%n` and `-v` would set variables; a width could take any amount of memory. */
function isPlainFormat(word: string): boolean {
  return /^'(?!-)(?:[^'%\\]|%[sdi%]|\\[nt\\])*'$|^"(?!-)(?:[^"$`%\\]|%[sdi%]|\\[nt])*"$/.test(word);
}

/** What begins at the position, each sticky. A backslash before a line's end is a blank. */
const BLANKS = /(?:[ \t]|\\\n)*(?:#[^\n]*)?/y;
const JOIN = /&&|;(?![;&])|\n/y;
const REDIRECTION = /\d*(?:>>|>\||>|<(?!<))(?![&(])|(?:&>>?)(?!\()/y;
const DUPLICATE = /([012]?)>&([12])(?![\w$"'\\./-])/y;
/** Text that means itself wherever it stands in a word. */
const LITERAL = /[\w./:=@%+,^-]+|'[^']*'|\\[^\n]/y;
/** Text that may be a pattern, a tilde or braces. */
const LOOSE = /[*?[\]~{}!#]+/y;
const VARIABLE = /\$\{#?(\w+)(?:\[@\])?\}|\$([A-Za-z_]\w*)/y;
const IN_QUOTES = /(?:[^"$`\\]|\\[\s\S])+/y;

/** Reads a list of simple commands. */
class ListReader {
  private readonly body: string;
  private readonly values: ReadonlySet<string>;
  private at = 0;

  constructor(body: string, values: ReadonlySet<string>) {
    this.body = body;
    this.values = values;
  }

  /** null where the text is something else, or more than is read here. `joins`: what stands between two commands. */
  read(): { readonly commands: readonly SimpleCommand[]; readonly joins: readonly string[] } | null {
    const commands: SimpleCommand[] = [];
    const joins: string[] = [];
    this.skipLines();
    while (this.at < this.body.length) {
      const command = this.readCommand();
      if (command === null) return null;
      commands.push(command);
      const join = this.take(JOIN);
      this.skipLines();
      const atEnd = this.at >= this.body.length;
      if (atEnd) return join === '&&' ? null : { commands, joins };
      if (join === '') return null;
      joins.push(join);
    }
    return null;
  }

  /** What the pattern matches here, which is passed; '' where it does not. */
  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.body)?.[0] ?? '';
    this.at += text.length;
    return text;
  }

  private skipLines(): void {
    do this.take(BLANKS);
    while (this.take(/\n/y) !== '');
  }

  /** A name, its arguments and redirections; null where it is no such simple command. */
  private readCommand(): SimpleCommand | null {
    const words: SeenWord[] = [];
    let hasPlainTargets = true;
    for (;;) {
      this.take(BLANKS);
      JOIN.lastIndex = this.at;
      if (this.at >= this.body.length || JOIN.test(this.body)) break;
      // What is put before the name must be put before a word, not before a redirection.
      if (words.length > 0 && this.take(DUPLICATE) !== '') continue;
      const redirects = words.length > 0 && this.take(REDIRECTION) !== '';
      if (redirects) this.take(/[ \t]*/y);
      const word = this.readWord();
      if (word === null) return null;
      if (!redirects) words.push(word);
      // There a descriptor of the shell itself might be opened.
      else if (!word.isPlain || /\/dev\/(?!null$)|\/proc\//.test(word.text)) hasPlainTargets = false;
    }
    return words.length > 0 && /^(?:[\w./+-]+|:)$/.test(words[0]!.text) ? { words, hasPlainTargets } : null;
  }

  private readWord(): SeenWord | null {
    const start = this.at;
    let isPlain = true;
    for (;;) {
      if (this.take(LITERAL) !== '') continue;
      if (this.take(LOOSE) !== '' || this.takeVariable(false)) isPlain = false;
      else if (this.body[this.at] === '"') {
        const inside = this.takeDoubleQuotes();
        if (inside === null) return null;
        isPlain &&= inside.isPlain;
      } else break;
    }
    // What ends a word in no way that is known here, such as `$(`, is what it begins with then.
    if (this.at === start || !/^(?:[ \t\n;&<>]|\\\n|$)/.test(this.body.slice(this.at, this.at + 2))) return null;
    return { start, text: this.body.slice(start, this.at), isPlain };
  }

  /** Whether a variable stood here; `onlyValues`: the value of a placeholder, not a list. */
  private takeVariable(onlyValues: boolean): boolean {
    VARIABLE.lastIndex = this.at;
    const found = VARIABLE.exec(this.body);
    if (found === null) return false;
    if (onlyValues && !(this.values.has(found[1] ?? '') && found[0] === `\${${found[1]}}`)) return false;
    this.at += found[0].length;
    return true;
  }

  private takeDoubleQuotes(): { readonly isPlain: boolean } | null {
    this.at++;
    let isPlain = true;
    for (;;) {
      if (this.take(IN_QUOTES) !== '' || this.takeVariable(true)) continue;
      if (!this.takeVariable(false)) break;
      isPlain = false;
    }
    if (this.body[this.at] !== '"') return null;
    this.at++;
    return { isPlain };
  }
}
