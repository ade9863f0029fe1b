/**
 * The files that ship with wfc: beside the bundle, beside the sources, or inside the one executable file that
 * `npm run release` makes (src/release.mjs), where they are assets of the names that they have here.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getAsset, isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

/** The asset that lists the others, one a line. */
const LIST = 'shipped';

/** Where a file lies as long as wfc is installed; null inside the executable file. */
export function installedFile(name: string): string | null {
  if (isSea()) return null;
  for (const up of ['../', '../../../']) {
    const path = fileURLToPath(new URL(up + name, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new Error(`internal error: ${name} is missing from this installation`);
}

export function shippedText(name: string): string {
  const path = installedFile(name);
  return path === null ? getAsset(name, 'utf8') : readFileSync(path, 'utf8');
}

/** The names of the files in a folder, unsorted. */
export function shippedNames(folder: string): string[] {
  const path = installedFile(folder);
  return path === null ? assetsIn(`${folder}/`).map((name) => name.slice(folder.length + 1)) : readdirSync(path);
}

/** A file that another program reads, with those that it reads in turn around it. It is there until wfc ends. */
export function shippedFile(name: string): string {
  return installedFile(name) ?? laidOut(name);
}

/** When this wfc was built, in milliseconds since 1970. */
export function builtMs(): number {
  return statSync(isSea() ? process.execPath : new URL(import.meta.url)).mtimeMs;
}

function assetsIn(...beginnings: string[]): string[] {
  const names = getAsset(LIST, 'utf8').split('\n');
  return names.filter((name) => beginnings.some((beginning) => name.startsWith(beginning)));
}

/** What other programs read: bash, and the interpreters and the python3 that it and wfc start. */
const FOR_OTHERS = ['dist/worker.sh', 'templates/preload/', 'templates/import/'] as const;

/** A folder of this process's own, in which they lie as in an installation. */
let folderForOthers: string | null = null;

function laidOut(name: string): string {
  // Again where somebody has cleared up in a run of many days.
  if (folderForOthers === null || !existsSync(join(folderForOthers, name))) folderForOthers = layOut();
  return join(folderForOthers, name);
}

function layOut(): string {
  const folder = freshFolder();
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const name of assetsIn(...FOR_OTHERS)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), getAsset(name, 'utf8'));
  }
  return folder;
}

/** Throws the errors of the file system. */
function freshFolder(): string {
  const inside = (folder: string): string => mkdtempSync(join(folder, 'wfc-'));
  try {
    return inside(tmpdir());
  } catch {
    // A TMPDIR that was another job's, or a full disk; this is memory.
    return inside('/dev/shm');
  }
}
