import type { Diagnostic } from '../model/diagnostic.ts';
import type { Plan, PlannedRule } from '../model/plan.ts';
import * as report from './report.ts';
import { hasFixedResources, isFixed, renderValue, taskResources } from './resources.ts';
import { checkExtra, checkFlagName, checkLine, extraText } from './sbatch-flags.ts';

/** Every quantity of every task must be one, and every flag one of the user's. A text is reported once per place. */
export function checkResources(plan: Plan, diagnostics: Diagnostic[]): void {
  for (const rule of plan.rules) {
    checkQuantities(rule, diagnostics);
    checkFlags(rule, diagnostics);
  }
}

function checkQuantities(rule: PlannedRule, diagnostics: Diagnostic[]): void {
  const reported = new Set<string>();
  const count = hasFixedResources(rule) ? Math.min(1, rule.space.size) : rule.space.size;
  for (let i = 0; i < count; i++) {
    taskResources(rule, i, (name, value, text) => {
      if (!reported.has(name)) diagnostics.push(report.badResource(value.location, name, text));
      reported.add(name);
    });
  }
}

function checkFlags(rule: PlannedRule, diagnostics: Diagnostic[]): void {
  const { slurm, slurmExtra } = rule.rule.resources;
  for (const [name, value] of slurm) checkFlagName(name, value.location, diagnostics);
  for (const value of [...slurm.values(), ...slurmExtra]) {
    const isExtra = slurmExtra.includes(value);
    const count = isFixed(value) ? Math.min(1, rule.space.size) : rule.space.size;
    const before = diagnostics.length;
    // The first task that has something wrong speaks for all.
    for (let i = 0; i < count && diagnostics.length === before; i++) {
      const text = isExtra ? extraText(value, rule, i) : renderValue(value, rule, i);
      if (checkLine(value.location, 'resources.slurm', text, diagnostics) && isExtra)
        checkExtra(text, value.location, diagnostics);
    }
  }
}
