import { createHash } from 'node:crypto';
import { appendFileSync, closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Contents } from '../../resume/contents.ts';
import { parseState, stateText } from '../../resume/record.ts';
import type { Disk } from './disk.ts';

/**
 * `.wfc/contents.tsv`: contents of files by path and state, written by runs with `--trust contents`. A line a state,
 * `PATH STATE HASH` separated by tabs and closed by a mark; a torn line is ignored. For a list of files whose states are
 * recorded as a digest: no path, the digest, and a hash over theirs. Read by all, appended to only under the lock.
 */
const FILE = 'contents.tsv';

/** A list of paths has no path of its own. */
const LIST = '';

export class ContentHashes implements Contents {
  private readonly file: string;
  private readonly disk: Disk;
  private readonly hashes = new Map<string, string>();
  private unwritten: string[] = [];

  constructor(stateRoot: string, disk: Disk) {
    this.file = join(stateRoot, FILE);
    this.disk = disk;
    for (const line of readText(this.file).split('\n')) {
      const [path, state, hash, mark, ...more] = line.split('\t');
      if (mark === '.' && more.length === 0) this.hashes.set(`${path}\t${state}`, hash!);
    }
  }

  isSame(path: string, recorded: string): boolean {
    const known = this.knownOf(path, recorded);
    if (known.size === 0) return false;
    const now = this.disk.stat(path);
    if (now === null) return false;
    // A file of another size has another content: there is no need to read it. Of a folder the size says nothing.
    const sizes = recorded.split('|').map((text) => parseState(text)?.size);
    if (!now.isDirectory && !sizes.includes(now.size)) return false;
    const hash = this.ofPath(path);
    return hash !== null && known.has(hash);
  }

  wasSame(path: string, recorded: string, states: string): boolean {
    const known = this.knownOf(path, recorded);
    return [...this.knownOf(path, states)].some((hash) => known.has(hash));
  }

  isSameList(paths: readonly string[], recorded: string, now: string): boolean {
    const before = this.hashes.get(`${LIST}\t${recorded}`);
    return before !== undefined && before === this.ofList(paths, now);
  }

  /** Take note of the contents of files that a task reads, or has made; `states` is their text in a record. */
  note(paths: readonly string[], states: string): void {
    if (states.startsWith('#')) this.ofList(paths, states);
    else for (const path of paths) this.ofPath(path);
  }

  /** Keep what was noted for later runs. */
  flush(): void {
    if (this.unwritten.length === 0) return;
    // One write; a line that a kill tears is ignored, and its start does not spoil the next one.
    appendFileSync(this.file, `\n${this.unwritten.join('')}`);
    this.unwritten = [];
  }

  private knownOf(path: string, states: string): Set<string> {
    return new Set(states.split('|').flatMap((state) => this.hashes.get(`${path}\t${state}`) ?? []));
  }

  private ofList(paths: readonly string[], states: string): string | null {
    const known = this.hashes.get(`${LIST}\t${states}`);
    if (known !== undefined) return known;
    const all = createHash('sha256');
    for (const path of paths) {
      const hash = this.ofPath(path);
      if (hash === null) return null;
      all.update(`${hash}\n`);
    }
    const hash = all.digest('hex');
    this.set(LIST, states, hash);
    return hash;
  }

  /** null where there is nothing, or it changes while it is read. */
  private ofPath(path: string): string | null {
    const before = this.disk.stat(path);
    if (before === null) return null;
    const state = stateText(before);
    // A folder's own time says nothing of what its files hold.
    const known = before.isDirectory ? undefined : this.hashes.get(`${path}\t${state}`);
    if (known !== undefined) return known;
    const hash = before.isDirectory ? hashFolder(this.disk.absolute(path)) : hashFile(this.disk.absolute(path));
    const after = this.disk.stat(path);
    if (after === null || stateText(after) !== state) return null;
    this.set(path, state, hash);
    return hash;
  }

  private set(path: string, state: string, hash: string): void {
    if (this.hashes.get(`${path}\t${state}`) === hash) return;
    this.hashes.set(`${path}\t${state}`, hash);
    this.unwritten.push(`${path}\t${state}\t${hash}\t.\n`);
  }
}

const CHUNK_BYTES = 1024 * 1024;

/** Of a file of any size; a MiB of it in memory at a time. */
export function hashFile(file: string, algorithm: 'sha256' | 'md5' = 'sha256'): string {
  const hash = createHash(algorithm);
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    for (let n = readSync(descriptor, buffer); n > 0; n = readSync(descriptor, buffer))
      hash.update(buffer.subarray(0, n));
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}

/** Names and contents of all that is in a folder. Links count by where they lead to. */
function hashFolder(folder: string): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = join(folder, entry.name);
    const content = entry.isDirectory() ? hashFolder(file) : entry.isFile() ? hashFile(file) : hashOther(file);
    hash.update(`${entry.name}\0${content}\0`);
  }
  return hash.digest('hex');
}

function hashOther(file: string): string {
  try {
    return hashFile(file);
  } catch {
    // A link to a folder or to nothing, a pipe: only its name counts.
    return 'other';
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
