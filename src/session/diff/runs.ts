import type { ResultFile } from '../../io/files/result-file.ts';
import { readJournals } from '../../io/state/journal.ts';
import { filesThen, keptRuns, type NumberedRun, readKeptRun } from '../../io/state/kept-runs.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { type PlannedResult, ruleOf } from '../../model/plan.ts';
import { rememberedWords } from '../remember.ts';
import { type ResultSource, resultsHere } from '../results/read-results.ts';
import { AS_THEY_ARE, type CommonOptions, openSession, type Session } from '../session.ts';

/** An earlier run, and when the next one began: what was made since is not of it. */
export interface RunSide extends NumberedRun {
  readonly untilMs: number;
  readonly later: readonly NumberedRun[];
}

/** `last`, `last~2` or the number of a run, as logs head their attempts with. */
export function namesRun(text: string): boolean {
  return /^(?:last(?:~\d+)?|\d+)$/.test(text);
}

export function findRun(named: string, { state }: Session): RunSide | { readonly kept: readonly NumberedRun[] } {
  const kept = keptRuns(state.root).flatMap((number): NumberedRun[] => {
    const run = readKeptRun(state.root, number);
    return run === null ? [] : [{ number, run }];
  });
  const back = /^last(?:~(\d+))?$/.exec(named);
  const at = back ? kept.length - 1 - Number(back[1] ?? 0) : kept.findIndex(({ number }) => number === Number(named));
  const found = kept[at];
  if (!found) return { kept };
  const later = kept.slice(at + 1);
  return { ...found, later, untilMs: later[0]?.run.beganMs ?? Number.POSITIVE_INFINITY };
}

/** The spec as that run had it, with what it read and what it was told. */
export function openRun(
  { number, run }: NumberedRun,
  here: Session,
  options: CommonOptions,
): Session | { diagnostics: readonly Diagnostic[] } {
  const { set, goal, config, spec } = run.options;
  return openSession({
    ...options,
    settings: set,
    goals: goal,
    configs: [],
    reading: {
      ...AS_THEY_ARE,
      spec: { source: { file: `run ${number}:${spec}`, text: run.specText }, folder: here.spec.folder },
      configs: config.map((file, i) => ({ file, text: run.configs[i]! })),
      specFiles: (folder) => filesThen(run, AS_THEY_ARE.specFiles(folder)),
      known: new Set(run.known),
    },
  });
}

/** `run 2 of 2026-11-29 03:05 (--set seed=0)`, and what of it was not kept. */
export function runWords({ number, run }: NumberedRun): string {
  const words = rememberedWords(run.options);
  const when = new Date(run.beganMs).toISOString().slice(0, 16).replace('T', ' ');
  return `run ${number} of ${when} UTC${words === '' ? '' : ` (${words})`}`;
}

/** The results as they stood when the next run began: by its file where that is older, else as a later run found it. */
export function resultsThen(session: Session, { untilMs, later }: RunSide, planned: PlannedResult): ResultSource {
  const { plan, disk, state } = session;
  const { column } = planned.result;
  const records = readJournals(state.journals)?.records;
  const { read } = resultsHere(session, { reasons: new Uint8Array(plan.taskCount) });
  const before = new Map<string, number | null>();
  for (const { run } of later)
    for (const [path, of, mtimeMs, value] of run.replaced ?? [])
      if (of === column && mtimeMs < untilMs && !before.has(path)) before.set(path, value);
  const isOfThen = (maker: number, path: string): boolean => {
    const { outputTexts, firstTask } = ruleOf(plan, maker);
    const file = records?.has(outputTexts[0]!(maker - firstTask)) ? disk.stat(path) : null;
    return file !== null && file.mtimeMs < untilMs;
  };
  return {
    counts: (maker, path) => before.has(path()) || isOfThen(maker, path()),
    read: (path): ResultFile => {
      if (!before.has(path)) return read(path);
      return { kind: 'rows', rows: [new Map([[column, before.get(path)!]])] };
    },
  };
}
