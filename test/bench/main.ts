/**
 * `npm run bench -- [PART…] [--sites N] [--seeds N] [--repeats N] [--no-snakemake] [--out FILE]`: wfc beside GNU make,
 * ninja and Snakemake on one workload, in one session, in turn; medians and ratios as Markdown.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { compile } from './parts/compile.ts';
import { element } from './parts/element.ts';
import { forecast } from './parts/forecast.ts';
import { look } from './parts/look.ts';
import { million } from './parts/million.ts';
import { nothing } from './parts/nothing.ts';
import { plan } from './parts/plan.ts';
import { preload } from './parts/preload.ts';
import { resume } from './parts/resume.ts';
import { run } from './parts/run.ts';
import { slurm } from './parts/slurm.ts';
import { start } from './parts/start.ts';
import { renderSection, type Section } from './report.ts';
import { Session } from './session.ts';
import { FULL } from './workload.ts';

/** In the order in which they run: `resume` takes away from the trees that `nothing` and `look` look at. */
const PARTS: Readonly<Record<string, (session: Session) => Promise<Section>>> = {
  start,
  plan,
  compile,
  million,
  run,
  preload,
  nothing,
  look,
  resume,
  element,
  slurm,
  forecast,
};

/** What is promised of these is promised of the study's size: at others its aims are left out. */
const OF_THE_STUDY = new Set(['plan', 'compile', 'run', 'nothing', 'look', 'slurm']);

const USAGE = `npm run bench -- [PART…] [--sites N] [--factors N] [--seeds N] [--repeats N] [--no-snakemake] [--out FILE]
parts: ${Object.keys(PARTS).join(' ')}; all, unless some are named
`;

interface Wishes {
  readonly parts: readonly string[];
  readonly session: Session;
  readonly out: string | undefined;
}

/** What the command line asks for; or what is wrong with it. */
function readWishes(args: string[]): Wishes | { problem: string } {
  const count = { type: 'string' } as const;
  let parsed: ReturnType<typeof parse>;
  const parse = () =>
    parseArgs({
      args,
      allowPositionals: true,
      options: {
        sites: count,
        factors: count,
        seeds: count,
        repeats: count,
        out: count,
        'no-snakemake': { type: 'boolean' },
      },
    });
  try {
    parsed = parse();
  } catch (error) {
    return { problem: (error as Error).message };
  }
  const { positionals, values } = parsed;
  const unknown = positionals.find((part) => !(part in PARTS));
  if (unknown !== undefined) return { problem: `there is no part "${unknown}"` };
  const number = (text: string | undefined, otherwise: number): number =>
    text === undefined ? otherwise : Number(text);
  const size = {
    sites: number(values.sites, FULL.sites),
    factors: number(values.factors, FULL.factors),
    seeds: number(values.seeds, FULL.seeds),
  };
  const repeats = number(values.repeats, 5);
  const bad = [...Object.values(size), repeats].some((n) => !Number.isSafeInteger(n) || n < 1);
  if (bad) return { problem: 'sizes and repeats are whole numbers from 1 on' };
  const parts = Object.keys(PARTS).filter((part) => positionals.length === 0 || positionals.includes(part));
  return {
    parts,
    session: new Session({ size, repeats, withSnakemake: !values['no-snakemake'] }),
    out: values.out,
  };
}

async function main(): Promise<number> {
  const wishes = readWishes(process.argv.slice(2));
  if ('problem' in wishes) {
    process.stderr.write(`${wishes.problem}\n${USAGE}`);
    return 2;
  }
  const { parts, session, out } = wishes;
  process.on('exit', () => session.close());
  process.on('SIGINT', () => process.exit(130));
  let markdown = `# wfc beside others\n\n${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores of ${cpus()[0]!.model.trim()}, Node ${process.version}.\n`;
  process.stdout.write(markdown);
  for (const part of parts) {
    session.say(`${part}:`);
    const section = await PARTS[part]!(session);
    const text = `\n${renderSection(session.isFull || !OF_THE_STUDY.has(part) ? section : { ...section, aims: [] })}`;
    process.stdout.write(text);
    markdown += text;
  }
  if (out !== undefined) writeFileSync(out, markdown);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
