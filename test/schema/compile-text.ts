import { type Compiled, compile } from '../../src/compile/compile.ts';
import type { SpecFiles } from '../../src/compile/context.ts';
import type { Plan } from '../../src/model/plan.ts';

export interface InMemory {
  /** Name of the spec. */
  readonly file?: string;
  /** Texts by path; a folder is there if a file is in it. */
  readonly files?: Readonly<Record<string, string>>;
  /** As `--set` writes them. */
  readonly set?: readonly string[];
  /** Texts of `--config` files. */
  readonly configs?: readonly string[];
  readonly goals?: readonly string[];
  /** Files that rules make, and that count. */
  readonly known?: readonly string[];
}

/** Compile a spec whose files are texts in memory. */
export function compileText(
  text: string,
  { file = 'wfc.yml', files = {}, set = [], configs = [], goals, known = [] }: InMemory = {},
): Compiled {
  const settings = set.map((s) => ({ key: s.slice(0, s.indexOf('=')), value: s.slice(s.indexOf('=') + 1) }));
  return compile(
    { file, text },
    {
      files: inMemory(files),
      known: new Set(known),
      overrides: {
        settings,
        configs: configs.map((config, i) => ({ file: `config${i}.yml`, text: config })),
        goals: goals ?? null,
      },
    },
  );
}

/** Of a spec in a folder `/spec`. */
export function inMemory(files: Readonly<Record<string, string>>): SpecFiles {
  const folders = new Map<string, Set<string>>();
  for (const path of Object.keys(files)) {
    const parts = path.split('/');
    parts.forEach((part, i) => {
      const folder = parts.slice(0, i).join('/') || '.';
      folders.set(folder, (folders.get(folder) ?? new Set()).add(part));
    });
  }
  return {
    readText: (path) => (Object.hasOwn(files, path) ? { text: files[path]! } : { problem: 'there is no such file' }),
    list: (folder) => {
      const names = folders.get(folder);
      return names ? [...names] : null;
    },
    kind: (path) => (Object.hasOwn(files, path) ? 'file' : folders.has(path) ? 'folder' : null),
    place: { folder: ['spec'], isFolder: (path) => path === '/spec' },
  };
}

/** All output paths of a valid spec. */
export function outputsOf(text: string, options?: InMemory): string[] {
  const plan = planOf(text, options);
  return plan.rules.flatMap((rule) =>
    Array.from({ length: rule.space.size }, (_, task) => rule.outputTexts.map((write) => write(task))).flat(),
  );
}

export function planOf(text: string, options?: InMemory): Plan {
  const { plan, diagnostics } = compileText(text, options);
  if (!plan) throw new Error(diagnostics.map((d) => d.message).join('\n'));
  return plan;
}

/** The values of one param. */
export function valuesOf(param: string, options?: InMemory): readonly string[] {
  const plan = planOf(`wfc: 1\nparams: {p: ${param}}\nrules: {r: {output: x, run: x}}\n`, options);
  return plan.workflow.relation.columns.get('p')!.values;
}
