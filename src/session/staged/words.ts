import { countOf } from '../../model/counts.ts';
import { type Plan, ruleOf } from '../../model/plan.ts';
import type { StagedSource } from '../../model/workflow.ts';
import { printable } from '../../terminal/terminal.ts';

/** Who waits for which files, a line for those that wait for the same ones; none where nothing waits. */
export function waitingLines(plan: Plan): string[] {
  const byFiles = new Map<string, string[]>();
  for (const { rule, sources } of plan.staged.waiting) {
    const files = sources.map(({ path }) => {
      const maker = makerOf(plan, path);
      return maker === null ? path : `${path}, which ${maker} makes`;
    });
    const words = files.join(', and ');
    byFiles.set(words, [...(byFiles.get(words) ?? []), rule.name]);
  }
  return [...byFiles].map(([files, names]) =>
    printable(`${names.join(', ')} ${names.length === 1 ? 'waits' : 'wait'} for ${files}`),
  );
}

/** The rule that makes a file which gives values; null where that can't be told. */
function makerOf(plan: Plan, path: string): string | null {
  const made = plan.findPath(path);
  if (made) return ruleOf(plan, made.task).rule.name;
  return plan.workflow.staged.waiting.find((rule) => rule.mayMake(path))?.rule.name ?? null;
}

/** What files gave, once they were there: `sites.txt: 12 values of site`. */
export function givenWords(plan: Plan, sources: readonly StagedSource[]): string {
  return sources.map((source) => `${source.path}: ${rowsWords(plan, source)}`).join(', ');
}

function rowsWords({ workflow }: Plan, { gives }: StagedSource): string {
  const factor = workflow.relation.factors.find((f) => f.name === gives)!;
  return factor.kind === 'axis'
    ? `${countOf(factor.rowCount, 'value')} of ${gives}`
    : `${countOf(factor.rowCount, 'row')} of ${gives}`;
}

/** For `--json`: nothing where no values come from what rules make, so that other specs tell nothing of it. */
export function stagedJson(plan: Plan): object {
  const { sources, waiting } = plan.staged;
  if (sources.length === 0) return {};
  return {
    staged: sources.map(({ path, gives, isKnown }) => ({
      file: path,
      gives,
      rule: makerOf(plan, path),
      known: isKnown,
    })),
    waiting: waiting.map((w) => ({ rule: w.rule.name, for: w.sources.map(({ path }) => path) })),
  };
}
