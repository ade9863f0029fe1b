import { load } from 'js-yaml';
import type { SpecFiles } from '../../compile/context.ts';
import type { SnakePlace } from '../../model/snakefile.ts';

/** A file of settings beside a Snakefile: a profile of Snakemake's, or what --cluster-config names. */
export interface SettingsFile {
  readonly path: string;
  /** What the wfc profile that it becomes is called. */
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export type FoundSettings = SettingsFile | { readonly path: string; readonly problem: string };

/** Names of a profile's file; that of the newest Snakemake goes before. Source: snakemake.readthedocs.io 8, "Profiles". */
const CONFIGS = /^config(\.v(\d+)\+)?\.ya?ml$/;
const FOLDERS = ['profiles', 'workflow/profiles', 'profile', 'config/profiles'];
/** Folders that people name so hold one profile. */
const NAMED = /(^|[-_.])(profiles?|slurm)($|[-_.])/i;
const CLUSTER_CONFIGS = /^cluster([_-]?config)?\.(ya?ml|json)$/;

/** Profiles of Snakemake below the folder of the spec or beside the Snakefile. */
export function findProfiles(files: SpecFiles, besideSnakefile: string): FoundSettings[] {
  const roots = [...new Set(['', besideSnakefile])];
  const namesIn = (folder: string): string[] => [...(files.list(folder === '' ? '.' : folder) ?? [])].sort();
  const folders = roots.flatMap((root) => [
    ...FOLDERS.map((folder) => join(root, folder)).flatMap((folder) => [
      folder,
      ...namesIn(folder).map((name) => join(folder, name)),
    ]),
    ...namesIn(root)
      .filter((name) => NAMED.test(name))
      .map((name) => join(root, name)),
  ]);
  return [...new Set(folders)].flatMap((folder) => profileIn(folder, files) ?? []);
}

/** null where a folder holds no profile. */
export function profileIn(folder: string, files: SpecFiles): FoundSettings | null {
  const version = (name: string): number => Number(CONFIGS.exec(name)?.[2] ?? 0);
  const [config] = (files.list(folder) ?? [])
    .filter((name) => CONFIGS.test(name))
    .sort((a, b) => version(b) - version(a));
  // Beside `profiles/NAME/` there may be other files.
  if (config === undefined || /(^|\/)(workflow\/|config\/)?profiles$/.test(folder)) return null;
  const last = folder.split('/').at(-1)!;
  return read(
    join(folder, config),
    last === 'profile' ? 'default' : last.replace(/^(snakemake|profile)[._-]/, ''),
    files,
  );
}

/** What sbatch is given by rule, as Snakemake before version 8 read it. */
export function findClusterConfig(files: SpecFiles, besideSnakefile: string): FoundSettings | null {
  for (const folder of new Set(['', 'config', besideSnakefile, join(besideSnakefile, 'config')]))
    for (const name of [...(files.list(folder === '' ? '.' : folder) ?? [])].sort())
      if (CLUSTER_CONFIGS.test(name)) return read(join(folder, name), 'default', files);
  return null;
}

function read(path: string, name: string, files: SpecFiles): FoundSettings {
  const given = files.readText(path);
  if ('problem' in given) return { path, problem: given.problem };
  try {
    const settings = load(given.text) ?? {};
    if (typeof settings !== 'object' || Array.isArray(settings)) return { path, problem: 'it holds no keys' };
    return { path, name: nameOf(name), settings: settings as Record<string, unknown>, text: given.text };
  } catch (error) {
    return { path, problem: (error as Error).message.split('\n')[0]! };
  }
}

function nameOf(folder: string): string {
  return folder.replace(/[^\w.-]/g, '_') || 'default';
}

function join(folder: string, name: string): string {
  return folder === '' || folder === '.' ? name : `${folder}/${name}`;
}

/** Where a key stands; the begin of the file where it can't be told. `inside`: after the line of this key. */
export function placeOf({ path, text }: SettingsFile, key: string, inside?: string): SnakePlace {
  const lines = text.split('\n');
  const find = (word: string, from: number): number =>
    lines.findIndex((line, i) => i >= from && new RegExp(`^[\\s{-]*["']?${escaped(word)}["']?\\s*[:=]`).test(line));
  const from = inside === undefined ? 0 : Math.max(0, find(inside, 0));
  return { file: path, line: Math.max(0, find(key, from)) + 1 };
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
