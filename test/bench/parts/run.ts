import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, type Measured, race } from '../measure.ts';
import { type Aim, atLeast, formatSeconds, type Section } from '../report.ts';
import type { Session } from '../session.ts';
import { makeFolders, type Size, type Tool, taskCount } from '../workload.ts';

/** 8,111 tasks, fewer where the session is small. */
const MANY: Size = { sites: 10, factors: 9, seeds: 30 };
/** 137 tasks: Snakemake takes its time for each. */
const FEW: Size = { sites: 1, factors: 9, seeds: 5 };

/** Short tasks, two at a time. */
export async function run(session: Session): Promise<Section> {
  const many = taskCount(session.size) < taskCount(MANY) ? session.size : MANY;
  const sizes: Record<Tool, Size> = { wfc: many, make: many, ninja: many, snakemake: FEW };
  const contenders = session.contenders([
    fresh(session, 'wfc', session.wfc('run', '--local', '-j2'), many),
    fresh(session, 'ninja', ['ninja', '-j2'], many),
    fresh(session, 'make', ['make', '-j2'], many),
    { ...fresh(session, 'snakemake', ['snakemake', '-q', '-j2'], FEW), repeats: 1 },
  ]);
  const times = await race(contenders, session.repeats);
  const rate = (name: string, { seconds }: Measured): number => taskCount(sizes[name as Tool]) / seconds;
  const rows = [...times].map(([name, measured]) => [
    name,
    String(taskCount(sizes[name as Tool])),
    formatSeconds(measured.seconds),
    `${formatSeconds(measured.fastest)} to ${formatSeconds(measured.slowest)}`,
    String(measured.samples.length),
    measured.cpuSeconds === null ? 'unknown' : formatSeconds(measured.cpuSeconds),
    rate(name, measured).toFixed(0),
  ]);
  const aims: Aim[] = [];
  const ninja = times.get('ninja');
  if (ninja)
    aims.push(
      atLeast('tasks a second by those of ninja', rate('wfc', times.get('wfc')!) / rate('ninja', ninja), 1.5, ''),
    );
  return {
    title: 'Run',
    note: 'Short tasks with -j2 in a fresh folder. For make the folders of the outputs are there, which wfc and ninja make.',
    head: ['', 'tasks', 'median', 'fastest to slowest', 'runs', 'CPU', 'tasks a second'],
    rows,
    aims,
  };
}

function fresh(
  session: Session,
  tool: Tool,
  command: readonly [string, ...string[]],
  size: Size,
): Contender & { tool: Tool } {
  const folder = session.workload(tool, size);
  const prepare = (): void => {
    // Out of the way, not removed: ext4 looks at each inode freed in the last minute before it gives one.
    const aside = session.newFolder('aside');
    mkdirSync(aside);
    for (const made of ['out', '.wfc', '.snakemake', '.ninja_log', '.ninja_deps'])
      if (existsSync(join(folder, made))) renameSync(join(folder, made), join(aside, made));
    if (tool === 'make') makeFolders(folder, size);
  };
  return { tool, name: tool, command, folder, prepare };
}
