/**
 * One attempt at a task, by each of the three that make attempts: `wfc run`, GNU make, and the element of a job array (here
 * without Slurm: the stage scripts are started by hand). What each leaves is told in one form, so that it can be compared.
 */
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { problemWords } from '../../src/model/problem.ts';
import { parseProblem } from '../../src/resume/problem-text.ts';
import { CLI, type Experiment } from '../support/experiment.ts';

export const EXECUTORS = ['wfc run', 'make', 'an element'] as const;
export type Executor = (typeof EXECUTORS)[number];

/** What attempts left behind. */
export interface Outcome {
  readonly ended: 'well' | 'badly' | 'interrupted';
  /** Lines of the journals in order, without times and places: `started a 1`, `failed a 1 exit_status:3`, `done a`. */
  readonly journal: readonly string[];
  /** Files, folders (`name/`) and links (`-> target`) by path, less what the experiment began with and wfc's own. */
  readonly files: Readonly<Record<string, string>>;
  /** Logs by path, less the lines that head an attempt. */
  readonly logs: Readonly<Record<string, string>>;
  /** Files beside outputs that say that an attempt is not over. */
  readonly markers: readonly string[];
  /** The words of failures that it did not print. */
  readonly untold: readonly string[];
}

export interface Started {
  readonly ended: Promise<Outcome>;
  kill(signal: NodeJS.Signals): void;
}

/** No Slurm of this machine is asked for its limits. */
const NO_SLURM = { PATH: '/nonexistent' };

/** Write the scripts of an executor, once. */
export async function prepare(executor: Executor, { folder }: Experiment): Promise<void> {
  // With no state at all, times alone would decide what is complete.
  mkdirSync(join(folder, '.wfc/journal'), { recursive: true });
  if (executor === 'wfc run') return;
  const target = executor === 'make' ? ['local', '--out', '.wfc/make'] : ['slurm', '--out', '.wfc/element'];
  await execa(process.execPath, [CLI, 'compile', '--target', ...target], { cwd: folder, env: NO_SLURM });
}

/** Make an attempt at each task that is not complete. Keeps going after failures. */
export function start(executor: Executor, made: Experiment, env: Readonly<Record<string, string>> = {}): Started {
  const before = new Set(Object.keys(filesIn(made)));
  const [command, args] = COMMANDS[executor](made);
  const child = execa(command, args, { cwd: made.folder, env, reject: false, all: true, stdin: 'ignore' });
  return {
    ended: child.then(({ exitCode, signal, all }) => outcomeOf(made, before, exitCode ?? signal ?? null, String(all))),
    kill: (signal) => void child.kill(signal),
  };
}

export async function attempt(
  executor: Executor,
  made: Experiment,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  await prepare(executor, made);
  return start(executor, made, env).ended;
}

const COMMANDS: Readonly<Record<Executor, (made: Experiment) => [string, string[]]>> = {
  'wfc run': () => [process.execPath, [CLI, 'run', '--local', '-k', '-j1']],
  make: () => ['make', ['-s', '-k', '-f', '.wfc/make/Makefile']],
  'an element': (made) => ['bash', ['-c', ELEMENTS, 'bash', nextJournal(made)]],
};

/** All elements of all stages, one after another; the last that does not end well gives the exit status. */
const ELEMENTS = `ended=0
trap 'kill -TERM $(jobs -p)' TERM INT HUP
for stage in .wfc/element/[0-9]*.sh; do
  name=\${stage##*/} name=\${name%.sh}
  mapfile -t elements <".wfc/element/tables/$name.index"
  for i in "\${!elements[@]}"; do
    wfc_element=$i wfc_wait_seconds=0 bash "$stage" .wfc/element "$1" & wait_for=$!
    wait $wait_for; status=$?
    while kill -0 $wait_for 2>/dev/null; do wait $wait_for; status=$?; done
    ((status == 0)) || ended=$status
  done
done
exit $ended`;

function nextJournal(made: Experiment): string {
  const number = made.has('.wfc/journal') ? readdirSync(made.path('.wfc/journal')).length + 1 : 1;
  return `.wfc/journal/${String(number).padStart(6, '0')}-slurm-element`;
}

function outcomeOf(
  made: Experiment,
  before: ReadonlySet<string>,
  status: number | string | null,
  said: string,
): Outcome {
  const files = filesIn(made);
  const own = Object.entries(files).filter(([path]) => !before.has(path) && !path.startsWith('.wfc'));
  const isMarker = (path: string): boolean => path.endsWith('.wfc-incomplete');
  const interrupted = status === 130 || status === 143 || typeof status === 'string';
  if (/internal error|wfc_\w+: command not found/.test(said)) throw new Error(said);
  const journal = journalOf(made);
  return {
    ended: status === 0 ? 'well' : interrupted ? 'interrupted' : 'badly',
    journal,
    files: Object.fromEntries(own.filter(([path]) => !isMarker(path))),
    logs: Object.fromEntries(
      Object.entries(files)
        .filter(([path, text]) => path.startsWith('.wfc/logs/') && !path.endsWith('/') && text !== '')
        .map(([path, text]) => [path, withoutHeads(text)]),
    ),
    markers: own.map(([path]) => path).filter(isMarker),
    untold: journal
      .flatMap((line) => /^failed \S+ \d+ (.*)/.exec(line)?.[1] ?? [])
      .map((problem) => problemWords(parseProblem(problem)))
      .filter((words) => !said.includes(`: ${words}`)),
  };
}

/** Without what says which attempt the lines below are of. */
function withoutHeads(text: string): string {
  return text.replace(/^wfc: attempt \d+, \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, run \d{6}\n/gm, '');
}

function filesIn({ folder }: Experiment): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (entry.isDirectory()) found[`${path}/`] = '';
    else if (entry.isSymbolicLink()) found[path] = `-> ${readlinkSync(join(folder, path))}`;
    else if (entry.isFile()) found[path] = readFileSync(join(folder, path), 'latin1');
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Journals in the order of their folders and files; 'run', 'end' and 'blocked' say nothing of an attempt. */
function journalOf(made: Experiment): string[] {
  const names = made.files('.wfc/journal').filter((path) => path.endsWith('.tsv') && !path.endsWith('jobs.tsv'));
  const lines = names.flatMap((path) => made.read(path).split('\n'));
  return lines.flatMap((line) => {
    const [kind, task, ...fields] = line.split('\t');
    switch (kind) {
      case 'started':
        return [`started ${task} ${fields[0]}`];
      case 'failed':
        return [`failed ${task} ${fields[0]} ${fields[2]}`];
      case 'done':
      case 'interrupted':
        return [`${kind} ${task}`];
      default:
        return [];
    }
  });
}
