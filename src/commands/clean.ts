import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { isThere, namesIn } from '../io/files/files.ts';
import { hasName, remove, removeWithEmptyFolders } from '../io/files/remove.ts';
import { fromHere } from '../io/files/spec-file.ts';
import { queuedElements } from '../io/slurm/elements.ts';
import { readSubmissions } from '../io/slurm/submissions.ts';
import { markerPath } from '../resume/marker.ts';
import { lockFolder, refuse } from '../session/locking.ts';
import {
  type CommonOptions,
  EXIT,
  type ExitStatus,
  openSession,
  printDiagnostics,
  type Session,
} from '../session/session.ts';
import { writeError } from '../terminal/streams.ts';
import { countOf, printable } from '../terminal/terminal.ts';

export interface CleanOptions extends CommonOptions {
  readonly outputs: boolean;
  readonly logs: boolean;
  /** All of `.wfc/`. */
  readonly wholeState: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** There is a person to ask. */
  readonly canAsk: boolean;
}

/** `wfc clean`: remove what tasks made, their logs, or wfc's state. Asks first. */
export async function clean(options: CleanOptions): Promise<ExitStatus> {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  if (!options.outputs && !options.logs && !options.wholeState) {
    const hint = 'choose from --outputs, --logs and --state';
    printDiagnostics([{ severity: 'error', message: 'what is to be removed?', location: null, hint }], options);
    return EXIT.badSpec;
  }
  if (!isThere(session.state.root) && !options.outputs) {
    writeError('there is nothing to remove\n');
    return EXIT.done;
  }
  return lockFolder(session, options, () => cleanLocked(session, options));
}

async function cleanLocked(session: Session, options: CleanOptions): Promise<ExitStatus> {
  const { spec, state } = session;
  if (readSubmissions(state.journals, spec.folder).length > 0) {
    const queued = (await queuedElements(spec.folder, options.env, 5)) ?? [];
    if (queued.length > 0)
      return refuse(
        `${queued[0]!.name} of this folder is in the queue, and writes here; end it with "wfc cancel" first`,
        options,
      );
  }
  const outputs = options.outputs ? presentOutputs(session) : [];
  const logs = options.logs ? presentLogs(session) : [];
  const words = [
    ...(options.outputs ? [`${countOf(outputs.length, 'output')}${example(outputs)}`] : []),
    ...(options.logs ? [`${countOf(logs.length, 'log')}${example(logs)}`] : []),
    ...(options.wholeState ? [`${fromHere(state.root)} with all records`] : []),
  ];
  if (outputs.length + logs.length === 0 && !options.wholeState) {
    writeError('there is nothing to remove\n');
    return EXIT.done;
  }
  writeError(`${options.dryRun ? 'would remove' : 'to remove'}: ${printable(words.join('; '))}\n`);
  if (options.dryRun) return EXIT.done;
  if (!options.yes && !(await isAgreed(options))) return EXIT.badSpec;
  for (const path of [...outputs, ...logs]) removeWithEmptyFolders(session.disk.absolute(path), session.spec.folder);
  if (options.wholeState)
    for (const name of namesIn(state.root)) {
      // The lock goes last, when it is released.
      if (!name.startsWith('lock')) remove(join(state.root, name));
    }
  writeError('removed\n');
  return EXIT.done;
}

function example(paths: readonly string[]): string {
  return paths.length === 0 ? '' : ` (such as ${paths[0]})`;
}

async function isAgreed({ canAsk }: CleanOptions): Promise<boolean> {
  if (!canAsk) {
    writeError('nothing was removed: there is nobody to ask; --yes agrees\n');
    return false;
  }
  const line = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await line.question('Remove them? [y/N] ');
  line.close();
  if (/^y(es)?$/i.test(answer.trim())) return true;
  writeError('nothing was removed\n');
  return false;
}

/** Outputs of the needed tasks that exist, with the marks of half-done ones, and checkpoints. */
function presentOutputs({ plan, disk }: Session): string[] {
  const paths: string[] = [];
  for (const { outputTexts, checkpointTexts, firstTask, space } of plan.rules) {
    const saved = checkpointTexts === null ? [] : [...checkpointTexts.paths, checkpointTexts.note];
    for (let i = 0; i < space.size; i++) {
      if (plan.needed[firstTask + i] === 0) continue;
      for (const text of [...outputTexts, ...saved]) if (hasName(disk.absolute(text(i)))) paths.push(text(i));
      const marker = markerPath(outputTexts[0]!(i));
      if (marker !== null && hasName(disk.absolute(marker))) paths.push(marker);
    }
  }
  return paths;
}

function presentLogs({ plan, disk }: Session): string[] {
  const paths: string[] = [];
  for (const { logText, firstTask, space } of plan.rules) {
    for (let i = 0; i < space.size; i++)
      if (plan.needed[firstTask + i] === 1 && hasName(disk.absolute(logText(i)))) paths.push(logText(i));
  }
  return paths;
}
