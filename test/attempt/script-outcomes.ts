/** Scripts, each the rule of a spec, whose outcomes are compared with those of the same scripts without `preload`. */
import type { Outcome } from './executors.ts';

/** All tasks in one element. */
export const ONE_ELEMENT = { 'profiles/default.yml': 'packing: {tasks_per_element: 100}\n' };

/** A rule for each script by its name, which has `input`; `preload`: '', or behind a comma. */
export function specOfScripts(
  { shell, preload, input }: { readonly shell: string; readonly preload: string; readonly input: string },
  scripts: Readonly<Record<string, string>>,
): string {
  const rules = Object.entries(scripts).map(
    ([name, script]) => `
  ${name}:
    input: [${input}]
    output: ${name}.{word}
    env: {WORD: "{word}"}
    run: |${script.startsWith('\n') ? '' : '\n'}${script.replaceAll('\n', '\n      ').replace(/^(?!\n)/, '      ')}`,
  );
  return `\nparams: {word: [x y]}\ndefaults: {shell: ${shell}${preload}}\nrules:${rules.join('')}\n`;
}

/** Without what bash says of a program that a signal ended, the numbers of processes, and folders. */
export function comparable(outcome: Outcome): Outcome {
  const logs = Object.entries(outcome.logs).map(([path, log]) => [
    path,
    log.replace(/\/\S*(?=\/\.wfc\/)/g, '').replace(/^.*: line \d+: +\d+ .*\n/gm, ''),
  ]);
  return { ...outcome, logs: Object.fromEntries(logs.filter(([, log]) => log !== '')) };
}

/** What an outcome tells of one script. */
export function outcomeOfScript({ journal, files, logs }: Outcome, name: string): unknown {
  const own = (record: Readonly<Record<string, string>>): unknown =>
    Object.fromEntries(Object.entries(record).filter(([path]) => path.includes(name)));
  return { journal: journal.filter((line) => line.includes(` ${name}.`)), files: own(files), logs: own(logs) };
}
