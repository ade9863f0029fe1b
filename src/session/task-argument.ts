import { resolve } from 'node:path';
import { placedText, type SpecPlace } from '../compile/text/place.ts';
import { closest, didYouMean } from '../compile/text/suggest.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { type Plan, type PlannedRule, ruleOf } from '../model/plan.ts';
import { countTasks } from '../terminal/terminal.ts';
import type { Session } from './session.ts';
import { waitingLines } from './staged/words.ts';

/** What a person names on the command line: a task, or a path that no task makes. */
export type Named =
  | { readonly task: number; readonly path: string | null }
  | { readonly source: string }
  | { readonly diagnostic: Diagnostic };

/** `{site: "01022500", seed: "3"}`. */
export function paramsOf({ rule, space }: PlannedRule, index: number): Record<string, string> {
  return Object.fromEntries(rule.key.map((column) => [column.name, column.values[space.valueId(index, column)]!]));
}

/** Read `out/a.csv`, or `train_model site=01022500 seed=3`. Paths count from the spec's folder, else from here. */
export function findNamed(session: Session, words: readonly string[]): Named {
  const { plan } = session;
  const [first = '', ...pairs] = words;
  const rule = plan.rules.find((r) => r.rule.name === first);
  if (rule) return findByParams(rule, pairs);
  const waiting = plan.workflow.staged.waiting.find((w) => w.rule.name === first || w.mayMake(first));
  if (waiting && !plan.findPath(first)) {
    const [words = ''] = waitingLines({ ...plan, staged: { sources: [], waiting: [waiting] } });
    return mistake(words, `"wfc why ${waiting.sources[0]!.path}" tells why that is made first`);
  }
  if (pairs.length > 0) {
    const near = closest(
      first,
      plan.rules.map((r) => r.rule.name),
    );
    return mistake(`no rule is named "${first}"`, didYouMean(near) || '"wfc plan" lists the rules');
  }
  const { place } = session.files;
  const candidates = [first, resolve(first)].map((path) => placedText(path, place)).filter((path) => path !== '');
  for (const path of candidates) {
    const found = plan.findPath(path);
    if (found) return { task: found.task, path };
  }
  for (const path of candidates) if (usersOf(session, path).length > 0) return { source: path };
  return mistake(
    `${first}: no rule has this name, and no task makes or reads this path`,
    didYouMean(nearPath(plan, placedText(first, place))),
  );
}

function mistake(message: string, hint: string): Named {
  return { diagnostic: { severity: 'error', message, location: null, ...(hint === '' ? {} : { hint }) } };
}

function findByParams(rule: PlannedRule, pairs: readonly string[]): Named {
  const { name, key } = rule.rule;
  const wanted: { readonly read: (tuple: number) => number; readonly id: number }[] = [];
  for (const pair of pairs) {
    const [param, value] = [pair.slice(0, Math.max(0, pair.indexOf('='))), pair.slice(pair.indexOf('=') + 1)];
    const column = key.find((c) => c.name === param);
    if (!column) {
      const known =
        key.length === 0
          ? `rule "${name}" has one task, without params`
          : `the params of rule "${name}" are ${key.map((c) => c.name).join(', ')}`;
      return mistake(param === '' ? `"${pair}": write param=value` : `rule "${name}" has no task by "${param}"`, known);
    }
    const id = column.values.indexOf(value);
    if (id < 0) return mistake(`param "${param}" has no value "${value}"`, didYouMean(closest(value, column.values)));
    wanted.push({ read: rule.space.reader(column), id });
  }
  let found = -1;
  let count = 0;
  for (let i = 0; i < rule.space.size; i++) {
    if (!wanted.every(({ read, id }) => read(i) === id)) continue;
    if (count++ === 0) found = i;
  }
  if (count === 1) return { task: rule.firstTask + found, path: null };
  if (count === 0) return mistake(`rule "${name}" has no task with ${pairs.join(' ')}`, 'an "exclude" leaves it out');
  const example = Object.entries(paramsOf(rule, found)).map(([param, value]) => `${param}=${value}`);
  return mistake(
    `${[name, ...pairs].join(' ')} names ${countTasks(count)}`,
    `name one, such as ${name} ${example.join(' ')}`,
  );
}

/** Tasks that read a source file, by rule. `path` as `placedText` writes it. */
export function usersOf(
  { plan, files: { place } }: Pick<Session, 'plan' | 'files'>,
  path: string,
): { readonly rule: string; readonly tasks: number }[] {
  return plan.rules.flatMap((rule) => {
    const reading = new Uint8Array(rule.space.size);
    for (const { members, producers, paths, pathText } of rule.inputs) {
      const wanted = new Set<number>();
      for (let p = 0; p < paths.size; p++)
        if (producers[p] === -1 && isSamePath(pathText(p), path, place)) wanted.add(p);
      if (wanted.size === 0) continue;
      const readsGroup = new Map<number, boolean>();
      for (let i = 0; i < reading.length; i++) {
        if (members.kind === 'map') {
          if (wanted.has(members.pathOf(i))) reading[i] = 1;
          continue;
        }
        const group = members.groupOf(i);
        let reads = readsGroup.get(group);
        if (reads === undefined) {
          reads = members.members
            .subarray(members.offsets[group], members.offsets[group + 1])
            .some((p) => wanted.has(p));
          readsGroup.set(group, reads);
        }
        if (reads) reading[i] = 1;
      }
    }
    const tasks = reading.reduce((sum, r) => sum + r, 0);
    return tasks > 0 ? { rule: rule.rule.name, tasks } : [];
  });
}

function isSamePath(written: string, wanted: string, place: SpecPlace): boolean {
  return written === wanted || (/^(\/|\.\.\/)/.test(written) && placedText(written, place) === wanted);
}

/** More paths than this are not compared with a mistyped one. */
const MAX_PATHS = 300_000;
/** See MAX_NAMES in suggest.ts. */
const CHUNK = 5000;

function nearPath(plan: Plan, path: string): string | null {
  const winners: string[] = plan.rules.map((r) => r.rule.name);
  let chunk: string[] = [];
  const take = (): void => {
    const winner = closest(path, chunk);
    if (winner !== null) winners.push(winner);
    chunk = [];
  };
  let count = 0;
  const compare = (text: string): void => {
    if (count++ >= MAX_PATHS) return;
    chunk.push(text);
    if (chunk.length === CHUNK) take();
  };
  for (const { outputTexts, space, inputs } of plan.rules) {
    for (const text of outputTexts) for (let i = 0; i < space.size; i++) compare(text(i));
    for (const { producers, pathText } of inputs)
      producers.forEach((producer, p) => {
        if (producer < 0) compare(pathText(p));
      });
  }
  take();
  return closest(path, winners);
}

/** The rule of a task and its place in it. */
export function placeOf(plan: Plan, task: number): { readonly rule: PlannedRule; readonly index: number } {
  const rule = ruleOf(plan, task);
  return { rule, index: task - rule.firstTask };
}
