import { basename } from 'node:path';
import { readUtf8 } from '../../io/files/spec-file.ts';
import { keepRun, type ReplacedResult, readKeptRun } from '../../io/state/kept-runs.ts';
import type { LastRun } from '../../io/state/last-run.ts';
import { ruleOf } from '../../model/plan.ts';
import { numberIn, resultsHere } from '../results/read-results.ts';
import type { CommonOptions, Outlook, Session } from '../session.ts';

/** More results are not read before a run. */
const MOST_REPLACED = 20_000;

/**
 * Keep what a run begins with, so that `wfc diff` can tell later what has changed since: the spec, what it reads, its code,
 * and the results that the run is to make anew. `number`: of its journal, or that of its first stage. Throws the errors of the file system.
 */
export function keepForDiff(
  session: Session,
  outlook: Outlook,
  { number, isLaterStage }: { readonly number: number; readonly isLaterStage: boolean },
  remembered: LastRun,
  { configs }: CommonOptions,
): void {
  const { spec, plan, files, state } = session;
  // Code is read for its content alone, and not by what compiles.
  for (const path of new Set(plan.rules.flatMap(({ rule }) => rule.code))) files.readText(path);
  const texts = configs.map((file) => {
    const read = readUtf8(file);
    return 'text' in read ? read.text : '';
  });
  // An earlier stage of the same run knew less.
  const earlier = isLaterStage ? readKeptRun(state.root, number) : null;
  const replaced = replacedResults(session, outlook);
  keepRun(state.root, number, {
    beganMs: earlier?.beganMs ?? Date.now(),
    options: { ...remembered, spec: basename(spec.source.file) },
    specText: spec.source.text,
    configs: texts,
    known: plan.workflow.staged.sources.flatMap(({ path, isKnown }) => (isKnown ? path : [])),
    replaced: earlier === null ? replaced : earlier.replaced && replaced && [...earlier.replaced, ...replaced],
    ...files.copies(),
  });
}

/** Of the tasks that are to run and have succeeded before. */
function replacedResults(session: Session, { decisions, history }: Outlook): ReplacedResult[] | null {
  const { plan, disk } = session;
  if (plan.results.length === 0 || history === null) return [];
  const { read } = resultsHere(session, decisions);
  const found: ReplacedResult[] = [];
  for (const { result, makers, pathText } of plan.results) {
    for (const [p, maker] of makers.entries()) {
      if (plan.needed[maker] === 0 || decisions.reasons[maker] === 0) continue;
      const { outputTexts, firstTask } = ruleOf(plan, maker);
      if (!history.records.has(outputTexts[0]!(maker - firstTask))) continue;
      const path = pathText(p);
      const state = disk.stat(path);
      if (state === null) continue;
      if (found.length === MOST_REPLACED) return null;
      const number = numberIn(read(path), result.column);
      if ('value' in number)
        found.push([path, result.column, state.mtimeMs, Number.isFinite(number.value) ? number.value : null]);
    }
  }
  return found;
}
