/** A folder as a slow file system shows it: `slow-files.c` beside this file, where FUSE can be had. */
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, execaSync } from 'execa';
import { until } from './waiting.ts';

const SOURCE = fileURLToPath(new URL('./slow-files.c', import.meta.url));

export interface SlowFiles {
  /** Shows the other folder, to be read only. */
  readonly folder: string;
  readonly unmount: () => Promise<void>;
  /** How many looks waited at the same time at most; known once it is unmounted. */
  readonly mostAtOnce: () => number;
}

/** Why there can be no slow file system here, in plain words; null where there can. */
export function whyNoSlowFiles(): string | null {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch {
    return '/dev/fuse is not there for this user: a file system in a program (FUSE) can not be had';
  }
  const work = mkdtempSync(join(tmpdir(), 'wfc-slow-'));
  const { exitCode } = compile(join(work, 'slow-files'));
  rmSync(work, { recursive: true });
  return exitCode === 0 ? null : "it can't be compiled: install Debian's gcc, libc6-dev, fuse3 and libfuse3-dev";
}

/**
 * Show a folder so that each look at a path takes `delayUs` microseconds, with nothing of it in the kernel's memory; in a
 * folder of its own unless told, which is made.
 */
export async function slowFiles(shown: string, delayUs: number, at?: string): Promise<SlowFiles> {
  const work = mkdtempSync(join(tmpdir(), 'wfc-slow-'));
  const program = join(work, 'slow-files');
  const folder = at ?? join(work, 'shown');
  const count = join(work, 'count');
  mkdirSync(folder, { recursive: true });
  const { exitCode, stderr } = compile(program);
  if (exitCode !== 0) throw new Error(`slow-files.c can't be compiled: ${stderr}`);
  const server = execa(program, [shown, folder, String(delayUs), count], { reject: false });
  let hasEnded = false;
  void server.then(() => {
    hasEnded = true;
  });
  const isShown = (): boolean => {
    if (hasEnded) throw new Error('the slow file system did not start');
    return existsSync(count) && readFileSync('/proc/self/mounts', 'utf8').includes(` ${folder} `);
  };
  await until(isShown, 'the slow file system is there');
  let most = 0;
  const unmount = async (): Promise<void> => {
    await execa('fusermount3', ['-u', folder]);
    await server;
    most = Number(readFileSync(count, 'utf8').split(' ')[0]);
    rmSync(work, { recursive: true });
  };
  return { folder, unmount, mostAtOnce: () => most };
}

function compile(program: string) {
  const flags = ['-O2', '-D_FILE_OFFSET_BITS=64', '-I/usr/include/fuse3'];
  return execaSync('gcc', [...flags, SOURCE, '-o', program, '-lfuse3', '-lpthread'], { reject: false });
}
