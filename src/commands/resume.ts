import { basename } from 'node:path';
import { readLastRun } from '../io/state/last-run.ts';
import { stateFolder } from '../io/state/state-folder.ts';
import { withLastLook } from '../session/last-look.ts';
import { readNamedSpec } from '../session/missing-spec.ts';
import { rememberedWords, withRemembered } from '../session/remember.ts';
import { EXIT, type ExitStatus, printDiagnostics } from '../session/session.ts';
import { resumeSlurmStages } from '../submit/watch-stages.ts';
import { writeError } from '../terminal/streams.ts';
import { printable } from '../terminal/terminal.ts';
import { type RunOptions, run } from './run.ts';

export interface ResumeOptions extends RunOptions {
  /** null: that of the last run. */
  readonly backend: 'local' | 'slurm' | null;
  /** Tasks that ran out of memory or time get twice as much. */
  readonly escalate: boolean;
  readonly watch: boolean;
  readonly isScreen: boolean;
}

/** `wfc resume`: go on where the last run stopped, with its options unless they are given anew. */
export async function resume(options: ResumeOptions): Promise<ExitStatus> {
  const spec = readNamedSpec(options);
  if ('diagnostics' in spec) {
    printDiagnostics(spec.diagnostics, options);
    return EXIT.badSpec;
  }
  const read = readLastRun(stateFolder(spec.folder).root);
  // Of another spec in the folder the options mean nothing here.
  const last = read?.spec === null || read?.spec === basename(spec.source.file) ? read : null;
  const merged = withRemembered(options, last, spec.folder);
  const backend = options.backend ?? last?.backend ?? 'local';
  if (options.watch && backend === 'local') {
    const message = '--watch goes with Slurm: a local run shows its progress by itself';
    printDiagnostics([{ severity: 'error', message, location: null, hint: 'leave it out' }], options);
    return EXIT.badSpec;
  }
  if (last !== null && !options.quiet && !options.json) {
    const words = rememberedWords(last);
    if (words !== '') writeError(`as in the last run, unless given anew: ${printable(words)}\n`);
  }
  return backend === 'slurm'
    ? resumeSlurmStages(merged)
    : withLastLook({ ...merged, resuming: { escalate: options.escalate } }, run);
}
