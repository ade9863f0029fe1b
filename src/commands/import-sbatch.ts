import { dirname, join, relative, resolve } from 'node:path';
import { Places } from '../import/places.ts';
import { convertArray } from '../import/sbatch/convert.ts';
import { readScript } from '../import/sbatch/script.ts';
import { isThere, textIfAny, writeNew } from '../io/files/files.ts';
import { makeFolder } from '../io/files/make-folder.ts';
import { fromHere, systemProblem } from '../io/files/spec-file.ts';
import { hasErrors } from '../model/diagnostic.ts';
import { type CommonOptions, EXIT, type ExitStatus, printDiagnostics } from '../session/session.ts';
import { writeError, writeOut } from '../terminal/streams.ts';
import { countTasks, jsonText, printable } from '../terminal/terminal.ts';
import { refuseImport, sourceReader } from './import.ts';

export interface ImportSbatchOptions extends Pick<CommonOptions, 'json' | 'quiet' | 'style'> {
  readonly file: string;
  /** Where to write the spec; `-`: standard output. */
  readonly out: string;
}

/** `wfc import sbatch FILE`: a spec, and a profile for what is the site's, of a job array that was written by hand. */
export async function importSbatch(options: ImportSbatchOptions): Promise<ExitStatus> {
  const out = options.out === '-' ? resolve('wfc.yml') : resolve(options.out);
  const folder = dirname(out);
  const profile = join(folder, 'profiles', 'default.yml');
  const text = textIfAny(options.file);
  if (text === null)
    return refuseImport(`${options.file}: there is no such file`, 'name the batch script', EXIT.badSpec, options);
  for (const file of options.out === '-' ? [] : [out])
    if (isThere(file))
      return refuseImport(`${fromHere(file)} exists already`, 'choose another name with --out', EXIT.badSpec, options);
  const name = relative(folder, resolve(options.file));
  const converted = convertArray(readScript(name, text), {
    places: new Places(sourceReader(folder)),
    readLines: (path) => textIfAny(resolve(folder, path))?.replace(/\s+$/, '').split('\n') ?? null,
  });
  printDiagnostics(converted.diagnostics, options);
  if (converted.spec === null || hasErrors(converted.diagnostics)) return EXIT.badSpec;
  if (options.out === '-') {
    const site =
      converted.profile === null
        ? []
        : [
            '# profiles/default.yml:',
            ...converted.profile
              .trimEnd()
              .split('\n')
              .map((line) => `#   ${line}`),
            '',
          ];
    writeOut(converted.spec + site.join('\n'));
    return EXIT.done;
  }
  const written = [out];
  try {
    writeNew(out, converted.spec);
    if (converted.profile !== null && !isThere(profile)) {
      makeFolder(dirname(profile));
      writeNew(profile, converted.profile);
      written.push(profile);
    }
  } catch (error) {
    return refuseImport(`can't write ${fromHere(out)}: ${systemProblem(error)}`, '', EXIT.badSurroundings, options);
  }
  const files = written.map(fromHere);
  if (options.json) writeOut(`${jsonText({ files, tasks: converted.tasks })}\n`);
  else if (!options.quiet) {
    const left =
      converted.profile !== null && written.length === 1
        ? `; ${fromHere(profile)} is there already: put into it\n${converted.profile.trimEnd()}`
        : '';
    writeError(printable(`written to ${files.join(' and ')}: ${countTasks(converted.tasks)}${left}\n`));
  }
  return EXIT.done;
}
