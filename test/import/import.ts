/** A Snakefile in a fresh folder, for wfc and for Snakemake. */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { execa } from 'execa';
import { compile } from '../../src/compile/compile.ts';
import { NO_OVERRIDES } from '../../src/compile/context.ts';
import { specFiles } from '../../src/io/files/spec-file.ts';
import { forEachTaskInOrder, inputPaths } from '../../src/model/plan.ts';
import { type Experiment, experiment } from '../support/experiment.ts';

export const hasSnakemake = works('snakemake', '--version');

function works(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A job or a task: rule, outputs, inputs. */
export type Step = string;

export function step(rule: string, outputs: readonly string[], inputs: readonly string[]): Step {
  return `${rule}: ${[...outputs].sort().join(' ')} <- ${[...new Set(inputs)].sort().join(' ')}`;
}

/** A folder with a copy of a folder of this one. */
export function folderOf(name: string, files: Readonly<Record<string, string>> = {}): Experiment {
  const made = experiment('', files);
  made.remove('wfc.yml');
  cpSync(new URL(name, import.meta.url), made.folder, { recursive: true });
  return made;
}

/** A folder with this Snakefile. */
export function snakefile(text: string, files: Readonly<Record<string, string>> = {}): Experiment {
  const made = experiment('', { Snakefile: text, ...files });
  rmSync(made.path('wfc.yml'));
  return made;
}

/** What Snakemake's own dry run says that it would do, `all` left out. */
export async function snakemakeSteps(folder: string): Promise<Step[]> {
  const { stdout, stderr } = await execa('snakemake', ['-n', '--nocolor', '--cores', '1'], { cwd: folder });
  const steps: Step[] = [];
  for (const block of `${stdout}\n${stderr}`.split(/\n\n+/)) {
    const rule = /^(?:local)?(?:rule|checkpoint) (\w+):$/m.exec(block)?.[1];
    if (rule === undefined || rule === 'all') continue;
    const files = (word: string): string[] =>
      (new RegExp(`^ {4}${word}: (.*)$`, 'm').exec(block)?.[1] ?? '').split(', ').filter((f) => f !== '');
    steps.push(step(rule, files('output'), files('input')));
  }
  return [...new Set(steps)].sort();
}

/** The tasks of the spec in a folder that its targets need. */
export function specSteps(experiment: Experiment): Step[] {
  const source = { file: 'wfc.yml', text: experiment.read('wfc.yml') };
  const { plan, diagnostics } = compile(source, { files: specFiles(experiment.folder), overrides: NO_OVERRIDES });
  if (!plan) throw new Error(diagnostics.map((d) => d.message).join('\n'));
  const steps: Step[] = [];
  forEachTaskInOrder(plan, (task, rule) => {
    const index = task - rule.firstTask;
    steps.push(
      step(
        rule.rule.name,
        rule.outputTexts.map((t) => t(index)),
        rule.inputs.flatMap((i) => inputPaths(i, index)),
      ),
    );
  });
  return steps.sort();
}
