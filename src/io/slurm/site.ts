import { userInfo } from 'node:os';
import { askSlurm } from './ask.ts';

/** Nodes of a partition that are alike. */
export interface NodeKind {
  readonly nodes: number;
  /** Those that jobs of the partition may use. */
  readonly cpus: number;
  readonly memoryMiB: number;
  /** Type to the number a node has: `a100` to 4; '' where a site names no type. */
  readonly gpus: ReadonlyMap<string, number>;
}

/** A partition as sinfo shows it. */
export interface Partition {
  readonly name: string;
  readonly isDefault: boolean;
  readonly isUp: boolean;
  /** As Slurm writes it: `1-12:00:00`; null for no limit. */
  readonly timeLimit: string | null;
  /** That one job may have; null for no limit. */
  readonly maxNodes: number | null;
  readonly kinds: readonly NodeKind[];
}

/** What a Slurm site says of itself; null and empty where it does not say. */
export interface Site {
  readonly cluster: string;
  readonly version: string;
  readonly partitions: readonly Partition[];
  readonly maxArraySize: number | null;
  readonly maxSubmit: number | null;
  /** Accounts and QOS of this user; empty without accounting. */
  readonly accounts: readonly string[];
  readonly qos: readonly string[];
}

/**
 * Ask the controller and, where there is one, the accounting database, each thing once. null where there is no Slurm, or it
 * does not answer in 10 s.
 */
export async function readSite(env: NodeJS.ProcessEnv): Promise<Site | null> {
  const config = await askSlurm('scontrol', ['show', 'config'], env);
  if (config === null) return null;
  const setting = (name: string): string => new RegExp(`^${name}\\s*=\\s*(.*)$`, 'mi').exec(config)?.[1]?.trim() ?? '';
  const [listed, associations] = await Promise.all([
    askSlurm('sinfo', ['--noheader', '--exact', '--format=%P|%a|%l|%D|%c|%m|%G|%B|%s'], env),
    askAccounts(['assoc', `user=${userInfo().username}`, 'format=Account,MaxSubmit,QOS'], env),
  ]);
  const qos = unique(associations.flatMap(([, , names = '']) => names.split(',')));
  // An association without MaxSubmitJobs takes its QOS's, or none: sacctmgr(1).
  const ofQos =
    qos.length === 0
      ? []
      : (await askAccounts(['qos', `names=${qos.join(',')}`, 'format=MaxSubmitPU'], env)).map(([most]) => most);
  const submits = [...associations.map(([, most]) => most), ...ofQos].flatMap((text) => numberOf(text) ?? []);
  return {
    cluster: setting('ClusterName'),
    version: setting('SLURM_VERSION'),
    partitions: partitionsOf(listed ?? ''),
    maxArraySize: numberOf(setting('MaxArraySize')),
    maxSubmit: submits.length > 0 ? Math.min(...submits) : null,
    accounts: unique(associations.map(([account = '']) => account)),
    qos,
  };
}

/** Rows of sacctmgr; none without accounting. */
async function askAccounts(question: readonly string[], env: NodeJS.ProcessEnv): Promise<string[][]> {
  const listed = (await askSlurm('sacctmgr', ['--noheader', '--parsable2', 'show', ...question], env)) ?? '';
  return listed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('|'));
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => name !== '');
}

/** One line for each kind of node of a partition. Source: sinfo(1), --format. */
export function partitionsOf(listed: string): Partition[] {
  const found = new Map<string, Partition>();
  for (const line of listed.split('\n')) {
    const [marked = '', state, limit = '', nodes, cpus, memory, gres = '', most = '', size = ''] = line
      .trim()
      .split('|');
    if (marked === '') continue;
    const name = marked.replace(/\*$/, '');
    // A partition may grant less of its nodes than they have: `MaxCPUsPerNode`.
    const granted = numberOf(most) ?? Number.POSITIVE_INFINITY;
    const kind = {
      nodes: Number(nodes),
      // `16+` where nodes differ after all.
      cpus: Math.min(granted, Number.parseInt(cpus ?? '', 10) || 0),
      memoryMiB: Number.parseInt(memory ?? '', 10) || 0,
      gpus: gpusOf(gres),
    };
    found.set(name, {
      name,
      isDefault: marked.endsWith('*'),
      isUp: state === 'up',
      timeLimit: /\d/.test(limit) ? limit : null,
      // `1-infinite`, `1-2`, `1`.
      maxNodes: numberOf(size.replace(/^.*-/, '')),
      // A partition without nodes has a line of its own.
      kinds: [...(found.get(name)?.kinds ?? []), ...(kind.nodes > 0 ? [kind] : [])],
    });
  }
  return [...found.values()];
}

/** `gpu:a100:4(S:0-1),lustre:1` to a100 and 4. Source: gres.conf(5), sinfo(1), %G. */
function gpusOf(gres: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const text of gres.split(/,(?![^(]*\))/)) {
    const match = /^gpu(?::([^:()]+?))?(?::(\d+))?(?:\(.*\))?$/.exec(text);
    if (!match) continue;
    // gpu:2 has a number and no type.
    const hasNoType = match[2] === undefined && /^\d+$/.test(match[1] ?? '');
    const type = hasNoType ? '' : (match[1] ?? '');
    found.set(type, (found.get(type) ?? 0) + Number((hasNoType ? match[1] : match[2]) ?? 1));
  }
  return found;
}

/** The partitions that a job may run in: names as sbatch takes them, with commas between, null for the default. */
export function partitionsNamed({ partitions }: Site, names: string | null): Partition[] {
  const wanted = names?.split(',') ?? null;
  return partitions.filter(({ name, isDefault }) => (wanted === null ? isDefault : wanted.includes(name)));
}

/** Longest time that one of these partitions gives a job, in seconds; null for no limit, and where nothing is known. */
export function longestTime(partitions: readonly Partition[]): number | null {
  const limits = partitions.map(({ timeLimit }) => (timeLimit === null ? null : secondsOf(timeLimit)));
  return limits.length === 0 || limits.includes(null) ? null : Math.max(...(limits as number[]));
}

/** Of `1-02:03:04`; null for what is no time. */
function secondsOf(text: string): number | null {
  const match = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)$/.exec(text);
  if (!match) return null;
  const [days, hours, minutes, seconds] = match.slice(1).map((p) => Number(p ?? 0)) as [number, number, number, number];
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
