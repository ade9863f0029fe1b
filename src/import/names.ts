import type { SnakeSource } from '../model/snakefile.ts';
import { PLACEHOLDER_ROOTS } from '../model/template.ts';

/** A param may not be named as a placeholder is. */
export function safeName(name: string): string {
  const word = name.replace(/\W/g, '_').replace(/^(?=\d)/, '_');
  return (PLACEHOLDER_ROOTS as readonly string[]).includes(word) ? `${word}_` : word;
}

export function uniqueName(wanted: string, taken: { has(name: string): boolean }): string {
  const name = safeName(wanted);
  if (!taken.has(name)) return name;
  let n = 2;
  while (taken.has(`${name}_${n}`)) n++;
  return `${name}_${n}`;
}

interface Taken {
  has(name: string): boolean;
}

/** The first that is free; else the last with a number. */
export function firstFree(wanted: readonly string[], taken: Taken): string {
  return wanted.map(safeName).find((name) => !taken.has(name)) ?? uniqueName(wanted.at(-1)!, taken);
}

/** What a rule's name says beside `name`, the fewest words first: of `raw_tile` for `x`: tile, raw_tile. */
export function wordsFor(name: string, rule: string): string[] {
  const own = new Set(name.split('_'));
  const words = rule.split('_').filter((word) => word !== '' && !own.has(word));
  return [...words.map((_, i) => words.slice(-1 - i).join('_')), rule];
}

/**
 * A short name for what a rule alone calls `name`: that, or what the Snakefile calls the list of its values, or with words of
 * the rule before it.
 */
export function nameInRule(name: string, rule: string, source: SnakeSource | null, taken: Taken): string {
  const listed = (source?.name ?? source?.config?.split('.').at(-1) ?? '').toLowerCase();
  const isTelling = listed.length > 2 && !listed.startsWith(name) && !name.startsWith(listed);
  return firstFree([name, ...(isTelling ? [listed] : []), ...wordsFor(name, rule).map((w) => `${w}_${name}`)], taken);
}
