import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { race } from '../measure.ts';
import { atMost, formatBytes, type Section, TIMES_HEAD, timesRow } from '../report.ts';
import type { Session } from '../session.ts';
import { taskCount } from '../workload.ts';

/** Static scripts for Slurm and for GNU make. */
export async function compile(session: Session): Promise<Section> {
  const folder = session.workload('wfc');
  const contender = (target: 'slurm' | 'local') => ({
    name: `wfc compile --target ${target}`,
    command: session.wfc('compile', '--target', target, '--out', target),
    folder,
    prepare: () => rmSync(join(folder, target), { recursive: true, force: true }),
  });
  const times = await race([contender('slurm'), contender('local')], session.repeats);
  const written = (target: string) => filesBelow(join(folder, target));
  const rows = [...times].map(([name, measured]) => {
    const { files, bytes } = written(name.split(' ').at(-1)!);
    return [...timesRow(measured), String(files), formatBytes(bytes)];
  });
  const slurm = times.get('wfc compile --target slurm')!;
  return {
    title: 'Compile',
    note: `${taskCount(session.size)} tasks, nothing built, to a fresh folder.`,
    head: [...TIMES_HEAD, 'files', 'bytes'],
    rows,
    aims: [
      atMost('wfc compile --target slurm', slurm.seconds, 1, 's'),
      atMost('its artifacts', written('slurm').bytes / 1e6, 10, 'MB'),
    ],
  };
}

export function filesBelow(folder: string): { files: number; bytes: number } {
  let files = 0;
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files++;
    bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return { files, bytes };
}
