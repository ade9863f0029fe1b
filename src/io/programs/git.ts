import { constants, isUtf8 } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { posix } from 'node:path';
import type { SpecFiles } from '../../compile/context.ts';

/** A folder as it was at a revision. git(1); paths count from the folder. */
export class GitFolder {
  readonly revision: string;
  private readonly folder: string;
  /** What the revision has below the folder. */
  private readonly tracked: ReadonlySet<string>;
  private readonly texts = new Map<string, string | null>();

  private constructor(folder: string, revision: string, tracked: ReadonlySet<string>) {
    this.folder = folder;
    this.revision = revision;
    this.tracked = tracked;
  }

  /** `problem`, in git's words, where there is no git, no repository or no such revision. */
  static open(folder: string, revision: string): GitFolder | { problem: string } {
    const found = git(folder, ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`]);
    if ('problem' in found) return found;
    const commit = found.stdout.toString().trim();
    const listed = git(folder, ['ls-tree', '-r', '-z', '--name-only', commit]);
    if ('problem' in listed) return listed;
    const names = listed.stdout
      .toString()
      .split('\0')
      .filter((name) => name !== '');
    return new GitFolder(folder, commit, new Set(names));
  }

  has(path: string): boolean {
    return this.tracked.has(posix.normalize(path));
  }

  /** null for what the revision does not have, or is no text. */
  read(path: string): string | null {
    const name = posix.normalize(path);
    let text = this.texts.get(name);
    if (text === undefined) {
      this.readAll([name]);
      text = this.texts.get(name) ?? null;
    }
    return text;
  }

  /** Read many files at once: git takes milliseconds to start. */
  readAll(paths: Iterable<string>): void {
    const names = [...paths].map((path) => posix.normalize(path)).filter((name) => !this.texts.has(name));
    if (names.length === 0) return;
    // Relative to the folder, which may be any in the repository.
    const wanted = names.map((name) => `${this.revision}:./${name}\n`).join('');
    const answer = git(this.folder, ['cat-file', '--batch'], wanted);
    if ('problem' in answer) {
      for (const name of names) this.texts.set(name, null);
      return;
    }
    const bytes = answer.stdout;
    let at = 0;
    for (const name of names) {
      const end = bytes.indexOf('\n', at);
      const size = / blob (\d+)$/.exec(bytes.toString('utf8', at, end))?.[1];
      at = end + 1;
      if (size === undefined) {
        this.texts.set(name, null);
        continue;
      }
      const content = bytes.subarray(at, at + Number(size));
      this.texts.set(name, isUtf8(content) ? content.toString('utf8').replace(/^\ufeff/, '') : null);
      at += Number(size) + 1;
    }
  }

  /**
   * What a spec reads, as it was then; what this revision does not have is taken as it is now: most data are in no
   * repository.
   */
  specFiles(now: SpecFiles): SpecFiles {
    const isFolder = (path: string): boolean => {
      const below = `${posix.normalize(path).replace(/\/$/, '')}/`;
      return below === './' || [...this.tracked].some((name) => name.startsWith(below));
    };
    return {
      readText: (path) => {
        const text = this.has(path) ? this.read(path) : null;
        return text === null ? now.readText(path) : { text };
      },
      list: (folder) => {
        const below = posix.normalize(`${folder}/`).replace(/^\.\//, '');
        const names = [...this.tracked].flatMap((name) =>
          name.startsWith(below) ? name.slice(below.length).split('/', 1)[0]! : [],
        );
        // Files that were added since are not of then.
        return names.length > 0 ? [...new Set(names)] : now.list(folder);
      },
      kind: (path) => (this.has(path) ? 'file' : isFolder(path) ? 'folder' : now.kind(path)),
      place: now.place,
    };
  }
}

/** Not by `ask`: what reads a spec does not wait. */
function git(folder: string, args: readonly string[], input?: string): { stdout: Buffer } | { problem: string } {
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    cwd: folder,
    maxBuffer: constants.MAX_LENGTH,
    ...(input === undefined ? {} : { input }),
  });
  if (error)
    return { problem: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'git is not on the PATH' : error.message };
  if (status === 0) return { stdout };
  return {
    problem: stderr
      .toString()
      .trim()
      .split('\n', 1)[0]!
      .replace(/^fatal: /, ''),
  };
}
