/** Surroundings that fail: file systems of a size, users without rights, limits. What a machine does not allow is null. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { CLI, type Ended, type Experiment, isAlive } from '../support/experiment.ts';

const isRoot = process.getuid?.() === 0;

/** Whether this machine lets one mount a file system: root in a container without that right may not. */
export const canMount = ((): boolean => {
  if (!isRoot) return false;
  const folder = mkdtempSync(join(tmpdir(), 'wfc-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status === 0;
  if (mounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return mounted;
})();

/** Put a file system in memory over a folder, which must be empty or made anew; `remount` changes its options. */
export async function mountMemory(folder: string, options: string): Promise<{ remount: (o: string) => Promise<void> }> {
  await execa('mkdir', ['-p', folder]);
  await execa('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  onTestFinished(() => void spawnSync('umount', ['--lazy', folder]));
  return {
    remount: async (changed) => {
      await execa('mount', ['-o', `remount,${changed}`, folder]);
    },
  };
}

/** Without root there is nothing to drop: one is a plain user already. */
export const canBePlainUser = !isRoot || spawnSync('setpriv', ['--version']).status === 0;

/** Nobody else's, for a limit of processes counts all of a user; and without a name, as users of containers are. */
const PLAIN_USER = 60_000 + (process.pid % 5000);

/** `wfc` as a user who may not override permissions, in an experiment that is that user's; `limits` as ulimit takes them. */
export async function wfcAsPlainUser(
  e: Experiment,
  args: readonly string[],
  limits: readonly string[] = [],
): Promise<Ended> {
  // The tests' own copy of wfc lies in a folder that nobody else may enter.
  const copy = mkdtempSync(join(tmpdir(), 'wfc-for-all-'));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(dirname(dirname(CLI)), join(copy, 'wfc'), { recursive: true });
  if (isRoot) await execa('chmod', ['-R', 'a+rX', copy]);
  const drop = isRoot ? ['setpriv', `--reuid=${PLAIN_USER}`, `--regid=${PLAIN_USER}`, '--clear-groups'] : [];
  return wfcLimited(e, args, limits, { drop, cli: join(copy, 'wfc/dist/cli.js') });
}

export async function giveToPlainUser({ folder }: Experiment): Promise<void> {
  if (isRoot) await execa('chown', ['-R', `${PLAIN_USER}:${PLAIN_USER}`, folder]);
}

/** `wfc` under limits, each as ulimit takes it: `-n 64`. */
export async function wfcLimited(
  { folder }: Experiment,
  args: readonly string[],
  limits: readonly string[],
  { drop = [], cli = CLI, env = {} }: { drop?: readonly string[]; cli?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
  const script = `${limits.map((limit) => `ulimit ${limit} || exit 99; `).join('')}exec "$@"`;
  const [command, ...rest] = [...drop, 'bash', '-c', script, 'bash', process.execPath, cli, ...args];
  const ended = await execa(command!, rest, {
    cwd: folder,
    reject: false,
    stdin: 'ignore',
    env: { CI: undefined, ...env },
  });
  return { status: ended.exitCode, stdout: ended.stdout, stderr: ended.stderr };
}

/** Command lines of live processes that name an experiment's folder: what a run has left behind. */
export function processesOf({ folder }: Experiment): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return command.includes(folder) && isAlive(Number(pid)) ? [command] : [];
    } catch {
      return [];
    }
  });
}

/** Peak memory in MiB of `wfc` with these arguments, by what the system says of its children. */
export async function peakMiB(
  { folder }: Experiment,
  args: readonly string[],
): Promise<{ status: number; mib: number }> {
  const script =
    'import resource, subprocess, sys\n' +
    'status = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n' +
    'print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)';
  const { stdout } = await execa('python3', ['-c', script, process.execPath, CLI, ...args], { cwd: folder });
  const [status, mib] = stdout.split(' ').map(Number);
  return { status: status!, mib: mib! };
}
