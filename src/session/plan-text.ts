import type { Edge, Plan } from '../model/plan.ts';
import type { Decisions } from '../resume/decide.ts';
import { REASONS } from '../resume/reason.ts';
import { writeOut } from '../terminal/streams.ts';
import { countTasks, formatCount, jsonText, paint, printable, type Style, table } from '../terminal/terminal.ts';
import { type CommonOptions, printDiagnostics } from './session.ts';
import { stagedJson, waitingLines } from './staged/words.ts';

/** Counts of one rule, as `wfc plan --json` gives them. */
export interface RuleCounts {
  readonly name: string;
  /** Tasks that the targets need. */
  readonly tasks: number;
  readonly run: number;
  readonly reasons: Readonly<Record<string, number>>;
}

export interface PlanCounts {
  readonly total: number;
  readonly run: number;
  readonly rules: readonly RuleCounts[];
}

/** Print the counts of a plan; with `--json` as one object, with `more` in it. */
export function printPlan(
  plan: Plan,
  decisions: Decisions,
  warnings: Parameters<typeof printDiagnostics>[0],
  options: CommonOptions,
  more: object = {},
): void {
  const counts = countPlan(plan, decisions);
  if (options.json) {
    const edges = plan.rules.flatMap((r) =>
      r.inputs.flatMap((input) => input.edges.map((edge) => edgeJson(edge, r.rule.name))),
    );
    writeOut(`${jsonText({ ...counts, edges, ...stagedJson(plan), ...more })}\n`);
    return;
  }
  printDiagnostics(warnings, options);
  writeOut(`${renderPlan(plan, counts, decisions, options)}\n`);
}

export function countPlan(plan: Plan, { reasons, runCount }: Decisions): PlanCounts {
  const rules = plan.rules.map((rule): RuleCounts => {
    const byReason = new Array<number>(REASONS.length).fill(0);
    let tasks = 0;
    for (let t = rule.firstTask; t < rule.firstTask + rule.space.size; t++) {
      if (plan.needed[t] === 0) continue;
      tasks++;
      byReason[reasons[t]!]!++;
    }
    const named = REASONS.flatMap((reason, r) => (r > 0 && byReason[r]! > 0 ? [[reason, byReason[r]!] as const] : []));
    return { name: rule.rule.name, tasks, run: tasks - byReason[0]!, reasons: Object.fromEntries(named) };
  });
  return { total: plan.neededCount, run: runCount, rules };
}

function edgeJson({ producer, shape, shared }: Edge, consumer: string): object {
  return { from: producer.name, to: consumer, shape, by: shared };
}

function renderPlan(plan: Plan, counts: PlanCounts, decisions: Decisions, { quiet, style }: CommonOptions): string {
  const rows = [
    ['tasks', 'to run', 'rule', 'why'],
    ...counts.rules.map((r) => [formatCount(r.tasks), formatCount(r.run), r.name, reasonWords(r)]),
    [formatCount(counts.total), formatCount(counts.run), 'total', ''],
  ];
  const lines = [table(rows, [true, true, false, false]), ...waitingLines(plan)];
  if (quiet) return lines.join('\n');
  const edges = edgeRows(plan);
  if (edges.length > 0) lines.push('', table([['edge', 'shape'], ...edges], [false, false]));
  const missing = [...new Set(decisions.missingSources.values())];
  if (missing.length > 0) lines.push('', missingWords(missing, decisions.missingSources.size, style));
  return lines.join('\n');
}

function reasonWords({ tasks, run, reasons }: RuleCounts): string {
  const entries = Object.entries(reasons);
  if (entries.length === 0) return tasks === 0 ? 'not needed' : run === 0 ? 'complete' : '';
  if (entries.length === 1) return entries[0]![0];
  return entries.map(([reason, n]) => `${reason} ${formatCount(n)}`).join(', ');
}

function edgeRows(plan: Plan): string[][] {
  const rows = new Map<string, string[]>();
  for (const rule of plan.rules) {
    for (const { producer, shape, shared } of rule.inputs.flatMap((i) => i.edges)) {
      const by = shape === 'block' ? ` by ${shared.join(', ')}` : '';
      rows.set(`${producer.name}\t${rule.rule.name}\t${shape}${by}`, [
        `${producer.name} -> ${rule.rule.name}`,
        shape + by,
      ]);
    }
  }
  const all = [...rows.values()];
  // A graph of thousands of single rules is no reading matter.
  return all.length > 60 ? [...all.slice(0, 60), [`and ${formatCount(all.length - 60)} more`, '']] : all;
}

export function missingWords(paths: readonly string[], tasks: number, style: Style): string {
  const shown = paths.slice(0, 10).map((p) => `  ${printable(p)}`);
  const more = paths.length > 10 ? [`  and ${formatCount(paths.length - 10)} more`] : [];
  const label = paint(style, ['bold', 'yellow'], 'missing');
  const head = `${label}: ${countTasks(tasks)} can't run, because no task makes these source files and they do not exist:`;
  return [head, ...shown, ...more].join('\n');
}
