/**
 * The study's workflow as every tool reads it: prep, train, predict, evaluate, combine, over sites, factors and seeds.
 * Commands are a trivial `echo`, so that what is measured is the tool. All four make the same files at the same paths.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Size {
  readonly sites: number;
  readonly factors: number;
  readonly seeds: number;
}

/** Of the published study: 81,912 tasks. */
export const FULL: Size = { sites: 101, factors: 9, seeds: 30 };

export function taskCount({ sites, factors, seeds }: Size): number {
  return sites + 3 * sites * factors * seeds + 1;
}

export type Tool = 'wfc' | 'make' | 'ninja' | 'snakemake';

/** Write what a tool reads into a folder, which is made. */
export function writeWorkload(tool: Tool, folder: string, size: Size): void {
  mkdirSync(folder, { recursive: true });
  const [name, text] = workloadFile(tool, size);
  writeFileSync(join(folder, name), text);
}

function workloadFile(tool: Tool, size: Size): [name: string, text: string] {
  switch (tool) {
    case 'wfc':
      return ['wfc.yml', specText(size)];
    case 'make':
      return ['Makefile', makefileText(size)];
    case 'ninja':
      return ['build.ninja', ninjaText(size)];
    case 'snakemake':
      return ['Snakefile', snakefileText(size)];
  }
}

/** GNU make makes no folders: its rules would need a `mkdir` a task, which is not what is to be measured. */
export function makeFolders(folder: string, size: Size): void {
  for (const { model } of runs(size)) mkdirSync(join(folder, model, '..'), { recursive: true });
}

/** What train, predict and evaluate make for every tenth model: a tenth of all outputs. */
export function everyTenth(size: Size): string[] {
  return runs(size)
    .filter((_, i) => i % 10 === 0)
    .flatMap(({ model, predictions, metrics }) => [model, predictions, metrics]);
}

interface Run {
  readonly data: string;
  readonly model: string;
  readonly predictions: string;
  readonly metrics: string;
}

const OVERALL = 'out/overall.csv';

function data(site: number): string {
  return `out/site_${site}/data.npz`;
}

function runs({ sites, factors, seeds }: Size): Run[] {
  const all: Run[] = [];
  for (let site = 1; site <= sites; site++) {
    for (let factor = 1; factor <= factors; factor++) {
      for (let seed = 1; seed <= seeds; seed++) {
        const folder = `out/site_${site}/factor_${factor}/seed_${seed}`;
        all.push({
          data: data(site),
          model: `${folder}/model`,
          predictions: `${folder}/preds.csv`,
          metrics: `${folder}/metrics.csv`,
        });
      }
    }
  }
  return all;
}

function sitesOf({ sites }: Size): number[] {
  return Array.from({ length: sites }, (_, i) => i + 1);
}

function specText({ sites, factors, seeds }: Size): string {
  return `wfc: 1
name: bench
params:
  site: {from: 1, to: ${sites}}
  factor: {from: 1, to: ${factors}}
  seed: {from: 1, to: ${seeds}}
rules:
  prep:
    output: out/site_{site}/data.npz
    run: echo {site} > {output}
  train:
    input: out/site_{site}/data.npz
    output: out/site_{site}/factor_{factor}/seed_{seed}/model
    run: echo {factor} > {output}
  predict:
    input: ["out/site_{site}/data.npz", "out/site_{site}/factor_{factor}/seed_{seed}/model"]
    output: out/site_{site}/factor_{factor}/seed_{seed}/preds.csv
    run: echo {seed} > {output}
  evaluate:
    input: out/site_{site}/factor_{factor}/seed_{seed}/preds.csv
    output: out/site_{site}/factor_{factor}/seed_{seed}/metrics.csv
    run: echo {seed} > {output}
  combine:
    gather: [site, factor, seed]
    input: out/site_{site}/factor_{factor}/seed_{seed}/metrics.csv
    output: ${OVERALL}
    run: echo all > {output}
targets: ${OVERALL}
`;
}

function makefileText(size: Size): string {
  const all = runs(size);
  const rule = (output: string, ...inputs: string[]): string =>
    `${output}: ${inputs.join(' ')}\n\techo ${output} > ${output}\n`;
  return [
    `all: ${OVERALL}\n`,
    ...sitesOf(size).map((site) => rule(data(site))),
    ...all.map((r) => rule(r.model, r.data)),
    ...all.map((r) => rule(r.predictions, r.data, r.model)),
    ...all.map((r) => rule(r.metrics, r.predictions)),
    rule(OVERALL, ...all.map((r) => r.metrics)),
  ].join('');
}

function ninjaText(size: Size): string {
  const all = runs(size);
  const edge = (output: string, ...inputs: string[]): string => `build ${output}: echo ${inputs.join(' ')}\n`;
  return [
    'rule echo\n  command = echo $out > $out\n',
    ...sitesOf(size).map((site) => edge(data(site))),
    ...all.map((r) => edge(r.model, r.data)),
    ...all.map((r) => edge(r.predictions, r.data, r.model)),
    ...all.map((r) => edge(r.metrics, r.predictions)),
    edge(OVERALL, ...all.map((r) => r.metrics)),
    `default ${OVERALL}\n`,
  ].join('');
}

function snakefileText({ sites, factors, seeds }: Size): string {
  const range = (count: number): string => `range(1, ${count + 1})`;
  const run = 'out/site_{site}/factor_{factor}/seed_{seed}';
  return `rule all:
    input: "${OVERALL}"
rule prep:
    output: "out/site_{site}/data.npz"
    shell: "echo {wildcards.site} > {output}"
rule train:
    input: "out/site_{site}/data.npz"
    output: "${run}/model"
    shell: "echo {wildcards.factor} > {output}"
rule predict:
    input: "out/site_{site}/data.npz", "${run}/model"
    output: "${run}/preds.csv"
    shell: "echo {wildcards.seed} > {output}"
rule evaluate:
    input: "${run}/preds.csv"
    output: "${run}/metrics.csv"
    shell: "echo {wildcards.seed} > {output}"
rule combine:
    input: expand("${run}/metrics.csv", site=${range(sites)}, factor=${range(factors)}, seed=${range(seeds)})
    output: "${OVERALL}"
    shell: "echo all > {output}"
`;
}
