import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, missingSlurm, startCluster } from '../../slurm/cluster.ts';
import { measure } from '../measure.ts';
import { type Aim, atLeast, atMost, formatBytes, formatSeconds, type Section } from '../report.ts';
import { isInstalled, type Session } from '../session.ts';
import { type Size, taskCount } from '../workload.ts';
import { filesBelow } from './compile.ts';

/** One site and five seeds: Snakemake takes about a second a job. */
const FOR_SNAKEMAKE: Size = { sites: 1, factors: 9, seeds: 5 };

const HEAD = ['', 'tasks', 'wall time', 'tasks a second', 'sbatch calls', 'queued elements', 'files', 'bytes'];

/** The whole workload through a real Slurm, from the submission to the end of the last job. */
export async function slurm(session: Session): Promise<Section> {
  const missing = missingSlurm();
  const note =
    'On a private Slurm of four nodes with four CPUs each, all on this machine. Wall time of wfc: from the start of wfc run --slurm to the end of the closing job; of Snakemake: its own run. Files and bytes: artifacts, journals and logs, less what the tasks make.';
  const title = 'Slurm';
  if (missing !== null) return { title, note: missing, head: HEAD, rows: [], aims: [] };
  const cluster = await startCluster({ nodes: 4, cpusPerNode: 4 });
  try {
    const wfc = await wfcThroughSlurm(session, cluster);
    const snakemake = isInstalled('snakemake') ? await snakemakeThroughSlurm(session, cluster) : null;
    return {
      title,
      note,
      head: HEAD,
      rows: [outcomeRow(wfc), ...(snakemake ? [outcomeRow(snakemake)] : [])],
      aims: aimsOf(wfc, snakemake),
    };
  } finally {
    await cluster.stop();
  }
}

interface Outcome {
  readonly name: string;
  readonly tasks: number;
  readonly seconds: number;
  readonly sbatchCalls: number;
  readonly elements: number;
  readonly files: number;
  readonly bytes: number;
}

function outcomeRow({ name, tasks, seconds, sbatchCalls, elements, files, bytes }: Outcome): string[] {
  return [
    name,
    String(tasks),
    formatSeconds(seconds),
    (tasks / seconds).toFixed(1),
    String(sbatchCalls),
    String(elements),
    String(files),
    formatBytes(bytes),
  ];
}

function aimsOf(wfc: Outcome, snakemake: Outcome | null): Aim[] {
  const aims = [atMost('sbatch calls', wfc.sbatchCalls, 9, '')];
  if (snakemake) {
    const ratio = wfc.tasks / wfc.seconds / (snakemake.tasks / snakemake.seconds);
    aims.push(atLeast('tasks a second by those of Snakemake', ratio, 100, ''));
  }
  return aims;
}

async function wfcThroughSlurm(session: Session, cluster: Cluster): Promise<Outcome> {
  const folder = session.workload('wfc');
  const counter = countingSbatch(session);
  const env = { ...cluster.env, PATH: `${counter.folder}:${cluster.env.PATH}` };
  const from = Date.now();
  const submitted = await measure({ name: 'submit', command: session.wfc('run', '--slurm'), folder, env });
  session.say(`  wfc run --slurm: ${submitted.seconds.toFixed(1)} s until all is submitted`);
  const closed = await endOfClosingJob(cluster, folder);
  const seconds = (closed - from) / 1000;
  session.say(`  wfc on Slurm: ${seconds.toFixed(1)} s`);
  await measure({
    name: 'plan',
    command: ['bash', '-c', PLANS_NOTHING, 'bash', ...session.wfc('plan', '--json')],
    folder,
  });
  const { files, bytes } = filesBelow(join(folder, '.wfc'));
  return {
    name: 'wfc run --slurm',
    tasks: taskCount(session.size),
    seconds,
    sbatchCalls: counter.calls(),
    elements: queuedElements(folder),
    files,
    bytes,
  };
}

/** `wfc plan` finds all complete: a submission that leaves something undone has no speed. */
const PLANS_NOTHING = '"$@" | grep -q \'^  "run": 0,$\'';

/** In milliseconds since 1970: when the closing job wrote its last line. */
export async function endOfClosingJob(cluster: Cluster, folder: string): Promise<number> {
  for (;;) {
    // Every two seconds: each look costs the machine what the tasks could use.
    await sleep(2000);
    const queue = await cluster.run('squeue', ['--noheader', '--format=%i']);
    if (queue.exitCode === 0 && queue.stdout === '') break;
  }
  const journal = join(folder, '.wfc/journal');
  const submission = readdirSync(journal).find((name) => existsSync(join(journal, name, 'elements/close.out')))!;
  return statSync(join(journal, submission, 'elements/close.out')).mtimeMs;
}

function queuedElements(folder: string): number {
  const scripts = join(folder, '.wfc/slurm');
  const submission = join(scripts, readdirSync(scripts)[0]!);
  const tables = readdirSync(join(submission, 'tables')).filter((name) => name.endsWith('.index'));
  const elements = tables.map((name) => nonEmptyElements(readFileSync(join(submission, 'tables', name), 'utf8')));
  // The closing job is one more.
  return elements.reduce((sum, count) => sum + count, 1);
}

function nonEmptyElements(index: string): number {
  return index.split('\n').filter((line) => Number(line.split(' ')[1] ?? 0) > 0).length;
}

/** An `sbatch` that notes each call and then is the real one. */
function countingSbatch(session: Session): { folder: string; calls: () => number } {
  const folder = session.newFolder('bin');
  mkdirSync(folder);
  const notes = join(folder, 'calls');
  writeFileSync(join(folder, 'sbatch'), `#!/bin/bash\necho >>'${notes}'\nPATH=\${PATH#*:} exec sbatch "$@"\n`, {
    mode: 0o755,
  });
  return { folder, calls: () => (existsSync(notes) ? readFileSync(notes, 'utf8').length : 0) };
}

async function snakemakeThroughSlurm(session: Session, cluster: Cluster): Promise<Outcome> {
  const folder = session.workload('snakemake', FOR_SNAKEMAKE);
  const counter = countingSbatch(session);
  const env = { ...cluster.env, PATH: `${counter.folder}:${cluster.env.PATH}` };
  const { seconds } = await measure({
    name: 'snakemake',
    command: ['snakemake', '-q', '--cluster', 'sbatch --output=/dev/null', '--jobs', '64', '--latency-wait', '10'],
    folder,
    env,
  });
  session.say(`  snakemake on Slurm: ${seconds.toFixed(1)} s`);
  const { files, bytes } = filesBelow(join(folder, '.snakemake'));
  const calls = counter.calls();
  return {
    name: 'snakemake --cluster sbatch',
    tasks: taskCount(FOR_SNAKEMAKE),
    seconds,
    sbatchCalls: calls,
    elements: calls,
    files,
    bytes,
  };
}
