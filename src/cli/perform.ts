import type { ExitStatus } from '../session/session.ts';

/** Takes the exit status of a command, once it has ended. */
export type Perform = (status: Promise<ExitStatus>) => Promise<void>;
