/**
 * SIGKILL at random moments, for the runner, a task, or all that runs; after each `wfc resume`. The tree then always equals
 * that of an undisturbed run, and no task ever read a half-written file. WFC_KILLS: how many (20); WFC_SEED: which moments.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { type Experiment, experiment, isAlive, type Running, until } from '../support/experiment.ts';
import { randomNumbers } from '../support/random.ts';
import { patience } from '../support/waiting.ts';

const SPEC = `
params: {i: {from: 1, to: 4}, j: [1, 2, 3]}
rules:
  prep: {output: "out/{i}/prep.txt", run: "./step prep-{i} {output}"}
  raw: {input: "out/{i}/prep.txt", output: {path: "out/{i}/{j}.raw", temp: true}, run: "./step raw-{i}-{j} {output} {input}"}
  fit: {input: "out/{i}/{j}.raw", output: "out/{i}/{j}.txt", run: "./step fit-{i}-{j} {output} {input}"}
  sum: {gather: [i, j], input: ["out/{i}/{j}.txt"], output: out/sum.txt, run: "./step sum {output} {input}"}
`;
const TASKS = 4 + 12 + 12 + 1;

/** Notes its start, and an input that is not whole; for some hundredths of a second its output is half-written. */
const STEP = `#!/bin/bash
set -e
name=$1 output=$2
shift 2
echo "$name" >>starts
# Without a fork: a kill that hits one must not look like a bad input.
for input; do
  mapfile -t lines <"$input"
  [[ \${lines[-1]} == "end of $input" ]] || echo "$name: $input" >>bad
done
echo "half of $name" >"$output"
sleep 0.0$((RANDOM % 9 + 1))
for input; do cat "$input" >>"$output"; done
echo "end of $output" >>"$output"
`;

function stepped(): Experiment {
  const e = experiment(SPEC, { step: STEP });
  e.executable('step');
  return e;
}

function tree(e: Experiment): Record<string, string> {
  return Object.fromEntries(e.files('out').map((path) => [path, e.read(path)]));
}

function startsIn(e: Experiment): number {
  return e.has('starts') ? e.read('starts').split('\n').length - 1 : 0;
}

/** All processes that work in the experiment's folder. */
function processesIn({ folder }: Experiment): number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === folder ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

function isStep(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('./step\0');
  } catch {
    return false;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

const KINDS = ['runner', 'task', 'all'] as const;
type Kind = (typeof KINDS)[number];

/** Returns how many processes were killed. */
function kill(kind: Kind, e: Experiment, run: Running, random: () => number): number {
  if (kind === 'runner') {
    run.kill('SIGKILL');
    return 1;
  }
  const pids = processesIn(e);
  if (kind === 'task') {
    const steps = pids.filter(isStep);
    const pid = steps[Math.floor(random() * steps.length)];
    if (pid !== undefined) send(pid, 'SIGKILL');
    return pid === undefined ? 0 : 1;
  }
  // All stop before the first is killed, so that none can act on the death of another.
  for (const pid of pids) send(pid, 'SIGSTOP');
  const all = processesIn(e);
  for (const pid of all) send(pid, 'SIGKILL');
  return all.length;
}

const kills: Record<Kind, number> = { runner: 0, task: 0, all: 0 };
let reruns = 0;
let wrongResults = 0;

afterAll(() => {
  const inAll = kills.runner + kills.task + kills.all;
  console.table([{ ...kills, 'kills in all': inAll, reruns, 'wrong results': wrongResults }]);
});

const count = Number(process.env.WFC_KILLS ?? 20);
const seed = Number(process.env.WFC_SEED ?? Math.floor(Math.random() * 1e6));

it(
  `after ${count} kills at random moments (seed ${seed}) the tree is right, and nothing read half a file`,
  async () => {
    const random = randomNumbers(seed);
    const undisturbed = stepped();
    expect((await undisturbed.run()).status).toBe(0);
    const right = tree(undisturbed);
    expect(Object.keys(right)).toHaveLength(TASKS - 12);

    for (let killed = 0; killed < count; ) {
      const e = stepped();
      const inThis: Kind[] = [];
      // Some kills a tree; then it is brought to its end.
      for (let k = 0; k < 5 && killed < count; k++) {
        const kind = KINDS[Math.floor(random() * KINDS.length)]!;
        const before = startsIn(e);
        const run = e.start(['resume', '-k', '-j', '4']);
        // While it looks, before its first task, or in the middle of some.
        let isOver = false;
        void run.ended.then(() => {
          isOver = true;
        });
        const many = before + Math.floor(random() * 8);
        if (random() < 0.85) await until(() => isOver || startsIn(e) > many, `more than ${many} starts, or the end`);
        await pause(random() * 150);
        if (isOver) break;
        const hit = kill(kind, e, run, random);
        await run.ended;
        if (hit === 0) continue;
        killed++;
        inThis.push(kind);
        kills[kind]++;
      }
      let ended = await e.wfc('resume -k -j 4');
      expect(ended.status, ended.stderr).toBe(0);
      const wrong = e.has('bad') ? [e.read('bad')] : [];
      if (JSON.stringify(tree(e)) !== JSON.stringify(right)) wrong.push('another tree');
      reruns += startsIn(e) - TASKS;
      wrongResults += wrong.length;
      expect(wrong, `seed ${seed}, after ${inThis.join(', ')}`).toEqual([]);
      expect(tree(e)).toEqual(right);
      ended = await e.wfc('resume');
      expect(ended.stderr).toContain(`nothing to do: all ${TASKS} tasks are complete`);
      expect(e.files('out').filter((path) => path.includes('wfc-incomplete'))).toEqual([]);
      expect(processesIn(e).filter(isAlive)).toEqual([]);
    }
  },
  patience(20 + 3 * count),
);
