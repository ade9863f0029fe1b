import type { SnakeResource, SnakeRule } from '../model/snakefile.ts';
import type { Yaml } from './yaml.ts';

interface Resources {
  readonly resources: { readonly [key: string]: Yaml };
  readonly warnings: readonly { readonly line: number; readonly message: string }[];
}

/** What Snakemake's resources are called here. Source: snakemake.readthedocs.io 7.21, "standard resources". */
const MEANINGS: Readonly<Record<string, (value: SnakeResource) => Yaml | null>> = {
  threads: ({ value }) => ({ cpus: value }),
  mem_mb: ({ value, number }) => (number ? { mem: `${whole(value)}M` } : null),
  mem_mib: ({ value, number }) => (number ? { mem: `${whole(value)}M` } : null),
  mem: ({ value }) => memory(value),
  runtime: ({ value, number }) => (number ? { time: `${whole(value)}m` } : time(value)),
  time_min: ({ value, number }) => (number ? { time: `${whole(value)}m` } : null),
  gpu: ({ value }) => ({ gpus: value }),
  gpus: ({ value }) => ({ gpus: value }),
  nvidia_gpu: ({ value }) => ({ gpus: value }),
  slurm_partition: ({ value }) => ({ slurm: { partition: value } }),
  partition: ({ value }) => ({ slurm: { partition: value } }),
  slurm_account: ({ value }) => ({ slurm: { account: value } }),
  account: ({ value }) => ({ slurm: { account: value } }),
  qos: ({ value }) => ({ slurm: { qos: value } }),
};

/** `param`: the param that a name in braces stands for. */
export function resourcesOf(rule: SnakeRule, param: (name: string) => string): Resources {
  const warnings: { line: number; message: string }[] = [];
  const resources: { [key: string]: Yaml } = {};
  const slurm: { [key: string]: Yaml } = {};
  for (const [name, given] of Object.entries(rule.resources)) {
    const value = given.value.replace(/^\{(\w+)\}$/, (_, word: string) => `{${param(word)}}`);
    const meaning = MEANINGS[name]?.({ ...given, value }) as { [key: string]: Yaml } | null | undefined;
    if (!meaning) {
      const message = `resource "${name}" of rule "${rule.name}" is left out: a spec has cpus, mem, time and gpus`;
      warnings.push({ line: given.line, message });
      continue;
    }
    for (const [key, value] of Object.entries(meaning)) {
      if (key === 'slurm') Object.assign(slurm, value);
      else resources[key] = value;
    }
  }
  return { resources: { ...resources, ...(Object.keys(slurm).length > 0 ? { slurm } : {}) }, warnings };
}

/** A placeholder stays one. */
function whole(value: string): string {
  return value.startsWith('{') ? value : String(Math.ceil(Number(value)));
}

/** `4GB`, `4G`, `500 MiB`: Snakemake counts GB in thousands, wfc's G has 1024 MiB. */
function memory(text: string): Yaml | null {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT])(i?)B?$/i.exec(text);
  if (!match) return null;
  const power = 'KMGT'.indexOf(match[2]!.toUpperCase()) - 1;
  return { mem: `${Math.ceil(Number(match[1]) * (match[3] === '' ? 1000 : 1024) ** power)}M` };
}

function time(text: string): Yaml | null {
  return /^(\d+[smhd])+$/.test(text) ? { time: text } : null;
}
