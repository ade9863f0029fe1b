/** What a Python text imports: enough of the grammar for `import` and `from` statements, at any depth. */
import { scanScript } from './regions.ts';

export interface Import {
  /** `pkg.mod`; '' for `from . import x`. */
  readonly module: string;
  /** Dots before the module's name: 0 for one that is searched for. */
  readonly level: number;
  /** What `from … import` names: a module of the package, or something in it. */
  readonly names: readonly string[];
  /** The statement's place in the text, and whether it is indented: what a function imports, it may never come to. */
  readonly at: number;
  readonly length: number;
  readonly isIndented: boolean;
}

const IMPORT = /(?<=^|[\n;:])[ \t]*import[ \t]+([^\n;]+)/g;
const FROM = /(?<=^|[\n;:])[ \t]*from[ \t]+(\.*)[ \t]*([\w.]*)[ \t]*\bimport\b[ \t]*(\([^)]*\)|[^\n;]+)/g;

export function pythonImports(text: string): Import[] {
  const code = codeOf(text);
  const found: Import[] = [];
  for (const match of code.matchAll(IMPORT))
    for (const module of listed(match[1]!)) found.push({ module, level: 0, names: [], ...placeOf(match, code) });
  for (const match of code.matchAll(FROM)) {
    const [, dots, module, names] = match;
    const imported = listed(names!.replace(/[()]/g, ' '));
    found.push({ module: module!, level: dots!.length, names: imported, ...placeOf(match, code) });
  }
  return found;
}

function placeOf({ 0: matched, index }: RegExpExecArray, code: string): Pick<Import, 'at' | 'length' | 'isIndented'> {
  const statement = matched.trim();
  const at = index + matched.indexOf(statement);
  const lineStart = code.lastIndexOf('\n', at) + 1;
  return { at, length: statement.length, isIndented: /^[ \t]/.test(code.slice(lineStart, at)) };
}

/** The text with blanks for strings and comments, and a statement a line; each statement stands where it stood. */
function codeOf(text: string): string {
  const regions = scanScript('python3', text);
  let code = '';
  for (let at = 0; at < text.length; at++) code += regions[at] === 'code' || text[at] === '\n' ? text[at] : ' ';
  return code.replace(/\\\r?\n/g, (end) => ' '.repeat(end.length)).replace(/\r/g, ' ');
}

/** `a.b as c, d`: the names without what they are called here. */
function listed(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim().split(/\s+/, 1)[0]!)
    .filter((name) => /^[A-Za-z_][\w.]*$/.test(name));
}
