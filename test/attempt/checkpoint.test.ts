/**
 * Tasks that take longer than their time: they are warned, save, and go on; whoever runs them (see contract.test.ts).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Experiment, experiment } from '../support/experiment.ts';
import { attempt, EXECUTORS, type Executor, prepare, start } from './executors.ts';

/** Counts up to a number, a step each time it is warned, and saves how far it is. */
const COUNT = `
      n=$(cat {checkpoint} 2>/dev/null || echo 0); echo "attempt {attempt} from $n" >> calls
      trap 'echo $((n + 1)) > {checkpoint}; exit 9' TERM USR1
      : > {output}
      if ((n < 2)); then while :; do sleep 0.05; done; fi
      echo "$n" > {output}`;

function counting(
  keys: { readonly checkpoint?: string; readonly rule?: string; readonly run?: string } = {},
): Experiment {
  const { checkpoint = '', rule = '', run = COUNT } = keys;
  return experiment(`rules:
  one:
    output: a
    checkpoint: {path: ck/a, warn: 1s, ${checkpoint}}
    resources: {time: 2s}
    ${rule}
    run: |
${indented(run)}
`);
}

const indented = (text: string): string => text.trim().replaceAll(/^ */gm, ' '.repeat(6));

const journal = (...ends: readonly string[]): string[] => ends.flatMap((end, i) => [`started a ${i + 1}`, end]);
const NOTE = '.wfc/checkpoints/one';

/** Of all three at a time: nearly all of it is waiting. */
function claim(name: string, holds: (executor: Executor) => Promise<void>): void {
  it(`a task with a checkpoint ${name}`, async () => {
    const ends = await Promise.allSettled(EXECUTORS.map(holds));
    const failures = ends.flatMap((end, e) => (end.status === 'rejected' ? [`${EXECUTORS[e]}: ${end.reason}`] : []));
    expect(failures).toEqual([]);
  });
}

claim('that is warned before its time is up saves, and goes on from there until it is done', async (executor) => {
  const made = counting();
  expect(await attempt(executor, made)).toMatchObject({
    ended: 'well',
    journal: journal('interrupted a', 'interrupted a', 'done a'),
    // The checkpoint has served.
    files: { a: '2\n', 'ck/': '' },
    markers: [],
  });
  expect(made.calls()).toEqual(['attempt 1 from 0', 'attempt 2 from 1', 'attempt 3 from 2']);
  expect([made.has('ck/a'), made.has(NOTE)]).toEqual([false, false]);
});

claim('may be warned by another signal, and may keep its checkpoint', async (executor) => {
  const made = counting({ checkpoint: 'signal: USR1, keep: true' });
  expect(await attempt(executor, made)).toMatchObject({ ended: 'well', files: { a: '2\n', 'ck/a': '2\n' } });
  expect(made.read('.wfc/logs/one.log')).toContain('wfc: 1 s before its time limit: SIGUSR1, to save\n');
});

claim(
  'has failed at its time limit once it has gone on as often as it may, and its checkpoint stays',
  async (executor) => {
    const made = counting({ checkpoint: 'continues: 1' });
    expect(await attempt(executor, made)).toMatchObject({
      ended: 'badly',
      journal: journal('interrupted a', 'failed a 2 time_limit:2'),
      files: { 'ck/a': '2\n' },
      untold: [],
    });
    // Asked for once more, it goes on from there.
    expect(await attempt(executor, made)).toMatchObject({ ended: 'well', files: { a: '2\n' } });
    expect(made.calls().at(-1)).toBe('attempt 3 from 2');
  },
);

claim('that saves nothing new fails, and is tried again as ever', async (executor) => {
  const run = '\n      echo x >> calls\n      : > {output}\n      sleep 1000';
  const made = counting({ rule: 'retries: 1', run });
  const problem = 'no_checkpoint:2:ck/a';
  expect(await attempt(executor, made)).toMatchObject({
    ended: 'badly',
    journal: journal(`failed a 1 ${problem}`, `failed a 2 ${problem}`),
    untold: [],
  });
});

claim('that ends well in spite of the warning is done', async (executor) => {
  const run = '\n      trap ":" TERM\n      sleep 1.4 || sleep 0.4\n      echo x > {output}';
  expect(await attempt(executor, counting({ run }))).toMatchObject({ ended: 'well', journal: journal('done a') });
});

claim('saves in a folder, of which each file counts', async (executor) => {
  const run = `
    mkdir -p {checkpoint}/deep
    trap 'echo >> {checkpoint}/deep/x; exit 1' TERM
    if (({attempt} < 3)); then while :; do sleep 0.05; done; fi
    wc -l < {checkpoint}/deep/x > {output}`;
  expect(await attempt(executor, counting({ checkpoint: 'directory: true', run }))).toMatchObject({
    ended: 'well',
    journal: journal('interrupted a', 'interrupted a', 'done a'),
    files: { a: '2\n' },
  });
});

claim(
  'that is stopped or fails goes on from its checkpoint later, unless its command has changed',
  async (executor) => {
    const run = '\n      cat ck/a 2>/dev/null || echo from nothing >> calls\n      echo saved > ck/a\n      test -e go';
    const made = counting({ run: `${run}\n      cp ck/a {output}` });
    expect(await attempt(executor, made)).toMatchObject({ ended: 'badly', files: { 'ck/a': 'saved\n' } });
    await attempt(executor, made);
    expect(made.calls()).toEqual(['from nothing']);
    const spec = made.path('wfc.yml');
    writeFileSync(spec, readFileSync(spec, 'utf8').replace('test -e go', 'true'));
    expect(await attempt(executor, made)).toMatchObject({ ended: 'well', files: { a: 'saved\n' } });
    expect(made.calls()).toEqual(['from nothing']);
    expect(made.read('.wfc/logs/one.log')).toContain(
      'wfc: removed ck/a: another command, or other inputs, had left it\n',
    );
  },
);

claim('that was told to stop may save, and goes on in the next run', async (executor) => {
  const made = counting({ run: COUNT.replace('n < 2', 'n < 1') });
  await prepare(executor, made);
  const running = start(executor, made);
  await made.appeared('a');
  running.kill('SIGTERM');
  expect(await running.ended).toMatchObject({ ended: 'interrupted', journal: journal('interrupted a') });
  expect(await attempt(executor, made)).toMatchObject({ ended: 'well', files: { a: '1\n' } });
  expect(made.calls()).toEqual(['attempt 1 from 0', 'attempt 2 from 1']);
});
