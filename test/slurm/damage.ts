/** What may happen to a cluster while it works: elements, tasks, nodes and the controller are killed, at random. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { signal } from '../support/experiment.ts';
import { patience, until } from '../support/waiting.ts';
import type { Cluster } from './cluster.ts';
import { jobProcesses } from './submit.ts';

export const DAMAGES = ['element', 'task', 'node', 'slurmd', 'slurmctld', 'requeue', 'scancel'] as const;
export type Damage = (typeof DAMAGES)[number];

interface RunningElement {
  /** `12_3` */
  readonly id: string;
  /** The id that its processes have in SLURM_JOB_ID. */
  readonly job: string;
  readonly node: string;
}

/** Does one damage; false where nothing runs that it could hit. What it kills of the cluster itself it starts again. */
export async function damage(cluster: Cluster, kind: Damage, random: () => number): Promise<boolean> {
  if (kind === 'slurmctld') {
    await cluster.killController();
    await pause(random() * 1000);
    await cluster.startController();
    // It takes elements that ended just before for running ones, until each node has told what it runs: in minutes, unasked.
    await cluster.run('scontrol', ['reconfigure']);
    return true;
  }
  const one = pick(await runningElements(cluster), random);
  if (one === undefined) return false;
  switch (kind) {
    case 'element':
      return killTogether(jobProcesses(cluster, { SLURM_JOB_ID: one.job }));
    case 'task': {
      const task = pick(jobProcesses(cluster, { SLURM_JOB_ID: one.job }).filter(isStep), random);
      if (task !== undefined) signal(task, 'SIGKILL');
      return task !== undefined;
    }
    case 'node': {
      const pids = jobProcesses(cluster, { SLURMD_NODENAME: one.node });
      await breakNode(cluster, one.node, () => killTogether([...pids, ...pids.flatMap(stepDaemon)]));
      await pause(random() * 1000);
      await cluster.startNode(one.node);
      return true;
    }
    case 'slurmd':
      await breakNode(cluster, one.node, () => {});
      await pause(random() * 1000);
      await cluster.startNode(one.node);
      return true;
    case 'requeue':
      return (await cluster.run('scontrol', ['requeue', one.id])).exitCode === 0;
    case 'scancel':
      return (await cluster.run('scancel', [one.id])).exitCode === 0;
  }
}

/**
 * Nothing is in the queue, or nothing moves any more: a controller that was killed has forgotten that arrays were released,
 * or holds what a node failed to launch, and `wfc resume` is to release it.
 */
export async function isQueueQuiet(cluster: Cluster): Promise<boolean> {
  const { stdout, exitCode } = await cluster.run('squeue', ['--noheader', '--array', '--format=%T %r']);
  const lines = stdout.split('\n').filter((line) => line !== '');
  const held = lines.filter((line) => /^PENDING (JobHeldUser|launch failed requeued held)$/.test(line)).length;
  const waiting = lines.filter((line) => /^PENDING (Dependency|Priority)$/.test(line)).length;
  if (exitCode !== 0 || (lines.length > 0 && (held === 0 || held + waiting < lines.length))) {
    await restoreNodes(cluster);
    return false;
  }
  return true;
}

/** As an administrator does: a node that failed to launch a job, since it was killed at that moment, is drained for good. */
async function restoreNodes(cluster: Cluster): Promise<void> {
  const { stdout } = await cluster.run('sinfo', ['--noheader', '--Node', '--format=%N %T']);
  for (const line of stdout.split('\n')) {
    const [node, state] = line.split(' ');
    if (state?.startsWith('drain')) await cluster.run('scontrol', ['update', `NodeName=${node}`, 'State=RESUME']);
  }
}

export async function waitForQuietQueue(cluster: Cluster): Promise<void> {
  let listed = '';
  const isQuiet = async (): Promise<boolean> => {
    if (await isQueueQuiet(cluster)) return true;
    listed = (await cluster.run('squeue', ['--array'])).stdout;
    return false;
  };
  await until(isQuiet, () => `a quiet queue; it holds:\n${listed}`, patience(60) / 1000);
}

/** Not the closing job: it has no index. */
async function runningElements(cluster: Cluster): Promise<RunningElement[]> {
  const { stdout } = await cluster.run('squeue', ['--noheader', '--array', '--states=RUNNING', '--format=%i %A %N']);
  return stdout.split('\n').flatMap((line) => {
    const [id, job, node] = line.split(' ');
    return id?.includes('_') && job && node ? [{ id, job, node }] : [];
  });
}

function pick<T>(list: readonly T[], random: () => number): T | undefined {
  return list[Math.floor(random() * list.length)];
}

/** slurmd first: it must not tell the controller of the deaths that follow. */
async function breakNode(cluster: Cluster, node: string, then: () => void): Promise<void> {
  await cluster.killNode(node, 'after its timeout');
  then();
  await cluster.run('scontrol', ['update', `NodeName=${node}`, 'State=DOWN', 'Reason=killed']);
}

/** All stop before the first is killed, so that none can act on the death of another. */
function killTogether(pids: readonly number[]): boolean {
  for (const pid of pids) signal(pid, 'SIGSTOP');
  for (const pid of pids) signal(pid, 'SIGKILL');
  return pids.length > 0;
}

function isStep(pid: number): boolean {
  return procText(pid, 'cmdline').includes('./step\0');
}

/** The slurmstepd that is the parent of this process, if it is. */
function stepDaemon(pid: number): number[] {
  const parent = /^PPid:\s+(\d+)/m.exec(procText(pid, 'status'))?.[1];
  return parent !== undefined && procText(Number(parent), 'comm').startsWith('slurmstepd') ? [Number(parent)] : [];
}

function procText(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
