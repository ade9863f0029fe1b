/**
 * A network file system, as each node sees it: through a cache of its own, which holds names, absences, sizes and times for
 * some seconds. WFC_LAG_SECONDS: for how many (5). The commands are run on one more machine, which sees as late as the others.
 */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';
import { randomNumbers } from '../support/random.ts';
import { patience, until } from '../support/waiting.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { damage, waitForQuietQueue } from './damage.ts';
import { behindCache, type Login, loginNode, missingLag } from './lagging.ts';
import { judgeRuns, readRecords, readRuns, rightTree, SOAK_COMMANDS, soakSpec } from './soak-workload.ts';

const seconds = Number(process.env.WFC_LAG_SECONDS ?? 5);
const seed = Number(process.env.WFC_SEED ?? Math.floor(Math.random() * 1e6));
const SIZE = { sites: 4, factors: 2, seeds: 4 };

vi.setConfig({ testTimeout: patience(60) + 40_000 * seconds });

/** Four arrays, not fused: each rule asks for something else. */
const STAGES = soakSpec(SIZE).replace(/^ {2}(train|predict|evaluate|combine):\n/gm, (line, rule: string) => {
  const memory = { train: 50, predict: 60, evaluate: 70, combine: 80 }[rule];
  return `${line}    resources: {mem: ${memory}M, time: 1m}\n`;
});
/** Every task takes a while, so that whoever is killed is at work. */
const COMMANDS = SOAK_COMMANDS.replace('((dice != 1)) || read', 'read').replace('-t 0.3', '-t 0.4');
/** Waits for what is late twice as long as nodes lag, and a little more. */
const PROFILE = `prelude: ["wfc_wait_seconds=${2 * seconds + 5}", "source ./soak.sh"]\npacking: {tasks_per_element: 4}\n`;

interface Site {
  readonly made: Experiment;
  readonly cluster: Cluster;
  readonly login: Login;
  wfc(...args: string[]): Promise<string>;
  isComplete(): Promise<boolean>;
  /** `wfc resume` until all is complete, as this machine sees it. */
  resumeToTheEnd(): Promise<void>;
}

/** A cluster whose nodes and login node see the experiment's folder late. */
async function lagging(made: Experiment, nodes: number): Promise<Site> {
  const cluster = await startCluster({ nodes, cpusPerNode: 4, nodeBehind: behindCache(made.folder, seconds) });
  onTestFinished(() => cluster.stop());
  const login = await loginNode(made.folder, seconds, cluster.env);
  const site: Site = {
    made,
    cluster,
    login,
    wfc: async (...args) => {
      const { exitCode, stdout, stderr } = await login.run(process.execPath, CLI, ...args);
      // Where nothing is left to release or to submit, too.
      expect([0, 3], stderr).toContain(exitCode);
      return stdout + stderr;
    },
    isComplete: async () => /^ {2}"run": 0,$/m.test(await site.wfc('plan', '--json')),
    resumeToTheEnd: () =>
      until(async () => {
        await waitForQuietQueue(cluster);
        if (await site.isComplete()) return true;
        await site.wfc('resume');
        return false;
      }, 'all is complete'),
  };
  return site;
}

const rows: object[] = [];
afterAll(() => {
  if (rows.length > 0) console.table(rows);
});

const missing = missingLag();
describe('on a file system that lags', () => {
  if (missing !== null) {
    it(`is skipped: ${missing}`, (context) => context.skip(missing));
    return;
  }

  it(`by ${seconds} s, four stages on four nodes come out right under faults (seed ${seed}), in order`, async () => {
    const random = randomNumbers(seed);
    const made = experiment(STAGES, { 'soak.sh': COMMANDS, 'profiles/default.yml': PROFILE });
    made.folderAt('trace');
    const site = await lagging(made, 4);
    const began = Date.now();
    await site.wfc('run', '--slurm');
    const faults: string[] = [];
    for (const kind of ['element', 'slurmd', 'requeue'] as const) {
      await until(() => damage(site.cluster, kind, random), `an element runs: ${kind}`);
      faults.push(kind);
      // Whatever it sees: an answer.
      expect(await site.wfc('status')).toContain('combine');
    }
    await waitForQuietQueue(site.cluster);
    // Now nothing fails at random.
    made.write('calm', '');
    await site.resumeToTheEnd();
    const right = rightTree(SIZE);
    const isWrong = ([path, text]: [string, string]): boolean =>
      !existsSync(made.path(path)) || readFileSync(made.path(path), 'utf8') !== text;
    const runs = readRuns(made.folder);
    const { order, rerunsAfterSuccess } = judgeRuns(runs, readRecords(made.folder), new Map());
    const found = {
      'wrong results': [...right].filter(isWrong).map(([path]) => path),
      'order violations': order,
      'bad inputs': made.has('bad') ? made.read('bad').trimEnd().split('\n') : [],
    };
    rows.push({
      'lag, seconds': seconds,
      tasks: right.size,
      faults: faults.join(', '),
      'runs of tasks': runs.length,
      'reruns after success': rerunsAfterSuccess.length,
      ...Object.fromEntries(Object.entries(found).map(([name, list]) => [name, list.length])),
      'time, seconds': Math.round((Date.now() - began) / 1000),
    });
    expect(found).toEqual({ 'wrong results': [], 'order violations': [], 'bad inputs': [] });
    const { stdout } = await site.login.run(process.execPath, CLI, 'status', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ total: right.size, done: right.size, running: 0 });
  });

  it('what was made of a source as it once was does not count as complete', async () => {
    const made = experiment(
      `rules:
  one: {input: in.txt, output: one.txt, run: "cp in.txt {output}"}
  two: {input: one.txt, output: two.txt, run: "cat one.txt > {output}", resources: {mem: 60M}}
`,
      { 'in.txt': 'first\n' },
    );
    const site = await lagging(made, 1);
    await site.wfc('run', '--slurm');
    await site.resumeToTheEnd();
    expect(made.read('two.txt')).toBe('first\n');
    // Nodes that have just looked at it see it as it was: of its old size, and cut off there.
    made.write('in.txt', 'second, and longer\n');
    await until(async () => !(await site.isComplete()), 'the login node sees the edit');
    await site.wfc('run', '--slurm');
    await site.resumeToTheEnd();
    expect(made.read('two.txt')).toBe('second, and longer\n');
  });
});
