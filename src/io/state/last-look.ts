import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SpecFiles } from '../../compile/context.ts';
import type { FileState } from '../../resume/record.ts';
import { type BytesOfPaths, countWanted, type PathList, type PendingLooks } from '../../resume/states.ts';
import { Disk } from '../files/disk.ts';
import { replaceFile } from '../files/replace.ts';

/**
 * `.wfc/last-look`: all that a run asked which found nothing to do, and what it was answered. The decision follows from
 * the answers alone: where each of them still stands, there is nothing to do again, and nothing need be compiled.
 */
export interface LastLook {
  /** Digest of the command line, the spec and what else is known before compiling. */
  readonly basis: string;
  /** What the spec's files were asked. */
  readonly asked: readonly SpecQuestion[];
  /** Digest of what they answered. */
  readonly answers: string;
  /** See `recordsSignature`. */
  readonly records: string;
  readonly taskCount: number;
  /** Digest of the states of `paths`. */
  readonly states: string;
  /** A path with `/` at its end: is it empty? `//`: its files. `///`: what is it, whatever times a program gave it? */
  readonly paths: readonly string[];
}

export interface SpecQuestion {
  readonly kind: 'text' | 'list' | 'kind' | 'is folder';
  readonly path: string;
}

const FILE = 'last-look';

/** null where there is none, or none that this wfc can read. */
export function readLastLook(stateRoot: string): LastLook | null {
  try {
    const text = readFileSync(join(stateRoot, FILE), 'utf8');
    const end = text.indexOf('\n');
    const head = JSON.parse(text.slice(0, end)) as Omit<LastLook, 'paths'>;
    return { ...head, paths: end + 1 === text.length ? [] : text.slice(end + 1).split('\0') };
  } catch {
    return null;
  }
}

/** Throws the errors of the file system. */
export function writeLastLook(stateRoot: string, head: Omit<LastLook, 'paths'>, paths: Buffer): void {
  replaceFile(join(stateRoot, FILE), Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), paths]));
}

/** The files of a spec, with a note of each question and its answer. */
export class NotedSpecFiles implements SpecFiles {
  private readonly files: SpecFiles;
  private readonly noted: { readonly question: SpecQuestion; readonly answer: () => string }[] = [];

  readonly place: SpecFiles['place'];

  constructor(files: SpecFiles) {
    this.files = files;
    const { folder, isFolder } = files.place;
    const asked = new Set<string>();
    this.place = {
      folder,
      isFolder: (path) => {
        const is = isFolder(path);
        if (!asked.has(path)) this.noted.push({ question: { kind: 'is folder', path }, answer: () => String(is) });
        asked.add(path);
        return is;
      },
    };
  }

  readText(path: string): ReturnType<SpecFiles['readText']> {
    const read = this.files.readText(path);
    this.noted.push({ question: { kind: 'text', path }, answer: () => textAnswer(read) });
    return read;
  }

  list(path: string): string[] | null {
    const names = this.files.list(path);
    this.noted.push({ question: { kind: 'list', path }, answer: () => listAnswer(names) });
    return names;
  }

  kind(path: string): ReturnType<SpecFiles['kind']> {
    const kind = this.files.kind(path);
    this.noted.push({ question: { kind: 'kind', path }, answer: () => kindAnswer(kind) });
    return kind;
  }

  get asked(): SpecQuestion[] {
    return this.noted.map(({ question }) => question);
  }

  /** Digest of all answers. */
  answers(): string {
    return digest(this.noted.map(({ answer }) => answer()));
  }
}

/** What the same questions are answered now, as `NotedSpecFiles.answers` has it. */
export function answersNow(asked: readonly SpecQuestion[], files: SpecFiles): string {
  return digest(asked.map((question) => answerNow(question, files)));
}

function answerNow({ kind, path }: SpecQuestion, files: SpecFiles): string {
  switch (kind) {
    case 'text':
      return textAnswer(files.readText(path));
    case 'list':
      return listAnswer(files.list(path));
    case 'kind':
      return kindAnswer(files.kind(path));
    case 'is folder':
      return String(files.place.isFolder(path));
  }
}

function textAnswer(read: ReturnType<SpecFiles['readText']>): string {
  return 'text' in read ? hash('sha256', read.text) : `problem: ${read.problem}`;
}

function listAnswer(names: readonly string[] | null): string {
  return names === null ? 'none' : digest([...names].sort());
}

function kindAnswer(kind: ReturnType<SpecFiles['kind']>): string {
  return kind ?? 'none';
}

/** One digest for a list of texts. */
export function digest(texts: readonly string[]): string {
  return hash('sha256', JSON.stringify(texts));
}

/** The files of an experiment, with a note of what was asked of outputs, sources and code, and what was answered. */
export class NotedDisk extends Disk {
  /** Asked one by one. */
  private readonly paths: string[] = [];
  /** Three numbers a path: see `sight`. */
  private readonly states: number[] = [];
  /** Asked together, with three numbers for each place of a list. What is wanted is as it was: more may be asked since. */
  private readonly lists: { readonly list: PathList; readonly numbers: Float64Array }[] = [];

  override statSnapshot(path: string): FileState | null {
    const state = super.statSnapshot(path);
    this.paths.push(this.pathAsSeen(path, state?.isDirectory === true));
    this.states.push(...stateNumbers(state));
    return state;
  }

  override beginLooks(lists: readonly PathList[]): PendingLooks {
    const noted = lists.map((list): PathList => {
      const numbers = new Float64Array(list.size * 3);
      this.lists.push({ list: { ...list, wanted: list.wanted.slice() }, numbers });
      const tell = (i: number, state: FileState | null): void => {
        setNumbers(numbers, i, state);
        list.tell(i, state);
      };
      return { ...list, tell };
    });
    return super.beginLooks(noted);
  }

  override isEmptyDirectory(path: string): boolean {
    const isEmpty = super.isEmptyDirectory(path);
    this.paths.push(`${path}/`);
    this.states.push(...emptyNumbers(isEmpty));
    return isEmpty;
  }

  /** Of a file whose content is read then; it is taken as the same as long as it is the same file, untouched. */
  override identity(path: string): ReturnType<Disk['identity']> {
    const identity = super.identity(path);
    this.paths.push(`${path}///`);
    this.states.push(...identityNumbers(identity));
    return identity;
  }

  sightings(): { readonly paths: Buffer; readonly states: string } {
    let count = this.paths.length;
    for (const { list } of this.lists) count += countWanted(list);
    const paths = new PathsText();
    const states = new Float64Array(count * 3);
    states.set(this.states);
    for (const path of this.paths) paths.add(Buffer.from(path));
    let at = this.states.length;
    for (const { list, numbers } of this.lists) {
      for (let i = 0; i < list.size; i++) {
        if (list.wanted[i] === 0) continue;
        const isFolder = numbers[i * 3 + 2] === 1;
        if (isFolder) paths.add(Buffer.from(this.pathAsSeen(list.path(i), true)));
        else {
          const length = list.pathBytes.write(i);
          paths.add(list.pathBytes.bytes, length);
        }
        for (let n = 0; n < 3; n++) states[at++] = numbers[i * 3 + n]!;
      }
    }
    return { paths: paths.joined(), states: hash('sha256', states) };
  }

  private pathAsSeen(path: string, isFolder: boolean): string {
    return isFolder && this.countsFiles(path) ? `${path}//` : path;
  }
}

/** Many paths in one text, a zero byte between two of them. */
class PathsText {
  private bytes = Buffer.alloc(4096);
  private end = 0;

  add(path: Buffer, length = path.length): void {
    if (this.end + length >= this.bytes.length)
      this.bytes = Buffer.concat([this.bytes, Buffer.alloc(this.bytes.length + length)]);
    const { bytes } = this;
    // By hand: a call would take longer than these few bytes.
    for (let i = 0; i < length; i++) bytes[this.end++] = path[i]!;
    bytes[this.end++] = 0;
  }

  joined(): Buffer {
    return this.bytes.subarray(0, Math.max(0, this.end - 1));
  }
}

/** Texts as bytes. */
class BytesOfTexts implements BytesOfPaths {
  bytes = Buffer.alloc(4096);
  private readonly texts: readonly string[];

  constructor(texts: readonly string[]) {
    this.texts = texts;
  }

  write(i: number): number {
    const text = this.texts[i]!;
    // A character takes 3 bytes at most.
    if (text.length * 3 > this.bytes.length) this.bytes = Buffer.alloc(text.length * 3);
    return this.bytes.write(text);
  }
}

/** Digest of the states of paths now, as `NotedDisk.sightings` has it. */
export function statesNow(paths: readonly string[], disk: Disk): string {
  const numbers = new Float64Array(paths.length * 3);
  const plain = new Uint8Array(paths.length);
  paths.forEach((path, i) => {
    if (path.endsWith('/')) numbers.set(sight(path, disk), i * 3);
    else plain[i] = 1;
  });
  const tell = (i: number, state: FileState | null): void => setNumbers(numbers, i, state);
  const pathBytes = new BytesOfTexts(paths);
  disk.beginLooks([{ size: paths.length, path: (i) => paths[i]!, pathBytes, wanted: plain, tell }]).finish();
  return hash('sha256', numbers);
}

/** Of a path with `/` at its end. */
function sight(path: string, disk: Disk): [number, number, number] {
  if (path.endsWith('///')) return identityNumbers(disk.identity(path.slice(0, -3)));
  if (path.endsWith('//')) return stateNumbers(disk.statFiles(path.slice(0, -2)));
  return emptyNumbers(disk.isEmptyDirectory(path.slice(0, -1)));
}

function identityNumbers(identity: ReturnType<Disk['identity']>): [number, number, number] {
  return identity === null ? [-1, -1, -1] : [identity.ctimeMs, identity.size, identity.inode];
}

function stateNumbers(state: FileState | null): [number, number, number] {
  return state === null ? [-1, -1, -1] : [state.mtimeMs, state.size, state.isDirectory ? 1 : 0];
}

/** Written out: a hundred thousand lists of three would take a tenth of a second. */
function setNumbers(numbers: Float64Array, i: number, state: FileState | null): void {
  numbers[i * 3] = state?.mtimeMs ?? -1;
  numbers[i * 3 + 1] = state?.size ?? -1;
  numbers[i * 3 + 2] = state === null ? -1 : state.isDirectory ? 1 : 0;
}

function emptyNumbers(isEmpty: boolean): [number, number, number] {
  return [isEmpty ? 1 : 0, 0, 0];
}
