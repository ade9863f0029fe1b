import { basename } from 'node:path';
import { shippedText } from '../io/files/shipped.ts';
import { EXIT, type ExitStatus } from '../session/session.ts';
import { writeError, writeOut } from '../terminal/streams.ts';

/** The shells that complete, each with what makes it do so from its next start on. */
const TURN_ON = {
  bash: `echo 'eval "$(wfc completion bash)"' >> ~/.bashrc`,
  zsh: `echo 'source <(wfc completion zsh)' >> ~/.zshrc`,
  fish: 'wfc completion fish > ~/.config/fish/completions/wfc.fish',
} as const;
export type CompletionShell = keyof typeof TURN_ON;

/** `wfc completion SHELL`: a script that lets the shell ask wfc for words. Without a shell, what to write. */
export function completion(shell: CompletionShell | null, env: NodeJS.ProcessEnv): ExitStatus {
  if (shell === null) {
    writeError(`${whichShell(env.SHELL)}\n`);
    return EXIT.badSpec;
  }
  writeOut(shippedText(`templates/completion/${shell}`));
  return EXIT.done;
}

/** @param path the user's shell, as SHELL names it */
function whichShell(path: string | undefined): string {
  const yours = (Object.keys(TURN_ON) as CompletionShell[]).find((shell) => shell === basename(path ?? ''));
  const shown = Object.entries(TURN_ON).filter(([shell]) => yours === undefined || shell === yours);
  const lines = shown
    .map(([shell, command]) => `    ${yours === undefined ? shell.padEnd(6) : ''}${command}\n`)
    .join('');
  const hint = yours === undefined ? 'once, for your shell' : `yours is ${yours}; once`;
  return `error: wfc completion: name a shell: bash, zsh or fish\n  hint: ${hint}:\n${lines}`.trimEnd();
}
