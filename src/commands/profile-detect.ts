import { dirname, resolve } from 'node:path';
import { parseProfile } from '../compile/schema/profile.ts';
import { isThere, writeNew } from '../io/files/files.ts';
import { makeFolder } from '../io/files/make-folder.ts';
import { systemProblem } from '../io/files/spec-file.ts';
import { readSite } from '../io/slurm/site.ts';
import { refuse } from '../session/locking.ts';
import { type CommonOptions, EXIT, type ExitStatus, printDiagnostics } from '../session/session.ts';
import { largestOf } from '../submit/largest-node.ts';
import { profileText } from '../submit/profile-text.ts';
import { writeError, writeOut } from '../terminal/streams.ts';
import { countOf } from '../terminal/terminal.ts';

export interface DetectOptions extends Pick<CommonOptions, 'json' | 'quiet' | 'style'> {
  /** null: standard output. */
  readonly out: string | null;
  readonly env: NodeJS.ProcessEnv;
}

/** `wfc profile detect`: what Slurm says of this site, as a commented profile. */
export async function detectProfile(options: DetectOptions): Promise<ExitStatus> {
  const { out, env, json, quiet } = options;
  if (out !== null && isThere(out)) {
    const hint = 'choose another name with --out';
    printDiagnostics([{ severity: 'error', message: `${out} exists already`, location: null, hint }], options);
    return EXIT.badSpec;
  }
  const site = await readSite(env);
  if (site === null || site.partitions.length === 0)
    return refuse('there is no Slurm here that answers: scontrol or sinfo failed', options);
  const text = profileText(site);
  // What is written must be what wfc itself reads.
  const { diagnostics } = parseProfile({ file: out ?? 'the profile', text });
  if (diagnostics.length > 0) throw new Error(`internal error: ${diagnostics[0]!.message} in\n${text}`);
  if (json) {
    const partitions = site.partitions.map((p) => {
      const { gpus, ...largest } = largestOf(p.kinds);
      const kinds = p.kinds.map((kind) => ({ ...kind, gpus: Object.fromEntries(kind.gpus) }));
      return { ...p, ...largest, gpus: Object.fromEntries(gpus), kinds };
    });
    writeOut(`${JSON.stringify({ ...site, partitions }, null, 2)}\n`);
  }
  if (out === null) {
    if (!json) writeOut(text);
    return EXIT.done;
  }
  try {
    makeFolder(dirname(resolve(out)));
    writeNew(out, text);
  } catch (error) {
    return refuse(`can't write ${out}: ${systemProblem(error)}`, options);
  }
  if (!quiet) writeError(`written to ${out}: ${countOf(site.partitions.length, 'partition')} of ${site.cluster}\n`);
  return EXIT.done;
}
