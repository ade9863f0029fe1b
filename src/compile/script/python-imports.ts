/** What a Python text imports: enough of the grammar for `import` and `from` statements, at any depth. */
import { scanScript } from './regions.ts';

export interface Import {
  /** `pkg.mod`; '' for `from . import x`. */
  readonly module: string;
  /** Dots before the module's name: 0 for one that is searched for. */
  readonly level: number;
  /** What `from … import` names: a module of the package, or something in it. */
  readonly names: readonly string[];
}

const IMPORT = /(?<=^|[\n;:])[ \t]*import[ \t]+([^\n;]+)/g;
const FROM = /(?<=^|[\n;:])[ \t]*from[ \t]+(\.*)[ \t]*([\w.]*)[ \t]*\bimport\b[ \t]*(\([^)]*\)|[^\n;]+)/g;

export function pythonImports(text: string): Import[] {
  const code = codeOf(text);
  const found: Import[] = [];
  for (const [, modules] of code.matchAll(IMPORT))
    for (const module of listed(modules!)) found.push({ module, level: 0, names: [] });
  for (const [, dots, module, names] of code.matchAll(FROM))
    found.push({ module: module!, level: dots!.length, names: listed(names!.replace(/[()]/g, ' ')) });
  return found;
}

/** The text with blanks for strings and comments, and a statement a line. */
function codeOf(text: string): string {
  const regions = scanScript('python3', text);
  let code = '';
  for (let at = 0; at < text.length; at++) code += regions[at] === 'code' || text[at] === '\n' ? text[at] : ' ';
  return code.replace(/\\\r?\n/g, '  ').replace(/\r/g, ' ');
}

/** `a.b as c, d`: the names without what they are called here. */
function listed(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim().split(/\s+/, 1)[0]!)
    .filter((name) => /^[A-Za-z_][\w.]*$/.test(name));
}
