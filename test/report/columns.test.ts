import { describe, expect, it } from 'vitest';
import { type Data, unpack } from '../../src/page/data.ts';
import { compile, handIn } from '../slurm/submit.ts';
import { describeOnSlurm } from '../slurm/suite.ts';
import { type Experiment, experiment } from '../support/experiment.ts';

/** Each task notes when it ran, by its own clock. */
const NOTING = `params: {site: [a, b, c], seed: ["007", "1e-4"]}
rules:
  prep: {output: "d/{site}", run: "date +%s.%N > {output}"}
  fit:
    input: "d/{site}"
    output: "m/{site}/{seed}"
    run: date +%s.%N > {output}; sleep 0.05
    resources: {cpus: 1, time: 5m, mem: 100M}
  all: {gather: [site, seed], input: "m/{site}/{seed}", output: all, run: "date +%s.%N > {output}"}
`;

/** The data that a report carries, read as its page does. */
async function dataOf(made: Experiment): Promise<Data> {
  const { status, stderr } = await made.wfc('report -q');
  expect(status, stderr).toBe(0);
  return unpack(/id="data">([^<]*)</.exec(made.read('report.html'))![1]!);
}

/** Tasks that, by the report, had not begun when their command noted the time, or had ended already. */
function misplaced(data: Data, made: Experiment, slackSeconds: number): string[] {
  return Array.from({ length: data.count }, (_, task) => task).flatMap((task) => {
    const noted = Number(made.read(data.pathText(task, data.ruleOf(task).output)!));
    const start = data.header.originSeconds + data.start[task]!;
    const isInside = start - slackSeconds <= noted && noted <= start + data.duration[task]! + slackSeconds;
    return isInside ? [] : [`${data.taskName(task)}: noted ${noted}, from ${start} for ${data.duration[task]}`];
  });
}

describe('the data of a report', () => {
  it('place each task where it ran, and know its params as the spec wrote them', async () => {
    const made = experiment(NOTING);
    expect((await made.run('-j 3')).status).toBe(0);
    const data = await dataOf(made);
    const names = Array.from({ length: data.count }, (_, task) => data.taskName(task));
    expect(names.slice(2, 5)).toEqual(['prep site=c', 'fit site=a seed=007', 'fit site=a seed=1e-4']);
    expect(data.resourcesOf(4)).toEqual({ cpus: 1, memoryMiB: 100, timeSeconds: 300, gpus: 0 });
    // Floats of 32 bits, and the clock's steps.
    expect(misplaced(data, made, 0.002)).toEqual([]);
    // A task waits for a free place, or not at all; the last one began after all others had ended.
    expect([...data.wait].every((wait) => wait >= 0)).toBe(true);
    const last = data.count - 1;
    for (let task = 0; task < last; task++)
      expect(data.start[task]! + data.duration[task]!).toBeLessThanOrEqual(data.start[last]! + 0.002);
  });

  it('count the tasks that --set and --goal leave, and no others', async () => {
    const made = experiment(NOTING);
    await made.run();
    await made.wfc('report -q --goal m/a/007');
    const data = await unpack(/id="data">([^<]*)</.exec(made.read('report.html'))![1]!);
    expect(Array.from({ length: data.count }, (_, task) => data.taskName(task))).toEqual([
      'prep site=a',
      'fit site=a seed=007',
    ]);
    expect(data.header.choices).toEqual(['--goal m/a/007']);
  });

  it('show a task that runs as running since its start', async () => {
    const made = experiment('rules: {slow: {output: out, run: "cat gate > {output}"}}\n');
    const gate = await made.gate('gate');
    const run = made.start(['run']);
    await made.started();
    const data = await dataOf(made);
    expect(data.stateOf(0)).toBe('running');
    expect([data.start[0]! >= 0, data.duration[0]]).toEqual([true, Number.NaN]);
    await gate.pass();
    expect((await run.ended).status).toBe(0);
    expect((await dataOf(made)).stateOf(0)).toBe('done');
  });

  it('are the same for a second report, but for its time', async () => {
    const made = experiment(NOTING);
    await made.run();
    const [first, second] = [await dataOf(made), await dataOf(made)].map(({ header, start, duration, wait }) => ({
      header: { ...header, madeAtSeconds: 0 },
      columns: [start, duration, wait],
    }));
    expect(second).toEqual(first);
  });
});

describeOnSlurm('the data of a report of a submission', { nodes: 2 }, (cluster) => {
  it('place each task on its node and array element, at its time', async () => {
    const made = experiment(NOTING);
    await compile(cluster(), made);
    await handIn(cluster(), made);
    await cluster().waitForIdleQueue();
    const data = await dataOf(made);
    expect([...data.state].every((state) => state === 0)).toBe(true);
    // Elements note their starts in whole seconds; the outputs tell the rest.
    expect(misplaced(data, made, 1)).toEqual([]);
    const { hosts, slurmIds } = data.header;
    for (let task = 0; task < data.count; task++) {
      expect(hosts[data.host[task]!]).toMatch(/./);
      expect(slurmIds[data.slurm[task]!]).toMatch(/^\d+_\d+$/);
    }
    expect([...data.wait].every((wait) => wait >= 0)).toBe(true);
  });
});
