import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { atMost, formatSeconds, type Section } from '../report.ts';
import type { Session } from '../session.ts';

/** Specs that run at once, from the root of the repository: each with what makes it take a while. */
const SPECS: readonly (readonly [folder: string, ...args: string[]])[] = [
  ['examples/multitask-streamflow'],
  ['examples/optimizer-arms'],
  ['templates/init/search', '--set', 'trials=200'],
  ['templates/init/sweep'],
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
  for (const [from, ...args] of SPECS) {
    const folder = session.newFolder('forecast');
    cpSync(fileURLToPath(new URL(`../../../${from}`, import.meta.url)), folder, {
      recursive: true,
      filter: (path) => !path.includes('/.wfc') && !path.endsWith('/expA'),
    });
    const spec = join(folder, 'wfc.yml');
    const wfc = async (...words: string[]): Promise<string> => {
      const [program, ...rest] = session.wfc(...words, ...args);
      return (await execa(program, rest, { cwd: folder })).stdout;
    };
    const before = JSON.parse(await wfc('plan', spec, '--json')) as { run: number };
    await runTenth(session, [spec, ...args], folder, before.run);
    const { run, forecast } = JSON.parse(await wfc('plan', spec, '--forecast', '-j2', '--json')) as Forecast;
    // Without what wfc takes until the first task starts.
    const { seconds: real } = JSON.parse(await wfc('run', spec, '--json', '-j2')) as { seconds: number };
    const { low, middle, high } = forecast.makespanSeconds;
    const miss = Math.abs(middle / real - 1) * 100;
    misses.push(miss);
    rows.push([
      [from, ...args].join(' '),
      `${run} of ${before.run}`,
      formatSeconds(middle),
      `${formatSeconds(low)} to ${formatSeconds(high)}`,
      formatSeconds(real),
      `${miss.toFixed(0)} %`,
    ]);
  }
  return {
    title: 'Forecast',
    note: 'A run is stopped when a tenth of its tasks are done; `wfc plan --forecast -j2` of the rest, and `wfc run -j2` of it.',
    head: ['', 'tasks left', 'forecast', 'a tenth below to a tenth above', 'real', 'off by'],
    rows,
    aims: [atMost('the forecast that is off most', Math.max(...misses), 20, '%')],
  };
}

/** Start a run and stop it once a tenth of so many tasks are done. */
async function runTenth(session: Session, args: readonly string[], folder: string, tasks: number): Promise<void> {
  const [program, ...rest] = session.wfc('run', '-q', '-j2', ...args);
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
