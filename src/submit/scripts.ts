import { join, relative, resolve } from 'node:path';
import { isThere, namesIn, textOf } from '../io/files/files.ts';
import { replaceFolder } from '../io/files/replace.ts';
import { shippedText } from '../io/files/shipped.ts';
import { fromHere, systemProblem } from '../io/files/spec-file.ts';
import { queuedElements } from '../io/slurm/elements.ts';
import { type LastRun, lastRunText } from '../io/state/last-run.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Session } from '../session/session.ts';
import { stagedJson } from '../session/staged/words.ts';
import { type ArtifactFile, type Artifacts, renderArtifacts } from '../target/slurm/artifacts.ts';
import type { Stage } from '../target/slurm/stages.ts';
import { type SlurmStagesOptions, slurmStages } from './stages.ts';

/** Why scripts are not written, in words. */
export class Refusal extends Error {}

export interface ScriptOptions extends SlurmStagesOptions {
  readonly out: string | null;
  /** For `wfc resume`, once the scripts are submitted. */
  readonly remember: LastRun;
}

export interface SlurmScripts {
  readonly folder: string;
  readonly id: string;
  readonly stages: readonly Stage[];
  readonly warnings: readonly Diagnostic[];
}

/** What went wrong while scripts were written, in words; rethrows what is no matter of the surroundings. */
export function writeProblem(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  return `can't write the scripts: ${systemProblem(error)}`;
}

/**
 * Plan the arrays for the tasks that are included, and write their scripts, by default to `.wfc/slurm/ID`. Throws a
 * `Refusal` where the site can't queue them or the folder is not to be written to, and the errors of the file system.
 */
export async function writeSlurmScripts(session: Session, options: ScriptOptions): Promise<SlurmScripts> {
  const { included, durations, out, remember, env } = options;
  const { limits, stages, problems, warnings } = await slurmStages(session, options);
  if (problems.length > 0) throw new Refusal(problems.join('\nerror: '));
  const { plan, profile, spec, state } = session;
  const parent = join(state.root, 'slurm');
  const folder = out === null ? null : resolve(out);
  const place = folder ?? join(parent, 'x');
  const artifacts = renderArtifacts(plan, {
    stages,
    included,
    limits,
    packing: profile.packing,
    durations,
    site: profile,
    specFolder: relative(place, spec.folder) || '.',
    templates: (name) => shippedText(`templates/${name}`),
    options: lastRunText(remember),
    staged: stagedJson(plan),
  });
  const target = folder ?? join(parent, artifacts.id);
  await checkReplaceable(target, artifacts, spec.folder, env);
  writeFolder(target, artifacts.files);
  return { folder: target, id: artifacts.id, stages, warnings };
}

/** Artifacts that a queued submission reads are never overwritten; nor is a folder that holds anything else. */
async function checkReplaceable(
  folder: string,
  { id }: Artifacts,
  specFolder: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (scriptNames(folder).length === 0) return;
  const manifest = join(folder, 'manifest.json');
  if (!isThere(manifest)) throw new Refusal(`${fromHere(folder)} holds other files; name a new folder with --out`);
  const before = (JSON.parse(textOf(manifest)) as { id: string }).id;
  if (before === id) return;
  const queued = (await queuedElements(specFolder, env)) ?? [];
  if (queued.some(({ submission }) => submission.endsWith(`-slurm-${before}`))) {
    throw new Refusal(`${fromHere(folder)} is in use by jobs in the queue; name another folder with --out`);
  }
}

/** Write the files of a folder, all or none; a `Refusal` names the folder and says why it can't be written to. */
export function writeFolder(folder: string, files: readonly ArtifactFile[]): void {
  try {
    replaceFolder(folder, files);
  } catch (error) {
    throw cantWrite(folder, error);
  }
}

/** The names in a folder; none where it is not there. */
export function scriptNames(folder: string): readonly string[] {
  try {
    return isThere(folder) ? namesIn(folder) : [];
  } catch (error) {
    // In the folder's place: what stands above it is told by the attempt to write.
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR')
      throw new Refusal(`can't write to ${fromHere(folder)}: it is a file`);
    throw cantWrite(folder, error);
  }
}

function cantWrite(folder: string, error: unknown): unknown {
  if ((error as NodeJS.ErrnoException).code === undefined) return error;
  return new Refusal(`can't write to ${fromHere(folder)}: ${systemProblem(error)}`);
}
