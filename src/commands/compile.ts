import { join, relative, resolve } from 'node:path';
import { isThere, textOf } from '../io/files/files.ts';
import { shippedText } from '../io/files/shipped.ts';
import { fromHere, wordFromHere } from '../io/files/spec-file.ts';
import { refuse } from '../session/locking.ts';
import { remembered } from '../session/remember.ts';
import {
  type CommonOptions,
  EXIT,
  type ExitStatus,
  openRunnable,
  printDiagnostics,
  type Session,
} from '../session/session.ts';
import { stagedJson, waitingLines } from '../session/staged/words.ts';
import { type SlurmScripts, scriptNames, writeFolder, writeProblem, writeSlurmScripts } from '../submit/scripts.ts';
import { stageReport } from '../submit/stage-report.ts';
import { renderMake } from '../target/make/render.ts';
import { writeError, writeOut } from '../terminal/streams.ts';
import { countTasks, jsonText, printable } from '../terminal/terminal.ts';

export interface CompileOptions extends CommonOptions {
  readonly target: 'slurm' | 'local';
  readonly out: string | null;
  readonly env: NodeJS.ProcessEnv;
}

/** `wfc compile`: write static scripts, for Slurm or for GNU make. */
export async function compile(options: CompileOptions): Promise<ExitStatus> {
  const { out } = options;
  const scripts = { what: 'the folder of the scripts', isFolder: true, location: null };
  const session = openRunnable(options, out === null ? [] : [{ path: resolve(out), ...scripts }]);
  if (!session) return EXIT.badSpec;
  return options.target === 'local' ? compileMake(session, options) : compileSlurm(session, options);
}

async function compileSlurm(session: Session, options: CompileOptions): Promise<ExitStatus> {
  printDiagnostics(session.warnings, { ...options, json: false });
  let scripts: SlurmScripts;
  try {
    scripts = await writeSlurmScripts(session, {
      included: session.plan.needed,
      // The same spec gives the same scripts, whatever ran before.
      durations: new Map(),
      out: options.out,
      remember: remembered('slurm', options, session.spec),
      env: options.env,
    });
  } catch (error) {
    return refuse(writeProblem(error), options);
  }
  const { folder, stages, warnings } = scripts;
  printDiagnostics(warnings, { ...options, json: false });
  sayWaiting(session, options);
  if (options.json) writeOut(`${jsonText(JSON.parse(textOf(join(folder, 'manifest.json'))))}\n`);
  else if (!options.quiet)
    writeOut(
      `${stageReport(session.plan, stages)}\n\nwritten to ${printable(fromHere(folder))}; to submit:\n  bash ${printable(wordFromHere(join(folder, 'submit.sh')))}\n`,
    );
  return EXIT.done;
}

/** What is written holds the tasks that are known. */
function sayWaiting({ plan }: Session, { json, quiet }: CompileOptions): void {
  if (json || quiet) return;
  for (const line of waitingLines(plan)) writeError(`${line}; not written: compile again then\n`);
}

/** A Makefile and its scripts. Replacing them is safe at any time: what make keeps lies outside their folder. */
function compileMake(session: Session, options: CompileOptions): ExitStatus {
  const { plan, spec, state, warnings } = session;
  printDiagnostics(warnings, { ...options, json: false });
  const folder = options.out === null ? join(state.root, 'make') : resolve(options.out);
  const { files } = renderMake(plan, {
    included: plan.needed,
    waits: waitingLines(plan),
    specFolder: relative(folder, spec.folder) || '.',
    place: relative(spec.folder, folder) || '.',
    templates: (name) => shippedText(`templates/${name}`),
  });
  try {
    if (scriptNames(folder).length > 0 && !isThere(join(folder, 'tasks.mk'))) {
      return refuse(`${fromHere(folder)} holds other files; name a new folder with --out`, options);
    }
    writeFolder(folder, files);
  } catch (error) {
    return refuse(writeProblem(error), options);
  }
  sayWaiting(session, options);
  const shown = printable(fromHere(folder));
  if (options.json) writeOut(`${jsonText({ folder: shown, tasks: plan.neededCount, ...stagedJson(plan) })}\n`);
  else if (!options.quiet) {
    writeOut(
      `${countTasks(plan.neededCount)} written to ${shown}; to run ${plan.neededCount === 1 ? 'it' : 'them'}:\n  make -C ${printable(wordFromHere(folder))} -j4\n`,
    );
  }
  return EXIT.done;
}
