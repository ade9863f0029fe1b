/** Faults on a real Slurm: whatever dies, the tree is right in the end, no task runs early or on half a file. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { type Cluster, missingMemoryCgroup } from './cluster.ts';
import {
  arrayOf,
  compile,
  handIn,
  jobIdOf,
  journal,
  orderViolations,
  signalProcesses,
  summary,
  Traced,
  tree,
} from './submit.ts';
import { describeOnSlurm } from './suite.ts';

/** Arrays: one and two fused, then three, index by index, then all. `memory` changes the scripts' id and nothing else. */
function spec(memory = '50M'): string {
  return `params:
  i: {from: 0, to: 3}
defaults:
  resources: {mem: ${memory}, time: 3m}
rules:
  one:
    output: out/{i}/one.txt
    run: ./step one {i} {output}
  two:
    input: out/{i}/one.txt
    output: out/{i}/two.txt
    run: ./step two {i} {output} {input}
  three:
    input: out/{i}/two.txt
    output: out/{i}/three.txt
    run: ./step three {i} {output} {input}
    resources: {mem: 60M}
  all:
    gather: i
    input: out/{i}/three.txt
    output: out/all.txt
    run: ./step all - {output} {input}
`;
}
const INDICES = ['0', '1', '2', '3'];
const TASKS = 13;
/** Instead of a minute, for followers of an element that was killed. */
const WAIT_SECONDS = 4;
const FUSED = '1-one-two';

function needs(task: string): string[] {
  const [rule, i] = task.split('-') as [string, string];
  if (rule === 'two') return [`one-${i}`];
  if (rule === 'three') return [`two-${i}`];
  return rule === 'all' ? INDICES.map((index) => `three-${index}`) : [];
}

/** What an undisturbed run leaves. */
function undisturbed(): Record<string, string> {
  const files: Record<string, string> = {};
  const make = (path: string, name: string, inputs: readonly string[]): void => {
    files[path] = `half of ${name}\n${inputs.map((input) => files[input]).join('')}end of ${path}\n`;
  };
  for (const i of INDICES) {
    make(`out/${i}/one.txt`, `one-${i}`, []);
    make(`out/${i}/two.txt`, `two-${i}`, [`out/${i}/one.txt`]);
    make(`out/${i}/three.txt`, `three-${i}`, [`out/${i}/two.txt`]);
  }
  make(
    'out/all.txt',
    'all--',
    INDICES.map((i) => `out/${i}/three.txt`),
  );
  return files;
}

interface Row {
  readonly fault: string;
  readonly tasks: number;
  readonly 'order violations': number;
  readonly 'bad inputs': number;
  readonly reruns: number;
}
const rows: Row[] = [];

/** The queue is empty, everything is complete, and nothing ran that should not have. */
async function expectRight(cluster: Cluster, traced: Traced, fault: string): Promise<void> {
  await cluster.waitForIdleQueue();
  const trace = traced.trace();
  const violations = orderViolations(trace, needs);
  rows.push({
    fault,
    tasks: TASKS,
    'order violations': violations.length,
    'bad inputs': traced.badInputs().length,
    reruns: trace.filter((event) => event.kind === 'start').length - TASKS,
  });
  expect(violations).toEqual([]);
  expect(traced.badInputs()).toEqual([]);
  expect(tree(traced.experiment)).toEqual(undisturbed());
  expect(summary(traced.experiment)).toMatch(/in all\s+13\s+13\s+0\s+0\s+0/);
}

/** Submits, with some tasks held half-way; ready when they are. */
async function submitHeld(cluster: Cluster, ...tasks: string[]): Promise<Traced> {
  const traced = new Traced(spec());
  traced.hold(...tasks);
  await compile(cluster, traced.experiment, { waitSeconds: WAIT_SECONDS });
  await handIn(cluster, traced.experiment);
  for (const task of tasks) await traced.seen('half', task);
  return traced;
}

async function expectDone(result: Promise<{ exitCode: number; stderr: string }>): Promise<void> {
  const { exitCode, stderr } = await result;
  expect(exitCode, stderr).toBe(0);
}

afterAll(() => {
  if (rows.length > 0) console.table(rows);
});

describeOnSlurm('after a fault', { nodes: 3, cpusPerNode: 2 }, (cluster) => {
  // The jobs of a test that failed must not fail the next one.
  afterEach(async () => {
    await cluster().cancelAll();
    await cluster().waitForIdleQueue();
  });

  it('requeue: an element starts again, alone, even where its job id is that of the array', async () => {
    const traced = await submitHeld(cluster(), 'two-1', 'two-3');
    const array = arrayOf(traced.experiment, FUSED);
    expect(await jobIdOf(cluster(), `${array}_3`)).toBe(array);
    await expectDone(cluster().run('scontrol', ['requeue', `${array}_1`]));
    await expectDone(cluster().run('scontrol', ['requeue', `${array}_3`]));
    await expectRight(cluster(), traced, 'requeue of two elements');
    expect(['two-1', 'two-3'].map((task) => traced.starts(task))).toEqual([2, 2]);
    // What had ended is not run again.
    expect(traced.trace().filter((event) => event.kind === 'start')).toHaveLength(TASKS + 2);
  });

  it('scancel of an element: the others go on, and the next submission does the rest', async () => {
    const traced = await submitHeld(cluster(), 'two-1');
    await cluster().run('scancel', [`${arrayOf(traced.experiment, FUSED)}_1`]);
    await cluster().waitForIdleQueue();
    expect(traced.experiment.has('out/1/two.txt')).toBe(false);
    expect(INDICES.map((i) => traced.starts(`three-${i}`))).toEqual([1, 0, 1, 1]);
    await handIn(cluster(), traced.experiment);
    await expectRight(cluster(), traced, 'scancel of an element');
    expect(traced.starts('two-1')).toBe(2);
  });

  it('SIGKILL of all processes of an element: nobody takes its half file for an input', async () => {
    const traced = await submitHeld(cluster(), 'two-1', 'three-2');
    const { experiment } = traced;
    for (const stage of [`${arrayOf(experiment, FUSED)}_1`, `${arrayOf(experiment, '2-three')}_2`]) {
      expect(signalProcesses(cluster(), await jobIdOf(cluster(), stage), 'SIGKILL')).toBeGreaterThan(1);
    }
    await cluster().waitForIdleQueue();
    expect(experiment.read('out/1/two.txt')).toBe('half of two-1\n');
    expect(experiment.read('out/2/three.txt')).toBe('half of three-2\n');
    expect(traced.starts('three-1') + traced.starts('all--')).toBe(0);
    expect(summary(experiment)).toContain('did not come to their end');
    await handIn(cluster(), experiment);
    await expectRight(cluster(), traced, 'SIGKILL of two elements');
  });

  it('a killed slurmd whose tasks live on: the new attempt elsewhere is not spoilt by the old one', async () => {
    const traced = await submitHeld(cluster(), 'two-1');
    const { node } = await traced.seen('half', 'two-1');
    await cluster().killNode(node);
    await traced.seen('start', 'two-1', 2);
    // If the old attempt lived, it would now append to the new one's output.
    traced.release();
    await expectRight(cluster(), traced, 'slurmd killed, tasks live on');
    expect((await traced.seen('start', 'two-1', 2)).node).not.toBe(node);
    await cluster().startNode(node);
  });

  it('a killed slurmctld: the queue goes on where it was, and what had ended is not run again', async () => {
    const traced = await submitHeld(cluster(), 'two-1');
    // All but what needs two-1 has ended, as the controller knows, and has saved.
    for (const stage of [FUSED, '2-three']) {
      const array = arrayOf(traced.experiment, stage);
      await cluster().waitForJob(array, (states) => [...states.values()].filter((s) => s === 'COMPLETED').length === 3);
    }
    const ended = traced.trace().filter((event) => event.kind === 'end');
    expect(ended).toHaveLength(10);
    await cluster().saveState(arrayOf(traced.experiment, 'close'));
    await cluster().killController();
    traced.release();
    await traced.seen('end', 'two-1');
    await cluster().startController();
    await expectRight(cluster(), traced, 'slurmctld killed and restarted');
    expect(ended.filter(({ task }) => traced.starts(task) !== 1)).toEqual([]);
  });

  it('the time limit: an element that got something done comes back and goes on', async () => {
    const traced = await submitHeld(cluster(), 'two-3');
    const array = arrayOf(traced.experiment, FUSED);
    // Slurm then sends USR1 within half a minute: the 60 s before the limit have come.
    await expectDone(cluster().run('scontrol', ['update', `JobId=${array}_3`, 'TimeLimit=1']));
    await traced.seen('start', 'two-3', 2);
    await expectRight(cluster(), traced, 'time limit: USR1, requeue');
    expect(traced.trace().filter((event) => event.kind === 'start')).toHaveLength(TASKS + 1);
  });

  it('two submissions at once: the newer one takes over, and the older one does not take anything back', async () => {
    const traced = await submitHeld(cluster(), 'two-1', 'three-2');
    const { experiment } = traced;
    const older = `${journal(experiment)}/elements/3-all.0.out`;
    await compile(cluster(), experiment, { out: 'second', waitSeconds: WAIT_SECONDS });
    // Another user of the same folder, whose squeue --me does not list what is queued.
    experiment.write('bin/squeue', '#!/bin/sh\n');
    await expectDone(cluster().run('chmod', ['+x', experiment.path('bin/squeue')]));
    await handIn(cluster(), experiment, 'second', { PATH: `${experiment.path('bin')}:${cluster().env.PATH}` });
    await traced.seen('start', 'two-1', 2);
    traced.release();
    // The older one's gather starts while the newer one's runs; or before it, and then what it waits for was taken over.
    traced.hold('all--');
    await traced.seen('half', 'all--');
    const notices = () => (existsSync(older) ? readFileSync(older, 'utf8') : '');
    await expect.poll(notices).toMatch(/this one stops|^wfc: blocked: /m);
    traced.release();
    await expectRight(cluster(), traced, 'two submissions at once');
  });
});

describeOnSlurm('after jobs were forgotten', { nodes: 3, cpusPerNode: 2, slurmConf: { MinJobAge: '2' } }, (cluster) => {
  it('a purged predecessor: its followers still take what it made, and no more', async () => {
    const traced = await submitHeld(cluster(), 'two-1');
    const array = arrayOf(traced.experiment, FUSED);
    const known = async () => [...(await cluster().jobStates(array)).keys()].sort();
    // The last element is the array's own record, and stays as long as the array.
    await expect.poll(known, { interval: 500 }).toEqual([`${array}_1`, `${array}_3`]);
    traced.release();
    await expectRight(cluster(), traced, 'predecessors purged');
    expect(traced.trace().filter((event) => event.kind === 'start')).toHaveLength(TASKS);
  });
});

const memory = missingMemoryCgroup() === null ? 'cgroup' : 'polled';
describeOnSlurm('out of memory', { nodes: 3, cpusPerNode: 2, memory }, (cluster) => {
  it('a task that took too much is not done; with less to eat, the next submission does it', async () => {
    const traced = new Traced(spec(), { 'eat/two-1': '' });
    await compile(cluster(), traced.experiment, { waitSeconds: WAIT_SECONDS });
    await handIn(cluster(), traced.experiment);
    await cluster().waitForIdleQueue();
    expect(INDICES.map((i) => traced.starts(`three-${i}`))).toEqual([1, 0, 1, 1]);
    if (memory === 'cgroup') expect(summary(traced.experiment)).toContain('out of memory');
    traced.experiment.remove('eat');
    await handIn(cluster(), traced.experiment);
    await expectRight(cluster(), traced, `out of memory (${memory})`);
  });
});
