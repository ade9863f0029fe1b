import fc from 'fast-check';
import { expect, it } from 'vitest';
import { experimentOf, filesOf, LONG, runBy, runnableSpec, slurmChoice, trials } from './executors.ts';
import { failMark, type Meaning, type MeantTask, meaningOf } from './rich-specs.ts';
import { SlurmStandIn } from './stand-in.ts';

/** Positions of tasks that depend on one of these, and these. */
function reached({ tasks }: Meaning, from: ReadonlySet<number>): Set<number> {
  const all = new Set(from);
  tasks.forEach(({ needs }, t) => {
    if (needs.some((n) => all.has(n))) all.add(t);
  });
  return all;
}

function filesWithout(
  { files, traits }: Meaning,
  lost: readonly MeantTask[],
  allTemps: boolean,
): Record<string, string> {
  const gone = new Set(lost.flatMap((task) => task.outputs));
  const outputOf = (file: string): string => (traits.has(file) ? file : file.replace(/\/[xy]$/, ''));
  return Object.fromEntries(
    Object.entries(files).filter(([file]) => {
      const output = outputOf(file);
      return !gone.has(output) && !(allTemps && traits.get(output)?.temp);
    }),
  );
}

it(
  'after failures exactly what does not depend on them is made, each way; the next run makes the rest',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        runnableSpec,
        slurmChoice,
        fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
        async (spec, choice, chosen) => {
          const meaning = meaningOf(spec);
          const failing = new Set(chosen.map((n) => n % meaning.tasks.length));
          const lost = reached(meaning, failing);
          const isLost = meaning.tasks.map((_, t) => lost.has(t));
          const calls = meaning.tasks.flatMap(({ rule, first, needs }) => {
            if (needs.some((n) => isLost[n])) return [];
            return spec.traits[rule]!.failsFirst ? [first, first] : [first];
          });
          // A failure of a local rule ends a submission before it begins.
          const isLocal = [...failing].some((t) => spec.traits[meaning.tasks[t]!.rule]!.local);
          const ways = ['local', 'make', ...(isLocal ? [] : (['submit.sh'] as const))] as const;
          await Promise.all(
            ways.map(async (way) => {
              const made = experimentOf(spec, meaning);
              for (const t of failing) made.write(failMark(meaning.tasks[t]!.first), '');
              const standIn = new SlurmStandIn();
              const { status, stderr } = await runBy(way, made, standIn, choice, true);
              if (way === 'submit.sh') {
                expect(status, stderr).toBe(0);
                expect(standIn.states()[standIn.jobIds().at(-1)!], 'the closing job').toBe('FAILED');
              } else expect(status, stderr).not.toBe(0);
              expect(made.calls(), way).toEqual(calls.sort());
              const left = filesWithout(
                meaning,
                meaning.tasks.filter((_, t) => isLost[t]),
                false,
              );
              // Make removes temp outputs only where nothing failed.
              if (way !== 'make') expect(filesOf(made), way).toEqual(left);
              else expect(filesOf(made), way).toMatchObject(left);
              made.remove('fails');
              const again = await runBy(way, made, standIn, choice);
              expect(again.status, again.stderr).toBe(0);
              expect(filesOf(made), `${way}, again`).toEqual(meaning.files);
            }),
          );
        },
      ),
      trials(12),
    );
  },
  LONG,
);
