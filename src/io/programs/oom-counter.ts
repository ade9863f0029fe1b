import { accessSync, constants, openSync, readFileSync, readSync } from 'node:fs';

/**
 * How often the kernel killed a process of this program's own control group for want of memory, those of its tasks among
 * them. Source: the kernel's cgroup-v2.rst, `memory.events`, and cgroup-v1/memory.rst, `memory.oom_control`. As
 * `_wfc_find_oom_counter` in templates/attempt/memory.sh.
 */
export class OomCounter {
  /** null where there is no such group: nobody can tell then. */
  private readonly descriptor: number | null;
  private readonly buffer = Buffer.alloc(4096);

  constructor() {
    const file = counterFile();
    this.descriptor = file === null ? null : openSync(file, 'r');
  }

  /** 0 where nobody can tell. */
  kills(): number {
    if (this.descriptor === null) return 0;
    try {
      const length = readSync(this.descriptor, this.buffer, 0, this.buffer.length, 0);
      return Number(/^oom_kill (\d+)$/m.exec(this.buffer.toString('latin1', 0, length))?.[1] ?? 0);
    } catch {
      return 0;
    }
  }
}

function counterFile(): string | null {
  let found: string | null = null;
  for (const line of readText('/proc/self/cgroup').split('\n')) {
    const [, controllers, ...path] = line.split(':');
    const folder = path.join(':');
    const file =
      controllers === ''
        ? `/sys/fs/cgroup${folder}/memory.events`
        : controllers?.split(',').includes('memory')
          ? `/sys/fs/cgroup/memory${folder}/memory.oom_control`
          : null;
    if (file !== null && isReadable(file)) found = file;
  }
  return found;
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
