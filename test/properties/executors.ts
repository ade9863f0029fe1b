/** A random spec in folders of its own, run by each executor. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { NO_PROFILE } from '../../src/model/profile.ts';
import { renderArtifacts } from '../../src/target/slurm/artifacts.ts';
import { type Packing, planStages } from '../../src/target/slurm/stages.ts';
import { randomFrom } from '../diagnostics/mutations.ts';
import { make, planIn, writeMake } from '../make/make.ts';
import { compileText } from '../schema/compile-text.ts';
import { type Ended, type Experiment, experiment } from '../support/experiment.ts';
import { template } from '../support/templates.ts';
import { patience } from '../support/waiting.ts';
import { type Meaning, meaningOf, type RichSpec, richSpec, richText, STEP } from './rich-specs.ts';
import type { SlurmStandIn } from './stand-in.ts';

/** How many specs a property tries, and from which seed; by hand, for more: see README.md. */
export function trials(usual: number): { numRuns: number; seed: number; endOnFailure: boolean } {
  return {
    numRuns: Number(process.env.WFC_PROPERTY_COUNT ?? usual),
    seed: Number(process.env.WFC_PROPERTY_SEED ?? 20220419),
    // Shrinking runs many specs more: only where somebody looks for a cause.
    endOnFailure: process.env.WFC_PROPERTY_SHRINK === undefined,
  };
}

/** For a whole property, in milliseconds. */
export const LONG = Number(process.env.WFC_PROPERTY_COUNT ?? 0) > 0 ? 10 * 3_600_000 : patience(120);

const MAX_TASKS = 14;

/** Specs that compile, with enough tasks to say something and few enough to be run. */
export const runnableSpec: fc.Arbitrary<RichSpec> = richSpec.filter((spec) => {
  const { plan } = compileText(richText(spec));
  return plan !== null && plan.neededCount > 2 && plan.neededCount <= MAX_TASKS;
});

/** What Slurm scripts are made for, and what the stand-in chooses. */
export interface SlurmChoice {
  readonly packing: Packing;
  readonly slots: number;
  readonly seed: number;
}

export const slurmChoice: fc.Arbitrary<SlurmChoice> = fc.record({
  packing: fc.record({
    tasksPerElement: fc.constantFrom<Packing['tasksPerElement']>('auto', 1, 2, 3),
    fuse: fc.constantFrom<Packing['fuse']>('auto', 'never'),
    lanes: fc.constantFrom(1, 1, 3),
  }),
  slots: fc.constantFrom(1, 2, 4),
  seed: fc.nat(),
});

/** The spec, its sources and ./step in a fresh folder. */
export function experimentOf(spec: RichSpec, { sources }: Meaning = meaningOf(spec)): Experiment {
  const made = experiment('', { ...sources, step: STEP });
  chmodSync(made.path('step'), 0o755);
  made.write('wfc.yml', richText(spec));
  return made;
}

/** Scripts in `slurm`, as `wfc compile --target slurm` writes them. */
function writeSlurm({ folder }: Experiment, packing: Packing): void {
  const plan = planIn(folder);
  const limits = { maxArraySize: 1001, maxSubmit: 1000, maxTimeSeconds: null };
  const stages = planStages(plan, { included: plan.needed, limits, packing });
  const { files } = renderArtifacts(plan, {
    stages,
    durations: new Map(),
    included: plan.needed,
    limits,
    packing,
    site: NO_PROFILE,
    specFolder: relative('/x/slurm', '/x'),
    templates: template,
    options: '{}\n',
    staged: {},
  });
  for (const { path, content } of files) {
    const file = join(folder, 'slurm', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

export type Way = 'local' | 'make' | 'submit.sh' | 'run --slurm';

/** Run an experiment's spec, or what is left of it, one of the ways. `-k` where failures are expected. */
export async function runBy(
  way: Way,
  made: Experiment,
  slurm: SlurmStandIn,
  choice: SlurmChoice,
  keepGoing = false,
): Promise<Ended> {
  switch (way) {
    case 'local':
      return made.run(keepGoing ? '-j3 -k' : '-j3');
    case 'make': {
      writeMake(made);
      const { status, output } = await make(made, keepGoing ? ['-j3', '-k'] : ['-j3']);
      return { status, stdout: output, stderr: output };
    }
    case 'submit.sh':
      // Written once: a second submission is of the same scripts.
      if (!made.has('slurm')) writeSlurm(made, choice.packing);
      return submit(made, slurm, choice);
    case 'run --slurm': {
      const ended = await made.run('--slurm', { env: slurm.env });
      await slurm.runQueue({ slots: choice.slots, random: randomFrom(choice.seed) });
      return ended;
    }
  }
}

/** `submit.sh`, and what it queued to its end. */
async function submit({ folder }: Experiment, slurm: SlurmStandIn, { slots, seed }: SlurmChoice): Promise<Ended> {
  const { exitCode, stdout, stderr } = await execa('bash', ['slurm/submit.sh'], {
    cwd: folder,
    env: slurm.env,
    reject: false,
    stdin: 'ignore',
  });
  await slurm.runQueue({ slots, random: randomFrom(seed) });
  return { status: exitCode, stdout: String(stdout), stderr: String(stderr) };
}

/** All files that tasks make or read, with their texts: not wfc's own, nor those of the test. */
export function filesOf(made: Experiment): Record<string, string> {
  const ours = /^(\.wfc\/|slurm\/|fails\/|wfc\.yml$|step$|calls$)/;
  return Object.fromEntries(
    made
      .files('.')
      .filter((path) => !ours.test(path))
      .map((path) => [path, made.read(path)]),
  );
}
