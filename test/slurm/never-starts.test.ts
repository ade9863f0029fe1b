/** What can never start is refused where wfc can know it, and told where Slurm alone does. */
import { readdirSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';
import type { Cluster, CommandResult } from './cluster.ts';
import { arrayOf } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

const SMALL = 'PartitionName=small Nodes=n1 MaxTime=01:00:00 MaxCPUsPerNode=4 State=UP';

function specOf(resources: string): string {
  return `rules: {one: {output: x, run: "echo > {output}", resources: {${resources}}}}\n`;
}

function wfc(
  cluster: Cluster,
  made: Experiment,
  args: string,
  env: Record<string, string> = {},
): Promise<CommandResult> {
  return cluster.run(process.execPath, [CLI, ...args.split(' ')], { cwd: made.folder, env });
}

async function queue(cluster: Cluster): Promise<string> {
  return (await cluster.run('squeue', ['--noheader', '--format=%F %T'])).stdout;
}

describeOnSlurm(
  'what can never start',
  { nodes: 1, memory: 'allocated', memoryMiBPerNode: 5000, slurmConfLines: [SMALL] },
  (cluster) => {
    afterEach(async () => {
      await cluster().cancelAll();
      await cluster().waitForIdleQueue();
    });

    it.each([
      ['cpus: 64', 'rule "one" asks for 64 CPUs, and the largest node has 16 in partition "main"', 'cpus: 16'],
      ['mem: 64G', 'rule "one" asks for 64G of memory, and the largest node has 5000M', 'mem: 5000M'],
      ['gpus: 1', 'rule "one" asks for 1 GPU, and the nodes have none', 'gpus: 0'],
      [
        'cpus: 8, slurm: {partition: small}',
        'rule "one" asks for 8 CPUs, and the largest node has 4 in partition "small"',
        'cpus: 8, slurm: {partition: "small,main"}',
      ],
      [
        'time: 2h, slurm: {partition: small}',
        'a task of rule "one" may take 2 h 0 min, and a job at most 1 h 0 min',
        'time: 2h, slurm: {partition: "small,main"}',
      ],
    ])('%s is refused by plan, compile, run and resume, with the largest that there is', async (many, words, fits) => {
      const made = experiment(specOf(many));
      for (const command of ['plan --target slurm', 'compile --target slurm', 'run --slurm', 'resume --slurm']) {
        const { exitCode, stderr } = await wfc(cluster(), made, command);
        expect([command, exitCode, stderr]).toEqual([command, 3, expect.stringContaining(words)]);
      }
      expect(await queue(cluster())).toBe('');
      made.write('wfc.yml', `wfc: 1\n${specOf(fits)}`);
      const { exitCode, stderr } = await wfc(cluster(), made, 'run --slurm');
      expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('will not start')]);
      await cluster().waitForIdleQueue();
      expect(made.has('x')).toBe(true);
    });

    it('lanes are counted together', async () => {
      const made = experiment(specOf('cpus: 5'), { 'profiles/default.yml': 'packing: {lanes: 4}\n' });
      const { exitCode, stderr } = await wfc(cluster(), made, 'run --slurm');
      expect([exitCode, stderr]).toEqual([3, expect.stringContaining('asks for 20 CPUs (4 lanes of 5)')]);
    });

    it('where no Slurm answers nothing is refused, the scripts are the same, and submit.sh says what will not start', async () => {
      const made = experiment(specOf('cpus: 16'));
      expect((await wfc(cluster(), made, 'compile --target slurm --out here')).exitCode).toBe(0);
      const elsewhere = { PATH: made.folder };
      expect((await wfc(cluster(), made, 'compile --target slurm --out there', elsewhere)).exitCode).toBe(0);
      expect(readdirSync(made.path('here')).sort()).toEqual(readdirSync(made.path('there')).sort());
      const texts = (folder: string): string[] => made.files(folder).map((file) => made.read(file));
      expect(texts('there')).toEqual(texts('here'));

      for (const [resources, words, reasons] of [
        ['cpus: 64', 'no node of its partition has all that it asks for', /\((BadConstraints|PartitionConfig)\)/],
        ['time: 2h, slurm: {partition: small}', 'its partition allows no job of that time', /\(PartitionTimeLimit\)/],
      ] as const) {
        made.write('wfc.yml', `wfc: 1\n${specOf(resources)}`);
        const compiled = await wfc(cluster(), made, 'compile --target slurm --out S', elsewhere);
        expect(compiled.exitCode, compiled.stderr).toBe(0);
        const submitted = await cluster().run('bash', ['S/submit.sh'], { cwd: made.folder });
        const job = arrayOf(made, '1-one');
        expect(submitted.exitCode).toBe(0);
        expect(submitted.stderr).toContain(`warning: 1-one (job ${job}) will not start: ${words} (`);
        expect(submitted.stderr).toMatch(reasons);
        expect(submitted.stderr).toMatch(/To give all of this up: scancel \d+ \d+$/);
        // It is told, not taken back.
        expect(await queue(cluster())).toContain(`${job} PENDING`);
        await cluster().cancelAll();
        await cluster().waitForIdleQueue();
      }
    });
  },
);
