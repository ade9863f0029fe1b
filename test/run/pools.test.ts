import { totalmem } from 'node:os';
import { expect, it } from 'vitest';
import { machineLimits } from '../../src/execute/machine.ts';
import { LocalPools } from '../../src/execute/pools.ts';
import { alone } from '../support/alone.ts';
import { experiment } from '../support/experiment.ts';

it('never lends more CPUs than -j', async () => {
  expect((await alone('{cpus: 2}').run('-j2')).status).toBe(0);
  expect((await alone('{cpus: 1}', { meeting: true }).run('-j4 -k')).status).toBe(1);
});

it('runs a task that asks for more CPUs than there are alone', async () => {
  expect((await alone('{cpus: 999}').run('-j4')).status).toBe(0);
});

it('never lends more memory than there is', async () => {
  const more = Math.floor((totalmem() / 1024 / 1024) * 0.6);
  expect((await alone(`{mem: ${more}M}`).run('-j4')).status).toBe(0);
});

const taskWith = {
  ...{ cpus: 1, memoryMiB: null, timeSeconds: null, gpus: 1, gpuType: null, tasksPerGpu: 1, nodes: 1, ranksPerNode: 1 },
};

const GPUS = `
params: {n: [1, 2, 3, 4]}
rules:
  train:
    output: out/{n}
    resources: {gpus: 1}
    run: |
      echo "$CUDA_VISIBLE_DEVICES" >> calls
      mkdir "gpu$CUDA_VISIBLE_DEVICES"
      sleep 0.05
      # The first two wait for each other.
      [[ ! -e meeting ]] || until [[ -e met || -d gpu0 && -d gpu3 ]]; do sleep 0.05; done
      touch met
      rmdir "gpu$CUDA_VISIBLE_DEVICES"
      touch {output}
`;

it('gives each task GPUs of its own, from those that wfc may use', async () => {
  const e = experiment(GPUS, { meeting: '' });
  expect((await e.run('-j4', { env: { CUDA_VISIBLE_DEVICES: '0,3' } })).status).toBe(0);
  expect([...new Set(e.calls())]).toEqual(['0', '3']);
});

it('gives several GPUs to a task that asks for several', async () => {
  const e = experiment(`
rules:
  train: {output: a, resources: {gpus: 2}, run: 'echo "$CUDA_VISIBLE_DEVICES" > {output}'}
`);
  await e.run('', { env: { CUDA_VISIBLE_DEVICES: '4,5,6' } });
  expect(e.read('a')).toBe('4,5\n');
});

it('shares: as many tasks use one GPU together as fit, and whole ones stay whole for who needs one', async () => {
  const e = experiment(`
params: {i: [0, 1]}
rules:
  third:
    output: out/{i}
    run: |
      touch here.{i}
      # Both, and the task that has a GPU of its own, are at work at a time.
      until [[ -e here.$(( 1 - {i} )) && -e here.whole ]]; do sleep 0.05; done
      echo "$CUDA_VISIBLE_DEVICES" {resources.gpus} > {output}
    resources: {gpus: 1/2}
  whole:
    output: whole
    run: |
      touch here.whole
      until [[ -e here.0 && -e here.1 ]]; do sleep 0.05; done
      echo "$CUDA_VISIBLE_DEVICES" > {output}
    resources: {gpus: 1}
`);
  const { status, stderr } = await e.run('-j8', { env: { CUDA_VISIBLE_DEVICES: '0,1' } });
  expect(status, stderr).toBe(0);
  const [first, second, whole] = ['out/0', 'out/1', 'whole'].map((path) => e.read(path).trimEnd());
  expect(first).toBe(second);
  expect([first, whole].sort()).toEqual(first!.startsWith('0') ? ['0 0.5', '1'] : ['0', '1 0.5']);
});

it('shares: never more of one GPU than there is', async () => {
  const env = { CUDA_VISIBLE_DEVICES: '0' };
  expect((await alone('{gpus: 1/2}', { meeting: true }).run('-j4 -k', { env })).status).toBe(1);
  const pools = new LocalPools({ cpus: 9, memoryMiB: 0, gpus: ['a', 'b'] });
  const third = { ...taskWith, tasksPerGpu: 3 };
  const leases = [1, 2, 3].map(() => pools.take(third));
  expect(leases.map(({ gpus }) => gpus)).toEqual([['a'], ['a'], ['a']]);
  expect([pools.fits({ ...taskWith, gpus: 2 }), pools.fits(taskWith), pools.fits(third)]).toEqual([false, true, true]);
  const whole = pools.take(taskWith);
  expect([whole.gpus, pools.fits(third)]).toEqual([['b'], false]);
  for (const lease of leases) pools.giveBack(lease);
  expect(pools.take({ ...taskWith, tasksPerGpu: 2 }).gpus).toEqual(['a']);
});

it.each([
  ['NoDevFiles', 0],
  ['-1', 0],
  ['0,-1,1', 1],
  ['0, 1', 2],
  ['GPU-8932f937-d72c,MIG-GPU-8932f937/1/0', 2],
])('CUDA_VISIBLE_DEVICES=%s gives %i GPUs', async (visible, count) => {
  expect((await machineLimits({ CUDA_VISIBLE_DEVICES: visible })).gpus).toHaveLength(count);
});

it('runs GPU tasks with an empty CUDA_VISIBLE_DEVICES where there are no GPUs, and warns', async () => {
  const e = experiment(GPUS.replace('mkdir', 'true').replace('rmdir', 'true'));
  const { status, stderr } = await e.run('', { env: { CUDA_VISIBLE_DEVICES: '' } });
  expect(status).toBe(0);
  expect(stderr).toContain('warning: this machine has no GPU that wfc can see: train runs without');
  expect(e.read('calls')).toBe('\n'.repeat(4));
});
