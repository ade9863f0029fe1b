import type { Failure, RunResult } from '../../execute/result.ts';
import { ruleOf } from '../../model/plan.ts';
import { type CommonOptions, type Outlook, openRunnable, type Session } from '../session.ts';
import { givenWords } from './words.ts';

/** What a run came to before the tasks of its present stage were known. */
export interface Earlier {
  readonly done: number;
  readonly unchanged: number;
  readonly seconds: number;
  /** Of the first stage's journal; null where this is the first one. */
  readonly number: number | null;
  /** Of `--force`, what named tasks of those stages: these ran, once. */
  readonly forced: ReadonlySet<string>;
  /** Of those stages, by name. */
  readonly failures: ReadonlyMap<string, Failure>;
}

export const NOTHING_YET: Earlier = {
  number: null,
  done: 0,
  unchanged: 0,
  seconds: 0,
  forced: new Set(),
  failures: new Map(),
};

export interface NextStage {
  readonly next: Session;
  readonly earlier: Earlier;
  /** What is known now, for a person. */
  readonly words: string;
}

/** The same spec with what its rules have made by now; null where no more is known, or the run is to end here. */
export function nextStage(
  session: Session,
  result: RunResult,
  earlier: Earlier,
  options: CommonOptions & { readonly force: readonly string[]; readonly keepGoing: boolean },
): NextStage | 'bad spec' | null {
  const { plan } = session;
  if (plan.staged.waiting.length === 0 || result.outcome === 'interrupted') return null;
  if (result.outcome === 'failed' && !options.keepGoing) return null;
  const isHere = (text: string): boolean =>
    plan.rules.some((r) => r.rule.name === text) || plan.findPath(text) !== null;
  const forced = new Set([...earlier.forced, ...options.force.filter(isHere)]);
  const next = openRunnable({ ...options, force: options.force.filter((text) => !forced.has(text)) });
  if (!next) return 'bad spec';
  const before = new Set(plan.staged.sources.flatMap(({ path, isKnown }) => (isKnown ? path : [])));
  const given = next.plan.staged.sources.filter(({ path, isKnown }) => isKnown && !before.has(path));
  if (given.length === 0) return null;
  const failures = new Map(
    result.failures.map((failure) => {
      const rule = ruleOf(plan, failure.task);
      return [rule.outputTexts[0]!(failure.task - rule.firstTask), failure];
    }),
  );
  const sum = total(result, earlier);
  return {
    next,
    words: givenWords(next.plan, given),
    earlier: {
      number: earlier.number,
      done: sum.counts.done,
      unchanged: sum.unchanged,
      seconds: sum.seconds,
      forced,
      failures,
    },
  };
}

/** What all stages came to together. */
export function total(result: RunResult, { done, unchanged, seconds }: Earlier): RunResult {
  const { counts } = result;
  return {
    ...result,
    counts: { ...counts, total: counts.total + done, done: counts.done + done },
    unchanged: result.unchanged + unchanged,
    seconds: result.seconds + seconds,
  };
}

/** What was to run in all stages. */
export function totalOutlook(outlook: Outlook, { done }: Earlier): Outlook {
  return { ...outlook, decisions: { ...outlook.decisions, runCount: outlook.decisions.runCount + done } };
}
