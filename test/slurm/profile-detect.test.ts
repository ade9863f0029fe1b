/** What a real controller says of its partitions, limits and GPUs becomes a profile that wfc reads. */
import { expect, it } from 'vitest';
import { partitionsOf } from '../../src/io/slurm/site.ts';
import { CLI, experiment } from '../support/experiment.ts';
import { describeOnSlurm } from './suite.ts';

const SHORT = 'PartitionName=short Nodes=n1,n2 MaxTime=12:00:00 MaxCPUsPerNode=4 State=UP';

describeOnSlurm(
  'wfc profile detect',
  { nodes: 2, memoryMiBPerNode: 5000, slurmConf: { MaxArraySize: '5001' }, slurmConfLines: [SHORT] },
  (cluster) => {
    it('writes a profile of the partitions and limits that a compile then takes', async () => {
      const made = experiment('rules: {a: {output: x, run: "touch {output}"}}\n');
      const wfc = (...args: string[]) => cluster().run(process.execPath, [CLI, ...args], { cwd: made.folder });
      const written = await wfc('profile', 'detect', '--out', 'site.yml');
      expect([written.exitCode, written.stderr]).toEqual([0, 'written to site.yml: 2 partitions of wfc']);
      const text = made.read('site.yml');
      expect(text).toContain('#   main: 2 nodes, 16 CPUs, 5000M, no time limit, default\n');
      expect(text).toContain('#   short: 2 nodes, 4 CPUs, 5000M, at most 12:00:00\n');
      expect(text).toContain('  partition: main    # the default of the site\n');
      expect(text).toContain('  max_array_size: 5001 ');
      // No less than there is: 4G would refuse what fits.
      for (const line of ['max_cpus: 16 ', 'max_mem: 5000M ', 'max_gpus: 0 ']) expect(text).toContain(`  ${line}`);
      const compiled = await wfc('compile', '--target', 'slurm', '--profile', './site.yml', '--json');
      expect(compiled.exitCode, compiled.stderr).toBe(0);
      expect(JSON.parse(compiled.stdout).limits.maxArraySize).toBe(5001);
      // Never over another file.
      expect((await wfc('profile', 'detect', '--out', 'site.yml')).exitCode).toBe(2);
      const { partitions } = JSON.parse((await wfc('profile', 'detect', '--json')).stdout);
      const shown = partitions.map((p: { name: string; cpus: number; memoryMiB: number }) => [
        p.name,
        p.cpus,
        p.memoryMiB,
      ]);
      expect(shown).toEqual([
        ['main', 16, 5000],
        ['short', 4, 5000],
      ]);
    });

    it("asks each thing once, and none of Slurm's programs with the user's own settings for it", async () => {
      const made = experiment('rules: {a: {output: x, run: "touch {output}"}}\n');
      for (const name of ['sinfo', 'scontrol', 'squeue', 'sacctmgr', 'sacct']) {
        const text = `#!/bin/bash\necho "${name} $*" >>asked\nenv | grep -E '^(SINFO|SCONTROL|SACCT|SQUEUE)_|^SLURM_TIME_FORMAT' >>leaked\n`;
        made.write(`bin/${name}`, `${text}PATH=\${PATH#*:} exec ${name} "$@"\n`);
        made.executable(`bin/${name}`);
      }
      const own = {
        PATH: `${made.path('bin')}:${cluster().env.PATH}`,
        SINFO_PARTITION: 'short',
        SINFO_FORMAT: '%N',
        SCONTROL_ALL: '1',
        SACCT_FORMAT: 'User',
        SQUEUE_FORMAT: '%i',
        SLURM_TIME_FORMAT: 'relative',
      };
      for (const args of [
        ['profile', 'detect'],
        ['compile', '--target', 'slurm'],
      ]) {
        made.remove('asked');
        const { exitCode, stdout } = await cluster().run(process.execPath, [CLI, ...args], {
          cwd: made.folder,
          env: own,
        });
        expect(exitCode).toBe(0);
        const asked = made.read('asked').trimEnd().split('\n');
        expect(asked).toEqual([...new Set(asked)]);
        expect(asked.filter((line) => line.startsWith('sinfo'))).toHaveLength(1);
        if (args[0] === 'profile') expect(stdout).toContain('#   main: 2 nodes, 16 CPUs, 5000M');
      }
      expect(made.read('leaked')).toBe('');
    });
  },
);

it('without Slurm it says so', async () => {
  const made = experiment('');
  const { status, stderr } = await made.wfc('profile detect', { env: { PATH: made.folder } });
  expect([status, stderr]).toEqual([3, expect.stringContaining('there is no Slurm here that answers')]);
});

it('lines of sinfo: kinds of nodes stand by themselves, GPUs with and without a type, and what a partition grants of a node', () => {
  const listed = [
    'gpu*|up|2-00:00:00|3|64|256000|gpu:a100:4(S:0-1),lustre:1',
    'gpu*|up|2-00:00:00|2|32|128000|gpu:v100:2',
    'old|down|infinite|1|8|16000+|gpu:2|UNLIMITED',
    'cpu|up|12:00:00|10|48|96000|(null)|40',
    'empty|up|12:00:00|0|0|0|(null)|UNLIMITED',
  ].join('\n');
  const found = partitionsOf(`${listed}\n`);
  const shown = found.map(({ name, isDefault, isUp, timeLimit, kinds }) => [
    [name, isDefault, isUp, timeLimit],
    ...kinds.map(({ nodes, cpus, memoryMiB, gpus }) => [nodes, cpus, memoryMiB, Object.fromEntries(gpus)]),
  ]);
  expect(shown).toEqual([
    [
      ['gpu', true, true, '2-00:00:00'],
      [3, 64, 256000, { a100: 4 }],
      [2, 32, 128000, { v100: 2 }],
    ],
    [
      ['old', false, false, null],
      [1, 8, 16000, { '': 2 }],
    ],
    [
      ['cpu', false, true, '12:00:00'],
      [10, 40, 96000, {}],
    ],
    [['empty', false, true, '12:00:00']],
  ]);
});
