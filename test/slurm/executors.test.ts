import { expect, it } from 'vitest';
import { make, treeOf } from '../make/make.ts';
import { CLI, type Experiment, exampleCopy, experiment } from '../support/experiment.ts';
import { patience } from '../support/waiting.ts';
import type { Cluster } from './cluster.ts';
import { drawCases, expectedFiles, experimentOf, type RandomCase, ruleGraph, textOf } from './random-specs.ts';
import { describeOnSlurm } from './suite.ts';

/** For longer runs by hand: WFC_RANDOM_SPECS=200 WFC_RANDOM_SEED=7. */
const COUNT = Number(process.env.WFC_RANDOM_SPECS ?? 7);
const SEED = Number(process.env.WFC_RANDOM_SEED ?? 20260101);
/** Submissions in the queue at a time, each with some tens of elements. */
const AT_A_TIME = 15;
/** The same by hand: WFC_RANDOM_RULES=3000. */
const RULES = Number(process.env.WFC_RANDOM_RULES ?? 120);

/** The same experiment for each executor. */
interface Three {
  readonly wfc: Experiment;
  readonly make: Experiment;
  readonly slurm: Experiment;
}

async function submit(cluster: Cluster, { folder }: Experiment, options: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await cluster.run(process.execPath, [CLI, 'run', '--slurm', ...options], {
    cwd: folder,
  });
  expect(exitCode, stderr).toBe(0);
}

async function runHere(three: Three, options: readonly string[]): Promise<void> {
  const local = await three.wfc.start(['run', '--local', '-j2', ...options]).ended;
  expect(local.status, local.stderr).toBe(0);
  const compiled = await three.make.start(['compile', '--target', 'local', ...options]).ended;
  expect(compiled.status, compiled.stderr).toBe(0);
  const made = await make(three.make, ['-j2']);
  expect(made.status, made.output).toBe(0);
}

/** All three have made the same, and wfc finds all of it complete, whoever made it. */
async function expectSame(three: Three, options: readonly string[], words: string): Promise<Record<string, string>> {
  const tree = treeOf(three.wfc);
  expect(treeOf(three.make), `make: ${words}`).toEqual(tree);
  expect(treeOf(three.slurm), `slurm: ${words}`).toEqual(tree);
  for (const [executor, made] of Object.entries(three) as [string, Experiment][]) {
    const { stdout } = await made.start(['plan', '--json', ...options]).ended;
    expect(JSON.parse(stdout), `${executor}: ${words}`).toMatchObject({ run: 0 });
  }
  return tree;
}

function copies(drawn: RandomCase): Three {
  const copy = (): Experiment => experimentOf(drawn, { withTemps: true });
  return { wfc: copy(), make: copy(), slurm: copy() };
}

/** Paths of outputs that are temp, and that no target names. */
function tempsOf({ spec, temps, naive }: RandomCase): Set<string> {
  const names = Object.keys(spec.rules);
  const rules = names.filter((name, r) => temps[r] && !spec.targets?.includes(spec.rules[name]!.output[0]!));
  return new Set(
    naive.tasks.filter(({ name }) => rules.includes(name.split(' ')[0]!)).map(({ outputs }) => outputs[0]!),
  );
}

describeOnSlurm('wfc run, make and Slurm leave the same tree', { nodes: 2, cpusPerNode: 4 }, (cluster) => {
  // Smaller than their READMEs say, to be quick: the same rules.
  it.each([
    ['multitask-streamflow', ['--set', 'site=01022500,01030500', '--set', 'epochs=2', '--set', 'seed=0']],
    ['optimizer-arms', ['--set', 'start=1', '--set', 'steps=5']],
    ['python-inline', ['--set', 'batch=1,2', '--set', 'points=50']],
  ])('of the example %s', async (name, options) => {
    const copy = (): Experiment => exampleCopy(name);
    const three: Three = { wfc: copy(), make: copy(), slurm: copy() };
    await submit(cluster(), three.slurm, options);
    await runHere(three, options);
    await cluster().waitForIdleQueue();
    await expectSame(three, options, name);
  });

  it(
    `of ${RULES} rules with a task each that hang together`,
    async () => {
      const copy = (): Experiment => {
        const made = experiment('');
        made.write('wfc.yml', ruleGraph(RULES, RULES));
        return made;
      };
      const three: Three = { wfc: copy(), make: copy(), slurm: copy() };
      const began = performance.now();
      await submit(cluster(), three.slurm, []);
      await cluster().waitForIdleQueue(patience(30 + RULES) / 1000);
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      const calls = three.slurm.files('.wfc/journal').find((path) => path.endsWith('/jobs.tsv'))!;
      const arrays = three.slurm.read(calls).trimEnd().split('\n').length;
      expect(arrays).toBeLessThanOrEqual(8);
      await runHere(three, []);
      const tree = await expectSame(three, [], 'rules');
      expect(Object.keys(tree).filter((path) => path.startsWith('o/') && path !== 'o/')).toHaveLength(RULES);
      console.log(`${RULES} rules: ${arrays} sbatch calls, ${seconds} s from the submission to an empty queue`);
    },
    patience(40 + RULES),
  );

  it(
    `of ${COUNT} random specs, packed and fused in different ways, which is the tree of a naive enumeration`,
    async () => {
      let tasks = 0;
      let files = 0;
      const cases = drawCases({ count: COUNT, seed: SEED, minTasks: 5, maxTasks: 60 });
      for (let at = 0; at < COUNT; at += AT_A_TIME) {
        const batch = cases.slice(at, at + AT_A_TIME).map((drawn) => ({ drawn, three: copies(drawn) }));
        for (const { three } of batch) await submit(cluster(), three.slurm, []);
        for (const { three } of batch) await runHere(three, []);
        await cluster().waitForIdleQueue(patience(60) / 1000);
        for (const { drawn, three } of batch) {
          const words = `${textOf(drawn, { withTemps: true })} ${JSON.stringify(drawn.packing)}`;
          const tree = await expectSame(three, [], words);
          const temps = tempsOf(drawn);
          for (const [path, content] of Object.entries(expectedFiles(drawn.naive)))
            expect(tree[path], `${path}: ${words}`).toBe(temps.has(path) ? undefined : content);
          tasks += drawn.naive.needed.length;
          files += Object.keys(tree).length;
        }
        const specs = at + batch.length;
        console.log(
          `${specs} random specs: ${tasks} tasks on each of three executors, ${files} files and folders the same`,
        );
      }
    },
    patience(60 + 15 * COUNT),
  );
});
