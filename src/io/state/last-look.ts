import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SpecFiles } from '../../compile/context.ts';
import type { FileState } from '../../resume/record.ts';
import type { PathList } from '../../resume/states.ts';
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
export function writeLastLook(stateRoot: string, { paths, ...head }: LastLook): void {
  replaceFile(join(stateRoot, FILE), `${JSON.stringify(head)}\n${paths.join('\0')}`);
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
  private readonly paths: string[] = [];
  /** Three numbers a path: see `sight`. */
  private readonly states: number[] = [];

  override statSnapshot(path: string): FileState | null {
    const state = super.statSnapshot(path);
    this.note(path, state);
    return state;
  }

  override statAll(lists: readonly PathList[]): void {
    const noted = lists.map((list): PathList => {
      const tell = (i: number, state: FileState | null): void => {
        this.note(list.path(i), state);
        list.tell(i, state);
      };
      return { ...list, tell };
    });
    super.statAll(noted);
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

  sightings(): Pick<LastLook, 'paths' | 'states'> {
    return { paths: this.paths, states: hash('sha256', new Float64Array(this.states)) };
  }

  private note(path: string, state: FileState | null): void {
    this.paths.push(state?.isDirectory && this.countsFiles(path) ? `${path}//` : path);
    // Written out: a hundred thousand lists of three would take a tenth of a second.
    if (state === null) this.states.push(-1, -1, -1);
    else this.states.push(state.mtimeMs, state.size, state.isDirectory ? 1 : 0);
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
  const tell = (i: number, state: FileState | null): void => numbers.set(stateNumbers(state), i * 3);
  disk.statAll([{ size: paths.length, path: (i) => paths[i]!, wanted: plain, tell }]);
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

function emptyNumbers(isEmpty: boolean): [number, number, number] {
  return [isEmpty ? 1 : 0, 0, 0];
}
