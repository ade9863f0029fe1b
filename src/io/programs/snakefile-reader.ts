import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { load, YAML11_SCHEMA } from 'js-yaml';
import type { Snakefile } from '../../model/snakefile.ts';
import { shippedFile } from '../files/shipped.ts';
import { systemProblem } from '../files/spec-file.ts';
import { ask } from './ask.ts';

export type ReadSnakefile = { readonly snakefile: Snakefile } | { readonly problem: string; readonly hint: string };

/**
 * Let python3 say what a Snakefile says; its Python is run, its rules are not. Paths count from `folder`. A YAML config
 * file is read by Python's own yaml, as Snakemake does, or here where that is not installed.
 */
export async function readSnakefile(
  file: string,
  folder: string,
  configFiles: readonly string[],
): Promise<ReadSnakefile> {
  const configs: Record<string, unknown> = {};
  for (;;) {
    const told = await askPython(file, folder, { config: configs, configfiles: configFiles });
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

async function askPython(
  file: string,
  folder: string,
  request: object,
): Promise<{ answer: Snakefile | { needs: string } } | { problem: string; hint: string }> {
  const answer = await ask('python3', [shippedFile('templates/import/snakefile.py'), file], {
    env: process.env,
    cwd: folder,
    input: JSON.stringify(request),
    // What the Snakefile itself prints is for people.
    stderr: 'shown',
    answersOn3: true,
    timeoutSeconds: null,
  });
  if (answer.kind === 'absent')
    return { problem: answer.problem, hint: 'a Snakefile is Python: wfc reads it with python3, 3.9 or later' };
  if (answer.kind === 'said' && answer.stdout !== '')
    return { answer: JSON.parse(answer.stdout) as Snakefile | { needs: string } };
  const status = answer.kind === 'failed' ? answer.status : 0;
  return { problem: `python3 ended with ${status} before it had read ${file}`, hint: 'what it wrote stands above' };
}
