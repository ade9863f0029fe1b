/**
 * Builds dist/ once before the tests, unless it is newer than all that it is made of, and gives them a copy of their own
 * to run (its cli.js in WFC_CLI): a build beside them, which empties dist/, does not disturb them.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { buildForCoverage, childCoverage } from './coverage/children.ts';
import { patience } from './support/waiting.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const LOCK = join(root, 'node_modules', '.wfc-build');
/** A lock older than this was left by a build that was killed. */
const LOCK_EXPIRES_MS = patience(15);

export default async function setup(): Promise<() => void> {
  await buildOnce();
  const copy = mkdtempSync(join(tmpdir(), 'wfc-built-'));
  if (childCoverage !== null) await buildForCoverage(root, childCoverage);
  cpSync(join(childCoverage ?? root, 'dist'), join(copy, 'dist'), { recursive: true });
  for (const part of ['schema', 'templates', 'package.json']) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  process.env.WFC_CLI = join(copy, 'dist', 'cli.js');
  return () => rmSync(copy, { recursive: true, force: true });
}

async function buildOnce(): Promise<void> {
  while (!isUpToDate()) {
    if (!takeLock()) {
      // Another test run builds: wait for it, then look again.
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    try {
      if (!isUpToDate()) await execa('npm', ['run', '--silent', 'build'], { cwd: root });
      return;
    } finally {
      rmdirSync(LOCK);
    }
  }
}

function isUpToDate(): boolean {
  const built = statSync(join(root, 'dist', 'cli.js'), { throwIfNoEntry: false });
  return built !== undefined && newestSource() < built.mtimeMs;
}

function newestSource(): number {
  const files = ['src', 'schema', 'templates'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      // The build writes the generated types itself.
      .filter((entry) => entry.isFile() && !entry.name.includes('.generated.'))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return Math.max(...[...files, join(root, 'package.json')].map((file) => statSync(file).mtimeMs));
}

function takeLock(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const taken = statSync(LOCK, { throwIfNoEntry: false });
  if (taken && Date.now() - taken.mtimeMs > LOCK_EXPIRES_MS) rmdirSync(LOCK);
  return false;
}
