import { readdirSync, readFileSync } from 'node:fs';
import type { History } from '../../resume/history.ts';
import { hostName } from './host.ts';

/** A process as proc(5), stat, tells of it. */
interface Process {
  readonly pid: number;
  readonly group: number;
  /** Since 1970. */
  readonly startedSeconds: number;
}

/**
 * Process groups on this machine of tasks that have not ended, by the task's name. A group is a task's if nothing in it is
 * older than the attempt, and its leader, if alive, as old as it: numbers of processes come again.
 */
export function livingGroups({ unfinished }: Pick<History, 'unfinished'>): Map<string, number> {
  const living = new Map<string, number>();
  const suspects = [...unfinished].filter(
    ([, { host, slurmId, processGroup }]) => host === hostName() && slurmId === '' && processGroup > 1,
  );
  if (suspects.length === 0) return living;
  const groups = new Map<number, Process[]>();
  for (const process of processes()) {
    const group = groups.get(process.group);
    if (group) group.push(process);
    else groups.set(process.group, [process]);
  }
  for (const [task, { processGroup, seconds }] of suspects) {
    const members = groups.get(processGroup);
    if (!members || members.some((p) => p.startedSeconds < seconds - SLACK_SECONDS)) continue;
    const leader = members.find((p) => p.pid === processGroup);
    if (leader && leader.startedSeconds > seconds + SLACK_SECONDS) continue;
    living.set(task, processGroup);
  }
  return living;
}

/**
 * Kill what still runs of tasks whose run on this machine was killed together with all that watches over them: it would
 * write to the outputs of the next attempt. Returns the names of these tasks.
 */
export function stopOrphans(history: History): string[] {
  const stopped: string[] = [];
  for (const [task, group] of livingGroups(history)) {
    try {
      process.kill(-group, 'SIGKILL');
      stopped.push(task);
    } catch {
      // It has ended meanwhile, or belongs to somebody else.
    }
  }
  return stopped;
}

/** The journal has whole seconds, and the boot time is rounded too. */
const SLACK_SECONDS = 3;
/** Clock ticks a second in proc(5): 100 on every Linux that Node runs on. sysconf(3), _SC_CLK_TCK. */
const TICKS = 100;

function processes(): Process[] {
  const boot = Number(/^btime (\d+)$/m.exec(readText('/proc/stat'))?.[1] ?? Number.NaN);
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const stat = readText(`/proc/${name}/stat`);
    // The command's name, in parentheses, may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields.length < 20 || fields[0] === 'Z') return [];
    return { pid: Number(name), group: Number(fields[2]), startedSeconds: boot + Number(fields[19]) / TICKS };
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
