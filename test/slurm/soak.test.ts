/**
 * The study's workload on a real Slurm, for as many minutes as WFC_SOAK_MINUTES says, while tasks fail, elements are killed,
 * requeued and cancelled, and nodes and the controller are killed. `wfc resume` takes it up whenever a submission has ended,
 * and where all is complete, a tenth of the outputs is removed. In the end all is brought to completion without faults.
 * WFC_SOAK_SITES (101), WFC_SOAK_SEEDS (30): its size; WFC_SEED: which faults.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FULL, type Size, taskCount } from '../bench/workload.ts';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';
import { randomNumbers } from '../support/random.ts';
import { JournalAudit } from './audit.ts';
import type { Cluster } from './cluster.ts';
import { type Damage, damage, isQueueQuiet } from './damage.ts';
import {
  inputsOf,
  judgeRuns,
  readRecords,
  readRuns,
  rightTree,
  SOAK_COMMANDS,
  SOAK_PROFILE,
  soakSpec,
} from './soak-workload.ts';
import { describeOnSlurm } from './suite.ts';

const FAULTS = ['requeue', 'scancel', 'element', 'node', 'slurmd', 'slurmctld'] as const satisfies readonly Damage[];

const minutes = Number(process.env.WFC_SOAK_MINUTES ?? 0);
const seed = Number(process.env.WFC_SEED ?? Math.floor(Math.random() * 1e6));
const size: Size = {
  sites: Number(process.env.WFC_SOAK_SITES ?? FULL.sites),
  factors: FULL.factors,
  seeds: Number(process.env.WFC_SOAK_SEEDS ?? FULL.seeds),
};

class Soak {
  readonly made: Experiment;
  readonly right = rightTree(size);
  readonly faults = Object.fromEntries(FAULTS.map((kind) => [kind, 0])) as Record<Damage, number>;
  readonly removed = new Map<string, number[]>();
  readonly wrong: string[] = [];
  submissions = 0;
  removals = 0;
  readonly audit: JournalAudit;
  private readonly cluster: Cluster;
  private readonly random = randomNumbers(seed);
  private readonly beganAt = Date.now();

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.made = experiment(soakSpec(size), { 'soak.sh': SOAK_COMMANDS, 'profiles/default.yml': SOAK_PROFILE });
    this.made.folderAt('trace');
    this.audit = new JournalAudit(this.made.folder, () => true);
  }

  get isOver(): boolean {
    return Date.now() - this.beganAt > minutes * 60_000;
  }

  say(text: string): void {
    console.log(`${((Date.now() - this.beganAt) / 1000).toFixed(0)} s: ${text}`);
  }

  /** Every 10 to 40 seconds one fault, until the time is over. */
  async doDamage(): Promise<void> {
    for (;;) {
      for (const until = Date.now() + 10_000 + this.random() * 30_000; Date.now() < until; await pause(200))
        if (this.isOver) return;
      const kind = FAULTS[Math.floor(this.random() * FAULTS.length)]!;
      // False: nothing ran that it could hit.
      while (!(await this.hit(kind))) {
        if (this.isOver) return;
        await pause(200);
      }
      this.faults[kind]++;
      this.say(kind);
    }
  }

  /** A loaded machine may be slow to bring back what was killed: that does not end the soak. */
  private hit(kind: Damage): Promise<boolean> {
    return damage(this.cluster, kind, this.random).catch((error: unknown) => {
      this.say(String(error));
      return true;
    });
  }

  /** Until all is complete and the time is over. */
  async work(): Promise<void> {
    let command = 'run --slurm';
    for (;;) {
      await this.submit(command);
      command = 'resume';
      do await pause(1000);
      while (!(await isQueueQuiet(this.cluster)));
      this.audit.look();
      if (this.isOver) this.made.write('calm', '');
      if (!(await this.isComplete())) continue;
      this.compare();
      if (this.made.has('calm')) return;
      if (!this.isOver) this.removeTenth();
    }
  }

  private async submit(command: string): Promise<void> {
    const { exitCode, stderr } = await this.wfc(command.split(' '));
    if (stderr.includes('sbatch calls')) this.submissions++;
    this.say(`wfc ${command}: exit status ${exitCode}: ${stderr.trimEnd().split('\n').at(-1)}`);
  }

  private wfc(args: readonly string[]) {
    return this.cluster.run(process.execPath, [CLI, ...args], { cwd: this.made.folder, timeoutSeconds: 600 });
  }

  private async isComplete(): Promise<boolean> {
    return /^ {2}"run": 0,$/m.test((await this.wfc(['plan', '--json'])).stdout);
  }

  private compare(): void {
    let wrong = 0;
    for (const [path, text] of this.right) {
      const file = this.made.path(path);
      if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
      wrong++;
      this.wrong.push(path);
    }
    this.say(`all is complete; ${wrong} wrong results`);
  }

  /** With a tenth of all outputs, what is made of them has a cause to run again. */
  private removeTenth(): void {
    const now = Date.now() * 1000;
    const undone = new Set<string>();
    for (const path of this.right.keys()) {
      const isRemoved = this.random() < 0.1;
      if (isRemoved) {
        rmSync(this.made.path(path));
        this.removed.set(path, [...(this.removed.get(path) ?? []), now]);
        this.removals++;
      }
      // Producers come before their consumers.
      if (isRemoved || (path !== 'out/overall.csv' && inputsOf(path, []).some((input) => undone.has(input))))
        undone.add(path);
    }
    undone.add('out/overall.csv');
    this.audit.undo(undone);
  }
}

if (minutes === 0)
  describe('soak on Slurm', () => {
    it('is skipped: it takes as many minutes as WFC_SOAK_MINUTES says', (context) => context.skip());
  });
else
  describeOnSlurm('soak on Slurm', { nodes: 4, cpusPerNode: 4 }, (cluster) => {
    it(
      `${taskCount(size)} tasks under faults for ${minutes} minutes (seed ${seed}): nothing wrong, nothing lost`,
      async () => {
        const soak = new Soak(cluster());
        await Promise.all([soak.work(), soak.doDamage()]);
        const runs = readRuns(soak.made.folder);
        const { order, rerunsAfterSuccess } = judgeRuns(runs, readRecords(soak.made.folder), soak.removed);
        const badInputs = soak.made.has('bad') ? soak.made.read('bad').trimEnd().split('\n') : [];
        const found = {
          'wrong results': soak.wrong,
          'lost records': soak.audit.lostRecords,
          'reruns after success': rerunsAfterSuccess,
          'order violations': order,
          'bad inputs': badInputs,
        };
        const counts = Object.fromEntries(Object.entries(found).map(([name, list]) => [name, list.length]));
        console.table({
          seed,
          tasks: taskCount(size),
          'runs of tasks': runs.length,
          'failed at random': runs.filter(({ failed }) => failed).length,
          'cut off': runs.filter(({ failed, end }) => !failed && end === undefined).length,
          submissions: soak.submissions,
          'outputs removed': soak.removals,
          ...soak.faults,
          'faults in all': Object.values(soak.faults).reduce((sum, n) => sum + n, 0),
          ...counts,
        });
        for (const [name, list] of Object.entries(found))
          if (list.length > 0) console.log(`${name}:\n${list.slice(0, 20).join('\n')}`);
        expect(Object.values(counts), Object.keys(counts).join(', ')).toEqual([0, 0, 0, 0, 0]);
      },
      (minutes + 60) * 60_000,
    );
  });
