/**
 * SIGKILL and requeue at random moments on a real Slurm: all processes of an element, one task, a node, slurmd alone,
 * slurmctld. After some of them `wfc resume`. The tree then always equals that of an undisturbed run, and no task ever read
 * a half-written file. WFC_SLURM_KILLS: how many (3); WFC_SEED: which moments.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { CLI, type Experiment } from '../support/experiment.ts';
import { randomNumbers } from '../support/random.ts';
import { patience } from '../support/waiting.ts';
import { JournalAudit } from './audit.ts';
import type { Cluster, CommandResult } from './cluster.ts';
import { damage, isQueueQuiet, waitForQuietQueue } from './damage.ts';
import { orderViolations, Traced, tree } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

/** Arrays: prep and raw fused, then fit, index by index, then sum, then all. */
const SPEC = `params: {i: {from: 1, to: 6}, j: [1, 2, 3]}
rules:
  prep: {output: "out/{i}/prep.txt", run: "./step prep-{i} {output} -- "}
  raw:
    input: out/{i}/prep.txt
    output: {data: {path: "out/{i}/{j}.raw", temp: true}, index: "out/{i}/{j}.index"}
    run: ./step raw-{i}-{j} {output.data} {output.index} -- {input}
  fit:
    input: ["out/{i}/{j}.raw", "out/{i}/{j}.index"]
    output: out/{i}/{j}.txt
    run: ./step fit-{i}-{j} {output} -- {input}
    resources: {mem: 60M}
  sum:
    gather: j
    input: ["out/{i}/{j}.txt", "out/{i}/{j}.index"]
    output: {sum: "out/{i}/sum.txt", count: "out/{i}/count.txt"}
    run: ./step sum-{i} {output.sum} {output.count} -- {input}
    resources: {mem: 70M}
  all: {gather: i, input: ["out/{i}/sum.txt", "out/{i}/count.txt"], output: out/all.txt, run: "./step all {output} -- {input}"}
`;
const TASKS = 6 + 18 + 18 + 6 + 1;

/** Tasks whose outputs a task reads, as the spec above has it. */
function needs(task: string): string[] {
  const [rule, i, j] = task.split('-');
  if (rule === 'raw') return [`prep-${i}`];
  if (rule === 'fit') return [`raw-${i}-${j}`];
  if (rule === 'sum') return [1, 2, 3].flatMap((k) => [`raw-${i}-${k}`, `fit-${i}-${k}`]);
  return rule === 'all' ? [1, 2, 3, 4, 5, 6].map((k) => `sum-${k}`) : [];
}

/**
 * Notes its start and its end, and an input that is not whole. Its outputs are half-written in turn, each for a while.
 * Files are read without a fork: a kill that hits one must not look like a bad input.
 */
const STEP = `#!/bin/bash
name=$1
shift
while [[ $1 != -- ]]; do outputs+=("$1") && shift; done
shift
note() { printf '%s %s %s %s %s\\n' "$1" "$name" $$ "$EPOCHREALTIME" "\${SLURMD_NODENAME--}" >>trace; }
note start
for input; do
  lines=('')
  mapfile -t lines <"$input"
  [[ \${#lines[@]} -gt 0 && \${lines[-1]} == "end of $input" ]] || echo "$name: $input" >>bad
  all+=("\${lines[@]}")
done
for output in "\${outputs[@]}"; do
  echo "half of $name" >"$output"
  sleep "0.$((RANDOM % 3))$((RANDOM % 9 + 1))"
  printf '%s\\n' "\${all[@]}" "end of $output" >>"$output"
done
note end
`;

/** Followers of an element that was killed wait for it: not for a minute. */
const PROFILE = 'prelude: wfc_wait_seconds=4\npacking: {lanes: 2}\n';

function traced(): Traced {
  return new Traced(SPEC, { step: STEP, 'profiles/default.yml': PROFILE });
}

function wfc(cluster: Cluster, made: Experiment, ...args: string[]): Promise<CommandResult> {
  return cluster.run(process.execPath, [CLI, ...args], { cwd: made.folder });
}

/** By the name that a task has in the trace; a task's name in the journals is the path of its first output. */
function pathOf(task: string): string {
  const [rule, i, j] = task.split('-');
  return { raw: `out/${i}/${j}.raw`, fit: `out/${i}/${j}.txt` }[rule!] ?? '';
}

/** A temp output is made again for a consumer that is not complete. */
function mayRunAgain(path: string, succeeded: ReadonlySet<string>): boolean {
  const [, i, j] = /^out\/(\d)\/(\d)\.raw$/.exec(path) ?? [];
  return i !== undefined && !succeeded.has(pathOf(`fit-${i}-${j}`));
}

async function isComplete(cluster: Cluster, made: Experiment): Promise<boolean> {
  return /^ {2}"run": 0,$/m.test((await wfc(cluster, made, 'plan', '--json')).stdout);
}

/** Or the arrays of an older submission were released, which will remove temp outputs at its end. */
function submitted({ exitCode, stderr }: CommandResult): void {
  submissions++;
  expect(exitCode, stderr).toBe(stderr.includes('released ') ? 3 : 0);
}

function differences(tree: Record<string, string>, right: Record<string, string>): string[] {
  return [...new Set([...Object.keys(tree), ...Object.keys(right)])].filter((path) => tree[path] !== right[path]);
}

const KINDS = ['element', 'task', 'node', 'slurmd', 'slurmctld', 'requeue'] as const;
const kills = { element: 0, task: 0, node: 0, slurmd: 0, slurmctld: 0, requeue: 0 };
const found = {
  'order violations': 0,
  'bad inputs': 0,
  'wrong trees': 0,
  'reruns after success': 0,
  'lost records': 0,
};
let reruns = 0;
let submissions = 0;

const count = Number(process.env.WFC_SLURM_KILLS ?? 3);
const seed = Number(process.env.WFC_SEED ?? Math.floor(Math.random() * 1e6));

afterAll(() => {
  const inAll = Object.values(kills).reduce((sum, n) => sum + n, 0);
  if (inAll > 0) console.table([{ seed, submissions, ...kills, 'kills in all': inAll, reruns, ...found }]);
});

describeOnSlurm('kills at random moments on Slurm', { nodes: 4, cpusPerNode: 4 }, (cluster) => {
  it(
    `after ${count} of them (seed ${seed}) the tree is right, and nothing read half a file or ran twice`,
    async () => {
      const random = randomNumbers(seed);
      const undisturbed = traced();
      expect((await undisturbed.experiment.run('--local -j 8')).status).toBe(0);
      const right = tree(undisturbed.experiment);
      expect(Object.keys(right)).toHaveLength(TASKS + 6);
      // The first few are one of each kind, so that runs of six have them all.
      const order = [...KINDS].sort(() => random() - 0.5);
      for (let killed = 0; killed < count; ) {
        const made = traced();
        const { experiment } = made;
        const audit = new JournalAudit(experiment.folder, mayRunAgain);
        const inThis: string[] = [];
        let command = 'run --slurm';
        // Some kills a tree, in the first submission and in those that resume it; then it is brought to its end.
        for (let k = 0; k < 12 && killed < count; k++) {
          if (command !== '') {
            submitted(await wfc(cluster(), experiment, ...command.split(' ')));
            command = '';
          }
          await pause(random() * 2500);
          const kind = order.shift() ?? KINDS[Math.floor(random() * KINDS.length)]!;
          if (await damage(cluster(), kind, random)) {
            killed++;
            kills[kind]++;
            inThis.push(kind);
          } else if (killed < KINDS.length) order.push(kind);
          audit.look();
          if (!(await isQueueQuiet(cluster()))) continue;
          if (await isComplete(cluster(), experiment)) break;
          command = 'resume';
        }
        for (;;) {
          await waitForQuietQueue(cluster());
          audit.look();
          if (await isComplete(cluster(), experiment)) break;
          submitted(await wfc(cluster(), experiment, 'resume'));
        }
        // Arrays whose release was forgotten although they had run; then temp outputs of a lost closing job go.
        await wfc(cluster(), experiment, 'cancel');
        await waitForQuietQueue(cluster());
        await wfc(cluster(), experiment, 'resume');
        const trace = made.trace();
        const wrong = {
          'order violations': orderViolations(trace, needs),
          'bad inputs': made.badInputs(),
          'wrong trees': differences(tree(experiment), right),
          'reruns after success': audit.rerunsAfterSuccess,
          'lost records': audit.lostRecords,
        };
        reruns += trace.filter(({ kind }) => kind === 'start').length - TASKS;
        for (const [name, list] of Object.entries(wrong)) found[name as keyof typeof found] += list.length;
        const nothing = Object.fromEntries(Object.keys(wrong).map((name) => [name, []]));
        expect(wrong, `seed ${seed}, after ${inThis.join(', ')}`).toEqual(nothing);
        expect(tree(experiment)).toEqual(right);
        expect(experiment.files('out').filter((path) => path.includes('wfc-incomplete'))).toEqual([]);
      }
    },
    patience(60 + 15 * count),
  );
});
