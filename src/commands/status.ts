import { EXIT, type ExitStatus, openSession, printDiagnostics } from '../session/session.ts';
import { lookAtAll } from '../session/standing.ts';
import { findParams } from '../session/status/by-param.ts';
import { statusJson } from '../session/status/facts.ts';
import { statusLines } from '../session/status/lines.ts';
import { statusOf, type WatchOptions, watchStatus } from '../session/status/watch.ts';
import { writeOut } from '../terminal/streams.ts';
import { jsonText } from '../terminal/terminal.ts';

export interface StatusOptions extends Omit<WatchOptions, 'by'> {
  readonly watch: boolean;
  /** Params by whose values tasks are counted, too. */
  readonly by: readonly string[];
}

/** `wfc status`: what is done, runs, waits, stopped and failed, by the journals and the queue; files are not looked at. */
export async function status(options: StatusOptions): Promise<ExitStatus> {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  if (!options.json) printDiagnostics(session.warnings, options);
  const { columns: by, diagnostics } = findParams(session.plan, options.by);
  if (diagnostics.length > 0) {
    printDiagnostics(diagnostics, options);
    return EXIT.badSpec;
  }
  // Not done: with --watch the status tells; without, that it could be told.
  if (options.watch) return watchStatus(session, { ...options, by });
  const now = await statusOf(session, { ...(await lookAtAll(session, options.env)), env: options.env, by });
  const text = options.json ? jsonText(statusJson(now)) : statusLines(now, session, options).join('\n');
  writeOut(`${text}\n`);
  return EXIT.done;
}
