import { closeSync, existsSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { makeFolder } from '../files/make-folder.ts';

/**
 * Who holds a lock: a process, by its number and start, on a host. As a line: `VERSION HOST PID START_TICKS SINCE .`, with
 * tabs between; templates/slurm/submit.sh.hbs reads it, too. Later versions may have more fields. The first one was JSON.
 */
export interface LockHolder {
  readonly host: string;
  readonly pid: number;
  /**
   * Clock ticks since boot (proc(5), stat field 22): tells a process from a later one with its number. `-` where the system
   * does not tell.
   */
  readonly startTicks: string;
  /** `2026-11-28T08:23:53.000Z`. */
  readonly since: string;
}

const LOCK_VERSION = 2;

export type LockResult = { readonly release: () => void } | { readonly heldBy: LockHolder };

/**
 * Take the lock file, so that two runs never work in one folder. A lock whose process is gone is taken over; one of
 * another host is respected, since its process can't be seen from here.
 */
export function takeLock(path: string): LockResult {
  makeFolder(dirname(path));
  const holder: LockHolder = {
    host: hostname(),
    pid: process.pid,
    startTicks: startTicksOf(process.pid) ?? '-',
    since: new Date().toISOString(),
  };
  const own = `${path}.${holder.host}.${process.pid}`;
  const file = openSync(own, 'w');
  writeSync(file, `${[LOCK_VERSION, holder.host, holder.pid, holder.startTicks, holder.since, '.'].join('\t')}\n`);
  closeSync(file);
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        // link(2) is atomic also where O_EXCL is not (NFS): open(2), NOTES.
        linkSync(own, path);
        return { release: () => releaseLock(path, holder) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt >= 5) throw error;
      }
      const other = readHolder(path);
      if (other && isAlive(other)) return { heldBy: other };
      moveDeadLock(path, `${own}.dead`);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Who works in the folder now; null where nobody does. Takes nothing. */
export function lockHolder(path: string): LockHolder | null {
  const holder = readHolder(path);
  return holder && isAlive(holder) ? holder : null;
}

/** Move the dead lock aside: of two takers only one succeeds in that. */
function moveDeadLock(path: string, aside: string): void {
  try {
    renameSync(path, aside);
    // Another taker may have been faster between our look and our rename: then this is its lock, which lives.
    const moved = readHolder(aside);
    if (moved && isAlive(moved)) linkSync(aside, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function releaseLock(path: string, holder: LockHolder): void {
  const now = readHolder(path);
  if (now && now.pid === holder.pid && now.host === holder.host && now.startTicks === holder.startTicks) {
    rmSync(path, { force: true });
  }
}

/** null where there is no lock, or one that tells of nobody. */
function readHolder(path: string): LockHolder | null {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.startsWith('{')) return JSON.parse(text) as LockHolder;
    const [, host = '', pid, startTicks = '', since = ''] = text.split('\t');
    return text.endsWith('\t.\n') ? { host, pid: Number(pid), startTicks, since } : null;
  } catch {
    return null;
  }
}

function isAlive({ host, pid, startTicks }: LockHolder): boolean {
  if (host !== hostname()) return true;
  if (existsSync('/proc/self/stat')) {
    const ticks = startTicksOf(pid);
    return ticks !== null && ticks === startTicks;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Start of a live process in clock ticks since boot; null for none, or a zombie. */
export function startTicksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in parentheses, may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
