import { extraValues } from '../compile/rules/sbatch-flags.ts';
import { type NodeKind, type Partition, partitionsNamed, type Site } from '../io/slurm/site.ts';
import type { Profile } from '../model/profile.ts';
import { cpusPerNode } from '../plan/resources.ts';
import { gpusPerNode, type Stage } from '../target/slurm/stage-types.ts';
import { countOf, formatCount } from '../terminal/terminal.ts';
import { gpuCount, largestOf, memoryText, nodeText } from './largest-node.ts';

/** What one element asks of its nodes, in all its lanes. */
interface Ask {
  readonly lanes: number;
  readonly nodes: number;
  readonly ranksPerNode: number;
  /** Of each node, as all that follows. */
  readonly cpus: number;
  /** null where it does not say: then Slurm decides. */
  readonly memoryMiB: number | null;
  readonly gpus: number;
  readonly gpuType: string | null;
}

/** Partitions of the site are listed in a message up to this many. */
const LISTED = 8;

/**
 * Of each array that can never start, since no node has what an element asks for: the rules, what they ask for, and the
 * largest that there is. Where neither the site nor the profile says anything of its partition, nothing is refused.
 */
export function fitProblems(stages: readonly Stage[], profile: Profile, site: Site | null): string[] {
  const problems = stages.flatMap((stage) => {
    const ask = askOf(stage);
    const named = partitionOf(stage, profile);
    // Nothing is known here of another cluster.
    if (named === undefined) return [];
    const words = `${ruleWords(stage.rules)} asks`;
    const over = profileBinds(named, profile) ? overProfile(ask, profile) : [];
    if (over.length > 0) {
      const [asked, most, key] = over[0]!;
      return `${words} for ${asked}, and a job may ask for ${most} (${key} of the profile)\n  hint: ${lower(ask)}raise ${key} in the profile if the site allows more`;
    }
    if (site === null) return [];
    const partitions = partitionsNamed(site, named);
    const kinds = partitions.flatMap((partition) => partition.kinds);
    const hasNodes = partitions.some((partition) => nodesFor(ask, partition) >= ask.nodes);
    // One that sinfo does not show may have anything.
    const isKnown = kinds.length > 0 && (named === null || partitions.length === named.split(',').length);
    if (!isKnown || hasNodes) return [];
    return `${words} for ${tooMuch(ask, partitions)} in partition ${partitions.map(({ name }) => `"${name}"`).join(' or ')}\n  hint: ${lower(ask)}name another partition, in the profile or in resources.slurm of the rule; the site has ${siteText(site)}`;
  });
  return [...new Set(problems)];
}

function askOf(stage: Stage): Ask {
  const { request, lanes } = stage;
  const { memoryMiB, gpuType, nodes, ranksPerNode } = request.resources;
  return {
    ...{ lanes, nodes, ranksPerNode, gpuType, gpus: gpusPerNode(stage) },
    cpus: cpusPerNode(request.resources) * lanes,
    memoryMiB: memoryMiB === null ? null : memoryMiB * lanes,
  };
}

/** The partitions that the job names, as sbatch takes them; null for the default; undefined on another cluster. */
function partitionOf({ request }: Stage, profile: Profile): string | null | undefined {
  const asked = new Map([
    ...profile.flags,
    ...request.flags,
    ...extraValues(profile.extra),
    ...extraValues(request.extra),
  ]);
  return asked.has('clusters') ? undefined : (asked.get('partition') ?? null);
}

/** Limits that stand beside a partition are those of that partition. */
export function profileBinds(partition: string | null, { flags }: Pick<Profile, 'flags'>): boolean {
  const own = flags.get('partition');
  return own === undefined || own === partition;
}

/** What passes a limit of the profile: what is asked for, the most, and the limit's key. */
function overProfile(ask: Ask, { limits }: Profile): [asked: string, most: string, key: string][] {
  const { maxCpus, maxMemoryMiB, maxGpus } = limits;
  const over: [string, string, string][] = [];
  if (maxCpus !== null && ask.cpus > maxCpus) over.push([cpuWords(ask), countOf(maxCpus, 'CPU'), 'max_cpus']);
  if (maxMemoryMiB !== null && ask.memoryMiB !== null && ask.memoryMiB > maxMemoryMiB)
    over.push([memoryWords(ask), memoryText(maxMemoryMiB), 'max_mem']);
  if (maxGpus !== null && ask.gpus > maxGpus) over.push([gpuWords(ask), countOf(maxGpus, 'GPU'), 'max_gpus']);
  return over;
}

/** Nodes of a partition that have what is asked of each, as far as it gives them to one job. */
function nodesFor(ask: Ask, { kinds, maxNodes }: Partition): number {
  const fitting = kinds.filter((kind) => fits(ask, kind)).reduce((sum, { nodes }) => sum + nodes, 0);
  return Math.min(fitting, maxNodes ?? Number.POSITIVE_INFINITY);
}

function fits(ask: Ask, kind: NodeKind): boolean {
  return ask.cpus <= kind.cpus && hasMemory(ask, kind) && hasGpus(ask, kind);
}

function hasMemory({ memoryMiB }: Ask, kind: NodeKind): boolean {
  // Without RealMemory in slurm.conf(5) a node has 1 MiB: nothing is known of it.
  return memoryMiB === null || kind.memoryMiB <= 1 || memoryMiB <= kind.memoryMiB;
}

function hasGpus({ gpus, gpuType }: Ask, kind: NodeKind): boolean {
  if (gpuType === null) return gpus <= gpuCount(kind);
  const wanted = gpuType.toLowerCase();
  return [...kind.gpus].some(([type, count]) => type.toLowerCase() === wanted && gpus <= count);
}

/** What no node has, of what is asked for: each thing for itself, or all together. */
function tooMuch(ask: Ask, partitions: readonly Partition[]): string {
  const kinds = partitions.flatMap((partition) => partition.kinds);
  const largest = largestOf(kinds);
  if (kinds.some((kind) => fits(ask, kind))) {
    const most = Math.max(...partitions.map((partition) => nodesFor(ask, partition)));
    return `${countOf(ask.nodes, 'node')}, and a job may have ${formatCount(most)} with what it needs of each`;
  }
  if (ask.cpus > largest.cpus) return `${cpuWords(ask)}, and the largest node has ${formatCount(largest.cpus)}`;
  if (!kinds.some((kind) => hasMemory(ask, kind)))
    return `${memoryWords(ask)}, and the largest node has ${memoryText(largest.memoryMiB)}`;
  if (!kinds.some((kind) => hasGpus(ask, kind))) return `${gpuWords(ask)}, and the nodes have ${gpusOf(kinds)}`;
  const together = [cpuWords(ask), ...(ask.memoryMiB === null ? [] : [memoryWords(ask)])];
  if (ask.gpus > 0) together.push(gpuWords(ask));
  return `${together.join(' and ')}, and no one node has all that`;
}

function gpusOf(kinds: readonly NodeKind[]): string {
  const gpus = [...largestOf(kinds).gpus].map(([type, count]) => countOf(count, `${type === '' ? '' : `${type} `}GPU`));
  return gpus.length === 0 ? 'none' : gpus.join(' or ');
}

function cpuWords({ cpus, lanes, ranksPerNode }: Ask): string {
  const parts =
    ranksPerNode > 1
      ? ` a node (${ranksPerNode} ranks of ${formatCount(cpus / ranksPerNode)})`
      : lanes > 1
        ? ` (${lanes} lanes of ${formatCount(cpus / lanes)})`
        : '';
  return `${countOf(cpus, 'CPU')}${parts}`;
}

function memoryWords({ memoryMiB, lanes }: Ask): string {
  return `${memoryText(memoryMiB!)} of memory${lanes === 1 ? '' : ` (${lanes} lanes of ${memoryText(memoryMiB! / lanes)})`}`;
}

function gpuWords({ gpus, gpuType }: Ask): string {
  return countOf(gpus, `${gpuType === null ? '' : `${gpuType} `}GPU`);
}

function lower({ lanes }: Ask): string {
  return `ask for less${lanes === 1 ? '' : ', take fewer lanes'}, or `;
}

function ruleWords(rules: readonly string[]): string {
  const shown = rules.slice(0, 3).map((name) => `"${name}"`);
  const more = rules.length > shown.length ? ` and ${rules.length - shown.length} more` : '';
  return rules.length === 1 ? `rule ${shown[0]}` : `each of the rules ${shown.join(', ')}${more}`;
}

function siteText({ partitions }: Site): string {
  const shown = partitions.slice(0, LISTED).map(partitionText);
  return shown.join('; ') + (partitions.length > LISTED ? `; and ${partitions.length - LISTED} more` : '');
}

/** `main (default): 16 CPUs, 5000M, at most 12:00:00`, or with each kind of node. */
function partitionText({ name, isDefault, timeLimit, kinds }: Partition): string {
  const nodes = [...new Set(kinds.map(nodeText))].join(' or ');
  return `${name}${isDefault ? ' (default)' : ''}: ${nodes}${timeLimit === null ? '' : `, at most ${timeLimit}`}`;
}
