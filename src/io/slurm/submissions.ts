import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type NameParts, nameOfRow } from '../../target/slurm/task-names.ts';
import { readOptions } from '../state/last-run.ts';

/** A submission to Slurm, as its journal folder tells of it. */
export interface Submission {
  /** Its journal folder, such as `.wfc/journal/000007-slurm-ID`. */
  readonly folder: string;
  /** Id of its scripts, part of every job's name. */
  readonly id: string;
  /** Stage by the id of its job array. */
  readonly jobs: ReadonlyMap<string, string>;
  /** The folder of its scripts; null where that is not known or gone. */
  readonly artifacts: string | null;
  /** The spec that it was made of, by its name in this folder; null where that is not known. */
  readonly spec: string | null;
}

/** All submissions of a folder, oldest first. */
export function readSubmissions(journals: string, specFolder: string): Submission[] {
  if (!existsSync(journals)) return [];
  return readdirSync(journals)
    .filter((name) => /^\d+-slurm-[^.]*$/.test(name))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map((name) => {
      const folder = join(journals, name);
      const place = readText(join(folder, 'artifacts')).trimEnd();
      const named = place === '' ? null : resolve(specFolder, place);
      const artifacts = named !== null && existsSync(join(named, 'manifest.json')) ? named : null;
      return {
        folder,
        id: name.replace(/^\d+-slurm-/, ''),
        jobs: readJobs(join(folder, 'jobs.tsv')),
        artifacts,
        spec: artifacts === null ? null : (readOptions(join(artifacts, 'options.json'))?.spec ?? null),
      };
    });
}

function readJobs(file: string): Map<string, string> {
  const jobs = new Map<string, string>();
  for (const line of readText(file).split('\n')) {
    const [stage, job, mark] = line.split('\t');
    if (mark === '.') jobs.set(job!, stage!);
  }
  return jobs;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Which tasks the elements of a submission run, by its own scripts; they outlive edits of the spec. */
export class SubmittedTasks {
  private readonly artifacts: string;
  private readonly names: Readonly<Record<string, NameParts>>;
  private readonly cutStages: ReadonlySet<string>;
  private readonly places = new Map<string, string[]>();
  private readonly known = new Map<string, readonly { index: number; names: readonly string[] }[]>();

  constructor(artifacts: string) {
    this.artifacts = artifacts;
    const manifest = JSON.parse(readFileSync(join(artifacts, 'manifest.json'), 'utf8')) as {
      names?: Record<string, NameParts>;
      stages?: readonly { readonly name: string; readonly isTimeCut?: boolean }[];
    };
    this.names = manifest.names ?? {};
    this.cutStages = new Set((manifest.stages ?? []).flatMap((s) => (s.isTimeCut === true ? [s.name] : [])));
  }

  /** Its closing job will remove temp outputs. */
  get hasTemps(): boolean {
    return existsSync(join(this.artifacts, 'tables/temps.txt'));
  }

  /** Whether a longer limit of its tasks would give an element more time: not where the site's longest job cut it. */
  limitsMakeTime(stage: string, index: number): boolean {
    return !this.cutStages.has(stage) || this.ofElement(stage, index)?.length === 1;
  }

  /** The elements of a stage that have tasks, with the names of those that its tables tell. */
  elements(stage: string): readonly { readonly index: number; readonly names: readonly string[] }[] {
    let elements = this.known.get(stage);
    if (!elements) {
      const tables = join(this.artifacts, 'tables');
      const rows = readText(join(tables, `${stage}.tsv`)).split('\n');
      elements = readText(join(tables, `${stage}.index`))
        .split('\n')
        .flatMap((place, index) => {
          const [line = 0, count = 0] = place.split(' ').map(Number);
          const ofElement = rows.slice(line - 1, line - 1 + count);
          const names = ofElement.flatMap((row) => nameOfRow(row, this.names) ?? []);
          return count > 0 ? [{ index, names }] : [];
        });
      this.known.set(stage, elements);
    }
    return elements;
  }

  /** Names of the tasks of one element of a stage; null where the tables do not tell. */
  ofElement(stage: string, index: number): string[] | null {
    const tables = join(this.artifacts, 'tables');
    let places = this.places.get(stage);
    if (!places) {
      places = readText(join(tables, `${stage}.index`)).split('\n');
      this.places.set(stage, places);
    }
    const [, count, offset, bytes] = (places[index] ?? '').split(' ').map(Number);
    if (count === undefined || offset === undefined || bytes === undefined) return null;
    if (count === 0) return [];
    const rows = readSlice(join(tables, `${stage}.tsv`), offset, bytes)
      .split('\n')
      .slice(0, count);
    const names = rows.map((row) => nameOfRow(row, this.names));
    return names.includes(null) ? null : (names as string[]);
  }
}

function readSlice(file: string, offset: number, bytes: number): string {
  const buffer = Buffer.alloc(bytes);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, buffer, 0, bytes, offset);
  } finally {
    closeSync(descriptor);
  }
  return buffer.toString('utf8');
}
