import { longestTime, partitionsNamed, readSite, type Site } from '../io/slurm/site.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { type Plan, type PlannedRule, ruleOf } from '../model/plan.ts';
import type { Profile } from '../model/profile.ts';
import type { Rule } from '../model/workflow.ts';
import { hasRanks, taskResources } from '../plan/resources.ts';
import type { Session } from '../session/session.ts';
import { attemptsSeconds, RESERVE_SECONDS, SIGNAL_LEAD_SECONDS } from '../target/slurm/reserve.ts';
import { maxTimeOf } from '../target/slurm/stage-types.ts';
import { planStages, type SiteLimits, type Stage } from '../target/slurm/stages.ts';
import { requestOf } from '../target/slurm/units.ts';
import { countOf, formatCount, formatDuration } from '../terminal/terminal.ts';
import { fitProblems, profileBinds } from './site-fit.ts';

/** Where nothing is known of a site: Slurm's own default for arrays, and what most sites let a user queue. */
const DEFAULT_LIMITS: SiteLimits = { maxArraySize: 1001, maxSubmit: 1000, maxTimeSeconds: null };

export interface SlurmStages {
  readonly stages: readonly Stage[];
  readonly limits: SiteLimits;
  /** Why the site can't take them, and what to change. */
  readonly problems: readonly string[];
  /** What it takes, and what will come of that. */
  readonly warnings: readonly Diagnostic[];
}

export interface SlurmStagesOptions {
  /** Per task, 1 where the submission is to run it. */
  readonly included: Uint8Array;
  /** By rule, seconds that its tasks took before; empty where scripts must not depend on that. */
  readonly durations: ReadonlyMap<string, number>;
  readonly env: NodeJS.ProcessEnv;
}

/** The arrays for the tasks that are included. */
export async function slurmStages(
  { plan, profile }: Session,
  { included, durations, env }: SlurmStagesOptions,
): Promise<SlurmStages> {
  const site = await readSite(env);
  const limits = siteLimits(profile, site);
  const stages = planStages(plan, { included, limits, packing: profile.packing, durations });
  return {
    limits,
    stages,
    problems: stageProblems(plan, stages, { limits, profile, site }),
    warnings: timeWarnings(plan, stages, limits),
  };
}

/** A profile states what the site does not say; where both say something, the smaller number counts. */
export function siteLimits(profile: Profile, site: Site | null): SiteLimits {
  const { limits: stated, flags } = profile;
  const timeOf = (partition: string | null): number | null =>
    smaller(
      profileBinds(partition, profile) ? stated.maxTimeSeconds : null,
      site && longestTime(partitionsNamed(site, partition)),
    );
  return {
    maxArraySize: smaller(stated.maxArraySize, site?.maxArraySize ?? null) ?? DEFAULT_LIMITS.maxArraySize,
    // Many sites count what others have queued, too: more than the careful default takes a profile that says so.
    maxSubmit: smaller(stated.maxSubmit ?? DEFAULT_LIMITS.maxSubmit, site?.maxSubmit ?? null)!,
    maxTimeSeconds: timeOf(flags.get('partition') ?? null),
    maxTimeOfPartition: timeOf,
  };
}

/** The longest time that a job of a task may ask for, in seconds, by the profile and the site; null: not known. */
export async function longestTimes(
  profile: Profile,
  env: NodeJS.ProcessEnv,
): Promise<(rule: PlannedRule, taskIndex: number) => number | null> {
  const limits = siteLimits(profile, await readSite(env));
  return (rule, taskIndex) => maxTimeOf(requestOf(rule, taskIndex), limits);
}

function smaller(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

/** What bounds the arrays. */
interface Allowed {
  readonly limits: SiteLimits;
  readonly profile: Profile;
  readonly site: Site | null;
}

/** What the site can't take of these arrays, in words, each with what to change. */
export function stageProblems(plan: Plan, stages: readonly Stage[], { limits, profile, site }: Allowed): string[] {
  const queued = stages.filter((s) => !s.local);
  const problems: string[] = [];
  const elements = queued.reduce((n, s) => n + s.indices.length, 0);
  const highest = Math.max(0, ...queued.map((s) => s.indices.at(-1) ?? 0));
  const smallerPart = 'or run a part of it with --goal or --set';
  const packing =
    profile.packing.fuse === 'never' || profile.packing.tasksPerElement !== 'auto'
      ? 'set tasks_per_element and fuse to auto in the profile, '
      : '';
  if (elements + 1 > limits.maxSubmit) {
    const what = `the site lets you queue ${countOf(limits.maxSubmit, 'array element')}, and this takes ${formatCount(elements + 1)}`;
    problems.push(`${what}\n  hint: ${packing}raise max_submit in the profile if the site allows more, ${smallerPart}`);
  }
  if (highest >= limits.maxArraySize) {
    const what = `arrays of the site end at index ${formatCount(limits.maxArraySize - 1)}, and this takes ${formatCount(highest)}`;
    problems.push(
      `${what}\n  hint: ${packing}raise max_array_size in the profile if the site allows more, ${smallerPart}`,
    );
  }
  return [
    ...problems,
    ...rankProblems(plan, queued),
    ...timeProblems(plan, queued, limits, profile),
    ...fitProblems(queued, profile, site),
  ];
}

/** In one array all ask for the same: where tasks depend on each other across rules, arrays hold tasks of several rules. */
function rankProblems(plan: Plan, stages: readonly Stage[]): string[] {
  return stages.flatMap(({ request: { resources }, tasks }) => {
    if (!hasRanks(resources)) return [];
    const other = tasks.find((task) => {
      const { nodes, ranksPerNode } = taskResources(ruleOf(plan, task), task - ruleOf(plan, task).firstTask);
      return nodes !== resources.nodes || ranksPerNode !== resources.ranksPerNode;
    });
    if (other === undefined) return [];
    return `rule "${ruleOf(plan, other).rule.name}" would share an array with tasks of other "nodes" or "ranks_per_node", since tasks depend on each other across rules\n  hint: ask for the same in both, or run a part of it with --goal`;
  });
}

/** Each rule's longest task must fit into a job. */
function timeProblems(plan: Plan, stages: readonly Stage[], limits: SiteLimits, profile: Profile): string[] {
  const longest = new Map<string, { seconds: number; most: number }>();
  for (const { request, tasks } of stages) {
    const most = maxTimeOf(request, limits);
    if (most === null) continue;
    for (const task of tasks) {
      const rule = ruleOf(plan, task);
      const seconds = taskResources(rule, task - rule.firstTask).timeSeconds ?? 0;
      const { name } = rule.rule;
      if (seconds > Math.max(most, longest.get(name)?.seconds ?? 0)) longest.set(name, { seconds, most });
    }
  }
  return [...longest].map(([name, { seconds, most }]) => {
    const ofProfile = most === profile.limits.maxTimeSeconds;
    return `a task of rule "${name}" may take ${formatDuration(seconds)}, and a job at most ${formatDuration(most)} (${ofProfile ? 'max_time of the profile' : 'the limit of the partition'})\n  hint: lower "time" of the rule, or ${ofProfile ? 'raise max_time in the profile if the site allows more' : 'name a partition with a longer limit, in the profile or in resources.slurm of the rule'}`;
  });
}

/**
 * A task of just the longest time that a job may ask for is common, and runs: but the job's end is near before the task's
 * own limit is, and whoever wonders what stopped it should have been told.
 */
function timeWarnings(plan: Plan, stages: readonly Stage[], limits: SiteLimits): Diagnostic[] {
  const warned = new Map<string, Diagnostic>();
  for (const { request, tasks, local } of stages) {
    const most = local ? null : maxTimeOf(request, limits);
    if (most === null) continue;
    for (const task of tasks) {
      const { rule, firstTask } = ruleOf(plan, task);
      if (warned.has(rule.name)) continue;
      const seconds = taskResources(ruleOf(plan, task), task - firstTask).timeSeconds;
      // One that does not fit at all is refused.
      if (seconds === null || seconds > most) continue;
      // One with a checkpoint goes on.
      if (rule.checkpoint !== null || attemptsSeconds(seconds, rule.retries) + RESERVE_SECONDS <= most) continue;
      warned.set(rule.name, timeWarning(rule, seconds, most));
    }
  }
  return [...warned.values()];
}

function timeWarning({ name, retries }: Rule, seconds: number, most: number): Diagnostic {
  const what =
    retries === 0 ? `the "time" of rule "${name}"` : `${retries + 1} attempts of the "time" of rule "${name}"`;
  const each = Math.floor((most - RESERVE_SECONDS - attemptsSeconds(0, retries)) / (1 + retries) / 60);
  const fits = each > 0 ? `"time" up to ${each} min fits${retries === 0 ? '' : ', or fewer retries'}; else ` : '';
  return {
    severity: 'warning',
    message: `${what} (${formatDuration(seconds)}) and what a job needs besides (${formatDuration(RESERVE_SECONDS)}) are more than the ${formatDuration(most)} that a job may take: a task that takes so long is stopped up to ${formatDuration(SIGNAL_LEAD_SECONDS * 2)} before the job's limit`,
    location: null,
    hint: `${fits}let the command save its work, or name a partition with a longer limit`,
  };
}
