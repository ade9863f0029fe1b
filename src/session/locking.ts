import { fromHere, systemProblem } from '../io/files/spec-file.ts';
import { type LockHolder, takeLock } from '../io/state/lock.ts';
import { writeError } from '../terminal/streams.ts';
import { paint, printable } from '../terminal/terminal.ts';
import { type CommonOptions, EXIT, type ExitStatus, printDiagnostics, type Session } from './session.ts';

/** Do something while nobody else works in the spec's folder; what the surroundings refuse is told, with exit status 3. */
export async function lockFolder<T>(
  session: Session,
  options: Pick<CommonOptions, 'json' | 'style'>,
  action: () => Promise<T> | T,
): Promise<T | ExitStatus> {
  let lock: ReturnType<typeof takeLock>;
  try {
    lock = takeLock(session.state.lock);
  } catch (error) {
    return refuse(`can't write to ${fromHere(session.state.root)}: ${systemProblem(error)}`, options);
  }
  if ('heldBy' in lock) return refuse(lockWords(lock.heldBy, session), options);
  try {
    return await action();
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const place = path ? `${fromHere(path)}: ` : '';
    return refuse(`${place}${systemProblem(error)}; wfc has stopped, and what is done is kept`, options);
  } finally {
    lock.release();
  }
}

/** The surroundings do not let us: say why. */
export function refuse(message: string, { style, json }: Pick<CommonOptions, 'json' | 'style'>): ExitStatus {
  if (json) printDiagnostics([{ severity: 'error', message, location: null }], { json, style });
  else writeError(`${paint(style, ['bold', 'red'], 'error')}: ${printable(message)}\n`);
  return EXIT.badSurroundings;
}

function lockWords({ host, pid, since }: LockHolder, { state }: Session): string {
  return `another wfc works in this folder: process ${pid} on ${host}, since ${since}. If that host is gone for good, remove ${fromHere(state.lock)}`;
}
