import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, measure, race } from '../measure.ts';
import { formatSeconds, type Section } from '../report.ts';
import type { Session } from '../session.ts';
import { FULL, type Size } from '../workload.ts';

/** One element of a job array, without Slurm: a site of the study, beside loops as one would write them by hand. */
export async function element(session: Session): Promise<Section> {
  const size = { ...session.size, sites: FULL.sites };
  const tasks = 1 + 3 * size.factors * size.seeds;
  const contenders = [
    await ofWfc(session, size, tasks),
    plain(session, size, 'shell'),
    plain(session, size, 'subshell'),
  ];
  const times = await race(contenders, session.repeats);
  const wfc = times.get(contenders[0]!.name)!;
  const rows = [...times.values()].map(({ name, seconds, cpuSeconds }) => [
    name,
    formatSeconds(seconds),
    (tasks / seconds).toFixed(0),
    cpuSeconds === null ? 'unknown' : `${((cpuSeconds * 1000) / tasks).toFixed(2)} ms`,
    name === wfc.name ? '' : `${(wfc.seconds / seconds).toFixed(1)} times as long`,
  ]);
  return {
    title: 'Element',
    note: `The ${tasks} tasks of one site, one after another, medians of ${session.repeats}. A plain loop asks whether the output is there, sends what a task prints to a log and writes a line in a journal; it knows of no inputs, time limits or stopping, and has no markers.`,
    head: ['', 'time', 'tasks a second', 'CPU a task', 'an element takes'],
    rows,
    aims: [],
  };
}

async function ofWfc(session: Session, size: Size, tasks: number): Promise<Contender> {
  const folder = session.workload('wfc', size);
  await measure({ name: 'compile', command: session.wfc('compile', '--target', 'slurm', '--out', 'D'), folder });
  const index = readdirSync(join(folder, 'D/tables')).find((name) => name.startsWith('1-') && name.endsWith('.index'))!;
  const count = Number(readFileSync(join(folder, 'D/tables', index), 'utf8').split(' ')[1]);
  if (count !== tasks) throw new Error(`an element has ${count} tasks, not ${tasks}`);
  const script = `D/${index.replace('.index', '.sh')}`;
  return {
    name: 'an element',
    command: ['bash', script, 'D', '.wfc/journal/000001-slurm-bench'],
    folder,
    env: { ...process.env, wfc_element: '0' },
    prepare: () => putAside(session, folder),
  };
}

function plain(session: Session, { factors, seeds }: Size, kind: 'shell' | 'subshell'): Contender {
  const folder = session.newFolder(kind);
  mkdirSync(folder);
  const [open, close] = kind === 'shell' ? ['{', '; }'] : ['(set -euo pipefail; ', ')'];
  const loop = `task() {
  [[ ! -s $1 ]] || return 0
  if ${open} echo "$2" >"$1"${close} </dev/null >"logs/$3" 2>&1; then
    printf 'done\\t%s\\t%(%s)T\\n' "$1" -1 >>journal
  else
    printf 'failed\\t%s\\t%(%s)T\\n' "$1" -1 >>journal
  fi
}
mkdir -p logs out/site_1/factor_{1..${factors}}/seed_{1..${seeds}}
task out/site_1/data.npz 1 prep
for ((f = 1; f <= ${factors}; f++)); do
  for ((s = 1; s <= ${seeds}; s++)); do
    at=out/site_1/factor_$f/seed_$s
    task "$at/model" "$f" "train-$f-$s"
    task "$at/preds.csv" "$s" "predict-$f-$s"
    task "$at/metrics.csv" "$s" "evaluate-$f-$s"
  done
done
`;
  writeFileSync(join(folder, 'loop.sh'), loop);
  return {
    name: kind === 'shell' ? 'a plain loop' : 'a plain loop, a subshell a task',
    command: ['bash', 'loop.sh'],
    folder,
    prepare: () => putAside(session, folder),
  };
}

/** Out of the way, not removed: ext4 looks at each inode freed in the last minute before it gives one. */
function putAside(session: Session, folder: string): void {
  const aside = session.newFolder('aside');
  mkdirSync(aside);
  for (const name of readdirSync(folder))
    if (['out', '.wfc', 'logs', 'journal'].includes(name)) renameSync(join(folder, name), join(aside, name));
}
