import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readUtf8 } from '../../src/io/files/spec-file.ts';
import type { Location } from '../../src/model/source.ts';
import { renderDiagnostic } from '../../src/terminal/terminal.ts';
import { compileText } from '../schema/compile-text.ts';
import { CASES } from './cases.ts';
import { mutate, randomFrom } from './mutations.ts';
import { bytesSoup, commandSoup, tokenSoup, treeSoup } from './soup.ts';

const SLOWEST_MS = 1000;

const FILES = {
  'sites.txt': '01022500\n01030500\n',
  'stations.csv': 'station,area\n01022500,12\n"01030500",7\n',
  'stations.tsv': 'station\tarea\n01022500\t12\n',
  'data/a.csv': '',
  'data/b.csv': '',
};

const SEEDS = [
  readFileSync(join(import.meta.dirname, '../schema/contract/wfc.yml'), 'utf8').replace('to: 29', 'to: 2'),
  `wfc: 1
name: everything
config: {epochs: 10, model: {width: 64}, root: "out/{config.epochs}"}
params:
  site: {glob: "data/{site}.csv"}
  seed: {from: 0, to: 2, step: 1}
  lr: {logspace: {from: 1e-4, to: 1e-1, count: 4}}
  split: {values: [a/b, c], path: true}
tables:
  arms: [{model: lstm, need: 4G}, {model: gru, need: 2G}]
  stations: {csv: stations.csv}
exclude:
  - {model: gru, seed: [1, 2]}
defaults:
  resources: {cpus: 1, mem: 2G, time: 10m, slurm: {partition: cpu, extra: [--exclusive]}}
  env: {OMP_NUM_THREADS: "{resources.cpus}"}
rules:
  prep:
    input: [{path: "data/{site}.csv", ancient: true}, common.csv]
    output: {data: {path: "{config.root}/{site}.npz", check: [nonempty, {run: "test -s {file}"}]}, dir: {path: "{site}_dir", directory: true}}
    run: ./prep {input[0]} "{output.data}" '{site}' $(echo {output.dir}) <<EOF
  train:
    input: {data: "{config.root}/{site}.npz", extra: ["{site}_dir/x.csv"]}
    output: {path: "m/{site}/{model}_{seed:03}_{lr}.bin", temp: true}
    run: |
      for i in {1..3}; do
        echo $(( {seed} + i )) "\${HOME}" {input.data} > {output}
      done
      cat <<EOF
      {model} {input.extra[0]}
      EOF
    resources: {gpus: "a100:2", mem: "{need}"}
    retries: 2
  combine:
    gather: [seed, lr, model]
    input: m/{site}/{model}_{seed:03}_{lr}.bin
    output: all/{site}.csv
    shell: python3
    run: |
      open({output}, "w").write("\\n".join({input}) + {site})  # {{literal}}
  stations:
    output: s/{station}_{split}.txt
    run: echo {area} {input:list} {rule} {attempt} {log}
    input: common.csv
    log: logs/{station}/{split}.log
targets: [combine, "s/{station}_{split}.txt"]
`.replace(' <<EOF\n  train', '\n  train'),
  ...[
    'csv-rows.yml',
    'checks.yml',
    'directories.yml',
    'cycle.yml',
    'types-rule.yml',
    'json-tabs.json',
    'slots.yml',
  ].map((name) => readFileSync(join(CASES, name), 'utf8')),
  ...readdirSync(join(CASES, 'data')).map((name) => readFileSync(join(CASES, 'data', name), 'utf8')),
];

/** Mutants that went wrong, each with what went wrong; `count` mutants from one seed. */
export function fuzz(seed: number, count: number): { text: string; problem: string }[] {
  const random = randomFrom(seed);
  const failures: { text: string; problem: string }[] = [];
  for (let n = 0; n < count; n++) {
    const original = SEEDS[random(n % 3 === 0 ? SEEDS.length : 2)]!;
    const mutant = mutate(original, random);
    // One in eight changes a file that the spec names instead, or is a --config file.
    const csv = n % 8 === 7 ? mutate(FILES['stations.csv'], random) : null;
    const problem = csv === null ? problemOf(mutant) : problemOf(SEEDS[1]!, csv, mutant);
    if (problem !== null) failures.push({ text: csv === null ? mutant : JSON.stringify([csv, mutant]), problem });
  }
  return failures;
}

/** Texts out of nothing that went wrong: bytes by way of a file, tokens, trees and commands in turn. */
export function fuzzSoup(seed: number, count: number): { text: string; problem: string }[] {
  const random = randomFrom(seed);
  const failures: { text: string; problem: string }[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'wfc-soup-'));
  const makers = [
    (): string | null => readBytes(join(folder, 'wfc.yml'), bytesSoup(random)),
    () => tokenSoup(random),
    () => treeSoup(random),
    () => commandSoup(random),
  ];
  try {
    for (let n = 0; n < count; n++) {
      const text = makers[n % makers.length]!();
      const problem = text === null ? null : problemOf(text);
      if (text !== null && problem !== null) failures.push({ text, problem });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return failures;
}

/** The text of a file of these bytes; null where they are refused, in words. */
function readBytes(file: string, bytes: Buffer): string | null {
  writeFileSync(file, bytes);
  const read = readUtf8(file);
  if ('text' in read) return read.text;
  renderDiagnostic(read.diagnostic, { colour: false });
  return null;
}

/** What is wrong with how a text was taken, in words; null for a plan or diagnostics, within a second. */
export function problemOf(text: string, csv = FILES['stations.csv'], config?: string): string | null {
  // Processor time: other work on the machine is no fault of the compiler's.
  const started = process.cpuUsage();
  try {
    const options = {
      files: { ...FILES, 'stations.csv': csv },
      ...(config === undefined ? {} : { configs: [config] }),
    };
    const { plan, diagnostics } = compileText(text, options);
    for (const d of diagnostics) {
      for (const location of [d.location, ...(d.notes ?? []).map((note) => note.location)]) {
        if (location && !isInside(location)) return `outside its text: ${d.message} ${location.start}-${location.end}`;
      }
      if (/undefined|NaN|\[object/.test(d.message + (d.hint ?? '')) && !/undefined|NaN|\[object/.test(text))
        return `odd words: ${d.message}`;
      renderDiagnostic(d, { colour: false });
    }
    if (!plan && !diagnostics.some((d) => d.severity === 'error')) return 'neither a plan nor an error';
  } catch (error) {
    return (error as Error).stack ?? String(error);
  }
  const elapsed = process.cpuUsage(started).user / 1000;
  return elapsed > SLOWEST_MS ? `took ${Math.round(elapsed)} ms` : null;
}

function isInside({ source, start, end }: Location): boolean {
  return start >= 0 && start <= end && end <= source.text.length && start <= source.text.length;
}
