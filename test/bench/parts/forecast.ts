import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
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
  readonly jobs: number;
  readonly args?: readonly string[];
}

const SPECS: readonly Spec[] = [
  ...[2, 4, 8].map((jobs) => ({ name: `tasks that wait, -j${jobs}`, from: WAITING, jobs })),
  { name: 'examples/multitask-streamflow', from: 'examples/multitask-streamflow', jobs: 2 },
  { name: 'examples/optimizer-arms', from: 'examples/optimizer-arms', jobs: 2 },
  { name: 'init search, 200 trials', from: 'templates/init/search', jobs: 2, args: ['--set', 'trials=200'] },
  { name: 'init sweep', from: 'templates/init/sweep', jobs: 2 },
];

interface Forecast {
  readonly run: number;
  readonly forecast: {
    readonly makespanSeconds: { readonly low: number; readonly middle: number; readonly high: number };
  };
}

/** After a tenth has run, how long the rest is going to take; and how long it took. */
export async function forecast(session: Session): Promise<Section> {
  const rows: string[][] = [];
  const misses: number[] = [];
  for (const { name, from, jobs, args = [] } of SPECS) {
    const folder = session.newFolder('forecast');
    const spec = join(folder, 'wfc.yml');
    if (from.includes('\n')) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(spec, from);
    } else
      cpSync(fileURLToPath(new URL(`../../../${from}`, import.meta.url)), folder, {
        recursive: true,
        filter: (path) => !path.includes('/.wfc') && !path.endsWith('/expA'),
      });
    const wfc = async (...words: string[]): Promise<string> => {
      const [program, ...rest] = session.wfc(...words, ...args);
      return (await execa(program, rest, { cwd: folder })).stdout;
    };
    const before = JSON.parse(await wfc('plan', spec, '--json')) as { run: number };
    await runTenth(session, [spec, `-j${jobs}`, ...args], folder, before.run);
    const { run, forecast } = JSON.parse(await wfc('plan', spec, '--forecast', `-j${jobs}`, '--json')) as Forecast;
    // Without what wfc takes until the first task starts.
    const { seconds: real } = JSON.parse(await wfc('run', spec, '--json', `-j${jobs}`)) as { seconds: number };
    const { low, middle, high } = forecast.makespanSeconds;
    const miss = Math.abs(middle / real - 1) * 100;
    misses.push(miss);
    rows.push([
      name,
      `${run} of ${before.run}`,
      formatSeconds(middle),
      `${formatSeconds(low)} to ${formatSeconds(high)}`,
      formatSeconds(real),
      `${miss.toFixed(0)} %`,
    ]);
  }
  return {
    title: 'Forecast',
    note: 'A run is stopped when a tenth of its tasks are done; `wfc plan --forecast` of the rest, and `wfc run` of it, two at a time unless told. What computes is as quick as the machine was in that tenth.',
    head: ['', 'tasks left', 'forecast', 'a tenth below to a tenth above', 'real', 'off by'],
    rows,
    aims: [atMost('the forecast that is off most', Math.max(...misses), 20, '%')],
  };
}

/** Start a run and stop it once a tenth of so many tasks are done. */
async function runTenth(session: Session, args: readonly string[], folder: string, tasks: number): Promise<void> {
  const [program, ...rest] = session.wfc('run', '-q', ...args);
  const child = spawn(program, rest, { cwd: folder, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const isOver = (): boolean => child.exitCode !== null;
  while (!isOver() && doneIn(folder) < tasks / 10) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  await ended;
}

function doneIn(folder: string): number {
  const journals = join(folder, '.wfc/journal');
  if (!existsSync(journals)) return 0;
  const lines = readdirSync(journals).flatMap((name) => readFileSync(join(journals, name), 'utf8').split('\n'));
  return lines.filter((line) => line.startsWith('done\t')).length;
}
