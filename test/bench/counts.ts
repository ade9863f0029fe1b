/** What does not depend on how fast a machine is, nor on what else it does: page faults and system calls. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { type COMMANDS, writeFlat } from './flat.ts';
import { GNU_TIME } from './measure.ts';
import type { Session } from './session.ts';
import { isInstalled } from './session.ts';
import type { Tool } from './workload.ts';

/** Of one more task, its processes and what is done for it; null where the tool that counts is not there. */
export interface TaskCounts {
  readonly pageFaults: number | null;
  readonly systemCalls: number | null;
}

/** Tasks of the smaller of the two runs that are compared; the other has twice as many. */
const TASKS = 300;

/** The difference of two runs, so that what each costs as a whole falls out. */
export async function countsOfTask(
  session: Session,
  tool: Exclude<Tool, 'snakemake'>,
  what: keyof typeof COMMANDS,
  command: readonly [string, ...string[]],
): Promise<TaskCounts> {
  const ofRun = async (counter: Counter, count: number): Promise<number> => {
    const folder = session.newFolder(tool);
    writeFlat(tool, folder, what, count);
    return counter.count(command, folder);
  };
  const ofTask = async (counter: Counter): Promise<number | null> => {
    if (!counter.isThere()) return null;
    const few = await ofRun(counter, TASKS);
    return ((await ofRun(counter, 2 * TASKS)) - few) / TASKS;
  };
  return { pageFaults: await ofTask(FAULTS), systemCalls: await ofTask(CALLS) };
}

interface Counter {
  readonly isThere: () => boolean;
  readonly count: (command: readonly string[], folder: string) => Promise<number>;
}

/** Minor ones: a page is mapped or copied, nothing is read from a disk. */
const FAULTS: Counter = {
  isThere: () => existsSync(GNU_TIME),
  count: async (command, folder) =>
    Number(await noted([GNU_TIME, '--quiet', '--format=%R', '--output'], command, folder)),
};

const CALLS: Counter = {
  isThere: () => isInstalled('strace'),
  count: async (command, folder) => {
    const table = await noted(['strace', '-f', '-c', '--quiet=all', '-o'], command, folder);
    // `100.00    1.234567       12    123456      1234 total`; strace leaves out the number of errors where there are none.
    return Number(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)? total$/m.exec(table)?.[1]);
  },
};

/** What a counter writes to the file that its last argument names. */
async function noted(counter: readonly string[], command: readonly string[], folder: string): Promise<string> {
  const notes = join(folder, 'notes');
  const [file, ...args] = [...counter, notes, ...command] as [string, ...string[]];
  await execa(file, args, { cwd: folder, stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' });
  return readFileSync(notes, 'utf8').trim();
}

/** Microseconds that the first touch of a fresh page takes here, its zeroing included. */
export function pageFaultMicroseconds(): number {
  // Small enough that the kernel gives no huge pages, which would be one fault each.
  const blocks = Array.from({ length: 128 }, () => Buffer.allocUnsafeSlow(1 << 20));
  const touch = (): number => {
    const from = performance.now();
    for (const block of blocks) for (let at = 0; at < block.length; at += 4096) block[at] = 1;
    return performance.now() - from;
  };
  const before = process.resourceUsage().minorPageFault;
  const fresh = touch();
  const faults = process.resourceUsage().minorPageFault - before;
  return ((fresh - touch()) / faults) * 1000;
}
