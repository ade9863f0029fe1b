/** Exact keep-going: tasks fail at random in packed and fused elements, on several lanes, and just what may run runs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { NaivePlan } from '../compile/naive.ts';
import { treeOf } from '../make/make.ts';
import { CLI, type Experiment } from '../support/experiment.ts';
import { patience } from '../support/waiting.ts';
import type { Cluster } from './cluster.ts';
import {
  drawCases,
  expectedFiles,
  experimentOf,
  neededTasks,
  producers,
  type RandomCase,
  textOf,
} from './random-specs.ts';
import { journal } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

/** For longer runs by hand: WFC_RANDOM_SPECS=200 WFC_RANDOM_SEED=7. */
const COUNT = Number(process.env.WFC_RANDOM_SPECS ?? 8);
const SEED = Number(process.env.WFC_RANDOM_SEED ?? 31);
const AT_A_TIME = 10;

/** One task in seven fails, and at least one. */
function drawFailures({ naive, dice }: RandomCase): Set<string> {
  const names = neededTasks(naive).map(({ outputs }) => outputs[0]!);
  const bad = names.filter((_, i) => dice[i % dice.length]! % 7 === 0);
  return new Set(bad.length > 0 ? bad : [names[dice[0]! % names.length]!]);
}

interface Allowed {
  /** First outputs of the tasks that are attempted: all that they depend on succeeded. */
  readonly attempted: string[];
  readonly done: string[];
}

/** What keep-going allows, from the enumeration alone. */
function allowed(naive: NaivePlan, bad: ReadonlySet<string>): Allowed {
  const tasks = neededTasks(naive);
  const producer = producers(tasks);
  const succeeds = new Map<string, boolean>();
  const attempted: string[] = [];
  const visit = (name: string): boolean => {
    const known = succeeds.get(name);
    if (known !== undefined) return known;
    const task = producer.get(name)!;
    const needs = new Set(task.inputs.flat().flatMap((path) => producer.get(path)?.outputs[0] ?? []));
    const isAttempted = [...needs].map(visit).every(Boolean);
    if (isAttempted) attempted.push(name);
    succeeds.set(name, isAttempted && !bad.has(name));
    return succeeds.get(name)!;
  };
  for (const { outputs } of tasks) visit(outputs[0]!);
  return { attempted: attempted.sort(), done: attempted.filter((name) => succeeds.get(name)).sort() };
}

async function submit(cluster: Cluster, { folder }: Experiment): Promise<void> {
  const { exitCode, stderr } = await cluster.run(process.execPath, [CLI, 'run', '--slurm'], { cwd: folder });
  expect(exitCode, stderr).toBe(0);
}

/** First outputs of the tasks that ran since the last look, each as often as it ran. */
function ran(made: Experiment): string[] {
  const lines = made.has('ran') ? made.read('ran').trimEnd().split('\n').sort() : [];
  made.remove('ran');
  return lines;
}

async function counts(cluster: Cluster, { folder }: Experiment): Promise<unknown> {
  const { stdout } = await cluster.run(process.execPath, [CLI, 'status', '--json'], { cwd: folder });
  const { done, failed, blocked, pending, running, stopped } = JSON.parse(stdout) as Record<string, number>;
  return { done, failed, blocked, pending, running, stopped };
}

/** Elements of the newest submission in which some tasks succeeded although others had failed or were blocked. */
function mixedElements(made: Experiment): number {
  const folder = journal(made);
  const journals = readdirSync(folder).filter((name) => /^\d+-.*\.tsv$/.test(name));
  return journals.filter((name) => {
    const kinds = readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .map((line) => line.split('\t')[0]!);
    const failure = kinds.findIndex((kind) => kind === 'failed' || kind === 'blocked');
    return failure >= 0 && kinds.slice(failure).includes('done');
  }).length;
}

describeOnSlurm('after random failures', { nodes: 2, cpusPerNode: 4 }, (cluster) => {
  it(
    `of tasks of ${COUNT} random specs, just the tasks run whose dependencies all succeeded; then just the others`,
    async () => {
      const totals = { submissions: 0, tasks: 0, attempts: 0, failed: 0, blocked: 0, mixed: 0 };
      const cases = drawCases({ count: COUNT, seed: SEED, minTasks: 12, maxTasks: 100 });
      for (let at = 0; at < COUNT; at += AT_A_TIME) {
        const batch = cases.slice(at, at + AT_A_TIME).map((drawn) => {
          const made = experimentOf(drawn, { canFail: true });
          const bad = drawFailures(drawn);
          for (const name of bad) made.write(`bad/${name}`, '');
          const words = `${textOf(drawn, { canFail: true })} ${JSON.stringify(drawn.packing)} bad: ${[...bad].join(' ')}`;
          return { made, words, naive: drawn.naive, first: allowed(drawn.naive, bad) };
        });
        for (const { made } of batch) await submit(cluster(), made);
        await cluster().waitForIdleQueue(patience(60) / 1000);
        for (const { made, words, naive, first } of batch) {
          const { attempted, done } = first;
          expect(ran(made), words).toEqual(attempted);
          const [failed, blocked] = [attempted.length - done.length, naive.needed.length - attempted.length];
          expect(await counts(cluster(), made), words).toEqual({
            done: done.length,
            failed,
            blocked,
            pending: 0,
            stopped: 0,
            running: 0,
          });
          totals.tasks += naive.needed.length;
          totals.attempts += attempted.length;
          totals.failed += failed;
          totals.blocked += blocked;
          totals.mixed += mixedElements(made);
          made.remove('bad');
        }
        for (const { made } of batch) await submit(cluster(), made);
        await cluster().waitForIdleQueue(patience(60) / 1000);
        for (const { made, words, naive, first } of batch) {
          const names = neededTasks(naive).map(({ outputs }) => outputs[0]!);
          expect(ran(made), words).toEqual(names.filter((name) => !first.done.includes(name)).sort());
          expect(treeOf(made), words).toMatchObject(expectedFiles(naive));
          totals.submissions += 2;
          totals.attempts += names.length - first.done.length;
        }
        console.log('exact keep-going so far', totals);
      }
      // It is worth something only if tasks went on beside failures, and others were held back.
      expect(totals.mixed).toBeGreaterThan(COUNT / 2);
      expect(totals.blocked).toBeGreaterThan(COUNT);
    },
    patience(60 + 15 * COUNT),
  );
});
