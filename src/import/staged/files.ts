import type { SpecFiles } from '../../compile/context.ts';
import type { Later } from './fit.ts';
import { folderOf } from './listing.ts';

/** The files with what is listed as if it were there, and the paths that rules have then made. */
export function withLater(files: SpecFiles, { axes, tables }: Later): { files: SpecFiles; known: ReadonlySet<string> } {
  const texts = new Map<string, string>();
  const folders = new Map<string, string[]>();
  const known = new Set<string>();
  for (const { name, values, glob, lines, list } of axes) {
    if (lines !== null) texts.set(lines, values.map((value) => `${value}\n`).join(''));
    else addFiles(glob!, `{${name}}`, values, folders);
    if (list.rule) known.add(lines ?? folderOf({ ...list, path: [glob!.slice(0, glob!.indexOf('{'))] }));
  }
  for (const { csv, columns, rows } of tables) {
    const separator = csv.endsWith('.tsv') ? '\t' : ',';
    texts.set(csv, [columns, ...rows].map((row) => `${row.join(separator)}\n`).join(''));
    known.add(csv);
  }
  const kindOf = (path: string): 'file' | 'folder' | null =>
    texts.has(path) ? 'file' : folders.has(path) ? 'folder' : null;
  return {
    known,
    files: {
      place: files.place,
      list: (folder) => folders.get(folder) ?? files.list(folder),
      kind: (path) => kindOf(path) ?? files.kind(path),
      readText: (path) => (texts.has(path) ? { text: texts.get(path)! } : files.readText(path)),
    },
  };
}

/** The names in the folders of a glob. */
function addFiles(glob: string, placeholder: string, values: readonly string[], folders: Map<string, string[]>): void {
  for (const value of values) {
    const path = glob.replace(placeholder, value);
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const slash = path.lastIndexOf('/', end - 1);
      if (slash < 0 && glob.startsWith('/')) break;
      const folder = slash < 0 ? '.' : path.slice(0, slash) || '/';
      const names = folders.get(folder) ?? [];
      folders.set(folder, names);
      const name = path.slice(slash + 1, end);
      if (!names.includes(name)) names.push(name);
      // Above the values, there may be other files.
      if (slash < glob.indexOf(placeholder)) break;
    }
  }
}
