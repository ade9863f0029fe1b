import type { Located } from '../../model/located.ts';
import type { Location } from '../../model/source.ts';
import type { CsvTable, Table } from '../../model/spec.generated.ts';
import type { Column, StagedSource } from '../../model/workflow.ts';
import type { Context } from '../context.ts';
import { refuseShellWord } from '../text/shell-words.ts';
import { isFilled } from './config.ts';
import type { FillConfig } from './values.ts';

/** What rules make, as far as that can be told while params are read. See `ProducedPaths`. */
export interface Produced {
  isProduced(path: string, columns: ReadonlyMap<string, Column>): boolean;
  isInDirectory(folder: string, columns: ReadonlyMap<string, Column>): boolean;
  namesFilesIn(folder: string, columns: ReadonlyMap<string, Column>): string | null;
  gives(path: string, columns: ReadonlyMap<string, Column>, isDeclared: (name: string) => boolean): boolean;
}

export interface StagedOptions {
  /** The param or table that takes its values from there. */
  readonly gives: string;
  readonly context: Context;
  readonly produced: Produced;
  /** What is known so far. */
  readonly columns: ReadonlyMap<string, Column>;
  /** Whether a name is that of another param, whose values are not read yet. */
  readonly isDeclared: (name: string) => boolean;
}

/** What a file that gives values, or the folder of a glob, is to the rules: null for a source file. */
export function stagedSource(
  path: string,
  kind: 'file' | 'folder',
  location: Location,
  { gives, context, produced, columns, isDeclared }: StagedOptions,
): StagedSource | null {
  const isMade = kind === 'folder' ? produced.isInDirectory(path, columns) : produced.gives(path, columns, isDeclared);
  return isMade ? { path, gives, isKnown: context.known.has(path), location } : null;
}

/** The same of a table. What is wrong with the name of its file is told where that is read. */
export function stagedTable(table: Located<Table>, fill: FillConfig, options: StagedOptions): StagedSource | null {
  const csv = table.kind === 'mapping' ? table.as<CsvTable>().get('csv') : undefined;
  const path = csv && fill(csv.text, csv.node);
  if (!csv || !path || !isFilled(path) || refuseShellWord(path, csv.scalar, [])) return null;
  return stagedSource(path, 'file', csv.location, options);
}

/** Note where the values of some params come from. */
export function noteStaged(source: StagedSource, names: readonly string[], { holes }: Context): void {
  holes.staged.push(source);
  if (!source.isKnown) for (const name of names) holes.waits.set(name, [source]);
}
