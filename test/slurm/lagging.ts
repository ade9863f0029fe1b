/**
 * A folder as the nodes of a cluster see it on a network file system: each through a cache of its own, which holds names,
 * absences, sizes and times for some seconds. By Debian's bindfs (FUSE), in a mount namespace a node.
 */
import { accessSync, constants } from 'node:fs';
import { userInfo } from 'node:os';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { until } from '../support/waiting.ts';
import { type CommandResult, isProgram } from './cluster.ts';

/** One plain sentence saying why there is none here, or null. */
export function missingLag(): string | null {
  if (userInfo().uid !== 0) return 'Only root may give each node its own view of a folder.';
  const missing = ['bindfs', 'unshare', 'nsenter'].filter((name) => !isProgram(name));
  if (missing.length > 0) return `A file system that lags needs ${missing.join(', ')} (see test/install-debian.sh).`;
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
    return null;
  } catch {
    return 'There is no /dev/fuse here: a file system in a program (FUSE) can not be had.';
  }
}

/**
 * What a command is put behind, so that it and all that it starts see `folder` as it was up to `seconds` ago. The process
 * stays the same one. bindfs ends with the others of its environment.
 */
export function behindCache(folder: string, seconds: number): readonly string[] {
  const options = ['attr', 'entry', 'negative'].map((what) => `${what}_timeout=${seconds}`).join(',');
  const script = 'bindfs -o "$1" "$2" "$2" && shift 2 && exec "$@"';
  return ['unshare', '--mount', '--propagation', 'private', 'bash', '-c', script, 'bash', options, folder];
}

export interface Login {
  /** Runs a command in the folder, to its end. */
  run(command: string, ...args: string[]): Promise<CommandResult>;
}

/** One more machine that sees the folder through a cache of its own, until the test is over. */
export async function loginNode(folder: string, seconds: number, env: NodeJS.ProcessEnv): Promise<Login> {
  const [unshare, ...rest] = behindCache(folder, seconds) as [string, ...string[]];
  const holder = execa(unshare, [...rest, 'bash', '-c', 'echo ready; exec cat'], {
    env,
    extendEnv: false,
    reject: false,
  });
  let said = '';
  holder.stdout.on('data', (data: Buffer) => {
    said += String(data);
  });
  onTestFinished(async () => {
    holder.stdin.end();
    await holder;
  });
  await until(() => said.includes('ready'), 'the login node has its mount');
  return {
    run: async (command, ...args) => {
      const inside = [
        '--mount',
        `--target=${holder.pid}`,
        'bash',
        '-c',
        'cd "$1" && shift && exec "$@"',
        'bash',
        folder,
      ];
      const result = await execa('nsenter', [...inside, command, ...args], {
        env,
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
      });
      return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode ?? 127 };
    },
  };
}
