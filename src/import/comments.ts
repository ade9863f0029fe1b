/** Comments of the Snakefile and its config, as lines of the spec. */
import { entry, type Yaml } from './yaml.ts';

/** What is no comment of YAML. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]+/g;

export function commentLines(comments: readonly string[], indent: string): string[] {
  return comments.map((comment) => `${indent}# ${comment.replace(CONTROL, ' ')}`.trimEnd());
}

/** A mapping with the comments on its keys, by dotted key: it is written in lines where one of its keys has any. */
export function commentedMapping(
  mapping: { readonly [key: string]: Yaml },
  comments: Readonly<Record<string, readonly string[]>>,
  indent: string,
  prefix = '',
): string[] {
  return Object.entries(mapping).flatMap(([key, value]) => {
    const path = `${prefix}${key}`;
    const above = commentLines(comments[path] ?? [], indent);
    const isWhole = !isMapping(value) || !Object.keys(comments).some((other) => isBelow(other, path, value));
    if (isWhole) return [...above, ...entry(key, value, indent)];
    return [...above, `${indent}${key}:`, ...commentedMapping(value, comments, `${indent}  `, `${path}.`)];
  });
}

function isMapping(value: Yaml): value is { readonly [key: string]: Yaml } {
  return typeof value === 'object' && !Array.isArray(value) && Object.getPrototypeOf(value) === Object.prototype;
}

/** Whether a dotted key is one of those that the mapping at `path` holds. */
function isBelow(key: string, path: string, mapping: { readonly [key: string]: Yaml }): boolean {
  if (!key.startsWith(`${path}.`)) return false;
  let at: Yaml = mapping;
  for (const word of key.slice(path.length + 1).split('.')) {
    if (!isMapping(at) || !(word in at)) return false;
    at = at[word]!;
  }
  return true;
}

/** Which functions gave the columns of a table. */
export function commentsOf(given: readonly { readonly names: readonly string[]; readonly from: string }[]): string[] {
  const found = new Map<string, Set<string>>();
  for (const { names, from } of given.filter((g) => g.names.length > 0)) {
    const words = names.join(', ');
    found.set(words, (found.get(words) ?? new Set()).add(from));
  }
  return [...found].map(([words, from]) => `${words}: from ${listed([...from])}`);
}

/** `f() in rule "a" (Snakefile:7)` and such; of several only the first is told where they are one function. */
function listed(places: readonly string[]): string {
  const functions = new Set(places.map((place) => place.replace(/ in rule .*/, '')));
  const [first] = places;
  return functions.size === 1 && places.length > 1 ? `${first} and ${places.length - 1} more` : places.join(', ');
}
