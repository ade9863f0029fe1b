import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { countsOfTask, pageFaultMicroseconds, type TaskCounts } from '../counts.ts';
import { writeFlat } from '../flat.ts';
import { type Contender, race } from '../measure.ts';
import { type Aim, atLeast, atMost, ratesRow, type Section } from '../report.ts';
import type { Session } from '../session.ts';
import { makeFolders, type Size, type Tool, taskCount } from '../workload.ts';

/** 8,111 tasks, fewer where the session is small. */
const MANY: Size = { sites: 10, factors: 9, seeds: 30 };
/** 137 tasks: Snakemake takes its time for each. */
const FEW: Size = { sites: 1, factors: 9, seeds: 5 };

/** Tasks whose command is a program. */
const COPIES = 2000;

/** What is run, each by its tool. */
const TOOLS = ['wfc', 'ninja', 'make'] as const;

/** Short tasks, two at a time. */
export async function run(session: Session): Promise<Section> {
  const many = taskCount(session.size) < taskCount(MANY) ? session.size : MANY;
  const copies = Math.min(COPIES, taskCount(many));
  const commands = {
    wfc: session.wfc('run', '--local', '-j2'),
    ninja: ['ninja', '-j2'],
    make: ['make', '-j2'],
  } as const satisfies Record<(typeof TOOLS)[number], readonly [string, ...string[]]>;
  const times = await race(
    session.contenders([
      ...TOOLS.map((tool) => fresh(session, tool, commands[tool], many)),
      ...TOOLS.map((tool) => copying(session, tool, commands[tool], copies)),
      { ...fresh(session, 'snakemake', ['snakemake', '-q', '-j2'], FEW), repeats: 1 },
    ]),
    session.repeats,
  );
  const counts = new Map<string, TaskCounts>();
  for (const tool of TOOLS) {
    if (tool !== 'wfc' && !session.tools.has(tool)) continue;
    for (const what of ['echo', 'cp'] as const) {
      counts.set(`${tool}: ${what}`, await countsOfTask(session, tool, what, commands[tool]));
    }
  }
  const tasksOf = (name: string): number =>
    name === 'snakemake: echo' ? taskCount(FEW) : name.endsWith('cp') ? copies : taskCount(many);
  const rates = new Map([...times].map(([name, { seconds }]) => [name, tasksOf(name) / seconds]));
  const rows = [...times].map(([name, measured]) => [
    ...ratesRow(measured, tasksOf(name), 0),
    counts.get(name)?.pageFaults?.toFixed(1) ?? '',
    counts.get(name)?.systemCalls?.toFixed(0) ?? '',
  ]);
  const unseen = [...counts.values()].some(({ systemCalls }) => systemCalls === null);
  return {
    title: 'Run',
    note: [
      'Short tasks with -j2 in a fresh folder: `echo` of the shell into a file, in folders that wfc and ninja make; `cp`, a program, into one folder.',
      'Page faults and system calls of one more task are the difference of two runs with -j2, whatever the machine does meanwhile.',
      `A page fault takes ${pageFaultMicroseconds().toFixed(2)} µs here.`,
      ...(unseen ? ['System calls are not told: there is no strace here.'] : []),
    ].join(' '),
    head: ['', 'tasks', 'median', 'fastest to slowest', 'runs', 'CPU', 'tasks a second', 'page faults', 'system calls'],
    rows,
    aims: times.has('ninja: echo') ? aimsBesideNinja(rates, counts) : [],
  };
}

function aimsBesideNinja(rates: ReadonlyMap<string, number>, counts: ReadonlyMap<string, TaskCounts>): Aim[] {
  const aims: Aim[] = [];
  for (const [what, leastRate] of [
    ['echo', 1.5],
    ['cp', 1],
  ] as const) {
    const ofRate = rates.get(`wfc: ${what}`)! / rates.get(`ninja: ${what}`)!;
    aims.push(atLeast(`${what}: tasks a second by those of ninja`, ofRate, leastRate, ''));
    const [wfc, ninja] = [counts.get(`wfc: ${what}`)!, counts.get(`ninja: ${what}`)!];
    for (const [of, words] of [
      ['pageFaults', 'page faults'],
      ['systemCalls', 'system calls'],
    ] as const) {
      if (wfc[of] === null || ninja[of] === null) continue;
      aims.push(atMost(`${what}: ${words} a task by those of ninja`, wfc[of] / ninja[of], 1, ''));
    }
  }
  return aims;
}

function copying(
  session: Session,
  tool: (typeof TOOLS)[number],
  command: readonly [string, ...string[]],
  count: number,
): Contender & { tool: Tool } {
  const folder = session.newFolder(tool);
  writeFlat(tool, folder, 'cp', count);
  return {
    tool,
    name: `${tool}: cp`,
    command,
    folder,
    prepare: () => setAside(session, folder, () => mkdirSync(join(folder, 'out'))),
  };
}

function fresh(
  session: Session,
  tool: Tool,
  command: readonly [string, ...string[]],
  size: Size,
): Contender & { tool: Tool } {
  const folder = session.workload(tool, size);
  const makeRoom = (): void => {
    if (tool === 'make') makeFolders(folder, size);
  };
  return { tool, name: `${tool}: echo`, command, folder, prepare: () => setAside(session, folder, makeRoom) };
}

/** What a tool made goes out of the way; it is not removed: ext4 looks at each inode freed in the last minute before it gives one. */
function setAside(session: Session, folder: string, makeRoom: () => void): void {
  const aside = session.newFolder('aside');
  mkdirSync(aside);
  for (const made of ['out', '.wfc', '.snakemake', '.ninja_log', '.ninja_deps'])
    if (existsSync(join(folder, made))) renameSync(join(folder, made), join(aside, made));
  makeRoom();
}
