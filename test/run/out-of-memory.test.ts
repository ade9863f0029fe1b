/** Out of memory on this machine and under make: told where the kernel says so, and never guessed. */
import { describe, expect, it } from 'vitest';
import { OutOfMemory } from '../../src/execute/attempt/memory.ts';
import { missingCgroup, runInCgroup } from '../support/cgroup.ts';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';

/** What a task of its own takes 600 MB, or has a process take it, and a task that has no need of memory. */
const HOG = "x=$(head -c 600M /dev/zero | tr '\\0' x)";
const LIMIT_MIB = 400;

function spec(run: string): string {
  return `
params: {i: [1, 2]}
rules:
  fit:
    output: "{i}.txt"
    run: |
      touch began-{i}
      ${run}
      touch {output}
    resources: {mem: 200M}
`;
}

/** Both tasks have begun before either goes on. */
const TOGETHER = 'until [[ -e began-1 && -e began-2 ]]; do sleep 0.05; done';

const BACKENDS = {
  'wfc run': async (e: Experiment, jobs: number) =>
    void (await runInCgroup(LIMIT_MIB, [process.execPath, CLI, 'run', '-k', '-j', String(jobs)], e.folder)),
  make: async (e: Experiment, jobs: number) => {
    expect((await e.wfc('compile --target local --out m')).status).toBe(0);
    // Plain make runs one at a time, and does not know it.
    await runInCgroup(LIMIT_MIB, ['make', '-C', 'm', '-k', ...(jobs === 1 ? [] : [`-j${jobs}`])], e.folder);
  },
};

async function reasons(e: Experiment): Promise<Record<string, string>> {
  const { failures } = JSON.parse((await e.wfc('status --json')).stdout) as {
    failures: { task: string; reason: string }[];
  };
  return Object.fromEntries(failures.map(({ task, reason }) => [task, reason]));
}

const missing = missingCgroup();

describe.each(Object.entries(BACKENDS))('out of memory under %s', (_, run) => {
  if (missing !== null) {
    it(`is skipped: ${missing}`, (context) => context.skip(missing));
    return;
  }

  it('a task that the kernel killed ran out of memory, and --escalate gives it more; one killed by hand did not', async () => {
    const e = experiment(spec(`if [[ {i} == 1 ]]; then ${HOG}; else kill -KILL "$BASHPID"; fi`));
    await run(e, 1);
    expect(await reasons(e)).toEqual({
      'fit i=1': 'out of memory',
      'fit i=2': 'exit status 137, as if killed by SIGKILL',
    });
    const { stderr } = await e.wfc('resume --local --escalate -n');
    expect(stderr).toContain('fit i=1: 400 MiB of memory (200 MiB was not enough)');
    expect(stderr).not.toContain('fit i=2:');
  });

  it('of a task alone also where only a process of its own was killed; without a kill its status is its own', async () => {
    const e = experiment(spec(`if [[ {i} == 1 ]]; then (${HOG}) || exit 3; else exit 3; fi`));
    await run(e, 1);
    expect(await reasons(e)).toEqual({ 'fit i=1': 'out of memory', 'fit i=2': 'exit status 3' });
  });

  it('of several at a time only the one that was killed itself; whose process it was is not guessed', async () => {
    const e = experiment(spec(`${TOGETHER}\n      if [[ {i} == 1 ]]; then (${HOG}) || exit 3; else exit 4; fi`));
    await run(e, 2);
    expect(await reasons(e)).toEqual({ 'fit i=1': 'exit status 3', 'fit i=2': 'exit status 4' });
    const killed = experiment(spec(`${TOGETHER}\n      if [[ {i} == 1 ]]; then ${HOG}; else exit 4; fi`));
    await run(killed, 2);
    expect(await reasons(killed)).toEqual({ 'fit i=1': 'out of memory', 'fit i=2': 'exit status 4' });
  });
});

it('each kill is of one attempt, and one from before an attempt of none', () => {
  let kills = 1;
  const memory = new OutOfMemory({ kills: () => kills }, performance);
  const [a, b, c] = [memory.start(), memory.start(), memory.start()];
  memory.look(performance.now());
  kills = 2;
  expect(memory.end(a, { hasFailed: true, wasKilled: true })).toBe(true);
  expect(memory.end(b, { hasFailed: true, wasKilled: true })).toBe(false);
  expect(memory.end(c, { hasFailed: false, wasKilled: false })).toBe(false);
  expect(memory.end(memory.start(), { hasFailed: true, wasKilled: true })).toBe(false);
  const alone = memory.start();
  kills = 3;
  expect(memory.end(alone, { hasFailed: true, wasKilled: false })).toBe(true);
});
