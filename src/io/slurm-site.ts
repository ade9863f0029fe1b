import { spawnSync } from 'node:child_process';
import { detectLimits } from './slurm.ts';

/** A partition as sinfo shows it; values that it does not tell are null. */
export interface Partition {
  readonly name: string;
  readonly isDefault: boolean;
  readonly isUp: boolean;
  /** As Slurm writes it: `1-12:00:00`; null for no limit. */
  readonly timeLimit: string | null;
  readonly nodes: number;
  /** Of its smallest node. */
  readonly cpus: number;
  readonly memoryMiB: number;
  /** Type to the number a node has: `a100` to 4; '' where a site names no type. */
  readonly gpus: ReadonlyMap<string, number>;
}

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

/** Ask Slurm what a site has; null where there is no Slurm, or it does not answer in 10 s. */
export function readSite(env: NodeJS.ProcessEnv, user: string): Site | null {
  const config = ask('scontrol', ['show', 'config'], env);
  const listed = ask('sinfo', ['--noheader', '--exact', '--format=%P|%a|%l|%D|%c|%m|%G'], env);
  if (config === null || listed === null) return null;
  const setting = (name: string): string => new RegExp(`^${name}\\s*=\\s*(.*)$`, 'mi').exec(config)?.[1]?.trim() ?? '';
  const assoc = ask(
    'sacctmgr',
    ['--noheader', '--parsable2', 'show', 'assoc', `user=${user}`, 'format=Account,QOS'],
    env,
  );
  const rows = (assoc ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('|'));
  const { maxArraySize, maxSubmit } = detectLimits(env);
  return {
    cluster: setting('ClusterName'),
    version: setting('SLURM_VERSION'),
    partitions: partitionsOf(listed),
    maxArraySize,
    maxSubmit,
    accounts: [...new Set(rows.map((r) => r[0] ?? ''))].filter((name) => name !== ''),
    qos: [...new Set(rows.flatMap((r) => (r[1] ?? '').split(',')))].filter((name) => name !== ''),
  };
}

/** One line for each kind of node of a partition. Source: sinfo(1), --format. */
export function partitionsOf(listed: string): Partition[] {
  const found = new Map<string, Partition>();
  for (const line of listed.split('\n')) {
    const [marked = '', state, limit = '', nodes, cpus, memory, gres = ''] = line.trim().split('|');
    if (marked === '') continue;
    const name = marked.replace(/\*$/, '');
    const known = found.get(name);
    found.set(name, {
      name,
      isDefault: marked.endsWith('*'),
      isUp: state === 'up',
      timeLimit: /\d/.test(limit) ? limit : null,
      nodes: (known?.nodes ?? 0) + Number(nodes),
      cpus: least(known?.cpus, cpus),
      memoryMiB: least(known?.memoryMiB, memory),
      gpus: new Map([...(known?.gpus ?? []), ...gpusOf(gres)]),
    });
  }
  return [...found.values()];
}

/** sinfo writes `16+` where nodes differ; --exact gives a line a kind of node. */
function least(known: number | undefined, text: string | undefined): number {
  const value = Number.parseInt(text ?? '', 10) || 0;
  return known === undefined ? value : Math.min(known, value);
}

/** `gpu:a100:4(S:0-1),lustre:1` to a100 and 4. Source: gres.conf(5), sinfo(1), %G. */
function gpusOf(gres: string): [string, number][] {
  return gres.split(/,(?![^(]*\))/).flatMap((text): [string, number][] => {
    const match = /^gpu(?::([^:()]+?))?(?::(\d+))?(?:\(.*\))?$/.exec(text);
    if (!match) return [];
    // gpu:2 has a number and no type.
    if (match[2] === undefined && /^\d+$/.test(match[1] ?? '')) return [['', Number(match[1])]];
    return [[match[1] ?? '', Number(match[2] ?? 1)]];
  });
}

function ask(command: string, args: readonly string[], env: NodeJS.ProcessEnv): string | null {
  const { status, stdout, error } = spawnSync(command, args, {
    env,
    encoding: 'utf8',
    timeout: 10_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return error || status !== 0 ? null : stdout;
}
