import type { ScriptLanguage } from '../script/regions.ts';
/**
 * Files of the spec's folder that a command runs, sources or imports: an edit of them is an edit of the command. Only
 * words that stand there as they are count: what a placeholder, a variable or a pattern stands for is not named.
 */

import { bashWords } from '../bash/rewrite.ts';
import type { SpecFiles } from '../context.ts';
import { pythonImports } from '../script/python-imports.ts';
import { scanScript } from '../script/regions.ts';

import { placedText } from '../text/place.ts';

/** A text of a rule that names files: its command, or a check of an output. */
export interface NamingText {
  readonly shell: string;
  readonly text: string;
  /** The words of each simple command of a bash text, null for those that only the run knows; else none. */
  readonly commands: readonly (readonly (string | null)[])[];
}

/** A file that a text names. */
export interface NamedFile {
  /** Normalised, within the spec's folder. */
  readonly path: string;
  /** As it stands in the text; '' for a file that another file names. */
  readonly word: string;
}

type Language = ScriptLanguage | 'bash';

/** A file whose own text may name more. `folder`: of the script that was started; modules are searched for there, too. */
interface Reading {
  readonly language: Language;
  readonly folder: string;
}

const LANGUAGE_OF_ENDING: readonly (readonly [RegExp, Language])[] = [
  [/\.pyw?$/, 'python3'],
  [/\.[Rr]$/, 'Rscript'],
  [/\.jl$/, 'julia'],
  [/\.[cm]?js$/, 'node'],
  [/\.(ba)?sh$/, 'bash'],
];
/** A word with such an ending names code, whatever program takes it: `torchrun train.py`, `awk -f sum.awk`. */
const CODE = /\.(pyw?|R|r|jl|[cm]?[jt]s|sh|bash|zsh|pl|rb|lua|m|awk|sed|jq|do|sas|sql|stan|ipynb)$/;

const LANGUAGE_OF_PROGRAM: readonly (readonly [RegExp, Language | null])[] = [
  [/^(python|pypy)[\d.]*$/, 'python3'],
  [/^Rscript$/, 'Rscript'],
  [/^julia$/, 'julia'],
  [/^(node|deno|bun)$/, 'node'],
  [/^(ba|da|z|k)?sh$/, 'bash'],
  [/^(perl|ruby|lua|php|octave)[\d.]*$/, null],
];

/** Programs that start the one that stands among their arguments. */
const STARTERS: ReadonlySet<string> = new Set(
  (
    'env time nice ionice nohup timeout stdbuf setsid exec command builtin sudo chrt taskset numactl flock ' +
    'srun mpirun mpiexec mpiexec.hydra aprun ibrun jsrun apptainer singularity conda mamba micromamba poetry uv pixi pipenv'
  ).split(' '),
);

export class CodeFinder {
  private readonly files: SpecFiles;
  private readonly kinds = new Map<string, boolean>();
  private readonly named = new Map<string, readonly string[]>();

  constructor(files: SpecFiles) {
    this.files = files;
  }

  /** The files that a text names, and all that those name in turn, each once. */
  find(text: NamingText): NamedFile[] {
    const found = new Map<string, NamedFile & { reading: Reading | null }>();
    const add = (path: string | null, word: string, language: Language | null, folder: string | null): void => {
      if (path === null || found.has(path)) return;
      const reading = language && { language, folder: folder ?? folderOf(path) };
      found.set(path, { path, word, reading });
    };
    if (text.shell === 'bash') {
      for (const words of text.commands)
        for (const { path, word, language } of this.ofCommand(words)) add(path, word, language, null);
    } else if (isLanguage(text.shell)) {
      for (const { path, word } of this.ofScript(text.shell, text.text, '', '')) add(path, word, text.shell, '');
    }
    // It grows on the way.
    for (const { path, reading } of found.values()) {
      if (reading) for (const named of this.ofFile(path, reading)) add(named, '', languageOf(named), reading.folder);
    }
    return [...found.values()].map(({ path, word }) => ({ path, word }));
  }

  private ofFile(path: string, { language, folder }: Reading): readonly string[] {
    const key = `${language}\0${folder}\0${path}`;
    const known = this.named.get(key);
    if (known) return known;
    const read = this.files.readText(path);
    let paths: string[] = [];
    if ('text' in read && language === 'bash')
      paths = bashWords(read.text).flatMap((words) => this.ofCommand(words).map((f) => f.path));
    else if ('text' in read && language !== 'bash')
      paths = this.ofScript(language, read.text, folderOf(path), folder).map((f) => f.path);
    this.named.set(key, paths);
    return paths;
  }

  // --- bash ---

  /** Files that a simple command starts or sources. */
  private ofCommand(words: readonly (string | null)[]): { path: string; word: string; language: Language | null }[] {
    const found: { path: string; word: string; language: Language | null }[] = [];
    const add = (word: string | null | undefined, language: Language | null): boolean => {
      const path = word ? this.file(word) : null;
      if (path !== null) found.push({ path, word: word!, language: languageOf(path) ?? language });
      return path !== null;
    };
    this.ofProgram(words, 0, add, (module) => {
      for (const path of this.ofModule('', module)) found.push({ path, word: module, language: 'python3' });
    });
    for (const word of words) if (word && CODE.test(word)) add(word, null);
    return found;
  }

  private ofProgram(
    words: readonly (string | null)[],
    at: number,
    add: (word: string | null | undefined, language: Language | null) => boolean,
    addModule: (module: string) => void,
  ): void {
    const name = words[at];
    if (!name) return;
    const program = baseName(name);
    const interpreter = LANGUAGE_OF_PROGRAM.find(([pattern]) => pattern.test(program));
    if (name.includes('/')) add(name, null);
    if (name === 'source' || name === '.') add(words[at + 1], 'bash');
    else if (interpreter) this.ofInterpreter(words, at, interpreter[1], add, addModule);
    else if (STARTERS.has(program)) {
      const next = words.findIndex((word, i) => i > at && word !== null && this.isProgram(word));
      if (next > 0) this.ofProgram(words, next, add, addModule);
    }
  }

  /** Its script: the first word that is neither an option nor the value of one. */
  private ofInterpreter(
    words: readonly (string | null)[],
    at: number,
    language: Language | null,
    add: (word: string | null | undefined, language: Language | null) => boolean,
    addModule: (module: string) => void,
  ): void {
    const inline = language === 'python3' || language === 'bash' ? /^-\w*c$/ : /^-\w*[eE]$/;
    for (let i = at + 1; i < words.length; i++) {
      const word = words[i];
      if (!word || inline.test(word)) return;
      if (language === 'python3' && /^-\w*m$/.test(word)) {
        if (words[i + 1]) addModule(words[i + 1]!);
        return;
      }
      if (/^[-+]/.test(word)) continue;
      if (add(word, language) || !words[i - 1]?.startsWith('-')) return;
    }
  }

  private isProgram(word: string): boolean {
    return (
      LANGUAGE_OF_PROGRAM.some(([pattern]) => pattern.test(baseName(word))) ||
      (word.includes('/') && this.file(word) !== null)
    );
  }

  // --- scripts ---

  /** Files that a script imports; `own` is the folder that it lies in, `started` that of the script that was started. */
  private ofScript(language: ScriptLanguage, text: string, own: string, started: string): NamedFile[] {
    switch (language) {
      case 'python3':
        return this.ofPython(text, own, started);
      case 'Rscript':
        return this.ofCalls(language, text, /\bsource\s*\(\s*(?:file\s*=\s*)?(["'])([^"'\n]+)\1/g, ['', own], ['']);
      case 'julia':
        return this.ofCalls(language, text, /\binclude\s*\(\s*(")([^"$\n]+)"/g, [own], ['']);
      case 'node':
        return this.ofCalls(
          language,
          text,
          /(?:\brequire\s*\(\s*|\bimport\s*\(\s*|\bfrom\s*|\bimport\s*)(["'])(\.\.?\/[^"'\n]+)\1/g,
          [own],
          ['', '.js', '.mjs', '.cjs', '.json', '/index.js'],
        );
    }
  }

  private ofCalls(
    language: ScriptLanguage,
    text: string,
    call: RegExp,
    folders: readonly string[],
    endings: readonly string[],
  ): NamedFile[] {
    const regions = scanScript(language, text);
    return [...text.matchAll(call)].flatMap((match) => {
      if (regions[match.index] !== 'code') return [];
      const word = match[2]!;
      for (const folder of folders) {
        for (const ending of endings) {
          const path = this.file(`${folder === '' ? '' : `${folder}/`}${word}${ending}`);
          if (path !== null) return [{ path, word }];
        }
      }
      return [];
    });
  }

  private ofPython(text: string, own: string, started: string): NamedFile[] {
    return pythonImports(text).flatMap(({ module, level, names }) => {
      // Python searches the folder of the script that it was started with; PYTHONPATH often names the spec's.
      const folders = level === 0 ? [...new Set([started, ''])] : [above(own, level - 1)];
      for (const folder of folders) {
        const paths = folder === null ? [] : this.ofModule(folder, module, names);
        if (paths.length > 0) return paths.map((path) => ({ path, word: level > 0 ? '' : module.split('.')[0]! }));
      }
      return [];
    });
  }

  /** The files of a module in a folder, its packages' among them, and those of `names` that are modules in it. */
  private ofModule(folder: string, module: string, names: readonly string[] = []): string[] {
    const paths: string[] = [];
    let at = folder;
    for (const part of module === '' ? [] : module.split('.')) {
      at = at === '' ? part : `${at}/${part}`;
      for (const path of [`${at}.py`, `${at}/__init__.py`]) if (this.isFile(path)) paths.push(path);
    }
    for (const name of names) {
      const within = at === '' ? name : `${at}/${name}`;
      for (const path of [`${within}.py`, `${within}/__init__.py`]) if (this.isFile(path)) paths.push(path);
    }
    if (module !== '' && this.isFile(`${at}/__main__.py`) && names.length === 0) paths.push(`${at}/__main__.py`);
    return paths;
  }

  // --- files ---

  /** A word as a path of a file within the spec's folder, and not of wfc's own state; null where it is none. */
  private file(word: string): string | null {
    if (word.length > 4096) return null;
    const path = placedText(word, this.files.place);
    return path !== '' && !/^(\/|\.\.\/|\.wfc\/)/.test(path) && this.isFile(path) ? path : null;
  }

  /** Asked once for all rules. */
  private isFile(path: string): boolean {
    let is = this.kinds.get(path);
    if (is === undefined) {
      is = this.files.kind(path) === 'file';
      this.kinds.set(path, is);
    }
    return is;
  }
}

function isLanguage(shell: string): shell is ScriptLanguage {
  return ['python3', 'Rscript', 'julia', 'node'].includes(shell);
}

function languageOf(path: string): Language | null {
  return LANGUAGE_OF_ENDING.find(([ending]) => ending.test(path))?.[1] ?? null;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** The folder so many steps up; null above the spec's. */
function above(folder: string, steps: number): string | null {
  let at = folder;
  for (let i = 0; i < steps; i++) {
    if (at === '') return null;
    at = folderOf(at);
  }
  return at;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
