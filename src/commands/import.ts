import { basename, dirname, join, relative, resolve } from 'node:path';
import { type Converted, convert } from '../import/convert.ts';
import { oncePerKind } from '../import/once.ts';
import { Places } from '../import/places.ts';
import { isThere, namesIfAny, textIfAny, writeNew } from '../io/files/files.ts';
import { makeFolder } from '../io/files/make-folder.ts';
import { fromHere, specFiles, systemProblem } from '../io/files/spec-file.ts';
import { readSnakefile, SnakefileEnded } from '../io/programs/snakefile-reader.ts';
import { hasErrors } from '../model/diagnostic.ts';
import type { SourceText } from '../model/source.ts';
import { type CommonOptions, EXIT, type ExitStatus, printDiagnostics } from '../session/session.ts';
import { writeError, writeOut } from '../terminal/streams.ts';
import { countOf, countTasks, jsonText, printable } from '../terminal/terminal.ts';

export interface ImportOptions extends Pick<CommonOptions, 'json' | 'quiet' | 'style'> {
  readonly file: string;
  /** Where to write the spec; `-`: standard output. */
  readonly out: string;
  readonly goals: readonly string[];
  /** Config files over those that the Snakefile names, as `snakemake --configfile`. */
  readonly configFiles: readonly string[];
  /** A profile of Snakemake's, by folder or name; null: the only one that stands beside the Snakefile. */
  readonly profile: string | null;
}

/** `wfc import snakefile FILE`: a spec with the same tasks as a Snakefile, or the reasons why not. */
export async function importSnakefile(options: ImportOptions): Promise<ExitStatus> {
  const given = options.out === '-' ? resolve('wfc.yml') : resolve(options.out);
  const exists = (file: string): ExitStatus =>
    refuseImport(`${fromHere(file)} exists already`, 'choose another name with --out', EXIT.badSpec, options);
  if (options.out !== '-' && isThere(given)) return exists(given);
  if (!isThere(options.file))
    return refuseImport(`${options.file}: there is no such file`, 'name the Snakefile', EXIT.badSpec, options);
  // As for Snakemake, paths count from the working directory: here from the folder of the spec.
  const start = dirname(given);
  if (!isThere(start))
    return refuseImport(`${fromHere(start)}: there is no such folder`, 'make it', EXIT.badSpec, options);
  const configFiles = options.configFiles.map((file) => relative(start, resolve(file)));
  const attempt = (standIns: 'words' | 'numbers') => convertWith(standIns, given, configFiles, options);
  const first = await attempt('words');
  const isUnsolved = 'converted' in first && first.isLater && first.converted.text === null;
  const second = isUnsolved ? await attempt('numbers') : first;
  // Where neither is right, words are what a person would write.
  const done = 'converted' in second && second.converted.text !== null ? second : first;
  if ('message' in done) return refuseImport(done.message, done.hint, done.status, options);
  const { converted, out } = done;
  if (options.out !== '-' && isThere(out)) return exists(out);
  const folder = dirname(out);
  const specFile = fromHere(out);
  const { text, rules, tasks, waits, unfinished, beside, profiles, diagnostics } = converted;
  printDiagnostics(oncePerKind(diagnostics), options);
  if (text === null) return EXIT.badSpec;
  const others = Object.entries(beside).filter(([name, content]) => textIfAny(resolve(folder, name)) !== content);
  const taken = others.find(([name]) => isThere(resolve(folder, name)));
  if (taken)
    return refuseImport(
      `${taken[0]} exists already, and is not what the spec needs`,
      'remove it, or give it another name',
      EXIT.badSpec,
      options,
    );
  const sites = profiles.map(({ name, text }) => ({ path: resolve(folder, 'profiles', `${name}.yml`), name, text }));
  const newSites = sites.filter(({ path }) => !isThere(path));
  try {
    if (options.out === '-') writeOut(text + sites.map(asComment).join(''));
    else {
      for (const [name, content] of others) writeNew(resolve(folder, name), content);
      for (const { path, text } of newSites) {
        makeFolder(dirname(path));
        writeNew(path, text);
      }
      // Fails where a file of that name came up meanwhile: never overwrite.
      writeNew(out, text);
    }
  } catch (error) {
    return refuseImport(`can't write ${specFile}: ${systemProblem(error)}`, '', EXIT.badSurroundings, options);
  }
  const same = 'with the outputs and inputs that Snakemake gives it';
  const known = waits.length === 0 ? `${countTasks(tasks)}, each ${same}` : laterWords(tasks, waits, same);
  const summary = `${countOf(rules, 'rule')}, ${known}`;
  if (options.json && !hasErrors(diagnostics) && options.out !== '-')
    writeOut(`${jsonText({ spec: specFile, rules, tasks, waits, unfinished })}\n`);
  else if (!options.quiet) {
    const open =
      unfinished.length > 0 ? `; to be finished by hand, and failing until then: ${unfinished.join(', ')}` : '';
    const names = [
      specFile,
      ...[...others.map(([name]) => resolve(folder, name)), ...newSites.map((s) => s.path)].map(fromHere),
    ];
    const needs = others.length > 0 ? `, with ${others.map(([name]) => name).join(', ')}, which --out FILE writes` : '';
    const where = options.out === '-' ? `converted${needs}` : `written to ${names.join(', ')}`;
    const known = sites.filter((site) => !newSites.includes(site) && textIfAny(site.path) !== site.text);
    const left = known.map(({ path, text }) => `\n${fromHere(path)} is there already: put into it\n${text.trimEnd()}`);
    writeError(printable(`${where}: ${summary}${open}${options.out === '-' ? '' : left.join('')}\n`));
  }
  return unfinished.length > 0 ? EXIT.badSpec : EXIT.done;
}

/**
 * Read and convert it, with words or numbers in the place of values that are known only later. `out`: the spec, which stands
 * in `given`, or with that name where `workdir` says.
 */
async function convertWith(
  standIns: 'words' | 'numbers',
  given: string,
  configFiles: readonly string[],
  options: ImportOptions,
  asFunctions: readonly string[] = [],
): Promise<
  | { readonly converted: Converted; readonly out: string; readonly isLater: boolean }
  | { readonly message: string; readonly hint: string; readonly status: ExitStatus }
> {
  const start = dirname(given);
  const read = await readSnakefile(relative(start, resolve(options.file)), start, configFiles, {
    standIns,
    asFunctions,
  });
  if ('problem' in read) return { message: read.problem, hint: read.hint, status: EXIT.badSurroundings };
  const { folder } = read;
  const out = join(folder, basename(given));
  try {
    const converted = await convert(read.snakefile, {
      goals: options.goals,
      specFile: fromHere(out),
      files: specFiles(folder),
      places: new Places(sourceReader(folder)),
      call: read.call,
      profile: profileFrom(folder, options.profile),
    });
    const { isLater } = read.snakefile;
    // What placeholders can't tell is left to Python, which the Snakefile is read for once more.
    const more = converted.forPython.filter((rule) => !asFunctions.includes(rule));
    return more.length === 0
      ? { converted, out, isLater }
      : await convertWith(standIns, given, configFiles, options, [...asFunctions, ...more]);
  } catch (error) {
    if (error instanceof SnakefileEnded) return { message: error.message, hint: error.hint, status: EXIT.badSpec };
    throw error;
  } finally {
    read.close();
  }
}

/** What could be compared, where tasks are known only later. */
function laterWords(tasks: number, waits: Converted['waits'], same: string): string {
  const now = tasks === 0 ? 'tasks' : `${countTasks(tasks)} now, and others`;
  const names = new Set(waits.map(({ rule, path }) => (rule === null ? path : `rule "${rule}"`)));
  return `${now} that wait for ${[...names].join(', ')}: with made-up values for what comes of that, each is one ${same}`;
}

/** As the folder of the spec has it; a name stays one. */
function profileFrom(folder: string, profile: string | null): string | null {
  if (profile === null) return null;
  const { XDG_CONFIG_HOME = '', HOME = '' } = process.env;
  const config = XDG_CONFIG_HOME.startsWith('/') ? XDG_CONFIG_HOME : `${HOME}/.config`;
  const places = [resolve(profile), resolve(config, 'snakemake', profile)];
  const found = places.find((place) => namesIfAny(place).some((name) => /^config.*\.ya?ml$/.test(name)));
  return found === undefined ? profile : relative(folder, found) || '.';
}

function asComment({ name, text }: { readonly name: string; readonly text: string }): string {
  const lines = [
    `profiles/${name}.yml:`,
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
  ];
  return lines.map((line) => `# ${line}\n`).join('');
}

export function refuseImport(
  message: string,
  hint: string,
  status: ExitStatus,
  options: Pick<CommonOptions, 'json' | 'style'>,
): ExitStatus {
  printDiagnostics([{ severity: 'error', message, location: null, ...(hint === '' ? {} : { hint }) }], options);
  return status;
}

export function sourceReader(folder: string): (file: string) => SourceText {
  const known = new Map<string, SourceText>();
  return (file) => {
    const path = resolve(folder, file);
    let source = known.get(path);
    if (!source) {
      // A place is still worth telling where its text is not to be had.
      source = { file: fromHere(path), text: textIfAny(path) ?? '' };
      known.set(path, source);
    }
    return source;
  };
}
