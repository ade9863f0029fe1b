import type { ScriptLine } from './script.ts';

/** A path that a command of the script writes, and whose text differs from element to element. */
export interface Written {
  /** As a pattern of the spec: `results/{task}.csv`. */
  readonly pattern: string;
  readonly isDirectory: boolean;
  /** As the script writes it, quotes and all, and where. */
  readonly word: string;
  readonly line: number;
}

/** Where a word names what is written: after `>`, or after an option that says so. */
const BEFORE =
  '(?:(?:^|\\s)&?>{1,2}\\s*|(?:^|\\s)(?:-o|--?(?:out|output|outfile|outdir|save|dest|result|results)(?:[-_]?\\w+)*)(?:=|\\s+))';
const WORD = '("[^"\\s]+"|[^\\s"\';|&<>()]+)';

/**
 * The paths that the lines write, as far as the text tells.
 * @param params by variable of the script, the param that it stands for
 */
export function writtenPaths(body: readonly ScriptLine[], params: ReadonlyMap<string, string>): Written[] {
  const known = new Map([...params].map(([variable, param]) => [variable, `{${param}}`]));
  const written: Written[] = [];
  for (const { text, line } of body) {
    if (/^\s*#/.test(text)) continue;
    const set = /^\s*(?:export )?([A-Za-z_]\w*)=("[^"\s`]*"|[^\s"'`$()]*(?:\$\{?\w+\}?[^\s"'`$()]*)*)\s*$/.exec(text);
    const value = set && patternOf(set[2]!, known);
    if (set && value) known.set(set[1]!, value);
    for (const match of text.matchAll(new RegExp(BEFORE + WORD, 'g'))) {
      const word = match[1]!;
      const pattern = patternOf(word, known);
      const isVaried =
        pattern !== null && [...known.values()].some((part) => part.includes('{')) && pattern.includes('{');
      if (!isVaried || pattern.startsWith('/dev/')) continue;
      const before = match[0].slice(0, -word.length);
      const isDirectory = !before.includes('>') && (/dir|folder/i.test(before) || !/\.\w+$/.test(pattern));
      written.push({ pattern: pattern.replace(/\/$/, ''), isDirectory, word, line });
    }
  }
  return written.filter(({ pattern }, w) => written.findIndex((other) => other.pattern === pattern) === w);
}

/** A word with its variables as params; null where it holds anything else that bash expands. */
function patternOf(word: string, known: ReadonlyMap<string, string>): string | null {
  const plain = word.replace(/^"(.*)"$/, '$1');
  if (/[{}]/.test(plain.replace(/\$\{\w+\}/g, ''))) return null;
  let isKnown = true;
  const pattern = plain.replace(/\$(?:(\w+)|\{(\w+)\})/g, (_, bare: string, braced: string) => {
    const value = known.get(bare ?? braced);
    if (value === undefined) isKnown = false;
    return value ?? '';
  });
  return !isKnown || /[$`*?[\]~\\]/.test(pattern) || pattern === '' ? null : pattern;
}
