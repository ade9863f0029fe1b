import { distance } from 'fastest-levenshtein';

/** More names than this are not searched: suggestions must not cost more than the spec itself. */
const MAX_NAMES = 5000;

/**
 * The known name that `word` was most likely meant to be, or null where none is near. Of a dotted name (`model.width`)
 * one end is enough.
 */
export function closest(word: string, known: Iterable<string>, most = likelySlips(word)): string | null {
  let best: string | null = null;
  let bestSlips = most + 1;
  let part: string | null = null;
  let count = 0;
  for (const name of known) {
    if (++count > MAX_NAMES) break;
    if (name.endsWith(`.${word}`) || name.startsWith(`${word}.`)) part ??= name;
    if (Math.abs(name.length - word.length) >= bestSlips) continue;
    const n = slips(word, name);
    if (n < bestSlips && n < Math.max(word.length, name.length)) {
      best = name;
      bestSlips = n;
    }
  }
  return best ?? part;
}

/** How many slips of the hand lead from one word to the other; two neighbours swapped are one. */
function slips(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  if (x === y) return 0;
  const n = distance(x, y);
  return n === 2 && x.length === y.length && isSwap(x, y) ? 1 : n;
}

function isSwap(a: string, b: string): boolean {
  const at = [...a].findIndex((c, i) => c !== b[i]);
  return a.slice(0, at) + a.charAt(at + 1) + a.charAt(at) + a.slice(at + 2) === b;
}

/** How many slips a word is likely to hold: short words are soon other words. */
function likelySlips(word: string): number {
  return word.length <= 4 ? 1 : word.length <= 8 ? 2 : 3;
}

/** What people who know other tools write, and what it is called here. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  command: 'run',
  cmd: 'run',
  script: 'run',
  notebook: 'run',
  wrapper: 'run',
  exec: 'run',
  interpreter: 'shell',
  language: 'shell',
  environment: 'env',
  module: 'modules',
  image: 'container',
  singularity: 'container',
  apptainer: 'container',
  retry: 'retries',
  restarts: 'retries',
  constants: 'config',
  parameters: 'params',
  axes: 'params',
  variables: 'params',
  matrix: 'params',
  steps: 'rules',
  tasks: 'rules',
  jobs: 'rules',
  goals: 'targets',
  default: 'defaults',
  filter: 'exclude',
  begin: 'from',
  start: 'from',
  min: 'from',
  end: 'to',
  stop: 'to',
  until: 'to',
  max: 'to',
  by: 'step',
  increment: 'step',
  num: 'count',
  n: 'count',
  file: 'lines',
  list: 'values',
  pattern: 'glob',
  tsv: 'csv',
  memory: 'mem',
  ram: 'mem',
  mem_mb: 'mem',
  threads: 'cpus',
  cores: 'cpus',
  ncpus: 'cpus',
  walltime: 'time',
  runtime: 'time',
  timeout: 'time',
  time_limit: 'time',
  gres: 'gpus',
  ntasks_per_node: 'ranks_per_node',
  tasks_per_node: 'ranks_per_node',
  ranks: 'ranks_per_node',
  sbatch: 'slurm',
  dir: 'directory',
  folder: 'directory',
  temporary: 'temp',
  size: 'min_bytes',
  hash: 'sha256',
  checksum: 'sha256',
};

/** The key that an unknown one was most likely meant to be: a slip of the hand, or another tool's word. */
export function suggestKey(key: string, known: readonly string[]): string | null {
  const near = closest(key, known);
  if (near !== null) return near;
  const word = closest(key.toLowerCase(), Object.keys(OTHER_WORDS));
  const meant = word === null ? undefined : OTHER_WORDS[word];
  return meant !== undefined && known.includes(meant) ? meant : null;
}

/** `did you mean "x"?`, or '' where there is nothing to suggest. */
export function didYouMean(name: string | null): string {
  return name === null ? '' : `did you mean "${name}"?`;
}
