import { sbatchWords } from '../compile/rules/sbatch-flags.ts';
import type { SnakeResource, SnakeRule } from '../model/snakefile.ts';
import { askedBy } from './sbatch/flags.ts';
import { flagsOf, type SbatchFlag } from './sbatch/script.ts';
import type { Yaml } from './yaml.ts';

interface Resources {
  readonly resources: { readonly [key: string]: Yaml };
  readonly warnings: readonly { readonly line: number; readonly message: string }[];
}

/** Number, prefix, and whether it counts in 1024. */
const SIZE = /^\s*(\d+(?:\.\d+)?)\s*([KMGT])(i?)B?\s*$/i;

/** What a resource is called here; {}: what is so anyway. null: it can't be said. */
type Meaning = { readonly [key: string]: Yaml };

/**
 * What Snakemake's resources are called here, and those that profiles for Slurm commonly name. Source: snakemake.readthedocs.io
 * 7.21, "standard resources"; the slurm executor of Snakemake 8.
 */
const MEANINGS: Readonly<Record<string, (value: SnakeResource) => Meaning | null>> = {
  // Nothing at all is what a rule has that says nothing.
  threads: ({ value }) => (value === '0' ? {} : { cpus: value }),
  cpus: cpus,
  cpus_per_task: cpus,
  mem_mb: megabytes,
  mem_mib: megabytes,
  mem: ({ value }) => memory(value),
  runtime: ({ value, number }) => (number ? { time: minutes(value) } : time(value)),
  time_min: ({ value, number }) => (number ? { time: minutes(value) } : null),
  time: minutesOrTime,
  walltime: minutesOrTime,
  gpu: ({ value }) => ({ gpus: value }),
  gpus: ({ value }) => ({ gpus: value }),
  nvidia_gpu: ({ value }) => ({ gpus: value }),
  gres: ({ value }) => flags({ gres: value }),
  nodes: ({ value }) => (value === '1' ? {} : { nodes: value }),
  slurm_partition: ({ value }) => ({ slurm: { partition: value } }),
  partition: ({ value }) => ({ slurm: { partition: value } }),
  queue: ({ value }) => ({ slurm: { partition: value } }),
  slurm_account: ({ value }) => ({ slurm: { account: value } }),
  account: ({ value }) => ({ slurm: { account: value } }),
  qos: ({ value }) => ({ slurm: { qos: value } }),
  constraint: ({ value }) => ({ slurm: { constraint: value } }),
  slurm_extra: ({ value }) => extra(value.replace(/^(['"])(.*)\1$/s, '$2')),
  // Its variable of the environment stands in the rule.
  tmpdir: ({ value }) => (/^[\w./~-]+$/.test(value) ? {} : null),
};

/** A resource as a spec has it, what belongs to Slurm alone under `slurm`; null where nothing stands for it. */
export function meaningOf(name: string, given: SnakeResource): Meaning | null {
  return MEANINGS[name.replaceAll('-', '_')]?.(given) ?? null;
}

/** `param`: the param that a name in braces stands for. */
export function resourcesOf(rule: SnakeRule, param: (name: string) => string): Resources {
  const warnings: { line: number; message: string }[] = [];
  const meanings: Meaning[] = [];
  for (const [name, given] of Object.entries(perTask(rule.resources))) {
    const value = given.value.replace(/^\{(\w+)\}$/, (_, word: string) => `{${param(word)}}`);
    const meaning = meaningOf(name, { ...given, value });
    if (meaning) meanings.push(meaning);
    else {
      const message = `resource "${name}" of rule "${rule.name}" is left out: a spec has cpus, mem, time and gpus`;
      warnings.push({ line: given.line, message });
    }
  }
  return { resources: merged(meanings), warnings };
}

/** Memory for each CPU as that of a task. */
function perTask(resources: SnakeRule['resources']): SnakeRule['resources'] {
  const { mem_mb_per_cpu: each, ...others } = resources;
  const threads = others.threads ?? others.cpus_per_task;
  const mebibytes = Number(each?.value || Number.NaN) * Number(threads?.value ?? 1);
  if (!each || !(mebibytes > 0) || 'mem_mb' in others) return resources;
  return { ...others, mem_mb: { ...each, value: String(mebibytes) } };
}

/** Later ones over earlier ones; `slurm` comes last. */
export function merged(meanings: readonly Meaning[]): Meaning {
  const resources: { [key: string]: Yaml } = {};
  let slurm: Meaning = {};
  for (const { slurm: own = {}, ...others } of meanings) {
    Object.assign(resources, others);
    slurm = { ...slurm, ...(own as Meaning) };
  }
  return { ...resources, ...(Object.keys(slurm).length > 0 ? { slurm } : {}) };
}

function cpus({ value }: SnakeResource): Meaning {
  return { cpus: value };
}

function minutesOrTime({ value, number }: SnakeResource): Meaning | null {
  if (number) return { time: minutes(value) };
  return time(value) ?? (/[:-]/.test(value) ? flags({ time: value }) : null);
}

/** What flags of sbatch ask for; null where that can't be said. */
function flags(given: Readonly<Record<string, string>>): Meaning | null {
  return askedAs(Object.entries(given).map(([name, value]) => ({ name, value, line: 1 })));
}

function extra(text: string): Meaning | null {
  const words = sbatchWords(text);
  return words === null ? null : askedAs(flagsOf(words, 1));
}

function askedAs(all: readonly SbatchFlag[]): Meaning | null {
  const { resources, site, extra: others, left } = askedBy(all);
  if (left.length > 0) return null;
  const slurm = { ...site, ...(others.length > 0 ? { extra: others } : {}) };
  return { ...resources, ...(Object.keys(slurm).length > 0 ? { slurm } : {}) };
}

function mebibytes(value: string): string {
  const count = whole(value);
  return Number(count) > 0 && Number(count) % 1024 === 0 ? `${Number(count) / 1024}G` : `${count}M`;
}

function minutes(value: string): string {
  const count = whole(value);
  return Number(count) > 0 && Number(count) % 60 === 0 ? `${Number(count) / 60}h` : `${count}m`;
}

/** A placeholder stays one. */
function whole(value: string): string {
  return value.startsWith('{') ? value : String(Math.ceil(Number(value)));
}

function megabytes({ value, number }: SnakeResource): Meaning | null {
  if (!number && !/^\d+$/.test(value)) return null;
  return Number(value) === 0 ? {} : { mem: mebibytes(value) };
}

/** In megabytes; null where it is no size. */
export function megabytesOf(text: string): string | null {
  const match = SIZE.exec(text);
  if (!match) return null;
  const bytes = Number(match[1]) * (match[3] === '' ? 1000 : 1024) ** ('KMGT'.indexOf(match[2]!.toUpperCase()) + 1);
  return String(Math.ceil(bytes / 1e6));
}

/** `1h`, `90 min`, `1.5 hours` in minutes; null where it is no time. */
export function minutesOf(text: string): string | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(s|m|h|d|w)[a-z]*\s*$/i.exec(text);
  if (!match) return null;
  const minutes = { s: 1 / 60, m: 1, h: 60, d: 24 * 60, w: 7 * 24 * 60 }[match[2]!.toLowerCase()]!;
  return String(Math.ceil(Number(match[1]) * minutes));
}

/** `4GB`, `4G`, `500 MiB`: Snakemake counts GB in thousands, wfc's G has 1024 MiB. */
function memory(text: string): Meaning | null {
  const match = SIZE.exec(text);
  if (!match) return null;
  const power = 'KMGT'.indexOf(match[2]!.toUpperCase()) - 1;
  return { mem: `${Math.ceil(Number(match[1]) * (match[3] === '' ? 1000 : 1024) ** power)}M` };
}

function time(text: string): Meaning | null {
  if (/^(\d+[smhd])+$/.test(text)) return { time: text };
  const count = minutesOf(text);
  return count === null ? null : { time: minutes(count) };
}
