import type { Diagnostic } from '../model/diagnostic.ts';

/** How many rules are named before the others are counted. */
const MOST_NAMED = 3;

/** One warning a kind: those that differ by the name of a rule alone become one, at the place of the first. */
export function oncePerKind(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const kinds = new Map<string, { readonly first: Diagnostic; readonly names: string[] }>();
  for (const diagnostic of diagnostics) {
    const name = /\brule "([^"]*)"/.exec(diagnostic.message)?.[1];
    const isWarning = diagnostic.severity === 'warning';
    const key = isWarning ? diagnostic.message.replace(/\brule "[^"]*"/, 'rule') : JSON.stringify([kinds.size]);
    const known = kinds.get(key);
    if (!known) kinds.set(key, { first: diagnostic, names: name === undefined ? [] : [name] });
    else if (name !== undefined && !known.names.includes(name)) known.names.push(name);
  }
  return [...kinds.values()].map(({ first, names }) => (names.length > 1 ? ofSeveral(first, names) : first));
}

function ofSeveral(diagnostic: Diagnostic, names: readonly string[]): Diagnostic {
  const quoted = names.map((name) => `"${name}"`);
  const named =
    quoted.length > MOST_NAMED + 1 ? [...quoted.slice(0, MOST_NAMED), `${names.length - MOST_NAMED} more`] : quoted;
  const list = `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
  const message = diagnostic.message
    .replace(/^rule "[^"]*" is /, `rules ${list} are `)
    .replace(/^rule "[^"]*" does /, `rules ${list} do `)
    .replace(/\brule "[^"]*"/, `rules ${list}`);
  return { ...diagnostic, message };
}
