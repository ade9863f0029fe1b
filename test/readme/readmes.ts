import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** What is not the repository's own text. */
const LEFT_OUT = new Set(['node_modules', 'dist', 'coverage']);

/** A fenced block. */
export interface Block {
  /** `schema/README.md:25`, of its first line within the fences. */
  readonly place: string;
  /** What stands behind the opening fence: `yaml`, `yaml profile`, `console`; '' for nothing. */
  readonly info: string;
  readonly text: string;
}

/** A README.md, taken apart. */
export interface Readme {
  /** From the root of the repository. */
  readonly path: string;
  readonly folder: string;
  readonly lines: readonly string[];
  readonly blocks: readonly Block[];
  /** The lines outside of blocks. */
  readonly prose: string;
}

/** All README.md of the repository, that of the root first. */
export function readmes(): Readme[] {
  return [...pathsIn(ROOT)].map((path) => takeApart(path, readFileSync(join(ROOT, path), 'utf8')));
}

function* pathsIn(folder: string): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (entries.some((entry) => entry.name === 'README.md')) yield relative(ROOT, join(folder, 'README.md'));
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    if (!name.startsWith('.') && !LEFT_OUT.has(name)) yield* pathsIn(join(folder, name));
  }
}

export function takeApart(path: string, text: string): Readme {
  const lines = text.trimEnd().split('\n');
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { readonly info: string; readonly first: number } | null = null;
  lines.forEach((line, i) => {
    const fence = /^```(.*)$/.exec(line);
    if (!fence) {
      if (!open) prose.push(line);
    } else if (open) {
      const within = lines.slice(open.first, i);
      blocks.push({ place: `${path}:${open.first + 1}`, info: open.info, text: `${within.join('\n')}\n` });
      open = null;
    } else open = { info: fence[1]!, first: i + 1 };
  });
  if (open) throw new Error(`${path}: a block is not closed`);
  return { path, folder: dirname(path), lines, blocks, prose: prose.join('\n') };
}

/** The anchors that GitHub gives the headings: lower case, punctuation dropped, blanks as dashes. */
export function anchorsOf({ prose }: Readme): Set<string> {
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map((match) => match[1]!);
  return new Set(
    headings.map((h) =>
      h
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}

/** Where links lead that stay in the repository. */
export function linksOf({ prose }: Readme): string[] {
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!).filter((to) => !/^[a-z]+:/.test(to));
}
