import type { Diagnostic } from '../../model/diagnostic.ts';
import { type Plan, type RuleTasks, taskName } from '../../model/plan.ts';
import type { Profile } from '../../model/profile.ts';
import type { Location } from '../../model/source.ts';
import type { Rule } from '../../model/workflow.ts';
import { hasFixedResources, isFixed, renderValue, taskResources } from '../../plan/resources.ts';
import * as report from '../report/report.ts';
import { checkExtra, checkLine, clashingFlags, extraFlags, extraText } from './sbatch-flags.ts';

/** A rule whose tasks can't be told, as if it had one: good for finding mistakes in its resources. */
export function asIfOneTask(rule: Rule): RuleTasks {
  const first = (): number => 0;
  return {
    rule,
    firstTask: 0,
    space: { columns: [], size: 1, valueId: first, reader: () => first, finder: () => first },
  };
}

/** Every quantity of every task must be one, and every flag one of the user's. A text is reported once per place. */
export function checkResources(rules: readonly RuleTasks[], diagnostics: Diagnostic[]): void {
  for (const rule of rules) {
    checkQuantities(rule, diagnostics);
    checkWarning(rule, diagnostics);
    checkFlags(rule, diagnostics);
    const own = flagsOf(rule);
    const clash = clashingFlags({ flags: new Set(own.keys()), ...asksFor(rule) });
    if (clash) diagnostics.push(report.clashingFlags(own.get(clash.second)!, clash, null));
  }
}

/** Flags of a profile and of a rule that sbatch refuses together. What is wrong with one of them alone is told there. */
export function checkProfileFlags(plan: Plan, { file, flags, extra }: Profile): Diagnostic[] {
  const ofProfile = [...flags.keys(), ...extraFlags(extra)];
  return plan.rules.flatMap((rule) => {
    const own = flagsOf(rule);
    const clash = clashingFlags({ flags: new Set([...ofProfile, ...own.keys()]), ...asksFor(rule) });
    if (!clash) return [];
    const { mem, gpus } = rule.rule.resources;
    const from = clash.first === 'mem' ? mem : clash.first === 'gres=gpu' ? gpus : null;
    const location = own.get(clash.second) ?? own.get(clash.first) ?? from?.location ?? rule.rule.location;
    return report.clashingFlags(location, clash, file);
  });
}

/** The flags of a rule by long names, with where they stand. */
function flagsOf(rule: RuleTasks): Map<string, Location> {
  const { slurm, slurmExtra } = rule.rule.resources;
  const flags = new Map([...slurm].map(([name, value]) => [name, value.location]));
  // Of entries that vary by task, the first task's stand for all.
  for (const value of rule.space.size === 0 ? [] : slurmExtra)
    for (const name of extraFlags([extraText(value, rule, 0)])) flags.set(name, value.location);
  return flags;
}

function asksFor(rule: RuleTasks): { memory: boolean; gpus: boolean } {
  const count = hasFixedResources(rule) ? Math.min(1, rule.space.size) : rule.space.size;
  let gpus = false;
  for (let i = 0; i < count && !gpus && rule.rule.resources.gpus; i++) gpus = taskResources(rule, i).gpus > 0;
  return { memory: rule.rule.resources.mem !== null, gpus };
}

function checkQuantities(rule: RuleTasks, diagnostics: Diagnostic[]): void {
  const reported = new Set<string>();
  const count = hasFixedResources(rule) ? Math.min(1, rule.space.size) : rule.space.size;
  for (let i = 0; i < count; i++) {
    const { nodes, tasksPerGpu } = taskResources(rule, i, (name, value, text) => {
      if (!reported.has(name)) diagnostics.push(report.badResource(value.location, name, text));
      reported.add(name);
    });
    const { local, name, resources } = rule.rule;
    if (local && nodes > 1 && !reported.has('nodes')) {
      diagnostics.push(report.localOnNodes(resources.nodes!.location, name, nodes));
      reported.add('nodes');
    }
    if (tasksPerGpu > 1 && computesWithGpus(rule.rule) && !reported.has('gpus')) {
      diagnostics.push(report.notInteger(rule.rule.runLocation, '{resources.gpus}', String(1 / tasksPerGpu)));
      reported.add('gpus');
    }
  }
}

/** A task must have begun before it is warned. */
function checkWarning(rule: RuleTasks, diagnostics: Diagnostic[]): void {
  const { checkpoint, resources, name } = rule.rule;
  if (checkpoint === null) return;
  if (resources.time === null) {
    diagnostics.push(report.checkpointWithoutTime(checkpoint.location, name));
    return;
  }
  const count = hasFixedResources(rule) ? Math.min(1, rule.space.size) : rule.space.size;
  for (let i = 0; i < count; i++) {
    const { timeSeconds } = taskResources(rule, i);
    if (timeSeconds === null || checkpoint.warnSeconds < timeSeconds) continue;
    diagnostics.push(
      report.warnTooLong(checkpoint.warnLocation, checkpoint.warnSeconds, timeSeconds, taskName(rule, i)),
    );
    return;
  }
}

function computesWithGpus({ command }: Rule): boolean {
  return command.bindings.some(
    ({ source, integer }) => integer && source.kind === 'resource' && source.field === 'gpus',
  );
}

function checkFlags(rule: RuleTasks, diagnostics: Diagnostic[]): void {
  const { slurm, slurmExtra } = rule.rule.resources;
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
