import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { load, YAML11_SCHEMA } from 'js-yaml';
import type { Snakefile } from '../../model/snakefile.ts';
import { systemProblem } from '../files/spec-file.ts';
import { shippedFile } from './shell-pool.ts';

export type ReadSnakefile = { readonly snakefile: Snakefile } | { readonly problem: string; readonly hint: string };

/** Bytes of an answer: a glob of a million files. */
const MOST_BYTES = 1024 * 1024 * 1024;

/**
 * Let python3 say what a Snakefile says; its Python is run, its rules are not. Paths count from `folder`. A YAML config
 * file is read by Python's own yaml, as Snakemake does, or here where that is not installed.
 */
export function readSnakefile(file: string, folder: string, configFiles: readonly string[]): ReadSnakefile {
  const configs: Record<string, unknown> = {};
  for (;;) {
    const told = ask(file, folder, { config: configs, configfiles: configFiles });
    if ('problem' in told) return told;
    if (!('needs' in told.answer)) return { snakefile: told.answer };
    const path = told.answer.needs;
    try {
      configs[path] = load(readFileSync(resolve(folder, path), 'utf8'), { schema: YAML11_SCHEMA }) ?? {};
    } catch (error) {
      return {
        problem: `${path} can't be read: ${systemProblem(error)}`,
        hint: 'it counts from the folder of the spec',
      };
    }
  }
}

function ask(
  file: string,
  folder: string,
  request: object,
): { answer: Snakefile | { needs: string } } | { problem: string; hint: string } {
  const child = spawnSync('python3', [shippedFile('templates/import/snakefile.py'), file], {
    cwd: folder,
    input: JSON.stringify(request),
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    maxBuffer: MOST_BYTES,
  });
  if (child.error) {
    const problem =
      (child.error as NodeJS.ErrnoException).code === 'ENOENT' ? 'python3 is not on the PATH' : child.error.message;
    return { problem, hint: 'a Snakefile is Python: wfc reads it with python3, 3.9 or later' };
  }
  const answer = child.output[3]?.toString() ?? '';
  if (child.status !== 0 || answer === '')
    return {
      problem: `python3 ended with ${child.status ?? child.signal} before it had read ${file}`,
      hint: 'what it wrote stands above',
    };
  return { answer: JSON.parse(answer) as Snakefile | { needs: string } };
}
