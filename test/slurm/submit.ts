/** Submissions as a user makes them, with commands that leave a trace of what ran, when, and on what. */
import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { CLI, type Experiment, experiment, signal } from '../support/experiment.ts';
import type { Cluster } from './cluster.ts';

export interface CompileOptions {
  /** The artifacts folder; slurm unless told. */
  readonly out?: string;
  /** How long an element waits for records that are late, such as those of an element that was killed; 60 unless told. */
  readonly waitSeconds?: number;
}

export async function compile(
  cluster: Cluster,
  made: Experiment,
  { out = 'slurm', waitSeconds }: CompileOptions = {},
): Promise<void> {
  const compiled = await cluster.run(process.execPath, [CLI, 'compile', '--target', 'slurm', '--out', out], {
    cwd: made.folder,
  });
  expect(compiled.exitCode, compiled.stderr).toBe(0);
  if (waitSeconds === undefined) return;
  for (const path of made.files(out).filter((name) => /\/\d+-[^/]*\.sh$/.test(name))) {
    made.write(path, made.read(path).replace(/^wfc_lanes=/m, `wfc_wait_seconds=${waitSeconds}\n$&`));
    expect(made.read(path)).toContain('wfc_wait_seconds=');
  }
}

/** Hand compiled scripts to Slurm; `env` as for submit.sh. */
export async function handIn(
  cluster: Cluster,
  { folder }: Experiment,
  out = 'slurm',
  env: Record<string, string> = {},
): Promise<void> {
  const submitted = await cluster.run('bash', [`${out}/submit.sh`], { cwd: folder, env });
  expect(submitted.exitCode, submitted.stderr).toBe(0);
}

/** The journal folder of the newest submission. */
export function journal({ folder }: Experiment): string {
  const journals = readdirSync(join(folder, '.wfc/journal')).filter((name) => /^\d+-slurm-/.test(name));
  return join(folder, '.wfc/journal', journals.sort().at(-1)!);
}

/** Id of the job array that the newest submission made of a stage. */
export function arrayOf(made: Experiment, stage: string): string {
  const lines = readFileSync(join(journal(made), 'jobs.tsv'), 'utf8').split('\n');
  return lines.find((line) => line.startsWith(`${stage}\t`))!.split('\t')[1]!;
}

/** What the closing job of the newest submission said. */
export function summary(made: Experiment): string {
  return readFileSync(join(journal(made), 'elements/close.out'), 'utf8');
}

/** Content by path of all that is in out/. */
export function tree(made: Experiment): Record<string, string> {
  return Object.fromEntries(made.files('out').map((path) => [path, made.read(path)]));
}

/** A signal to all that runs in a job: the batch script, its watchman, and its tasks. Returns how many got it. */
export function signalProcesses(cluster: Cluster, jobId: string, name: NodeJS.Signals): number {
  const pids = jobProcesses(cluster, { SLURM_JOB_ID: jobId });
  for (const pid of pids) signal(pid, name);
  return pids.length;
}

/** Processes of this cluster's jobs whose environment has these variables. */
export function jobProcesses(cluster: Cluster, variables: Readonly<Record<string, string>>): number[] {
  const wanted = Object.entries({ ...variables, SLURM_CONF: cluster.env.SLURM_CONF }).map((entry) => entry.join('='));
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
      return wanted.every((variable) => environment.includes(variable)) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

/** Plain job id of an array element. */
export async function jobIdOf(cluster: Cluster, element: string): Promise<string> {
  return (await cluster.run('squeue', ['--noheader', '--format=%A', `--jobs=${element}`])).stdout.trim();
}

// --- traced commands ---

/**
 * `./step RULE INDEX OUTPUT INPUT…` notes its start and its end in `trace`, and an input that is not whole in `bad`. Its
 * output is half-written for `slow/RULE-INDEX` seconds, or, where there is a file hold/RULE-INDEX, until `release`: only
 * the first attempt is held. With eat/RULE-INDEX it takes 300 MB.
 */
const STEP = `#!/bin/bash
name=$1-$2 output=$3
shift 3
note() { printf '%s %s %s %s %s\\n' "$1" "$name" $$ "$(date +%s.%N)" "\${SLURMD_NODENAME--}" >>trace; }
note start
for input; do
  [[ $(tail -n 1 "$input") == "end of $input" ]] || echo "$name: $input" >>bad
done
echo "half of $name" >"$output"
[[ ! -e slow/$name ]] || sleep "$(<"slow/$name")"
if mv "hold/$name" "hold/$name.$$" 2>/dev/null; then
  note half
  while [[ -e hold/$name.$$ ]]; do sleep 0.1; done
fi
if [[ -e eat/$name ]]; then
  note half
  x=$(head -c 300M /dev/zero | tr '\\0' x)
  sleep 10
fi
for input; do cat "$input" >>"$output"; done
echo "end of $output" >>"$output"
note end
`;

export interface TraceEvent {
  readonly kind: 'start' | 'half' | 'end';
  readonly task: string;
  /** Process id: names the attempt. */
  readonly attempt: string;
  readonly seconds: number;
  readonly node: string;
}

/** An experiment whose commands call ./step. */
export class Traced {
  readonly experiment: Experiment;

  constructor(spec: string, files: Readonly<Record<string, string>> = {}) {
    this.experiment = experiment(spec, { step: STEP, 'hold/.keep': '', ...files });
    chmodSync(this.experiment.path('step'), 0o755);
  }

  /** In the order in which it was written. */
  trace(): TraceEvent[] {
    if (!this.experiment.has('trace')) return [];
    const lines = this.experiment.read('trace').trimEnd().split('\n');
    return lines.map((line) => {
      const [kind, task, attempt, seconds, node] = line.split(' ') as [TraceEvent['kind'], ...string[]];
      return { kind, task: task!, attempt: attempt!, seconds: Number(seconds), node: node! };
    });
  }

  /** The first event of this kind of a task, once there is one. */
  async seen(kind: TraceEvent['kind'], task: string, times = 1): Promise<TraceEvent> {
    const found = () => this.trace().filter((event) => event.kind === kind && event.task === task);
    await expect.poll(() => found().length, { message: `${kind} ${task}` }).toBeGreaterThanOrEqual(times);
    return found()[times - 1]!;
  }

  hold(...tasks: string[]): void {
    for (const task of tasks) this.experiment.write(`hold/${task}`, '');
  }

  /** Lets attempts go on that are held, if they live. */
  release(): void {
    rmSync(this.experiment.path('hold'), { recursive: true });
  }

  starts(task: string): number {
    return this.trace().filter((event) => event.kind === 'start' && event.task === task).length;
  }

  badInputs(): string[] {
    return this.experiment.has('bad') ? this.experiment.read('bad').trimEnd().split('\n') : [];
  }
}

/** Starts of tasks at which one that they need had never ended, or was being made again. */
export function orderViolations(trace: readonly TraceEvent[], needs: (task: string) => readonly string[]): string[] {
  const running = new Map<string, string>();
  const ended = new Set<string>();
  const violations: string[] = [];
  for (const { kind, task, attempt } of trace) {
    if (kind === 'end') {
      ended.add(task);
      // An older attempt says nothing about the newest.
      if (running.get(task) === attempt) running.delete(task);
    }
    if (kind !== 'start') continue;
    running.set(task, attempt);
    for (const producer of needs(task)) {
      if (!ended.has(producer) || running.has(producer))
        violations.push(`${task} started before ${producer} had ended`);
    }
  }
  return violations;
}
