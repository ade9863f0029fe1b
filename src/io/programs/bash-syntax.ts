import { spawnSync } from 'node:child_process';
import * as report from '../../compile/report/report.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Rule } from '../../model/workflow.ts';
import { renderRuleFunctions } from '../../target/functions.ts';

/** Let bash read all commands without running them: `fi` without `if` shows now, not in the night. bash(1), -n. */
export function checkBashSyntax(rules: readonly Rule[]): Diagnostic[] {
  const all = bashComplaint(rules.map((r) => renderRuleFunctions(r)).join('\n'));
  if (all === null) return [];
  const diagnostics = rules.flatMap((rule) => {
    const complaint = bashComplaint(renderRuleFunctions(rule));
    return complaint === null ? [] : [report.bashSyntax(rule.runLocation, complaint)];
  });
  return diagnostics.length > 0 ? diagnostics : [report.bashSyntax(rules[0]!.runLocation, all)];
}

/**
 * What bash can't read in a text; null where it can read all. bash(1), -n. Not by `ask`: this is on the way of each run, and
 * loading what that takes costs ten times what bash does.
 */
export function bashComplaint(text: string): string | null {
  const { status, stderr, error } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' });
  if (error || status === 0) return null;
  const first = stderr.split('\n').find((line) => line !== '') ?? 'syntax error';
  return first.replace(/^.*?line \d+: /, '');
}
