/** What a real controller says of its partitions, limits and GPUs becomes a profile that wfc reads. */
import { expect, it } from 'vitest';
import { partitionsOf } from '../../src/io/slurm-site.ts';
import { CLI, experiment } from '../support/experiment.ts';
import { describeOnSlurm } from './suite.ts';

const SHORT = 'PartitionName=short Nodes=n1,n2 MaxTime=12:00:00 State=UP';

describeOnSlurm(
  'wfc profile detect',
  { nodes: 2, memoryMiBPerNode: 8192, slurmConf: { MaxArraySize: '5001' }, slurmConfLines: [SHORT] },
  (cluster) => {
    it('writes a profile of the partitions and limits that a compile then takes', async () => {
      const made = experiment('rules: {a: {output: x, run: "touch {output}"}}\n');
      const wfc = (...args: string[]) => cluster().run(process.execPath, [CLI, ...args], { cwd: made.folder });
      const written = await wfc('profile', 'detect', '--out', 'site.yml');
      expect([written.exitCode, written.stderr]).toEqual([0, 'written to site.yml: 2 partitions of wfc']);
      const text = made.read('site.yml');
      expect(text).toContain('#   main: 2 nodes, 16 CPUs, 8G, no time limit, default\n');
      expect(text).toContain('#   short: 2 nodes, 16 CPUs, 8G, at most 12:00:00\n');
      expect(text).toContain('  partition: main    # the default of the site\n');
      expect(text).toContain('  max_array_size: 5001 ');
      expect(text).toContain('  max_mem: 8G ');
      const compiled = await wfc('compile', '--target', 'slurm', '--profile', './site.yml', '--json');
      expect(compiled.exitCode, compiled.stderr).toBe(0);
      expect(JSON.parse(compiled.stdout).limits.maxArraySize).toBe(5001);
      // Never over another file.
      expect((await wfc('profile', 'detect', '--out', 'site.yml')).exitCode).toBe(2);
      const { partitions } = JSON.parse((await wfc('profile', 'detect', '--json')).stdout);
      expect(partitions.map((p: { name: string }) => p.name)).toEqual(['main', 'short']);
    });
  },
);

it('without Slurm it says so', async () => {
  const made = experiment('');
  const { status, stderr } = await made.wfc('profile detect', { env: { PATH: made.folder } });
  expect([status, stderr]).toEqual([3, expect.stringContaining('there is no Slurm here that answers')]);
});

it('lines of sinfo: kinds of nodes add up, the smallest counts, GPUs with and without a type', () => {
  const listed = [
    'gpu*|up|2-00:00:00|3|64|256000|gpu:a100:4(S:0-1),lustre:1',
    'gpu*|up|2-00:00:00|2|32|128000|gpu:v100:2',
    'old|down|infinite|1|8|16000+|gpu:2',
    'cpu|up|12:00:00|10|48|96000|(null)',
  ].join('\n');
  const found = partitionsOf(`${listed}\n`);
  expect(
    found.map((p) => [p.name, p.isDefault, p.isUp, p.timeLimit, p.nodes, p.cpus, p.memoryMiB, [...p.gpus]]),
  ).toEqual([
    [
      'gpu',
      true,
      true,
      '2-00:00:00',
      5,
      32,
      128000,
      [
        ['a100', 4],
        ['v100', 2],
      ],
    ],
    ['old', false, false, null, 1, 8, 16000, [['', 2]]],
    ['cpu', false, true, '12:00:00', 10, 48, 96000, []],
  ]);
});
