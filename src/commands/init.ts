import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { isThere, writeNew } from '../io/files/files.ts';
import { makeFolder } from '../io/files/make-folder.ts';
import { installedFile, shippedNames, shippedText } from '../io/files/shipped.ts';
import { fromHere, SPEC_NAMES, systemProblem, wordFromHere } from '../io/files/spec-file.ts';
import { refuse } from '../session/locking.ts';
import { type CommonOptions, EXIT, type ExitStatus, printDiagnostics } from '../session/session.ts';
import { writeError, writeOut } from '../terminal/streams.ts';
import { printable } from '../terminal/terminal.ts';

/** Each is a folder in templates/init. */
export const TEMPLATES = {
  sweep: 'every combination of some params, and a summary',
  table: 'params that vary together, some of them in a CSV file',
  search: 'settings that are drawn, for a search of the best',
  'from-scratch': 'one rule, and the rest of the language to uncomment',
} as const;
export type Template = keyof typeof TEMPLATES;

export interface InitOptions extends Pick<CommonOptions, 'json' | 'quiet' | 'style'> {
  readonly folder: string;
  /** null: ask where that is possible, else a sweep. */
  readonly template: Template | null;
  readonly canAsk: boolean;
}

/** `wfc init [FOLDER]`: a commented spec that runs at once. No file is overwritten. */
export async function init(options: InitOptions): Promise<ExitStatus> {
  const folder = resolve(options.folder);
  const present = SPEC_NAMES.find((name) => isThere(join(folder, name)));
  if (present !== undefined) return exists(join(folder, present), options);
  const template = options.template ?? (options.canAsk ? await ask() : 'sweep');
  if (template === null) return EXIT.interrupted;
  const source = `templates/init/${template}`;
  const names = shippedNames(source).sort();
  const taken = names.find((name) => isThere(join(folder, name)));
  if (taken !== undefined) return exists(join(folder, taken), options);
  try {
    makeFolder(folder);
    for (const name of names) {
      writeNew(join(folder, name), withSchema(shippedText(`${source}/${name}`)));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return refuse(`can't write to ${fromHere(folder)}: ${systemProblem(error)}`, options);
  }
  report(folder, template, names, options);
  return EXIT.done;
}

/** The line that tells editors where the schema of specs lies; none where it lies inside an executable file. */
function withSchema(text: string): string {
  const schema = installedFile('schema/spec.schema.json');
  return text.replace(/^(.*\$schema=)SCHEMA\n/m, (_, before) => (schema === null ? '' : `${before}${schema}\n`));
}

function report(folder: string, template: Template, names: readonly string[], { json, quiet }: InitOptions): void {
  const files = names.map((name) => fromHere(join(folder, name)));
  if (json) writeOut(`${JSON.stringify({ template, files }, null, 2)}\n`);
  else if (!quiet) {
    const enter = folder === process.cwd() ? '' : `  cd ${wordFromHere(folder)}\n`;
    const words = `written: ${files.join(', ')} (${TEMPLATES[template]})\nNext:\n${enter}  wfc plan\n  wfc run\n`;
    writeOut(printable(words));
  }
}

function exists(path: string, options: InitOptions): ExitStatus {
  const message = `${fromHere(path)} exists already, and is left as it is`;
  const hint = 'name another folder: wfc init FOLDER';
  printDiagnostics([{ severity: 'error', message, location: null, hint }], options);
  return EXIT.badSpec;
}

/** null: the input ended without an answer. */
async function ask(): Promise<Template | null> {
  const names = Object.keys(TEMPLATES) as Template[];
  const lines = names.map((name, i) => `  ${i + 1}  ${name.padEnd(12)}  ${TEMPLATES[name]}\n`);
  writeError(`What shall the spec be?\n${lines.join('')}`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr, prompt: 'number or name [1]: ' });
  terminal.prompt();
  // Lines, not questions: an answer typed ahead counts.
  for await (const line of terminal) {
    const word = line.trim() === '' ? '1' : line.trim();
    const found = names.find((name, i) => word === name || word === String(i + 1));
    if (found) return found;
    writeError(`there is no "${printable(word)}"\n`);
    terminal.prompt();
  }
  return null;
}
