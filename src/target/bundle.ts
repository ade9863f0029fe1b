import { failureWordsFunction } from './failure-words.ts';

/**
 * The bash that is shipped, each script put together from whole files of templates/. What one attempt at one task does
 * stands once, in attempt/; slurm/, make/ and local/ are who calls it.
 */

const ATTEMPT = [
  'attempt/files.sh',
  'attempt/outputs.sh',
  'attempt/command.sh',
  'attempt/preload.sh',
  'attempt/watch.sh',
  'attempt/checkpoint.sh',
  'attempt/log.sh',
  'attempt/memory.sh',
  'attempt/journal.sh',
  'attempt/attempt.sh',
] as const;

/** By the name under which it is shipped, the files of templates/ that a script is made of; its own, the last, runs it. */
export const SCRIPTS = {
  'runner.sh': [
    ...ATTEMPT,
    'slurm/owner.sh',
    'slurm/rows.sh',
    'slurm/history.sh',
    'slurm/sources.sh',
    'slurm/verdicts.sh',
    'slurm/launcher.sh',
    'slurm/lanes.sh',
    'slurm/end.sh',
    'slurm/element.sh',
  ],
  'close-lib.sh': ['slurm/close.sh'],
  'make.sh': ['make/make.sh'],
  'task.sh': [...ATTEMPT, 'make/task.sh'],
  'worker.sh': ['attempt/command.sh', 'attempt/preload.sh', 'local/worker.sh'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Script = keyof typeof SCRIPTS;

/**
 * One readable script: first the head of its own file, which says what it is and how it is called, then all parts, and
 * the words for what may go wrong with an attempt.
 * @param templates text of a file of templates/, by its path there; each begins with a comment, its head
 */
export function bundle(script: Script, templates: (name: string) => string): string {
  const names: readonly string[] = SCRIPTS[script];
  if (names.length === 1) return templates(names[0]!);
  const parts = names.map((name) => ({ name, ...splitHead(templates(name)) }));
  const own = parts.at(-1)!;
  const texts = parts.map((part) => {
    // What shellcheck is to leave alone is said once, at the top.
    const head = part === own ? '' : part.head.replace(/^# shellcheck .*\n/gm, '');
    return `# === ${part.name} ===\n${head}${part.body}`;
  });
  const words = `# === made from src/model/problem.ts ===\n\n${failureWordsFunction()}`;
  const isAboutFailures = names.includes('attempt/attempt.sh');
  return `${own.head}\n${[...(isAboutFailures ? [words] : []), ...texts].join('\n')}`;
}

/** The comment at the top of a file, and what follows it. */
function splitHead(text: string): { head: string; body: string } {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  return { head: `${lines.slice(0, end).join('\n')}\n`, body: lines.slice(end).join('\n') };
}
