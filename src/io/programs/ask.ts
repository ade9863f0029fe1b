import { constants } from 'node:buffer';

/** What came of asking a program. */
export type Answer =
  | { readonly kind: 'said'; readonly stdout: string; readonly stderr: string }
  | {
      readonly kind: 'failed';
      /** Its exit status, or the signal that ended it; null where it ended well, and said more than there is room for. */
      readonly status: number | NodeJS.Signals | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  /** It can't be started; why, in words. */
  | { readonly kind: 'absent'; readonly problem: string }
  /** No answer within its seconds. */
  | { readonly kind: 'silent' };

export interface AskOptions {
  /** All that it finds in its environment. */
  readonly env: NodeJS.ProcessEnv;
  /** The working directory of wfc unless told. */
  readonly cwd?: string;
  /** What it reads; nothing unless told. */
  readonly input?: string;
  /** null: it has all the time that it takes. */
  readonly timeoutSeconds: number | null;
  /** `shown`: as it comes, to who started wfc; then `stdout` is empty. Kept unless told. */
  readonly stdout?: 'kept' | 'shown';
  readonly stderr?: 'kept' | 'shown';
}

/** Ask a program something. Nothing that it does is an error here: who asks says what an answer of each kind means. */
export async function ask(program: string, args: readonly string[], options: AskOptions): Promise<Answer> {
  // Loaded only here: most commands ask nobody, and are to start at once.
  const { execa } = await import('execa');
  const { env, cwd, input, timeoutSeconds, stdout = 'kept', stderr = 'kept' } = options;
  const asked = execa(program, args, {
    env,
    extendEnv: false,
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? {} : { input }),
    stdio: [input === undefined ? 'ignore' : 'pipe', streamOf(stdout), streamOf(stderr)],
    reject: false,
    stripFinalNewline: false,
    maxBuffer: constants.MAX_STRING_LENGTH,
    // A signal ends wfc as if nobody had been asked; a terminal's Ctrl-C reaches both.
    cleanup: false,
  });
  const result = await within(asked, timeoutSeconds);
  if (result === null) {
    // Not waited for: what hangs in a driver, or has left a child behind that holds its pipes, would keep us for ever.
    asked.kill('SIGKILL');
    for (const stream of asked.stdio) stream?.destroy();
    asked.unref();
    return { kind: 'silent' };
  }
  if (result.code === 'ENOENT') return { kind: 'absent', problem: `${program} is not on the PATH` };
  if (result.code !== undefined) return { kind: 'absent', problem: result.originalMessage ?? result.code };
  const said = { stdout: text(result.stdout), stderr: text(result.stderr) };
  if (!result.failed) return { kind: 'said', ...said };
  return { kind: 'failed', status: result.signal ?? (result.exitCode || null), ...said };
}

function streamOf(what: 'kept' | 'shown'): 'pipe' | 'inherit' {
  return what === 'kept' ? 'pipe' : 'inherit';
}

function text(output: unknown): string {
  return typeof output === 'string' ? output : '';
}

/** null where it takes longer. */
async function within<T>(promise: Promise<T>, seconds: number | null): Promise<T | null> {
  if (seconds === null) return promise;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
