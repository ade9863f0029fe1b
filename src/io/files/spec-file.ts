import { isUtf8 } from 'node:buffer';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { SpecFiles } from '../../compile/context.ts';
import * as report from '../../compile/report/report.ts';
import { quoteBash } from '../../compile/rules/command.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { lineAndColumn, type SourceText } from '../../model/source.ts';

/** Where a spec is looked for when none is named. */
export const SPEC_NAMES = ['wfc.yml', 'wfc.yaml', 'wfc.json', 'spec.yml', 'spec.yaml', 'spec.json'] as const;

/** Largest spec or value file that is read, in bytes: the longest text that Node's strings and offsets hold comfortably. */
const MAX_BYTES = 400 * 1024 * 1024;

export interface SpecFile {
  readonly source: SourceText;
  /** Absolute; all paths of the spec count from here. */
  readonly folder: string;
}

/** Find and read the spec that the command line means. */
export function readSpec(named: string | undefined): SpecFile | { diagnostics: Diagnostic[] } {
  const file = named ?? SPEC_NAMES.find((name) => existsSync(name));
  if (file === undefined) return { diagnostics: [report.noSpec(SPEC_NAMES)] };
  if (isDirectory(file)) {
    const inside = SPEC_NAMES.find((name) => existsSync(join(file, name)));
    return { diagnostics: [report.specIsFolder(file, inside ? join(file, inside) : null)] };
  }
  const read = readUtf8(file);
  if ('diagnostic' in read) return { diagnostics: [read.diagnostic] };
  return { source: { file, text: read.text }, folder: dirname(resolve(file)) };
}

/** A text file, its BOM dropped, or a diagnostic that says why it is none, by the name that the user knows. */
export function readUtf8(file: string, name = file): { text: string } | { diagnostic: Diagnostic } {
  let bytes: Buffer;
  try {
    const stats = statSync(file);
    if (stats.isDirectory()) return { diagnostic: report.notAFile(name) };
    if (stats.size > MAX_BYTES) return { diagnostic: report.fileTooLarge(name, stats.size) };
    bytes = readFileSync(file);
  } catch (error) {
    return { diagnostic: report.cantRead(name, systemProblem(error)) };
  }
  const encoding = wideEncoding(bytes);
  if (encoding !== null) return { diagnostic: report.utf16(name, encoding) };
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  const source = { file: name, text };
  const invalid = firstInvalidUtf8(bytes);
  if (invalid >= 0) return { diagnostic: aboutInvalid(source, bytes, invalid) };
  const control = text.search(CONTROL);
  if (control >= 0) return { diagnostic: report.controlCharacter(source, control) };
  return { text };
}

const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** UTF-16 with its mark; or without, where every other byte of the begin is zero. */
function wideEncoding(bytes: Buffer): string | null {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return 'UTF-16';
  const begin = bytes.subarray(0, Math.min(bytes.length, 64) & ~1);
  const zeros = (from: number): boolean => begin.length > 2 && begin.every((b, i) => (i % 2 === from) === (b === 0));
  return zeros(1) ? 'UTF-16LE' : zeros(0) ? 'UTF-16BE' : null;
}

function aboutInvalid(source: SourceText, bytes: Buffer, invalid: number): Diagnostic {
  const offset = bytes
    .subarray(0, invalid)
    .toString('utf8')
    .replace(/^\ufeff/, '').length;
  const isCut = bytes.length - invalid < 4 && isBeginOfText(bytes.subarray(invalid));
  if (isCut) return report.cutCharacter(source, offset);
  // What holds control characters is no text in any encoding.
  const meant = CONTROL.test(source.text)
    ? ''
    : new TextDecoder('windows-1252').decode(bytes.subarray(invalid, invalid + 1));
  return report.invalidUtf8(source, offset, /^[\p{L}\p{P}\p{S}]$/u.test(meant) ? meant : null);
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Offset of the first byte that is no part of a valid character; -1 for none. */
function firstInvalidUtf8(bytes: Buffer): number {
  if (isUtf8(bytes)) return -1;
  // Halve towards the first bad byte; a cut inside a character is no error here.
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isBeginOfText(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  // The bytes right before may begin a character that this one does not go on with: é of Latin-1, say.
  for (let at = good - 1; at >= Math.max(0, good - 3); at--) {
    const byte = bytes[at]!;
    if (byte >= 0xc0) return good - at < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? at : good;
    if (byte < 0x80) break;
  }
  return good;
}

/** Whether bytes are valid, or would be if the last character were whole. */
function isBeginOfText(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** What the operating system said, in words. */
export function systemProblem(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of its path is a file, not a folder';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EFBIG':
      return 'the file would grow past a limit of the system';
    case 'EISDIR':
      return 'it is a folder';
    case 'ELOOP':
      return 'its symbolic links lead in a circle';
    case 'ENOSPC':
      return 'the disk is full';
    case 'EDQUOT':
      return 'the disk quota is used up';
    case 'EROFS':
      return 'the file system is read-only';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open; take fewer tasks at a time (-j), or raise the limit (ulimit -n)';
    case 'ENEWER':
      return (error as Error).message;
    case 'ESTALE':
      return 'it was removed while it was in use';
    case 'EAGAIN':
      return 'the system starts no more processes; take fewer at a time (-j), or raise the limit (ulimit -u)';
    default:
      return code ?? (error as Error).message;
  }
}

/** The files that a spec may name, relative to its folder. Texts are kept: a large table is read once. */
export function specFiles(folder: string): SpecFiles {
  return {
    readText: (path) => {
      const file = resolve(folder, path);
      const read = readUtf8(file, path);
      if ('text' in read) return read;
      const { message, location, hint } = read.diagnostic;
      if (!location) return { problem: message.replace(/^.*?: /, ''), hint };
      const { line, column } = lineAndColumn(location.source, location.start);
      return { problem: message.replace(' here', ` at ${path}:${line}:${column}`), hint };
    },
    list: (path) => {
      try {
        return readdirSync(resolve(folder, path));
      } catch {
        return null;
      }
    },
    kind: (path) => {
      try {
        return statSync(resolve(folder, path)).isDirectory() ? 'folder' : 'file';
      } catch {
        return null;
      }
    },
    place: specPlace(folder),
  };
}

function specPlace(folder: string): SpecFiles['place'] {
  const real = realPath(folder) ?? folder;
  const known = new Map<string, boolean>();
  return {
    folder: real.split('/').filter((name) => name !== ''),
    isFolder: (path) => {
      let is = known.get(path);
      if (is === undefined) {
        is = path === folder || realPath(path) === real;
        known.set(path, is);
      }
      return is;
    },
  };
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

/** A path as the user would write it from here. */
export function fromHere(path: string): string {
  const shown = relative(process.cwd(), path);
  return shown === '' ? '.' : shown;
}

/** The same as a word of a command line that is printed to be pasted. */
export function wordFromHere(path: string): string {
  const shown = fromHere(path);
  return quoteBash(shown.startsWith('-') ? `./${shown}` : shown);
}
