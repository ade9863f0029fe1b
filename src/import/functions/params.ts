import type { SnakeParam, SnakePart, SnakeResource, SnakeValue } from '../../model/snakefile.ts';
import { safeName } from '../names.ts';
import { textOf } from '../patterns.ts';
import { isGiven, type Place, type RuleChoices } from './choices.ts';
import { factor, filled, mapTexts, markedParts, named } from './texts.ts';

/** A path of the rule, one for each job. */
export interface KnownPath {
  readonly parts: readonly SnakePart[];
  readonly texts: readonly string[];
}

/** A param without a function that has the same value, job by job; null where there is none. */
export async function resolveParam(
  param: SnakeParam,
  choices: RuleChoices,
  place: Place,
  paths: readonly KnownPath[],
): Promise<SnakeParam | { readonly why: string }> {
  const outcomes = choices.jobs.map((job) => job.answer!.params[place.index]!);
  const failed = outcomes.find((outcome) => 'error' in outcome);
  if (failed && 'error' in failed) return { why: `fails: ${failed.error.message}` };
  const given = outcomes.map((outcome) => (outcome as { value: SnakeValue }).value);
  const reads = choices.readsOf(outcomes);
  const plain = { name: param.name, line: param.line, config: null, wildcard: null };
  const texts = given.map(({ value }) => JSON.stringify(value));
  const own = choices.wildcards.find((name) =>
    choices.jobs.every((job, i) => job.wildcards.get(name) === given[i]!.text),
  );
  const type = typeOf(given);
  const { command } = choices.rule;
  // A shell gets the elements of a list with blanks between.
  const isText =
    type === 'str' || (command.kind === 'shell' && type === null && given.every(({ text }) => text !== null));
  if (own !== undefined && type === 'str') return { ...plain, text: null, literal: null, wildcard: own };
  if (own !== undefined && type !== 'str' && type !== null) return { ...plain, text: `{${own}}`, literal: null, type };
  for await (const answers of choices.answers()) {
    const said = answers.map((answer) => answer.params[place.index]).map((o) => (isGiven(o) ? o.value : null));
    const isRight = choices.jobs.every(
      ({ wildcards }, i) =>
        said[i] !== null && JSON.stringify(mapTexts(said[i]!.value, (t) => filled(t, wildcards))) === texts[i],
    );
    if (!isRight) continue;
    if (new Set(said.map((s) => JSON.stringify(s!.value))).size === 1) {
      const [{ value, text }] = said as [SnakeValue];
      if (named(JSON.stringify(value)) === JSON.stringify(value)) return { ...plain, ...said[0] } as SnakeParam;
      if (typeof value === 'object' && isDeeper(value)) break;
      return {
        ...plain,
        text: text === null ? null : named(text),
        literal: null,
        value: mapTexts(value, named),
      } as SnakeParam;
    }
    const path = paths.find((one) => given.every(({ value }, i) => value === one.texts[i]));
    if (path) return { ...plain, text: textOf(path.parts), literal: null };
    if (type === null && !isText) break;
    const patterns = new Map(said.map((s) => [s!.text!, markedParts(s!.text!)]));
    const hasMarks = [...patterns.values()].some((parts) => parts.some((p) => typeof p !== 'string'));
    const factored = hasMarks ? factor([...patterns.values()]) : null;
    if (hasMarks && !factored) continue;
    const values = new Map([...patterns.keys()].map((text, i) => [text, factored?.middles[i] ?? text]));
    const shell = isText ? inShell([...values.values()]) : {};
    if (shell.inShell === 'syntax' && command.kind === 'shell')
      return { why: 'holds shell syntax, which differs from job to job' };
    if ([...values.values()].some((value) => /[\u0000-\u001f\u007f]/.test(value)))
      return { why: 'gives texts of several lines, which differ from job to job' };
    const column = choices.determine(
      said.map((s) => values.get(s!.text!)!),
      safeName(place.wanted),
      { reads, inPath: false, from: place.from },
    );
    const around = (parts: readonly unknown[] = []): string =>
      parts.map((p) => (typeof p === 'string' ? p : `{${(p as { w: string }).w}}`)).join('');
    const text = `${around(factored?.before)}{${column}}${around(factored?.after)}`;
    return { ...plain, text, literal: null, ...(isText ? shell : { type }) } as SnakeParam;
  }
  if (command.kind === 'shell' || command.kind === 'julia')
    return { why: 'gives lists or mappings that differ from job to job' };
  const column = choices.determine(texts, safeName(place.wanted), { reads, inPath: false, from: place.from });
  return { ...plain, text: `{${column}}`, literal: null, type: 'json' };
}

function inShell(values: readonly string[]): Pick<SnakeParam, 'inShell'> {
  if (values.every((value) => /^[\w./:=+,@%-]+$/.test(value))) return {};
  return { inShell: values.some((value) => /[^\w./:=+,@%^~*?[\]\s-]/.test(value)) ? 'syntax' : 'words' };
}

/** Wildcards stand deeper than in a list of texts. */
function isDeeper(value: unknown): boolean {
  const flat = Array.isArray(value) && value.every((v) => typeof v !== 'object');
  return !flat && named(JSON.stringify(value)) !== JSON.stringify(value);
}

/** What Python makes of the text; null where it is no scalar, or not always of one type. */
function typeOf(given: readonly SnakeValue[]): 'str' | 'int' | 'float' | 'bool' | null {
  const types = new Set(
    given.map(({ value, text }) => {
      if (typeof value === 'number') return /^-?\d+$/.test(text!) ? 'int' : 'float';
      return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'str' : null;
    }),
  );
  const [only] = types;
  return types.size === 1 ? only! : null;
}

/** A resource without a function that is the same, job by job. */
export function resolveResource(
  name: string,
  resource: SnakeResource,
  choices: RuleChoices,
  place: Omit<Place, 'index'>,
): { readonly resource: SnakeResource; readonly grows: boolean } | { readonly why: string } {
  const outcomes = choices.jobs.map((job) => job.answer!.resources[name]!);
  const failed = outcomes.find((outcome) => 'error' in outcome);
  if (failed && 'error' in failed) return { why: `it fails: ${failed.error.message}` };
  const amounts = outcomes.map(
    (outcome) => (outcome as { value: { value: number | string | null; grows: boolean } }).value,
  );
  if (amounts.some(({ value }) => value === null)) return { why: 'its function gives None' };
  const texts = amounts.map(({ value }) => String(value));
  const grows = amounts.some((amount) => amount.grows);
  const { line } = resource;
  const number = amounts.every(({ value }) => typeof value === 'number');
  if (new Set(texts).size === 1) return { resource: { value: texts[0]!, line, number }, grows };
  if (!number && amounts.some(({ value }) => typeof value === 'number'))
    return { why: 'its function gives numbers and texts' };
  const own = choices.wildcards.find((w) => choices.jobs.every((job, i) => job.wildcards.get(w) === texts[i]));
  const more = { reads: choices.readsOf(outcomes), inPath: false, from: place.from };
  const column = own ?? choices.determine(texts, safeName(place.wanted), more);
  return { resource: { value: `{${column}}`, line, number }, grows };
}
