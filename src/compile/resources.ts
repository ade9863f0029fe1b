import type { Diagnostic } from '../model/diagnostic.ts';
import type { Plan, PlannedRule, RuleTasks } from '../model/plan.ts';
import type { Resources, ValueSource, ValueTemplate } from '../model/workflow.ts';
import { formatValue } from './paths.ts';
import { parseCpus, parseGpus, parseMemoryMiB, parseTimeSeconds } from './quantities.ts';
import * as report from './report.ts';

/** The text of a value template for one task. */
export function renderValue(value: ValueTemplate, tasks: RuleTasks, taskIndex: number): string {
  return value.template.tokens
    .map((token, i) => (token.kind === 'text' ? token.text : sourceText(value.sources.get(i), tasks, taskIndex)))
    .join('');
}

function sourceText(source: ValueSource | undefined, { space }: RuleTasks, taskIndex: number): string {
  if (source?.kind === 'constant') return source.text;
  if (source?.kind === 'param')
    return formatValue(source.column.values[space.valueId(taskIndex, source.column)]!, source.pad);
  throw new Error('internal error: resources take params and constants only');
}

const DEFAULT_RESOURCES: Resources = { cpus: 1, memoryMiB: null, timeSeconds: null, gpus: 0, gpuType: null };

/** What a task asks for; `onBad` is told of a text that is no quantity. */
export function taskResources(
  tasks: RuleTasks,
  taskIndex: number,
  onBad: (name: string, value: ValueTemplate, text: string) => void = () => {},
): Resources {
  const { cpus, mem, time, gpus } = tasks.rule.resources;
  const read = <T>(name: string, value: ValueTemplate | null, parse: (text: string) => T | null, otherwise: T): T => {
    if (!value) return otherwise;
    const text = renderValue(value, tasks, taskIndex);
    const parsed = parse(text);
    if (parsed === null) onBad(name, value, text);
    return parsed ?? otherwise;
  };
  const escalation = tasks.escalations?.get(taskIndex);
  const gpu = read('gpus', gpus, parseGpus, { count: 0, type: null });
  return {
    cpus: read('cpus', cpus, parseCpus, DEFAULT_RESOURCES.cpus),
    memoryMiB: escalation?.memoryMiB ?? read<number | null>('mem', mem, parseMemoryMiB, null),
    timeSeconds: escalation?.timeSeconds ?? read<number | null>('time', time, parseTimeSeconds, null),
    gpus: gpu.count,
    gpuType: gpu.type,
  };
}

/** Whether a rule's resources are the same for all its tasks. */
export function hasFixedResources({ rule }: RuleTasks): boolean {
  const { cpus, mem, time, gpus } = rule.resources;
  return [cpus, mem, time, gpus].every((v) => v === null || [...v.sources.values()].every((s) => s.kind !== 'param'));
}

/** Every quantity of every task must be one. A text is reported once per place. */
export function checkResources(plan: Plan, diagnostics: Diagnostic[]): void {
  for (const rule of plan.rules) checkRule(rule, diagnostics);
}

function checkRule(rule: PlannedRule, diagnostics: Diagnostic[]): void {
  const reported = new Set<string>();
  const count = hasFixedResources(rule) ? Math.min(1, rule.space.size) : rule.space.size;
  for (let i = 0; i < count; i++) {
    taskResources(rule, i, (name, value, text) => {
      if (!reported.has(name)) diagnostics.push(report.badResource(value.location, name, text));
      reported.add(name);
    });
    checkFlags(rule, i, reported, diagnostics);
  }
}

/** What goes into a line of a batch script stays in that line. */
function checkFlags(rule: PlannedRule, i: number, reported: Set<string>, diagnostics: Diagnostic[]): void {
  const { slurm, slurmExtra } = rule.rule.resources;
  for (const value of [...slurm.values(), ...slurmExtra]) {
    const text = renderValue(value, rule, i);
    if (!/[\u0000-\u001f\u007f]/.test(text) || reported.has(text)) continue;
    reported.add(text);
    diagnostics.push(report.controlInValue(value.location, 'resources.slurm', text));
  }
}
