import type { Diagnostic } from '../../model/diagnostic.ts';
import type { SnakeResource } from '../../model/snakefile.ts';
import type { Yaml } from '../yaml.ts';

type Mapping = { readonly [key: string]: Yaml };

/** What settings of a site come to: what belongs to the site, and what to rules. */
export interface Settings {
  /** The keys of a wfc profile. */
  readonly profile: Mapping;
  /** Resources of every rule, below the rule's own. */
  readonly defaults: Mapping;
  readonly retries: number | null;
  /** Resources by rule, over the rule's own. */
  readonly rules: ReadonlyMap<string, Readonly<Record<string, SnakeResource>>>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Sets of keys, those of later ones over those of earlier ones. */
export function mergedMapping(...all: readonly Mapping[]): Mapping {
  const merged: { [key: string]: Yaml } = {};
  for (const [key, value] of all.flatMap((one) => Object.entries(one))) {
    const before = merged[key];
    merged[key] = isMapping(before) && isMapping(value) ? mergedMapping(before, value) : value;
  }
  return merged;
}

function isMapping(value: Yaml | undefined): value is Mapping {
  return typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
}

/** A value of a profile as a resource; null where it is computed for each job. `attempt` is 1. */
export function resourceOf(value: unknown, line: number): SnakeResource | null {
  if (typeof value === 'number') return { value: String(value), line, number: true };
  if (typeof value !== 'string') return null;
  const text = value.trim().replace(/^(['"])(.*)\1$/s, '$2');
  const factors = text
    .replaceAll('attempt', '1')
    .split('*')
    .map((factor) => factor.trim());
  if (factors.every((factor) => /^\d+(\.\d+)?$/.test(factor)))
    return { value: String(factors.reduce((product, factor) => product * Number(factor), 1)), line, number: true };
  return /[(){}*]|\b(lambda|attempt|input|threads|wildcards)\b/.test(text)
    ? null
    : { value: text, line, number: false };
}

/** `{a: 1}`, or `["a=1"]` as the command line of Snakemake has it. */
export function pairsOf(given: unknown, separator = '='): [key: string, value: unknown][] {
  if (typeof given === 'string') return pairsOf(given.split(/\s+/), separator);
  if (Array.isArray(given))
    return given.flatMap((one) => {
      if (typeof one !== 'string') return pairsOf(one, separator);
      const at = one.indexOf(separator);
      return at < 0 ? [] : [[one.slice(0, at).trim(), one.slice(at + 1).trim()] as [string, unknown]];
    });
  return typeof given === 'object' && given !== null ? Object.entries(given) : [];
}
