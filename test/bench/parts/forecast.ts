import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { type Cluster, missingSlurm, startCluster } from '../../slurm/cluster.ts';
import { hasPythonModule, pathToDebianPython } from '../../support/programs.ts';
import { atMost, formatSeconds, type Section } from '../report.ts';
import type { Session } from '../session.ts';

/** Tasks that wait, each as long as its params and a number of its own say: other work on the machine makes none longer. */
const WAITING = `wfc: 1
params:
  site: {from: 1, to: 6}
  size: [1, 2, 4, 8]
  seed: {from: 1, to: 5}
defaults: {resources: {cpus: 1, mem: 10M, time: 10m}}
rules:
  prep: {output: "p/{site}", run: "sleep 0.3; touch {output}"}
  fit:
    input: p/{site}
    output: f/{size}/{site}/{seed}
    run: |
      own=$(($(cksum <<< "{size} {site} {seed}" | cut -d ' ' -f 1) % 100))
      sleep "$(printf '%d.%03d' 0 $(({size} * (70 + own) / 2)))"
      touch {output}
  score: {input: "f/{size}/{site}/{seed}", output: "s/{size}/{site}/{seed}", run: "sleep 0.1; touch {output}"}
  all: {gather: [site, size, seed], input: "s/{size}/{site}/{seed}", output: all, run: "sleep 0.5; touch {output}"}
`;

interface Spec {
  readonly name: string;
  /** A folder from the root of the repository, or the text of a spec. */
  readonly from: string;
  /** Tasks at a time here; on Slurm elements, of one CPU each. */
  readonly jobs: number;
  readonly args?: readonly string[];
  /** What is run first, in place of a tenth: where that is not known before, as its list is not. */
  readonly first?: string;
}

const WAITING_SPEC = { name: 'tasks that wait', from: WAITING };
const STREAMFLOW = { name: 'multitask-streamflow', from: 'examples/multitask-streamflow' };
const STAGED = {
  name: 'staged-sites',
  from: 'examples/staged-sites',
  jobs: 2,
  args: ['--set', 'years=5'],
  first: 'sites',
};
const SEARCH = {
  name: 'init search, 200 trials',
  from: 'templates/init/search',
  jobs: 2,
  args: ['--set', 'trials=200'],
};
const PRELOADED = { name: 'preloaded-streamflow', from: 'examples/preloaded-streamflow' };

const HERE: readonly Spec[] = [
  ...[2, 8].map((jobs) => ({ ...WAITING_SPEC, jobs })),
  ...[2, 8].map((jobs) => ({ ...STREAMFLOW, jobs })),
  { name: 'optimizer-arms', from: 'examples/optimizer-arms', jobs: 2 },
  { name: 'python-inline', from: 'examples/python-inline', jobs: 2 },
  ...(hasPythonModule('pandas') ? [{ ...PRELOADED, jobs: 2 }] : []),
  STAGED,
  SEARCH,
  { name: 'init sweep', from: 'templates/init/sweep', jobs: 2 },
];

/** What computes gets as many CPUs as two cores are; what waits, more. */
const ON_SLURM: readonly Spec[] = [
  { ...WAITING_SPEC, jobs: 16 },
  { ...STREAMFLOW, jobs: 2 },
  { ...SEARCH, jobs: 2 },
];

interface Forecast {
  readonly run: number;
  readonly forecast: {
    readonly makespanSeconds: { readonly low: number; readonly middle: number; readonly high: number };
  };
}

/** A folder with a spec of its own, and wfc in it. */
interface Study {
  readonly folder: string;
  readonly jobs: number;
  readonly first: string | undefined;
  readonly wfc: (...words: string[]) => Promise<string>;
  readonly start: (...words: string[]) => { readonly interrupt: () => Promise<void>; readonly isOver: () => boolean };
}

/** After a tenth has run, how long the rest is going to take; and how long it took. */
export async function forecast(session: Session): Promise<Section> {
  const rows: string[][] = [];
  const misses: number[] = [];
  const take = async (spec: Spec, place: Place): Promise<void> => {
    const study = studyOf(session, spec, place.env);
    const done = await place.runTenth(study);
    const { run, forecast } = JSON.parse(await study.wfc('plan', ...place.forecast(study), '--json')) as Forecast;
    const real = await place.runRest(study);
    const { low, middle, high } = forecast.makespanSeconds;
    const miss = (middle / real - 1) * 100;
    misses.push(Math.abs(miss));
    const row = [
      spec.name,
      place.name(study),
      `${done} of ${done + run}`,
      formatSeconds(low),
      formatSeconds(middle),
      formatSeconds(high),
      formatSeconds(real),
      `${miss < 0 ? '-' : '+'}${Math.abs(miss).toFixed(0)} %`,
    ];
    session.say(`  ${row.join(', ')}`);
    rows.push(row);
  };
  for (const spec of HERE) await take(spec, hereOf());
  for (const spec of missingSlurm() === null ? ON_SLURM : []) {
    const cluster = await startCluster({ nodes: 2, cpusPerNode: spec.jobs / 2 });
    try {
      await take(spec, slurmOf(cluster));
    } finally {
      await cluster.stop();
    }
  }
  return {
    title: 'Forecast',
    note: 'A run is stopped when a tenth of its tasks are done; then `wfc plan --forecast` of the rest, and a run of it. A tenth of what may come out lies below the low number, a tenth above the high one. Real: of `wfc run` what it tells itself, on Slurm (two nodes on this machine) from the submission to the last line of an element. What computes is as quick as the machine was in that tenth.',
    head: ['', 'where', 'tasks run before', 'low', 'middle', 'high', 'real', 'off by'],
    rows,
    aims: [atMost('the forecast that is off most', Math.max(...misses), 20, '%')],
  };
}

interface Place {
  readonly env: NodeJS.ProcessEnv;
  readonly name: (study: Study) => string;
  /** Words after `wfc plan`. */
  readonly forecast: (study: Study) => readonly string[];
  /** Run until a tenth is done, and no further; returns how many are. */
  readonly runTenth: (study: Study) => Promise<number>;
  /** Returns the seconds that it took. */
  readonly runRest: (study: Study) => Promise<number>;
}

function hereOf(): Place {
  return {
    env: { ...process.env, PATH: pathToDebianPython() },
    name: ({ jobs }) => `-j${jobs}`,
    forecast: ({ jobs }) => ['--forecast', `-j${jobs}`],
    runTenth: async (study) => {
      if (study.first !== undefined) {
        await study.wfc('run', '--goal', study.first);
        return doneIn(study.folder);
      }
      const tasks = await tasksToRun(study);
      const run = study.start('run', '-q', `-j${study.jobs}`);
      while (!run.isOver() && doneIn(study.folder) < tasks / 10) await sleep(20);
      await run.interrupt();
      return doneIn(study.folder);
    },
    // Without what wfc takes until the first task starts.
    runRest: async ({ wfc, jobs }) =>
      (JSON.parse(await wfc('run', '--json', `-j${jobs}`)) as { seconds: number }).seconds,
  };
}

function slurmOf({ env, waitForIdleQueue }: Cluster): Place {
  return {
    env,
    name: ({ jobs }) => `Slurm, ${jobs} CPUs`,
    forecast: ({ jobs }) => ['--target', 'slurm', '--forecast', `-j${jobs}`],
    runTenth: async (study) => {
      const tasks = await tasksToRun(study);
      await study.wfc('run', '--slurm');
      while (doneIn(study.folder) < tasks / 10) await sleep(100);
      await study.wfc('cancel');
      await waitForIdleQueue(600);
      return doneIn(study.folder);
    },
    runRest: async ({ wfc, folder }) => {
      await wfc('run', '--slurm');
      await waitForIdleQueue(600);
      const { first, last } = lastSubmission(folder);
      return last - first;
    },
  };
}

function studyOf(session: Session, { name, from, jobs, args = [], first }: Spec, env: NodeJS.ProcessEnv): Study {
  const folder = session.newFolder('forecast');
  session.say(`  ${name}`);
  if (from.includes('\n')) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'wfc.yml'), from);
  } else
    cpSync(fileURLToPath(new URL(`../../../${from}`, import.meta.url)), folder, {
      recursive: true,
      filter: (path) => !/\/(\.wfc|expA|results|fits|data|scores)$/.test(path),
    });
  const command = (words: string[]) => session.wfc(...words, ...args);
  return {
    folder,
    jobs,
    first,
    wfc: async (...words) => {
      const [program, ...rest] = command(words);
      return (await execa(program, rest, { cwd: folder, env })).stdout;
    },
    start: (...words) => {
      const [program, ...rest] = command(words);
      const child = spawn(program, rest, { cwd: folder, env, stdio: 'ignore' });
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      return {
        interrupt: () => {
          child.kill('SIGINT');
          return ended;
        },
        isOver: () => child.exitCode !== null,
      };
    },
  };
}

async function tasksToRun({ wfc }: Study): Promise<number> {
  return (JSON.parse(await wfc('plan', '--json')) as { run: number }).run;
}

function doneIn(folder: string): number {
  const journals = join(folder, '.wfc/journal');
  if (!existsSync(journals)) return 0;
  const files = readdirSync(journals, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tsv'));
  const lines = files.flatMap((name) => readFileSync(join(journals, name), 'utf8').split('\n'));
  return lines.filter((line) => line.startsWith('done\t')).length;
}

/** When the last submission of a folder was queued, and when the last of its elements wrote; seconds since 1970. */
function lastSubmission(folder: string): { readonly first: number; readonly last: number } {
  const journals = join(folder, '.wfc/journal');
  const [name] = readdirSync(journals)
    .filter((entry) => /^\d+-slurm-[^.]*$/.test(entry))
    .sort()
    .reverse();
  const secondsOf = (file: string): number => statSync(join(journals, name!, file)).mtimeMs / 1000;
  const elements = readdirSync(join(journals, name!)).filter((file) => /\.\d+\..*tsv$|\.\d+\.tsv$/.test(file));
  return { first: secondsOf('jobs.tsv'), last: Math.max(...elements.map(secondsOf)) };
}
