import type { Diagnostic } from '../../model/diagnostic.ts';
import type { SnakeResource } from '../../model/snakefile.ts';
import type { Places } from '../places.ts';
import { meaningOf, merged } from '../resources.ts';
import type { Yaml } from '../yaml.ts';
import { placeOf, type SettingsFile } from './find.ts';
import { mailOf } from './mail.ts';
import type { Settings } from './settings.ts';

const DEFAULT = '__default__';

/** What wfc names, logs and writes to by itself. */
const SEEN_TO =
  /^(output|out|error|err|e|o|log|logs|name|job-?_?name|J|jobname|mail-?_?(user|type)|email|ntasks|n|tasks)$/i;

/** Keys that people use for a flag of sbatch, as resources of Snakemake. */
const MEANT: readonly (readonly [RegExp, string])[] = [
  [/^(p|partition|queue|q)$/i, 'slurm_partition'],
  [/^(A|account|project)$/, 'slurm_account'],
  [/^qos$/i, 'qos'],
  [/^(C|constraint)$/, 'constraint'],
  [/^(c|n?cpus|cpus[_-]per[_-]task|n_?cores|cores|threads|ncpus|n_?threads)$/i, 'threads'],
  [/^(t|time|walltime|runtime|time[_-]?limit)$/i, 'time'],
  [/^(mem|memory|mem[_-]mb|mem[_-]total)$/i, 'mem'],
  [/^(gres)$/i, 'gres'],
  [/^(gpus?|n_?gpus)$/i, 'gpus'],
  [/^(N|nodes?|n_?nodes)$/, 'nodes'],
];

/** What --cluster-config names: by rule, and `__default__`, values for the flags of the command that submits. */
export function readClusterConfig(file: SettingsFile, places: Places): Settings {
  const diagnostics: Diagnostic[] = [];
  const told = new Set<string>();
  const read = (rule: string): Record<string, SnakeResource> => {
    const found: Record<string, SnakeResource> = {};
    for (const [key, value] of Object.entries((file.settings[rule] ?? {}) as object)) {
      if (SEEN_TO.test(key)) continue;
      const place = placeOf(file, key, rule);
      const name = MEANT.find(([pattern]) => pattern.test(key))?.[1];
      const given = name === undefined ? null : resourceFor(name, value, place.line);
      if (given && meaningOf(given[0], given[1])) found[given[0]] = given[1];
      else if (!told.has(key)) {
        told.add(key);
        const why = name === undefined ? 'wfc knows no flag of sbatch by it' : `"${value}" can't be read`;
        diagnostics.push(places.warning(place, `"${key}" is left out: ${why}`));
      }
    }
    return found;
  };
  const all = read(DEFAULT);
  const { slurm = {}, ...defaults } = merged(Object.entries(all).map(([name, given]) => meaningOf(name, given) ?? {}));
  const general = (file.settings[DEFAULT] ?? {}) as Record<string, unknown>;
  const mail = mailOf((name) => general[name] ?? general[name.replace('-', '_')]);
  const rules = Object.keys(file.settings)
    .filter((rule) => rule !== DEFAULT && typeof file.settings[rule] === 'object')
    .map((rule) => [rule, read(rule)] as const);
  return {
    profile: {
      ...(Object.keys(slurm as object).length > 0 ? { slurm: slurm as { [key: string]: Yaml } } : {}),
      ...mail,
    },
    defaults,
    retries: null,
    rules: new Map(rules),
    diagnostics,
  };
}

/** sbatch counts memory in megabytes, unless a unit follows, and time in minutes. */
function resourceFor(name: string, value: unknown, line: number): readonly [string, SnakeResource] | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value).trim();
  if (/[{}]/.test(text)) return null;
  const isNumber = /^\d+$/.test(text);
  if (name !== 'mem') return [name, { value: text, line, number: isNumber }];
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?$/i.exec(text);
  if (!match) return null;
  const mebibytes = Number(match[1]) * 1024 ** ('KMGT'.indexOf(match[2]!.toUpperCase() || 'M') - 1);
  return ['mem_mb', { value: String(Math.ceil(mebibytes)), line, number: true }];
}
