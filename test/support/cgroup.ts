/** A real control group with a limit of memory, in which a test runs a program: the kernel kills what takes more. */
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import type { Ended } from './experiment.ts';

/** Folder of this process's own memory group, and the file that limits a group in it; null where there is none. */
function ownGroup(): { folder: string; limit: string } | null {
  for (const line of readFileSync('/proc/self/cgroup', 'utf8').split('\n')) {
    const [, controllers, path] = line.split(':');
    const v1 = `/sys/fs/cgroup/memory${path}`;
    const v2 = `/sys/fs/cgroup${path}`;
    if (controllers === 'memory' && existsSync(`${v1}/memory.oom_control`))
      return { folder: v1, limit: 'memory.limit_in_bytes' };
    if (controllers === '' && existsSync(`${v2}/cgroup.subtree_control`)) {
      const enabled = readFileSync(`${v2}/cgroup.subtree_control`, 'utf8');
      if (enabled.includes('memory')) return { folder: v2, limit: 'memory.max' };
    }
  }
  return null;
}

/** Why no group can be had here, in one plain sentence; null where one can. */
export function missingCgroup(): string | null {
  const own = ownGroup();
  if (own === null) return 'This machine has no memory cgroup that could hold another one.';
  try {
    accessSync(own.folder, constants.W_OK);
    return null;
  } catch {
    return 'The memory cgroup of this machine is not writable: only root may make one.';
  }
}

/** Runs a program in a group of its own that may take so much memory, to its end. */
export async function runInCgroup(
  mebibytes: number,
  command: readonly [string, ...string[]],
  cwd: string,
): Promise<Ended> {
  const { folder, limit } = ownGroup()!;
  const group = mkdtempSync(join(folder, 'wfc-test-'));
  onTestFinished(() => rmdirSync(group));
  writeFileSync(join(group, limit), String(mebibytes * 1024 * 1024));
  // Swap would let it live on.
  for (const [file, value] of [
    ['memory.memsw.limit_in_bytes', String(mebibytes * 1024 * 1024)],
    ['memory.swap.max', '0'],
  ] as const)
    if (existsSync(join(group, file))) writeFileSync(join(group, file), value);
  const script = 'echo "$BASHPID" >"$1/cgroup.procs" && shift && exec "$@"';
  const { exitCode, stdout, stderr } = await execa('bash', ['-c', script, 'bash', group, ...command], {
    cwd,
    reject: false,
    stdin: 'ignore',
  });
  return { status: exitCode, stdout, stderr };
}
