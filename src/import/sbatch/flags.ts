import type { Yaml } from '../yaml.ts';
import type { SbatchFlag } from './script.ts';

/** What the flags of a batch script become. */
export interface Asked {
  readonly name: string | null;
  readonly resources: { readonly [key: string]: Yaml };
  /** What belongs to the site: flags of sbatch for the profile. */
  readonly site: { readonly [key: string]: Yaml };
  readonly extra: readonly string[];
  /** Of ranks or nodes: then the command calls srun or mpirun for them. */
  readonly hasRanks: boolean;
  /** Flags that nothing stands for, with why. */
  readonly left: readonly { readonly line: number; readonly message: string }[];
}

const SITE = new Set(['account', 'clusters', 'constraint', 'partition', 'qos', 'reservation']);

/** What wfc sees to by itself. */
const SEEN_TO = new Set([
  'array',
  'error',
  'output',
  'open-mode',
  'requeue',
  'no-requeue',
  'parsable',
  'quiet',
  'verbose',
]);

const WHY: Readonly<Record<string, string>> = {
  chdir: 'commands run in the folder of the spec',
  dependency: 'what waits for what is told by inputs and outputs',
  'mail-type': 'a profile has "mail"',
  'mail-user': 'a profile has "mail"',
  signal: 'a rule has "checkpoint" for what goes on after its time',
};

export function askedBy(flags: readonly SbatchFlag[]): Asked {
  const resources: { [key: string]: Yaml } = {};
  const site: { [key: string]: Yaml } = {};
  const extra: string[] = [];
  const left: { line: number; message: string }[] = [];
  const numbers = { nodes: 1, ntasks: 1, perNode: 0 };
  let name: string | null = null;
  for (const { name: flag, value, line } of flags) {
    const given = `--${flag}${value === '' ? '' : `=${value}`}`;
    const meaning = RESOURCES[flag]?.(value);
    if (meaning) Object.assign(resources, meaning);
    else if (flag === 'job-name') name = value;
    else if (flag === 'nodes') numbers.nodes = Number(value.replace(/.*-/, ''));
    else if (flag === 'ntasks') numbers.ntasks = Number(value);
    else if (flag === 'ntasks-per-node') numbers.perNode = Number(value);
    else if (SITE.has(flag)) site[flag] = value;
    else if (flag in RESOURCES || flag in WHY)
      left.push({ line, message: `${given} is left out: ${WHY[flag] ?? "its value can't be read"}` });
    else if (!SEEN_TO.has(flag)) extra.push(given);
  }
  const ranks = numbers.perNode || Math.ceil(numbers.ntasks / numbers.nodes);
  if (numbers.nodes > 1) resources.nodes = String(numbers.nodes);
  if (ranks > 1) resources.ranks_per_node = String(ranks);
  return { name, resources, site, extra, hasRanks: numbers.nodes * ranks > 1, left };
}

const RESOURCES: Readonly<Record<string, (value: string) => { readonly [key: string]: Yaml } | null>> = {
  'cpus-per-task': (value) => (/^\d+$/.test(value) ? (value === '1' ? {} : { cpus: value }) : null),
  mem: (value) => memory(value),
  time: (value) => time(value),
  gpus: (value) => gpus(value),
  'gpus-per-node': (value) => gpus(value),
  gres: (value) => (/^gpu(:|$)/.test(value) ? gpus(value.replace(/^gpu:?/, '') || '1') : null),
};

/** Source: sbatch(1): megabytes, unless a unit follows. */
function memory(value: string): { mem: string } | null {
  const match = /^(\d+)([KMGT]?)B?$/i.exec(value);
  return match && Number(match[1]) > 0 ? { mem: `${match[1]}${match[2]!.toUpperCase() || 'M'}` } : null;
}

/** `a100:2`, `2`. */
function gpus(value: string): { gpus: string } | null {
  return /^(?:[A-Za-z][\w.-]*:)?\d+$/.test(value)
    ? { gpus: value }
    : /^[A-Za-z][\w.-]*$/.test(value)
      ? { gpus: `${value}:1` }
      : null;
}

/** Source: sbatch(1): minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes, and with seconds. */
function time(value: string): { time: string } | null {
  const match = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(value);
  if (!match) return null;
  const [days, a, b, c] = match.slice(1).map((part) => (part === undefined ? null : Number(part)));
  const [hours, minutes, seconds] = days != null ? [a!, b ?? 0, c ?? 0] : c != null ? [a!, b!, c] : [0, a!, b ?? 0];
  const all = (((days ?? 0) * 24 + hours) * 60 + minutes) * 60 + seconds;
  if (all === 0) return null;
  const parts = [
    [Math.floor(all / 3600), 'h'],
    [Math.floor(all / 60) % 60, 'm'],
    [all % 60, 's'],
  ] as const;
  return { time: parts.map(([count, unit]) => (count > 0 ? `${count}${unit}` : '')).join('') };
}
