/** The study's workflow (see test/bench/workload.ts) with commands that check what they read, and sometimes fail. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Size } from '../bench/workload.ts';

const RUN = 'out/site_{site}/factor_{factor}/seed_{seed}';

export function soakSpec({ sites, factors, seeds }: Size): string {
  return `params:
  site: {from: 1, to: ${sites}}
  factor: {from: 1, to: ${factors}}
  seed: {from: 1, to: ${seeds}}
rules:
  prep: {output: "out/site_{site}/data.npz", run: "soak_prep {output} {site}"}
  train:
    input: out/site_{site}/data.npz
    output: ${RUN}/model
    run: soak_train {output} {factor} {seed} {input}
  predict:
    input: ["out/site_{site}/data.npz", "${RUN}/model"]
    output: ${RUN}/preds.csv
    run: soak_predict {output} {input}
  evaluate:
    input: ${RUN}/preds.csv
    output: ${RUN}/metrics.csv
    run: soak_evaluate {output} {seed} {input}
  combine:
    gather: [site, factor, seed]
    input: ${RUN}/metrics.csv
    output: out/overall.csv
    run: soak_combine {output} {input:list}
targets: out/overall.csv
`;
}

/** Followers of an element that was killed wait for it: not for a minute. */
export const SOAK_PROFILE = 'prelude: ["wfc_wait_seconds=5", "source ./soak.sh"]\n';

/**
 * No command forks. A file is one line, `value NUMBER end`, written in two parts; at times a while lies between them. One
 * task in 64 fails halfway, until there is a file `calm`. Each attempt at an element has a trace of its own.
 */
export const SOAK_COMMANDS = `# shellcheck shell=bash
soak_trace=trace/\${SLURM_ARRAY_JOB_ID:-\${SLURM_JOB_ID}}_\${SLURM_ARRAY_TASK_ID:-0}.\${SLURM_RESTART_COUNT:-0}.$BASHPID
exec {soak_never}<> <(:)

soak_note() { printf '%s %s %s\\n' "$1" "$2" "$EPOCHREALTIME" >>"$soak_trace"; }

# Reads the inputs, $2 and so on, of the task with output $1 into values.
soak_read() {
  local path word value mark task=$1
  shift
  soak_note start "$task"
  values=()
  for path; do
    word='' value='' mark=''
    if ! read -r word value mark <"$path" || [[ $word != value || $mark != end ]]; then
      printf '%s: %s\\n' "$task" "$path" >>bad
      return 1
    fi
    values+=("$value")
  done
}

soak_write() {
  local dice=$((RANDOM % 64))
  printf 'value %s' "$2" >"$1"
  if ((dice == 0)) && [[ ! -e calm ]]; then
    soak_note fail "$1"
    return 1
  fi
  ((dice != 1)) || read -r -t 0.3 -u "$soak_never" || :
  printf ' end\\n' >>"$1"
  soak_note end "$1"
}

soak_prep() { soak_read "$1" && soak_write "$1" $(($2 * 7919 + 1)); }
soak_train() { soak_read "$1" "$4" && soak_write "$1" $((values[0] * 31 + $2 * 101 + $3)); }
soak_predict() { soak_read "$@" && soak_write "$1" $((values[0] * 13 + values[1] * 7)); }
soak_evaluate() { soak_read "$1" "$3" && soak_write "$1" $((values[0] * 3 + $2)); }
soak_combine() {
  local value sum=0
  local -a inputs
  mapfile -t inputs <"$2"
  soak_read "$1" "\${inputs[@]}" || return
  for value in "\${values[@]}"; do sum=$((sum + value)); done
  soak_write "$1" "$sum"
}
`;

/** Content by path of all that is to be there, reckoned without the commands above. */
export function rightTree({ sites, factors, seeds }: Size): Map<string, string> {
  const files = new Map<string, string>();
  const put = (path: string, value: number): number => {
    files.set(path, `value ${value} end\n`);
    return value;
  };
  let sum = 0;
  for (let site = 1; site <= sites; site++) {
    const data = put(`out/site_${site}/data.npz`, site * 7919 + 1);
    for (let factor = 1; factor <= factors; factor++) {
      for (let seed = 1; seed <= seeds; seed++) {
        const folder = `out/site_${site}/factor_${factor}/seed_${seed}`;
        const model = put(`${folder}/model`, data * 31 + factor * 101 + seed);
        const predictions = put(`${folder}/preds.csv`, data * 13 + model * 7);
        sum += put(`${folder}/metrics.csv`, predictions * 3 + seed);
      }
    }
  }
  put('out/overall.csv', sum);
  return files;
}

/** Paths of the files that the task with this output reads. `all`: all outputs. */
export function inputsOf(path: string, all: Iterable<string>): string[] {
  const [, site, name] = /^out\/(site_\d+)\/.*?([^/]+)$/.exec(path) ?? [];
  const data = `out/${site}/data.npz`;
  const beside = (other: string): string => path.replace(/[^/]+$/, other);
  switch (name) {
    case 'data.npz':
      return [];
    case 'model':
      return [data];
    case 'preds.csv':
      return [data, beside('model')];
    case 'metrics.csv':
      return [beside('preds.csv')];
    default:
      return [...all].filter((other) => other.endsWith('/metrics.csv'));
  }
}

/** One run of one task, as its trace tells of it. */
export interface TaskRun {
  readonly task: string;
  /** `7_3.0.1234`: Slurm id, restarts and process of the attempt at the element. */
  readonly attempt: string;
  readonly start: number;
  /** When it had succeeded. */
  end?: number;
  failed: boolean;
}

/** All runs of all tasks, in the order of their starts. Times are microseconds. */
export function readRuns(folder: string): TaskRun[] {
  const runs: TaskRun[] = [];
  for (const attempt of readdirSync(join(folder, 'trace'))) {
    const last = new Map<string, TaskRun>();
    for (const line of readFileSync(join(folder, 'trace', attempt), 'utf8').split('\n')) {
      const [kind, task, time] = line.split(' ') as [string, string, string];
      if (time === undefined) continue;
      const at = Number(time.replace('.', ''));
      if (kind === 'start') {
        const run = { task, attempt, start: at, failed: false };
        last.set(task, run);
        runs.push(run);
      } else if (kind === 'end') last.get(task)!.end = at;
      else last.get(task)!.failed = true;
    }
  }
  return runs.sort((a, b) => a.start - b.start);
}

/** Tasks with a record of success, by attempt as above. */
export function readRecords(folder: string): Map<string, Set<string>> {
  const records = new Map<string, Set<string>>();
  const journals = join(folder, '.wfc/journal');
  for (const submission of readdirSync(journals).filter((name) => /^\d+-slurm-[^.]*$/.test(name))) {
    for (const name of readdirSync(join(journals, submission))) {
      // STAGE.INDEX.SLURMID.RESTARTS.PROCESS.HOST.tsv
      const attempt = /^[^.]+\.\d+\.([^.]+\.\d+\.\d+)\..*\.tsv$/.exec(name)?.[1];
      if (attempt === undefined) continue;
      const done = readFileSync(join(journals, submission, name), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('done\t') && line.endsWith('\t.'))
        .map((line) => line.split('\t')[1]!);
      records.set(attempt, new Set(done));
    }
  }
  return records;
}

/** What all runs together tell; `removed`: when outputs were taken away, by task. */
export function judgeRuns(
  runs: readonly TaskRun[],
  records: ReadonlyMap<string, ReadonlySet<string>>,
  removed: ReadonlyMap<string, readonly number[]>,
): { readonly order: string[]; readonly rerunsAfterSuccess: string[] } {
  const tasks = new Set(runs.map(({ task }) => task));
  const byTask = new Map<string, TaskRun[]>();
  for (const run of runs) byTask.set(run.task, [...(byTask.get(run.task) ?? []), run]);
  const order: string[] = [];
  const rerunsAfterSuccess: string[] = [];
  for (const [task, own] of byTask) {
    const inputs = inputsOf(task, tasks);
    own.forEach((run, i) => {
      for (const input of inputs) {
        const last = byTask.get(input)?.findLast(({ start }) => start < run.start);
        if (last?.end === undefined || last.end > run.start) order.push(`${task} in ${run.attempt} before ${input}`);
      }
      const before = own[i - 1];
      if (before?.end === undefined || !records.get(before.attempt)?.has(task)) return;
      const isBetween = (time: number): boolean => time > before.start && time < run.start;
      const hasCause =
        removed.get(task)?.some(isBetween) ||
        inputs.some((input) => byTask.get(input)?.some(({ start }) => isBetween(start)));
      if (!hasCause) rerunsAfterSuccess.push(`${task} in ${run.attempt} after ${before.attempt}`);
    });
  }
  return { order, rerunsAfterSuccess };
}
