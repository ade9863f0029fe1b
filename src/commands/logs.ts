import { createReadStream, existsSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { readJournals } from '../io/journal.ts';
import { fromHere } from '../io/spec-file.ts';
import { jsonText, printable } from '../io/terminal.ts';
import { taskNameOf } from '../model/plan.ts';
import { type CommonOptions, EXIT, type ExitStatus, openSession, printDiagnostics } from './session.ts';
import { findNamed, placeOf } from './task-argument.ts';

export interface LogsOptions extends CommonOptions {
  readonly task: readonly string[];
}

/** `wfc logs TASK`: the task's log on standard output, its place and the last attempt on standard error. */
export async function logs(options: LogsOptions): Promise<ExitStatus> {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  const { plan, disk, state } = session;
  const named = findNamed(session, options.task);
  if ('source' in named) {
    process.stderr.write(`${printable(named.source)} is a source file: no task makes it, so there is no log\n`);
    return EXIT.badSpec;
  }
  if ('diagnostic' in named) {
    printDiagnostics([named.diagnostic], options);
    return EXIT.badSpec;
  }
  const { rule, index } = placeOf(plan, named.task);
  const path = rule.logText(index);
  const file = disk.absolute(path);
  const exists = existsSync(file);
  const history = readJournals(state.journals);
  const name = rule.outputTexts[0]!(index);
  const failure = history?.failed.get(name);
  const slurm = (failure ?? history?.unfinished.get(name))?.slurmId ?? '';
  if (options.json) {
    const shown = exists ? path : null;
    const reason = failure?.reason ?? null;
    process.stdout.write(
      `${jsonText({ task: taskNameOf(plan, named.task), log: shown, reason, slurm: slurm === '' ? null : slurm })}\n`,
    );
    return EXIT.done;
  }
  const words = [
    exists ? fromHere(file) : 'it wrote nothing, so there is no log',
    ...(failure ? [failure.reason] : []),
    ...(slurm === '' ? [] : [`Slurm ${slurm}`]),
  ];
  if (!options.quiet) process.stderr.write(`${printable(`${taskNameOf(plan, named.task)}: ${words.join('; ')}`)}\n`);
  if (!exists || statSync(file).size === 0) return EXIT.done;
  // What a task wrote reaches a terminal shown, not obeyed; a pipe gets the bytes.
  if (!process.stdout.isTTY) await pipeline(createReadStream(file), process.stdout, { end: false });
  else for await (const text of createReadStream(file, 'utf8')) process.stdout.write(printable(text));
  return EXIT.done;
}
