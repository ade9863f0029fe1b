/**
 * A stand-in for a Slurm controller: its commands are the scripts in stand-in/, which only take notes, and `SlurmStandIn`
 * then runs the elements of the jobs, several at a time, in an order that a seed chooses among those that Slurm could
 * choose. It honours what the artifacts use of Slurm: arrays with gaps and throttles, held jobs, `aftercorr`, `afterany`,
 * `?`, requeue and cancel, as measured on a real Slurm 22.05. It says nothing of time, nodes, memory or accounting:
 * those are tested on real controllers, in test/slurm/.
 */
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';

const COMMANDS = fileURLToPath(new URL('./stand-in', import.meta.url));

type State = 'PENDING' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';

interface Element {
  /** null for a job that is no array. */
  readonly index: number | null;
  state: State;
  restarts: number;
}

interface Job {
  readonly id: string;
  readonly folder: string;
  readonly elements: Element[];
  /** Elements that run at a time. */
  readonly throttle: number;
  readonly dependency: string | null;
  held: boolean;
}

export interface RunQueueOptions {
  /** Elements at a time. */
  readonly slots: number;
  /** A number from 0 to below its argument: chooses among the elements that could start. */
  readonly random: (below: number) => number;
}

export class SlurmStandIn {
  readonly root: string;
  /** Environment in which wfc and submit.sh find the stand-in. */
  readonly env: Record<string, string>;
  private readonly jobs = new Map<string, Job>();

  constructor() {
    this.root = mkdtempSync(join(tmpdir(), 'wfc-stand-in-'));
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }));
    mkdirSync(join(this.root, 'jobs'));
    for (const file of ['released', 'requeued', 'cancelled']) writeFileSync(join(this.root, file), '');
    writeFileSync(join(this.root, 'last'), '100');
    this.env = { SLURM_STAND_IN: this.root, PATH: `${COMMANDS}:${process.env.PATH}` };
  }

  /** sbatch refuses scripts whose path holds this text; '' for none. */
  refuse(text: string): void {
    writeFileSync(join(this.root, 'refuse'), text);
  }

  /** Jobs that were taken, in order of submission. */
  jobIds(): string[] {
    return readdirSync(join(this.root, 'jobs')).sort((a, b) => Number(a) - Number(b));
  }

  /** Run all that is queued to its end. Throws where something would wait for ever, as Slurm would let it. */
  async runQueue({ slots, random }: RunQueueOptions): Promise<void> {
    this.takeIn();
    const running = new Set<Promise<void>>();
    for (;;) {
      this.readNotes();
      const startable = [...this.jobs.values()].flatMap((job) => this.startable(job));
      if (startable.length > 0 && running.size < slots) {
        const { job, element } = startable[random(startable.length)]!;
        const run: Promise<void> = this.runElement(job, element).then(() => void running.delete(run));
        running.add(run);
        continue;
      }
      if (running.size === 0) break;
      await Promise.race(running);
    }
    const waiting = [...this.jobs.values()].filter((job) => job.elements.some((e) => e.state === 'PENDING'));
    if (waiting.length > 0) throw new Error(`these wait for ever: ${waiting.map((j) => `${j.id} ${j.dependency}`)}`);
  }

  /** States of all elements, as squeue would name them. */
  states(): Record<string, State> {
    const all = [...this.jobs.values()].flatMap((job) => job.elements.map((e) => [nameOf(job, e), e.state] as const));
    return Object.fromEntries(all);
  }

  private takeIn(): void {
    for (const id of this.jobIds()) {
      if (this.jobs.has(id)) continue;
      const folder = join(this.root, 'jobs', id);
      const given = [...directives(readFileSync(join(folder, 'script'), 'utf8')), ...words(join(folder, 'options'))];
      const option = (name: string): string | null =>
        given.findLast((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? null;
      const [indices, throttle] = (option('array') ?? '').split('%') as [string, string?];
      const elements = indices === '' ? [null] : indices.split(',').flatMap(range);
      this.jobs.set(id, {
        id,
        folder,
        elements: elements.map((index) => ({ index, state: 'PENDING', restarts: 0 })),
        throttle: Number(throttle ?? Number.POSITIVE_INFINITY),
        dependency: option('dependency'),
        held: given.includes('--hold'),
      });
      this.writeStates(this.jobs.get(id)!);
    }
  }

  private readNotes(): void {
    for (const id of this.note('released')) this.job(id).held = false;
    for (const id of this.note('cancelled')) {
      for (const element of this.jobs.get(id)?.elements ?? [])
        if (element.state === 'PENDING') element.state = 'CANCELLED';
    }
  }

  private note(file: string): string[] {
    return readFileSync(join(this.root, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  }

  private job(id: string): Job {
    const job = this.jobs.get(id);
    if (!job) throw new Error(`no such job: ${id}`);
    return job;
  }

  private startable(job: Job): { job: Job; element: Element }[] {
    if (job.held || job.elements.filter((e) => e.state === 'RUNNING').length >= job.throttle) return [];
    return job.elements
      .filter((element) => element.state === 'PENDING' && this.isLetGo(job, element))
      .map((element) => ({ job, element }));
  }

  /** Source: sbatch(1), --dependency. A mixture of "," and "?" silently becomes all-or: nothing should rely on it. */
  private isLetGo({ dependency }: Job, { index }: Element): boolean {
    if (dependency === null) return true;
    if (dependency.includes(',') && dependency.includes('?')) throw new Error(`mixed dependency: ${dependency}`);
    const holds = (term: string): boolean => {
      const [kind, ...ids] = term.split(':') as [string, ...string[]];
      return ids.map((id) => this.job(id)).every((job) => this.isMet(kind, job, index));
    };
    return dependency.includes('?') ? dependency.split('?').some(holds) : dependency.split(',').every(holds);
  }

  private isMet(kind: string, job: Job, index: number | null): boolean {
    if (kind === 'afterany') return job.elements.every(hasEnded);
    if (kind !== 'aftercorr') throw new Error(`the stand-in knows no dependency "${kind}"`);
    const counterpart = job.elements.find((element) => element.index === index);
    return (counterpart ? [counterpart] : job.elements).every((element) => element.state === 'COMPLETED');
  }

  private async runElement(job: Job, element: Element): Promise<void> {
    element.state = 'RUNNING';
    this.writeStates(job);
    const { index, restarts } = element;
    // In the last element of an array the job's id is the id of the whole.
    const isLast = job.elements.at(-1) === element;
    const jobId = isLast ? job.id : String(Number(job.id) * 1000 + index!);
    const options = words(join(job.folder, 'options'));
    const option = (name: string): string => options.find((o) => o.startsWith(`--${name}=`))!.slice(name.length + 3);
    const output = resolve(option('chdir'), option('output').replace('%a', String(index)));
    const { exitCode } = await execa('bash', [join(job.folder, 'script'), ...words(join(job.folder, 'arguments'))], {
      cwd: option('chdir'),
      env: {
        ...this.env,
        SLURM_JOB_ID: jobId,
        SLURM_RESTART_COUNT: String(restarts),
        ...(index === null ? {} : { SLURM_ARRAY_JOB_ID: job.id, SLURM_ARRAY_TASK_ID: String(index) }),
      },
      stdin: 'ignore',
      stdout: { file: output, append: true },
      stderr: { file: output, append: true },
      reject: false,
    });
    const again = this.note('requeued').filter((name) => name === nameOf(job, element)).length > restarts;
    element.restarts += Number(again);
    element.state = again ? 'PENDING' : exitCode === 0 ? 'COMPLETED' : 'FAILED';
    this.writeStates(job);
  }

  private writeStates(job: Job): void {
    writeFileSync(
      join(job.folder, 'states'),
      job.elements.map((element) => `${nameOf(job, element)} ${element.state}\n`).join(''),
    );
    if (job.elements.every(hasEnded)) appendFileSync(join(job.folder, 'ended'), '');
  }
}

function hasEnded({ state }: Element): boolean {
  return state !== 'PENDING' && state !== 'RUNNING';
}

function nameOf({ id }: Job, { index }: Element): string {
  return index === null ? id : `${id}_${index}`;
}

/** Options on the #SBATCH lines before the first command. */
function directives(script: string): string[] {
  const head = script.split('\n');
  const end = head.findIndex((line) => !line.startsWith('#'));
  return head
    .slice(0, end < 0 ? undefined : end)
    .filter((line) => line.startsWith('#SBATCH '))
    .flatMap((line) => line.split(' ').slice(1));
}

function words(file: string): string[] {
  return readFileSync(file, 'utf8').split('\0').slice(0, -1);
}

/** `3` and `2-4`. */
function range(text: string): number[] {
  const [from, to = from] = text.split('-').map(Number) as [number, number?];
  return Array.from({ length: to! - from + 1 }, (_, i) => from + i);
}
