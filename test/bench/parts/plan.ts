import type { Measured } from '../measure.ts';
import { race } from '../measure.ts';
import { type Aim, atLeast, atMost, type Section, TIMES_HEAD, timesRow } from '../report.ts';
import type { Session } from '../session.ts';
import { taskCount } from '../workload.ts';

/** A dry run where nothing is built. */
export async function plan(session: Session): Promise<Section> {
  const contenders = session.contenders([
    { tool: 'wfc', name: 'wfc plan', command: session.wfc('plan'), folder: session.workload('wfc') },
    { tool: 'make', name: 'make -n', command: ['make', '-n'], folder: session.workload('make') },
    { tool: 'ninja', name: 'ninja -n', command: ['ninja', '-n'], folder: session.workload('ninja') },
    {
      tool: 'snakemake',
      name: 'snakemake -n -q',
      command: ['snakemake', '-n', '-q', '-c2'],
      folder: session.workload('snakemake'),
      repeats: 1,
    },
  ]);
  const times = await race(contenders, session.repeats);
  return {
    title: 'Plan',
    note: `A dry run of ${taskCount(session.size)} tasks, nothing built, output to /dev/null.`,
    head: TIMES_HEAD,
    rows: [...times.values()].map(timesRow),
    aims: planAims(times),
  };
}

function planAims(times: ReadonlyMap<string, Measured>): Aim[] {
  const wfc = times.get('wfc plan')!;
  const make = times.get('make -n');
  const snakemake = times.get('snakemake -n -q');
  return [
    ...(make ? [atMost('time of wfc plan by that of make -n', wfc.seconds / make.seconds, 0.6, '')] : []),
    ...(snakemake ? [atLeast('times as fast as Snakemake', snakemake.seconds / wfc.seconds, 200, '')] : []),
    ...(wfc.peakMiB === null ? [] : [atMost('peak memory of wfc plan', wfc.peakMiB, 200, 'MiB')]),
  ];
}
