import { type Diagnostic, hasErrors } from '../model/diagnostic.ts';
import { Located } from '../model/located.ts';
import type { Plan } from '../model/plan.ts';
import type { Location, SourceText } from '../model/source.ts';
import type { Spec } from '../model/spec.generated.ts';
import type { Context, Overrides, Reserved, SpecFiles } from './context.ts';
import { warnOfNearOutputs } from './link/near-outputs.ts';
import { MAX_TASKS, TooManyTuples } from './params/space.ts';
import { planWorkflow } from './plan.ts';
import * as report from './report/report.ts';
import { asIfOneTask, checkResources } from './rules/check-resources.ts';
import { warnOfHeavyImports } from './rules/heavy-imports.ts';
import { checkLists } from './rules/lists.ts';
import { normalize } from './rules/normalize.ts';
import { checkSchema } from './schema/schema.ts';
import { parseSource } from './text/source.ts';

export interface CompileOptions {
  readonly files: SpecFiles;
  readonly overrides: Overrides;
  /** Files that give values, that rules make, and that are as these rules left them; none unless told. */
  readonly known?: ReadonlySet<string>;
  /** What else is read or written beside the tasks: files that the command line names. */
  readonly reserved?: readonly Reserved[];
}

export interface Compiled {
  /** null where `diagnostics` holds an error. */
  readonly plan: Plan | null;
  /** What was read for it, and what else no task may write to. */
  readonly reserved: readonly Reserved[];
  /** In the order of their places. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The way of a spec, each phase pure. A phase goes on with what the ones before could read (see holes.ts), so that all
 * mistakes are told at once, and what only follows from one is not told as another:
 *
 *     text ──parseSource──▶ tree ──checkSchema──▶ Spec ──normalize──▶ Workflow ──planWorkflow──▶ Plan
 *          (syntax)              (keys, types)         (names)                  (tasks, edges, order)
 */
export function compile(source: SourceText, options: CompileOptions): Compiled {
  const { files, overrides, known = NONE, reserved: beside = [] } = options;
  const diagnostics: Diagnostic[] = [];
  const own = { what: 'the spec itself', isFolder: false, location: null };
  const reserved: Reserved[] = [{ path: source.file.slice(source.file.lastIndexOf('/') + 1), ...own }, ...beside];
  const done = (plan: Plan | null): Compiled => ({
    plan: hasErrors(diagnostics) ? null : plan,
    reserved,
    diagnostics: readable(diagnostics, source),
  });

  // 1. Text to tree: YAML's syntax, duplicate keys, aliases.
  const parsed = parseSource(source);
  // One by one: a file can hold more mistakes than a call takes arguments.
  for (const mistake of parsed.diagnostics) diagnostics.push(mistake);
  if (!parsed.root) return done(null);

  // 2. Tree to Spec: the JSON Schema.
  const checked = checkSchema(parsed.root);
  for (const mistake of checked.diagnostics) diagnostics.push(mistake);
  if (checked.root === null) return done(null);

  // 3. Spec to Workflow: names, values, paths, commands.
  const context: Context = { files, overrides, known, reserved, diagnostics, holes: checked.holes };
  try {
    const { workflow, drafts, unpreloaded, finder } = normalize(new Located<Spec>(checked.root), context);

    // 4. Workflow to Plan: tasks, edges from paths, order, targets. Where rules are missing, their paths are too: what
    // the others do wrong among themselves shows all the same.
    const plan = planWorkflow(workflow, context);

    // 5. What only all tasks together show.
    checkResources([...(plan?.rules ?? workflow.rules.map(asIfOneTask)), ...drafts.map(asIfOneTask)], diagnostics);
    if (!plan) return done(null);
    for (const rule of plan.rules) checkLists(rule, diagnostics);
    if (!hasErrors(diagnostics)) {
      warnOfNearOutputs(plan, files, diagnostics);
      warnOfHeavyImports(unpreloaded, plan.rules, { files, finder, diagnostics });
    }
    return done(plan);
  } catch (error) {
    if (!(error instanceof TooManyTuples)) throw error;
    diagnostics.push(report.tooManyTasks(null, null, error.size, [], MAX_TASKS));
    return done(null);
  }
}

const NONE: ReadonlySet<string> = new Set();

/** More than these no one reads; a value file of a million lines may hold a million mistakes. */
const MOST_DIAGNOSTICS = 100;

/** In source order, each once: what `defaults` do wrong would show again in every rule. */
function readable(diagnostics: readonly Diagnostic[], spec: SourceText): Diagnostic[] {
  const seen = new Set<string>();
  const once = inSourceOrder(diagnostics, spec).filter(({ location, message }) => {
    const key = `${location?.source.file}:${location?.start}:${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  if (once.length <= MOST_DIAGNOSTICS) return once;
  // Errors before warnings: a warning must not take the place of what stops the spec.
  const errors = once.filter((d) => d.severity === 'error');
  const shown = errors.length > 0 ? errors : once;
  const rest = once.length - Math.min(shown.length, MOST_DIAGNOSTICS);
  const more = report.moreMistakes(rest);
  return [...shown.slice(0, MOST_DIAGNOSTICS), { ...more, severity: shown[0]!.severity }];
}

/** The spec's own mistakes first, then those of other files and of the command line. */
function inSourceOrder(diagnostics: readonly Diagnostic[], spec: SourceText): Diagnostic[] {
  const files: SourceText[] = [spec];
  const rank = (location: Location | null): number => {
    if (!location) return Number.MAX_SAFE_INTEGER;
    if (!files.some((f) => f.file === location.source.file)) files.push(location.source);
    return files.findIndex((f) => f.file === location.source.file);
  };
  return diagnostics
    .map((d, i) => ({ d, i, file: rank(d.location), start: d.location?.start ?? 0 }))
    .sort((a, b) => a.file - b.file || a.start - b.start || a.i - b.i)
    .map(({ d }) => d);
}
