/** Arguments that bash itself would compute or take for a variable's name. Source: bash(1), SHELL BUILTIN COMMANDS. */
import { type Cursor, HOLE, type HolePiece } from './cursor.ts';
import { complaints } from './errors.ts';
import { computeHoles, type Word, type WordPlace } from './words.ts';

const DECLARATIONS: ReadonlySet<string> = new Set(['declare', 'typeset', 'local', 'export', 'readonly']);

/**
 * Builtins whose arguments name variables: a name may hold a subscript, and bash runs a `$(…)` in it. Each with the
 * options whose argument is an ordinary value; `null` where only what follows the given option is a name.
 */
const NAME_ARGUMENTS: Readonly<Record<string, { values: RegExp } | { names: RegExp }>> = {
  read: { values: /^-\w*[dinNptu]$/ },
  mapfile: { values: /^-\w*[dnOsuCc]$/ },
  readarray: { values: /^-\w*[dnOsuCc]$/ },
  getopts: { values: /^getopts$/ },
  unset: { values: /^$/ },
  printf: { names: /^-v$/ },
  test: { names: /^-[vR]$/ },
  '[': { names: /^-[vR]$/ },
  wait: { names: /^-p$/ },
};

/** Follows one simple command word by word. */
export class ArgumentChecks {
  /** The command's name as bash sees it; null before it, '' where only the run knows. */
  private name: string | null = null;
  nameHoles: readonly HolePiece[] = [];
  argumentCount = 0;
  private previous = '';
  private computes = false;
  private refersByName = false;
  private readonly c: Cursor;

  constructor(c: Cursor) {
    this.c = c;
  }

  get named(): boolean {
    return this.name !== null;
  }

  private get declares(): boolean {
    return this.name !== null && DECLARATIONS.has(this.name);
  }

  /** How the next word is to be read. */
  place(): WordPlace {
    return { assigns: this.name === null || this.declares, computes: this.declares && this.computes };
  }

  check(word: Word): void {
    if (this.name === null) this.checkName(word);
    else this.checkArgument(word, this.name);
    this.previous = word.value ?? '';
  }

  private checkName(word: Word): void {
    if (word.assignment) return;
    // {x}=1 and run_{x}=1 would be looked up as commands.
    if (/^[A-Za-z_\0][\w\0]*\+?=/.test(this.text(word))) this.refuse(word.holes, complaints.name);
    // "command read x" reads as "read x" does.
    if (word.value === 'command' || word.value === 'builtin') return;
    this.name = word.value ?? '';
    this.nameHoles = word.holes;
  }

  private checkArgument(word: Word, name: string): void {
    this.argumentCount += 1;
    if (name === 'let') this.refuse(word.holes, complaints.letCommand);
    if (this.declares) this.checkDeclaration(word);
    const rule = NAME_ARGUMENTS[name];
    if (!rule || !Object.hasOwn(NAME_ARGUMENTS, name)) return;
    const isName = 'names' in rule ? rule.names.test(this.previous) : !rule.values.test(this.previous);
    if (isName) this.refuse(word.holes, complaints.name);
  }

  private checkDeclaration(word: Word): void {
    const text = this.text(word);
    if (word.value !== null && /^-[A-Za-z]+$/.test(word.value)) {
      if (word.value.includes('i')) this.computes = true;
      if (word.value.includes('n')) this.refersByName = this.name !== 'export';
      return;
    }
    if (this.refersByName) this.refuse(word.holes, complaints.name);
    const name = /^["']?([A-Za-z_]\w*)/.exec(text)?.[1];
    if (this.computes && name) this.c.integerVariables.add(name);
    if (word.assignment) return;
    // Quoted, as in export "X={x}": the name must still be written out, and nothing may be computed.
    const head = text.split('=', 1)[0] ?? '';
    if (head === text || head.includes(HOLE) || head.includes('[')) this.refuse(word.holes, complaints.name);
    else if (this.computes) computeHoles(this.c, word.holes, word.start);
  }

  private text(word: Word): string {
    return this.c.code.slice(word.start, word.end);
  }

  private refuse(holes: readonly HolePiece[], complaint: typeof complaints.name): void {
    for (const { placeholder } of holes) {
      if (!this.c.hasErrorAt(placeholder)) this.c.failAt(placeholder, complaint(placeholder));
    }
  }
}
