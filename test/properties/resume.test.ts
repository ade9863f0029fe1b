import { statSync, truncateSync, utimesSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Experiment } from '../support/experiment.ts';
import { experimentOf, filesOf, LONG, runBy, runnableSpec, slurmChoice, trials, type Way } from './executors.ts';
import { type Meaning, meaningOf } from './rich-specs.ts';
import { SlurmStandIn } from './stand-in.ts';

type Damage = 'delete' | 'cut' | 'touch';

/** How a tree is made, and how it is mended. Make goes by times alone: it can't see that an output was cut or touched. */
const WAYS: readonly (readonly [first: Way, then: Way, damages: readonly Damage[]])[] = [
  ['local', 'local', ['delete', 'cut', 'touch']],
  ['submit.sh', 'submit.sh', ['delete', 'cut', 'touch']],
  ['submit.sh', 'local', ['delete', 'cut', 'touch']],
  ['submit.sh', 'run --slurm', ['delete', 'cut', 'touch']],
  ['local', 'submit.sh', ['delete', 'cut', 'touch']],
  ['local', 'run --slurm', ['delete', 'cut', 'touch']],
  ['make', 'local', ['delete', 'cut', 'touch']],
  ['make', 'make', ['delete']],
  ['local', 'make', ['delete']],
];

/** Damage one output; of a directory a file goes, since no time or size of the directory tells of a change in its files. */
function harm(made: Experiment, output: string, directory: boolean, damage: Damage): void {
  const path = made.path(output);
  if (damage === 'delete') made.remove(output);
  else if (directory) made.remove(`${output}/y`);
  else if (damage === 'cut') truncateSync(path, Math.floor(statSync(path).size / 2));
  else utimesSync(path, new Date(), new Date(Date.now() + 5000));
}

/** Tasks that may run for these: what depends on them, and the makers of temp outputs that those read. */
function mayRun({ tasks, traits }: Meaning, harmed: ReadonlySet<number>): Set<number> {
  const all = new Set(harmed);
  tasks.forEach(({ needs }, t) => {
    if (needs.some((n) => all.has(n))) all.add(t);
  });
  for (let t = tasks.length - 1; t >= 0; t--) {
    if (!all.has(t)) continue;
    for (const n of tasks[t]!.needs) if (tasks[n]!.outputs.some((o) => traits.get(o)!.temp)) all.add(n);
  }
  return all;
}

it(
  'whatever outputs are deleted, cut or touched, the next run mends the tree, and a third leaves it',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        runnableSpec,
        slurmChoice,
        fc.constantFrom(...WAYS),
        fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
        async (spec, choice, [first, then, damages], chosen) => {
          const meaning = meaningOf(spec);
          const made = experimentOf(spec, meaning);
          const standIn = new SlurmStandIn();
          const began = await runBy(first, made, standIn, choice);
          expect(began.status, began.stderr).toBe(0);
          made.calls();
          const harmed = new Set<number>();
          for (const n of chosen) {
            const t = n % meaning.tasks.length;
            const { outputs } = meaning.tasks[t]!;
            const output = outputs[n % outputs.length]!;
            if (!made.has(output)) continue;
            const { directory } = meaning.traits.get(output)!;
            harm(made, output, directory, damages[n % damages.length]!);
            harmed.add(t);
          }
          const words = `${first}, then ${then}, after harm to ${[...harmed].map((t) => meaning.tasks[t]!.first)}`;
          const mended = await runBy(then, made, standIn, choice);
          expect(mended.status, `${words}: ${mended.stderr}`).toBe(0);
          expect(filesOf(made), words).toEqual(meaning.files);
          const allowed = new Set([...mayRun(meaning, harmed)].map((t) => meaning.tasks[t]!.first));
          if (then === 'local' || then === 'run --slurm') {
            expect(
              made.calls().filter((call) => !allowed.has(call)),
              words,
            ).toEqual([]);
          }
          // Scripts record a temp output that they made again as it is now, without its earlier times: its other
          // consumers then run once more. The tree stays what it is.
          const mayRepeat = then !== 'local' && [...meaning.traits.values()].some(({ temp }) => temp);
          const third = await made.run();
          expect(third.status, `${words}: ${third.stderr}`).toBe(0);
          if (!mayRepeat) expect(third.stderr, words).toContain('nothing to do');
          expect(filesOf(made), words).toEqual(meaning.files);
        },
      ),
      trials(25),
    );
  },
  LONG,
);
