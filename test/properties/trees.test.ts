import fc from 'fast-check';
import { expect, it } from 'vitest';
import { treeOf } from '../make/make.ts';
import { experimentOf, filesOf, LONG, runBy, runnableSpec, slurmChoice, trials } from './executors.ts';
import { meaningOf } from './rich-specs.ts';
import { SlurmStandIn } from './stand-in.ts';

it(
  'wfc run, make and the Slurm scripts run each task once, and leave the tree that the spec means',
  async () => {
    await fc.assert(
      fc.asyncProperty(runnableSpec, slurmChoice, async (spec, choice) => {
        const meaning = meaningOf(spec);
        const calls = meaning.tasks.flatMap(({ rule, first }) =>
          spec.traits[rule]!.failsFirst ? [first, first] : [first],
        );
        const ways = ['local', 'make', 'submit.sh'] as const;
        const trees = await Promise.all(
          ways.map(async (way) => {
            const made = experimentOf(spec, meaning);
            const { status, stderr } = await runBy(way, made, new SlurmStandIn(), choice);
            expect(status, `${way}: ${stderr}`).toBe(0);
            expect(filesOf(made), way).toEqual(meaning.files);
            expect(made.calls(), way).toEqual(calls.sort());
            made.remove('slurm');
            return treeOf(made);
          }),
        );
        // Folders and logs, too.
        expect(trees[1]).toEqual(trees[0]);
        expect(trees[2]).toEqual(trees[0]);
      }),
      trials(25),
    );
  },
  LONG,
);
