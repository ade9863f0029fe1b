import { readFileSync } from 'node:fs';
import { shippedFile } from '../io/shell-pool.ts';
import { EXIT, type ExitStatus } from './session.ts';

export type CompletionShell = 'bash' | 'zsh' | 'fish';

/** `wfc completion SHELL`: a script that lets the shell ask wfc for words. */
export function completion(shell: CompletionShell): ExitStatus {
  process.stdout.write(readFileSync(shippedFile(`templates/completion/${shell}`), 'utf8'));
  return EXIT.done;
}
