/** Mutations of valid specs, from a seed: what cats, merges and tired people do to files. */

export const TOKENS = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ': ',
  ',',
  '- ',
  '"',
  "'",
  '|',
  '>',
  '|2-',
  '&a ',
  '*a',
  '!t ',
  '!!str ',
  '#',
  '%',
  '@',
  '`',
  '?',
  '? ',
  '---\n',
  '...\n',
  '\t',
  '\n',
  '\r\n',
  '\r',
  ' ',
  '  ',
  '\u00a0',
  '\ufeff',
  '\u0085',
  '\u2028',
  '\ud800',
  '\0',
  '\u001b',
  'é',
  '🌊',
  '~',
  'null',
  'true',
  '<<: ',
  '{{',
  '}}',
  '{site}',
  '{seed:04}',
  '{input}',
  '{input[0]}',
  '{input:list}',
  '{config.a}',
  '{config.epochs:raw}',
  '{site:99}',
  '{output.__proto__}',
  '$(( ',
  '))',
  '${',
  '<<EOF\n',
  "$'",
  '\\',
  '*',
  '..',
  '/',
  '//',
  './',
  '-',
  '9'.repeat(400),
  '1e999',
  '-1',
  '0.1',
  '1e-300',
  '99999999999',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'length',
  'path',
  'site',
  'seed',
  'rules',
  'params',
  'from: ',
  'to: ',
  'step: ',
  'csv: ',
  'lines: ',
  'glob: ',
  'gather: ',
  'exclude:\n  - ',
  'check: ',
];

/** mulberry32: small, fast and the same everywhere. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

/** A text after one to four mutations. */
export function mutate(text: string, random: (below: number) => number): string {
  let mutant = text;
  for (let n = 1 + random(4); n > 0; n--) mutant = mutateOnce(mutant, random);
  return mutant;
}

function mutateOnce(text: string, random: (below: number) => number): string {
  const at = random(text.length + 1);
  const end = Math.min(text.length, at + 1 + random(12));
  const lines = text.split('\n');
  const i = random(lines.length);
  const j = random(lines.length);
  const token = TOKENS[random(TOKENS.length)]!;
  switch (random(12)) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << random(8))) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + text.slice(end);
    case 2:
      return text.slice(0, end) + text.slice(at);
    case 3:
      return lines.map((line, n) => (n === i ? lines[j] : n === j ? lines[i] : line)).join('\n');
    case 4:
      return lines.toSpliced(i, 1).join('\n');
    case 5:
      return lines.toSpliced(i, 0, lines[j]!).join('\n');
    case 6:
      return lines.toSpliced(i, 1, `${' '.repeat(random(5))}${lines[i]!.trimStart()}`).join('\n');
    case 7:
      return lines.toSpliced(i, 1, `${' '.repeat(random(3))}${lines[i]}`).join('\n');
    case 8:
    case 9:
      return text.slice(0, at) + token + text.slice(at);
    case 10:
      return text.slice(0, at) + token + text.slice(end);
    default: {
      // Replace a whole word, so that names and numbers change places.
      const words = [...text.matchAll(/[\w.{}-]+/g)];
      const word = words[random(words.length || 1)];
      const other = random(2) === 0 ? token : (words[random(words.length || 1)]?.[0] ?? token);
      return word ? text.slice(0, word.index) + other + text.slice(word.index + word[0].length) : text + token;
    }
  }
}
