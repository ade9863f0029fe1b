import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Cluster, missingSlurm, startCluster } from '../../slurm/cluster.ts';
import { hasPythonModule, pathToDebianPython } from '../../support/programs.ts';
import { type Contender, Measured, measure, race } from '../measure.ts';
import { type Aim, atLeast, ratesRow, type Section } from '../report.ts';
import { isInstalled, type Session } from '../session.ts';
import { endOfClosingJob } from './slurm.ts';

const HEAD = ['', 'tasks', 'median', 'fastest to slowest', 'runs', 'CPU', 'tasks a second'];
const TASKS = 400;
/** Of those that start an interpreter for each task. */
const FEW = 40;
const EXAMPLE = fileURLToPath(new URL('../../../examples/preloaded-streamflow', import.meta.url));

/** The work of each task, in `seed`: it imports what takes long, and does little. */
const SCRIPT = `import numpy as np
import pandas as pd
pd.DataFrame({"x": np.random.default_rng(int(seed)).normal(size=9)}).to_csv(out)`;

/** Python tasks that import numpy and pandas, and the whole of an example of such, with `preload` and without. */
export async function preload(session: Session): Promise<Section> {
  const title = 'Preload';
  const note = `Python scripts that import numpy and pandas, with -j2: ${TASKS} with preload, ${FEW} where each starts its own interpreter. The example is examples/preloaded-streamflow, whole. On Slurm, four nodes on this machine: ${TASKS} in two elements, from the start of wfc run --slurm to the end of the closing job.`;
  if (!hasPythonModule('pandas')) {
    return { title, note: "pandas is missing: install Debian's python3-pandas", head: HEAD, rows: [], aims: [] };
  }
  const local = await race(contenders(session), session.repeats);
  const slurm = await throughSlurm(session);
  const all = new Map([...local, ...slurm]);
  const rate = (name: string): number => tasksOf(name) / all.get(name)!.seconds;
  const rows = [...all].map(([name, measured]) => ratesRow(measured, tasksOf(name), 1));
  const aims: Aim[] = [];
  const compare = (name: string, other: string, least: number): void => {
    if (all.has(name) && all.has(other))
      aims.push(atLeast(`tasks a second of ${name} by those of ${other}`, rate(name) / rate(other), least, ''));
  };
  compare('wfc, preload', 'wfc, without', 20);
  compare('wfc, preload', 'make', 20);
  compare('wfc, preload', 'snakemake', 20);
  compare('example, preload', 'example, without', 5);
  compare('Slurm, preload', 'Slurm, without', 10);
  return { title, note, head: HEAD, rows, aims };
}

const COUNTS: Readonly<Record<string, number>> = {
  'wfc, preload': TASKS,
  'Slurm, preload': TASKS,
  'Slurm, without': TASKS,
  'example, preload': 223,
  'example, without': 223,
};

function tasksOf(name: string): number {
  return COUNTS[name] ?? FEW;
}

function contenders(session: Session): Contender[] {
  const env = { ...process.env, PATH: pathToDebianPython() };
  const wfc = session.wfc('run', '--local', '-j2', '-q');
  const some = (name: string, write: (folder: string) => void, command: Contender['command']): Contender => {
    const folder = session.newFolder('preload');
    const prepare = (): void => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      write(folder);
    };
    return { name, command, folder, env, prepare };
  };
  const all = [
    some('wfc, preload', (folder) => writeSpec(folder, TASKS, true), wfc),
    some('wfc, without', (folder) => writeSpec(folder, FEW, false), wfc),
    some('make', writeMakefile, ['make', '-s', '-j2']),
    { ...some('snakemake', writeSnakefile, ['snakemake', '-q', '-j2']), repeats: 1 },
    some('example, preload', (folder) => copyExample(folder, true), wfc),
    { ...some('example, without', (folder) => copyExample(folder, false), wfc), repeats: 1 },
  ];
  return all.filter(({ name }) => (name !== 'make' && name !== 'snakemake') || session.tools.has(name));
}

function writeSpec(folder: string, tasks: number, isPreloaded: boolean): void {
  const lines = SCRIPT.replaceAll('(seed)', '({seed})').replaceAll('(out)', '({output})').split('\n');
  writeFileSync(
    join(folder, 'wfc.yml'),
    `wfc: 1
params: {seed: {from: 1, to: ${tasks}}}
defaults: {shell: python3${isPreloaded ? ', preload: [numpy, pandas]' : ''}, resources: {mem: 300M}}
rules:
  fit:
    output: "out/{seed}.csv"
    run: |
      ${lines.join('\n      ')}
`,
  );
}

function writeMakefile(folder: string): void {
  writeFileSync(join(folder, 'fit.py'), `import sys\nseed, out = sys.argv[1:]\n${SCRIPT}\n`);
  mkdirSync(join(folder, 'out'));
  const all = Array.from({ length: FEW }, (_, n) => `out/${n + 1}.csv`);
  writeFileSync(join(folder, 'Makefile'), `all: ${all.join(' ')}\nout/%.csv:\n\tpython3 fit.py $* $@\n`);
}

/** As researchers write it; `run:` would start an interpreter for each job as well. */
function writeSnakefile(folder: string): void {
  writeFileSync(join(folder, 'fit.py'), `import sys\nseed, out = sys.argv[1:]\n${SCRIPT}\n`);
  writeFileSync(
    join(folder, 'Snakefile'),
    `rule all:
    input: expand("out/{seed}.csv", seed=range(1, ${FEW + 1}))
rule fit:
    output: "out/{seed}.csv"
    shell: "python3 fit.py {wildcards.seed} {output}"
`,
  );
}

function copyExample(folder: string, isPreloaded: boolean): void {
  cpSync(EXAMPLE, folder, { recursive: true, filter: (path) => !/\.wfc$|\/(data|fits|scores)$/.test(path) });
  if (isPreloaded) return;
  const spec = join(folder, 'wfc.yml');
  writeFileSync(spec, readFileSync(spec, 'utf8').replace(/^ {2}preload:.*\n/m, ''));
}

/** From the start of `wfc run --slurm` to the end of the closing job. */
async function throughSlurm(session: Session): Promise<Map<string, Measured>> {
  const times = new Map<string, Measured>();
  const missing = missingSlurm();
  if (missing !== null || !isInstalled('sbatch')) return times;
  const cluster = await startCluster({ nodes: 4, cpusPerNode: 4 });
  try {
    for (const isPreloaded of [true, false]) {
      const name = isPreloaded ? 'Slurm, preload' : 'Slurm, without';
      times.set(name, await oneThroughSlurm(session, cluster, name, isPreloaded));
    }
  } finally {
    await cluster.stop();
  }
  return times;
}

async function oneThroughSlurm(
  session: Session,
  cluster: Cluster,
  name: string,
  isPreloaded: boolean,
): Promise<Measured> {
  const folder = session.newFolder('slurm');
  mkdirSync(join(folder, 'profiles'), { recursive: true });
  writeSpec(folder, TASKS, isPreloaded);
  // Two elements, which run side by side as two tasks do with -j2.
  writeFileSync(join(folder, 'profiles/default.yml'), `packing: {tasks_per_element: ${TASKS / 2}}\n`);
  const env = { ...cluster.env, PATH: `/usr/bin:${cluster.env.PATH}` };
  const from = Date.now();
  const submitted = await measure({ name, command: session.wfc('run', '--slurm'), folder, env });
  const seconds = ((await endOfClosingJob(cluster, folder)) - from) / 1000;
  session.say(`  ${name}: ${seconds.toFixed(1)} s, ${submitted.seconds.toFixed(1)} s of them until all is submitted`);
  return new Measured(name, [{ seconds, cpuSeconds: null, peakMiB: null }]);
}
