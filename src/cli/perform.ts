import type { ExitStatus } from '../commands/session.ts';

/** Takes the exit status of a command, once it has ended. */
export type Perform = (status: Promise<ExitStatus>) => Promise<void>;
