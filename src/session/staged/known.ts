import { type Compiled, type CompileOptions, compile } from '../../compile/compile.ts';
import { planOfTasks } from '../../compile/plan.ts';
import type { Plan } from '../../model/plan.ts';
import type { SourceText } from '../../model/source.ts';
import { decide, type Present } from '../../resume/decide.ts';

/**
 * Compile a spec with all values that are known: those of files that rules make count where their tasks are complete by
 * what `wfc resume` would say, and a stale list never does. So a spec is compiled once more for each list that another
 * list leads to; one without such files just once.
 *
 * @param present what is known of past and present, for a plan
 * @param lists `as they stand`: stale ones count, too, for who wants to know what may be
 */
export function compileKnown(
  source: SourceText,
  options: Omit<CompileOptions, 'known'>,
  present: (plan: Plan) => Present,
  lists: 'complete' | 'as they stand' = 'complete',
): Compiled {
  const known = new Set<string>();
  for (;;) {
    const compiled = compile(source, { ...options, known: new Set(known) });
    const { plan } = compiled;
    if (!plan) return compiled;
    const before = known.size;
    const found = lists === 'complete' ? completeFiles(plan, present) : presentFiles(plan, options);
    for (const path of found) known.add(path);
    if (known.size === before) return compiled;
  }
}

/** Of the files that give values and were not read, those that are there. */
function presentFiles({ workflow }: Plan, { files }: Pick<CompileOptions, 'files'>): string[] {
  return workflow.staged.sources.flatMap(({ path, isKnown }) =>
    !isKnown && files.kind(path) === 'file' ? [path] : [],
  );
}

/** Of the files that give values and were not read, those whose tasks are complete. */
function completeFiles(plan: Plan, present: (plan: Plan) => Present): string[] {
  const { sources, waiting } = plan.workflow.staged;
  const unread = sources.filter(({ isKnown }) => !isKnown).map(({ path }) => ({ path, made: plan.findPath(path) }));
  if (unread.length === 0) return [];
  const part = planOfTasks(
    plan,
    unread.flatMap(({ made }) => (made ? [made.task] : [])),
  );
  const { reasons, unchecked } = decide(part, present(part));
  return unread.flatMap(({ path, made }) => {
    // That it looks like an output means nothing where no task has just this one.
    if (!made) return waiting.some((rule) => rule.mayMake(path)) ? [] : [path];
    // A check that is to run first may fail; a run runs it, and records that it passed.
    return reasons[made.task] === 0 && unchecked.length === 0 ? [path] : [];
  });
}
