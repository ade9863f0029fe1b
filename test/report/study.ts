/**
 * The published study as its journals would tell of it, without running it: three rules for each site, factor and seed, in
 * elements of a job array on a few dozen nodes. Numbers come from a generator with a seed: the same files every time.
 */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StudySize {
  readonly sites: number;
  readonly factors: number;
  readonly seeds: number;
  /** Elements of the array that run at a time. */
  readonly slots: number;
}

export const FULL_STUDY: StudySize = { sites: 101, factors: 9, seeds: 30, slots: 400 };

/** Seconds since 1970 of the submission. */
export const QUEUED = 1_700_000_000;

export function studySpec({ sites, factors, seeds }: StudySize): string {
  const list = (values: readonly (string | number)[]): string => `[${values.join(', ')}]`;
  return `wfc: 1
name: multitask-streamflow
params:
  site: ${list(siteNames(sites))}
  factor: ${list(FACTORS.slice(0, factors))}
  seed: {from: 0, to: ${seeds - 1}}
defaults: {resources: {cpus: 1, mem: 2G, time: 10m}}
rules:
  prep_io_data:
    output: expA/site_id_{site}/prepped_data.npz
    run: python3 prep.py --site {site} --out {output}
  train_model:
    input: expA/site_id_{site}/prepped_data.npz
    output: expA/site_id_{site}/factor_{factor}/rand_seed_{seed}/trained_model
    run: python3 train.py {input} --factor {factor} --seed {seed} --out {output}
    resources: {cpus: 4, mem: 8G, time: 1h}
    retries: 1
  make_predictions:
    input:
      - expA/site_id_{site}/prepped_data.npz
      - expA/site_id_{site}/factor_{factor}/rand_seed_{seed}/trained_model
    output: expA/site_id_{site}/factor_{factor}/rand_seed_{seed}/preds.csv
    run: python3 predict.py {input} {output}
  evaluate_predictions:
    input: expA/site_id_{site}/factor_{factor}/rand_seed_{seed}/preds.csv
    output: expA/site_id_{site}/factor_{factor}/rand_seed_{seed}/metrics.csv
    run: python3 evaluate.py {input} {output}
  combine_metrics:
    gather: [site, factor, seed]
    input: expA/site_id_{site}/factor_{factor}/rand_seed_{seed}/metrics.csv
    output: expA/overall_metrics.csv
    run: python3 combine.py --list {input:list} --out {output}
`;
}

/** Write the spec and its journals into a folder. */
export function writeStudy(folder: string, size: StudySize): void {
  const journal = join(folder, '.wfc/journal/000001-slurm-20231114');
  mkdirSync(join(journal, 'elements'), { recursive: true });
  writeFileSync(join(folder, 'wfc.yml'), studySpec(size));
  const study = new Study(size);
  for (const [name, lines] of study.elements()) writeFileSync(join(journal, name), lines.join(''));
  const jobs = join(journal, 'jobs.tsv');
  writeFileSync(jobs, 'prep\t4711\t.\nmodels\t4712\t.\ncombine\t4713\t.\n');
  utimesSync(jobs, QUEUED, QUEUED);
  writeFileSync(join(journal, 'elements/close.out'), 'done\n');
  for (const task of study.failed) {
    const log = join(folder, task);
    mkdirSync(join(log, '..'), { recursive: true });
    writeFileSync(
      log,
      `loading data\nTraceback (most recent call last):\n  File "train.py", line 53\nValueError: loss is nan\n`,
    );
  }
}

const FACTORS = [0, 1, 5, 10, 20, 40, 80, 160, 320];

function siteNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(1_022_500 + i * 7919).padStart(8, '0'));
}

class Study {
  /** Logs of tasks that failed for good. */
  readonly failed: string[] = [];
  private readonly size: StudySize;
  private randomState = 20_220_419;
  private readonly freeFrom: number[];
  private lastEnd = 0;

  constructor(size: StudySize) {
    this.size = size;
    // The cluster lets elements go over some minutes.
    this.freeFrom = Array.from({ length: size.slots }, () => QUEUED + 60 + this.random() * 900);
  }

  /** Journals by name, in order. */
  *elements(): Generator<[name: string, lines: string[]]> {
    const sites = siteNames(this.size.sites);
    for (const [s, site] of sites.entries()) yield [`prep.${s}.1.tsv`, this.element(`4711_${s}`, [[this.prep(site)]])];
    const perElement = Math.ceil((this.size.factors * this.size.seeds) / 4);
    let e = 0;
    for (const site of sites) {
      const models = FACTORS.slice(0, this.size.factors).flatMap((factor) =>
        Array.from({ length: this.size.seeds }, (_, seed) => ({ site, factor, seed })),
      );
      for (let at = 0; at < models.length; at += perElement, e++) {
        const tasks = models.slice(at, at + perElement).map((model) => this.model(model));
        yield [`models.${e}.1.tsv`, this.element(`4712_${e}`, tasks)];
      }
    }
    if (this.failed.length > 0) return;
    yield [
      'combine.0.1.tsv',
      this.element('4713_0', [[{ name: 'expA/overall_metrics.csv', seconds: 42, peakMiB: 900 }]]),
    ];
  }

  private element(slurmId: string, chains: readonly (readonly Work[])[]): string[] {
    const slot = this.freeFrom.indexOf(Math.min(...this.freeFrom));
    let now = this.freeFrom[slot]!;
    if (slurmId.startsWith('4713')) now = this.lastEnd + 30;
    const lines = [`run\t${now.toFixed(3)}\tnode${String((slot >> 4) + 1).padStart(2, '0')}\t${slurmId}\t.\n`];
    for (const chain of chains) {
      for (const { name, seconds, peakMiB, failure = null, retried = false } of chain) {
        now += 0.05;
        if (retried) {
          lines.push(`started\t${name}\t1\t${Math.floor(now)}\t77\t.\n`, `failed\t${name}\t1\t1\texit status 1\t.\n`);
          now += seconds / 3;
        }
        lines.push(`started\t${name}\t${retried ? 2 : 1}\t${Math.floor(now)}\t77\t.\n`);
        now += seconds;
        if (failure !== null) {
          lines.push(`failed\t${name}\t${retried ? 2 : 1}\t1\t${failure}\t.\n`);
          break;
        }
        const state = `${Math.floor(now)}.${String(Math.floor((now % 1) * 1e9)).padStart(9, '0')}:4096`;
        lines.push(`done\t${name}\tf\tc\t${seconds.toFixed(6)}\t${state}\t${state}\t${peakMiB}\t.\n`);
      }
    }
    this.freeFrom[slot] = now;
    this.lastEnd = Math.max(this.lastEnd, now);
    return [...lines, 'end\t0\t.\n'];
  }

  private prep(site: string): Work {
    return { name: `expA/site_id_${site}/prepped_data.npz`, seconds: this.skewed(14), peakMiB: this.near(380) };
  }

  private model({ site, factor, seed }: { site: string; factor: number; seed: number }): Work[] {
    const folder = `expA/site_id_${site}/factor_${factor}/rand_seed_${seed}`;
    const failure = this.random() < 0.001 ? (this.random() < 0.5 ? 'exit status 1' : 'out of memory') : null;
    if (failure !== null) this.failed.push(`.wfc/logs/train_model/site=${site}/factor=${factor}/seed=${seed}.log`);
    const seconds = this.skewed(70 + factor / 8);
    return [
      { name: `${folder}/trained_model`, seconds, peakMiB: this.near(2600), failure, retried: this.random() < 0.01 },
      { name: `${folder}/preds.csv`, seconds: this.skewed(6), peakMiB: this.near(700) },
      { name: `${folder}/metrics.csv`, seconds: this.skewed(1.5), peakMiB: this.near(160) },
    ];
  }

  /** Mulberry32, by Tommy Ettinger: public domain. */
  private random(): number {
    this.randomState = (this.randomState + 0x6d2b79f5) | 0;
    let t = Math.imul(this.randomState ^ (this.randomState >>> 15), 1 | this.randomState);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  private skewed(seconds: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
    return seconds * Math.exp(normal * 0.35);
  }

  private near(value: number): number {
    return Math.round(value * (0.85 + 0.3 * this.random()));
  }
}

interface Work {
  readonly name: string;
  readonly seconds: number;
  readonly peakMiB: number;
  readonly failure?: string | null;
  readonly retried?: boolean;
}
