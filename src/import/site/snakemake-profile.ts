import { sbatchWords } from '../../compile/rules/sbatch-flags.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { SnakeResource } from '../../model/snakefile.ts';
import type { Places } from '../places.ts';
import { meaningOf, merged } from '../resources.ts';
import { askedBy } from '../sbatch/flags.ts';
import { flagsOf } from '../sbatch/script.ts';
import { Verbatim, type Yaml } from '../yaml.ts';
import { placeOf, type SettingsFile } from './find.ts';
import { mailOf } from './mail.ts';
import { mergedMapping, pairsOf, resourceOf, type Settings } from './settings.ts';

type Mapping = { readonly [key: string]: Yaml };

/** What wfc does anyway, or sees to by itself. */
const SEEN_TO = new Set(
  (
    'executor slurm cluster-cancel cluster-cancel-nargs cluster-status cluster-sidecar cluster-generic-cancel-cmd ' +
    'cluster-generic-status-cmd cluster-sync immediate-submit jobname jobscript job-name latency-wait ' +
    'local-cores max-jobs-per-second max-jobs-per-timespan max-status-checks-per-second seconds-between-status-checks ' +
    'max-inventory-time wait-for-files printshellcmds reason verbose quiet show-failed-logs nocolor stats ' +
    'rerun-incomplete rerun-triggers scheduler scheduler-greediness scheduler-ilp-solver nolock notemp snakefile s ' +
    'use-conda use-singularity use-apptainer use-envmodules conda-frontend conda-cleanup-pkgs conda-not-block-search-path-envvars ' +
    'software-deployment-method sdm deployment-method default-storage-provider shared-fs-usage local-storage-prefix ' +
    'slurm-logdir slurm-keep-successful-logs slurm-delete-logfiles-older-than slurm-efficiency-report slurm-init-seconds-before-status-checks ' +
    'slurm-status-attempts slurm-requeue slurm-no-account keep-incomplete dry-run logger log-handler-script benchmark-extended ' +
    'cluster-generic-submit-cmd cluster jobs j cores c default-resources set-resources set-threads default-resource ' +
    'set-default-resources restart-times retries T resources cluster-config directory configfile configfiles'
  ).split(' '),
);

const WHY: Readonly<Record<string, string>> = {
  'keep-going': 'say "wfc run -k"; a submission goes on in any case',
  groups: 'how tasks share an element is "packing" of the profile',
  'group-components': 'how tasks share an element is "packing" of the profile',
  config: 'say "wfc run --set key=value"',
  'conda-prefix': 'wfc makes no environments',
  'singularity-args': 'an image is called with "apptainer exec" as it is',
  'apptainer-args': 'an image is called with "apptainer exec" as it is',
  'singularity-prefix': 'an image is called with "apptainer exec" as it is',
  'apptainer-prefix': 'an image is called with "apptainer exec" as it is',
};

/** What a profile of Snakemake's says. Its options are those of its command line, without dashes before. */
export function readProfile(file: SettingsFile, places: Places): Settings {
  return new ProfileReader(file, places).read();
}

class ProfileReader {
  private readonly file: SettingsFile;
  private readonly places: Places;
  private readonly diagnostics: Diagnostic[] = [];

  constructor(file: SettingsFile, places: Places) {
    this.file = file;
    this.places = places;
  }

  read(): Settings {
    const { settings } = this.file;
    this.leaveOut();
    const flags = this.flagsOfCluster();
    const { slurm: ofDefaults = {}, ...defaults } = merged([flags.resources, ...this.defaultResources()]);
    const slurm = mergedMapping(flags.slurm, ofDefaults as Mapping);
    const retries = Number(settings['restart-times'] ?? settings.retries ?? settings.T ?? 0);
    const profile = {
      ...(Object.keys(slurm).length > 0 ? { slurm } : {}),
      ...this.atATime(),
      ...flags.mail,
    };
    return {
      profile,
      defaults,
      retries: Number.isInteger(retries) && retries > 0 ? retries : null,
      rules: this.rules(),
      diagnostics: this.diagnostics,
    };
  }

  private warn(key: string, message: string): void {
    this.diagnostics.push(this.places.warning(placeOf(this.file, key), message));
  }

  private leaveOut(): void {
    const unknown = Object.entries(this.file.settings)
      .filter(([key, value]) => !SEEN_TO.has(key) && value !== false && value !== null)
      .map(([key]) => key);
    for (const key of unknown.filter((key) => key in WHY)) this.warn(key, `"${key}" is left out: ${WHY[key]}`);
    const others = unknown.filter((key) => !(key in WHY));
    if (others.length === 0) return;
    const named = others.map((key) => `"${key}"`).join(', ');
    this.warn(others[0]!, `${named} ${others.length === 1 ? 'is' : 'are'} left out: a wfc profile has nothing like it`);
  }

  /** Jobs at a time: of a cluster, elements of an array; else tasks here. */
  private atATime(): Mapping {
    const { settings } = this.file;
    const jobs = Number(settings.jobs ?? settings.j ?? 0);
    const cores = Number(settings.cores ?? settings.c ?? 0);
    const number = (n: number): Verbatim => new Verbatim(String(n));
    const isCount = (n: number): boolean => Number.isInteger(n) && n > 0;
    if (this.isOfCluster()) return isCount(jobs) ? { packing: { max_running: number(jobs) } } : {};
    const limits = Object.fromEntries(pairsOf(settings.resources));
    const mem = Number(limits.mem_mb ?? 0);
    const gpus = Number(limits.gpu ?? limits.gpus ?? limits.nvidia_gpu ?? 0);
    const local: Mapping = {
      ...(isCount(jobs) ? { jobs: number(jobs) } : {}),
      ...(isCount(cores) ? { cpus: number(cores) } : {}),
      ...(isCount(mem) ? { mem: `${mem}M` } : {}),
      ...(isCount(gpus) ? { gpus: number(gpus) } : {}),
    };
    return Object.keys(local).length > 0 ? { local } : {};
  }

  private isOfCluster(): boolean {
    const { settings } = this.file;
    return (
      this.submitCommand() !== '' || settings.slurm === true || /slurm|cluster/.test(String(settings.executor ?? ''))
    );
  }

  private submitCommand(): string {
    const { settings } = this.file;
    const given = settings.cluster ?? settings['cluster-generic-submit-cmd'] ?? settings['cluster-sync'] ?? '';
    return typeof given === 'string' ? given.replace(/\s+/g, ' ') : '';
  }

  /** Constant flags of the sbatch that `cluster` names. */
  private flagsOfCluster(): { resources: Mapping; slurm: Mapping; mail: Mapping } {
    const none = { resources: {}, slurm: {}, mail: {} };
    const command = this.submitCommand();
    const key = 'cluster' in this.file.settings ? 'cluster' : 'cluster-generic-submit-cmd';
    const after = /.*\bsbatch\b(.*)$/.exec(command);
    if (!after) {
      if (/^\s*(qsub|bsub|condor_submit|oarsub)\b/.test(command))
        this.warn(key, `"${command.trim().split(' ')[0]}" is left out: wfc submits to Slurm alone`);
      return none;
    }
    const words = sbatchWords(after[1]!);
    if (words === null) {
      this.warn(key, 'the flags of sbatch are left out: a quote does not end');
      return none;
    }
    const { line } = placeOf(this.file, key);
    const given = flagsOf(words, line).filter(({ value }) => !/[{}$]/.test(value));
    const constant = given.filter(({ name }) => !name.startsWith('mail-') && name !== 'job-name');
    const { resources, site, extra, left } = askedBy(constant);
    for (const { message } of left) this.warn(key, message);
    const mail = mailOf((name) => given.find((flag) => flag.name === name)?.value);
    return { resources, slurm: { ...site, ...(extra.length > 0 ? { extra } : {}) }, mail };
  }

  private defaultResources(): Mapping[] {
    const { settings } = this.file;
    const keys = ['default-resources', 'default-resource', 'set-default-resources'];
    return keys.flatMap((key) =>
      pairsOf(settings[key]).map(([name, value]) => this.meaning(key, name, value, resourceOf(value, 1)) ?? {}),
    );
  }

  private meaning(key: string, name: string, value: unknown, given: SnakeResource | null): Mapping | null {
    if (name === 'tmpdir') return null;
    const found = given && meaningOf(name, given);
    if (!found) {
      const why = given
        ? 'a spec has cpus, mem, time and gpus'
        : `it is worked out for each job, ${JSON.stringify(value)}`;
      this.diagnostics.push(
        this.places.warning(placeOf(this.file, name, key), `"${name}" of "${key}" is left out: ${why}`),
      );
    }
    return found;
  }

  private rules(): Settings['rules'] {
    const { settings } = this.file;
    const rules = new Map<string, Record<string, SnakeResource>>();
    const set = (rule: string, name: string, value: unknown, key: string): void => {
      const given = resourceOf(value, placeOf(this.file, name, rule).line);
      if (!this.meaning(key, name, value, given)) return;
      rules.set(rule, { ...rules.get(rule), [name]: given! });
    };
    for (const [rule, given] of pairsOf(settings['set-resources'], ':')) {
      const pairs = typeof given === 'string' ? pairsOf([given]) : pairsOf(given);
      for (const [name, value] of pairs) set(rule, name, value, 'set-resources');
    }
    for (const [rule, value] of pairsOf(settings['set-threads'])) set(rule, 'threads', value, 'set-threads');
    return rules;
  }
}
